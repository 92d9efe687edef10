// The question, as a small form. What there is to choose comes from the facts and the policy, as far as these can be read.

import { h } from "./dom.js";

const KINDS = {
  closure: "May it close?",
  transition: "May it enter?",
  next: "What is next?",
  plan: "A plan for",
  review: "A review of",
};
const DIRECTIONS = { joiner: "joins", mover: "moves", leaver: "leaves" };
/** Which fields a kind of question has. */
const FIELDS = {
  closure: ["item", "to"],
  transition: ["item", "to", "kind", "ticket"],
  next: ["item"],
  plan: ["person", "direction", "profile", "day"],
  review: ["person", "ticket", "direction"],
};
const WHO = ["actor", "roles", "automation", "on_behalf_of"];
/** Fields that are seldom needed, and stand behind a fold. */
const MORE = new Set(["kind", "ticket", "profile", "day", "at", ...WHO]);

/** The form in an element; `changed` hears of every change that its user makes. */
export class Form {
  #element;
  #fields = {};
  #known = {};

  constructor(element, changed) {
    this.#element = element;
    const select = (name, label) => this.#field(name, label, h("select", { name }));
    const input = (name, label, attributes) => this.#field(name, label, h("input", { name, spellcheck: "false", ...attributes }));
    const more = h("details", { class: "more" }, h("summary", {}, "When, who, and more"),
      h("div", { class: "fields" },
        input("at", "At", { placeholder: "as in the facts" }),
        input("actor", "Actor", { placeholder: "as in the facts" }),
        input("roles", "Roles of the actor", { placeholder: "service-desk, …" }),
        input("on_behalf_of", "On behalf of", {}),
        select("kind", "New kind"), select("ticket", "Ticket"), select("profile", "Profile"), input("day", "Day", { placeholder: "2026-03-02" }),
        this.#field("automation", "Acts by itself", h("input", { type: "checkbox", name: "automation" }))));
    element.append(
      h("div", { class: "fields first" }, select("ask", "Ask"), select("item", "Item"), select("person", "Person"), select("direction", "Who"), select("to", "State")),
      more,
    );
    this.#options("ask", Object.entries(KINDS));
    this.#options("direction", [["", "as recorded"], ...Object.entries(DIRECTIONS)]);
    element.addEventListener("submit", (event) => event.preventDefault());
    element.addEventListener("input", ({ target }) => {
      this.#settle(target.name);
      changed();
    });
    this.#settle();
  }

  #field(name, label, control) {
    this.#fields[name] = control;
    const box = control.type === "checkbox";
    return h("label", { class: box ? "field box" : "field" }, box ? [control, h("span", {}, label)] : [h("span", {}, label), control]);
  }

  /** The question as the component takes it. */
  get question() {
    const value = (name) => this.#fields[name].value.trim();
    const ask = value("ask");
    const question = { ask };
    for (const name of FIELDS[ask]) if (value(name)) question[name] = value(name);
    if (value("at")) question.at = value("at");
    if (value("actor") && !["plan", "review"].includes(ask)) {
      question.actor = { id: value("actor"), roles: value("roles").split(/[\s,]+/).filter(Boolean), automation: this.#fields.automation.checked };
      if (value("on_behalf_of")) question.actor.on_behalf_of = value("on_behalf_of");
    }
    return question;
  }

  set question({ ask, actor, ...rest }) {
    if (!KINDS[ask]) throw new TypeError(`the page asks no \`${ask}\``);
    const values = { ...rest, ask, actor: actor?.id, roles: actor?.roles?.join(", "), on_behalf_of: actor?.on_behalf_of };
    for (const [name, field] of Object.entries(this.#fields)) this.#set(field, values[name] ?? "");
    this.#fields.automation.checked = actor?.automation === true;
    this.#element.querySelector("details").open = Object.keys(values).some((name) => MORE.has(name) && values[name]);
    this.#settle();
  }

  /** What is asked about: the item whose workflow is drawn. */
  get about() {
    const { ask, item, ticket } = this.question;
    if (item) return item;
    const tickets = this.#known.rows?.tickets ?? [];
    if (ask === "closure" && tickets.length === 1) return `ticket:${tickets[0].id}`;
    return ticket && ask !== "plan" ? `ticket:${ticket}` : undefined;
  }

  /** Takes what facts and policy hold now; what can't be read keeps what it held. */
  know({ rows, policy }) {
    this.#known = { rows: rows ?? this.#known.rows, policy: policy ?? this.#known.policy };
    this.#settle();
  }

  #set(field, value) {
    // A choice that facts or policy do not offer is one all the same.
    if (field.tagName === "SELECT" && value && ![...field.options].some((option) => option.value === value)) field.append(h("option", { value }, value));
    field.value = value;
  }

  /** Shows the fields of the question, with what there is to choose. */
  #settle(changed) {
    const ask = this.#fields.ask.value || "closure";
    const shown = new Set(["ask", "at", ...FIELDS[ask], ...(ask === "plan" || ask === "review" ? [] : WHO)]);
    for (const [name, field] of Object.entries(this.#fields)) field.closest("label").hidden = !shown.has(name);
    const { rows, policy } = this.#known;
    const named = ({ id, kind, state, name, title, status }, prefix = "") => [
      prefix + id,
      `${id}${[name ?? title ?? kind, state ?? status].filter(Boolean).map((text, at) => (at ? `, ${text}` : `: ${text}`)).join("")}`,
    ];
    const tickets = rows?.tickets.map((ticket) => named(ticket, "ticket:")) ?? [];
    const groups = ask === "closure" ? { Tickets: tickets } : {
      Assets: rows?.assets.map((asset) => named(asset, "asset:")) ?? [],
      Tickets: tickets,
      Tasks: ask === "next" ? [] : rows?.tickets.flatMap(({ id, tasks }) => tasks.map((task) => named(task, `task:${id}/`))) ?? [],
    };
    const whole = { closure: "the only one", next: "every item", transition: "choose" }[ask] ?? "none";
    this.#options("item", [["", whole]], groups);
    this.#options("person", [["", "choose"], ...(rows?.people.map((person) => named(person)) ?? [])]);
    this.#options("ticket", [["", "as recorded"], ...(rows?.tickets.map((ticket) => named(ticket)) ?? [])]);
    this.#options("kind", [["", "as it is"], ...Object.keys(policy?.kinds ?? {}).map((kind) => [kind, kind])]);
    this.#options("profile", [["", "as recorded"], ...Object.keys(policy?.profiles ?? {}).map((profile) => [profile, profile])]);
    if (changed === "item" || changed === "ask" || changed === "kind") this.#fields.to.value = "";
    this.#options("to", [["", ask === "closure" ? "the usual one" : "choose"]], this.#states(ask));
  }

  /** The states that the item may be asked into: legal ones first. */
  #states(ask) {
    const { rows, policy } = this.#known;
    const about = this.about;
    if (about?.startsWith("task:")) return { "": [["done", "done"], ["skipped", "skipped"]] };
    const found = workflowOf(about, rows, policy);
    if (!found) return {};
    const kind = this.#fields.kind.value;
    if (ask === "transition" && kind) {
      const other = policy.workflows[policy.kinds[kind]?.workflow];
      return { "Initial states": (other?.initial ?? []).map((state) => [state, state]) };
    }
    const { workflow, state } = found;
    const names = Object.keys(workflow.states).filter((name) => ask !== "closure" || workflow.states[name].closing);
    const legal = state ? (workflow.states[state]?.next ?? []) : workflow.initial;
    const pairs = (names) => names.map((name) => [name, name]);
    return { "Possible next": pairs(names.filter((name) => legal.includes(name))), "Other states": pairs(names.filter((name) => !legal.includes(name))) };
  }

  #options(name, options, groups = {}) {
    const field = this.#fields[name];
    const value = field.value;
    const option = ([value, label]) => h("option", { value }, label);
    field.replaceChildren(
      ...options.map(option),
      ...Object.entries(groups).filter(([, of]) => of.length).map(([label, of]) => h("optgroup", { label: label || "States" }, of.map(option))),
    );
    this.#set(field, value || (options[0]?.[0] ?? ""));
  }
}

/** The item in whose workflow an item stands: tasks stand in that of their ticket. */
export function holder(item) {
  return item?.startsWith("task:") ? `ticket:${item.slice(5, item.lastIndexOf("/"))}` : item;
}

/** The workflow of an item, and its state. */
export function workflowOf(about, rows, policy) {
  const item = holder(about);
  const [, sort, id] = /^(asset|ticket):(.+)$/.exec(item ?? "") ?? [];
  if (!sort || !rows || !policy) return undefined;
  const row = (sort === "asset" ? rows.assets : rows.tickets).find((row) => row.id === id);
  const name = (sort === "asset" ? policy.kinds : policy.ticket_kinds)[row?.kind]?.workflow;
  const workflow = policy.workflows[name];
  return workflow && { name, workflow, state: row.state, item };
}
