// Every case of the conformance suite is answered byte for byte as by the native core. HANDOFF_CASES names the file that
// `cargo run --release --example cases` writes.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import test from "node:test";
import { Handoff, HandoffError } from "../handoff.js";

/** Instances only grow, so they don't live longer than some policies. */
const KEPT = 20;

/** @type {Map<string, Handoff>} */
const policies = new Map();

/** @param {string} document */
function load(document) {
  const known = policies.get(document);
  if (known) return known;
  if (policies.size === KEPT) policies.clear();
  const handoff = new Handoff(document);
  policies.set(document, handoff);
  return handoff;
}

/**
 * What a case asks, as `tests/examples/cases.rs` writes it.
 * @param {{policy: string, old: string | null, facts: string, other: string | null, question: string, warnings: boolean}} texts
 */
function answer({ policy, old, facts, other, question, warnings }) {
  try {
    const handoff = load(policy);
    if (warnings) return { warnings: handoff.warnings() };
    if (old !== null) return { laxer: handoff.laxer(old) };
    return { answer: handoff.askText(facts, question), other: other === null ? null : handoff.askText(other, question) };
  } catch (error) {
    if (error instanceof HandoffError && error.problems.length > 0) return { problems: error.problems };
    throw error;
  }
}

test("every conformance case", async (t) => {
  const path = process.env.HANDOFF_CASES;
  assert.ok(path, "HANDOFF_CASES names no file: cargo run --release --example cases > FILE");
  const lines = createInterface({ input: createReadStream(path) });
  let cases = 0;
  for await (const line of lines) {
    const { name, got, ...texts } = JSON.parse(line);
    // By way of JSON, where none is no key.
    assert.deepEqual(JSON.parse(JSON.stringify(answer(texts))), got, name);
    cases += 1;
  }
  assert.ok(cases > 1000, `only ${cases} cases`);
  t.diagnostic(`${cases} cases`);
});
