// An answer that contradicts itself is not believed, as in Handoff's own host (rule D12).

/** @typedef {import("./dist/schema/answer.js").DecisionAnswer} Decision */

/**
 * Reads an answer, and checks every decision in it, wherever it stands.
 * @param {string} text
 */
export function believe(text) {
  const answer = JSON.parse(text);
  if (answer === null || typeof answer !== "object") throw new Error("the answer is no object");
  decisions(answer);
  return answer;
}

/** @param {any} value */
function decisions(value) {
  if (value === null || typeof value !== "object") return;
  if (Object.hasOwn(value, "decision")) check(value);
  Object.values(value).forEach(decisions);
}

/** @param {Decision} answer */
function check({ decision, by_exception, permitted, findings, waivers }) {
  if (decision === "deny") return;
  if (decision !== "allow") throw new Error(`\`${decision}\` is no verdict`);
  if (permitted !== true) throw new Error("it allows an actor that is not permitted");
  if (by_exception !== waivers.length > 0) throw new Error("it names exceptions that it did not need, or the other way round");
  for (const { code, severity, requirement, item } of findings) {
    const waived = requirement && item && waivers.some((waiver) => waiver.requirement === requirement && waiver.item === item);
    if (severity !== "warn" && severity !== "audit" && !waived) throw new Error(`it allows what \`${code}\` denies`);
  }
}
