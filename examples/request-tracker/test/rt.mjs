// A throwaway RT for a file of tests, as `try` brings it up.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";

/** Brings up RT around the tests of a file: `address`, and what the seed made, by name. */
export function tracker() {
  const rt = { asset: {}, ticket: {} };
  before(async () => {
    const child = spawn(fileURLToPath(new URL("../try", import.meta.url)), { stdio: ["ignore", "pipe", "pipe"] });
    rt.ended = new Promise((ended) => child.once("close", ended));
    rt.stop = () => child.kill("SIGTERM");
    let said = "";
    child.stderr.on("data", (text) => (said += text));
    await new Promise((up, down) => {
      child.stdout.on("data", (text) => /^Ctrl-C/m.test((said += text)) && up());
      child.once("close", () => down(new Error(said)));
    });
    rt.address = /^RT +(\S+)\/$/m.exec(said)[1];
    rt.folder = /^a throwaway RT in (\S+)$/m.exec(said)[1];
    for (const [, sort, name, id] of read(rt, "ids").matchAll(/^(\w+) (\S+) (\d+)$/gm)) rt[sort][name] = id;
  }, { timeout: 180_000 });
  after(async () => {
    rt.stop?.();
    await rt.ended;
  });
  return rt;
}

const read = ({ folder }, name) => readFileSync(join(folder, name), "utf8");

/** What RT has logged of the plugin. */
export const logged = (rt) => read(rt, "rt.log").split("\n").filter((line) => line.includes("Handoff: "));

/** Ends the server of Handoff, as a crash would. */
export async function kill(rt) {
  process.kill(Number(read(rt, "serve.pid")), "SIGKILL");
  await new Promise((done) => setTimeout(done, 200));
}

/** Somebody at REST2. What comes back is { status, body }. */
export function somebody(rt, name) {
  const authorization = `Basic ${Buffer.from(`${name}:${name}-throwaway`).toString("base64")}`;
  const ask = async (method, path, body) => {
    const response = await fetch(`${rt.address}/REST/2.0/${path}`, {
      method,
      headers: { authorization, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text && JSON.parse(text), headers: response.headers };
  };
  return {
    get: (path) => ask("GET", path),
    put: (path, body) => ask("PUT", path, body),
    post: (path, body) => ask("POST", path, body),
    delete: (path) => ask("DELETE", path),
    /** A form of REST 1; its own status stands in the first line. */
    form: async (path, fields) => {
      const content = Object.entries(fields).map(([key, value]) => `${key}: ${value}`).join("\n");
      const response = await fetch(`${rt.address}/REST/1.0/${path}`, {
        method: "POST",
        headers: { authorization },
        body: new URLSearchParams({ user: name, pass: `${name}-throwaway`, content }),
      });
      return response.text();
    },
    /** The status of a ticket or asset in RT. */
    status: async (path) => (await ask("GET", path)).body.Status,
  };
}

/** Refused by a decision, with findings of these codes. */
export function refused({ status, body }, ...codes) {
  assert.equal(status, 409, JSON.stringify(body));
  const found = body.refused.flatMap(({ findings }) => findings).filter(({ severity }) => severity === "block").map(({ code }) => code);
  assert.deepEqual([...new Set(found)].sort(), codes.sort());
  for (const { message, findings } of body.refused) {
    for (const finding of findings.filter(({ severity }) => severity === "block")) assert.ok(message.includes(finding.remedy), message);
  }
}
