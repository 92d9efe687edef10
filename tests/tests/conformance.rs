//! The conformance cases, on the native core and through the component; and whether they are complete.
//!
//! `CASES=requirements/evidence cargo test --release --package handoff-tests conformance::native` runs some of them on the core alone.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZeroUsize;

use handoff::Component;
use handoff::conformance::{Candidate, Case, Got, Outcome, Suite, Texts, shown};
use handoff_tests::native::Native;
use handoff_tests::{chosen, root, suite};

#[test]
fn native() {
    let failures = run(|case, texts| {
        let mut core = Native::default();
        let got = core.answer(texts);
        told(&case.differences(&got), &got)?;
        // Facts are sets: their order reaches no answer.
        match (&got, &texts.reversed) {
            (Got::Answer(..), Some(reversed)) => {
                let other = core.answer(&Texts { facts: reversed.clone(), ..texts.clone() });
                if other == got { Ok(()) } else { Err(format!("  the other way round the facts give another answer:\n{}", shown(&other))) }
            }
            _ => Ok(()),
        }
    });
    assert!(failures.is_empty(), "{} cases fail\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn component() {
    let failures = run(|case, texts| {
        thread_local! { static COMPONENT: RefCell<Candidate> = RefCell::new(Candidate::of(Component::embedded().unwrap())); }
        let got = COMPONENT.with_borrow_mut(|component| component.answer(texts));
        told(&case.differences(&got), &got)?;
        let native = Native::default().answer(texts);
        if native == got { Ok(()) } else { Err(format!("  the native core answers otherwise:\n{}", shown(&native))) }
    });
    assert!(failures.is_empty(), "{} cases fail\n{}", failures.len(), failures.join("\n"));
}

/// The cases that come with the library are those of the tree.
#[test]
fn embedded() {
    let agrees = suite().run(&Component::embedded().unwrap(), NonZeroUsize::MIN, &|| {});
    assert!(agrees.iter().all(|outcome| *outcome == Outcome::Agrees));
    let embedded = Suite::embedded().unwrap();
    assert_eq!(format!("{embedded:?}"), format!("{:?}", suite()));
}

fn told(differences: &[String], got: &Got) -> Result<(), String> {
    if differences.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = differences.iter().map(|difference| format!("  {difference}")).collect();
    Err(format!("{}\n got:\n{}", lines.join("\n"), shown(got)))
}

/// Runs the chosen cases on all processors, and gives every failure in order.
fn run(check: impl Fn(&Case, &Texts) -> Result<(), String> + Sync) -> Vec<String> {
    let cases = chosen();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let check = &check;
    let part = |cases: &[(&Case, Texts)]| -> Vec<String> {
        cases
            .iter()
            .filter_map(|(case, texts)| check(case, texts).err().map(|fault| format!("\n{}: {}\n{fault}", case.name, case.title)))
            .collect()
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> = cases.chunks(cases.len().div_ceil(threads).max(1)).map(|cases| scope.spawn(move || part(cases))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

#[test]
fn there_are_enough_and_each_has_a_title_of_its_own() {
    let cases = suite().cases();
    let mut titles = BTreeMap::new();
    for case in cases {
        if let Some(other) = titles.insert(&case.title, &case.name) {
            panic!("{} and {other} have one title", case.name);
        }
    }
    assert!(cases.len() >= 250, "{} cases", cases.len());
}

/// The numbers of the rules, by the headings of `docs/semantics.md`.
fn rules() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs/semantics.md")).unwrap();
    let number = |line: &str| line.strip_prefix("### ").and_then(|rest| rest.split([' ', '.', ':']).next()).map(str::to_owned);
    text.lines().filter_map(number).collect()
}

#[test]
fn every_rule_is_shown() {
    let rules = rules();
    let mut counts: BTreeMap<&str, usize> = rules.iter().map(|rule| (rule.as_str(), 0)).collect();
    for case in suite().cases() {
        assert!(!case.rules.is_empty(), "{} cites no rule", case.name);
        for rule in &case.rules {
            match counts.get_mut(rule.as_str()) {
                Some(count) => *count += 1,
                None => panic!("{} cites {rule}, which docs/semantics.md does not tell", case.name),
            }
        }
    }
    let missing: Vec<String> = counts.iter().filter(|(_, count)| **count < 2).map(|(rule, count)| format!("{rule}: {count}")).collect();
    assert!(missing.is_empty() && rules.len() >= 36, "rules with less than two cases: {}", missing.join(", "));
}

#[test]
fn every_code_is_shown() {
    let shown: BTreeSet<String> = suite().cases().iter().flat_map(Case::named).collect();
    // What only a host tells, as no case hands over a text of that size; and what only a register tells that is read line by line, which
    // the tests beside the audit show.
    const ELSEWHERE: [&str; 3] = ["facts-too-large", "register-joined", "register-order"];
    let codes: BTreeSet<String> = handoff_core::codes().iter().map(|explanation| explanation.code.to_owned()).collect();
    let missing: Vec<&str> = codes.difference(&shown).map(String::as_str).filter(|code| !ELSEWHERE.contains(code)).collect();
    let unknown: Vec<&str> = shown.difference(&codes).map(String::as_str).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "codes in no case: {}\ncodes that no table holds: {}",
        missing.join(", "),
        unknown.join(", ")
    );
}

#[test]
fn every_form_is_met_unmet_and_unknown() {
    let shown: BTreeSet<String> = suite().cases().iter().filter_map(|case| case.form.clone()).collect();
    let wanted = handoff_core::FORMS.iter().flat_map(|form| ["met", "unmet", "unknown"].map(|outcome| format!("{form}/{outcome}")));
    let missing: Vec<String> = wanted.filter(|form| !shown.contains(form)).collect();
    assert!(missing.is_empty(), "no case for {}", missing.join(", "));
}

/// The parts of the core that find something by themselves, with the folders of their cases.
const PARTS: [(&str, &str); 3] = [("plan", "plans"), ("review", "review"), ("audit", "audit")];

/// What an audit finds by what decisions are made of.
const OF_RECORDS: [&str; 5] =
    ["correction-unexplained", "history-broken", "history-state-mismatch", "history-undeclared-edge", "unknown-state"];

/// What no case can show, and why.
const NEVER: [(&str, &str, &str); 8] = [
    ("plans", "duplicate-item/unknown", "every record has an id"),
    ("plans", "plan-undeclared/unknown", "what a policy declares is always known"),
    ("plans", "subject-unknown/unknown", "a plan is of somebody who is named"),
    ("audit", "duplicate-item/unknown", "every record has an id"),
    ("audit", "not-recorded/unknown", "it tells what is unknown"),
    ("audit", "register-not-covered/unknown", "it tells what is unknown"),
    ("audit", "sop-missing/unknown", "what a policy declares is always known"),
    ("audit", "sop-stale/unknown", "what a policy declares is always known"),
];

/// The codes that a part of the core names, but for those that it only looks for among the findings of others.
fn codes_of(part: &str) -> BTreeSet<String> {
    let files = fs::read_dir(root().join("guest/core/src").join(part)).unwrap();
    let mut text: String = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    // What plans and audits tell alike of engagements.
    if part != "review" {
        text.push_str(&fs::read_to_string(root().join("guest/core/src/engagements.rs")).unwrap());
    }
    let named = text.split("Code::").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric())?;
        let looked_for = rest[end..].strip_prefix(".as_str()").is_some_and(|rest| !rest.starts_with(".to_owned()"));
        (!looked_for).then(|| kebab(&rest[..end]))
    });
    named.collect()
}

fn kebab(name: &str) -> String {
    name.char_indices()
        .flat_map(|(at, c)| (at > 0 && c.is_uppercase()).then_some('-').into_iter().chain([c.to_ascii_lowercase()]))
        .collect()
}

#[test]
fn every_code_of_plans_reviews_and_audits_is_met_unmet_and_unknown() {
    let folder = |case: &Case| case.name.split('/').next().unwrap_or_default().to_owned();
    let shown: BTreeSet<(String, String)> =
        suite().cases().iter().flat_map(|case| case.codes.iter().map(|code| (folder(case), code.clone()))).collect();
    let never = |folder: &str, outcome: &str| NEVER.iter().any(|(part, code, _)| (*part, *code) == (folder, outcome));
    let mut wanted = BTreeSet::new();
    for (part, folder) in PARTS {
        let of_records = OF_RECORDS.iter().filter(|_| part == "audit").map(|code| (*code).to_owned());
        for code in codes_of(part).into_iter().chain(of_records) {
            wanted.extend(["met", "unmet", "unknown"].map(|outcome| (folder.to_owned(), format!("{code}/{outcome}"))));
        }
    }
    let missing: Vec<_> = wanted.difference(&shown).filter(|(folder, outcome)| !never(folder, outcome)).collect();
    let unknown: Vec<_> = shown.iter().filter(|one| !wanted.contains(*one) || never(&one.0, &one.1)).collect();
    assert!(wanted.len() >= 150, "{} outcomes are wanted", wanted.len());
    assert!(missing.is_empty() && unknown.is_empty(), "no case for {missing:?}\nmore than is asked for: {unknown:?}");
}
