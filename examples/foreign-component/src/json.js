// JSON as a host hands it over: read strictly, every problem told.

import { sha256 } from "@noble/hashes/sha2.js";
import { milliseconds } from "./time.js";

export const problem = (code, path, message, help = null) => ({ code, warning: false, path, position: null, message, help });

// A shape tells what is wrong with a value at a path.

export const shape = (what, fits) => (value, path, tell) => {
  if (!fits(value)) tell(path, `expected ${what}, found ${JSON.stringify(value)}`);
};

export const text = shape("a text", (value) => typeof value === "string" && value !== "" && value.trim() === value);
export const flag = shape("true or false", (value) => typeof value === "boolean");
export const time = shape("an RFC 3339 time such as 2026-01-05T09:00:00+01:00", (value) => milliseconds(value) !== null);
export const oneOf = (...words) => shape(words.join(" or "), (value) => words.includes(value));

export const list = (of) => (value, path, tell) => {
  if (!Array.isArray(value)) return tell(path, "expected a list");
  value.forEach((one, index) => of(one, `${path}/${index}`, tell));
};

/** A name as a step of a JSON pointer. */
export const pointer = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** Unknown keys are refused, because a mistyped one would hide a fact. */
export const object = (keys, required = []) => (value, path, tell) => {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return tell(path, "expected an object");
  for (const key of required) if (!Object.hasOwn(value, key)) tell(path, `key \`${key}\` is missing`);
  for (const [key, one] of Object.entries(value)) {
    const at = `${path}/${pointer(key)}`;
    if (!Object.hasOwn(keys, key)) tell(at, `unknown key \`${key}\``, `one of ${Object.keys(keys).join(", ")}`);
    else if (one !== null || required.includes(key)) keys[key](one, at, tell);
  }
};

/** Reads a document, or throws all of its problems; their codes begin with what it is. */
export function read(document, sort, of) {
  const problems = [];
  const tell = (path, message, help) => problems.push(problem(`${sort}-shape`, path, message, help));
  let value;
  try {
    value = JSON.parse(document);
  } catch (error) {
    throw [problem(`${sort}-syntax`, "", error.message)];
  }
  repeated(document).forEach((key) => tell("", `key \`${key}\` stands there twice`));
  of(value, "", tell);
  if (problems.length > 0) throw problems;
  return value;
}

/** The keys that one object has twice: `JSON.parse` keeps the last one and says nothing. The text is JSON. */
function repeated(document) {
  const twice = [];
  const open = [];
  const tokens = document.match(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g) ?? [];
  tokens.forEach((token, index) => {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (tokens[index + 1] === ":") {
      const key = JSON.parse(token);
      const keys = open.at(-1);
      if (keys.has(key)) twice.push(key);
      keys.add(key);
    }
  });
  return twice;
}

/** SHA-256 of a document, in lower-case hex, whatever the order of keys and rows. */
export function digest(value) {
  const bytes = Uint8Array.from(unescape(encodeURIComponent(canonical(value))), (character) => character.charCodeAt(0));
  return Array.from(sha256(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
}
