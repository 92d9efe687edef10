// Jira tells of a change after it was made. So the webhook comes here, Handoff is asked, and what is not allowed is taken back: the issue goes
// to the status that it came from, with an internal comment of every finding. No verdict is no allow.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

/**
 * @typedef {object} Settings
 * @property {string} secret the webhook's secret
 * @property {string} handoff where `handoff serve` is
 * @property {string} token a token of it, with the scope `hook`
 * @property {string} jira the site, such as https://example.atlassian.net
 * @property {string} account the account that acts here; what it does itself is not asked about
 * @property {string} login its e-mail address and API token, with a colon between
 * @property {string} [assets] where Jira Assets is
 * @property {string} [devices] the custom field that links the devices
 * @property {string} [subject] the custom field that names the person
 * @property {string[]} [fields] more custom fields that the tables name
 * @property {string[]} [attributes] the attributes of devices that the tables name; without it those of the built-in ones
 * @property {number} [timeout] for how many milliseconds an answer may take
 */

// What is sent of an issue, a person and a device: what the mapping reads. What people write (descriptions, comments, attachments, work logs)
// says nothing of a state, and stays where it is.
const PERSON = { accountId: true, emailAddress: true, displayName: true };
const STATUS = { id: true, name: true, statusCategory: { key: true } };
const LINKED = { key: true };
const ISSUE = {
  ...{ issuetype: { id: true, name: true }, status: STATUS, resolution: { id: true, name: true } },
  ...{ reporter: PERSON, assignee: PERSON, created: true, duedate: true, updated: true },
  ...{ issuelinks: { type: { name: true }, inwardIssue: LINKED, outwardIssue: LINKED }, parent: LINKED },
  subtasks: { key: true, fields: { status: STATUS, resolution: { name: true } } },
};
const ATTRIBUTES = ["Status", "Serial Number", "Asset Tag", "Owner", "Location", "Model"];
const VALUE = { value: true, status: { name: true }, referencedObject: { name: true }, user: { key: true } };
const DEVICE = {
  ...{ id: true, objectKey: true, objectType: { name: true }, timestamp: true },
  attributes: { objectTypeAttributeId: true, objectTypeAttribute: { name: true }, objectAttributeValues: VALUE },
};

/** @param {Settings} settings */
export function bridge(settings) {
  const { secret, handoff, token, jira, account, login, devices, subject, timeout = 10_000, attributes = ATTRIBUTES } = settings;
  const assets = settings.assets ?? "https://api.atlassian.com/jsm/assets";
  // Deliveries that are dealt with. Jira sends one again where it got no good answer; what was not dealt with has to pass.
  const done = new Set();

  /** A request to Atlassian; anything but a 2xx is an error. */
  const call = async (method, url, body) => {
    const headers = { authorization: `Basic ${Buffer.from(login).toString("base64")}`, accept: "application/json", "content-type": "application/json" };
    const response = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(timeout) });
    if (!response.ok) throw Object.assign(new Error(`${method} ${new URL(url).pathname}: ${response.status}`), { status: response.status });
    const text = await response.text();
    return text ? JSON.parse(text) : null;
  };

  /** A device as far as the mapping reads it. */
  const deviceOf = (object) => {
    const known = ({ objectTypeAttribute, objectTypeAttributeId }) => attributes.includes(objectTypeAttribute?.name ?? String(objectTypeAttributeId));
    return pick({ ...object, attributes: object.attributes?.filter(known) }, DEVICE);
  };

  /** How the issue was, and how it is, with what belongs to it: the devices as objects of Assets, and the person. */
  const message = async (webhook) => {
    const all = webhook.issue.fields;
    const fields = pick(all, ISSUE);
    // The house's own: a choice has its value, a person what tells who it is.
    for (const name of [devices, subject, ...(settings.fields ?? [])])
      if (all[name] !== undefined) fields[name] = name === devices ? all[name] : pick(all[name], { ...PERSON, value: true });
    const around = [];
    if (Array.isArray(fields[devices])) {
      const objects = await Promise.all(
        fields[devices].map(({ workspaceId, objectId }) =>
          call("GET", `${assets}/workspace/${encodeURIComponent(workspaceId)}/v1/object/${encodeURIComponent(objectId)}`)),
      );
      // The field has numbers; the mapping knows an object by its key.
      fields[devices] = objects.map(({ objectKey }) => objectKey);
      around.push(...objects.map(deviceOf));
    }
    if (fields[subject]) around.push(fields[subject]);
    const { id, key } = webhook.issue;
    const issue = { id, key, fields };
    // Of what is made there was nothing; it is the first record of `after`.
    const before = isCreated(webhook) ? null : [{ ...issue, fields: { ...fields, ...was(webhook) } }, ...around];
    return { before, after: [issue, ...around] };
  };

  /** Why the change does not stand, as lines; null where it does. */
  const refusal = async (webhook) => {
    try {
      const response = await fetch(`${handoff}/v1/hooks/jira?actor=${encodeURIComponent(webhook.user.accountId)}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(await message(webhook)),
        redirect: "error",
        signal: AbortSignal.timeout(timeout),
      });
      const answer = await response.json();
      // Two statuses may be one state of the policy. What ends an issue has to be judged all the same, and so has another kind or resolution.
      const { status, issuetype, resolution } = changed(webhook);
      const mayBeOne = status && !issuetype && !resolution && !ends(webhook);
      if (response.status === 422 && answer.type === "urn:handoff:problem:nothing-asked" && mayBeOne) return null;
      if (response.status !== 200) throw new Error(`status ${response.status}, ${answer.detail ?? "no reason"}`);
      const decisions = answer.decisions ?? [answer];
      if (!decisions.length || decisions.some(({ decision }) => !["allow", "deny"].includes(decision))) throw new Error("the answer has no decision");
      if (decisions.every(({ decision }) => decision === "allow")) return null;
      const findings = decisions.flatMap(({ findings }) => findings).filter(({ severity }) => severity !== "audit");
      return ["Handoff does not allow this change:", ...findings.map(line)];
    } catch (error) {
      return [`Handoff gave no verdict, so this change does not stand: ${error.cause?.message ?? error.message}`];
    }
  };

  /** Sets fields as they were; false where Jira does not let them be edited so. */
  const restore = async (issue, fields) => {
    try {
      await call("PUT", issue, { fields });
      return true;
    } catch (error) {
      if (error.status !== 400) throw error;
      return false;
    }
  };

  /** Takes a change back, if it is still the last one: another may have been made since, with a webhook of its own. */
  const takeBack = async (webhook, reasons) => {
    const issue = `${jira}/rest/api/2/issue/${encodeURIComponent(webhook.issue.key)}`;
    const { status, issuetype, resolution } = changed(webhook);
    const { fields } = await call("GET", `${issue}?fields=status,issuetype,resolution`);
    const isAsItBecame = (name) => (fields[name]?.id ?? null) === (webhook.issue.fields[name]?.id ?? null);
    // By what weighs most: whoever moves an issue on answers for where it is then, and whoever edits its resolution does not.
    if (!isAsItBecame(isCreated(webhook) || status ? "status" : issuetype ? "issuetype" : "resolution")) return "changed since";
    // The kind first: transitions are those of its workflow. A resolution goes with the status that it was set by.
    const edits = {
      ...(issuetype && isAsItBecame("issuetype") && { issuetype: { id: issuetype.from } }),
      ...(resolution && !status && isAsItBecame("resolution") && { resolution: resolution.from ? { id: resolution.from } : null }),
    };
    let isBack = !isCreated(webhook) && (Object.keys(edits).length === 0 || (await restore(issue, edits)));
    let end = isBack ? "It is as it was before." : "Jira does not let it be taken back";
    if (isCreated(webhook)) end = "It was created in this status";
    if (status) {
      const { transitions } = await call("GET", `${issue}/transitions`);
      const back = transitions.find((transition) => transition.to.id === status.from);
      if (back) await call("POST", `${issue}/transitions`, { transition: { id: back.id } });
      if (isBack || !back) end = back ? `It is back in ${status.fromString}.` : `No transition leads back to ${status.fromString}`;
      isBack &&= Boolean(back);
    }
    if (!isBack) {
      await call("PUT", issue, { update: { labels: [{ add: "handoff-refused" }] } });
      end += ": it has the label handoff-refused until somebody puts it right.";
    }
    // Internal: findings are for agents, and not for the customer whose request it is.
    const body = [...reasons, end].map(escape).join("\n");
    await call("POST", `${jira}/rest/servicedeskapi/request/${encodeURIComponent(webhook.issue.key)}/comment`, { body, public: false });
    return isBack ? "taken back" : "held";
  };

  const receive = async (request, body) => {
    if (request.method !== "POST") return [405, "POST only"];
    if (!isSigned(secret, body, request.headers["x-hub-signature"])) return [401, "the signature is missing or wrong"];
    const webhook = JSON.parse(body);
    if (!isAsked(webhook)) return [200, "nothing to ask"];
    if (webhook.user?.accountId === account) return [200, "my own change"];
    const delivery = `${webhook.issue.id}/${isCreated(webhook) ? "created" : webhook.changelog.id}`;
    if (done.has(delivery)) return [409, "dealt with before"];
    const reasons = await refusal(webhook);
    const became = reasons ? await takeBack(webhook, reasons) : "allowed";
    done.add(delivery);
    if (done.size > 10_000) done.delete(done.values().next().value);
    return [200, became];
  };

  return createServer(async (request, response) => {
    const send = (status, message) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ message }));
    try {
      const body = await whole(request);
      send(...(await receive(request, body)));
    } catch (error) {
      // Jira sends it again on a 5xx.
      console.error(JSON.stringify({ event: "failed", message: error.message }));
      send(502, error.message);
    }
  });
}

/** The body, within what Jira sends. */
async function whole(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > 10_000_000) throw new Error("the body is too large");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function isSigned(secret, body, signature) {
  const wanted = Buffer.from(`sha256=${createHmac("sha256", secret).update(body).digest("hex")}`);
  const given = Buffer.from(signature ?? "");
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** What the shape names of a value, and of all in a list; what is no object stays as it is. */
function pick(value, shape) {
  if (shape === true || value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((one) => pick(one, shape));
  return Object.fromEntries(Object.keys(shape).filter((key) => value[key] !== undefined).map((key) => [key, pick(value[key], shape[key])]));
}

/** What says where an issue stands, and by which workflow, as far as it was changed: each with what it was and what it became. */
function changed({ changelog }) {
  const last = (name) => changelog?.items?.findLast(({ field }) => field === name);
  return { status: last("status"), issuetype: last("issuetype"), resolution: last("resolution") };
}

const isCreated = ({ webhookEvent }) => webhookEvent === "jira:issue_created";
const ends = ({ issue }) => issue.fields.status.statusCategory.key === "done";

/** Whether there is a question: an issue that moves, becomes of another kind, or ends otherwise; a new one only where it is over already. */
function isAsked(webhook) {
  if (isCreated(webhook)) return ends(webhook);
  if (webhook.webhookEvent !== "jira:issue_updated") return false;
  const { status, issuetype, resolution } = changed(webhook);
  // An open issue has no resolution to lose: where one was set by mistake, taking it away must not be taken back.
  const isMended = resolution && !resolution.to && !ends(webhook);
  return Boolean(status || issuetype || (resolution && !isMended));
}

/** The fields that the change moved, as they were; what it did not move is as it is. */
function was(webhook) {
  const before = Object.entries(changed(webhook)).filter(([, item]) => item);
  return Object.fromEntries(before.map(([name, { from, fromString }]) => [name, from ? { id: from, name: fromString } : null]));
}

const line = ({ item, message, remedy, responsible = [] }) =>
  `* ${item ? `${item}: ` : ""}${message}${remedy ? ` - ${remedy}` : ""}${responsible.length ? ` (${responsible.join(" or ")})` : ""}`;

// Markup of Jira: a name in a finding must neither mention nor load anything.
const escape = (text) => text.replace(/[{}[\]!|]/g, "\\$&");
