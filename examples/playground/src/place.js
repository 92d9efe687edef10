// From a JSON pointer to its place in a text.

/**
 * The place of what a pointer names, or of the innermost of what it stands in that there is: the value, or its key where the value takes
 * more than a line. Pointers into facts name rows by their ids, pointers of problems by their numbers; both are understood.
 */
export function placeOf(tree, pointer, { key: wantsKey = false } = {}) {
  if (!tree) return undefined;
  let [node, key] = [tree, undefined];
  for (const part of pointer.split("/").slice(1).map(unescape)) {
    const next = node.kind === "object" ? node.entries.get(part) : node.kind === "list" ? row(node, part) : undefined;
    if (!next) break;
    [node, key] = next.value ? [next.value, next] : [next, undefined];
  }
  const { from, to } = key && (wantsKey || node.kind === "object" || node.kind === "list") ? key : node;
  // Of a whole row or document its beginning is enough.
  return { from, to: node.kind === "list" || (node.kind === "object" && !key) ? from + 1 : to };
}

const unescape = (part) => part.replaceAll("~1", "/").replaceAll("~0", "~");

function row({ items }, part) {
  const named = items.find((item) => item.kind === "object" && item.entries.get("id")?.value?.text === part);
  return named ?? (/^\d+$/.test(part) ? items[Number(part)] : undefined);
}

/** A place as line and column, both from 1, columns in characters. */
export function lineOf(text, { from }) {
  const start = text.lastIndexOf("\n", from - 1) + 1;
  return { line: text.slice(0, start).split("\n").length, column: [...text.slice(start, from)].length + 1 };
}

/** The place of a position that the component tells: its columns count bytes. */
export function placeAt(text, { line, column }) {
  let from = 0;
  for (let rest = line; rest > 1; rest -= 1) from = text.indexOf("\n", from) + 1 || text.length;
  for (let bytes = column - 1; bytes > 0 && from < text.length && text[from] !== "\n"; ) {
    const sign = String.fromCodePoint(text.codePointAt(from));
    bytes -= new TextEncoder().encode(sign).length;
    from += sign.length;
  }
  return { from, to: Math.min(from + 1, text.length) };
}
