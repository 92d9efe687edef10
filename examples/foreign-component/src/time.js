// Times: RFC 3339 with an offset, as milliseconds.

export const DAY = 86_400_000;

/** The time that a text tells; null where it is none. */
export function milliseconds(text) {
  const parts = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/.exec(text);
  if (!parts) return null;
  const [, year, month, day, hour, minute, second, fraction = "", sign, hours = 0, minutes = 0] = parts;
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  // 30 February would become 2 March, and the year 26 would become 1926.
  if (written(local).slice(0, 19) !== text.slice(0, 19).toUpperCase() || hours > 23 || minutes > 59) return null;
  const offset = (hours * 60 + Number(minutes)) * 60_000;
  return local + Number(fraction.padEnd(3, "0").slice(0, 3)) - (sign === "-" ? -offset : offset);
}

export const written = (time) => new Date(time).toISOString();
