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
 * @property {number} [timeout] for how many milliseconds an answer may take
 */

/** @param {Settings} settings */
export function bridge(settings) {
  const { secret, handoff, token, jira, account, login, devices, subject, timeout = 10_000 } = settings;
  const assets = settings.assets ?? "https://api.atlassian.com/jsm/assets";
  // Deliveries that are dealt with. Jira sends one again where it got no good answer; what was not dealt with has to pass.
  const done = new Set();

  /** A request to Atlassian; anything but a 2xx is an error. */
  const call = async (method, url, body) => {
    const headers = { authorization: `Basic ${Buffer.from(login).toString("base64")}`, accept: "application/json", "content-type": "application/json" };
    const response = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(timeout) });
    if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${response.status}`);
    const text = await response.text();
    return text ? JSON.parse(text) : null;
  };

  /** How the issue was, and how it is, with what belongs to it: the devices as objects of Assets, and the person. */
  const message = async (webhook) => {
    const fields = { ...webhook.issue.fields };
    const around = [];
    if (Array.isArray(fields[devices])) {
      const objects = await Promise.all(
        fields[devices].map(({ workspaceId, objectId }) =>
          call("GET", `${assets}/workspace/${encodeURIComponent(workspaceId)}/v1/object/${encodeURIComponent(objectId)}`)),
      );
      // The field has numbers; the mapping knows an object by its key.
      fields[devices] = objects.map(({ objectKey }) => objectKey);
      around.push(...objects);
    }
    if (fields[subject]) around.push(fields[subject]);
    const issue = { ...webhook.issue, fields };
    return { before: [{ ...issue, fields: { ...fields, ...was(webhook) } }, ...around], after: [issue, ...around] };
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
      // Two statuses may be one state of the policy. What ends an issue has to be judged all the same.
      const ends = webhook.issue.fields.status.statusCategory.key === "done";
      if (response.status === 422 && answer.type === "urn:handoff:problem:nothing-asked" && !ends) return null;
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

  /** Takes a change back, if it is still the last one: another may have been made since, with a webhook of its own. */
  const takeBack = async (webhook, reasons) => {
    const issue = `${jira}/rest/api/2/issue/${encodeURIComponent(webhook.issue.key)}`;
    const { from, fromString, to } = moved(webhook);
    const { fields } = await call("GET", `${issue}?fields=status`);
    if (fields.status.id !== to) return "changed since";
    const { transitions } = await call("GET", `${issue}/transitions`);
    const back = transitions.find((transition) => transition.to.id === from);
    if (back) await call("POST", `${issue}/transitions`, { transition: { id: back.id } });
    else await call("PUT", issue, { update: { labels: [{ add: "handoff-refused" }] } });
    const end = back ? `It is back in ${fromString}.` : `No transition leads back to ${fromString}: it has the label handoff-refused until somebody moves it.`;
    // Internal: findings are for agents, and not for the customer whose request it is.
    const body = [...reasons, end].map(escape).join("\n");
    await call("POST", `${jira}/rest/servicedeskapi/request/${encodeURIComponent(webhook.issue.key)}/comment`, { body, public: false });
    return back ? "taken back" : "held";
  };

  const receive = async (request, body) => {
    if (request.method !== "POST") return [405, "POST only"];
    if (!isSigned(secret, body, request.headers["x-hub-signature"])) return [401, "the signature is missing or wrong"];
    const webhook = JSON.parse(body);
    if (webhook.webhookEvent !== "jira:issue_updated" || !moved(webhook)) return [200, "nothing to ask"];
    if (webhook.user?.accountId === account) return [200, "my own change"];
    const delivery = `${webhook.issue.id}/${webhook.changelog.id}`;
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

/** The fields that the change moved, as they were. */
function was({ changelog }) {
  const resolution = changelog.items.findLast(({ field }) => field === "resolution");
  return {
    status: { id: moved({ changelog }).from, name: moved({ changelog }).fromString },
    ...(resolution && { resolution: resolution.from && { id: resolution.from, name: resolution.fromString } }),
  };
}

const moved = ({ changelog }) => changelog?.items?.findLast(({ field }) => field === "status");

const line = ({ item, message, remedy, responsible = [] }) =>
  `* ${item ? `${item}: ` : ""}${message}${remedy ? ` - ${remedy}` : ""}${responsible.length ? ` (${responsible.join(" or ")})` : ""}`;

// Markup of Jira: a name in a finding must neither mention nor load anything.
const escape = (text) => text.replace(/[{}[\]!|]/g, "\\$&");
