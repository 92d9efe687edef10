// The text door: questions and answers as `docs/schema` has them, over the same decisions.

import { decide, next } from "./decide.js";
import { ACTOR } from "./facts.js";
import { list, object, problem, read, shape, text, time } from "./json.js";
import { milliseconds, written } from "./time.js";

const ITEM = /^(?:(asset|ticket):(.+)|task:(.+)\/([^/]+))$/;

const item = shape("an item: asset:ID, ticket:ID or task:TICKET/TASK", (value) => typeof value === "string" && ITEM.test(value));
const terms = { ask: text, at: time, actor: ACTOR };
const step = { item, to: text, kind: text, ticket: text };

/** Each question that this component answers, with its shape. */
const QUESTIONS = {
  transition: object({ ...terms, ...step }, ["item", "to"]),
  closure: object({ ...terms, item, to: text }),
  next: object({ ...terms, item }),
  decide: object({ ...terms, questions: list(object(step, ["item"])) }, ["questions"]),
  digest: object({ ask: text }),
};

const KNOWN = (value, path, tell) => {
  const of = Object.hasOwn(QUESTIONS, value?.ask) ? QUESTIONS[value.ask] : null;
  if (of) of(value, path, tell);
  else tell("/ask", `this component does not answer \`${value?.ask}\``, `one of ${Object.keys(QUESTIONS).join(", ")}`);
};

export function ask(policy, facts, document) {
  const question = read(document, "question", KNOWN);
  if (question.ask === "digest") return JSON.stringify({ facts: facts.digest(), policy: nameOf(policy) });
  const context = contextOf(question, facts);
  const told = (question, decision) => decisionAnswer(policy, question, context, decision);
  const judged = (questions) => {
    const asked = questions.map(questionOf);
    return decide(policy, facts, context, asked).map((decision, index) => told(asked[index], decision));
  };
  switch (question.ask) {
    case "transition":
      return JSON.stringify(judged([question])[0]);
    case "closure": {
      if (question.item == null) {
        throw [problem("item-missing", "/item", "the question names no ticket, and the facts hold 0", "this desk knows devices only")];
      }
      const closure = { item: itemOf(question.item), step: { tag: "closure", val: question.to ?? null }, ticket: null };
      return JSON.stringify(told(closure, decide(policy, facts, context, [closure])[0]));
    }
    case "next": {
      const items = question.item == null ? [...new Set(facts.assets.map(({ id }) => `asset:${id}`))].sort() : [question.item];
      return JSON.stringify({ items: items.map((name) => nextAnswer(policy, facts, context, itemOf(name), told)) });
    }
    case "decide":
      return JSON.stringify({ decisions: judged(question.questions) });
  }
}

/** Time and actor: of the question, else of the facts. */
function contextOf(question, facts) {
  const at = question.at ?? facts.at;
  if (at == null) {
    const help = "pass `at`, such as `2026-01-05T09:00:00+01:00`";
    throw [problem("time-missing", "/at", "neither the question nor the facts say at what time to decide", help)];
  }
  const actor = question.actor ?? facts.actor;
  return { at: milliseconds(at), actor: actor && { roles: [], automation: false, ...actor } };
}

function questionOf({ item, to = null, kind = null, ticket = null }) {
  const step = kind === null ? { tag: "transition", val: to } : { tag: "reclassify", val: { kind, state: to } };
  return { item: itemOf(item), step, ticket };
}

function itemOf(name) {
  const [, tag, id, ticket, task] = ITEM.exec(name);
  return tag ? { tag, val: id } : { tag: "task", val: { ticket, task } };
}

const nameOfItem = ({ tag, val }) => (tag === "task" ? `task:${val.ticket}/${val.task}` : `${tag}:${val}`);

const nameOf = ({ name, version, digest }) => ({ name, version, digest });

function nextAnswer(policy, facts, context, item, told) {
  const { options, findings } = next(policy, facts, context, item);
  const state = facts.assets.find(({ id }) => item.tag === "asset" && id === item.val)?.state ?? null;
  const answers = options.map(([, decision]) => told({ item }, decision));
  return { item: nameOfItem(item), state, options: answers, findings: findings.map(findingAnswer) };
}

const findingAnswer = ({ code, severity, followUp, requirement, item, ...rest }) => ({
  code, severity, follow_up: followUp, requirement, item: nameOfItem(item), ...rest,
});

function decisionAnswer(policy, { item }, { at }, decision) {
  const { verdict, to, ready, permitted, findings, accountable, inform, validUntil, recordVersion } = decision;
  return {
    decision: verdict,
    by_exception: false,
    item: nameOfItem(item),
    to,
    at: written(at),
    ready,
    permitted,
    findings: findings.map(findingAnswer),
    waivers: [],
    accountable,
    inform,
    next: decision.next,
    written_off: [],
    valid_until: validUntil === null ? null : written(validUntil),
    record_version: recordVersion,
    policy: nameOf(policy),
  };
}
