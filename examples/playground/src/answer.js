// Answers as people read them: below the verdict all reasons, and what follows.

import { count, h } from "./dom.js";
import { findings } from "./findings.js";
import { reasons, standing } from "./standing.js";

/** The body of an answer. `at` writes a time as the facts do. */
export function body(answer, context) {
  if (answer.decision) return decision(answer, context);
  if (answer.items) return next(answer, context);
  return answer.plan ? plan(answer, context) : review(answer, context);
}

function decision(answer, context) {
  const { blocking, followUp, warnings, audit } = reasons(answer);
  const part = (title, list, tone) => (list.length ? [h("h3", { class: "part" }, title), findings(list, context, tone)] : []);
  return [
    facts([
      ["To do", answer.decision === "deny" && work(blocking)],
      ["Accountable now", answer.accountable],
      ["Tell", answer.inform.filter((role) => role !== answer.accountable).join(", ")],
      ["Possible next", answer.decision === "deny" && answer.next.join(", ")],
      ["Written off", answer.written_off.join(", ")],
      ["Valid until", answer.valid_until && `${context.at(answer.valid_until)}${answer.record_version ? `, on version ${answer.record_version} of the record` : ""}`],
      ["Policy", origin(answer, context)],
    ]),
    findings(blocking, context),
    waivers(answer, context),
    part("To be followed up", followUp, "doubt"),
    part("Warnings, which do not deny", warnings, "doubt"),
    part("For the record", audit, "plain"),
  ];
}

const origin = ({ policy, at }, context) => `${policy.name} ${policy.version}, at ${context.at(at)}`;

/** How many reasons each has to put right, most work first. */
function work(list) {
  const shares = new Map();
  for (const { responsible } of list) {
    const who = [...responsible].sort().join(" or ");
    if (who) shares.set(who, (shares.get(who) ?? 0) + 1);
  }
  return [...shares].sort(([, a], [, b]) => b - a).map(([who, number]) => `${who} ${number}`).join(", ");
}

function waivers({ waivers }, context) {
  if (!waivers.length) return [];
  const one = ({ requirement, item, exception, approved_by: by, expires }) =>
    h("li", {}, h("b", {}, requirement), ` on ${item}, by ${exception}, approved by ${by.join(" and ")}, until ${context.at(expires)}`);
  return [h("h3", { class: "part" }, "Waived by exceptions"), h("ul", { class: "plain-list" }, waivers.map(one))];
}

/** Names with what is said of them; a name without leaves no line. */
function facts(pairs) {
  return h("dl", { class: "summary" }, pairs.filter(([, value]) => value).map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))));
}

function next({ items }, context) {
  if (!items.length) return [h("p", { class: "empty" }, "The facts hold no asset and no ticket.")];
  return items.map(({ item, state, options, findings: why }) => {
    const is = state ? `is ${state}` : why.length ? "has no known state" : "has no state yet";
    return h("section", { class: "item" },
      h("h3", {}, `${item} ${is}`),
      findings(why, context),
      !options.length && !why.length && h("p", { class: "empty" }, "No next step: it is at an end."),
      options.map((option) => {
        const { tone, word } = standing(option);
        const { blocking } = reasons(option);
        return h("details", { class: "option", open: items.length === 1 },
          h("summary", {}, h("b", {}, option.to ?? "?"), " ", h("span", { class: `pill ${tone}` }, word)),
          findings(blocking, context, tone), waivers(option, context));
      }));
  });
}

function plan(answer, context) {
  const { findings: against, items, tasks } = answer.plan;
  const departments = [...new Set(tasks.map(({ department }) => department))].sort();
  const source = { ticket: "linked already", stock: "from stock", seat: "a free seat", new: "to be procured or made" };
  return [
    findings(against, context),
    items.length && table("Things", ["What", "Kind", "Asset", "Where from"], items.map(({ action, item, kind, asset, source: from }) =>
      [h("b", {}, action), item ?? kind, asset ?? "", source[from] ?? ""])),
    departments.map((department) => table(`Work of ${department ?? "nobody"}`, ["By", "Work", "Needs", "Who"],
      tasks.filter((task) => task.department === department).sort((a, b) => (a.due ?? "~").localeCompare(b.due ?? "~")).map((task) => [
        task.due ?? "",
        [task.title, task.asset ? `: ${task.asset}` : "", task.sop ? ` (${task.sop})` : ""].join(""),
        task.requirements.filter(({ met }) => !met).map(({ requirement, remedy }) => requirement ?? remedy ?? "").join(", "),
        task.state === "open" ? task.responsible.join(" or ") : task.state,
      ]))),
    facts([["Policy", origin(answer, context)]]),
  ];
}

function review(answer, context) {
  const { findings: open, tasks } = answer.review;
  const known = open.map(({ finding, task, department, responsible, accountable, due }) =>
    ({ ...finding, department, responsible, accountable, due, task: task?.startsWith("task:") ? task.slice(task.lastIndexOf("/") + 1) : undefined }));
  const by = (blocks) => known.filter(({ severity }) => (severity === "block") === blocks);
  const lists = [
    ["Tasks to create", tasks.create.map(({ item }) => item)],
    ["Tasks that may be closed now", tasks.close.filter(({ shown }) => shown).map(({ item }) => item)],
    ["Tasks that whoever did them may close", tasks.close.filter(({ shown }) => !shown).map(({ item }) => item)],
    ["Tasks that are marked as done, and don't count", tasks.reopen],
  ];
  return [
    findings(by(true), context),
    by(false).length ? [h("h3", { class: "part" }, "What does not keep it from closing"), findings(by(false), context, "doubt")] : [],
    lists.filter(([, list]) => list.length).map(([title, list]) => [h("h3", { class: "part" }, title), h("ul", { class: "plain-list" }, list.map((item) => h("li", {}, item)))]),
    facts([["Tasks", `${count(tasks.open.length, "task")} that may not be closed yet`], ["Policy", origin(answer, context)]]),
  ];
}

function table(caption, heads, rows) {
  return h("div", { class: "scrolling", tabindex: "0", role: "region", "aria-label": caption },
    h("table", {}, h("caption", {}, caption),
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))))));
}
