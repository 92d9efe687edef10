// Builds dist/: the component as JavaScript and WebAssembly, the page, the reference policy, and the questions of the examples.

import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { transpileBytes } from "@bytecodealliance/jco-transpile";
import { build } from "esbuild";
import { collect } from "./examples.mjs";

const here = new URL("./", import.meta.url);
const at = (path) => new URL(path, here);
process.chdir(here.pathname);

for (const folder of ["build", "dist"]) {
  rmSync(at(folder), { recursive: true, force: true });
  mkdirSync(at(folder));
}
// Asynchronous instantiation takes compiled modules, which each new worker gets without loading anything.
const { files } = await transpileBytes(readFileSync(at("../../host/component/handoff.wasm")), {
  name: "handoff", instantiation: "async", nodejsCompat: false, noComponentErrorWrapping: false,
});
for (const [name, bytes] of Object.entries(files)) {
  mkdirSync(at(`build/component/${name}/..`), { recursive: true });
  writeFileSync(at(`build/component/${name}`), bytes);
}

const common = { bundle: true, minify: true, target: "es2022", legalComments: "eof", logLevel: "warning" };
await Promise.all([
  build({ ...common, entryPoints: ["src/main.js"], format: "esm", outfile: "dist/main.js" }),
  // The worker is handed its modules, and never looks for them beside itself.
  build({ ...common, entryPoints: ["src/worker.js"], format: "iife", outfile: "dist/worker.js", logOverride: { "empty-import-meta": "silent" } }),
  build({ ...common, entryPoints: ["src/style.css"], outfile: "dist/style.css" }),
]);
for (const name of ["handoff.core.wasm", "handoff.core2.wasm", "handoff.core3.wasm"]) copyFileSync(at(`build/component/${name}`), at(`dist/${name}`));
copyFileSync(at("src/index.html"), at("dist/index.html"));
copyFileSync(at("../reference-policy/policy.yaml"), at("dist/policy.yaml"));
writeFileSync(at("dist/examples.json"), JSON.stringify(collect(at("../"))));

const bytes = (name) => readFileSync(at(`dist/${name}`)).length;
console.log(`built dist/: page ${kib("main.js")}, worker ${kib("worker.js")}, component ${kib("handoff.core.wasm")}`);
function kib(name) {
  return `${Math.round(bytes(name) / 1024)} KiB`;
}
