// Which plain words of YAML are numbers, and which only look so to some readers.

const digits = (text) => /^[0-9]+$/.test(text);
const loose = (text) => /^[0-9_]*$/.test(text);
const radixes = { "0x": /^[0-9a-f_]+$/, "0o": /^[0-7_]+$/, "0b": /^[01_]+$/ };

/**
 * `exact` where a text is the one way to write a number in plain decimals, `other` where it is any other way: `14.10` would lose its
 * zero, `007` is 7 to some and `1e3` a text to others. `none` where it is no number.
 */
export function numberOf(text) {
  const sign = /^[-+]/.test(text) ? text[0] : "";
  const lower = text.slice(sign.length).toLowerCase();
  if (lower === ".inf" || lower === ".nan") return "other";
  const radix = radixes[lower.slice(0, 2)];
  if (radix) return radix.test(lower.slice(2)) ? "other" : "none";
  if (!/[0-9]/.test(lower) || !/^[0-9.]/.test(lower)) return "none";
  const [mantissa, exponent] = cut(lower, "e");
  const [whole, fraction] = cut(mantissa, ".");
  const exponentFits = exponent === undefined || digits(exponent.replace(/^[-+]/, ""));
  if (!loose(whole) || (fraction !== undefined && !loose(fraction)) || !exponentFits) return "none";
  const wholeExact = digits(whole) && (whole === "0" || !whole.startsWith("0"));
  const fractionExact = fraction === undefined || (digits(fraction) && !fraction.endsWith("0"));
  const exact = wholeExact && fractionExact && exponent === undefined && sign !== "+" && text !== "-0";
  return exact ? "exact" : "other";
}

/** What stands before a sign and behind it. */
function cut(text, sign) {
  const at = text.indexOf(sign);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
