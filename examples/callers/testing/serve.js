// Starts what the tests talk to: `handoff serve` on a free port, and servers that answer whatever a test wants.
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export const HANDOFF = process.env.HANDOFF ?? here("../../../target/release/handoff");

/**
 * `handoff serve` with the policy and the hooks of this folder; without `policy` it decides by the reference policy.
 * `stop()` ends it, and removes what it left.
 */
export async function serve({ policy = here("../policy.yaml"), hooks = true, scopes = ["hook"], options = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "handoff-"));
  const tokens = join(folder, "tokens.ndjson");
  const secret = randomBytes(32).toString("hex");
  const scope = scopes.flatMap((scope) => ["--scope", scope]);
  const { stdout } = await promisify(execFile)(HANDOFF, ["token", "test", ...scope, "--tokens", tokens]);
  const all = ["serve", "--listen", "127.0.0.1:0", "--tokens", tokens, ...options];
  if (policy) all.push("--policy", policy);
  if (hooks) {
    cpSync(here("../hooks"), join(folder, "hooks"), { recursive: true });
    writeFileSync(join(folder, "hooks", "jira.secret"), secret, { mode: 0o600 });
    all.push("--hooks", join(folder, "hooks", "hooks.yaml"));
  }
  const child = spawn(HANDOFF, all, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  };
  const events = [];
  const address = await new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      events.push(line);
      const event = line.startsWith("{") ? JSON.parse(line) : {};
      if (event.event === "listening") resolve(event.address);
    });
    child.on("exit", () => reject(new Error(`handoff serve did not begin:\n${events.join("\n")}`)));
  }).catch(async (error) => {
    rmSync(folder, { recursive: true });
    throw error;
  });
  return { url: `http://${address}`, address, token: stdout.trim(), secret, events, stop };
}

/** A server that answers by `answer(request, body)`, which gives `{status, body, headers}`; `requests` has what came. */
export async function pretend(answer) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString();
    requests.push({ method: request.method, url: request.url, headers: request.headers, body });
    const { status = 200, headers = { "content-type": "application/json" }, body: said = "" } = await answer(request, body);
    response.writeHead(status, headers).end(said);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${server.address().port}`, requests, stop };
}

/** Where nothing listens. */
export async function nowhere() {
  const { url, stop } = await pretend(() => ({}));
  await stop();
  return url;
}
