import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { nowhere, pretend, serve } from "../testing/serve.js";
import { bridge } from "./bridge.js";
import { device, signature, site, webhook } from "./testing.js";

const ME = "712020:11111111-2222-4333-8444-555555555555";
const NADIA = "712020:c5a1f9b2-7e34-4d88-b0a5-93d1e2f4a6b7";
const OLGA = "712020:0b7d1d8e-52a4-4f0a-8c3a-1f5a7b3e9d40";

let server;
before(async () => (server = await serve()));
after(() => server.stop());

/** A bridge between a site and a server, ended with the test. `send` gives it a webhook as Jira does. */
async function between(t, jira, settings = {}) {
  const started = bridge({
    ...{ secret: server.secret, handoff: server.url, token: server.token, jira: jira.url, assets: `${jira.url}/assets`, account: ME },
    ...{ login: "handoff@example.org:secret", devices: "customfield_10051", subject: "customfield_10050", ...settings },
  }).listen(0, "127.0.0.1");
  await once(started, "listening");
  t.after(async () => {
    started.close();
    started.closeAllConnections();
    await jira.stop();
  });
  return async (message, signed = (body) => signature(server.secret, body)) => {
    const body = typeof message === "string" ? message : JSON.stringify(message);
    const headers = { "content-type": "application/json", "x-hub-signature": signed(body) };
    const response = await fetch(`http://127.0.0.1:${started.address().port}/`, { method: "POST", headers, body });
    return [response.status, (await response.json()).message];
  };
}

/** The device as it has to be: with its serial, and in her hands. */
function handedOver() {
  const object = device();
  const set = (name, value) => (object.attributes.find(({ objectTypeAttribute }) => objectTypeAttribute.name === name).objectAttributeValues = [value]);
  set("Serial Number", { value: "PF4X9K21", displayValue: "PF4X9K21", referencedType: false });
  set("Status", { status: { id: "4", name: "In use", category: 1, objectSchemaId: "6" }, displayValue: "In use", referencedType: false });
  set("Owner", { user: { key: NADIA, displayName: "Nadia Garcia", emailAddress: "ngarcia@example.org" }, displayValue: "Nadia Garcia", referencedType: false });
  return object;
}

test("what is not allowed is taken back, with every finding in an internal comment", async (t) => {
  const jira = await site();
  const send = await between(t, jira);
  assert.deepEqual(await send(webhook()), [200, "taken back"]);
  assert.equal(jira.status, "3");
  assert.equal(jira.comments.length, 1);
  const [{ body, public: isPublic }] = jira.comments;
  assert.equal(isPublic, false);
  for (const reason of ["it is not handed over", "the owner is not recorded", "the serial is not recorded", "It is back in In Progress."])
    assert.ok(body.includes(reason), body);
  assert.match(body, /^\* asset:HW-412: it is not handed over - hand it over and record that \(service-desk\)$/m);
  assert.deepEqual(jira.labels, []);
});

test("what is allowed stays, and nothing is said", async (t) => {
  const jira = Object.assign(await site(), { device: handedOver() });
  const send = await between(t, jira);
  assert.deepEqual(await send(webhook()), [200, "allowed"]);
  assert.equal(jira.status, "10002");
  assert.deepEqual(jira.comments, []);
});

test("a message that Jira did not sign does nothing", async (t) => {
  const jira = await site();
  const send = await between(t, jira);
  for (const signed of [() => "", () => "sha256=00", (body) => signature("another secret", body), (body) => signature(server.secret, `${body} `)])
    assert.deepEqual(await send(webhook(), signed), [401, "the signature is missing or wrong"]);
  assert.deepEqual(jira.requests, []);
});

test("a message that was dealt with is not dealt with again", async (t) => {
  const jira = await site();
  const send = await between(t, jira);
  assert.equal((await send(webhook()))[0], 200);
  assert.deepEqual(await send(webhook()), [409, "dealt with before"]);
  assert.equal(jira.comments.length, 1);
});

test("an issue that was moved since is left where it is", async (t) => {
  const jira = await site({ status: "10005" });
  const send = await between(t, jira);
  assert.deepEqual(await send(webhook()), [200, "changed since"]);
  assert.equal(jira.status, "10005");
});

test("its own changes, and those that move nothing, are not asked about", async (t) => {
  const jira = await site();
  const send = await between(t, jira);
  const mine = webhook();
  mine.user.accountId = ME;
  assert.deepEqual(await send(mine), [200, "my own change"]);
  const label = webhook();
  label.changelog.items = [{ field: "labels", fieldtype: "jira", fieldId: "labels", from: null, fromString: "", to: null, toString: "vip" }];
  assert.deepEqual(await send(label), [200, "nothing to ask"]);
  const empty = webhook();
  empty.changelog.items = [];
  assert.deepEqual(await send(empty), [200, "nothing to ask"]);
  assert.deepEqual(jira.requests, []);
});

test("nobody closes their own, or without a role", async (t) => {
  for (const [who, said] of [[NADIA, /is the person that the handoff is about/], [OLGA, /may not take the step/]]) {
    const jira = Object.assign(await site(), { device: handedOver() });
    const send = await between(t, jira);
    const message = webhook();
    message.user.accountId = who;
    assert.deepEqual(await send(message), [200, "taken back"]);
    assert.match(jira.comments[0].body, said);
  }
});

/** The webhook of another move, into an open status unless it ends the issue. */
function move(from, to, key = "indeterminate") {
  const message = webhook();
  Object.assign(message.issue.fields.status, { id: "10077", name: to, statusCategory: { ...message.issue.fields.status.statusCategory, key } });
  message.issue.fields.resolution = null;
  message.changelog.items = [{ ...message.changelog.items[1], fromString: from, to: "10077", toString: to }];
  return message;
}

test("two statuses that are one state need no question, unless the issue ends", async (t) => {
  const same = await site({ status: "10077" });
  assert.deepEqual(await (await between(t, same))(move("Waiting for support", "Waiting for customer")), [200, "allowed"]);
  assert.deepEqual(same.comments, []);
  const ends = await site({ status: "10077" });
  assert.deepEqual(await (await between(t, ends))(move("Waiting for support", "Waiting for customer", "done")), [200, "taken back"]);
});

test("a status or a kind of issue that no table has is taken back", async (t) => {
  const strange = move("In Progress", "Done", "done");
  strange.issue.fields.issuetype.name = "Something else";
  for (const message of [move("In Progress", "Fertig"), move("In Progress", "Fertig", "done"), strange]) {
    const jira = await site({ status: "10077" });
    assert.deepEqual(await (await between(t, jira))(message), [200, "taken back"]);
    assert.match(jira.comments[0].body, /^Handoff gave no verdict.*status 422/);
  }
});

/** The webhook of a change of one field alone, of an issue that stands in `status`. */
function edit(field, [from, fromString], [to, toString], status = "In Progress", key = "indeterminate") {
  const message = webhook();
  Object.assign(message.issue.fields.status, { id: "10077", name: status, statusCategory: { ...message.issue.fields.status.statusCategory, key } });
  message.issue.fields.resolution = key === "done" ? { id: "10000", name: "Done" } : null;
  message.issue.fields[field] = to && { id: to, name: toString };
  message.changelog = { id: "10772", items: [{ field, fieldtype: "jira", fieldId: field, from, fromString, to, toString }] };
  return message;
}

test("another kind is asked about, with the status as it is, and taken back", async (t) => {
  for (const [name, status, key] of [["Task", "In Progress", "indeterminate"], ["Leaver", "In Progress", "indeterminate"], ["Task", "Done", "done"]]) {
    const jira = await site({ status: "10077", issuetype: "10099" });
    const send = await between(t, jira);
    assert.deepEqual(await send(edit("issuetype", ["10012", "New hire"], ["10099", name], status, key)), [200, "taken back"]);
    assert.equal(jira.issuetype, "10012");
    assert.equal(jira.status, "10077");
    assert.match(jira.comments[0].body, /^Handoff [^]*\nIt is as it was before\.$/);
  }
  const handoff = await pretend(() => ({ body: '{"decision":"allow","findings":[]}' }));
  t.after(handoff.stop);
  const send = await between(t, await site(), { handoff: handoff.url });
  assert.deepEqual(await send(edit("issuetype", ["10012", "New hire"], ["10099", "Task"])), [200, "allowed"]);
  const [before, after] = ["before", "after"].map((when) => JSON.parse(handoff.requests[0].body)[when][0].fields);
  assert.deepEqual([before.issuetype.name, after.issuetype.name], ["New hire", "Task"]);
  assert.deepEqual(before.status, after.status);
});

test("another kind and another status go back together", async (t) => {
  const message = move("In Progress", "Done", "done");
  message.issue.fields.issuetype = { id: "10099", name: "Task" };
  message.changelog.items.push(...edit("issuetype", ["10012", "New hire"], ["10099", "Task"]).changelog.items);
  for (const [editable, said, label] of [[true, "taken back", []], [false, "held", ["handoff-refused"]]]) {
    const jira = await site({ status: "10077", issuetype: "10099", editable });
    assert.deepEqual(await (await between(t, jira))(message), [200, said]);
    assert.deepEqual([jira.status, jira.issuetype, jira.labels], ["3", editable ? "10012" : "10099", label]);
  }
});

test("an issue that ends otherwise by its resolution alone is asked about", async (t) => {
  const message = edit("resolution", ["10000", "Done"], ["10001", "Won't Do"], "Done", "done");
  const jira = await site({ status: "10077", resolution: "10001" });
  assert.deepEqual(await (await between(t, jira))(message), [200, "taken back"]);
  assert.equal(jira.resolution, "10000");
  assert.match(jira.comments[0].body, /^Handoff does not allow this change:/);
  // Where it is not on the screen, Jira lets nobody set it.
  const stiff = await site({ status: "10077", resolution: "10001", editable: false });
  assert.deepEqual(await (await between(t, stiff))(message), [200, "held"]);
  assert.deepEqual(stiff.labels, ["handoff-refused"]);
  assert.match(stiff.comments[0].body, /Jira does not let it be taken back: it has the label handoff-refused/);
  const since = await site({ status: "10077", resolution: "10002" });
  assert.deepEqual(await (await between(t, since))(message), [200, "changed since"]);
});

test("a resolution of an open issue does not stand, and may be taken away", async (t) => {
  const jira = await site({ status: "10077" });
  const send = await between(t, jira);
  assert.deepEqual(await send(edit("resolution", [null, null], ["10000", "Done"])), [200, "taken back"]);
  assert.equal(jira.resolution, null);
  assert.deepEqual(await send(edit("resolution", ["10000", "Done"], [null, null])), [200, "nothing to ask"]);
});

test("an issue that is over as soon as it is there is asked about, and marked", async (t) => {
  const created = (message) => {
    message.webhookEvent = "jira:issue_created";
    delete message.changelog;
    return message;
  };
  const jira = await site();
  const send = await between(t, jira);
  assert.deepEqual(await send(created(webhook())), [200, "held"]);
  assert.deepEqual([jira.status, jira.labels], ["10002", ["handoff-refused"]]);
  assert.match(jira.comments[0].body, /^Handoff does not allow this change:[^]*\nIt was created in this status: it has the label/);
  assert.deepEqual(await send(created(webhook())), [409, "dealt with before"]);
  assert.deepEqual(await send(created(move("", "Waiting for support"))), [200, "nothing to ask"]);
  const handoff = await pretend(() => ({ body: '{"decision":"allow","findings":[]}' }));
  t.after(handoff.stop);
  assert.deepEqual(await (await between(t, await site(), { handoff: handoff.url }))(created(webhook())), [200, "allowed"]);
  assert.equal(JSON.parse(handoff.requests[0].body).before, null);
});

test("where nothing is asked, a move alone passes, and nothing that changes with it", async (t) => {
  const handoff = await pretend(() => ({ status: 422, body: '{"type":"urn:handoff:problem:nothing-asked","detail":"no item changes"}' }));
  t.after(handoff.stop);
  const both = move("Waiting for support", "Waiting for customer");
  both.changelog.items.push({ field: "resolution", fieldId: "resolution", from: "10000", fromString: "Done", to: null, toString: null });
  for (const [message, said] of [
    [move("Waiting for support", "Waiting for customer"), "allowed"],
    [both, "taken back"],
    [edit("issuetype", ["10012", "New hire"], ["10099", "Task"]), "taken back"],
    [edit("resolution", ["10000", "Done"], ["10003", "Fixed"], "Done", "done"), "taken back"],
  ]) {
    const { issuetype, resolution } = message.issue.fields;
    const jira = await site({ status: "10077", issuetype: issuetype.id, resolution: resolution && resolution.id });
    assert.deepEqual(await (await between(t, jira, { handoff: handoff.url }))(message), [200, said]);
  }
});

test("only what the mapping reads is sent", async (t) => {
  const handoff = await pretend(() => ({ body: '{"decision":"allow","findings":[]}' }));
  t.after(handoff.stop);
  const jira = await site();
  const note = { objectTypeAttributeId: "9", objectTypeAttribute: { name: "Note" }, objectAttributeValues: [{ value: "private" }] };
  jira.device.attributes.push(note);
  const message = webhook();
  Object.assign(message.issue.fields, {
    ...{ description: "private", summary: "private", environment: "private", comment: { comments: [{ body: "private" }] } },
    ...{ worklog: { worklogs: [{ comment: "private" }] }, attachment: [{ filename: "private" }], customfield_10099: "private" },
    subtasks: [{ key: "ITSM-232", fields: { summary: "private", status: { name: "Done", statusCategory: { key: "done" } } } }],
    issuelinks: [{ type: { name: "Blocks" }, outwardIssue: { key: "ITSM-9", fields: { summary: "private" } } }],
  });
  await (await between(t, jira, { handoff: handoff.url }))(message);
  const { body } = handoff.requests[0];
  assert.doesNotMatch(body, /private|avatar|timeZone/);
  const [issue, object, person] = JSON.parse(body).after;
  assert.deepEqual(issue.fields.subtasks, [{ key: "ITSM-232", fields: { status: { name: "Done", statusCategory: { key: "done" } } } }]);
  assert.deepEqual(issue.fields.issuelinks, [{ type: { name: "Blocks" }, outwardIssue: { key: "ITSM-9" } }]);
  assert.deepEqual(object.attributes.map(({ objectTypeAttribute }) => objectTypeAttribute.name), ["Serial Number", "Status", "Owner"]);
  assert.deepEqual(person, { accountId: NADIA, emailAddress: "ngarcia@example.org", displayName: "Nadia Garcia" });
  // What the tables name besides is named in the settings.
  const settings = { handoff: handoff.url, fields: ["customfield_10099"], attributes: ["Note"] };
  message.changelog.id = "10773";
  await (await between(t, await site(), settings))(message);
  assert.equal(JSON.parse(handoff.requests[1].body).after[0].fields.customfield_10099, "private");
});

test("where no way leads back the issue is marked", async (t) => {
  const jira = await site({ transitions: [["31", "10009", "Reopened"]] });
  const send = await between(t, jira);
  assert.deepEqual(await send(webhook()), [200, "held"]);
  assert.deepEqual(jira.labels, ["handoff-refused"]);
  assert.match(jira.comments[0].body, /No transition leads back to In Progress/);
});

test("without a verdict the change does not stand", async (t) => {
  const answers = [
    [503, '{"title":"too much","detail":"come again"}'],
    [503, '{"decision":"allow"}'],
    [200, "<html>Sign in</html>"],
    [200, '{"decision":"allow",'],
    [200, "null"],
    [200, "{}"],
    [200, '{"decisions":[]}'],
    [200, '{"decisions":[{"decision":"allow"},{}]}'],
    [200, '{"decision":"deny"}'],
  ];
  let answer;
  const broken = await pretend(() => ({ status: answer[0], body: answer[1] }));
  t.after(broken.stop);
  for (answer of answers) {
    const jira = await site();
    const send = await between(t, jira, { handoff: broken.url });
    assert.deepEqual(await send(webhook()), [200, "taken back"], answer[1]);
    assert.match(jira.comments[0].body, /^Handoff gave no verdict/);
  }
  const jira = await site();
  const send = await between(t, jira, { handoff: await nowhere() });
  assert.deepEqual(await send(webhook()), [200, "taken back"]);
  assert.match(jira.comments[0].body, /^Handoff gave no verdict, so this change does not stand: .*ECONNREFUSED/);
  assert.equal(jira.status, "3");
});

test("a server that takes too long gives no verdict", async (t) => {
  const slow = await pretend(() => new Promise(() => {}));
  t.after(slow.stop);
  const jira = await site();
  const send = await between(t, jira, { handoff: slow.url, timeout: 300 });
  assert.deepEqual(await send(webhook()), [200, "taken back"]);
});

test("what Jira does not take it sends again, and then it is dealt with", async (t) => {
  const jira = await site();
  const send = await between(t, jira);
  jira.broken = true;
  const said = t.mock.method(console, "error", () => {});
  assert.equal((await send(webhook()))[0], 502);
  assert.equal(said.mock.callCount(), 1);
  jira.broken = false;
  assert.deepEqual(await send(webhook()), [200, "taken back"]);
});

test("markup in a finding is text", async (t) => {
  const finding = { severity: "block", item: "asset:[~accountid:1]", message: "see !http://example.org/x.png! {color:red}", remedy: null, responsible: [] };
  const handoff = await pretend(() => ({ body: JSON.stringify({ decision: "deny", findings: [finding] }) }));
  t.after(handoff.stop);
  const jira = await site();
  const send = await between(t, jira, { handoff: handoff.url });
  await send(webhook());
  assert.ok(jira.comments[0].body.includes("asset:\\[~accountid:1\\]: see \\!http://example.org/x.png\\! \\{color:red\\}"), jira.comments[0].body);
});

test("Jira may also ask Handoff itself: signed, and each message once", async () => {
  const send = async (signed, body = JSON.stringify(webhook())) => {
    const headers = { "content-type": "application/json", "x-hub-signature": signed(body) };
    const response = await fetch(`${server.url}/v1/hooks/jira`, { method: "POST", headers, body });
    return [response.status, await response.json()];
  };
  const [status, answer] = await send((body) => signature(server.secret, body));
  assert.equal(status, 200, JSON.stringify(answer));
  assert.equal(answer.decision, "deny");
  assert.deepEqual((await send((body) => signature(server.secret, body)))[0], 409);
  assert.deepEqual((await send((body) => signature("another secret", body)))[0], 401);
  assert.deepEqual((await send(() => ""))[0], 401);
});
