// Handoff in Node: a policy that is loaded once, and questions on facts as plain objects.
import { believe } from "./answer.js";
import { start as embedded } from "./component.js";

/** @typedef {import("./dist/schema/answer.js").DecisionAnswer} Decision */
/** @typedef {import("./dist/schema/facts.js").Document} Facts */
/** @typedef {import("./dist/schema/question.js").Ask} Question */
/** @typedef {import("./dist/schema/policy.js").Policy} Policy */
/** @typedef {import("./dist/interfaces/handoff-gates-types.js").Problem} Problem */
/** @typedef {import("./component.js").Component} Component */
/** @typedef {{component: Component, policy: import("./dist/interfaces/handoff-gates-decisions.js").Policy}} Running */
/**
 * The keys of a question, without the one that says which question it is.
 * @template {Question["ask"]} Ask
 * @typedef {Omit<Extract<Question, {ask: Ask}>, "ask">} Of
 */

/** Why there is no decision. It is a refusal: callers proceed on `"decision": "allow"` only. */
export class HandoffError extends Error {
  name = "HandoffError";

  /**
   * @param {string} message
   * @param {Problem[]} problems what is wrong with the policy, the facts or the question; empty where the component failed
   * @param {unknown} [cause]
   */
  constructor(message, problems = [], cause) {
    super(message, { cause });
    this.problems = problems;
  }
}

/** One policy, and a component that decides by it. */
export class Handoff {
  #start;
  #document;
  /** @type {Running | undefined} */
  #running;

  /**
   * @param {Policy | string} policy the policy, as an object or as JSON text
   * @param {() => Component} start what starts a component; by default Handoff's own
   */
  constructor(policy, start = embedded) {
    this.#start = start;
    this.#document = text("policy", policy);
    this.#call(() => {});
  }

  /** What is doubtful in the policy. */
  warnings() {
    return this.#call(({ policy }) => policy.warnings());
  }

  /**
   * What became laxer against an older policy.
   * @param {Policy | string} old
   */
  laxer(old) {
    const document = text("policy", old);
    return this.#call(({ component, policy }) => {
      const than = component.Policy.load(document);
      try {
        return policy.laxer(than);
      } finally {
        drop(than);
      }
    });
  }

  /**
   * May this ticket close?
   * @param {Facts | string} facts
   * @param {Of<"closure">} question
   * @returns {Decision}
   */
  close(facts, question = {}) {
    return this.#decide(facts, { ...question, ask: "closure" });
  }

  /**
   * May this item take that step?
   * @param {Facts | string} facts
   * @param {Of<"transition">} question
   * @returns {Decision}
   */
  transition(facts, question) {
    return this.#decide(facts, { ...question, ask: "transition" });
  }

  /**
   * Any question, answered as `docs/schema/answer.json` says.
   * @param {Facts | string} facts
   * @param {Question | string} question
   */
  ask(facts, question) {
    return this.#ask(facts, question).answer;
  }

  /**
   * As `ask`, with the very bytes of the answer, for a log.
   * @param {Facts | string} facts
   * @param {Question | string} question
   */
  askText(facts, question) {
    return this.#ask(facts, question).bytes;
  }

  /** @param {Facts | string} facts @param {Question} question */
  #decide(facts, question) {
    const { answer } = this.#ask(facts, question);
    if (answer.decision === undefined) throw new HandoffError("the component answered another question");
    return answer;
  }

  /** @param {Facts | string} facts @param {Question | string} question */
  #ask(facts, question) {
    const known = text("facts", facts);
    const asked = text("question", question);
    return this.#call(({ component, policy }) => {
      // Both as text: no handle is left for the garbage collector to forget.
      const bytes = component.askOnce(policy, known, asked);
      return { bytes, answer: believe(bytes) };
    });
  }

  /**
   * Every call goes through here. A component that failed is thrown away, and the next call starts a fresh one.
   * @template T
   * @param {(running: Running) => T} call
   */
  #call(call) {
    let running = this.#running;
    this.#running = undefined;
    try {
      running ??= this.#load();
      const result = call(running);
      this.#running = running;
      return result;
    } catch (error) {
      // The `err` of a result is a list of problems; anything else is a failure.
      if (!Array.isArray(error) || error.length === 0) throw new HandoffError(`the component failed: ${reason(error)}`, [], error);
      this.#running = running;
      const more = error.length > 1 ? ` (and ${error.length - 1} more)` : "";
      throw new HandoffError(`${error[0]?.message}${more}`, error);
    }
  }

  #load() {
    const component = this.#start();
    return { component, policy: component.Policy.load(this.#document) };
  }
}

/** @param {unknown} error */
const reason = (error) => (error instanceof Error ? error.message : String(error));

/** @param {object} handle */
const drop = (handle) => /** @type {any} */ (handle)[Symbol.dispose ?? Symbol.for("dispose")]();

/**
 * A document as JSON text.
 * @param {string} what
 * @param {object | string} document
 */
function text(what, document) {
  if (typeof document === "string") return document;
  try {
    return JSON.stringify(document, faithful);
  } catch (error) {
    throw new HandoffError(`the ${what} can't be written as JSON: ${reason(error)}`, [], error);
  }
}

/**
 * `null` says that there is none, so nothing else may become it: `JSON.stringify` would write NaN as `null`.
 * @this {any}
 * @param {string} key
 * @param {unknown} value
 */
function faithful(key, value) {
  const lost = this[key] === null ? false : value === null || (typeof value === "number" && !Number.isFinite(value));
  if (lost || (value === undefined && Array.isArray(this))) throw new TypeError(`\`${key}\` is no value of JSON`);
  return value;
}
