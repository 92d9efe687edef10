// What the desk reads of Handoff's facts: devices, their certificate and their calibrations.

import { digest, flag, list, object, oneOf, read, text, time } from "./json.js";

export const ACTOR = object({ id: text, roles: list(text), automation: flag, on_behalf_of: text }, ["id"]);

const EVIDENCE = object(
  { check: text, at: time, result: oneOf("passed", "failed"), seen: text, by: text, role: text, means: text, reference: text },
  ["check"],
);

const ASSET = object(
  {
    id: text,
    kind: text,
    state: text,
    serial: text,
    version: text,
    attributes: object({ certificate: text }),
    evidence: list(EVIDENCE),
  },
  ["id"],
);

const DOCUMENT = object({ at: time, actor: ACTOR, assets: list(ASSET) });

export class Facts {
  #document;

  constructor(document) {
    this.#document = document;
    this.at = document.at ?? null;
    this.actor = document.actor ?? null;
    this.assets = document.assets ?? [];
  }

  static parse(document) {
    return new Facts(read(document, "facts", DOCUMENT));
  }

  digest() {
    return digest(this.#document);
  }
}
