// What a conformance case gets from the component: no word of it is about browsers, so any JavaScript host can use it.

/** Policies are loaded once for many cases; an instance only grows, so it does not keep them all. */
const KEPT = 20;

export class Door {
  #decisions;
  #policies = new Map();

  /** `decisions` is the interface of that name. */
  constructor(decisions) {
    this.#decisions = decisions;
  }

  /** Does what a case asks, and tells what came out in the form that the case has it in (`tests/examples/cases.rs`). */
  got({ policy, old, facts, other, question, warnings }) {
    try {
      const loaded = this.#load(policy);
      if (warnings) return { warnings: loaded.warnings() };
      if (old !== null) return { laxer: loaded.laxer(this.#load(old)) };
      const ask = (facts) => this.#decisions.askOnce(loaded, facts, question);
      return { answer: ask(facts), other: other === null ? null : ask(other) };
    } catch (error) {
      // jco throws the problems themselves, or wrapped, as it is told to.
      const problems = error?.payload ?? error;
      if (!Array.isArray(problems)) throw error;
      return { problems };
    }
  }

  #load(text) {
    if (!this.#policies.has(text)) {
      if (this.#policies.size >= KEPT) this.#forget();
      this.#policies.set(text, this.#decisions.Policy.load(text));
    }
    return this.#policies.get(text);
  }

  #forget() {
    for (const policy of this.#policies.values()) policy[Symbol.dispose ?? Symbol.for("dispose")]();
    this.#policies.clear();
  }
}

/** Whether two are the same as JSON: byte for byte in texts, whatever the order of keys. In JSON none is no key. */
export const same = (a, b) => ordered(a) === ordered(b);

function ordered(value) {
  const sorted = (_, inner) =>
    inner && typeof inner === "object" && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner;
  return JSON.stringify(value, sorted);
}
