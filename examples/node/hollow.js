// For the tests: a component of the world whose every function traps, made from nothing but the contract.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { componentEmbed, componentNew, transpile } from "@bytecodealliance/jco";

const folder = new URL("dist/hollow/", import.meta.url);

const files = ["types", "decisions", "audits", "world"].map((name) => new URL(`../../wit/${name}.wit`, import.meta.url));
const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
const contract = ["package handoff:gates@0.1.0;", ...texts.map((text) => text.replace(/^package .*;$/m, ""))].join("\n");

const core = await componentEmbed({ dummy: true, witSource: contract, world: "plugin" });
const transpiled = await transpile(await componentNew(core), { name: "handoff", instantiation: "sync" });
await mkdir(folder, { recursive: true });
for (const [name, bytes] of Object.entries(transpiled.files)) {
  if (!name.includes("/")) await writeFile(new URL(name, folder), bytes);
}
