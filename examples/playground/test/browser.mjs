// A browser without a head, and the pages that the tests open in it.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { serve } from "./server.mjs";

const here = new URL("../", import.meta.url);
const FOUND = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

/** Starts server and browser around the tests of a file. */
export function browser(roots = {}) {
  const context = {};
  before(async () => {
    context.server = await serve({ "/some/path/": new URL("dist/", here), "/project/": here, ...roots });
    context.address = `${context.server.origin}/some/path/`;
    // Chromium refuses to sandbox itself as root, as which builds run in containers.
    context.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? FOUND, chromiumSandbox: false });
  });
  after(async () => {
    await context.browser?.close();
    await context.server?.close();
  });
  return context;
}

/** A page; `faults` holds what it logs as an error, breaches of its policy of what may be loaded among it. */
export async function open({ browser, address }, { hash = "", ...options } = {}) {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })).newPage();
  const faults = [];
  const requests = [];
  // Where marked text is overwritten Chromium itself puts a style on it, inside the editor. The policy refuses that, and nobody misses it.
  const ofChromium = /^Applying inline style violates/;
  await page.addInitScript(() => addEventListener("securitypolicyviolation", ({ target, effectiveDirective, blockedURI }) => {
    if (!target?.classList?.contains("editor")) console.error("breach:", effectiveDirective, blockedURI);
  }, true));
  page.on("console", (message) => message.type() === "error" && !ofChromium.test(message.text()) && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  // What is in the page already is no request to anybody.
  page.on("request", (request) => /^(blob|data):/.test(request.url()) || requests.push(request.url()));
  await page.goto(address + hash);
  await settled(page);
  return Object.assign(page, { faults, requests });
}

/** Waits until what stands there is judged. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector("#verdict").dataset.tone && !document.querySelector("[aria-busy]"), undefined, { timeout: 60_000 });
}

/** Waits for a verdict that begins so. */
export async function verdict(page, text) {
  await page.locator("#verdict", { hasText: text }).waitFor({ timeout: 60_000 });
  await settled(page);
}

/** Writes a whole document into an editor, as its user would. */
export async function write(page, name, text) {
  await page.locator(`#tab-${name}`).click();
  await page.locator(`#panel-${name} .cm-content`).click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

/** Chooses an example by how its label begins. */
export async function choose(page, folder, label = "") {
  const value = await page.evaluate(([folder, label]) => {
    const options = [...document.querySelectorAll(`#example optgroup[label="${folder}"] option`)];
    return options.find((option) => option.text.startsWith(label))?.value;
  }, [folder, label]);
  assert.ok(value, `${folder}: ${label}`);
  await page.selectOption("#example", value);
  await settled(page);
}
