//! Registers as a host reads them: the embedded component, over any number of workers, whole or in parts.

use std::fs;
use std::io::Read;
use std::num::NonZeroUsize;

use handoff::core::audit::{AuditFinding, Summary};
use handoff::{Audit, Component, Error, Refused, Told};
use handoff_core::Time;
use handoff_tests::register::Register;
use handoff_tests::{root, yaml};

/// What an audit told, in order.
#[derive(Debug, PartialEq)]
struct Outcome {
    findings: Vec<AuditFinding>,
    summary: Summary,
}

pub(crate) fn reference() -> String {
    yaml(&fs::read_to_string(root().join("examples/reference-policy/policy.yaml")).unwrap()).to_string()
}

/// Several chunks of lines, with the head in front.
fn lines() -> String {
    let mut text = Vec::new();
    Register::of(3_000, 11).write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn begin(workers: usize) -> handoff::Register {
    handoff::Register::begin(&Component::embedded().unwrap(), Some(&reference()), None, NonZeroUsize::new(workers)).unwrap()
}

fn read(register: &mut handoff::Register, text: &str) -> Vec<AuditFinding> {
    let told = register.read(text.as_bytes()).map(|told| match told.unwrap() {
        Told::Found(findings) => findings,
        Told::Refused(lines) => panic!("{lines:?}"),
    });
    told.flatten().collect()
}

fn finish(register: handoff::Register, mut findings: Vec<AuditFinding>) -> Outcome {
    let (summary, rest) = register.finish().unwrap();
    findings.extend(rest.flat_map(Result::unwrap));
    Outcome { findings, summary }
}

/// One audit in one instance, of all lines at once.
fn at_once(text: &str) -> Outcome {
    let mut instance = Component::embedded().unwrap().start().unwrap();
    let policy = instance.load_policy(&reference()).unwrap();
    let mut audit = instance.audit(&policy, None).unwrap();
    let mut findings = Vec::new();
    let mut give = |audit: &mut Audit| {
        while let page = audit.findings().unwrap()
            && !page.is_empty()
        {
            findings.extend(page);
        }
    };
    audit.add(text).unwrap();
    give(&mut audit);
    let summary = audit.finish().unwrap();
    give(&mut audit);
    Outcome { findings, summary }
}

#[test]
fn findings_come_in_the_order_of_the_lines_whatever_the_workers() {
    let text = lines();
    assert!(text.len() > 2 << 20, "{} bytes are one chunk", text.len());
    let expected = at_once(&text);
    assert!(expected.findings.len() > 100 && expected.summary.records.assets > 3_000);
    for workers in [1, 2, 3, 7] {
        let mut register = begin(workers);
        let findings = read(&mut register, &text);
        assert!(finish(register, findings) == expected, "{workers} workers");
    }
}

#[test]
fn parts_that_are_joined_are_the_whole() {
    let text = lines();
    let expected = at_once(&text);
    let all: Vec<&str> = text.lines().collect();
    let (head, items) = all.split_at(all.iter().position(|line| line.starts_with("{\"asset\"")).unwrap());
    let head = head.join("\n");
    let (mut findings, mut kept) = (Vec::new(), Vec::new());
    for part in items.chunks(items.len() / 3 + 1) {
        let mut register = begin(2);
        findings.extend(read(&mut register, &head));
        findings.extend(read(&mut register, &part.join("\n")));
        kept.push(register.keep().unwrap().map(Result::unwrap).collect::<String>());
    }
    // Whichever comes first.
    kept.reverse();
    let mut whole = begin(2);
    assert_eq!(read(&mut whole, &kept.concat()), []);
    assert!(finish(whole, findings.clone()) == expected);
    // A part may also come as it is, before or after what is kept of the others.
    let last = items.chunks(items.len() / 3 + 1).last().unwrap().join("\n");
    for order in [[&kept[1], &kept[2], &head, &last], [&head, &kept[1], &last, &kept[2]]] {
        let mut whole = begin(2);
        order.into_iter().for_each(|text| drop(read(&mut whole, text)));
        assert!(finish(whole, findings.clone()).summary == expected.summary);
    }
}

/// Cases each tell their own time; that of the first counts, and so one worker does it all.
#[test]
fn the_time_is_that_of_the_first_line_that_tells_one() {
    let note = "x".repeat(700_000);
    let asset = |day: u32| format!(r#"{{"id": "A{day}", "kind": "laptop", "state": "approved", "attributes": {{"note": "{note}"}}}}"#);
    let case = |day: u32| format!("{{\"at\": \"2026-01-{day:02}T09:00:00Z\", \"assets\": [{}]}}\n", asset(day));
    let text: String = (5..12).map(case).collect();
    for workers in [1, 3] {
        let mut register = begin(workers);
        let findings = read(&mut register, &text);
        let outcome = finish(register, findings);
        assert_eq!(outcome.summary.at, Time::parse("2026-01-05T09:00:00Z").unwrap());
        assert_eq!(outcome.summary.records.assets, 7);
    }
}

#[test]
fn lines_that_are_refused_are_told_in_their_place_and_there_is_no_end() {
    let good = "{\"asset\": {\"id\": \"A\", \"kind\": \"laptop\", \"state\": \"approved\"}}\n";
    let text = format!(
        "{{\"at\": \"2026-01-05T09:00:00Z\"}}\n{good}\nnothing\n{good}{{\"person\": {{\"id\": \"p\"}}}}\n{{\"asset\": {{\"id\": 1}}}}"
    );
    for workers in [1, 2] {
        let mut register = begin(workers);
        let refused: Vec<Refused> = register
            .read(text.as_bytes())
            .filter_map(|told| match told.unwrap() {
                Told::Refused(lines) => Some(lines),
                Told::Found(_) => None,
            })
            .flatten()
            .collect();
        let shown: Vec<(u64, &str, &str)> =
            refused.iter().map(|refused| (refused.line, refused.problems[0].code.as_str(), refused.problems[0].path.as_str())).collect();
        assert_eq!(shown, [(4, "facts-syntax", ""), (6, "register-order", ""), (7, "facts-shape", "/asset/id")]);
        assert_eq!(refused[0].text, "nothing");
        assert!(matches!(register.finish().err(), Some(Error::Register(_))));
    }
}

#[test]
fn what_was_not_read_to_its_end_has_none() {
    let text = lines();
    let mut register = begin(2);
    assert!(register.read(text.as_bytes()).next().is_some());
    assert!(matches!(register.keep().err(), Some(Error::Register(_))));
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("it broke"))
        }
    }
    let mut register = begin(2);
    let told: Vec<Result<Told, Error>> = register.read(std::io::BufReader::new(text.as_bytes().chain(Broken))).collect();
    assert!(matches!(told.last(), Some(Err(Error::Register(reason))) if reason == "it broke"));
    assert!(register.finish().is_err());
}

#[test]
fn an_audit_without_a_time_and_a_policy_with_problems_say_so() {
    let component = Component::embedded().unwrap();
    assert!(
        matches!(handoff::Register::begin(&component, Some("{}"), None, None).err(), Some(Error::Policy(problems)) if !problems.is_empty())
    );
    let mut register = begin(2);
    assert_eq!(read(&mut register, "\n \n"), []);
    assert!(matches!(register.finish().err(), Some(Error::Question(problems)) if problems[0].code == "time-missing"));
}
