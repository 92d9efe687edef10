//! Records come in lines and chunks, and parts are audited apart: none of it reaches what is found.

use serde_json::{Value, json};

use super::Audit;
use crate::policy::Policy;
use crate::problem::Problem;
use crate::time::Time;

fn policy(name: &str) -> Policy {
    let raci = json!({"responsible": ["desk"], "accountable": "desk"});
    let document = json!({
        "format": 1, "name": name, "version": "1",
        "plans": {"joiner": {"ticket": "onboarding"}},
        "register": {"stale_after": "P30D", "idle_after": "P30D", "recurring": {"count": 2, "within": "P30D"}},
        "roles": {"desk": {"title": "Desk", "department": "it"}},
        "departments": {"it": {"title": "IT"}},
        "classes": {"things": {"title": "Things"}},
        "kinds": {
            "laptop": {"title": "Laptop", "class": "things", "identified_by": "serial"},
            "seat": {"title": "Seat", "class": "things", "identified_by": "none"},
        },
        "ticket_kinds": {"onboarding": {"title": "Somebody joins", "link_role": "issue"}},
        "attributes": {"encrypted": {"title": "Encrypted", "type": "boolean"}},
        "requirements": {"encrypted": {"attribute": "encrypted", "equals": true}, "linked": {"assets": [{"requirements": ["held"]}]}, "held": {"category": ["held"]}},
        "exception_kinds": {"urgent": {
            "title": "In a hurry", "waives": ["encrypted"], "approvals": [{"roles": ["desk"]}], "longest": "P30D",
            "reconcile": {"steps": {"settled": "It was settled"}, "roles": ["desk"]},
        }},
        "workflows": {
            "device": {
                "title": "Things", "assets": ["laptop", "seat"],
                "states": {"ready": {"category": "stock", "gate": ["encrypted"], "longest_stay": "P1D"}, "used": {"category": "held"}},
                "transitions": {"-> ready": raci, "ready -> used": raci, "used -> ready": raci},
            },
            "joiner": {
                "title": "Somebody joins", "tickets": ["onboarding"], "closes_in": "done",
                "states": {"open": {}, "done": {"closing": "fulfilled", "gate": ["linked"]}},
                "transitions": {"-> open": raci, "open -> done": raci},
            },
        },
    });
    Policy::load(&document.to_string()).unwrap()
}

const AT: &str = "2026-03-02T09:00:00Z";

/// What comes first: every sort of line, a facts document among them.
fn ahead() -> Vec<String> {
    // As an answer comes: its verdict first.
    let answer = r#"{"decision":"deny","by_exception":false,"item":"asset:B","to":"ready","at":"2026-02-02T08:59:00Z","ready":false,"permitted":null,"findings":[{"code":"actor-missing"}],"waivers":[],"accountable":"desk","inform":[],"next":[],"written_off":[],"valid_until":null,"record_version":"7","policy":{"name":"one"}}"#;
    let lines = [
        json!({"at": AT, "exceptions": [], "licences": [{"id": "l", "product": "Care", "seats": 1, "allocated": 3, "cost": "9.50"}]}),
        json!({"coverage": {"as_of": AT, "persons": "all", "licences": "all", "decisions": "all", "decisions_since": "2026-02-01T00:00:00Z"}}),
        json!({"coverage": {"as_of": AT, "decisions": ["labtop"], "decisions_since": "2026-02-01T00:00:00Z"}}),
        json!({"decision": {"item": "asset:A", "to": "ready", "at": "2026-02-03T08:59:00Z", "decision": "allow"}}),
        json!({"person": {"id": "ann", "status": "active", "roles": ["desk"], "same_as": ["ann-2"]}}),
        json!({"person": {"id": "leo", "status": "left", "roles": []}}),
        json!({"person": {"id": "eva", "status": "expected", "first_day": "2026-03-09", "roles": []}}),
        json!({"licence": {"id": "m", "product": "Draw", "seats": 5, "metric": "user"}}),
        json!({"exception": {"id": "x", "kind": "urgent", "items": ["asset:A"], "requested_at": "2026-02-20T09:00:00Z", "requested_by": "leo", "starts": "2026-02-20T09:00:00Z", "expires": "2026-02-25T09:00:00Z", "approvals": [{"by": "ann", "role": "desk", "verdict": "approved", "at": "2026-02-20T09:00:00Z"}]}}),
        json!({"exception": {"id": "y", "kind": "urgent", "items": ["asset:Z"], "requested_at": "2026-02-21T09:00:00Z"}}),
    ].map(|line| line.to_string());
    lines.into_iter().chain([answer.to_owned()]).collect()
}

/// Assets and tickets, each a line, and a case with what it links.
fn items() -> Vec<String> {
    let stood = |state: &str, day: u32| json!([{"from": null, "to": state, "by": "ann", "at": format!("2026-02-{day:02}T09:00:00Z")}]);
    [
        json!({"asset": {"id": "A", "kind": "laptop", "state": "ready", "serial": "PF1", "owner": null, "history": stood("ready", 3), "updated_at": AT}}),
        json!({"asset": {"id": "B", "kind": "laptop", "state": "ready", "serial": "PF-1", "owner": "person:leo", "attributes": {"encrypted": true}, "history": stood("ready", 2)}}),
        json!({"asset": {"id": "C", "kind": "laptop", "state": "ready", "serial": "PF3", "owner": null, "relations": [{"relation": "part-of", "item": "asset:D"}]}}),
        json!({"asset": {"id": "A", "kind": "laptop", "state": "nowhere", "serial": "PF4"}}),
        json!({"asset": {"id": "S", "kind": "seat", "state": "used", "product": "Care", "owner": "person:leo", "last_used": "2026-01-01T09:00:00Z", "updated_at": AT}}),
        json!({"asset": {"id": "T", "kind": "seat", "state": "used", "product": "Care", "owner": "person:ann-2", "updated_at": AT}}),
        json!({"asset": {"id": "U", "kind": "seat", "state": "used", "product": "Other", "owner": "person:ann", "updated_at": AT}}),
        json!({"ticket": {"id": "1", "kind": "onboarding", "state": "open", "subject": "ann", "due": "2026-02-01", "links": ["A", "Y"]}}),
        json!({"assets": [{"id": "K", "kind": "laptop", "state": "used", "serial": "PF9", "owner": "person:leo", "updated_at": AT}],
               "tickets": [{"id": "2", "kind": "onboarding", "state": "open", "subject": "leo", "links": ["K"]}, {"id": "3", "kind": "onboarding", "state": "open", "subject": null, "links": []}],
               "licences": [{"id": "l", "product": "Care", "seats": 1, "allocated": 3, "cost": "9.50"}],
               "decisions": [{"item": "asset:A", "to": "ready", "at": "2026-02-03T08:59:00Z", "decision": "allow"}, {"item": "asset:K", "to": "used", "at": AT}]}),
    ]
    .map(|line| line.to_string())
    .into()
}

fn add(audit: &mut Audit<&Policy>, lines: &[String]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    audit.add(&text).unwrap();
}

/// The findings, in any order, and the summary.
fn end(mut audit: Audit<&Policy>, mut found: Vec<String>) -> (Vec<String>, Value) {
    let summary = serde_json::from_str(&audit.finish().unwrap()).unwrap();
    drain(&mut audit, &mut found);
    found.sort();
    (found, summary)
}

fn drain(audit: &mut Audit<&Policy>, found: &mut Vec<String>) {
    loop {
        let page = audit.findings();
        if page.is_empty() {
            return;
        }
        found.extend(page.lines().map(str::to_owned));
    }
}

fn whole(policy: &Policy) -> (Vec<String>, Value) {
    let mut audit = Audit::new(policy, None);
    add(&mut audit, &[ahead(), items()].concat());
    end(audit, Vec::new())
}

fn codes(problems: Result<(), Vec<Problem>>) -> Vec<(String, Option<u32>)> {
    let problems = problems.unwrap_err();
    problems.into_iter().map(|problem| (problem.code, problem.position.map(|position| position.line))).collect()
}

#[test]
fn the_register_of_these_tests_has_something_of_everything() {
    let (found, summary) = whole(&policy("one"));
    let codes: Vec<&str> = summary["findings"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        codes,
        [
            "duplicate-identity",
            "duplicate-item",
            "exception-expired",
            "exception-inactive",
            "licence-count-mismatch",
            "licence-over-allocated",
            "licence-unknown",
            "link-unknown-asset",
            "notice-without-ticket",
            "owner-departed",
            "owner-unknown",
            "record-stale",
            "register-not-covered",
            "relation-missing",
            "role-thin",
            "seat-idle",
            "stalled",
            "state-unsupported",
            "stock-in-a-name",
            "ticket-overdue",
            "undecided-transition",
            "unknown-state",
        ],
        "{found:#?}"
    );
    assert_eq!(summary["records"], json!({"assets": 8, "tickets": 3, "people": 3, "licences": 2, "exceptions": 2, "decisions": 3}));
    assert_eq!(summary["closures"], json!([{"kind": "onboarding", "open": 2, "refused": 1, "reasons": {"no-linked-asset": 1}}]));
    assert_eq!(summary["patterns"][0]["count"], 2);
    let counted: u64 = summary["findings"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(counted, u64::try_from(found.len()).unwrap());
}

#[test]
fn chunks_reach_no_finding() {
    let policy = policy("one");
    let lines = [ahead(), items()].concat();
    let wanted = whole(&policy);
    for size in 1..lines.len() {
        let mut audit = Audit::new(&policy, None);
        let mut found = Vec::new();
        for chunk in lines.chunks(size) {
            add(&mut audit, chunk);
            drain(&mut audit, &mut found);
        }
        assert_eq!(end(audit, found), wanted, "in chunks of {size}");
    }
}

#[test]
fn the_order_of_items_reaches_no_finding() {
    let policy = policy("one");
    let mut backwards = items();
    backwards.reverse();
    let mut audit = Audit::new(&policy, None);
    add(&mut audit, &[ahead(), backwards].concat());
    assert_eq!(end(audit, Vec::new()), whole(&policy));
}

#[test]
fn a_head_that_comes_twice_counts_once() {
    let policy = policy("one");
    let mut audit = Audit::new(&policy, None);
    add(&mut audit, &[ahead(), ahead(), items()].concat());
    assert_eq!(end(audit, Vec::new()), whole(&policy));
}

#[test]
fn parts_joined_equal_the_whole() {
    let policy = policy("one");
    let wanted = whole(&policy);
    let items = items();
    for middle in 0..=items.len() {
        let mut found = Vec::new();
        let mut pages: Vec<Vec<String>> = Vec::new();
        for part in [&items[..middle], &items[middle..]] {
            let mut audit = Audit::new(&policy, None);
            add(&mut audit, &ahead());
            add(&mut audit, part);
            drain(&mut audit, &mut found);
            let mut kept = Vec::new();
            loop {
                let page = audit.state();
                if page.is_empty() {
                    break;
                }
                kept.extend(page.lines().map(str::to_owned));
            }
            pages.push(kept);
        }
        for turn in [[0, 1], [1, 0]] {
            let mut audit = Audit::new(&policy, None);
            for part in turn {
                add(&mut audit, &pages[part]);
            }
            assert_eq!(end(audit, found.clone()), wanted, "parted at {middle}, joined as {turn:?}");
        }
        // One part may also go on from the other, in front of its own records or behind them.
        for kept_first in [true, false] {
            let mut audit = Audit::new(&policy, None);
            let rest = [ahead(), items[middle..].to_vec()].concat();
            let lines = if kept_first { [pages[0].clone(), rest].concat() } else { [rest, pages[0].clone()].concat() };
            add(&mut audit, &lines);
            let mut mine = Vec::new();
            drain(&mut audit, &mut mine);
            let own = found.iter().rev().take(mine.len()).rev().cloned().collect::<Vec<_>>();
            assert_eq!(mine, own);
            assert_eq!(end(audit, found.clone()), wanted);
        }
    }
}

#[test]
fn facts_at_once_are_audited_as_a_case_is() {
    let policy = policy("one");
    let facts = json!({"at": AT, "people": [{"id": "ann", "status": "active", "roles": []}], "assets": [{"id": "A", "kind": "laptop", "state": "ready"}], "tickets": [{"id": "1", "kind": "onboarding", "state": "open", "subject": "ann", "links": ["A"]}]});
    let mut audit = Audit::new(&policy, None);
    add(&mut audit, &[facts.to_string()]);
    let (found, summary) = end(audit, Vec::new());
    let at_once = super::audit(&policy, &crate::Facts::parse(&facts.to_string()).unwrap(), Time::parse(AT).unwrap()).unwrap();
    let mut told: Vec<String> = at_once.findings.iter().map(|found| serde_json::to_string(found).unwrap()).collect();
    told.sort();
    assert_eq!(found, told);
    assert_eq!(summary, serde_json::to_value(&at_once.summary).unwrap());
}

#[test]
fn what_comes_too_late_is_refused_with_its_line() {
    let policy = policy("one");
    let mut audit = Audit::new(&policy, None);
    let late = ["", &items()[0], &ahead()[2], &items()[1], &ahead()[1]].map(str::to_owned).join("\n");
    audit.add(&ahead()[0]).unwrap();
    assert_eq!(codes(audit.add(&late)), [("register-order".to_owned(), Some(3)), ("register-order".to_owned(), Some(5))]);
    let (_, summary) = end(audit, Vec::new());
    assert_eq!(summary["records"]["assets"], 2, "the lines beside are taken");
    assert_eq!(summary["records"]["people"], 0);
}

#[test]
fn a_bad_line_is_told_and_the_others_are_taken() {
    let policy = policy("one");
    for (line, code, path) in [
        ("{\"asset\": {\"id\": \"A\"", "facts-syntax", ""),
        ("[]", "facts-shape", ""),
        ("{\"asset\": {\"id\": \"A\", \"colour\": \"red\"}}", "facts-shape", "/asset/colour"),
        ("{\"asset\": {\"kind\": \"laptop\"}}", "facts-shape", "/asset"),
        ("{\"asset\": null}", "facts-shape", "/asset"),
        ("{\"asset\": {\"id\": \"A\"}, \"ticket\": {\"id\": \"1\"}}", "facts-shape", "/ticket"),
        ("{\"person\": {\"id\": \"p\", \"first_day\": \"soon\"}}", "facts-shape", "/person/first_day"),
        ("{\"coverage\": {\"source\": \"here\"}}", "facts-shape", "/coverage"),
        ("{\"decision\": {\"item\": \"asset:A\"}, \"at\": null}", "facts-shape", "/at"),
        ("{\"audited\": null}", "facts-shape", "/audited"),
        ("{\"cupboard\": {}}", "facts-shape", "/cupboard"),
        ("{\"assets\": [{\"id\": \"A\"}, {}]}", "facts-shape", "/assets/1"),
    ] {
        let mut audit = Audit::new(&policy, Some(Time::parse(AT).unwrap()));
        let problems = audit.add(&format!("{}\n{line}\n{}\n", items()[0], items()[1])).unwrap_err();
        let told: Vec<(&str, Option<u32>)> =
            problems.iter().map(|problem| (problem.code.as_str(), problem.position.map(|position| position.line))).collect();
        assert_eq!(told, [(code, Some(2))], "{line}: {problems:?}");
        assert!(problems.iter().all(|problem| problem.path.starts_with(path)), "{line}: {problems:?}");
        assert_eq!(end(audit, Vec::new()).1["records"]["assets"], 2, "{line}");
    }
}

#[test]
fn parts_of_another_policy_or_time_are_refused() {
    let (one, other) = (policy("one"), policy("other"));
    let kept = |policy: &Policy, at: &str| {
        let mut audit = Audit::new(policy, Some(Time::parse(at).unwrap()));
        add(&mut audit, &items());
        audit.state()
    };
    let mut audit = Audit::new(&one, Some(Time::parse(AT).unwrap()));
    for page in [kept(&other, AT), kept(&one, "2026-03-02T09:00:01Z")] {
        assert_eq!(codes(audit.add(&page)), [("register-joined".to_owned(), Some(1))]);
    }
    audit.add(&kept(&one, AT)).unwrap();
}

#[test]
fn an_audit_that_has_ended_takes_no_more() {
    let policy = policy("one");
    let at = Some(Time::parse(AT).unwrap());
    let mut ended = Audit::new(&policy, at);
    ended.finish().unwrap();
    let mut given = Audit::new(&policy, at);
    assert!(!given.state().is_empty());
    for audit in [&mut ended, &mut given] {
        assert_eq!(codes(audit.add(&items()[0])), [("register-order".to_owned(), Some(1))]);
        assert_eq!(audit.finish().unwrap_err()[0].code, "register-order");
    }
}

#[test]
fn an_audit_needs_a_time() {
    let policy = policy("one");
    let mut audit = Audit::new(&policy, None);
    assert_eq!(codes(audit.add(&items()[0])), [("time-missing".to_owned(), Some(1))]);
    assert_eq!(audit.state(), "");
    assert_eq!(audit.finish().unwrap_err()[0].code, "time-missing");
}
