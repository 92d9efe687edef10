// Documents as people write them, read as the command reads them: JSON goes to the component as it stands; YAML is plain data that means
// the same to every reader, and what some take for one thing and some for another is refused, with the way to write it.

import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from "yaml";
import { numberOf } from "./numbers.js";

/** How deep lists and objects may stand in each other. */
const DEPTH = 100;
/** How many faults are collected before reading stops. */
const FAULTS = 50;

class Enough extends Error {}

/**
 * Reads a document: `json` is its text as JSON, `tree` where everything in it stands, `faults` what is wrong with it. In facts a key
 * without a value is refused (`empty: "refused"`), because `null` there says that there is none.
 */
export function read(text, { empty = "null" } = {}) {
  const isJson = /^\s*[{[]/.test(text);
  const reader = new Reader(text, empty);
  // Whether JSON is right is for the component to say; it is only walked here, to point at places.
  if (isJson) reader.fault = () => {};
  const tree = reader.document();
  if (isJson) return { json: text, tree, faults: [] };
  const json = reader.faults.length ? undefined : write(tree);
  return { json, tree, faults: reader.faults };
}

class Reader {
  faults = [];

  constructor(text, empty) {
    this.text = text;
    this.empty = empty;
  }

  document() {
    try {
      // The plainest of schemas: every word stays a text, and is judged here.
      const documents = parseAllDocuments(this.text, { schema: "failsafe", uniqueKeys: false, prettyErrors: false, logLevel: "silent" });
      const [first, second] = documents;
      if (!first || (first.contents === null && !first.errors.length)) {
        this.fault(0, 1, "the text is empty", "write a document");
        return undefined;
      }
      const tree = first.contents ? this.value(first.contents, 0) : undefined;
      if (first.errors.length) this.syntax(first.errors[0]);
      else if (second) {
        const at = second.range?.[0] ?? 0;
        this.fault(at, at + 1, "a second document begins here", "write one document to a file, without `---` between");
      }
      return tree;
    } catch (error) {
      // Lists in lists without end exhaust the reader's stack.
      if (error instanceof RangeError) this.tooDeep(0);
      else if (!(error instanceof Enough)) throw error;
      return undefined;
    }
  }

  fault(from, to, message, help) {
    this.faults.push({ from, to: Math.max(to, from + 1), message, help });
    if (this.faults.length >= FAULTS) throw new Enough();
  }

  tooDeep(at) {
    this.fault(at, at + 1, "lists and objects stand in each other too deep", `${DEPTH} levels are read`);
    throw new Enough();
  }

  syntax({ pos: [from, to], message }) {
    const start = this.text.lastIndexOf("\n", from - 1) + 1;
    const indentedByTab = /^\s*\t/.test(this.text.slice(start, this.text.indexOf("\n", from) >>> 0));
    const help = indentedByTab
      ? "indent with spaces: YAML takes no tabs there"
      : from >= this.text.trimEnd().length
        ? "the text may be cut off: look for what was opened and not closed"
        : "look at the indentation and at quotes and brackets above; a text with `: `, ` #` or a sign at its start goes in quotes";
    // What else was found follows from it.
    this.faults = [{ from, to: Math.max(Math.min(to, this.text.length), from + 1), message: `not YAML: ${lowered(message)}`, help }];
  }

  value(node, depth) {
    const [from, to] = node.range ?? [0, 0];
    const marked = this.marked(from);
    if (isAlias(node) || node.anchor) {
      this.fault(marked, to, "anchors and aliases (`&name`, `*name`) are not read", "write the value out where it is needed");
      if (isAlias(node)) return { kind: "word", word: "null", from, to };
    }
    if (node.tag) this.fault(marked, to, "tags (`!name`) are not read", "leave the tag out; a text that looks like something else goes in quotes");
    if (depth >= DEPTH && !isScalar(node)) this.tooDeep(from);
    if (isMap(node)) return this.object(node, from, to, depth);
    if (isSeq(node)) return { kind: "list", from, to, items: node.items.map((item) => this.value(item, depth + 1)) };
    const text = String(node.value ?? "");
    return node.type === "PLAIN" || !node.type ? this.plain(text, from, to) : { kind: "text", text, from, to };
  }

  /** Where the anchor or tag of what begins here begins. */
  marked(from) {
    const start = this.text.lastIndexOf("\n", from - 1) + 1;
    return start + (/(?:[&!]\S*\s+)*$/.exec(this.text.slice(start, from))?.index ?? from - start);
  }

  object(node, from, to, depth) {
    const entries = new Map();
    for (const { key, value } of node.items) {
      const [start, end] = key?.range ?? [from, to];
      if (key && !isScalar(key)) {
        this.fault(start, end, "a list or an object stands where a key has to be", "a text that begins with `{` or `[` goes in quotes");
        continue;
      }
      const name = String(key?.value ?? "");
      if (entries.has(name)) this.fault(start, end, `key \`${name}\` stands there twice`, "one of the two would be lost: leave one, or rename it");
      if (this.text.startsWith(":\t", end)) this.fault(end + 1, end + 2, "a tab stands behind a key", "write a space: some readers of YAML take no tabs there");
      entries.set(name, { from: start, to: end, value: value ? this.value(value, depth + 1) : this.plain("", start, end) });
    }
    return { kind: "object", from, to, entries };
  }

  /** What stands there without quotes. */
  plain(text, from, to) {
    const word = (word) => ({ kind: "word", word, from, to });
    const refuse = (message, help) => {
      this.fault(from, to, message, help);
      return word("null");
    };
    if (text === "" && this.empty === "refused") {
      return refuse("a key stands there without a value", "write `null` where there is none, and leave the key out where it is not known");
    }
    if (/^(|~|null|Null|NULL)$/.test(text)) return word("null");
    if (/^(true|True|TRUE|false|False|FALSE)$/.test(text)) return word(text.toLowerCase());
    if (/^(yes|no|on|off)$/i.test(text)) {
      const meant = /^(yes|on)$/i.test(text);
      return refuse(`\`${text}\` is a boolean to some readers of YAML and a text to others`, `write \`${meant}\`, or \`"${text}"\` for the text`);
    }
    switch (numberOf(text)) {
      case "exact":
        return word(text);
      case "none":
        return { kind: "text", text, from, to };
      default:
        return refuse(
          `\`${text}\` is a number that would not come out as it stands there`,
          `write \`"${text}"\` where a text is meant, such as a version or a serial, or the number in plain decimals`,
        );
    }
  }
}

/** A tree as JSON text. Numbers go through as texts, so that none loses a digit. */
function write(tree) {
  switch (tree.kind) {
    case "object":
      return `{${[...tree.entries].map(([key, { value }]) => `${JSON.stringify(key)}:${write(value)}`).join()}}`;
    case "list":
      return `[${tree.items.map(write).join()}]`;
    case "text":
      return JSON.stringify(tree.text);
    default:
      return tree.word;
  }
}

const lowered = (text) => text.charAt(0).toLowerCase() + text.slice(1);
