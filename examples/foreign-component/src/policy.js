// The desk's policy: a few parameters, and what is doubtful or laxer in them.

import { digest, list, object, problem, read, shape, text } from "./json.js";

const DOCUMENT = object(
  {
    format: shape("medical-desk-1", (value) => value === "medical-desk-1"),
    name: text,
    version: text,
    calibrated_within_days: shape("a whole number of days, 1 to 3650", (value) => Number.isInteger(value) && value >= 1 && value <= 3650),
    responsible: list(text),
    accountable: text,
    sop: text,
  },
  ["format", "name", "version", "calibrated_within_days", "responsible", "accountable"],
);

/** A year: what makers of such devices allow at most. */
const USUAL = 365;

const warning = (code, path, message, help) => ({ ...problem(code, path, message, help), warning: true });
const MEANT = "make sure that it is meant";

export class Policy {
  #document;

  constructor(document) {
    this.#document = document;
    this.name = document.name;
    this.version = document.version;
    this.days = document.calibrated_within_days;
    this.responsible = document.responsible;
    this.accountable = document.accountable;
    this.sop = document.sop ?? null;
    this.digest = digest(document);
  }

  static load(document) {
    const value = read(document, "policy", DOCUMENT);
    if (value.responsible.length === 0) throw [problem("list-empty", "/responsible", "the list is empty", "name at least one")];
    return new Policy(value);
  }

  static builtin() {
    return null;
  }

  /** Those who may take the step. */
  get entitled() {
    return [...new Set([...this.responsible, this.accountable])];
  }

  warnings() {
    if (this.days <= USUAL) return [];
    const message = `a calibration counts for ${this.days} days, and ${USUAL} are usual`;
    return [warning("duration-range", "/calibrated_within_days", message, MEANT)];
  }

  laxer(than) {
    const all = this.entitled
      .filter((role) => !than.entitled.includes(role))
      .map((role) => warning("laxer-setting", "/responsible", `\`${role}\` may release now`, MEANT));
    if (this.days > than.days) {
      const message = `a calibration counts for ${than.days} → ${this.days} days`;
      all.push(warning("laxer-requirement", "/calibrated_within_days", message, MEANT));
    }
    return all;
  }

  describe() {
    const { format, name, version, responsible, accountable } = this.#document;
    const release = { from: ["workshop"], to: "released", responsible, accountable };
    return JSON.stringify({
      format,
      name,
      version,
      digest: this.digest,
      workflows: { device: { sort: "assets", kinds: ["medical-device"], states: { workshop: {}, released: {} }, transitions: [release] } },
      roles: Object.fromEntries(this.entitled.map((role) => [role, {}])),
      requirements: { "certificate-is-genuine": {}, "calibration-is-current": { within: `P${this.days}D` } },
    });
  }
}
