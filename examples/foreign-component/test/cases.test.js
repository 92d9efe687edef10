// The cases, on the sources as they are: quick, and in the debugger. `handoff conform` runs the same ones on the built component.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { parse } from "yaml";
import { decisions } from "../src/component.js";

const folder = new URL("../cases/", import.meta.url);

/** What came out, as the cases have it. */
function answer({ policy_text, facts_text, ask, expect }) {
  try {
    const policy = decisions.Policy.load(policy_text);
    if (expect.warnings) return { warnings: policy.warnings() };
    const told = JSON.parse(decisions.askOnce(policy, facts_text, JSON.stringify(ask)));
    if (!expect.options) return told;
    const [{ options }] = told.items;
    return { options: Object.fromEntries(options.map(({ to, decision }) => [to, decision])) };
  } catch (problems) {
    if (!Array.isArray(problems)) throw problems;
    return { problems };
  }
}

/** What of an answer a case names; of a list every entry, in any order. */
function named(got, wanted) {
  if (Array.isArray(wanted) && Array.isArray(got)) {
    const left = [...got];
    const taken = wanted.map((one) => {
      const at = left.findIndex((other) => JSON.stringify(named(other, one)) === JSON.stringify(one));
      return at < 0 ? undefined : named(left.splice(at, 1)[0], one);
    });
    return left.length > 0 ? [...taken, ...left] : taken;
  }
  if (wanted === null || typeof wanted !== "object" || got === null || typeof got !== "object") return got;
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, named(got[key], wanted[key])]));
}

for (const name of readdirSync(folder)) {
  const { title, expect, ...texts } = parse(readFileSync(new URL(name, folder), "utf8"));
  test(title, () => assert.deepEqual(named(answer({ ...texts, expect }), expect), expect));
}
