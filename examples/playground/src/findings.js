// Reasons, under the item that they are about.

import { count, h, prose } from "./dom.js";

/** Findings with the places that they speak of. `show` goes to a place. */
export function findings(list, { places, show }, tone = "bad") {
  const groups = new Map();
  for (const finding of list) {
    const name = groupOf(finding);
    groups.set(name, [...(groups.get(name) ?? []), finding]);
  }
  return [...groups].map(([name, group]) =>
    h("section", { class: "group" },
      h("h3", { tabindex: "-1" }, name, h("span", { class: "tag" }, count(group.length, "reason"))),
      h("ul", { class: "findings" }, group.map((finding) => one(finding, { places, show }, tone)))));
}

/** Tasks stand with their ticket. */
function groupOf({ item }) {
  if (!item) return "in general";
  return item.startsWith("task:") ? `ticket:${item.slice(5, item.lastIndexOf("/"))}` : item;
}

function one(finding, { places, show }, tone) {
  const { code, message, item, path, expected, found, remedy, responsible, accountable, sop, requirement, due, department, task } = finding;
  const taskId = item?.startsWith("task:") ? item.slice(item.lastIndexOf("/") + 1) : undefined;
  const link = (text, key, where) => (places[key] ? h("button", { type: "button", class: "link", title: `Show it in the ${where}`, onclick: () => show(places[key]) }, text) : text);
  const place = path && places[path];
  const pairs = [
    ["Task", taskId ?? task],
    ["Responsible", [department, responsible.join(" or ")].filter(Boolean).join(": ")],
    ["Accountable", accountable],
    ["By", due],
    ["SOP", sop && link(sop, `sops:${sop.split("#")[0]}`, "policy")],
    ["Requirement", requirement && link(requirement, `requirements:${requirement}`, "policy")],
    ["In the facts", path && (place ? link(`line ${place.line}`, path, "facts") : path)],
  ].filter(([, value]) => value);
  return h("li", { class: `finding ${tone}` },
    h("p", { class: "message" }, prose(message), " ", h("code", { class: "code" }, code)),
    compared(expected, found, code),
    remedy && h("p", { class: "remedy" }, h("span", { class: "unseen" }, "How to put it right: "), prose(remedy)),
    h("dl", { class: "pairs" }, pairs.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value)))));
}

/** What the policy wants beside what the facts say. */
function compared(expected, found, code) {
  if (!expected && !found) return null;
  // Alternatives of which none is met come in one text, too long for a line.
  const parts = code === "no-alternative-met" && found?.includes(" / ") ? found.split(" / ") : [found];
  return h("dl", { class: "compared" },
    expected && h("div", {}, h("dt", {}, "Expected"), " ", h("dd", {}, prose(expected))),
    found && h("div", { class: parts.length > 1 ? "found several" : "found" }, h("dt", {}, "Found"), " ", parts.map((part) => h("dd", {}, prose(part)))));
}
