//! The component's two doors: what the typed one answers is what the text one does, and neither ever traps.
//!
//! The host talks text. The typed door is for hosts that are written against the WIT, so it is opened here with bindings of our own.

use std::cell::RefCell;

use handoff::conformance::{Candidate, Got, Texts};
use handoff_core::{Item, Time};
use handoff_tests::chosen;
use handoff_tests::native::Native;
use proptest::prelude::*;
use serde_json::{Value, json};
use wasmtime::component::{Component, Linker, ResourceAny};
use wasmtime::{Engine, Store};

use crate::properties::config;
use crate::random::{Change, Choices, change, invented_facts, invented_policy};

#[allow(missing_docs, clippy::all, clippy::allow_attributes_without_reason, reason = "generated")]
mod bindings {
    wasmtime::component::bindgen!({ path: "../wit", world: "plugin" });
}
use bindings::Plugin;
use bindings::exports::handoff::gates::types;

/// The embedded component behind its typed door.
struct Typed {
    store: Store<()>,
    plugin: Plugin,
}

impl Typed {
    fn start(component: &Component, engine: &Engine) -> Self {
        let mut store = Store::new(engine, ());
        let plugin = Plugin::instantiate(&mut store, component, &Linker::new(engine)).unwrap();
        Self { store, plugin }
    }

    fn decide(
        &mut self,
        policy: ResourceAny,
        facts: ResourceAny,
        context: &types::Context,
        questions: &[types::Question],
    ) -> Vec<types::Decision> {
        self.plugin.handoff_gates_decisions().call_decide(&mut self.store, policy, facts, context, questions).unwrap()
    }
}

fn item(item: &Value) -> types::Item {
    match Item::parse(item.as_str().unwrap()).unwrap() {
        Item::Asset(id) => types::Item::Asset(id),
        Item::Ticket(id) => types::Item::Ticket(id),
        Item::Task { ticket, task } => types::Item::Task(types::TaskRef { ticket, task }),
    }
}

fn item_text(item: types::Item) -> String {
    match item {
        types::Item::Asset(id) => Item::Asset(id),
        types::Item::Ticket(id) => Item::Ticket(id),
        types::Item::Task(types::TaskRef { ticket, task }) => Item::Task { ticket, task },
    }
    .to_string()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn context(asked: &Value, facts: &Value) -> Option<types::Context> {
    let given = |key: &str| if asked[key].is_null() { &facts[key] } else { &asked[key] };
    let at = Time::parse(given("at").as_str()?).unwrap().ms();
    let actor = given("actor");
    let actor = actor.is_object().then(|| types::Actor {
        id: text(&actor["id"]).unwrap(),
        roles: actor["roles"].as_array().into_iter().flatten().filter_map(text).collect(),
        automation: actor["automation"] == true,
        on_behalf_of: text(&actor["on_behalf_of"]),
    });
    Some(types::Context { at, actor })
}

fn question(asked: &Value, is_closure: bool, only_ticket: &Value) -> types::Question {
    let step = match (text(&asked["to"]), text(&asked["kind"])) {
        (to, None) if is_closure || asked["closing"] == true => types::Step::Closure(to),
        (Some(state), Some(kind)) => types::Step::Reclassify(types::Reclassification { kind, state }),
        (Some(to), None) => types::Step::Transition(to),
        (None, _) => types::Step::Closure(None),
    };
    let named = if asked["item"].is_null() { only_ticket } else { &asked["item"] };
    types::Question { item: item(named), step, ticket: text(&asked["ticket"]) }
}

/// A finding of the typed door as the text door writes it.
fn finding(finding: types::Finding) -> Value {
    let types::Finding {
        code,
        severity,
        follow_up,
        requirement,
        item,
        path,
        expected,
        found,
        message,
        remedy,
        responsible,
        accountable,
        sop,
    } = finding;
    let severity = match severity {
        types::Severity::Block => "block",
        types::Severity::Warn => "warn",
        types::Severity::Audit => "audit",
    };
    json!({
        "code": code, "severity": severity, "follow_up": follow_up, "requirement": requirement, "item": item.map(item_text), "path": path,
        "expected": expected, "found": found, "message": message, "remedy": remedy, "responsible": responsible, "accountable": accountable, "sop": sop,
    })
}

/// A decision of the typed door as the text door writes it.
fn shown(decision: types::Decision) -> Value {
    let types::Decision {
        verdict,
        to,
        ready,
        permitted,
        findings,
        waivers,
        accountable,
        inform,
        next,
        written_off,
        valid_until,
        record_version,
    } = decision;
    let waiver = |waiver: types::Waiver| {
        let types::Waiver { requirement, item, exception, approved_by, expires } = waiver;
        json!({"requirement": requirement, "item": item_text(item), "exception": exception, "approved_by": approved_by, "expires": Time::from_ms(expires)})
    };
    json!({
        "decision": if verdict == types::Verdict::Deny { "deny" } else { "allow" },
        "by_exception": verdict == types::Verdict::AllowByException,
        "to": to, "ready": ready, "permitted": permitted,
        "findings": findings.into_iter().map(finding).collect::<Value>(),
        "waivers": waivers.into_iter().map(waiver).collect::<Value>(),
        "accountable": accountable, "inform": inform, "next": next, "written_off": written_off,
        "valid_until": valid_until.map(Time::from_ms), "record_version": record_version,
    })
}

/// What the text door writes beside that: what it was asked, and by which policy.
fn bare(mut decision: Value) -> Value {
    for key in ["item", "at", "policy"] {
        decision.as_object_mut().unwrap().remove(key).unwrap();
    }
    decision
}

#[test]
fn the_typed_door_answers_as_the_text_door() {
    let engine = Engine::default();
    let component = Component::from_binary(&engine, handoff::EMBEDDED).unwrap();
    let mut typed = Typed::start(&component, &engine);
    let mut native = Native::default();
    let (mut decided, mut told) = (0, Vec::new());
    for (number, (case, texts)) in chosen().into_iter().enumerate() {
        if number % 100 == 99 {
            typed = Typed::start(&component, &engine);
        }
        let Got::Answer(answer, _) = native.answer(&texts) else { continue };
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let asked: Value = serde_json::from_str(texts.question.as_deref().unwrap()).unwrap();
        let facts: Value = serde_json::from_str(&texts.facts).unwrap();
        let Some(context) = context(&asked, &facts) else { continue };
        let decisions = typed.plugin.handoff_gates_decisions();
        let policy = decisions.policy().call_load(&mut typed.store, &texts.policy).unwrap().unwrap();
        let rows = decisions.facts().call_parse(&mut typed.store, &texts.facts).unwrap().unwrap();
        let (got, wanted): (Vec<Value>, Vec<Value>) = match asked["ask"].as_str() {
            Some(ask @ ("transition" | "closure")) => {
                let only = json!(format!("ticket:{}", facts["tickets"][0]["id"].as_str().unwrap_or_default()));
                let question = question(&asked, ask == "closure", &only);
                (typed.decide(policy, rows, &context, &[question]).into_iter().map(shown).collect(), vec![bare(answer)])
            }
            Some("decide") => {
                let questions: Vec<_> =
                    asked["questions"].as_array().unwrap().iter().map(|asked| question(asked, false, &Value::Null)).collect();
                let wanted = answer["decisions"].as_array().unwrap().iter().cloned().map(bare).collect();
                (typed.decide(policy, rows, &context, &questions).into_iter().map(shown).collect(), wanted)
            }
            Some("next") => {
                let (mut got, mut wanted) = (Vec::new(), Vec::new());
                for one in answer["items"].as_array().unwrap() {
                    let decisions = typed.plugin.handoff_gates_decisions();
                    let next = decisions.call_next(&mut typed.store, policy, rows, &context, &item(&one["item"])).unwrap();
                    assert!(next.options.iter().all(|(to, decision)| decision.to.as_ref() == Some(to)), "{}", case.name);
                    got.extend(next.options.into_iter().map(|(_, decision)| shown(decision)));
                    wanted.extend(one["options"].as_array().unwrap().iter().cloned().map(bare));
                    got.extend(next.findings.into_iter().map(finding));
                    wanted.extend(one["findings"].as_array().unwrap().iter().cloned());
                }
                (got, wanted)
            }
            Some("digest") => {
                let decisions = typed.plugin.handoff_gates_decisions();
                (vec![json!(decisions.facts().call_digest(&mut typed.store, rows).unwrap())], vec![answer["facts"].clone()])
            }
            _ => continue,
        };
        decided += got.len();
        if got != wanted {
            told.push(format!("{}:\n typed {got:?}\n text  {wanted:?}", case.name));
        }
        rows.resource_drop(&mut typed.store).unwrap();
        policy.resource_drop(&mut typed.store).unwrap();
    }
    assert!(told.is_empty(), "{} differ\n{}", told.len(), told.join("\n"));
    assert!(decided > 200, "only {decided} decisions were compared");
}

/// Both must say the same: a trap is no answer.
fn same(policy: &Value, facts: &Value, question: &Value) -> Result<(), TestCaseError> {
    thread_local! { static COMPONENT: RefCell<Candidate> = RefCell::new(Candidate::of(handoff::Component::embedded().unwrap())); }
    let texts = Texts {
        policy: policy.to_string(),
        old: None,
        facts: facts.to_string(),
        reversed: None,
        other: None,
        question: Some(question.to_string()),
        warnings: false,
    };
    let got = COMPONENT.with_borrow_mut(|component| component.answer(&texts));
    prop_assert!(!matches!(got, Got::Nothing(_)), "{got:?}\npolicy: {policy}\nfacts: {facts}");
    prop_assert_eq!(got, Native::default().answer(&texts), "policy: {} facts: {}", policy, facts);
    Ok(())
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn anything_gets_an_answer_or_problems_through_the_component(seed: proptest::sample::Index, changes in 0usize..4, wild: bool, number: u64) {
        let seed = seed.get(crate::properties::seeds());
        let (mut choices, how) = (Choices(number), if wild { Change::Wild } else { Change::Sound });
        let (mut policy, mut facts) = (crate::properties::policy_of(seed).clone(), seed.facts.clone());
        (0..changes).for_each(|_| change(&mut policy, &mut choices, how));
        (0..changes).for_each(|_| change(&mut facts, &mut choices, how));
        same(&policy, &facts, &json!({"ask": "next"}))?;
    }

    #[test]
    fn what_is_invented_gets_an_answer_or_problems_through_the_component(number: u64) {
        let mut choices = Choices(number);
        let (policy, facts) = (invented_policy(&mut choices), invented_facts(&mut choices));
        same(&policy, &facts, &json!({"ask": "next"}))?;
    }
}

/// Questions that the text door refuses for their shape: the typed one has to deny them, for it has no other answer.
#[test]
fn a_question_that_means_nothing_for_its_item_is_denied() {
    use handoff_core::{Context, Facts, Policy, Question, Step, Verdict};
    let root = handoff_tests::root();
    let policy = std::fs::read_to_string(root.join("examples/reference-policy/policy.yaml")).unwrap();
    let policy = Policy::load(&handoff_tests::yaml(&policy).to_string()).unwrap();
    let facts = std::fs::read_to_string(root.join("examples/offboarding-still-assigned/facts.json")).unwrap();
    let facts = Facts::parse(&facts).unwrap();
    let context = Context { at: *facts.document().at.value().unwrap(), actor: facts.document().actor.value().cloned() };
    let ticket = || Item::Ticket("OFF-0288".to_owned());
    let task = || Item::parse("task:OFF-0288/collect-device@LT-3120").unwrap();
    let to = |to: &str| Step::Transition(to.to_owned());
    let kind = Step::Reclassify { kind: "laptop".to_owned(), state: "done".to_owned() };
    for (item, step, named, code) in [
        (ticket(), Step::Closure(None), Some("OFF-0288"), "ticket-unfit"),
        (task(), to("skipped"), Some("OFF-0288"), "ticket-unfit"),
        (task(), kind, None, "unknown-target"),
    ] {
        let question = Question { item, step, ticket: named.map(str::to_owned) };
        let decisions = handoff_core::decide(&policy, &facts, &context, std::slice::from_ref(&question));
        assert_eq!(decisions[0].verdict, Verdict::Deny, "{question:?}");
        assert!(decisions[0].findings.iter().any(|finding| finding.code.as_str() == code), "{question:?}: {:?}", decisions[0].findings);
    }
}
