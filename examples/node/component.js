// A transpiled component: its modules are compiled once, and started as often as wanted.
import { readFileSync } from "node:fs";

/** @typedef {typeof import("./dist/interfaces/handoff-gates-decisions.js")} Component */

/**
 * What starts a component that `build.js` has put into a folder.
 * @param {URL} folder
 * @returns {Promise<() => Component>}
 */
export async function component(folder) {
  /** @type {typeof import("./dist/handoff.js")} */
  const { instantiate } = await import(new URL("handoff.js", folder).href);
  /** @type {Map<string, WebAssembly.Module>} */
  const modules = new Map();
  /** @param {string} name */
  const compiled = (name) => {
    const module = modules.get(name) ?? new WebAssembly.Module(readFileSync(new URL(name, folder)));
    modules.set(name, module);
    return module;
  };
  // An instance shares nothing with others, and has nothing to import.
  return () => instantiate(compiled, {}).decisions;
}

/** Starts Handoff's own component. */
export const start = await component(new URL("dist/", import.meta.url));
