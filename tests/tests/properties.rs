//! What holds on every policy and any facts, tried on random ones.
//!
//! The seeds are the policies and facts of the conformance cases and of the examples; what is random is made from them, and from nothing.
//! A failure is told with the policy, the facts and what was done to them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use handoff_core::{Actor, Context, Facts, Item, Policy, Question, Step, Verdict, ask, decide, next};
use handoff_tests::{chosen, root, yaml};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};
use serde_json::{Value, json};

use crate::random::{Change, Choices, Path, change, find, invented_facts, invented_policy, places, without};

/// Facts with the policy that they are judged by.
pub(crate) struct Seed {
    name: String,
    policy: usize,
    pub(crate) facts: Value,
    /// What a case or an example asks of them.
    asked: Option<Value>,
}

struct Seeds {
    /// Each policy once: as a tree, and compiled.
    policies: Vec<(Value, Policy)>,
    all: Vec<Seed>,
}

static SEEDS: LazyLock<Seeds> = LazyLock::new(|| {
    let mut texts: BTreeMap<String, usize> = BTreeMap::new();
    let mut seeds = Seeds { policies: Vec::new(), all: Vec::new() };
    let mut add = |name: String, policy: String, facts: &str, asked: Option<Value>| {
        let index = match texts.get(&policy) {
            Some(index) => *index,
            None => {
                let (Ok(compiled), Ok(tree)) = (Policy::load(&policy), serde_json::from_str(&policy)) else { return };
                seeds.policies.push((tree, compiled));
                texts.insert(policy, seeds.policies.len() - 1);
                seeds.policies.len() - 1
            }
        };
        let (Ok(_), Ok(facts)) = (Facts::parse(facts), serde_json::from_str(facts)) else { return };
        seeds.all.push(Seed { name, policy: index, facts, asked });
    };
    for (case, texts) in chosen() {
        let asked = texts.question.as_deref().and_then(|question| serde_json::from_str(question).ok());
        if asked.is_some() {
            add(case.name.clone(), texts.policy, &texts.facts, asked);
        }
    }
    let reference = yaml(&fs::read_to_string(root().join("examples/reference-policy/policy.yaml")).unwrap()).to_string();
    let mut files: Vec<_> =
        fs::read_dir(root().join("examples")).unwrap().map(|folder| folder.unwrap().path()).filter(|path| path.is_dir()).collect();
    files = files.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path()).collect();
    files.sort();
    // Other JSON files belong to hosts in other languages.
    for file in files.iter().filter(|file| {
        let name = file.file_name().unwrap().to_string_lossy();
        name.starts_with("facts") && name.ends_with(".json")
    }) {
        let name = format!("{} {}", file.parent().unwrap().file_name().unwrap().display(), file.file_name().unwrap().display());
        add(name, reference.clone(), &fs::read_to_string(file).unwrap(), None);
    }
    assert!(seeds.all.len() > 200 && seeds.policies.len() > 10, "{} seeds, {} policies", seeds.all.len(), seeds.policies.len());
    seeds
});

pub(crate) fn seeds() -> &'static [Seed] {
    &SEEDS.all
}

pub(crate) fn policy_of(seed: &Seed) -> &'static Value {
    &SEEDS.policies[seed.policy].0
}

pub(crate) fn config(cases: u32) -> Config {
    // The same cases each time: a test that fails now and then helps nobody. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` try others.
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    let seed = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_260_105);
    Config {
        cases,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    }
}

// The questions that facts are asked.

fn at(facts: &Facts) -> Option<handoff_core::Time> {
    facts.document().at.value().copied()
}

/// Somebody who holds every role and whom no record knows: then the gates alone decide.
fn everybody(policy: &Value) -> Actor {
    let roles = policy["roles"].as_object().map(|roles| roles.keys().cloned().collect()).unwrap_or_default();
    Actor { id: "somebody-else".to_owned(), roles, automation: false, on_behalf_of: None }
}

/// Every legal next step of every item, and the ones that are asked.
fn questions(policy: &Policy, facts: &Facts, context: &Context, asked: Option<&Value>) -> Vec<Question> {
    let mut items: Vec<Item> = facts.items().collect();
    items.dedup();
    let tickets = facts.document().tickets.rows().iter();
    items.extend(
        tickets.flat_map(|ticket| ticket.tasks.rows().iter().map(|task| Item::Task { ticket: ticket.id.clone(), task: task.id.clone() })),
    );
    let mut all = Vec::new();
    for item in items {
        all.extend(next(policy, facts, context, &item).options.into_iter().map(|(to, _)| Question {
            item: item.clone(),
            step: Step::Transition(to),
            ticket: None,
        }));
    }
    all.extend(asked.into_iter().flat_map(asked_questions));
    all
}

/// The questions of a question of the text door.
fn asked_questions(asked: &Value) -> Vec<Question> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let item = |value: &Value| value.as_str().and_then(|text| Item::parse(text).ok());
    let step = |value: &Value| match (text(&value["to"]), text(&value["kind"])) {
        (Some(state), Some(kind)) => Step::Reclassify { kind, state },
        (Some(to), None) => Step::Transition(to),
        (None, _) => Step::Closure(None),
    };
    match asked["ask"].as_str() {
        Some("transition") => {
            item(&asked["item"]).map(|item| Question { item, step: step(asked), ticket: text(&asked["ticket"]) }).into_iter().collect()
        }
        Some("closure") => {
            item(&asked["item"]).map(|item| Question { item, step: Step::Closure(text(&asked["to"])), ticket: None }).into_iter().collect()
        }
        Some("decide") => {
            let rows = asked["questions"].as_array().map(Vec::as_slice).unwrap_or_default();
            rows.iter()
                .filter_map(|row| item(&row["item"]).map(|item| Question { item, step: step(row), ticket: text(&row["ticket"]) }))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn asked_actor(asked: Option<&Value>) -> Option<Actor> {
    asked.and_then(|asked| serde_json::from_value(asked["actor"].clone()).ok())
}

/// Each question by itself, so that no batch is broken.
fn verdicts(policy: &Policy, facts: &Facts, context: &Context, questions: &[Question]) -> Vec<handoff_core::Decision> {
    questions.iter().flat_map(|question| decide(policy, facts, context, std::slice::from_ref(question))).collect()
}

// (a) A requirement more.

/// The lists of requirements that guard something, as JSON pointers.
fn gates(policy: &Value) -> Vec<String> {
    let mut all = Vec::new();
    for (name, workflow) in policy["workflows"].as_object().into_iter().flatten() {
        let base = handoff_core::pointer("/workflows", name);
        for (section, list) in [("states", "gate"), ("transitions", "requirements")] {
            for entry in workflow[section].as_object().into_iter().flatten().map(|(entry, _)| entry) {
                all.push(format!("{}/{list}", handoff_core::pointer(&format!("{base}/{section}"), entry)));
            }
        }
    }
    all
}

/// Requirements that nothing meets, each of another form.
fn unmet(choice: usize) -> Value {
    let plain = json!({"attribute": "never-recorded", "present": true});
    match choice % 7 {
        0 => plain,
        1 => json!({"evidence": "never-made"}),
        2 => json!({"approval": ["never-held"], "count": 1000}),
        3 => json!({"all": [plain]}),
        4 => json!({"any": [plain, {"evidence": "never-made"}]}),
        5 => json!({"attribute": "never-recorded", "present": true, "when": "at > '2000-01-01T00:00:00.000Z'"}),
        _ => json!({"checklist": "never-done"}),
    }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn a_requirement_more_never_turns_deny_into_allow(seed: Index, gate: Index, choice: usize) {
        let seed = seed.get(&SEEDS.all);
        let (tree, policy) = &SEEDS.policies[seed.policy];
        let gates = gates(tree);
        let gate = gate.get(&gates);
        let mut stricter = tree.clone();
        declare(&mut stricter, "attributes", "never-recorded", json!({"title": "Never recorded", "type": "text"}));
        declare(&mut stricter, "checks", "never-made", json!({"title": "Never made"}));
        declare(&mut stricter, "roles", "never-held", json!({"title": "Never held"}));
        declare(&mut stricter, "departments", "nowhere", json!({"title": "Nowhere"}));
        declare(&mut stricter, "checklists", "never-done", json!({"title": "Never done", "entries": {"it": {"title": "It", "department": "nowhere"}}}));
        let entry = stricter.pointer_mut(gate.rsplit_once('/').unwrap().0).unwrap();
        if entry.is_null() {
            *entry = json!({});
        }
        let list = gate.rsplit_once('/').unwrap().1;
        let entry = entry.as_object_mut().unwrap().entry(list).or_insert_with(|| json!([]));
        entry.as_array_mut().unwrap().push(unmet(choice));
        let stricter = Policy::load(&stricter.to_string()).map_err(|problems| TestCaseError::fail(format!("{gate}: {problems:?}")))?;
        let facts = Facts::parse(&seed.facts.to_string()).unwrap();
        let Some(at) = at(&facts) else { return Ok(()) };
        for actor in [Some(everybody(tree)), asked_actor(seed.asked.as_ref()).or_else(|| facts.document().actor.value().cloned())] {
            let context = Context { at, actor };
            let questions = questions(policy, &facts, &context, seed.asked.as_ref());
            let (before, after) = (verdicts(policy, &facts, &context, &questions), verdicts(&stricter, &facts, &context, &questions));
            for ((question, before), after) in questions.iter().zip(before).zip(after) {
                prop_assert!(before.verdict.allows() || !after.verdict.allows(), "{}: {question:?} is allowed with one requirement more at {gate}", seed.name);
            }
        }
    }
}

fn declare(policy: &mut Value, section: &str, name: &str, value: Value) {
    let policy = policy.as_object_mut().unwrap();
    policy.entry(section).or_insert_with(|| json!({})).as_object_mut().unwrap().insert(name.to_owned(), value);
}

// (b) A fact less.

/// Why taking something away may turn a deny into an allow: it speaks against the item, so that its absence speaks for it. For each such
/// fact there is something else that denies where it is left out: coverage (rule F1), or what the item has to show for itself.
fn accuses(facts: &Value, path: &[String], codes: &BTreeSet<&str>, question: &Question) -> Option<&'static str> {
    let row = |depth: usize| find(facts, &path[..depth.min(path.len())]).unwrap_or(&Value::Null);
    let is =
        |pattern: &[&str]| path.len() >= pattern.len() && pattern.iter().zip(path).all(|(wanted, key)| *wanted == "*" || wanted == key);
    let has = |code: &str| codes.contains(code);
    let (ends_in, whole) = (path.last().map(String::as_str).unwrap_or_default(), path.len());
    if ends_in == "automation" {
        return Some("that software did it; where nothing is said, somebody did");
    }
    // What was approved may be so again.
    let lapsed = has("approval-lapsed") || has("exception-inactive");
    let ties =
        is(&["assets", "*", "history"]) || is(&["tickets", "*", "tasks"]) || is(&["tickets", "*", "signatures"]) || ends_in == "replaces";
    if has("link-missing") && ties {
        return Some("that the ticket has to do with something that it does not link");
    }
    if is(&["exceptions"]) {
        // What is open or declared on the item, and what a chain of renewals has used up already; coverage of exceptions takes their place.
        let inside = path.get(2).map(String::as_str);
        return match inside {
            None => Some("an exception that is open"),
            Some("items") if whole > 3 => Some("what an open exception covers"),
            Some("renews") => Some("the chain of renewals"),
            Some("reconciled") => Some("that an exception is over"),
            Some("approvals") if has("exception-open") => Some("that an exception was granted"),
            Some("approvals") if path.get(4).is_some_and(|key| key == "covers") => {
                Some("what the approver saw, which is something else now")
            }
            Some("approvals") if row(4)["verdict"] == "refused" => Some("a refusal"),
            Some("approvals") if whole > 3 && row(4)["verdict"].is_null() => Some("a later word that is not recorded"),
            Some("approvals") if whole == 3 && row(3).as_array().is_some_and(|rows| rows.iter().any(|row| row["verdict"] == "refused")) => {
                Some("a refusal")
            }
            _ => None,
        };
    }
    if is(&["assets", "*"]) {
        return match path.get(2).map(String::as_str) {
            None => Some("something that is held, free, taken, or has the identity of another"),
            Some("owner" | "held_by" | "steward") => Some("who holds it"),
            Some("shared") => None,
            Some("attributes") if ends_in == "observed_at" && (has("attribute-stale") || has("expression-error")) => {
                Some("that it was observed ahead")
            }
            Some("serial" | "tag" | "number" | "login" | "kind") if has("duplicate-identity") => Some("the identity of another"),
            Some("kind" | "state" | "product") if has("none-available") || has("batch-conflict") => Some("a seat that is taken"),
            Some("custody") => Some("to whom it was handed, and what it was before"),
            Some("evidence") => Some("")
                .filter(|_| speaks_against(row(2), path.get(3).map(|_| row(4)), whole))
                .map(|_| "a failed check, one of another thing, or one made by the same person"),
            Some("history" | "baseline") if contradicts(codes) => Some("a history that contradicts itself or the state"),
            Some("history")
                if has("evidence-too-early") || has("evidence-void") || has("state-not-passed") || has("evidence-not-independent") =>
            {
                Some("a later passage")
            }
            _ => None,
        };
    }
    if is(&["assets"]) {
        return Some("things that are held, free, taken, or have the identity of another");
    }
    if is(&["tickets", "*"]) {
        return match path.get(2).map(String::as_str) {
            None => Some("a ticket that fits as well, or that says whom a step is about"),
            Some("links") if whole == 4 && !lapsed && is_missed(facts, row(2), row(4), question) => None,
            Some("links") if whole <= 4 => Some("something that the ticket is about"),
            Some("links") if ["role", "owner", "location", "asset"].contains(&ends_in) => {
                Some("what is meant otherwise than by default (rule F3)")
            }
            Some("links") if path.get(4).is_some_and(|key| key == "removed") => Some("that somebody took the link away without saying why"),
            Some("tasks") if whole > 3 && (row(4)["state"] != "done" || row(4)["template"].is_null()) => Some("work that is left"),
            Some("tasks") if whole > 3 && has("no-such-transition") => Some("that the task is over"),
            Some("tasks") if whole == 3 => Some("work that is left"),
            Some("approvals") if whole > 3 && row(4)["verdict"] == "refused" => Some("a refusal"),
            Some("approvals") if whole > 3 && row(4)["verdict"].is_null() => Some("a later word that is not recorded"),
            Some("attributes") if ends_in == "observed_at" && (has("attribute-stale") || has("expression-error")) => {
                Some("that it was observed ahead")
            }
            Some("marks") if whole == 4 && row(4)["state"] != "done" => Some("that an entry was opened again"),
            Some("approvals") if path.get(4).is_some_and(|key| key == "covers") => {
                Some("what the approver saw, which is something else now")
            }
            Some("evidence") => Some("")
                .filter(|_| speaks_against(row(2), path.get(3).map(|_| row(4)), whole))
                .map(|_| "a failed check, or one made by the same person"),
            Some("history" | "baseline") if contradicts(codes) || ends_elsewhere(row(2)) => {
                Some("a history that contradicts itself or the state")
            }
            Some("history") if has("evidence-too-early") || has("evidence-void") || has("state-not-passed") => Some("a later passage"),
            Some("destination") => None,
            _ => None,
        };
    }
    if is(&["tickets"]) {
        return Some("tickets that fit as well, or that say whom a step is about");
    }
    if is(&["people"]) {
        return match path.get(2).map(String::as_str) {
            Some("same_as") => Some("that two are one"),
            Some("utc_offset") => Some("what is meant otherwise than by default (rule F7)"),
            None if whole < 2 || has("subject-unknown") || row(2)["same_as"].is_array() => {
                Some("that two are one, or that there are two of one id")
            }
            _ => None,
        };
    }
    if is(&["licences"]) {
        return Some("seats that are free, or taken; coverage of licences takes their place");
    }
    None
}

/// Whether a link would be missed by a question on its ticket: it is the only one to an asset that something else ties to the ticket, and says
/// nothing that is otherwise without it (rule D6).
fn is_missed(facts: &Value, ticket: &Value, link: &Value, question: &Question) -> bool {
    let rows = |of: &Value, key: &str| of[key].as_array().cloned().unwrap_or_default();
    let asset_of = |link: &Value| link.as_str().or(link["asset"].as_str()).unwrap_or_default().to_owned();
    let (id, asset) = (&ticket["id"], asset_of(link));
    let says_more = link.as_object().is_some_and(|keys| keys.len() > 1);
    let links = rows(ticket, "links");
    let is_only = links.iter().filter(|other| asset_of(other) == asset).count() == 1;
    let records: Vec<Value> = rows(facts, "assets").into_iter().filter(|record| record["id"] == *asset).collect();
    let names = |record: &Value, list: &str| rows(record, list).iter().any(|entry| entry["ticket"] == *id);
    let tied = rows(ticket, "tasks").iter().any(|task| task["item"] == format!("asset:{asset}"))
        || rows(ticket, "signatures").iter().any(|signature| signature["asset"] == *asset)
        || links.iter().any(|other| other["replaces"] == *asset && other["removed"].is_null())
        || records.iter().any(|record| names(record, "history") || names(record, "custody"));
    // What was handed out under the ticket, or may be the subject's, counts without a link, and then by the default.
    let counts = records.iter().any(|record| names(record, "custody") || !record["owner"].is_null() || !record["custody"].is_null());
    let is_asked = matches!(&question.item, Item::Ticket(asked) if *id == **asked);
    is_asked && is_only && tied && !(says_more && counts)
}

/// Whether the last entry of a ticket's history is into another state than the present one: then nobody knows whether it is open.
fn ends_elsewhere(ticket: &Value) -> bool {
    let last = ticket["history"].as_array().and_then(|entries| entries.iter().max_by_key(|entry| entry["at"].as_str()));
    last.is_some_and(|last| last["to"] != ticket["state"])
}

fn contradicts(codes: &BTreeSet<&str>) -> bool {
    ["history-broken", "history-state-mismatch", "correction-unexplained", "identity-changed-off-path"]
        .iter()
        .any(|code| codes.contains(code))
}

/// Whether a check speaks against an item: it failed, was made of something else, or tells who else made one.
fn speaks_against(asset: &Value, check: Option<&Value>, depth: usize) -> bool {
    let identities: Vec<&Value> = ["serial", "tag", "number", "login"].iter().map(|key| &asset[*key]).collect();
    let against = |check: &Value| {
        let result = check["result"] == "failed";
        let other = check["seen"].is_string() && !identities.contains(&&check["seen"]);
        let twice = asset["evidence"].as_array().is_some_and(|all| all.iter().filter(|one| one["check"] == check["check"]).count() > 1);
        result || other || twice
    };
    match check {
        Some(check) => against(check),
        None => depth == 3 && asset["evidence"].as_array().is_some_and(|all| all.iter().any(against)),
    }
}

fn tell_removed(seed: &str, facts: &Value, path: &[String], question: &Question, context: &Context) -> String {
    let removed = find(facts, path).unwrap_or(&Value::Null);
    format!("{seed}: without /{} ({removed}) an allow: {question:?} by {:?}", path.join("/"), context.actor)
}

/// Takes one fact after the other away, and tells each that turns a deny into an allow and accuses nobody.
fn violations(
    name: &str,
    policy: &Policy,
    facts: &Value,
    questions: &dyn Fn(&Facts, &Context) -> Vec<Question>,
    paths: &[Path],
    actors: &[Option<Actor>],
) -> Vec<String> {
    let Ok(whole) = Facts::parse(&facts.to_string()) else { return Vec::new() };
    let Some(at) = at(&whole) else { return Vec::new() };
    let mut denied: Vec<(Context, Question, BTreeSet<String>)> = Vec::new();
    for actor in actors {
        let context = Context { at, actor: actor.clone() };
        let questions = questions(&whole, &context);
        for (question, decision) in questions.iter().zip(verdicts(policy, &whole, &context, &questions)) {
            if !decision.verdict.allows() {
                let codes = decision.findings.into_iter().map(|finding| finding.code).collect();
                denied.push((context.clone(), question.clone(), codes));
            }
        }
    }
    let mut told = Vec::new();
    for path in if denied.is_empty() { &[] } else { paths } {
        let Ok(less) = Facts::parse(&without(facts, path).to_string()) else { continue };
        for (context, question, codes) in &denied {
            let after = decide(policy, &less, context, std::slice::from_ref(question));
            let codes: BTreeSet<&str> = codes.iter().map(String::as_str).collect();
            if after.iter().any(|after| after.verdict.allows()) && accuses(facts, path, &codes, question).is_none() {
                told.push(tell_removed(name, facts, path, question, context));
            }
        }
    }
    told
}

fn actors(seed: &Seed, facts: &Value) -> Vec<Option<Actor>> {
    let given = asked_actor(seed.asked.as_ref()).or_else(|| serde_json::from_value(facts["actor"].clone()).ok());
    vec![Some(everybody(&SEEDS.policies[seed.policy].0)), given]
}

#[test]
fn a_fact_less_of_every_case_never_turns_deny_into_allow() {
    // What each case itself asks; the rest is left to the random test.
    let check = |seed: &Seed| {
        let mut paths = Vec::new();
        places(&seed.facts, &mut Vec::new(), &mut paths);
        let questions = |_: &Facts, _: &Context| seed.asked.iter().flat_map(asked_questions).collect();
        violations(&seed.name, &SEEDS.policies[seed.policy].1, &seed.facts, &questions, &paths, &actors(seed, &seed.facts))
    };
    let (one, other) = SEEDS.all.split_at(SEEDS.all.len() / 2);
    let told: Vec<String> = std::thread::scope(|scope| {
        let other = scope.spawn(|| other.iter().flat_map(check).collect::<Vec<_>>());
        let one: Vec<String> = one.iter().flat_map(check).collect();
        one.into_iter().chain(other.join().unwrap()).collect()
    });
    assert!(told.is_empty(), "{} violations\n{}", told.len(), told.join("\n"));
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn a_fact_less_never_turns_deny_into_allow(seed: Index, changes in 0usize..4, number: u64) {
        let seed = seed.get(&SEEDS.all);
        let mut choices = Choices(number);
        let mut facts = seed.facts.clone();
        for _ in 0..changes {
            change(&mut facts, &mut choices, Change::Sound);
        }
        let mut paths = Vec::new();
        places(&facts, &mut Vec::new(), &mut paths);
        if !paths.is_empty() {
            let some: Vec<Path> = (0..25).map(|_| choices.of(&paths).clone()).collect();
            let policy = &SEEDS.policies[seed.policy].1;
            let questions = |facts: &Facts, context: &Context| questions(policy, facts, context, seed.asked.as_ref());
            let told = violations(&seed.name, policy, &facts, &questions, &some, &actors(seed, &facts));
            prop_assert!(told.is_empty(), "{}\nfacts: {facts}", told.join("\n"));
        }
    }
}

// (c) Another order.

fn shuffle(value: &mut Value, choices: &mut Choices) {
    match value {
        Value::Array(rows) => {
            for index in (1..rows.len()).rev() {
                rows.swap(index, choices.below(index + 1));
            }
            rows.iter_mut().for_each(|row| shuffle(row, choices));
        }
        Value::Object(keys) => keys.values_mut().for_each(|inner| shuffle(inner, choices)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn the_order_of_facts_changes_neither_a_decision_nor_a_digest(seed: Index, changes in 0usize..4, number: u64) {
        let seed = seed.get(&SEEDS.all);
        let (_, policy) = &SEEDS.policies[seed.policy];
        let mut choices = Choices(number);
        let mut facts = seed.facts.clone();
        for _ in 0..changes {
            change(&mut facts, &mut choices, Change::Sound);
        }
        let mut shuffled = facts.clone();
        shuffle(&mut shuffled, &mut choices);
        let (Ok(one), Ok(other)) = (Facts::parse(&facts.to_string()), Facts::parse(&shuffled.to_string())) else { return Ok(()) };
        prop_assert_eq!(one.digest(), other.digest(), "{}: {}", seed.name, facts);
        for question in [Some(&json!({"ask": "next"})), seed.asked.as_ref()].into_iter().flatten() {
            let question = question.to_string();
            prop_assert_eq!(ask(policy, &one, &question), ask(policy, &other, &question), "{}: {} {}", seed.name, question, facts);
        }
    }
}

// (d) Anything at all.

/// Asks everything that can be asked; nothing of it may panic.
fn ask_everything(policy: &str, old: &Policy, facts: &str, asked: Option<&Value>) -> bool {
    let policy = match Policy::load(policy) {
        Ok(policy) => policy,
        Err(problems) => {
            assert!(problems.iter().any(|problem| !problem.warning), "it is refused for nothing: {problems:?}");
            return false;
        }
    };
    let _ = (policy.describe(), policy.digest(), policy.laxer(old), old.laxer(&policy));
    match Facts::parse(facts) {
        Err(problems) => assert!(!problems.is_empty(), "they are refused for nothing"),
        Ok(facts) => {
            let _ = facts.digest();
            for question in [
                Some(&json!({"ask": "next"})),
                Some(&json!({"ask": "next", "at": "2026-03-10T09:00:00Z"})),
                Some(&json!({"ask": "closure"})),
                asked,
            ]
            .into_iter()
            .flatten()
            {
                let answer = ask(&policy, &facts, &question.to_string());
                let tree: Value = answer.map_or(Value::Null, |answer| serde_json::from_str(&answer).unwrap());
                sound(&tree);
            }
        }
    }
    true
}

/// No answer contradicts itself: an allow has no reason against it, and nobody is allowed who is not permitted (rule D12).
fn sound(answer: &Value) {
    match answer {
        Value::Array(all) => all.iter().for_each(sound),
        Value::Object(keys) => {
            if answer["decision"] == "allow" {
                assert!(
                    answer["findings"].as_array().unwrap().iter().all(|finding| finding["severity"] != "block")
                        && answer["permitted"] == true
                        && answer["ready"] == true,
                    "{answer}"
                );
                assert!(answer["valid_until"].as_str() > answer["at"].as_str(), "an allow that holds no longer: {answer}");
            }
            assert!(
                answer["decision"] != "deny" || answer["findings"].as_array().unwrap().iter().any(|finding| finding["severity"] == "block"),
                "a deny without a reason: {answer}"
            );
            keys.values().for_each(sound);
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn a_changed_policy_and_changed_facts_give_an_answer_or_problems(seed: Index, policy_changes in 0usize..4, facts_changes in 0usize..4, wild: bool, number: u64) {
        let seed = seed.get(&SEEDS.all);
        let (tree, old) = &SEEDS.policies[seed.policy];
        let (mut choices, how) = (Choices(number), if wild { Change::Wild } else { Change::Sound });
        let (mut policy, mut facts) = (tree.clone(), seed.facts.clone());
        (0..policy_changes).for_each(|_| change(&mut policy, &mut choices, how));
        (0..facts_changes).for_each(|_| change(&mut facts, &mut choices, how));
        ask_everything(&policy.to_string(), old, &facts.to_string(), seed.asked.as_ref());
    }

    #[test]
    fn an_invented_policy_and_invented_facts_give_an_answer_or_problems(number: u64) {
        let mut choices = Choices(number);
        let (policy, facts) = (invented_policy(&mut choices), invented_facts(&mut choices));
        ask_everything(&policy.to_string(), &SEEDS.policies[0].1, &facts.to_string(), None);
    }

    #[test]
    fn invented_facts_keep_the_properties_too(number: u64) {
        let mut choices = Choices(number);
        let (tree, facts) = (invented_policy(&mut choices), invented_facts(&mut choices));
        let Ok(policy) = Policy::load(&tree.to_string()) else { return Ok(()) };
        let mut paths = Vec::new();
        places(&facts, &mut Vec::new(), &mut paths);
        let some: Vec<Path> = (0..20).map(|_| choices.of(&paths).clone()).collect();
        let questions = |facts: &Facts, context: &Context| questions(&policy, facts, context, None);
        let told = violations("invented", &policy, &facts, &questions, &some, &[Some(everybody(&tree))]);
        prop_assert!(told.is_empty(), "{}\npolicy: {tree}\nfacts: {facts}", told.join("\n"));
        let mut shuffled = facts.clone();
        shuffle(&mut shuffled, &mut choices);
        let (one, other) = (Facts::parse(&facts.to_string()).unwrap(), Facts::parse(&shuffled.to_string()).unwrap());
        prop_assert_eq!(one.digest(), other.digest());
        prop_assert_eq!(ask(&policy, &one, r#"{"ask": "next"}"#), ask(&policy, &other, r#"{"ask": "next"}"#), "policy: {} facts: {}", tree, facts);
    }
}

#[test]
fn invented_policies_load_often_and_allow_at_times() {
    let (mut loaded, mut allowed, mut denied, mut refused) = (0, 0, 0, BTreeMap::new());
    for number in 0..300 {
        let mut choices = Choices(number);
        let (tree, facts) = (invented_policy(&mut choices), invented_facts(&mut choices));
        let policy = match Policy::load(&tree.to_string()) {
            Ok(policy) => policy,
            Err(problems) => {
                problems.into_iter().filter(|problem| !problem.warning).for_each(|problem| *refused.entry(problem.code).or_insert(0) += 1);
                continue;
            }
        };
        loaded += 1;
        let facts = Facts::parse(&facts.to_string()).map_err(|problems| format!("{problems:?}")).unwrap();
        let context = Context { at: at(&facts).unwrap(), actor: Some(everybody(&tree)) };
        for decision in verdicts(&policy, &facts, &context, &questions(&policy, &facts, &context, None)) {
            *if decision.verdict == Verdict::Deny { &mut denied } else { &mut allowed } += 1;
        }
    }
    assert!(loaded >= 100 && allowed >= 50 && denied >= 50, "{loaded} of 300 load; {allowed} allowed, {denied} denied; {refused:?}");
}
