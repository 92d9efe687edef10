// The page as its users meet it: in a browser, from a plain server of files, below a path.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { browser, choose, open, settled, verdict, write } from "./browser.mjs";

const context = browser();
const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
/** The policy that the documents explain, and facts for it. */
const policy = /## A whole policy[\s\S]*?```yaml\n([\s\S]*?)```/.exec(readFileSync(new URL("../../../docs/policy.md", import.meta.url), "utf8"))[1];
const facts = `at: "2026-03-10T09:00:00+01:00"
actor: {id: dora, roles: [desk]}
assets:
- id: LT-1
  kind: laptop
  state: received
  serial: PF3X9K2
  attributes: {encrypted: false}
`;

const field = (page, name) => page.getByRole("combobox", { name, exact: true });

async function own(page) {
  await write(page, "policy", policy);
  await write(page, "facts", facts);
  await settled(page);
  await field(page, "Ask").selectOption("transition");
  await field(page, "Item").selectOption("asset:LT-1");
  await field(page, "State").selectOption("ready");
}

test("loads from beside itself, and nothing once it is loaded", async () => {
  const page = await open(context);
  await verdict(page, "Denied");
  assert.deepEqual(page.requests.filter((url) => !url.startsWith(context.address)), []);
  const loaded = page.requests.length;
  await choose(page, "closure-in-order", "allowed");
  await verdict(page, "Allowed");
  await write(page, "facts", "{}");
  await verdict(page, "Nothing decided");
  await page.getByRole("button", { name: "Copy a link" }).click();
  await page.locator("#shared", { hasText: "A link of" }).waitFor();
  assert.deepEqual(page.requests.slice(loaded), []);
  assert.deepEqual(page.faults, []);
});

test("decides while one types: from what is found to its place, and from deny to allow", async () => {
  const page = await open(context);
  await own(page);
  await verdict(page, "Denied");
  const finding = page.locator(".finding", { hasText: "Disk encryption" });
  for (const text of ["Expected true", "Found false", "Turn on disk encryption and escrow the key", "Responsible", "Accountable lead", "Requirement encrypted", "attribute-mismatch"]) {
    assert.ok((await finding.innerText()).replace(/\s+/g, " ").includes(text), `${text} in: ${await finding.innerText()}`);
  }
  await finding.getByRole("button", { name: "encrypted" }).click();
  assert.equal(await page.getByRole("tab", { selected: true }).innerText(), "Policy");
  await finding.getByRole("button", { name: "line 8" }).click();
  // The place is selected: what is typed takes its place.
  await page.keyboard.type("true");
  await verdict(page, "Allowed");
  assert.equal(await page.locator("#verdict").getAttribute("data-tone"), "good");
  assert.match(await page.locator("#verdict").innerText(), /moving asset LT-1 to ready/);
  assert.deepEqual(page.faults, []);
});

test("tells what is wrong in a document, with its place", async () => {
  const page = await open(context);
  await own(page);
  await write(page, "facts", facts.replace("kind: laptop", "kind: laptop\n  kind: desktop").replace("PF3X9K2", "14.10"));
  await verdict(page, "Nothing decided");
  const problems = page.locator("#problems");
  await problems.getByText("key kind stands there twice").waitFor();
  await problems.getByText("14.10 is a number that would not come out as it stands there").waitFor();
  assert.equal(await page.locator("#badge-facts").innerText(), "2");
  assert.match(await page.locator("#workflow").innerText(), /What may come next is not decided/);
  await problems.getByRole("button", { name: "facts, line 6, column 3" }).click();
  await page.keyboard.type("tag");
  await write(page, "facts", facts.replace("state: received", "stat: received"));
  await problems.getByText("unknown key stat").waitFor();
  assert.match(await problems.innerText(), /facts, line 6, column 3[\s\S]*\/assets\/0\/stat/);
  await write(page, "facts", facts);
  await write(page, "policy", policy.replace("severity", "").replace("gate: [encrypted]", "gate: [encrypted, unheard-of]"));
  await problems.getByText("unheard-of").first().waitFor();
  assert.match(await problems.innerText(), /policy, line \d+, column \d+/);
  assert.equal(await page.locator("#verdict").getAttribute("data-tone"), "none");
});

test("a link holds the whole state", async () => {
  const page = await open(context);
  await own(page);
  await verdict(page, "Denied");
  await page.getByRole("button", { name: "Copy a link" }).click();
  await page.locator("#shared", { hasText: "A link of" }).waitFor();
  const hash = new URL(page.url()).hash;
  assert.ok(hash.length < 5000, String(hash.length));
  const other = await open(context, { hash });
  await verdict(other, "Denied");
  assert.equal(await other.locator("#verdict").innerText(), await page.locator("#verdict").innerText());
  assert.equal(await field(other, "State").inputValue(), "ready");
  const damaged = await open(context, { hash: hash.slice(0, 60) });
  await damaged.locator("#shared", { hasText: "damaged" }).waitFor();
  await verdict(damaged, "Denied");
  assert.deepEqual([...other.faults, ...damaged.faults], []);
});

test("draws the workflow, and tells it in words", async () => {
  const page = await open(context);
  await choose(page, "monday-laptop", "denied: nobody");
  const picture = page.getByRole("img", { name: "Workflow Computers and phones" });
  await picture.waitFor();
  assert.equal(await picture.locator(".state").count(), 25);
  assert.equal(await picture.locator(".present .name").innerHTML(), "verified");
  assert.deepEqual(await picture.locator(".next .name").allTextContents().then((names) => names.sort()), ["configured", "received", "returned-to-supplier", "written-off"]);
  await page.getByText("The workflow in words").click();
  assert.match(await page.getByRole("row", { name: "verified (now)" }).innerText(), /configured \(not ready, 2 missing\)/);
  await page.getByRole("button", { name: /^received/ }).click();
  await verdict(page, "moving asset LT-4471 to received");
});

test("plans, reviews and next steps are told", async () => {
  const page = await open(context);
  await choose(page, "nurse-comes-moves-leaves", "planned: what lies in stock");
  await verdict(page, "Planned");
  await page.getByRole("cell", { name: "BP-1771", exact: true }).waitFor();
  await choose(page, "nurse-comes-moves-leaves", "findings: a key");
  await field(page, "Ask").selectOption("review");
  await verdict(page, "Does not close");
  await page.getByText("they had it last, and no return is proved").first().waitFor();
  await choose(page, "monday-laptop", "what the laptop");
  await verdict(page, "None allowed");
});

test("a component that stops or hangs decides nothing, and is replaced", async () => {
  const page = await (await context.browser.newContext()).newPage();
  await page.clock.install();
  const hangs = 'addEventListener("message", ({data}) => { const facts = data.request?.facts ?? ""; if (facts.includes("HANG")) for (;;); if (facts.includes("TRAP")) throw new Error("unreachable"); });';
  await page.route("**/worker.js", async (route) => route.fulfill({ response: await route.fetch(), body: `${hangs}${await (await route.fetch()).text()}` }));
  await page.goto(context.address);
  await settled(page);
  await choose(page, "closure-in-order", "allowed");
  await verdict(page, "Allowed");
  await page.locator("#panel-facts .cm-content").click();
  await page.keyboard.insertText("HANG");
  await page.clock.runFor(20_000);
  await verdict(page, "No answer");
  assert.match(await page.locator("#verdict").innerText(), /no answer within 10 seconds. That is a refusal/);
  await page.keyboard.press("Control+Z");
  await page.clock.runFor(1000);
  await verdict(page, "Allowed");
  await page.keyboard.insertText("TRAP");
  await page.clock.runFor(1000);
  await verdict(page, "No answer");
  assert.match(await page.locator("#verdict").innerText(), /unreachable/);
  await page.keyboard.press("Control+Z");
  await page.clock.runFor(1000);
  await verdict(page, "Allowed");
});

test("everything is reached and left by keyboard alone", async () => {
  const page = await open(context);
  const seen = [];
  const focused = () => page.evaluate(async () => {
    const deep = (root) => (root.activeElement?.shadowRoot ? deep(root.activeElement.shadowRoot) : root.activeElement);
    const element = deep(document);
    const isSeen = () => [element, element.closest(".cm-editor")].some((one) => one && getComputedStyle(one).outlineStyle !== "none");
    // The editor marks itself a moment after it has the focus, and a busy machine takes its time.
    for (let at = 0; at < 100 && !isSeen(); at += 1) await new Promise((done) => setTimeout(done, 20));
    const ring = isSeen();
    return { name: element.id || element.getAttribute("aria-label") || element.getAttribute("name") || element.textContent.trim(), ring };
  });
  for (let at = 0; at < 14; at += 1) {
    await page.keyboard.press("Tab");
    seen.push(await focused());
  }
  const names = seen.map(({ name }) => name);
  assert.deepEqual(names.slice(0, 10), ["Skip to the decision", "example", "share", "ask", "item", "to", "When, who, and more", "tab-facts", "Facts, in JSON or YAML", "asset:AC-3307"]);
  assert.deepEqual(seen.filter(({ ring }) => !ring), []);
  // Back to the examples, on to the next one, and to the policy.
  await page.locator("#example").focus();
  await page.keyboard.press("ArrowDown");
  await settled(page);
  await verdict(page, "None allowed");
  await page.locator("#tab-facts").focus();
  await page.keyboard.press("ArrowRight");
  assert.equal((await focused()).name, "tab-policy");
  await page.keyboard.press("Tab");
  assert.equal((await focused()).name, "Policy, in YAML or JSON");
  await page.keyboard.press("Shift+Tab");
  assert.equal((await focused()).name, "tab-policy");
  await page.getByRole("button", { name: /^configured/ }).focus();
  await page.keyboard.press("Enter");
  await verdict(page, "moving asset LT-4471 to configured");
  assert.equal((await focused()).name, "decision");
});

test("looks right in light, in dark and on a telephone, and axe finds nothing serious", async (t) => {
  const folder = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), "playground-"));
  const sights = {
    light: { viewport: { width: 1440, height: 900 }, colorScheme: "light" },
    dark: { viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
    narrow: { viewport: { width: 360, height: 740 }, colorScheme: "light" },
  };
  for (const [name, options] of Object.entries(sights)) {
    const page = await open(context, options);
    await page.evaluate(axe);
    // In both colours all there is to see, narrow only what may not fit.
    const kinds = [["monday-laptop", "what the laptop"], ["nurse-comes-moves-leaves", "findings: asked"], ["vip-jumps-queue", "allowed"]];
    for (const [folderName, label] of name.startsWith("narrow") ? kinds.slice(0, 2) : kinds) {
      await choose(page, folderName, label);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      const serious = violations.filter(({ impact }) => impact !== "minor").map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join("; ")}`);
      assert.deepEqual(serious, [], `${name}, ${label}`);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, `${name}, ${label}: ${wider} px too wide`);
    }
    await choose(page, "monday-laptop", "denied: the device");
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await page.screenshot({ path: join(folder, `${name}-whole.png`), fullPage: true });
  }
  t.diagnostic(`screenshots in ${folder}`);
});
