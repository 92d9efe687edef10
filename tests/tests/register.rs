//! A register with faults planted in it: an audit finds every one of them and nothing else, however the lines are handed over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use handoff_core::audit::{Audit, AuditFinding};
use handoff_core::{Item, Policy, Stage};
use handoff_tests::register::{Planted, Register};
use handoff_tests::{root, yaml};
use serde_json::{Value, json};

/// What findings are compared by: the code, and the item or record that it is about.
type Told = (String, Option<String>);

/// What an audit told, in order, and its summary.
#[derive(Debug, PartialEq)]
struct Outcome {
    findings: Vec<String>,
    summary: Value,
}

fn reference() -> Value {
    yaml(&fs::read_to_string(root().join("examples/reference-policy/policy.yaml")).unwrap())
}

fn written(register: &Register) -> (String, Vec<Planted>) {
    let mut text = Vec::new();
    let planted = register.write(&mut text).unwrap();
    (String::from_utf8(text).unwrap(), planted)
}

fn take(audit: &mut Audit<&Policy>, lines: &str, findings: &mut Vec<String>) {
    audit.add(lines).unwrap_or_else(|problems| panic!("{problems:?}"));
    give(audit, findings);
}

fn give(audit: &mut Audit<&Policy>, findings: &mut Vec<String>) {
    loop {
        let page = audit.findings();
        if page.is_empty() {
            break;
        }
        findings.extend(page.lines().map(str::to_owned));
    }
}

fn end(mut audit: Audit<&Policy>, mut findings: Vec<String>) -> Outcome {
    let summary = audit.finish().unwrap_or_else(|problems| panic!("{problems:?}"));
    give(&mut audit, &mut findings);
    Outcome { findings, summary: serde_json::from_str(&summary).unwrap() }
}

/// Audits a register handed over so many bytes at a time, cut between lines.
fn audited(policy: &Policy, text: &str, bytes: usize) -> Outcome {
    let (mut audit, mut findings) = (Audit::new(policy, None), Vec::new());
    for chunk in chunks(text, bytes) {
        take(&mut audit, chunk, &mut findings);
    }
    end(audit, findings)
}

fn chunks(mut text: &str, bytes: usize) -> Vec<&str> {
    let mut all = Vec::new();
    while !text.is_empty() {
        let ends =
            text.bytes().enumerate().skip(bytes.saturating_sub(1)).find(|(_, byte)| *byte == b'\n').map_or(text.len(), |(at, _)| at + 1);
        let (chunk, rest) = text.split_at(ends);
        all.push(chunk);
        text = rest;
    }
    all
}

/// Where a finding belongs: its item, else the record that its path leads to.
fn told(line: &str) -> Told {
    let AuditFinding { finding, .. } = serde_json::from_str(line).unwrap();
    let of_path = || {
        let path = finding.path.as_deref()?;
        let mut parts = path.split('/').skip(1);
        Some(format!("/{}/{}", parts.next()?, parts.next()?))
    };
    (finding.code.clone(), finding.item.as_ref().map(Item::to_string).or_else(of_path))
}

fn counted<'a>(all: impl Iterator<Item = (Told, &'a str)>) -> BTreeMap<Told, (u32, Vec<&'a str>)> {
    let mut counts: BTreeMap<Told, (u32, Vec<&str>)> = BTreeMap::new();
    for (told, what) in all {
        let (count, names) = counts.entry(told).or_default();
        *count += 1;
        names.push(what);
    }
    counts
}

/// What differs between what was planted and what was found; the first of it.
fn difference(planted: &[Planted], outcome: &Outcome) -> String {
    let expected = counted(planted.iter().map(|one| ((one.code.to_owned(), one.about.clone()), one.fault)));
    let found = counted(outcome.findings.iter().map(|line| (told(line), line.as_str())));
    let mut all = Vec::new();
    for (told, (count, faults)) in &expected {
        let times = found.get(told).map_or(0, |(times, _)| *times);
        if times != *count {
            all.push(format!("{times} and not {count} of {told:?}: {}", faults.join(", ")));
        }
    }
    for (told, (_, lines)) in found.iter().filter(|(told, _)| !expected.contains_key(*told)) {
        all.push(format!("nobody planted {told:?}: {}", lines[0]));
    }
    let count = all.len();
    all.truncate(40);
    if count == 0 { String::new() } else { format!("{count} differences\n{}", all.join("\n")) }
}

#[test]
fn every_planted_fault_is_found_and_nothing_else() {
    let mut tree = reference();
    let of_policy = Register::plant_in_policy(&mut tree);
    let policy = Policy::load(&tree.to_string()).unwrap();
    let register = Register::of(10_000, 7);
    let (text, mut planted) = written(&register);
    planted.extend(of_policy);
    let outcome = audited(&policy, &text, 1 << 20);
    let difference = difference(&planted, &outcome);
    assert!(difference.is_empty(), "{difference}");
    assert_eq!(outcome.summary["records"]["assets"], register.assets + register.seats);
    assert_eq!(outcome.summary["records"]["people"], register.people);
    let counted: u64 = outcome.summary["findings"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(counted, u64::try_from(planted.len()).unwrap());
}

/// What is planted covers what audits tell: a code that no fault makes is not shown to be found.
#[test]
fn faults_of_every_sort_are_planted() {
    let (_, planted) = written(&Register::of(10_000, 1));
    let of_policy = Register::plant_in_policy(&mut reference());
    let planted: BTreeSet<&str> = planted.iter().chain(&of_policy).map(|one| one.code).collect();
    let of_audits = handoff_core::codes().into_iter().filter(|one| matches!(one.stage, Stage::Audit | Stage::PlanOrAudit));
    let missing: Vec<&str> = of_audits.map(|one| one.code).filter(|code| !planted.contains(code)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn a_register_without_faults_has_no_findings() {
    let policy = Policy::load(&reference().to_string()).unwrap();
    for seed in 1..4 {
        let (text, planted) = written(&Register { faults: 0, ..Register::of(4_000, seed) });
        assert!(planted.is_empty());
        let outcome = audited(&policy, &text, 1 << 16);
        assert!(outcome.findings.is_empty(), "{}", outcome.findings[..outcome.findings.len().min(20)].join("\n"));
    }
}

/// In such registers every dock says what it is used with.
#[test]
fn a_relation_that_a_kind_has_to_have_is_missed() {
    let mut tree = reference();
    tree["register"]["relations"] = json!({"dock": ["used-with"]});
    let policy = Policy::load(&tree.to_string()).unwrap();
    let (text, _) = written(&Register { faults: 0, ..Register::of(4_000, 9) });
    assert_eq!(audited(&policy, &text, 1 << 16).findings, Vec::<String>::new());
    let dock = text.lines().find(|line| line.contains(r#""kind":"dock","state":"issued""#)).unwrap();
    let mut row: Value = serde_json::from_str(dock).unwrap();
    row["asset"].as_object_mut().unwrap().remove("relations");
    let outcome = audited(&policy, &text.replace(dock, &row.to_string()), 1 << 16);
    let item = format!("asset:{}", row["asset"]["id"].as_str().unwrap());
    assert_eq!(outcome.findings.iter().map(|line| told(line)).collect::<Vec<_>>(), [("relation-missing".to_owned(), Some(item))]);
}

#[test]
fn the_same_number_makes_the_same_register() {
    let register = Register::of(6_000, 11);
    assert_eq!(written(&register), written(&register));
    assert_ne!(written(&register).0, written(&Register { seed: 12, ..register }).0);
}

#[test]
fn how_lines_are_handed_over_changes_nothing() {
    let policy = Policy::load(&reference().to_string()).unwrap();
    let (text, _) = written(&Register::of(6_000, 3));
    let whole = audited(&policy, &text, text.len());
    for bytes in [1, 5_000, 1 << 18] {
        assert!(audited(&policy, &text, bytes) == whole, "{bytes} bytes at a time");
    }
}

/// Parts that are audited apart, each with the people, licences and exceptions in front, and then joined.
#[test]
fn parts_that_are_joined_are_like_the_whole() {
    let policy = Policy::load(&reference().to_string()).unwrap();
    let (text, _) = written(&Register::of(6_000, 5));
    let mut whole = audited(&policy, &text, 1 << 20);
    let is_ahead = |line: &&str| ["{\"asset\"", "{\"ticket\"", "{\"tickets\""].iter().all(|item| !line.starts_with(item));
    let ahead: String = text.lines().filter(is_ahead).flat_map(|line| [line, "\n"]).collect();
    let items: Vec<&str> = text.lines().filter(|line| !is_ahead(line)).collect();
    let (mut joined, mut findings) = (Audit::new(&policy, None), Vec::new());
    for part in items.chunks(items.len().div_ceil(3)) {
        let mut audit = Audit::new(&policy, None);
        take(&mut audit, &ahead, &mut findings);
        take(&mut audit, &part.join("\n"), &mut findings);
        loop {
            let page = audit.state();
            if page.is_empty() {
                break;
            }
            take(&mut joined, &page, &mut findings);
        }
    }
    let mut joined = end(joined, findings);
    // What is found in a part comes when that part is read; what crosses parts comes at the end.
    joined.findings.sort_unstable();
    whole.findings.sort_unstable();
    assert!(joined == whole);
}
