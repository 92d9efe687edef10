// From texts to an answer: reads policy and facts, asks the component, and finds the places of what it tells.

import { lineOf, placeAt, placeOf } from "./place.js";
import { read } from "./read.js";
import { check } from "./trust.js";

export class Evaluator {
  #decisions;
  /** The policy that was read last: it is costly, and seldom changes. */
  #policy = {};

  constructor(decisions) {
    this.#decisions = decisions;
  }

  /** What came of a question: problems, or an answer, and what there is to ask about. */
  evaluate({ policy, facts, question, about }) {
    const read = this.#load(policy);
    const known = this.#facts(facts);
    const outcome = {
      problems: [...read.problems, ...known.problems],
      policy: read.description,
      rows: known.rows,
    };
    if (!read.loaded || known.json === undefined) return outcome;
    const ask = (question) => this.#ask(read, known, question);
    const answered = ask(question);
    outcome.problems.push(...(answered.problems ?? []));
    outcome.answer = answered.answer;
    outcome.places = answered.answer ? places(answered.answer, read, known) : {};
    // The picture shows what may come next, whatever is asked.
    if (about) outcome.next = ask({ ask: "next", item: about, at: question.at, actor: question.actor }).answer;
    return outcome;
  }

  #load(text) {
    if (this.#policy.text === text) return this.#policy;
    this.#policy.loaded?.[Symbol.dispose ?? Symbol.for("dispose")]();
    const document = { text, name: "policy", ...read(text) };
    const problems = document.faults.map((fault) => syntax(fault, document));
    this.#policy = { ...document, problems };
    if (problems.length) return this.#policy;
    const { value: loaded, problems: told } = attempt(() => this.#decisions.Policy.load(document.json));
    const warnings = loaded?.warnings() ?? [];
    const description = loaded && JSON.parse(loaded.describe());
    Object.assign(this.#policy, { loaded, description, problems: (told ?? warnings).map((problem) => located(problem, document)) });
    return this.#policy;
  }

  #facts(text) {
    const document = { text, name: "facts", ...read(text, { empty: "refused" }) };
    return { ...document, rows: rows(document.json), problems: document.faults.map((fault) => syntax(fault, document)) };
  }

  #ask({ loaded }, facts, question) {
    // The call that leaves no handle behind: nothing has to be given back.
    const { value, problems } = attempt(() => this.#decisions.askOnce(loaded, facts.json, JSON.stringify(question)));
    if (problems) return { problems: problems.map((problem) => (isOfQuestion(problem) ? { ...problem, document: "question" } : located(problem, facts))) };
    const answer = JSON.parse(value);
    check(answer);
    return { answer };
  }
}

/** What an error of the component holds; anything else is a trap, and goes on. */
function attempt(call) {
  try {
    return { value: call() };
  } catch (error) {
    if (!Array.isArray(error?.payload)) throw error;
    return { problems: error.payload };
  }
}

/** The door tells problems of the facts and of the question alike; their codes tell them apart. */
const isOfQuestion = ({ code }) => !code.startsWith("facts-");

function syntax({ from, to, message, help }, { name, text }) {
  return { document: name, code: `${name}-syntax`, warning: false, path: "", message, help, place: { from, to, ...lineOf(text, { from }) } };
}

function located({ position, ...problem }, { name, text, tree }) {
  const aboutKey = problem.message.startsWith("unknown key");
  const place = position && isPlain(text) ? placeAt(text, position) : placeOf(tree, problem.path, { key: aboutKey });
  return { document: name, ...problem, place: place && { ...place, ...lineOf(text, place) } };
}

/** Whether a text went to the component as it stands: only then its positions are those of the text. */
const isPlain = (text) => /^\s*[{[]/.test(text);

/** The places of all that an answer speaks of: paths in the facts, requirements and procedures in the policy. */
function places(answer, policy, facts) {
  const found = {};
  const put = (key, name, { text, tree }, pointer, exact) => {
    if (found[key]) return;
    const place = placeOf(tree, pointer);
    if (place && !(exact && place.from === tree.from)) found[key] = { document: name, ...place, ...lineOf(text, place) };
  };
  walk(answer, ({ path, requirement, sop }) => {
    if (typeof path === "string") put(path, "facts", facts, path);
    for (const [section, name] of [["requirements", requirement], ["sops", sop?.split?.("#")[0]]]) {
      if (typeof name === "string") put(`${section}:${name}`, "policy", policy, `/${section}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, true);
    }
  });
  return found;
}

function walk(value, visit) {
  if (value === null || typeof value !== "object") return;
  if (!Array.isArray(value)) visit(value);
  Object.values(value).forEach((inner) => walk(inner, visit));
}

/** What there is to ask about, for the form. */
function rows(json) {
  let facts;
  try {
    facts = JSON.parse(json);
  } catch {
    return undefined;
  }
  const list = (value) => (Array.isArray(value) ? value.filter((row) => typeof row?.id === "string") : []);
  const short = ({ id, kind, state, title, name, subject, status }) => ({ id, kind, state, title, name, subject, status });
  return {
    at: facts?.at,
    actor: facts?.actor,
    assets: list(facts?.assets).map(short),
    tickets: list(facts?.tickets).map((ticket) => ({ ...short(ticket), tasks: list(ticket.tasks).map(short) })),
    people: list(facts?.people).map(short),
  };
}
