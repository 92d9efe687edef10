// What a platform hangs before its own "close": POST /tickets/ID/close. It takes a server of node:http, or Express, alike.

/**
 * What the platform brings.
 * @typedef {object} Desk
 * @property {(ticket: string) => Promise<import("./handoff.js").Facts>} facts all that is known about a ticket
 * @property {(request: import("node:http").IncomingMessage) => Promise<import("./dist/schema/facts.js").Actor>} actor
 *   who asks, by the platform's own login: never by what the request says of itself
 * @property {(decision: import("./handoff.js").Decision) => Promise<void>} commit closes, on the same `record_version` only
 */

/**
 * @param {import("./handoff.js").Handoff} handoff
 * @param {Desk} desk
 * @returns {import("node:http").RequestListener}
 */
export const closures = (handoff, desk) => async (request, response) => {
  /** @param {number} status @param {object} body */
  const send = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  try {
    const ticket = /^\/tickets\/([^/]+)\/close$/.exec(request.url ?? "")?.[1];
    if (request.method !== "POST" || !ticket) return send(404, { message: "POST /tickets/ID/close" });
    const id = decodeURIComponent(ticket);
    const decision = handoff.close(await desk.facts(id), { item: `ticket:${id}`, actor: await desk.actor(request) });
    if (decision.decision !== "allow") return send(409, decision);
    await desk.commit(decision);
    send(200, decision);
  } catch (error) {
    // No decision is a refusal.
    const { message, problems = [] } = /** @type {import("./handoff.js").HandoffError} */ (error);
    send(500, { message, problems });
  }
};
