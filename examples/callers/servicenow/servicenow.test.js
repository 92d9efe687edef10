import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { parse } from "acorn";
import { nowhere, serve } from "../testing/serve.js";
import { answering, Instance } from "./testing/instance.js";

const NADIA = "62826bf03710200044e0bfc8bcbe5d01";
const CLOSED = { state: ["3", "Closed Complete"] };
// Another rule of the platform, of a lower order, sets who and when.
const DONE = { ...CLOSED, closed_by: ["681b365ec0a80164000fb0b05854a0cd", "Priya Nair"], closed_at: ["2026-02-23 08:01:07", "2026-02-23 09:01:07"] };
const HANDED_OVER = { install_status: ["1", "In use"], substatus: "", assigned_to: [NADIA, "Nadia Garcia"] };

let server;
before(async () => (server = await serve()));
after(() => server.stop());

const instance = (options) => new Instance({ ...server, ...options });
/** What people are told, as one text. */
const told = ({ errors }) => errors.join("\n");

test("the scripts are ES5, as Rhino reads them", () => {
  for (const file of ["HandoffGate.js", "business-rule.js"]) parse(readFileSync(new URL(file, import.meta.url), "utf8"), { ecmaVersion: 5 });
});

test("an item does not close while its device is in the store, and every reason is told with what to do", () => {
  const desk = instance();
  assert.equal(desk.update("sc_req_item", CLOSED), false);
  for (const reason of [
    "asset:P1000479: it is not handed over - hand it over and record that (service-desk)",
    "asset:P1000479: the record does not name whom the ticket names - record who has it (service-desk)",
    "asset:P1000479: the serial is not recorded",
    "task:RITM0010231/SCTASK0010418: the task `SCTASK0010418` is not done",
  ])
    assert.ok(told(desk).includes(reason), told(desk));
  assert.equal(desk.errors.length, 5);
});

test("step by step it is mended, and closes", () => {
  const desk = instance({ roles: ["itil", "asset"] });
  assert.equal(desk.update("alm_hardware", HANDED_OVER), false);
  assert.match(told(desk), /the serial is not recorded/);
  assert.equal(desk.update("alm_hardware", { serial_number: "PF4X9K21" }), true);
  assert.equal(desk.requests.length, 0, "a serial is no state, and nothing is asked");
  assert.equal(desk.update("alm_hardware", HANDED_OVER), true, told(desk));
  assert.equal(desk.update("sc_req_item", CLOSED), false);
  assert.equal(desk.errors.length, 2, told(desk));
  assert.equal(desk.update("sc_task", DONE), true, told(desk));
  assert.equal(desk.update("sc_req_item", CLOSED), true, told(desk));
  assert.deepEqual(desk.errors, []);
});

test("the last task of an item closes only where the item could", () => {
  const desk = instance();
  assert.equal(desk.update("sc_task", DONE), false);
  assert.match(told(desk), /it is not handed over/);
  assert.doesNotMatch(told(desk), /task/, "the task itself counts as done");
  const other = structuredClone(desk.row("sc_task"));
  desk.tables.sc_task.push(Instance.change(other, { sys_id: "f3b8a1141b3220105c6f7bc7d04bcb91", number: "SCTASK0010419" }));
  assert.equal(desk.update("sc_task", DONE), true, told(desk));
  assert.equal(desk.requests.length, 0, "another task is open");
});

test("a substatus is asked about, and may say nothing; a status may not", () => {
  const desk = instance();
  assert.equal(desk.update("alm_hardware", { substatus: ["reserved", "Reserved"] }), false, "by the tables it is no more ready");
  assert.match(told(desk), /no transition leads from `deployable` to `received`/);
  Instance.change(desk.row("alm_hardware"), HANDED_OVER);
  assert.equal(desk.update("alm_hardware", { substatus: ["minor_damage", "Minor damage"] }), true, told(desk));
  assert.equal(desk.requests.length, 1);
  assert.equal(desk.update("alm_hardware", { install_status: ["77", "Somewhere"] }), false);
  assert.match(told(desk), /no verdict.*status 422/);
});

test("another kind is asked about, although the state stays", () => {
  const roles = ["itil", "asset"];
  const desk = instance({ roles });
  assert.equal(desk.update("alm_hardware", { model_category: ["b2feb9c137101000deeabfc8bcbe5dff", "Monitor"] }), false);
  assert.match(told(desk), /asset:P1000479: there is no way from here to the kind `monitor`/);
  assert.equal(desk.requests.length, 1);
  // Neither is what no table has: the device would stand under no rules any more.
  assert.equal(desk.update("alm_hardware", { model_category: ["c3feb9c137101000deeabfc8bcbe5d00", "Furniture"] }), false);
  assert.match(told(desk), /no verdict.*status 422/);
  for (const name of ["Offboarding", "Standard keyboard"]) {
    const item = instance({ roles });
    assert.equal(item.update("sc_req_item", { cat_item: ["f9d5f1b01b3220105c6f7bc7d04bcb03", name] }), false, name);
    assert.equal(item.requests.length, 1);
    assert.match(told(item), /^Handoff /);
  }
});

test("where nothing is asked, a substatus alone passes, and nothing that changes with it", async () => {
  const body = JSON.stringify({ type: "urn:handoff:problem:nothing-asked", title: "the message asks nothing", status: 422, detail: "no item changes" });
  const silent = await answering({ status: 422, body });
  const substatus = ["reserved", "Reserved"];
  const desk = instance(silent);
  assert.equal(desk.update("alm_hardware", { substatus }), true, told(desk));
  for (const more of [{ install_status: ["1", "In use"] }, { asset_tag: "P1000999" }, { model_category: ["b2feb9c137101000deeabfc8bcbe5dff", "Furniture"] }]) {
    for (const changes of [{ substatus, ...more }, more]) {
      const other = instance(silent);
      // A tag by itself is no state, and not asked about.
      const isAsked = !("asset_tag" in changes) || "substatus" in changes;
      assert.equal(other.update("alm_hardware", changes), !isAsked, JSON.stringify(changes));
      assert.equal(other.requests.length, isAsked ? 1 : 0);
    }
  }
  for (const changes of [CLOSED, { cat_item: ["f9d5f1b01b3220105c6f7bc7d04bcb03", "Standard keyboard"] }]) {
    const other = instance(silent);
    assert.equal(other.update("sc_req_item", changes), false);
    assert.match(told(other), /no verdict.*status 422/);
  }
  await silent.stop();
});

test("a device does not leave its state under another tag", () => {
  const desk = instance();
  assert.equal(desk.update("alm_hardware", { asset_tag: "P1000999", substatus: ["reserved", "Reserved"] }), false);
  assert.match(told(desk), /^Handoff (does not allow|gave no verdict)/);
  assert.equal(desk.update("alm_hardware", { asset_tag: "P1000999", ...HANDED_OVER }), false);
});

test("an insert is asked about as well", () => {
  const desk = instance();
  const item = Instance.change(structuredClone(desk.row("sc_req_item")), {
    sys_id: "aeed229047801200e0ef563dbb9a71c3",
    number: "RITM0010232",
    state: ["1", "Open"],
  });
  assert.equal(desk.insert("sc_req_item", item), true, told(desk));
  assert.equal(desk.requests[0].body.before, null);
  const device = Instance.change(structuredClone(desk.row("alm_hardware")), {
    sys_id: "b6a3e1d01b3220105c6f7bc7d04bcb12",
    asset_tag: "P1000480",
    ci: "",
    ...HANDED_OVER,
  });
  assert.equal(desk.insert("alm_hardware", device), false, "nothing is recorded as handed over out of nowhere");
});

test("who may not, may not: without a role, and as the system, which has them all", () => {
  for (const somebody of [{ roles: [] }, { user: "6816f79cc0a8016401c5a33be04be441", userName: "system" }]) {
    const desk = instance(somebody);
    assert.equal(desk.update("sc_req_item", { state: ["1", "Open"] }), false);
    assert.match(told(desk), /may not take the step/);
  }
  assert.equal(instance().update("sc_req_item", { state: ["1", "Open"] }), true);
});

test("only what the mapping reads is sent", () => {
  const desk = instance();
  desk.row("sc_req_item").work_notes = { value: "her bank details", display_value: "her bank details" };
  desk.update("sc_req_item", CLOSED);
  assert.equal(desk.requests.length, 1);
  assert.ok(!JSON.stringify(desk.requests[0].body).includes("bank"));
  assert.deepEqual(desk.requests[0].body.after.result[0].cat_item, { display_value: "New Hire", value: "e8d5f1b01b3220105c6f7bc7d04bcb02" });
});

test("without a verdict nothing is written", async () => {
  const desk = instance({ url: await nowhere() });
  assert.equal(desk.update("sc_req_item", CLOSED), false);
  assert.match(told(desk), /^Handoff gave no verdict, so this was not saved: .*ECONNREFUSED/);
  assert.equal(desk.logged.length, 1);

  const unknown = instance({ token: "handoff_0" });
  assert.equal(unknown.update("sc_req_item", CLOSED), false);
  assert.match(told(unknown), /no verdict.*status 401/);

  const problem = JSON.stringify({ type: "urn:handoff:problem:overload", title: "too much", status: 503, detail: "come again" });
  for (const [answer, said] of [
    [{ status: 503, body: problem }, /no verdict.*status 503, come again/],
    [{ status: 503, body: '{"decision":"allow"}' }, /no verdict.*status 503/],
    [{ status: 502, body: "<html>Bad gateway</html>" }, /no verdict.*status 502/],
    [{ status: 200, body: "<html>Sign in</html>" }, /no verdict.*no JSON/],
    [{ status: 200, body: '{"decision":"allow",' }, /no verdict/],
    [{ status: 200, body: "" }, /no verdict/],
    [{ status: 200, body: "null" }, /no verdict/],
    [{ status: 200, body: '{"decisions":[]}' }, /does not allow/],
    [{ status: 200, body: '{"decisions":[{"decision":"allow"},{}]}' }, /no verdict/],
    [{ status: 200, body: '{"decision":"ALLOW"}' }, /no verdict/],
    [{ status: 200, body: '{"decision":"deny"}' }, /no verdict/],
    [{ status: 204 }, /no verdict/],
  ]) {
    const broken = await answering(answer);
    const desk = instance(broken);
    assert.equal(desk.update("sc_req_item", CLOSED), false, JSON.stringify(answer));
    assert.match(told(desk), said);
    await broken.stop();
  }
});

test("what stands in a finding is text, and no markup", async () => {
  const finding = { severity: "block", item: "asset:<img src=x>", message: "it is <b>not</b> there", remedy: null, responsible: [] };
  const server = await answering({ body: JSON.stringify({ decision: "deny", findings: [finding] }) });
  const desk = instance(server);
  assert.equal(desk.update("sc_req_item", CLOSED), false);
  assert.deepEqual(desk.errors.slice(1), ["asset:&lt;img src=x&gt;: it is &lt;b&gt;not&lt;/b&gt; there"]);
  await server.stop();
});

test("a query that goes wrong is not judged as if it were whole", () => {
  const desk = instance();
  const device = desk.row("alm_hardware");
  for (let n = 0; n < 201; n++) desk.tables.alm_hardware.push(Instance.change(structuredClone(device), { sys_id: `${n}`.padStart(32, "0") }));
  assert.equal(desk.update("sc_req_item", CLOSED), false);
  assert.match(told(desk), /no verdict.*more than 200 records of alm_hardware/);
});

test("the reference policy asks for more than these tables hold, and says what", async () => {
  const reference = await serve({ policy: null });
  const desk = instance({ ...reference, roles: ["itil", "asset"] });
  Instance.change(desk.row("alm_hardware"), { serial_number: "PF4X9K21" });
  assert.equal(desk.update("alm_hardware", HANDED_OVER), false);
  assert.match(told(desk), /Handoff does not allow this/);
  await reference.stop();
});
