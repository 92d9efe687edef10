import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { nowhere, pretend, serve } from "../testing/serve.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const IN_ORDER = [here("../../closure-in-order/facts.json"), "ticket:REQ-1987"];
const MONDAY = [here("../../monday-laptop/facts.json"), "ticket:REQ-2041"];
const folder = mkdtempSync(join(tmpdir(), "handoff-"));
const token = join(folder, "token");

let server;
before(async () => {
  server = await serve({ policy: null, hooks: false, scopes: ["decide"] });
  writeFileSync(token, `${server.token}\n`, { mode: 0o600 });
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function close(args, environment = {}) {
  const env = { PATH: process.env.PATH, HANDOFF_URL: server.url, HANDOFF_TOKEN_FILE: token, ...environment };
  const child = spawn("sh", [here("close.sh"), ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  child.stdout.on("data", (data) => (said.out += data));
  child.stderr.on("data", (data) => (said.err += data));
  const [status] = await once(child, "close");
  return { status, ...said };
}

test("what is in order closes", async () => {
  assert.deepEqual(await close(IN_ORDER), { status: 0, out: "allowed\n", err: "" });
});

test("what is not is denied, with its findings", async () => {
  const { status, out, err } = await close(MONDAY);
  assert.equal(status, 1, err);
  assert.match(out, /^denied\n/);
  assert.match(out, /the account is not active/);
});

test("everything else is no verdict", async () => {
  const strange = join(folder, "strange");
  writeFileSync(strange, "handoff_0\n");
  assert.equal((await close(IN_ORDER, { HANDOFF_TOKEN_FILE: strange })).status, 2);
  assert.match((await close(IN_ORDER, { HANDOFF_URL: await nowhere() })).err, /^curl: .*\nno verdict: the server gave no whole answer\n$/);
  assert.match((await close([IN_ORDER[0], 'ticket:REQ-1987","actor":{"id":"x"}'])).err, /is no item/);
  assert.equal((await close(["absent.json", "ticket:REQ-1987"])).status, 2);
  assert.equal((await close([])).status, 2);
  writeFileSync(strange, '{"assets": 1}');
  assert.match((await close([strange, "ticket:REQ-1987"])).err, /no verdict: status 422/);
  for (const [status, body] of [
    [503, '{"decision":"allow",'],
    [200, ""],
    [200, "<html>Sign in</html>"],
    [200, '{"item":"x","decision":"allow"}'],
    [200, '{"decision":"allowed"}'],
    [302, '{"decision":"allow",'],
  ]) {
    const broken = await pretend(() => ({ status, body }));
    assert.equal((await close(IN_ORDER, { HANDOFF_URL: broken.url })).status, 2, body);
    await broken.stop();
  }
});

test("a token for hooks alone is good for no question", async () => {
  const hooks = await serve({ policy: null, hooks: false, scopes: ["hook"] });
  const strange = join(folder, "hook");
  writeFileSync(strange, `${hooks.token}\n`);
  const { status, err } = await close(IN_ORDER, { HANDOFF_URL: hooks.url, HANDOFF_TOKEN_FILE: strange });
  await hooks.stop();
  assert.equal(status, 2);
  assert.match(err, /no verdict: status 403: .*token-scope/);
});

test("an answer that breaks off is no verdict, whatever it began with", async () => {
  const cut = createServer((socket) =>
    socket.once("data", () => socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"decision":"allow","item"')));
  cut.listen(0, "127.0.0.1");
  await once(cut, "listening");
  assert.equal((await close(IN_ORDER, { HANDOFF_URL: `http://127.0.0.1:${cut.address().port}` })).status, 2);
  cut.close();
});
