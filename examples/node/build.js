// Turns components into what Node runs: Handoff's own, and for the tests one whose every function traps.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { transpileBytes } from "@bytecodealliance/jco-transpile";
import { componentEmbed, componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";

const root = new URL("../../", import.meta.url);
const dist = new URL("dist/", import.meta.url);

/** @param {Uint8Array} component @param {URL} folder */
async function transpile(component, folder) {
  // Instantiated by hand, so that an instance that failed can be replaced. What is thrown for an `err` is the list of problems itself.
  const { files } = await transpileBytes(component, { name: "handoff", instantiation: "sync", noComponentErrorWrapping: true });
  for (const [name, bytes] of Object.entries(files)) {
    const file = new URL(name, folder);
    await mkdir(new URL(".", file), { recursive: true });
    await writeFile(file, bytes);
  }
}

await transpile(await readFile(new URL("host/component/handoff.wasm", root)), dist);

/** The contract as one text. @param {string} name */
const wit = async (name) => (await readFile(new URL(`wit/${name}.wit`, root), "utf8")).replace(/^package .*;$/m, "");
const texts = await Promise.all(["types", "decisions", "audits", "world"].map(wit));
const contract = ["package handoff:gates@0.1.0;", ...texts].join("\n");
const core = await componentEmbed({ dummy: true, witSource: contract, world: "plugin" });
await transpile(await componentNew(core), new URL("hollow/", dist));
