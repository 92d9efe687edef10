// As much of a ServiceNow instance as the business rules use, over records as the Table API gives them. Requests really go out.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { Worker } from "node:worker_threads";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const script = read("../HandoffGate.js");
const rule = read("../business-rule.js");

// Rhino waits for the answer, and so does this: another thread sends the request, and wakes this one.
const SEND = `
  const { parentPort, workerData: { shared } } = require("node:worker_threads");
  parentPort.on("message", async ({ url, method, headers, body, timeout }) => {
    const answer = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(timeout) })
      .then(async (response) => ({ status: response.status, body: await response.text() }))
      .catch((error) => ({ error: String(error.cause ?? error) }));
    const bytes = Buffer.from(JSON.stringify(answer));
    bytes.copy(Buffer.from(shared, 8));
    Atomics.store(new Int32Array(shared), 1, bytes.length);
    Atomics.store(new Int32Array(shared), 0, 1);
    Atomics.notify(new Int32Array(shared), 0);
  });`;
const shared = new SharedArrayBuffer(1 << 20);
const sender = new Worker(SEND, { eval: true, workerData: { shared } });
sender.unref();

function send(message) {
  const state = new Int32Array(shared, 0, 2);
  Atomics.store(state, 0, 0);
  sender.postMessage(message);
  if (Atomics.wait(state, 0, 0, 60_000) === "timed-out") throw new Error("no answer in a minute");
  return JSON.parse(Buffer.from(shared, 8, state[1]).toString());
}

// A server that always answers the same. In a thread of its own, because this one waits.
const ANSWER = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { status = 200, body = "" } = workerData;
  const server = require("node:http").createServer((request, response) => request.resume().on("end", () => response.writeHead(status).end(body)));
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`;

export async function answering(answer) {
  const worker = new Worker(ANSWER, { eval: true, workerData: answer });
  const [port] = await once(worker, "message");
  return { url: `http://127.0.0.1:${port}`, stop: () => worker.terminate() };
}

export class Instance {
  constructor({ url, token, user = "681b365ec0a80164000fb0b05854a0cd", userName = "pnair", roles = ["itil"] }) {
    this.tables = JSON.parse(read("records.json"));
    this.properties = { "handoff.url": url, "handoff.token": token };
    Object.assign(this, { user, userName, roles, errors: [], logged: [], requests: [], aborted: false });
  }

  row(table, number = 0) {
    return this.tables[table][number];
  }

  /** Changes fields of a row: a value alone, or `[value, what people read]`. */
  static change(row, changes) {
    for (const [field, to] of Object.entries(changes)) {
      const [value, shown] = Array.isArray(to) ? to : [to, to];
      row[field] = { value, display_value: shown };
    }
    return row;
  }

  /** Writes a change of a row as the platform does: the business rule first. Tells whether it was written. */
  update(table, changes, number = 0) {
    const previous = structuredClone(this.row(table, number));
    const current = Instance.change(structuredClone(previous), changes);
    if (!this.rule(table, current, previous, "update")) return false;
    this.tables[table][number] = current;
    return true;
  }

  insert(table, row) {
    if (!this.rule(table, row, null, "insert")) return false;
    this.tables[table].push(row);
    return true;
  }

  rule(table, row, before, operation) {
    Object.assign(this, { errors: [], logged: [], requests: [], aborted: false });
    const record = (row) => Object.assign(this.record(table), { row });
    const current = Object.assign(record(row), {
      operation: () => operation,
      setAbortAction: (abort) => (this.aborted = abort),
    });
    // Of what is inserted, the previous record is an empty one.
    const previous = record(before ?? Object.fromEntries(Object.keys(row).map((field) => [field, { value: "", display_value: "" }])));
    const context = createContext({ ...this.api(), current, previous });
    runInContext(script, context);
    runInContext(rule, context);
    return !this.aborted;
  }

  record(table) {
    const rows = this.tables[table];
    if (!rows) throw new Error(`no table ${table}`);
    let wanted = [];
    let found = [];
    let limit = Infinity;
    // `active` is no column of the fixtures: an item is active until it is closed.
    const value = (row, field) => (field === "active" && !row.active ? !["3", "4", "7"].includes(row.state.value) : row[field]?.value);
    return {
      row: null,
      getTableName: () => table,
      addQuery: (field, value) => wanted.push([field, value]),
      setLimit: (most) => (limit = most),
      query: () => (found = rows.filter((row) => wanted.every(([field, wanted]) => value(row, field) === wanted)).slice(0, limit)),
      next() {
        this.row = found.shift() ?? null;
        return this.row !== null;
      },
      get(id) {
        this.row = rows.find((row) => row.sys_id.value === id) ?? null;
        return this.row !== null;
      },
      isValidField(field) {
        return field in this.row;
      },
      getUniqueValue() {
        return this.row.sys_id.value;
      },
      getValue(field) {
        return this.row[field]?.value || null;
      },
      getElement(field) {
        return { getDisplayValue: () => this.row[field]?.display_value ?? "" };
      },
    };
  }

  api() {
    const instance = this;
    class RESTMessageV2 {
      headers = {};
      setHttpMethod = (method) => (this.method = method.toUpperCase());
      setEndpoint = (url) => (this.url = url);
      setRequestHeader = (name, value) => (this.headers[name] = value);
      setHttpTimeout = (timeout) => (this.timeout = timeout);
      setMIDServer = (name) => (this.midServer = name);
      setRequestBody = (body) => (this.body = body);
      execute() {
        instance.requests.push({ ...this, body: JSON.parse(this.body) });
        const answer = send(JSON.parse(JSON.stringify(this)));
        return {
          haveError: () => answer.error !== undefined || answer.status >= 400,
          getErrorMessage: () => answer.error ?? `Method failed: (${this.url}) with code: ${answer.status}`,
          getStatusCode: () => answer.status ?? 0,
          getBody: () => answer.body ?? "",
        };
      }
    }
    return {
      GlideRecord: function (table) {
        return instance.record(table);
      },
      GlideStringUtil: { escapeHTML: (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;") },
      // As in Prototype: `new` calls `initialize`.
      Class: {
        create: () =>
          function () {
            this.initialize.apply(this, arguments);
          },
      },
      gs: {
        getProperty: (name) => instance.properties[name] ?? "",
        getUserID: () => instance.user,
        getUserName: () => instance.userName,
        // The system has every role.
        hasRole: (role) => instance.userName === "system" || instance.roles.includes(role),
        addErrorMessage: (message) => instance.errors.push(message),
        error: (message) => instance.logged.push(message),
      },
      sn_ws: { RESTMessageV2 },
    };
  }
}
