// The unit and the proxy of docs/serve.md, as they stand there: TLS by nginx before `handoff serve`, and who may read what.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as plain } from "node:http";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { HANDOFF, serve } from "../callers/testing/serve.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (path) => readFileSync(here(path), "utf8");
// Debian's; elsewhere it may be built in.
const MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";
const folder = mkdtempSync(join(tmpdir(), "handoff-"));

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** A configuration with the addresses and files of this test: what is replaced has to be there. */
function configuration(file, ...replaced) {
  let text = read(file);
  for (const [there, here] of [...replaced, ["/etc/ssl/handoff.pem", join(folder, "cert.pem")], ["/etc/ssl/handoff.key", join(folder, "key.pem")]]) {
    assert.ok(text.includes(there), there);
    text = text.replaceAll(there, here);
  }
  return text;
}

/** Both, in a server of their own that leaves nothing outside of the folder. */
function whole() {
  const http = configuration("nginx.conf", ["listen 443 ssl", `listen 127.0.0.1:${port} ssl`], ["127.0.0.1:8642", server.address]);
  const stream = configuration("nginx-stream.conf", ["listen 8443 ssl", `listen 127.0.0.1:${registers} ssl`], ["127.0.0.1:8642", server.address]);
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`);
  const main = ["daemon off;", "worker_processes 1;", `pid ${folder}/nginx.pid;`, "error_log stderr;", "events {}"];
  if (process.getuid() === 0) main.unshift("user root;");
  if (existsSync(MODULE)) main.unshift(`load_module ${MODULE};`);
  return [...main, stream, "http {", "access_log off;", ...paths, http, "}"].join("\n");
}

let server, nginx, port, registers, certificate;
before(async () => {
  server = await serve({ policy: null, scopes: ["decide", "audit", "hook"] });
  port = await freePort();
  registers = await freePort();
  const subject = ["-subj", "/CN=handoff.example.org", "-addext", "subjectAltName=DNS:handoff.example.org"];
  const keys = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", join(folder, "key.pem")];
  execFileSync("openssl", ["req", "-x509", "-days", "2", ...keys, "-out", join(folder, "cert.pem"), ...subject], { stdio: "ignore" });
  certificate = readFileSync(join(folder, "cert.pem"));
  writeFileSync(join(folder, "nginx.conf"), whole());
  nginx = spawn("nginx", ["-e", "stderr", "-c", join(folder, "nginx.conf")], { stdio: ["ignore", "ignore", "pipe"] });
  nginx.said = "";
  nginx.stderr.on("data", (data) => (nginx.said += data));
  // It is there once it shakes hands.
  for (let n = 0; ; n++) {
    const answer = await ask("GET", "/healthz").catch((error) => error);
    if (answer.status === 200) break;
    if (n > 100 || nginx.exitCode !== null) throw new Error(`nginx did not begin: ${answer.message ?? answer.status}\n${nginx.said}`);
    await setTimeout(50);
  }
});
after(async () => {
  nginx.kill("SIGQUIT");
  if (nginx.exitCode === null) await once(nginx, "exit");
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** A request through TLS that trusts nothing but the certificate of this test, and is left open for the caller to write to. */
function open(method, path, headers = {}, to = port) {
  const all = { host: "handoff.example.org", authorization: `Bearer ${server.token}`, "content-type": "application/json", ...headers };
  if (!all.authorization) delete all.authorization;
  const options = { host: "127.0.0.1", port: to, servername: "handoff.example.org", ca: certificate, method, path, agent: false };
  return request({ ...options, headers: all });
}

async function answerOf(sent) {
  const [response] = await once(sent, "response");
  let body = "";
  for await (const part of response) body += part;
  return { status: response.statusCode, headers: response.headers, body };
}

async function ask(method, path, body, headers) {
  const sent = open(method, path, headers);
  sent.end(body);
  return answerOf(sent);
}

const question = (name, item) => `{"item":"${item}","facts":${read(`../${name}/facts.json`)}}`;

test("docs/serve.md shows these files", () => {
  const document = read("../../docs/serve.md");
  for (const [language, file] of [["ini", "handoff.service"], ["nginx", "nginx.conf"], ["nginx", "nginx-stream.conf"]])
    assert.ok(document.includes(`\`\`\`${language}\n${read(file)}\`\`\``), `${file} is not what stands in docs/serve.md`);
});

test("a decision comes through TLS as the server gave it", async () => {
  const direct = async (body) => {
    const sent = plain(`${server.url}/v1/closures`, { method: "POST", headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" } });
    sent.end(body);
    return (await answerOf(sent)).body;
  };
  for (const [name, item, decision] of [["closure-in-order", "ticket:REQ-1987", "allow"], ["monday-laptop", "ticket:REQ-2041", "deny"]]) {
    const body = question(name, item);
    const answer = await ask("POST", "/v1/closures", body);
    assert.equal(answer.status, 200, answer.body);
    assert.equal(JSON.parse(answer.body).decision, decision);
    assert.equal(answer.body, await direct(body));
  }
});

test("the proxy names each request, and the events of the server have that name", async () => {
  const { headers } = await ask("POST", "/v1/closures", question("closure-in-order", "ticket:REQ-1987"), { "x-request-id": "mine" });
  const name = headers["x-request-id"];
  assert.match(name, /^[0-9a-f]{32}$/);
  for (let n = 0; n < 40 && !server.events.some((event) => event.includes(name)); n++) await setTimeout(50);
  assert.ok(server.events.some((event) => event.includes(name)));
});

test("no token, no answer; and no plain HTTP", async () => {
  assert.equal((await ask("POST", "/v1/closures", "{}", { authorization: "Bearer handoff_0" })).status, 401);
  const sent = plain({ host: "127.0.0.1", port, path: "/healthz" });
  sent.end();
  assert.equal((await answerOf(sent)).status, 400);
});

test("a question that is too large is refused", async () => {
  const { status } = await ask("POST", "/v1/closures", `{"facts":"${"x".repeat(4 << 20)}"}`).catch(({ code }) => ({ status: code }));
  // nginx may answer, and hang up, before all of it was sent.
  assert.ok([413, "EPIPE", "ECONNRESET"].includes(status), `${status}`);
  const large = await ask("POST", "/v1/closures", `{"facts":{"nonsense":"${"x".repeat(3 << 20)}"}}`);
  assert.equal(large.status, 422, "what is not too large gets through");
});

test("a register is streamed in both directions: findings come while it is still sent", async () => {
  const lines = read("../leaver-in-the-register/register.ndjson").split("\n").filter(Boolean);
  const index = lines.findIndex((line) => line.includes('"owner"') && line.includes("iadeyemi"));
  const sent = open("POST", "/v1/audits", { "content-type": "application/x-ndjson", "transfer-encoding": "chunked" }, registers);
  sent.write(`${lines.join("\n")}\n`);
  let response = null;
  let found = 0;
  let last = "";
  const ended = once(sent, "response").then(async ([answer]) => {
    response = answer;
    for await (const line of createInterface({ input: answer })) {
      if (line.includes('"owner-departed"')) found++;
      last = line;
    }
  });
  // More than the sockets between hold.
  let written = 0;
  for (let n = 0; n < 60_000 && !(found && written > 4 << 20); n++) {
    const line = `${lines[index].replace(/"id": ?"[^"]*"/, `"id":"X-${n}"`)}\n`;
    written += line.length;
    if (!sent.write(line)) await Promise.race([once(sent, "drain"), setTimeout(1000)]);
    if (n % 500 === 0) await setTimeout(5);
  }
  assert.ok(found > 0, `${written} bytes were sent, and no finding came`);
  assert.equal(response.statusCode, 200);
  sent.end();
  await ended;
  assert.match(last, /^\{"summary"/);
  assert.ok(found > 100);
});

test("a register is not taken where it could not be streamed, nor by who may not audit", async () => {
  const register = read("../leaver-in-the-register/register.ndjson");
  assert.equal((await ask("POST", "/v1/audits", register, { "content-type": "application/x-ndjson" })).status, 421);
  const sent = open("POST", "/v1/audits", { "content-type": "application/x-ndjson", authorization: "Bearer handoff_0" }, registers);
  sent.end(register);
  assert.equal((await answerOf(sent)).status, 401);
});

test("a signed message of a platform comes through as it was signed", async () => {
  const body = read("../callers/jira/recorded/issue-updated-done.json");
  const signature = `sha256=${createHmac("sha256", server.secret).update(body).digest("hex")}`;
  const { status, body: said } = await ask("POST", "/v1/hooks/jira", body, { authorization: null, "x-hub-signature": signature });
  assert.equal(status, 200, said);
  const changed = await ask("POST", "/v1/hooks/jira", `${body} `, { authorization: null, "x-hub-signature": signature });
  assert.equal(changed.status, 401);
});

test("the unit is one that systemd understands", () => {
  const unit = read("handoff.service");
  assert.ok(unit.includes("/usr/local/bin/handoff"));
  // It looks for the program: here that is the built one.
  writeFileSync(join(folder, "handoff.service"), unit.replace("/usr/local/bin/handoff", HANDOFF));
  const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", join(folder, "handoff.service")], { encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  assert.doesNotMatch(stderr, /handoff\.service/);
});

const root = process.getuid() !== 0 || !existsSync("/usr/bin/setpriv") ? "needs root" : false;
test("the service's user reads the tokens by its group alone, and a token that is taken back is good for nothing", { skip: root }, async (t) => {
  const place = mkdtempSync(join(tmpdir(), "handoff-"));
  t.after(() => rmSync(place, { recursive: true }));
  chmodSync(place, 0o755);
  const command = join(place, "handoff");
  copyFileSync(HANDOFF, command);
  const tokens = join(place, "tokens.ndjson");
  const make = (name) => execFileSync(HANDOFF, ["token", name, "--scope", "policy", "--tokens", tokens], { encoding: "utf8" }).trim();
  const first = make("first");
  const [user, group] = [65534, 54321];
  chownSync(tokens, 0, group);
  chmodSync(tokens, 0o640);
  const as = (groups) => ["--reuid", `${user}`, "--regid", `${user}`, ...groups, command, "serve", "--listen", "127.0.0.1:0", "--tokens", tokens];
  assert.equal(spawnSync("setpriv", as(["--clear-groups"])).status, 2, "others can't read them");

  const child = spawn("setpriv", as(["--groups", `${group}`]), { stdio: ["ignore", "ignore", "pipe"] });
  t.after(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  });
  const [line] = await once(createInterface({ input: child.stderr }), "line");
  const url = `http://${JSON.parse(line).address}/v1/policy`;
  const status = async (token) => (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;
  const becomes = async (token, wanted) => {
    for (let n = 0; n < 60 && (await status(token)) !== wanted; n++) await setTimeout(100);
    assert.equal(await status(token), wanted);
  };
  assert.equal(await status(first), 200);
  // Made by root while it runs, the file stays the group's to read.
  await becomes(make("second"), 200);
  writeFileSync(tokens, readFileSync(tokens, "utf8").split("\n").slice(1).join("\n"));
  await becomes(first, 401);
});
