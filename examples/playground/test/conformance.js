// In the browser: every case of a file is asked, and those that come out otherwise are told.

import { instantiate } from "../build/component/handoff.js";
import { Door, same } from "./got.js";

/** How many cases there were, and which differ. */
export async function run(address) {
  const module = async (name) => WebAssembly.compileStreaming(fetch(new URL(`../build/component/${name}`, import.meta.url)));
  const { decisions } = await instantiate(module, {});
  const door = new Door(decisions);
  const lines = (await (await fetch(address)).text()).split("\n").filter(Boolean);
  const differ = [];
  for (const line of lines) {
    const { name, got, ...texts } = JSON.parse(line);
    const mine = door.got(texts);
    if (!same(mine, got)) differ.push({ name, mine, got });
  }
  return { cases: lines.length, differ };
}
