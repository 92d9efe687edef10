// The whole state of the page in the fragment of a link, which browsers send to nobody.

/** Packs a state: JSON, deflated, in the alphabet of URLs. */
export async function pack(state) {
  const bytes = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(JSON.stringify(state)));
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `#1${btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** The state of a fragment; nothing where there is none. Throws where it is damaged. */
export async function unpack(fragment) {
  if (!fragment.startsWith("#1")) return undefined;
  const text = atob(fragment.slice(2).replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = await through(new DecompressionStream("deflate-raw"), Uint8Array.from(text, (sign) => sign.charCodeAt(0)));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** The most that a link unpacks to: more is no playground's state, but meant to fill the memory. */
const MOST = 16 << 20;

async function through(stream, bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MOST) throw new Error("it is too large");
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** A short mark of a text, by which a link tells whether the page still has the same. */
export function markOf(text) {
  let mark = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) mark = Math.imul(mark ^ text.charCodeAt(at), 0x01000193);
  return (mark >>> 0).toString(16);
}
