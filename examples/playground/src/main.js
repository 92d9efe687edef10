// The page: takes what is typed, has it judged, and shows what comes out.

import { body } from "./answer.js";
import { count, h, prose } from "./dom.js";
import { editor } from "./editor.js";
import { Form, holder, workflowOf } from "./form.js";
import { load } from "./runner.js";
import { markOf, pack, unpack } from "./share.js";
import { headline } from "./standing.js";
import { tabs } from "./tabs.js";
import { centre, workflow } from "./workflow.js";

/** How long typing pauses before it is judged. */
const PAUSE = 250;

const element = (id) => document.getElementById(id);
const base = document.baseURI;
const select = tabs(element("tab-facts").parentElement);
const editors = {
  facts: editor(element("panel-facts"), "Facts, in JSON or YAML", typed),
  policy: editor(element("panel-policy"), "Policy, in YAML or JSON", typed),
};
const form = new Form(element("question"), typed);
let runner;
let examples;
let reference = "";
let rows;
let policy;
let due;

function typed() {
  element("shared").textContent = "";
  element("link").hidden = true;
  clearTimeout(due);
  due = setTimeout(judge, PAUSE);
}

/** Has the state judged, and shows the outcome, unless it is overtaken. */
async function judge() {
  clearTimeout(due);
  element("decision").setAttribute("aria-busy", "true");
  const request = { policy: editors.policy.text, facts: editors.facts.text, question: form.question, about: holder(form.about) };
  const result = await runner.run(request);
  if (!result) return;
  element("decision").removeAttribute("aria-busy");
  if ("stopped" in result) return showStopped(result.stopped);
  const { outcome } = result;
  rows = outcome.rows ?? rows;
  policy = outcome.policy ?? policy;
  const about = form.about;
  form.know(outcome);
  // The first facts tell what it is about; then there is a picture to draw.
  if (form.about !== about) return judge();
  showProblems(outcome.problems);
  showOutcome(request, outcome);
}

function showVerdict({ tone, word, text }) {
  const verdict = element("verdict");
  if (verdict.textContent !== word + text || verdict.dataset.tone !== tone) verdict.replaceChildren(h("p", { class: "word" }, word), h("p", {}, text));
  verdict.dataset.tone = tone;
  const bar = element("verdict-bar");
  bar.hidden = false;
  bar.dataset.tone = tone;
  bar.replaceChildren(h("b", {}, word), ` ${text}`);
}

function showStopped(reason) {
  showVerdict({ tone: "bad", word: "No answer", text: `The component was stopped: ${reason}. That is a refusal. It starts anew with the next question.` });
  for (const id of ["problems", "jumps", "answer", "workflow"]) element(id).replaceChildren();
}

function showOutcome({ question }, { problems, answer, places, next }) {
  const context = { places, show, at: inOffset(rows?.at) };
  if (answer) {
    showVerdict(headline(question, answer));
  } else {
    const errors = problems.filter(({ warning }) => !warning);
    const where = ["policy", "facts", "question"].filter((name) => errors.some(({ document }) => document === name)).join(" and ");
    showVerdict({ tone: "none", word: "Nothing decided", text: `${count(errors.length, "problem")} of the ${where}: that is a refusal` });
  }
  element("answer").replaceChildren(...(answer ? body(answer, context).flat(4).filter(Boolean) : []));
  const found = workflowOf(form.about, rows, policy);
  const options = next?.items[0]?.options;
  element("workflow").replaceChildren(...(found ? [workflow({ found, options, target: answer?.to ?? question.to, ask: askFor })] : []));
  centre(element("workflow"));
  element("jumps").replaceChildren(...(answer?.decision ? jumps() : []));
}

/** Ways to what stands far below, where there is much. */
function jumps() {
  const heads = [...element("answer").querySelectorAll(".group > h3")];
  if (heads.length < 3) return [];
  const way = (target, text) => h("button", { type: "button", class: "link", onclick: () => go(target) }, text);
  const workflow = element("workflow").querySelector("h2");
  const to = heads.map((head) => h("li", {}, way(head, head.firstChild.textContent), h("span", { class: "tag" }, parseInt(head.lastChild.textContent, 10))));
  return [h("ul", {}, to, workflow && h("li", {}, way(workflow, "the workflow")))];
}

function go(target) {
  target.scrollIntoView({ block: "start" });
  target.focus({ preventScroll: true });
}

function askFor(item, to) {
  const { at, actor } = form.question;
  form.question = { ask: "transition", item, to, at, actor };
  judge();
  go(element("decision"));
}

function showProblems(problems) {
  for (const name of ["facts", "policy"]) {
    const of = problems.filter(({ document }) => document === name);
    editors[name].mark(of);
    const badge = element(`badge-${name}`);
    badge.textContent = of.length || "";
    badge.classList.toggle("bad", of.some(({ warning }) => !warning));
    badge.title = of.length ? count(of.length, "problem") : "";
  }
  const one = ({ document, place, path, code, message, help, warning }) => {
    const where = place ? `${document}, line ${place.line}, column ${place.column}` : document;
    return h("li", { class: `finding ${warning ? "doubt" : "bad"}` },
      h("p", { class: "message" }, prose(message), " ", h("code", { class: "code" }, code)),
      help && h("p", { class: "remedy" }, prose(help)),
      h("dl", { class: "pairs" },
        h("div", {}, h("dt", {}, "Where"), h("dd", {}, place ? h("button", { type: "button", class: "link", onclick: () => show({ document, ...place }) }, where) : where)),
        path && h("div", {}, h("dt", {}, "Path"), h("dd", {}, h("code", {}, path)))));
  };
  const title = problems.every(({ warning }) => warning) ? "Warnings" : "Problems";
  element("problems").replaceChildren(...(problems.length ? [h("h3", { class: "part" }, title), h("ul", { class: "findings" }, problems.map(one))] : []));
}

/** Goes to a place in a document. */
function show({ document, from, to }) {
  select(document);
  editors[document].show({ from, to });
}

/** Writes times with the offset that the facts use. */
function inOffset(at) {
  const offset = /(Z|[+-]\d\d:\d\d)$/.exec(at ?? "")?.[1] ?? "Z";
  const minutes = offset === "Z" ? 0 : (offset[0] === "-" ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4)));
  return (time) => `${new Date(Date.parse(time) + minutes * 60_000).toISOString().slice(0, 16).replace("T", " ")} (UTC${offset === "Z" ? "" : offset})`;
}

function take({ facts, policy, question }, story) {
  editors.facts.text = facts;
  editors.policy.text = policy ?? reference;
  form.question = question;
  element("story").textContent = story ?? "";
  element("story").hidden = !story;
  element("shared").textContent = "";
  element("link").hidden = true;
  return judge();
}

function takeExample(index) {
  const { facts, question, story } = examples.questions[index];
  return take({ facts: examples.facts[facts], question }, story);
}

/** Takes the state of a link, where the address is one. Whoever made it may have made it up. */
async function takeShared() {
  let state;
  try {
    state = await unpack(location.hash);
    if (!state) return false;
    if (![state.facts, state.policy ?? ""].every((text) => typeof text === "string")) throw new TypeError("no texts");
    element("example").value = "";
    await take(state);
  } catch {
    element("shared").textContent = "The link is damaged; what it held can't be shown.";
    return false;
  }
  if (state.reference && state.reference !== markOf(reference)) {
    element("shared").textContent = "The link was made with another edition of the reference policy; the decision may differ.";
  }
  return true;
}

async function share() {
  const state = { facts: editors.facts.text, question: form.question };
  // The reference policy is here already.
  if (editors.policy.text === reference) state.reference = markOf(reference);
  else state.policy = editors.policy.text;
  const address = new URL(await pack(state), location.href).href;
  history.replaceState(null, "", address);
  const told = `A link of ${count(address.length, "character")}`;
  try {
    await navigator.clipboard.writeText(address);
    element("shared").textContent = `${told} is in the clipboard. All of it is in the link; no server has it.`;
  } catch {
    // Browsers give the clipboard to pages over HTTPS only.
    const field = element("link").querySelector("input");
    element("link").hidden = false;
    field.value = address;
    field.select();
    element("shared").textContent = `${told} stands below, and in the address bar.`;
  }
}

function fillExamples() {
  const groups = new Map();
  examples.questions.forEach(({ folder, label }, index) => groups.set(folder, [...(groups.get(folder) ?? []), h("option", { value: index }, label)]));
  element("example").replaceChildren(h("option", { value: "" }, "none"), ...[...groups].map(([folder, options]) => h("optgroup", { label: folder }, options)));
  element("example").addEventListener("change", ({ target }) => target.value && takeExample(target.value));
}

async function start() {
  const text = async (name) => (await fetch(new URL(name, base))).text();
  [runner, examples, reference] = await Promise.all([load(base), text("examples.json").then(JSON.parse), text("policy.yaml")]);
  fillExamples();
  element("share").addEventListener("click", share);
  addEventListener("hashchange", takeShared);
  // Ways within the page leave a shared state in the address alone.
  for (const link of document.querySelectorAll('a[href="#decision"]')) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      go(element("decision"));
    });
  }
  if (await takeShared()) return;
  const told = element("shared").textContent;
  element("example").value = String(examples.first);
  await takeExample(examples.first);
  element("shared").textContent = told;
}

start().catch((error) => showVerdict({ tone: "none", word: "Not loaded", text: String(error.message ?? error) }));
