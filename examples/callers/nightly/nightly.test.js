import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { HANDOFF, nowhere, pretend } from "../testing/serve.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "handoff-"));
// A policy that is content with what Snipe-IT has.
const FIRST = { POLICY: here("../policy.yaml") };
const time = { datetime: "2026-02-20 10:12:40", formatted: "2026-02-20 10:12 AM" };
const user = { id: 7, name: "Nadia Garcia", username: "ngarcia", employee_num: "", email: "ngarcia@example.org", activated: true, updated_at: time };
const asset = (id, tag, serial, assigned) => ({
  ...{ id, name: "", asset_tag: tag, serial, model: { id: 3, name: "ThinkPad T14" }, category: { id: 1, name: "Laptops" } },
  status_label: { id: 2, name: "Ready to Deploy", status_type: "deployable", status_meta: assigned ? "deployed" : "deployable" },
  assigned_to: assigned ? { id: 7, username: "ngarcia", name: "Nadia Garcia", email: "ngarcia@example.org", type: "user" } : null,
  ...{ location: { id: 2, name: "Ward 3" }, updated_at: time, deleted_at: null, custom_fields: [] },
});

// `most` is what the site gives of a page, whatever is asked for; `turn` may change a page.
let rows, broken, most, turn, site;
before(async () => {
  writeFileSync(join(folder, "token"), "secret\n");
  site = await pretend(({ url, headers }) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    if (headers.authorization !== "Bearer secret") return { status: 401, body: '{"error":"Unauthenticated."}' };
    if (broken && searchParams.get("offset") !== "0") return broken;
    const all = rows[pathname.replace("/api/v1/", "")];
    const offset = Number(searchParams.get("offset"));
    const page = { total: all.length, rows: all.slice(offset, offset + Math.min(most, Number(searchParams.get("limit")))) };
    return { body: JSON.stringify(turn(page, offset, pathname)) };
  });
});
beforeEach(() => {
  [broken, most, turn] = [null, 500, (page) => page];
  rows = { users: [user], hardware: [asset(1, "L-1", "PF4X9K21"), asset(2, "L-2", "PF4X9K22", true), asset(3, "L-3", "PF4X9K21")] };
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

test("where all is read and in order, nothing is found", async () => {
  rows.hardware.pop();
  const { status, out, err } = await night(FIRST);
  assert.deepEqual([status, err], [0, ""], out);
  assert.match(out, /^NOTHING FOUND: /);
});

test("a site with smaller pages than were asked for loses no row", async () => {
  most = 1;
  const { status, out, err } = await night({ PAGE: "500" });
  assert.equal(status, 1, out + err);
  assert.match(out, /asset:L-[13]: .*serial/);
});

test("fewer rows than the site says that it has, or others meanwhile, are no register", async () => {
  for (const [wrong, said] of [
    [(page) => ({ ...page, total: page.total + 1 }), /of \d rows \d came/],
    [(page, offset) => (offset ? { ...page, rows: [] } : page), /hardware: of 3 rows 2 came/],
    [(page, offset) => (offset ? { ...page, total: page.total - 1 } : page), /hardware changed while it was read/],
    [(page, offset, path) => (offset && path.endsWith("hardware") ? { ...page, rows: [rows.hardware[0]] } : page), /hardware: of 3 rows 2 came/],
    [({ rows }) => ({ rows }), /no page of rows/],
    [({ total, rows }) => ({ total: String(total), rows }), /no page of rows/],
  ]) {
    turn = wrong;
    const { status, out, err } = await night();
    assert.equal(status, 2, out + err);
    assert.equal(out, "");
    assert.match(err, said);
  }
});

test("a record that becomes no row stops it", async () => {
  rows.hardware = [asset(1, "L-1", "PF4X9K21"), { id: 4, nonsense: 1 }];
  const { status, out, err } = await night();
  assert.equal(status, 2, out + err);
  assert.equal(out, "");
  assert.match(err, /this is no record\s+that the mapping knows[^]*of 2 hardware 1 became facts/);
  rows = { users: [user, { ...user, id: 8, username: "", email: "" }], hardware: [] };
  assert.match((await night()).err, /of 2 users 1 became facts/);
});

test("a field that is not understood may be why nothing is found", async () => {
  const unknown = { ...asset(4, "L-4", "PF4X9K24"), category: { id: 9, name: "Zebras" } };
  rows.hardware.push(unknown);
  const { status, out, err } = await night();
  assert.equal(status, 1, "what is found is found");
  assert.match(out, /asset:L-[13]: .*serial/);
  assert.match(err, /`Zebras`: the table `category`\s+has no such word/);
  rows.hardware = [{ ...asset(1, "L-1", "PF4X9K21"), surprise: "new in the next version" }];
  const other = await night(FIRST);
  assert.deepEqual([other.status, other.out], [2, ""]);
  assert.match(other.err, /surprise[^]*nothing was found, but not all could be read/);
  writeFileSync(join(folder, "tables.yaml"), "snipe-it: {category: {Zebras: laptop}}\n");
  rows.hardware = [unknown];
  assert.notEqual((await night(FIRST)).status, 0);
  assert.equal((await night({ ...FIRST, TABLES: join(folder, "tables.yaml") })).status, 0);
});
