import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import test from "node:test";
import { component } from "../component.js";
import { closed, desk, reference } from "../desk.js";
import { Handoff } from "../handoff.js";
import { closures } from "../server.js";

/**
 * Asks over HTTP to close a ticket.
 * @param {string} ticket
 * @param {Handoff} [handoff]
 */
async function close(ticket, handoff = reference) {
  const server = createServer(closures(handoff, desk)).listen(0, "localhost");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  try {
    const response = await fetch(`http://localhost:${port}/tickets/${ticket}/close`, { method: "POST" });
    return { status: response.status, body: /** @type {any} */ (await response.json()) };
  } finally {
    server.close();
  }
}

test("closes what is in order", async () => {
  const { status, body } = await close("REQ-1987");
  assert.equal(status, 200);
  assert.equal(body.to, "fulfilled");
  assert.deepEqual(closed.splice(0), ["ticket:REQ-1987"]);
});

test("refuses what is not, with every reason and who acts", async () => {
  const { status, body } = await close("REQ-2041");
  assert.equal(status, 409);
  assert.ok(body.findings.length > 20);
  assert.ok(body.findings.every((/** @type {any} */ { message, responsible }) => message && responsible));
  assert.deepEqual(closed, []);
});

test("closes nothing where there is no decision", async () => {
  assert.equal((await close("REQ-0")).status, 500);
  assert.equal((await close("%E0%A4%A")).status, 500);
  assert.equal((await close("")).status, 404);
  const hollow = (await component(new URL("../dist/hollow/", import.meta.url)))();
  const failing = new Handoff("{}", () => /** @type {any} */ ({ Policy: { load: () => ({}) }, askOnce: hollow.Policy.builtin }));
  const { status, body } = await close("REQ-1987", failing);
  assert.equal(status, 500);
  assert.match(body.message, /the component failed: .*unreachable/);
  assert.deepEqual(closed, []);
});
