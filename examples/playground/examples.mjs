// The questions of the project's examples, from the `ask.txt` of each: with the facts, and what is said about them.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const COMMANDS = { close: "closure", transition: "transition", next: "next", plan: "plan", review: "review" };
const options = Object.fromEntries(
  ["item", "to", "kind", "ticket", "person", "direction", "profile", "day", "at", "actor", "on-behalf-of", "policy", "notice", "component"].map((name) => [name, { type: "string" }]),
);
Object.assign(options, { role: { type: "string", multiple: true }, automation: { type: "boolean" } });

/** All questions that the page can ask: on the reference policy, of what a form holds. */
export function collect(base) {
  const facts = {};
  const questions = [];
  for (const folder of readdirSync(base).sort()) {
    const file = new URL(`${folder}/ask.txt`, base);
    if (!existsSync(file)) continue;
    const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
    let said = [];
    let story;
    for (const line of lines) {
      if (line.startsWith("#")) {
        said.push(line.replace(/^#\s*/, ""));
        continue;
      }
      // What comes before the first question's own comment is about the whole folder.
      story ??= said.length > 1 ? said.shift() : "";
      const label = said.join(" ");
      said = [];
      const asked = ask(line);
      if (!asked) continue;
      const name = asked.facts.replace(/^examples\//, "");
      facts[name] ??= readFileSync(new URL(name, base), "utf8");
      questions.push({ folder, label: label || line, facts: name, question: asked.question, story: [story, capital(label)].filter(Boolean).join(" "), line });
    }
  }
  // The one of the README comes up first.
  const first = Math.max(questions.findIndex(({ folder }) => folder === "monday-laptop"), 0);
  return { facts, questions, first };
}

/** A line of `ask.txt` as a question; nothing where the page can't ask it. */
function ask(line) {
  const [command, ...args] = line.split(/\s+/);
  if (!COMMANDS[command]) return undefined;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: false });
  const [facts] = positionals;
  if (values.policy || values.notice || values.component || !facts?.startsWith("examples/")) return undefined;
  const { item, to, kind, ticket, person, direction, profile, day, at } = values;
  const question = { ask: COMMANDS[command], item, to, kind, ticket, person, direction, profile, day, at };
  if (values.actor) question.actor = { id: values.actor, roles: values.role ?? [], automation: values.automation ?? false, on_behalf_of: values["on-behalf-of"] };
  return { facts, question };
}

const capital = (text) => text && `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
