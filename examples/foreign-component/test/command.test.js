// The built component behind the command. HANDOFF names it; without it, it is the one that was built here.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("..", import.meta.url));
const handoff = process.env.HANDOFF ?? fileURLToPath(new URL("../../../target/release/handoff", import.meta.url));

function run(...options) {
  const { status, stdout, stderr, error } = spawnSync(handoff, options, { cwd: folder, encoding: "utf8" });
  assert.ifError(error);
  return { status, stdout, stderr };
}

const RULES = ["--policy", "policy.yaml", "--component", "foreign.wasm"];
const release = (device, ...options) =>
  run("transition", "facts.yaml", "--item", `asset:${device}`, "--to", "released", ...RULES, ...options);

test("is a component of the world, and imports nothing", () => {
  const { status, stdout } = run("inspect", "foreign.wasm", "--format", "json");
  assert.equal(status, 0);
  const { imports, world } = JSON.parse(stdout);
  assert.deepEqual(imports, []);
  assert.equal(world, "handoff:gates/plugin@0.1.0");
});

test("releases a device that is in order", () => {
  const { status, stdout } = release("PUMP-17");
  assert.equal(status, 0);
  assert.match(stdout, /^ALLOWED: moving asset PUMP-17 to released$/m);
});

test("keeps one that is not, with every reason, who acts and who answers for it", () => {
  const { status, stdout } = release("PUMP-18", "--format", "json");
  assert.equal(status, 1);
  const { findings } = JSON.parse(stdout);
  assert.deepEqual(findings.map(({ code }) => code), ["attribute-mismatch", "evidence-stale", "evidence-other-item"]);
  for (const { expected, found, remedy, responsible, accountable } of findings) {
    assert.ok(expected && found && remedy);
    assert.deepEqual([responsible, accountable], [["medical-engineer"], "head-of-devices"]);
  }
});

test("answers every case as it says", () => {
  const { status, stdout } = run("conform", "foreign.wasm", "--cases", "cases", "--format", "json");
  const { cases, agree, differ } = JSON.parse(stdout);
  assert.deepEqual(differ, []);
  assert.ok(agree === cases && cases >= 17);
  assert.equal(status, 0);
});

test("refuses what it can't answer", () => {
  const { status, stdout, stderr } = run("plan", "facts.yaml", "--person", "tlund", "--direction", "joiner", ...RULES);
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /this component does not answer `plan`/);
});
