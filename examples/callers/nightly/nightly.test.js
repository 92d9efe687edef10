import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { HANDOFF, nowhere, pretend } from "../testing/serve.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "handoff-"));
const time = { datetime: "2026-02-20 10:12:40", formatted: "2026-02-20 10:12 AM" };
const user = { id: 7, name: "Nadia Garcia", username: "ngarcia", employee_num: "", email: "ngarcia@example.org", activated: true, updated_at: time };
const asset = (id, tag, serial, assigned) => ({
  ...{ id, name: "", asset_tag: tag, serial, model: { id: 3, name: "ThinkPad T14" }, category: { id: 1, name: "Laptops" } },
  status_label: { id: 2, name: "Ready to Deploy", status_type: "deployable", status_meta: assigned ? "deployed" : "deployable" },
  assigned_to: assigned ? { id: 7, username: "ngarcia", name: "Nadia Garcia", email: "ngarcia@example.org", type: "user" } : null,
  ...{ location: { id: 2, name: "Ward 3" }, updated_at: time, deleted_at: null, custom_fields: [] },
});

let rows, broken, site;
before(async () => {
  writeFileSync(join(folder, "token"), "secret\n");
  site = await pretend(({ url, headers }) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    if (headers.authorization !== "Bearer secret") return { status: 401, body: '{"error":"Unauthenticated."}' };
    if (broken && searchParams.get("offset") !== "0") return broken;
    const all = rows[pathname.replace("/api/v1/", "")];
    const offset = Number(searchParams.get("offset"));
    return { body: JSON.stringify({ total: all.length, rows: all.slice(offset, offset + Number(searchParams.get("limit"))) }) };
  });
});
after(async () => {
  await site.stop();
  rmSync(folder, { recursive: true });
});

async function night(environment = {}) {
  const settings = { SNIPE_IT_URL: site.url, SNIPE_IT_TOKEN_FILE: join(folder, "token"), PAGE: "2", ZONE: "+01:00" };
  const env = { PATH: process.env.PATH, HANDOFF, ...settings, AT: "2026-02-23T06:00:00+01:00", ...environment };
  const child = spawn("sh", [here("snipe-it.sh")], { env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  child.stdout.on("data", (data) => (said.out += data));
  child.stderr.on("data", (data) => (said.err += data));
  const [status] = await once(child, "close");
  return { status, ...said };
}

test("what is wrong in the register is found, on whichever page it stands", async () => {
  broken = null;
  rows = { users: [user], hardware: [asset(1, "L-1", "PF4X9K21"), asset(2, "L-2", "PF4X9K22", true), asset(3, "L-3", "PF4X9K21")] };
  const { status, out, err } = await night();
  assert.equal(status, 1, out + err);
  assert.match(out, /asset:L-[13]: .*serial/);
});

test("a register that did not come whole is not looked at", async () => {
  for (broken of [{ status: 500, body: "" }, { body: '{"status":"error","messages":"Too many requests"}' }, { body: "<html>Sign in</html>" }]) {
    const { status, out } = await night();
    assert.equal(status, 2, out);
    assert.equal(out, "");
  }
  broken = null;
  assert.equal((await night({ SNIPE_IT_URL: await nowhere() })).status, 2);
  writeFileSync(join(folder, "strange"), "strange\n");
  assert.equal((await night({ SNIPE_IT_TOKEN_FILE: join(folder, "strange") })).status, 2);
});
