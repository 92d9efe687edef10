//! One decision, by everything that can make it: the core, the component by each of its doors, a component that does nothing, and the peers
//! regorus (Rego) and Cedar. Run it with
//!
//! ```sh
//! cargo bench --manifest-path benches/Cargo.toml
//! ```
//!
//! It is a workspace of its own, so that the project's ordinary build compiles no peer. Before anything is timed every contestant has to
//! come to the same verdict with the same requirements unmet, on the case and on thirteen variants of it. Then it prints one table, of one run:
//! trust the ratios, for clocks drift. The policies of the peers are in `peers/`, written as their users write them.

mod case;
mod component;
mod measure;
mod peers;

use std::collections::BTreeSet;

use handoff::{Baker, Component, Instance, Limits};
use handoff_core::{Context, Decision, Facts, Item, Policy, Question, Step};
use serde_json::Value;

use case::{ASSET, QUESTION};
use component::{Nothing, Typed};
use measure::{Row, measure};
use peers::{Cedar, Rego};

/// What a contestant came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    allow: bool,
    unmet: BTreeSet<String>,
}

impl Outcome {
    fn of(unmet: BTreeSet<String>) -> Self {
        Self { allow: unmet.is_empty(), unmet }
    }
}

fn unmet<'a>(findings: impl Iterator<Item = (bool, Option<&'a str>, &'a str)>) -> BTreeSet<String> {
    let name = |(requirement, code): (Option<&str>, &str)| match (requirement, code) {
        (Some(name), _) => name.to_owned(),
        (None, "actor-not-responsible") => "actor".to_owned(),
        (None, code) => code.to_owned(),
    };
    findings.filter(|(blocks, ..)| *blocks).map(|(_, requirement, code)| name((requirement, code))).collect()
}

fn of_core(decisions: &[Decision]) -> Outcome {
    let [decision] = decisions else { panic!("one question, one decision") };
    let findings = decision.findings.iter();
    let unmet = unmet(findings.map(|one| (one.severity == handoff_core::Severity::Block, one.requirement.as_deref(), one.code.as_str())));
    Outcome { allow: decision.verdict.allows(), unmet }
}

fn of_types(decisions: &[component::types::Decision]) -> Outcome {
    let [decision] = decisions else { panic!("one question, one decision") };
    let block = component::types::Severity::Block;
    let unmet = unmet(decision.findings.iter().map(|one| (one.severity == block, one.requirement.as_deref(), one.code.as_str())));
    Outcome { allow: decision.verdict != component::types::Verdict::Deny, unmet }
}

fn of_text(answer: &str) -> Outcome {
    let answer: Value = serde_json::from_str(answer).expect("the answer is JSON");
    let findings = answer["findings"].as_array().expect("a list").iter();
    let unmet =
        unmet(findings.map(|one| (one["severity"] == "block", one["requirement"].as_str(), one["code"].as_str().expect("a code"))));
    Outcome { allow: answer["decision"] == "allow", unmet }
}

/// A question for the core's typed door.
fn asked(facts: &Facts) -> (Context, [Question; 1]) {
    let document = facts.document();
    let context = Context { at: *document.at.value().expect("a time"), actor: document.actor.value().cloned() };
    let step = Step::Transition("secured".to_owned());
    (context, [Question { item: Item::Asset(ASSET.to_owned()), step, ticket: None }])
}

/// Every contestant on one variant, so that nobody is timed who decides otherwise.
fn agree(policy: &str) {
    let compiled = Policy::load(policy).expect("the policy loads");
    let mut instance = Component::embedded().and_then(|component| component.start()).expect("the component starts");
    let handle = instance.load_policy(policy).expect("the policy loads");
    let (mut rego, cedar) = (Rego::load(), Cedar::load());
    for variant in case::variants() {
        let text = variant.facts.to_string();
        let facts = Facts::parse(&text).expect("the facts are read");
        let (context, questions) = asked(&facts);
        let handed = instance.parse_facts(&text).expect("the facts are read");
        let input = || regorus::Value::from_json_str(&Rego::input(&variant.facts)).expect("the input is read");
        let came_to = [
            ("core, typed", of_core(&handoff_core::decide(&compiled, &facts, &context, &questions))),
            ("core, text", of_text(&handoff_core::ask_once(&compiled, &text, QUESTION).expect("an answer"))),
            ("component, typed", of_types(&Typed::start(policy, &variant.facts, ASSET).decide())),
            ("component, text", of_text(&instance.ask(&handle, &handed, QUESTION).expect("an answer"))),
            ("component, text once", of_text(&instance.ask_once(&handle, &text, QUESTION).expect("an answer"))),
            ("regorus, interpreter", Rego::outcome(&rego.interpret(input()))),
            ("regorus, machine", Rego::outcome(&rego.run(input()))),
            ("cedar", cedar.outcome(&cedar.ask(&Cedar::read(&Cedar::texts(&variant.facts))))),
        ];
        let expected = Outcome::of(variant.unmet.iter().map(|name| (*name).to_owned()).collect());
        for (who, outcome) in came_to {
            assert_eq!(outcome, expected, "{who}: {}", variant.name);
        }
    }
}

/// An instance of the component that holds the policy.
fn started(policy: &str) -> (Instance, handoff::Policy) {
    let mut instance = Component::embedded().and_then(|component| component.start()).expect("the component starts");
    let policy = instance.load_policy(policy).expect("the policy loads");
    (instance, policy)
}

/// The names of a group's rows; the first is what the others are compared with.
const CORE: &str = "core, compiled natively";

/// Everybody on facts that are held already.
fn handed_over<'a>(document: &'a str, facts: &Value) -> Vec<Row<'a>> {
    let text = facts.to_string();
    let policy = || Policy::load(document).expect("the policy loads");
    let held = || Facts::parse(&text).expect("the facts are read");
    let mut rows = Vec::new();
    let (own, given) = (policy(), held());
    let (context, questions) = asked(&given);
    rows.push(Row::new(CORE, move || handoff_core::decide(&own, &given, &context, &questions)));
    let (own, given) = (policy(), held());
    rows.push(Row::new("core, question and answer as text", move || handoff_core::ask(&own, &given, QUESTION)));
    let mut typed = Typed::start(document, facts, ASSET);
    rows.push(Row::new("component, typed", move || typed.decide()));
    let (mut instance, handle) = started(document);
    let given = instance.parse_facts(&text).expect("the facts are read");
    rows.push(Row::new("component, question and answer as text", move || instance.ask(&handle, &given, QUESTION)));
    let input = regorus::Value::from_json_str(&Rego::input(facts)).expect("the input is read");
    let (mut rego, given) = (Rego::load(), input.clone());
    rows.push(Row::new("regorus, virtual machine", move || rego.run(given.clone())));
    let mut rego = Rego::load();
    rows.push(Row::new("regorus, interpreter", move || rego.interpret(input.clone())));
    let (cedar, ready) = (Cedar::load(), Cedar::read(&Cedar::texts(facts)));
    rows.push(Row::new("cedar", move || cedar.ask(&ready)));
    rows
}

/// Everybody on facts that come as JSON text with the question.
fn from_text<'a>(document: &'a str, facts: &Value) -> Vec<Row<'a>> {
    let text = facts.to_string();
    let mut rows = Vec::new();
    let (own, given) = (Policy::load(document).expect("the policy loads"), text.clone());
    rows.push(Row::new(CORE, move || handoff_core::ask_once(&own, &given, QUESTION)));
    let (mut instance, handle) = started(document);
    rows.push(Row::new("component", move || instance.ask_once(&handle, &text, QUESTION)));
    let read = |text: &str| regorus::Value::from_json_str(text).expect("the input is read");
    let (mut rego, input) = (Rego::load(), Rego::input(facts));
    rows.push(Row::new("regorus, virtual machine", move || rego.run(read(&input))));
    let (mut rego, input) = (Rego::load(), Rego::input(facts));
    rows.push(Row::new("regorus, interpreter", move || rego.interpret(read(&input))));
    let (cedar, texts) = (Cedar::load(), Cedar::texts(facts));
    rows.push(Row::new("cedar", move || cedar.ask(&Cedar::read(&texts))));
    rows
}

/// The component with the policy in it.
fn bake(policy: &str) -> Component {
    let baker = Baker::new(handoff::EMBEDDED, Limits::default()).expect("it takes policies");
    baker.bake(policy).expect("the policy is baked in").1
}

/// What the boundary costs without anything behind it, and what starting costs.
fn around<'a>(document: &'a str, text: &'a str) -> Vec<Row<'a>> {
    let component = Component::embedded().expect("the component is there");
    let mut nothing = Nothing::start();
    let mut rows = vec![Row::new("a component that does nothing: a call", move || nothing.call())];
    let mut nothing = Nothing::start();
    rows.push(Row::new("a component that does nothing: a call with the facts as text", move || nothing.take(text)));
    let fresh = component.clone();
    rows.push(Row::new("a fresh instance", move || fresh.start()));
    rows.push(Row::new("a fresh instance, the policy loaded, one decision from text", move || {
        let mut instance = component.start().expect("the component starts");
        let policy = instance.load_policy(document).expect("the policy loads");
        instance.ask_once(&policy, text, QUESTION)
    }));
    let baked = bake(document);
    let fresh = baked.clone();
    rows.push(Row::new("a fresh instance with a baked policy", move || {
        fresh.start().and_then(|mut instance| instance.builtin_policy()).expect("the component starts")
    }));
    rows.push(Row::new("a fresh instance with a baked policy, one decision from text", move || {
        let mut instance = baked.start().expect("the component starts");
        let policy = instance.builtin_policy().expect("a call").expect("it is baked in");
        instance.ask_once(&policy, text, QUESTION)
    }));
    rows.push(Row::new("the policy loaded: core", || Policy::load(document)));
    let mut instance = Component::embedded().and_then(|component| component.start()).expect("the component starts");
    rows.push(Row::new("the policy loaded: component", move || instance.load_policy(document)));
    rows.push(Row::new("the policy loaded: regorus (its eight requirements only)", Rego::load));
    rows.push(Row::new("the policy loaded: cedar (its eight requirements only)", Cedar::load));
    rows
}

/// One group of the table, on facts that are allowed and on facts that are denied for three reasons.
fn group(title: &str, mut allowed: Vec<Row<'_>>, mut denied: Vec<Row<'_>>, component: usize) {
    measure(&mut allowed);
    measure(&mut denied);
    println!("\n{title:<42} {:>10} {:>8} {:>12} {:>10} {:>8} {:>12}", "allow, µs", "x core", "x component", "deny, µs", "x core", "x component");
    for (allow, deny) in allowed.iter().zip(&denied) {
        let told = |row: &Row<'_>, all: &[Row<'_>]| {
            format!("{:>10.2} {:>8.2} {:>12.2}", row.micros(), row.times(&all[0]), row.times(&all[component]))
        };
        println!("{:<42} {} {}", allow.name, told(allow, &allowed), told(deny, &denied));
    }
}

/// How long a decision takes on facts that are held, beside more and more that does not concern it.
fn growth(document: &str, title: &str, sizes: [usize; 4], make: impl Fn(usize) -> (Value, Value)) {
    let mut rows = Vec::new();
    for size in sizes {
        let (policy, facts) = make(size);
        let (policy, text) = (if policy.is_null() { document.to_owned() } else { policy.to_string() }, facts.to_string());
        let (own, given) = (Policy::load(&policy).expect("the policy loads"), Facts::parse(&text).expect("the facts are read"));
        let (context, questions) = asked(&given);
        let came_to = of_core(&handoff_core::decide(&own, &given, &context, &questions));
        assert!(came_to.allow, "{title} {size}: {came_to:?}");
        rows.push(Row::new(size.to_string(), move || handoff_core::decide(&own, &given, &context, &questions)));
        let (mut instance, handle) = started(&policy);
        let given = instance.parse_facts(&text).expect("the facts are read");
        rows.push(Row::new(size.to_string(), move || instance.ask(&handle, &given, QUESTION)));
    }
    measure(&mut rows);
    for (door, first) in [("core", 0), ("component, text", 1)] {
        let told: Vec<String> = rows.iter().skip(first).step_by(2).map(|row| format!("{:>6}: {:>7.2}", row.name, row.micros())).collect();
        println!("{title:<28} {door:<16} {}", told.join("  "));
    }
}

fn main() {
    let policy = case::policy().to_string();
    agree(&policy);
    let (case, denied) = (case::facts(), case::denied());
    let text = case.to_string();
    println!("one decision: {} bytes of facts, {} of policy; {} requirements", text.len(), policy.len(), case::GATE.len());
    group("on facts that are held", handed_over(&policy, &case), handed_over(&policy, &denied), 3);
    group("on facts as JSON text", from_text(&policy, &case), from_text(&policy, &denied), 1);
    let mut rows = around(&policy, &text);
    measure(&mut rows);
    println!("\n{:<70} {:>10}", "around it", "µs");
    for row in rows {
        println!("{:<70} {:>10.2}", row.name, row.micros());
    }
    println!("\nby what it does not need, µs");
    growth(&policy, "assets in the register", [10, 100, 1_000, 10_000], |size| (Value::Null, case::register(size)));
    growth(&policy, "links of its ticket", [1, 10, 100, 1_000], |size| (Value::Null, case::ticket(size)));
    growth(&policy, "entries of its history", [6, 60, 600, 6_000], |size| (Value::Null, case::history(size)));
    growth(&policy, "workflows in the policy", [14, 28, 56, 112], |size| (case::workflows(size), case::facts()));
}
