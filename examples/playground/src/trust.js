// What an answer must be before it is shown: a component that contradicts itself is not believed (rule D12).

/** Throws where a decision in an answer, wherever in it, does not bear itself out. */
export function check(value) {
  if (Array.isArray(value)) return value.forEach(check);
  if (value === null || typeof value !== "object") return;
  if ("decision" in value) decision(value);
  Object.values(value).forEach(check);
}

function decision({ decision, permitted, findings, waivers = [], by_exception: byException }) {
  if (decision === "deny") return;
  if (decision !== "allow") throw new Error(`the answer has \`${decision}\` for a verdict`);
  if (permitted !== true) throw new Error("the answer allows an actor that is not permitted");
  if (!Array.isArray(findings) || !Array.isArray(waivers)) throw new Error("a decision has no list of findings");
  if ((waivers.length > 0) !== (byException === true)) throw new Error("the answer says by exception, and names none, or the other way");
  const waived = ({ requirement, item }) => requirement && item && waivers.some((w) => w.requirement === requirement && w.item === item);
  const against = findings.find((finding) => !["warn", "audit"].includes(finding.severity) && !waived(finding));
  if (against) throw new Error(`the answer allows what \`${against.code}\` denies`);
}
