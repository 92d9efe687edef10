// How a decision stands, in a word and a tone.

import { count } from "./dom.js";

/** Findings by what they do. One that an exception waives blocks nothing. */
export function reasons({ findings, waivers }) {
  const sorted = { blocking: [], followUp: [], warnings: [], audit: [] };
  const waived = (finding) => waivers.some(({ requirement, item }) => requirement === finding.requirement && item === finding.item);
  for (const finding of findings) {
    if (finding.follow_up) sorted.followUp.push(finding);
    else if (finding.severity === "warn") sorted.warnings.push(finding);
    else if (finding.severity === "audit") sorted.audit.push(finding);
    else if (!waived(finding)) sorted.blocking.push(finding);
  }
  return sorted;
}

/** How an option stands. Only an allow is good: whatever else there may be is a denial. */
export function standing(option) {
  const { decision, ready, permitted, by_exception: byException } = option;
  if (decision === "allow") return byException ? { tone: "doubt", word: "allowed by exception", sign: "✓" } : { tone: "good", word: "allowed", sign: "✓" };
  // Who acts is no part of what is missing (rule D1).
  const missing = reasons(option).blocking.filter(({ code }) => !/^(actor|automation)-/.test(code)).length;
  if (ready) return { tone: "doubt", word: permitted === null ? "ready, for somebody who may" : "ready, and not for this actor", sign: "!" };
  return { tone: "bad", word: missing ? `not ready, ${missing} missing` : "not ready", sign: missing ? String(missing) : "✕" };
}

/** The verdict on what was asked: a tone, the word that stands there large, and the rest of the sentence. */
export function headline(question, answer) {
  if (answer.decision) return ofDecision(question, answer);
  if (answer.items) return ofNext(answer);
  return answer.plan ? ofPlan(answer.plan) : ofReview(answer.review);
}

function ofDecision(question, answer) {
  const { blocking } = reasons(answer);
  const text = step(question, answer);
  if (answer.decision === "allow") return { tone: answer.by_exception ? "doubt" : "good", word: answer.by_exception ? "Allowed by exception" : "Allowed", text };
  return { tone: "bad", word: "Denied", text: blocking.length ? `${text}: ${count(blocking.length, "reason")}` : text };
}

function step({ ask, to: asked }, { item, to = asked }) {
  const [sort, id] = [item.slice(0, item.indexOf(":")), item.slice(item.indexOf(":") + 1)];
  if (sort === "task") return `marking task ${id.slice(id.lastIndexOf("/") + 1)} of ticket ${id.slice(0, id.lastIndexOf("/"))} as ${to}`;
  if (sort === "ticket" && ask === "closure") return `closing ticket ${id}${to ? ` as ${to}` : ""}`;
  return `moving ${sort} ${id}${to ? ` to ${to}` : ""}`;
}

function ofNext({ items }) {
  const options = items.flatMap((item) => item.options);
  const open = options.filter(({ decision }) => decision === "allow").length;
  const text = items.length === 1 ? `of ${count(options.length, "step")} that may come next for ${items[0].item}` : `of ${count(options.length, "step")} of ${count(items.length, "item")}`;
  return { tone: open ? "good" : "bad", word: `${open || "None"} allowed`, text };
}

const DOES = { joiner: "comes", mover: "moves", leaver: "leaves" };

function under(ticket) {
  if (!ticket) return "";
  return `, under ticket ${ticket.id} (${[ticket.kind, ticket.exists ? ticket.state : "to be opened"].filter(Boolean).join(", ")})`;
}

function whose({ person, direction, profile, previous_profile: from, day, ticket }) {
  const as = direction === "mover" ? `${from ? ` from ${from}` : ""}${profile ? ` to ${profile}` : ""}` : profile ? ` as ${profile}` : "";
  return `${person ?? "nobody knows who"} ${DOES[direction]}${as}${day ? ` on ${day}` : ""}${under(ticket)}`;
}

function ofPlan(plan) {
  const number = plan.findings.length;
  return number
    ? { tone: "bad", word: `${count(number, "thing")} in the way`, text: whose(plan) }
    : { tone: "good", word: "Planned", text: whose(plan) };
}

function ofReview(review) {
  const text = `${whose(review)}: ${count(review.findings.length, "finding")}`;
  if (!review.ticket?.exists) return { tone: "bad", word: "No ticket is open", text };
  return review.closable ? { tone: "good", word: "May close", text } : { tone: "bad", word: "Does not close", text };
}
