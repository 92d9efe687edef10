// The workflow of the item that is asked about: what may come next, the whole of it as a picture, and the same in words.

import { count, h, s } from "./dom.js";
import { layout } from "./layout.js";
import { standing } from "./standing.js";

const CATEGORIES = ["pending", "stock", "held", "returning", "gone"];

/** `found` is the item with its workflow and state, `options` the decisions on what may come next, where there are any. `ask` asks for one of them. */
export function workflow({ found: { name, workflow, state, item }, options, target, ask }) {
  const next = new Map((options ?? []).map((option) => [option.to, standing(option)]));
  return h("section", { class: "panel", "aria-labelledby": "workflow-title" },
    h("h2", { id: "workflow-title", tabindex: "-1" }, workflow.title ?? name, h("span", { class: "tag" }, `workflow ${name}`)),
    h("p", { class: "lead" }, h("b", {}, item), state ? [" is ", h("b", {}, state)] : " has no known state", options ? steps(next.size) : ". What may come next is not decided."),
    h("ul", { class: "steps" }, [...next].map(([to, { tone, word }]) =>
      h("li", {}, h("button", { type: "button", onclick: () => ask(item, to), "aria-current": to === target && "true" },
        h("b", {}, to), " ", h("span", { class: `pill ${tone}` }, word))))),
    h("div", { class: "picture", role: "region", tabindex: "0", "aria-label": "Picture of the workflow" }, picture(workflow, state, next, target, name)),
    legend(workflow),
    words(workflow, state, next));
}

/** Scrolls a picture that is wider than its place to the present state. */
export function centre(element) {
  const [picture, present] = [element.querySelector(".picture"), element.querySelector(".present")];
  if (!picture || !present) return;
  const [frame, box] = [picture.getBoundingClientRect(), present.getBoundingClientRect()];
  picture.scrollLeft += box.left + box.width / 2 - frame.left - frame.width / 2;
}

function steps(number) {
  return number ? `, and ${count(number, "step")} may come next:` : ". No step comes next.";
}

/** What kind of state it is. States of tickets have no category: they are open or closing. */
const sortOf = ({ category, closing }) => category ?? closing ?? "open";
const classOf = (state) => (state.category && CATEGORIES.includes(state.category) ? state.category : state.closing ? "gone" : "pending");

let ruler;
/** How wide a text is drawn. */
function widthOf(text) {
  ruler ??= Object.assign(document.createElement("canvas").getContext("2d"), { font: "600 13px system-ui, sans-serif" });
  return ruler.measureText(text).width;
}

function picture(workflow, present, next, target, name) {
  const { width, height, boxes, arrows } = layout(workflow, (name) => Math.max(Math.ceil(widthOf(name)) + 28, 108));
  const toneOf = ({ from, to }) => {
    if (from === present && next.has(to)) return next.get(to).tone;
    return workflow.states[from]?.main === to ? "main" : "faint";
  };
  // What leads on from the present state is drawn last, above the rest.
  const drawn = arrows.map((arrow) => ({ ...arrow, tone: toneOf(arrow) })).sort((a, b) => rank(a) - rank(b));
  const titles = { title: `picture-title`, text: `picture-text` };
  return s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-labelledby": `${titles.title} ${titles.text}` },
    s("title", { id: titles.title }, `Workflow ${workflow.title ?? name}`),
    s("desc", { id: titles.text }, described(workflow, present, next)),
    s("defs", {}, ["main", "faint", "good", "doubt", "bad"].map((tone) =>
      s("marker", { id: `head-${tone}`, class: `head ${tone}`, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" },
        s("path", { d: "M0,0 8,4 0,8Z" })))),
    drawn.map(({ tone, path }) => s("path", { class: `arrow ${tone}`, d: path, "marker-end": `url(#head-${tone})` })),
    [...boxes].map(([name, box]) => boxOf(name, box, { state: workflow.states[name], present, next: next.get(name), target, entry: workflow.initial.includes(name) })));
}

const rank = ({ tone }) => ["faint", "main", "bad", "doubt", "good"].indexOf(tone);

function boxOf(name, { x, y, width, height }, { state, present, next, target, entry }) {
  const classes = ["state", classOf(state), name === present && "present", next && `next ${next.tone}`, name === target && "target"].filter(Boolean).join(" ");
  const [left, top] = [x - width / 2, y - height / 2];
  return s("g", { class: classes },
    s("rect", { class: "box", x: left, y: top, width, height, rx: 5 }),
    s("text", { class: "name", x, y: y - 3 }, name),
    s("text", { class: "sort", x, y: y + 11 }, [sortOf(state), name === present ? "now here" : entry ? "start" : ""].filter(Boolean).join(" · ")),
    next && [s("circle", { class: "sign", cx: left + width, cy: top, r: 9 }), s("text", { class: "sign", x: left + width, y: top }, next.sign)]);
}

function legend(workflow) {
  const used = CATEGORIES.filter((category) => Object.values(workflow.states).some((state) => state.category === category));
  return h("ul", { class: "legend", "aria-hidden": "true" },
    used.map((category) => h("li", {}, h("span", { class: `swatch ${category}` }), category)),
    h("li", {}, h("span", { class: "stroke main" }), "the main way"),
    h("li", {}, h("span", { class: "stroke good" }), "allowed now"),
    h("li", {}, h("span", { class: "stroke bad" }), "denied now, with so many reasons"));
}

function described(workflow, present, next) {
  const may = [...next].map(([to, { word }]) => `${to} (${word})`).join(", ");
  const now = present ? ` It is in ${present} now${may ? `; next may come ${may}` : ""}.` : "";
  return `${count(Object.keys(workflow.states).length, "state")} and ${count(workflow.transitions.length, "transition")}.${now} The table below tells all of them.`;
}

/** The same in words. */
function words(workflow, present, next) {
  const rows = Object.entries(workflow.states).map(([name, state]) => h("tr", {},
    h("th", { scope: "row" }, name, name === present ? " (now)" : workflow.initial.includes(name) ? " (start)" : ""),
    h("td", {}, sortOf(state)),
    h("td", {}, state.next.map((to) => (name === present && next.has(to) ? `${to} (${next.get(to).word})` : to)).join(", ") || "nothing: it ends here"),
    h("td", {}, state.gate.join(", "))));
  return h("details", {}, h("summary", {}, "The workflow in words"),
    h("div", { class: "scrolling", tabindex: "0", role: "region", "aria-label": "The workflow in words" },
      h("table", {}, h("thead", {}, h("tr", {}, ["State", "Sort", "Leads to", "Wants"].map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, rows))));
}
