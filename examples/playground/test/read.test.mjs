// Documents are read as the command reads them, and every question of the examples is answered as by the command.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import YAML from "yaml";
import { instantiate } from "../build/component/handoff.js";
import { collect } from "../examples.mjs";
import { Evaluator } from "../src/evaluate.js";
import { numberOf } from "../src/numbers.js";
import { lineOf, placeAt, placeOf } from "../src/place.js";
import { read } from "../src/read.js";
import { headline } from "../src/standing.js";
import { check } from "../src/trust.js";

const examples = new URL("../../", import.meta.url);
const reference = readFileSync(new URL("reference-policy/policy.yaml", examples), "utf8");

test("plain data becomes JSON", () => {
  const text = 'a: 1\nb: [x, true, null, 2.5, -3]\nc: {d: "14.10", e: 1.0.0, f: 2026-01-05}\ng:\n- |\n  two\n  lines\n- 12:30\nh:\n';
  assert.equal(read(text).json, '{"a":1,"b":["x",true,null,2.5,-3],"c":{"d":"14.10","e":"1.0.0","f":"2026-01-05"},"g":["two\\nlines\\n","12:30"],"h":null}');
  assert.deepEqual(JSON.parse(read(reference).json), YAML.parse(reference));
});

test("numbers are exact or refused", () => {
  for (const text of ["0", "7", "-3", "10", "118.8", "0.5", "9007199254740993"]) assert.equal(numberOf(text), "exact", text);
  for (const text of ["14.10", "007", "1_000", "0x1F", "0o17", "1e3", "7E12", ".5", "5.", "+5", "-0", ".inf", "-.NaN", "1.0"]) assert.equal(numberOf(text), "other", text);
  for (const text of ["1.2.3", "2026-01-05", "12:30", "PF4X", "1e", "-", ".", "0xg", "e3", "4711-A", "_1"]) assert.equal(numberOf(text), "none", text);
});

test("what readers differ on is refused where it stands", () => {
  const told = (text, options) => {
    const { faults } = read(text, options);
    return faults.map((fault) => `${lineOf(text, fault).line}:${lineOf(text, fault).column} ${fault.message}`).join("; ");
  };
  for (const [text, start] of [
    ["a: &x 1\nb: *x\n", "1:4 anchors"], ["a: !!str 1\n", "1:4 tags"], ["a:\t1\n", "1:3 a tab"], ["a: 1\na: 2\n", "2:1 key `a`"], ["a: no\nb: On\n", "1:4 `no` is a boolean"],
    ["a: 14.10\n", "1:4 `14.10`"], ["a: 1\n---\nb: 2\n", "2:"], ["a:\n\t- b\n", "2:"], ["a: [1, 2\n", ""], ["? {b: 1}\n: 1\n", "1:"], ["", "1:1 the text is empty"],
  ]) {
    const fault = told(text);
    assert.ok(fault && fault.startsWith(start), `${JSON.stringify(text)}: ${fault}`);
  }
  assert.equal(told("a: no\nb: On\n").match(/boolean/g).length, 2);
  assert.match(told("a:\n", { empty: "refused" }), /without a value/);
  assert.match(told(`a: ${"[".repeat(100_000)}`), /too deep/);
  assert.match(told("- ".repeat(5_000)), /too deep/);
  assert.match(told(`a: ${"[".repeat(150)}${"]".repeat(150)}`), /too deep/);
});

test("pointers lead to places", () => {
  const text = '{"assets": [{"id": "LT-1", "a/b": {"c": [1, 2]}},\n {"id": "LT-2", "serial": "ä"}]}';
  const { tree } = read(text);
  const at = (pointer, options) => text.slice(...Object.values(placeOf(tree, pointer, options)));
  assert.equal(at("/assets/LT-2/serial"), '"ä"');
  assert.equal(at("/assets/1/serial", { key: true }), '"serial"');
  assert.equal(at("/assets/0/a~1b/c/1"), "2");
  assert.equal(at("/assets/0/a~1b"), '"a/b"');
  assert.equal(at("/assets/LT-2/owner"), "{");
  assert.deepEqual(lineOf(text, placeOf(tree, "/assets/LT-2/serial")), { line: 2, column: 27 });
  // Columns of the component count bytes: two for the letter.
  assert.equal(placeAt(text, { line: 2, column: 30 }).from, text.indexOf("ä") + 1);
});

test("an allow has to bear itself out", () => {
  const allow = { decision: "allow", permitted: true, by_exception: false, findings: [], waivers: [] };
  const block = { code: "gate", severity: "block", requirement: "wiped", item: "asset:1" };
  const waiver = { requirement: "wiped", item: "asset:1" };
  for (const good of [allow, { ...allow, decision: "deny", findings: [block] }, { ...allow, by_exception: true, findings: [block], waivers: [waiver] }]) check({ items: [good] });
  for (const bad of [
    { ...allow, decision: "Allow" }, { ...allow, permitted: null }, { ...allow, findings: [block] }, { ...allow, findings: undefined },
    { ...allow, by_exception: true }, { ...allow, waivers: [waiver] }, { ...allow, by_exception: true, findings: [block], waivers: [{ ...waiver, item: "asset:2" }] },
  ]) assert.throws(() => check({ items: [bad] }), JSON.stringify(bad));
});

test("the examples are answered as by the command", async (t) => {
  const module = (name) => WebAssembly.compile(readFileSync(new URL(`../build/component/${name}`, import.meta.url)));
  const { decisions } = await instantiate(module, {});
  const evaluator = new Evaluator(decisions);
  const { facts, questions } = collect(examples);
  let compared = 0;
  for (const { folder, facts: name, question, line } of questions) {
    const { answer, problems } = evaluator.evaluate({ policy: reference, facts: facts[name], question, about: question.item });
    assert.ok(answer, `${line}: ${JSON.stringify(problems)}`);
    if (!answer.decision) continue;
    const told = readFileSync(new URL(`${folder}/answers.txt`, examples), "utf8").split(`$ handoff ${line}\n`)[1].split("\n")[0];
    const { word, text } = headline(question, answer);
    assert.equal(`${word.toUpperCase()}: ${text.replace(/: (\d+ reasons?)$/, " ($1)")}`, told, line);
    compared += 1;
  }
  t.diagnostic(`${questions.length} questions, ${compared} verdicts compared`);
});
