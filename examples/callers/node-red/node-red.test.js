import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { pretend, serve } from "../testing/serve.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const WHO = "actor=681b365ec0a80164000fb0b05854a0cd&role=service-desk";

/** Node-RED with the flow, in a folder of its own, on a free port; asked by HTTP alone, so without its editor. */
async function nodeRed(environment) {
  const folder = mkdtempSync(join(tmpdir(), "node-red-"));
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address();
  free.close();
  await once(free, "close");
  copyFileSync(here("flow.json"), join(folder, "flow.json"));
  const settings = { uiHost: "127.0.0.1", uiPort: port, flowFile: "flow.json", httpAdminRoot: false, telemetry: { enabled: false } };
  writeFileSync(join(folder, "settings.js"), `module.exports = ${JSON.stringify(settings)};`);
  const child = spawn(process.execPath, [here("../node_modules/node-red/red.js"), "--userDir", folder], {
    // Node-RED would ask a server on this machine through a proxy as well.
    env: { ...process.env, no_proxy: "127.0.0.1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  let said = "";
  child.stderr.on("data", (data) => (said += data));
  await new Promise((resolve, reject) => {
    child.stdout.on("data", (data) => {
      said += data;
      if (said.includes("Started flows")) resolve();
    });
    child.on("exit", () => reject(new Error(`Node-RED did not begin:\n${said}`)));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  };
  const ask = async (path, body) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`http://127.0.0.1:${port}/handoff/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: response.status, text: await response.text() };
  };
  return { ask, stop, said: () => said };
}

/** A laptop that is handed out: how it was, and how it would be. */
function handOut(changes) {
  const tables = JSON.parse(readFileSync(here("../servicenow/testing/records.json"), "utf8"));
  const [laptop] = tables.alm_hardware;
  const to = { install_status: "1", substatus: "", assigned_to: tables.sys_user[0].sys_id.value, ...changes };
  const after = { ...laptop, ...Object.fromEntries(Object.entries(to).map(([field, value]) => [field, { value, display_value: value }])) };
  const around = [...tables.sys_user, ...tables.sc_req_item];
  return { before: { result: [laptop, ...around] }, after: { result: [after, ...around] } };
}

let server, red;
before(async () => {
  server = await serve();
  red = await nodeRed({ HANDOFF_URL: server.url, HANDOFF_TOKEN: server.token });
});
after(async () => {
  await red.stop();
  await server.stop();
});

test("Node-RED knows every node of the flow", () => {
  assert.doesNotMatch(red.said(), /missing|unknown|error/i);
});

test("what is not allowed is refused, and the findings are shown", async () => {
  const { status, text } = await red.ask(`servicenow?${WHO}`, handOut());
  assert.equal(status, 409, text);
  assert.equal(
    text,
    "denied\n- asset:P1000479: the serial is not recorded - record it, or pass it with the facts; then, where needed: read the serial off the device and record it (asset-manager)\n",
  );
  // The debug node shows it too; Node-RED writes a moment later.
  for (let n = 0; n < 100 && !red.said().includes("the serial is not recorded"); n++) await setTimeout(50);
  assert.ok(red.said().includes("the serial is not recorded"), red.said());
});

test("what is in order goes on", async () => {
  assert.deepEqual(await red.ask(`servicenow?${WHO}`, handOut({ serial_number: "PF4X9K21" })), { status: 200, text: "allowed\n" });
});

test("what nobody can judge is refused", async () => {
  for (const [path, body] of [
    [`servicenow?${WHO}`, {}],
    [`servicenow?${WHO}&nonsense=1`, handOut({ serial_number: "PF4X9K21" })],
    ["nowhere", {}],
  ]) {
    const { status, text } = await red.ask(path, body);
    assert.equal(status, 503, text);
    assert.match(text, /^no verdict: /);
  }
  assert.equal((await red.ask("..%2Fclosures", {})).status, 404);
});

test("without a verdict nothing goes on", async () => {
  let answer;
  const broken = await pretend(() => ({ status: answer[0], body: answer[1] }));
  const other = await nodeRed({ HANDOFF_URL: broken.url, HANDOFF_TOKEN: "handoff_0" });
  for (answer of [
    [503, '{"decision":"allow"}'],
    [200, "<html>Sign in</html>"],
    [200, '{"decision":"allow",'],
    [200, "null"],
    [200, '{"decisions":[]}'],
    [200, '{"decisions":[{"decision":"allow"},{}]}'],
  ])
    assert.equal((await other.ask("jira", {})).status, 503, answer[1]);
  await broken.stop();
  assert.deepEqual(await other.ask("jira", {}), { status: 503, text: "no verdict: ECONNREFUSED\n" });
  await other.stop();
});
