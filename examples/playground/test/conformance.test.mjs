// Every conformance case is answered in the browser as by the native core, byte for byte. HANDOFF_CASES names the file that
// `cargo run --release --example cases` writes.

import assert from "node:assert/strict";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { browser } from "./browser.mjs";

const path = process.env.HANDOFF_CASES;
const cases = path && pathToFileURL(path);
const context = browser(cases ? { "/cases/": new URL("./", cases) } : {});

test("every conformance case", { skip: !cases && "HANDOFF_CASES names no file" }, async (t) => {
  const page = await (await context.browser.newContext()).newPage();
  // A page without a policy of loading, on the same server.
  await page.goto(`${context.server.origin}/project/package.json`);
  const name = cases.pathname.slice(cases.pathname.lastIndexOf("/") + 1);
  const { cases: number, differ } = await page.evaluate(async ([module, address]) => (await import(module)).run(address), [
    `${context.server.origin}/project/test/conformance.js`,
    `${context.server.origin}/cases/${name}`,
  ]);
  assert.deepEqual(differ, []);
  assert.ok(number > 1000, `only ${number} cases`);
  t.diagnostic(`${number} cases`);
});
