// The story of a joiner and a leaver through REST, and every way round it.

import assert from "node:assert/strict";
import test from "node:test";
import { kill, logged, refused, somebody, tracker } from "./rt.mjs";

const rt = tracker();
const dana = somebody(rt, "dana");
const wim = somebody(rt, "wim");
const hana = somebody(rt, "hana");
const mara = somebody(rt, "mara");
const laptop = () => `asset/${rt.asset["LT-4471"]}`;
const phone = () => `asset/${rt.asset["PH-0871"]}`;
const joiner = () => `ticket/${rt.ticket.onboarding}`;
const leaver = () => `ticket/${rt.ticket.offboarding}`;
const person = (name) => ({ CustomFields: { Person: name } });
const text = { Content: "as agreed", ContentType: "text/plain" };

/** Some ticket that can't be closed: of somebody for whom nothing is there. */
const another = async (queue = "Onboarding") => (await hana.post("ticket", { Queue: queue, Subject: "another", ...person("joan"), ...text })).body.id;

test("the laptop is not handed over before it is secured", async () => {
  refused(await dana.put(laptop(), { Status: "delivered" }), "no-such-transition");
  assert.equal(await dana.status(laptop()), "configured");
});

test("nor is it called secured before it is", async () => {
  refused(await wim.put(laptop(), { Status: "secured" }), "not-recorded");
  refused(await wim.put(laptop(), { Status: "secured", CustomFields: { "Disk encrypted": "no" } }), "attribute-mismatch", "not-recorded");
});

test("the onboarding does not close, and every reason is told at once", async () => {
  const answer = await dana.put(joiner(), { Status: "resolved" });
  refused(answer, "approval-missing", "wrong-state", "owner-mismatch");
  assert.match(answer.body.message, /^Handoff refused "resolved" for ticket #\d+: 3 reasons$/m);
  assert.match(answer.body.message, /^- asset #\d+ \(LT-4471\): it is not delivered$/m);
  assert.match(answer.body.message, /^  -> Service desk: secure it and take it through to delivery$/m);
  assert.equal(await dana.status(joiner()), "new");
});

test("what somebody may not do is refused, whatever the fields say", async () => {
  refused(await dana.put(laptop(), { Status: "secured", CustomFields: { "Disk encrypted": "yes", "Device management": "yes" } }), "actor-not-responsible");
});

test("fields of the same request count: they are written first", async () => {
  const made = (await wim.post("asset", { Name: "LT-9", Catalog: "Laptops", CustomFields: { "Serial number": "PF9" } })).body.id;
  const asset = `asset/${made}`;
  assert.equal((await wim.put(asset, { Status: "configured" })).status, 200);
  const { status, body } = await wim.put(asset, { Status: "secured", CustomFields: { "Disk encrypted": "yes", "Device management": "yes" } });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(await wim.status(asset), "secured");
});

test("an asset is not created where nothing leads to it, or without its serial", async () => {
  refused(await wim.post("asset", { Name: "LT-8", Catalog: "Laptops", Status: "delivered", CustomFields: { "Serial number": "PF8" } }), "no-such-transition");
  refused(await wim.post("asset", { Name: "LT-8", Catalog: "Laptops" }), "not-recorded");
});

test("an asset does not go to a catalog that nobody governs", async () => {
  refused(await wim.put(laptop(), { Catalog: "Demo" }), "rt-not-configured");
  refused(await wim.put(laptop(), { Catalog: "Demo", Status: "delivered" }), "rt-not-configured");
  refused(await wim.put(laptop(), { Catalog: "Phones" }), "kind-change-not-allowed");
  assert.equal(await wim.status(laptop()), "configured");
});

test("nor from there into one that is, in a state that nothing leads to", async () => {
  const { body } = await wim.post("asset", { Name: "LT-7", Catalog: "Demo", Status: "delivered" });
  refused(await wim.put(`asset/${body.id}`, { Catalog: "Laptops" }), "no-such-transition");
});

test("a ticket is not created as resolved", async () => {
  refused(await dana.post("ticket", { Queue: "Onboarding", Subject: "no", Status: "resolved", ...person("joan"), ...text }),
    "no-such-transition", "approval-missing", "no-linked-asset");
});

test("a comment or a reply does not close it, and is not sent", async () => {
  for (const sort of ["comment", "correspond"]) {
    refused(await dana.post(`${joiner()}/${sort}`, { ...text, Status: "resolved" }), "approval-missing", "wrong-state", "owner-mismatch");
  }
  const history = await dana.get(`${joiner()}/history?fields=Type&per_page=100`);
  assert.ok(!history.body.items.some(({ Type }) => Type === "Correspond" || Type === "Comment"));
});

test("nor do many at once", async () => {
  const id = await another();
  refused(await dana.put("tickets/bulk", [{ id, Status: "resolved" }, { id: rt.ticket.offboarding, Status: "resolved" }]),
    "approval-missing", "no-linked-asset", "still-held", "wrong-state");
  refused(await dana.post("tickets/bulk/comment", [{ id, Status: "resolved", ...text }]), "approval-missing", "no-linked-asset");
  assert.equal(await dana.status(`ticket/${id}`), "new");
});

test("a ticket does not leave what is governed, and is not closed on the way", async () => {
  const id = await another();
  refused(await dana.put(`ticket/${id}`, { Queue: "General", Status: "resolved" }), "rt-not-configured");
  refused(await dana.put(`ticket/${id}`, { Queue: "General" }), "rt-not-configured");
  const { body } = await dana.get(`ticket/${id}`);
  assert.equal(body.Status, "new");
  refused(await dana.put(`ticket/${id}`, { Queue: "Offboarding" }), "kind-change-not-allowed");
});

test("a ticket that was closed elsewhere does not come in closed", async () => {
  const { body } = await dana.post("ticket", { Queue: "General", Subject: "round", Status: "resolved", ...text });
  const answer = await dana.put(`ticket/${body.id}`, { Queue: "Onboarding" });
  assert.equal(answer.status, 409);
  assert.match(answer.body.message, /no transition leads from `nothing` to `completed`/);
});

test("a ticket stays a ticket", async () => {
  refused(await dana.put(`ticket/${await another()}`, { Type: "reminder", Status: "resolved" }), "rt-not-configured", "approval-missing", "no-linked-asset");
});

test("merging into a closed ticket, or into another person's, closes nothing", async () => {
  const id = await another();
  const past = (await dana.get("tickets?query=Status='resolved' AND Queue='Onboarding'")).body.items[0].id;
  refused(await dana.put(`ticket/${id}`, { MergeInto: past }), "survivor-missing");
  refused(await dana.put(leaver(), { MergeInto: id }), "survivor-missing");
  assert.equal(await dana.status(leaver()), "new");
});

test("a double is merged into the one that goes on", async () => {
  const id = await another();
  const { status, body } = await dana.put(`ticket/${id}`, { MergeInto: rt.ticket.onboarding });
  assert.equal(status, 200, JSON.stringify(body));
  assert.ok(body.includes("Merge Successful"));
});

test("deleting is a state like any other", async () => {
  const id = await another("Offboarding");
  assert.equal((await wim.delete(`ticket/${id}`)).status, 409);
  assert.equal(await dana.status(`ticket/${id}`), "new");
});

test("REST 1: neither an edit nor a comment nor a new ticket", async () => {
  const edit = await dana.form(`${joiner()}/edit`, { Status: "resolved", Subject: "Joan Joiner starts soon" });
  assert.match(edit, /^RT\/\S+ 409 Refused$/m);
  assert.match(edit, /^# .*Handoff refused "resolved" for ticket #\d+: 3 reasons$/m);
  assert.match(edit, /^#   -> manager: have the manager approve the request$/m);
  const comment = await dana.form(`${joiner()}/comment`, { id: rt.ticket.onboarding, Action: "comment", Text: "as agreed", Status: "resolved" });
  assert.match(comment, /^RT\/\S+ 409 Refused$/m);
  const created = await dana.form("ticket/new", { id: "ticket/new", Queue: "Onboarding", Subject: "no", Status: "resolved" });
  assert.match(created, /^RT\/\S+ 409 Refused$/m);
  assert.match(created, /no transition leads from `nothing` to `completed`/);
  const merge = await dana.form(`${leaver()}/merge/${rt.ticket.onboarding}`, { id: "x" });
  assert.match(merge, /^RT\/\S+ 409 Refused$/m);
  assert.equal(await dana.status(joiner()), "new");
  assert.equal((await dana.get(joiner())).body.Subject, "Joan Joiner starts soon");
});

test("an unlinked asset is not forgotten: taking a link away needs its reason", async () => {
  const id = (await hana.post("ticket", { Queue: "Onboarding", Subject: "links", ...person("joan"), RefersTo: `asset:${rt.asset["LT-3120"]}`, ...text })).body.id;
  await dana.put(`ticket/${id}`, { DeleteRefersTo: `asset:${rt.asset["LT-3120"]}` });
  refused(await dana.put(`ticket/${id}`, { Status: "resolved" }), "approval-missing", "link-removal-unexplained", "owner-mismatch", "wrong-state");
  refused(await dana.put(`ticket/${id}`, { Status: "resolved", CustomFields: { "Unlinked because": "wrong one" } }), "approval-missing", "no-linked-asset");
});

test("put right, the laptop is handed over and the onboarding closes", async () => {
  assert.equal((await mara.put(`ticket/${rt.ticket.approval}`, { Status: "resolved" })).status, 200);
  assert.equal((await wim.put(laptop(), { Status: "secured", CustomFields: { "Disk encrypted": "yes", "Device management": "yes" } })).status, 200);
  refused(await dana.put(laptop(), { Status: "delivered", Owner: "joan", CustomFields: { "Handover scan": "ANOTHER-1" } }), "evidence-other-item");
  const delivered = await dana.put(laptop(), { Status: "delivered", Owner: "joan", CustomFields: { "Handover scan": "PF4X9K21" } });
  assert.equal(delivered.status, 200, JSON.stringify(delivered.body));
  const closed = await dana.put(joiner(), { Status: "resolved" });
  assert.equal(closed.status, 200, JSON.stringify(closed.body));
  assert.equal(await dana.status(joiner()), "resolved");
});

test("the offboarding stays open while the phone is in the leaver's name, linked or not", async () => {
  const answer = await dana.put(leaver(), { Status: "resolved" });
  refused(answer, "still-held", "wrong-state");
  assert.match(answer.body.message, /asset #\d+ \(PH-0871\): lena still holds asset #\d+: it stands in their name/);
});

test("a cleared name is no return", async () => {
  assert.equal((await dana.put(phone(), { Owner: "Nobody" })).status, 200);
  refused(await dana.put(leaver(), { Status: "resolved" }), "still-held", "wrong-state");
});

test("taken back and scanned in, it closes", async () => {
  assert.equal((await dana.put(phone(), { Status: "returned" })).status, 200);
  refused(await wim.put(phone(), { Status: "in stock" }), "evidence-missing");
  const back = await wim.put(phone(), { Status: "in stock", CustomFields: { "Return scan": "SM-S901-77" } });
  assert.equal(back.status, 200, JSON.stringify(back.body));
  const closed = await dana.put(leaver(), { Status: "resolved" });
  assert.equal(closed.status, 200, JSON.stringify(closed.body));
  assert.equal(await dana.status(leaver()), "resolved");
});

test("without the server nothing changes state, and that is said", async () => {
  const id = await another();
  await kill(rt);
  const { status, body, headers } = await dana.put(`ticket/${id}`, { Status: "rejected" });
  assert.equal(status, 503);
  assert.ok(headers.get("retry-after"));
  assert.match(body.message, /^Handoff gave no verdict on "rejected" for ticket #\d+: the server can't be reached$/m);
  assert.equal((await dana.post(`ticket/${id}/comment`, { ...text, Status: "resolved" })).status, 503);
  assert.equal((await wim.post("asset", { Name: "LT-6", Catalog: "Laptops", CustomFields: { "Serial number": "PF6" } })).status, 503);
  assert.match(await dana.form(`ticket/${id}/edit`, { Status: "resolved" }), /^RT\/\S+ 503 No Verdict$/m);
  assert.equal(await dana.status(`ticket/${id}`), "new");
  assert.equal((await dana.put(`ticket/${id}`, { Subject: "other fields are RT's own" })).status, 200);
});

test("what RT logs names no people and no secrets", () => {
  const lines = logged(rt);
  assert.ok(lines.length > 40, `${lines.length}`);
  for (const line of lines) assert.doesNotMatch(line, /joan|lena|mara|dana|PF4X9K21|handoff_[0-9a-f]{16}/, line);
});
