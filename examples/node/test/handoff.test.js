import assert from "node:assert/strict";
import test from "node:test";
import { desk, reference } from "../desk.js";
import { component, start } from "../component.js";
import { Handoff, HandoffError } from "../handoff.js";

const laptop = await desk.facts("REQ-2041");
const onboarding = await desk.facts("REQ-1987");

/**
 * The error that a call ends with.
 * @param {() => unknown} call
 * @returns {HandoffError}
 */
function refusal(call) {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof HandoffError, String(error));
    return error;
  }
  assert.fail("it was answered");
}

test("decides on facts as objects", () => {
  assert.equal(reference.close(onboarding).decision, "allow");
  const denied = reference.close(laptop, { item: "ticket:REQ-2041" });
  assert.equal(denied.decision, "deny");
  assert.ok(denied.findings.some(({ code, item }) => code === "wrong-state" && item === "asset:LT-4471"));
  assert.equal(reference.transition(laptop, { item: "asset:LT-4471", to: "configured" }).decision, "deny");
  assert.equal(reference.ask(laptop, { ask: "next", item: "asset:LT-4471" }).items.length, 1);
});

test("tells every problem of what it was given, and goes on", () => {
  const { problems } = refusal(() => reference.close(/** @type {any} */ ({ at: "soon", assets: [{ id: 7 }] })));
  assert.deepEqual(problems.map(({ path }) => path), ["/assets/0/id", "/at"]);
  assert.equal(refusal(() => new Handoff("{}")).problems[0]?.code, "policy-format");
  assert.equal(refusal(() => reference.laxer("{}")).problems[0]?.code, "policy-format");
  assert.equal(reference.close(onboarding).decision, "allow");
});

test("what JSON can't say does not become `null`", () => {
  for (const lost of [NaN, Infinity, new Date(NaN), 1n]) {
    const facts = /** @type {any} */ ({ ...onboarding, at: lost });
    assert.match(refusal(() => reference.close(facts)).message, /the facts can't be written as JSON/);
  }
  assert.match(refusal(() => reference.close(/** @type {any} */ ({ assets: [undefined] }))).message, /`0` is no value/);
});

test("a component that traps decides nothing", async () => {
  const hollow = await component(new URL("../dist/hollow/", import.meta.url));
  const { message, problems, cause } = refusal(() => new Handoff("{}", hollow));
  assert.match(message, /the component failed: .*unreachable/);
  assert.deepEqual(problems, []);
  assert.ok(cause instanceof WebAssembly.RuntimeError);
});

test("after a trap a fresh instance answers", () => {
  let started = 0;
  const handoff = new Handoff({ format: 1, name: "x", version: "1" }, () => {
    started += 1;
    const { Policy, ...component } = start();
    const askOnce = () => {
      throw new WebAssembly.RuntimeError("unreachable");
    };
    return /** @type {any} */ ({ Policy, ...component, ...(started === 1 && { askOnce }) });
  });
  const ask = () => handoff.askText({}, { ask: "digest" });
  assert.deepEqual(refusal(ask).problems, []);
  assert.match(ask(), /"facts":/);
  assert.match(ask(), /"facts":/);
  assert.equal(started, 2);
});

test("an answer that contradicts itself is not believed", () => {
  const block = { code: "wrong-state", severity: "block", requirement: "returned", item: "asset:LT-1" };
  const waiver = { requirement: "returned", item: "asset:LT-1" };
  const allow = { decision: "allow", permitted: true, by_exception: false, findings: /** @type {object[]} */ ([]), waivers: [] };
  /** @param {unknown} answer */
  const told = (answer) => {
    const askOnce = () => (typeof answer === "string" ? answer : JSON.stringify(answer));
    return new Handoff("{}", () => /** @type {any} */ ({ askOnce, Policy: { load: () => ({}) } })).close({});
  };
  assert.equal(told(allow).decision, "allow");
  assert.equal(told({ ...allow, by_exception: true, findings: [block], waivers: [waiver] }).decision, "allow");
  for (const answer of [
    "{", "null", "7", "{}", "[]",
    { ...allow, decision: "Allow" },
    { ...allow, decision: null },
    { ...allow, permitted: false },
    { ...allow, permitted: null },
    { ...allow, findings: undefined },
    { ...allow, findings: [block] },
    { ...allow, findings: [{ ...block, severity: "bloc" }] },
    { ...allow, findings: [block], waivers: [waiver] },
    { ...allow, by_exception: true },
    { ...allow, by_exception: true, findings: [block], waivers: [{ ...waiver, item: "asset:LT-2" }] },
  ]) {
    assert.deepEqual(refusal(() => told(answer)).problems, [], JSON.stringify(answer));
  }
});

test("ten thousand questions leave nothing behind", () => {
  const question = { ask: /** @type {const} */ ("digest") };
  for (let asked = 0; asked < 2_000; asked += 1) reference.askText({}, question);
  const before = process.memoryUsage().rss;
  for (let asked = 0; asked < 10_000; asked += 1) reference.askText({}, question);
  assert.ok(process.memoryUsage().rss - before < 64 << 20);
});
