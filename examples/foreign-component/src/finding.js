import { pointer } from "./json.js";

/** Where a device's record stands. */
export const record = ({ id }) => `/assets/${pointer(id)}`;

const NONE = { requirement: null, path: null, expected: null, found: null };

/** Adds one reason to a list of them. Every reason of this desk denies. */
export function deny({ policy, item, findings }, code, reason) {
  const { responsible, accountable, sop } = policy;
  const told = { ...NONE, ...reason };
  findings.push({ code, severity: "block", followUp: false, item, ...told, responsible, accountable, sop: told.requirement && sop });
}
