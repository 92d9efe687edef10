// One step is allowed: a device in the workshop may be released. Everything else is denied, with every reason.

import { deny, record } from "./finding.js";
import { pointer } from "./json.js";
import { calibration, certificate } from "./release.js";

const STATES = ["workshop", "released"];

/** Decides each question by itself; an item that is asked about twice takes no step. */
export function decide(policy, facts, context, questions) {
  const named = questions.map(({ item }) => JSON.stringify(item));
  return questions.map((question, index) => {
    const isTwice = named.indexOf(named[index]) !== named.lastIndexOf(named[index]);
    return decideOne(policy, facts, context, question, isTwice);
  });
}

/** Every legal next state with its decision, or why none can be told. */
export function next(policy, facts, context, item) {
  const why = { policy, item, findings: [] };
  const device = find(why, facts);
  const options = ways(device).map((to) => [to, decideOne(policy, facts, context, { item, step: { tag: "transition", val: to } }, false)]);
  return { options, findings: why.findings };
}

function decideOne(policy, facts, { at, actor }, { item, step, ticket }, isTwice) {
  const gate = { policy, item, findings: [] };
  const device = find(gate, facts);
  const to = step.tag === "reclassify" ? step.val.state : (step.val ?? null);
  let until = null;
  if (device && isLegal(gate, device, step, to)) {
    certificate(gate, device);
    until = calibration(gate, device, at);
  }
  if (ticket != null) {
    const message = "this desk knows no tickets";
    deny(gate, "ticket-unfit", { path: `/tickets/${pointer(ticket)}`, found: ticket, message, remedy: "name none" });
  }
  const ready = gate.findings.length === 0;
  const who = { policy, item, findings: [] };
  const permitted = isPermitted(who, actor);
  if (isTwice) deny(who, "batch-conflict", { message: "the same item is asked about twice", remedy: "ask again without the others" });
  const findings = [...gate.findings, ...who.findings];
  const isAllowed = findings.length === 0;
  return {
    verdict: isAllowed ? "allow" : "deny",
    to,
    ready,
    permitted,
    findings,
    waivers: [],
    accountable: ways(device).length > 0 ? policy.accountable : null,
    inform: [],
    next: ways(device),
    writtenOff: [],
    validUntil: isAllowed ? until : null,
    recordVersion: device?.version ?? null,
  };
}

/** The device, where there is exactly one of this id and the desk is for it. */
function find(why, facts) {
  const { item } = why;
  const records = item.tag === "asset" ? facts.assets.filter(({ id }) => id === item.val) : [];
  const [device] = records;
  const no = (code, expected, key, message, remedy) => {
    const place = device && key ? { path: `${record(device)}/${key}` } : {};
    deny(why, code, { ...place, expected, found: device?.[key] ?? "not recorded", message, remedy });
    return null;
  };
  if (!device) return no("unknown-item", null, null, "the facts hold no such device", "check the id, and pass the device's record");
  if (records.length > 1) return no("duplicate-item", "one record", "id", "several records have this id", "merge the records");
  if (device.kind !== "medical-device") {
    return no("unknown-kind", "medical-device", "kind", "this desk is for medical devices", "ask the desk that is for it");
  }
  if (!STATES.includes(device.state)) {
    return no("unknown-state", STATES.join(" or "), "state", "its state is none of this desk", "record its state");
  }
  return device;
}

const ways = (device) => (device?.state === "workshop" ? ["released"] : []);

function isLegal(gate, device, { tag, val }, to) {
  const no = (code, expected, found, message) => {
    deny(gate, code, { path: `${record(device)}/state`, expected, found, message, remedy: "ask for one of the legal next steps" });
    return false;
  };
  if (tag === "reclassify") return no("kind-change-not-allowed", "no other kind", val.kind, "a medical device stays one");
  if (tag === "closure") return no("not-a-closing-state", null, to, "a device does not close");
  if (!STATES.includes(to)) return no("unknown-target", "released", to, `this desk knows no state \`${to}\``);
  if (!ways(device).includes(to)) {
    return no("no-such-transition", "workshop -> released", device.state, `no way leads from \`${device.state}\` to \`${to}\``);
  }
  return true;
}

/** Whether the actor may take the step: a person in a role that the policy names. None where nobody is named. */
function isPermitted(who, actor) {
  const expected = who.policy.entitled.join(" or ");
  if (!actor) {
    deny(who, "actor-missing", { expected, message: "nobody is named who acts", remedy: "say who acts, and in which roles" });
    return null;
  }
  const { id, roles, automation } = actor;
  if (automation) {
    deny(who, "automation-not-allowed", { expected, found: id, message: "software may not release a device", remedy: "let a person act" });
  } else if (!roles.some((role) => who.policy.entitled.includes(role))) {
    const found = `${id} as ${roles.join(", ") || "nobody in particular"}`;
    const remedy = "let somebody in a responsible role act";
    deny(who, "actor-not-responsible", { expected, found, message: `${id} may not release the device`, remedy });
  }
  return who.findings.length === 0;
}
