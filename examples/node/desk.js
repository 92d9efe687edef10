// A desk to try things on: the reference policy, and two tickets of the other examples. A platform has its database here.
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { Handoff } from "./handoff.js";

/** @param {string} path */
const read = (path) => readFile(new URL(`../${path}`, import.meta.url), "utf8");

export const reference = new Handoff(parse(await read("reference-policy/policy.yaml")));

/** @type {Map<string, import("./handoff.js").Facts>} */
const tickets = new Map();
for (const path of ["monday-laptop", "closure-in-order"]) {
  const facts = JSON.parse(await read(`${path}/facts.json`));
  tickets.set(facts.tickets[0].id, facts);
}

/** @type {string[]} */
export const closed = [];

/** @type {import("./server.js").Desk} */
export const desk = {
  async facts(ticket) {
    const facts = tickets.get(ticket);
    if (!facts) throw new Error(`there is no ticket \`${ticket}\``);
    return facts;
  },
  // A login would say who it is; here it is always the same.
  async actor() {
    return { id: "jvogel", roles: ["service-desk-lead"] };
  },
  async commit(decision) {
    closed.push(decision.item);
  },
};
