// As much of Jira as the bridge asks: an issue, its transitions, comments, and objects of Assets.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { pretend } from "../testing/serve.js";

const read = (name) => JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), "utf8"));

export const webhook = () => read("issue-updated-done");
export const device = () => read("object-412");

export const signature = (secret, body) => `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

/** A site whose issue is where the webhook says. `device` may be changed, and `broken` makes it answer 500. */
export async function site({ transitions = [["21", "3", "In Progress"]], status = "10002", issuetype = "10012", resolution = "10000", editable = true } = {}) {
  const state = { status, issuetype, resolution, editable, comments: [], labels: [], device: device(), broken: false };
  const server = await pretend(({ method, url, headers }, body) => {
    const json = (value, status = 200) => ({ status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) });
    if (headers.authorization !== `Basic ${Buffer.from("handoff@example.org:secret").toString("base64")}`) return json({}, 401);
    if (state.broken) return json({ errorMessages: ["Internal server error"] }, 500);
    const { update, fields, transition, ...comment } = body ? JSON.parse(body) : {};
    switch (`${method} ${url}`) {
      case "GET /assets/workspace/5f0c5b7e-6a43-4f3c-8f1e-0a5e0f2d7c11/v1/object/412":
        return json(state.device);
      case "GET /rest/api/2/issue/ITSM-231?fields=status,issuetype,resolution":
        return json({
          key: "ITSM-231",
          fields: { status: { id: state.status }, issuetype: { id: state.issuetype }, resolution: state.resolution && { id: state.resolution } },
        });
      case "GET /rest/api/2/issue/ITSM-231/transitions":
        return json({ transitions: transitions.map(([id, to, name]) => ({ id, name: `Back to ${name}`, to: { id: to, name } })) });
      case "POST /rest/api/2/issue/ITSM-231/transitions":
        state.status = transitions.find(([id]) => id === transition.id)[1];
        return { status: 204 };
      case "PUT /rest/api/2/issue/ITSM-231":
        if (fields && !state.editable) return json({ errors: { resolution: "Field 'resolution' cannot be set. It is not on the appropriate screen." } }, 400);
        for (const [name, value] of Object.entries(fields ?? {})) state[name] = value && value.id;
        if (update) state.labels.push(...update.labels.map(({ add }) => add));
        return { status: 204 };
      case "POST /rest/servicedeskapi/request/ITSM-231/comment":
        state.comments.push(comment);
        return json({ id: "1" }, 201);
      default:
        return json({ errorMessages: [`no ${method} ${url}`] }, 404);
    }
  });
  return Object.assign(state, server);
}
