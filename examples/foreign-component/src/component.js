// The exports of the world `plugin`. What a function throws is the `err` of its result: a list of problems.

import { ask } from "./ask.js";
import { decide, next } from "./decide.js";
import { Facts } from "./facts.js";
import { Policy } from "./policy.js";

export const decisions = {
  Policy,
  Facts,
  decide,
  next,
  ask,
  askOnce: (policy, facts, question) => ask(policy, Facts.parse(facts), question),
};
