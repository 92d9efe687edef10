//! An expression, as a requirement, negated, and as a `when`: it loads always or never, is evaluated to the same every time, and never holds
//! together with its opposite, whatever is recorded.
#![no_main]

use handoff_core::{Facts, Policy, ask};
use handoff_fuzz::check;
use serde_json::{Value, json};

libfuzzer_sys::fuzz_target!(|source: &[u8]| {
    let Ok(source) = std::str::from_utf8(source) else { return };
    let text = policy(source).to_string();
    let policy = match (Policy::load(&text), Policy::load(&text)) {
        (Ok(policy), Ok(again)) => {
            assert_eq!(policy.warnings(), again.warnings());
            policy
        }
        (Err(problems), Err(again)) => {
            assert_eq!(problems, again);
            return check(&problems);
        }
        (policy, again) => panic!("{policy:?} {again:?}"),
    };
    for facts in [full(), bare()] {
        let facts = Facts::parse(&facts.to_string()).expect("the facts are read");
        let answer = |to: &str| {
            let question = json!({"ask": "transition", "item": "asset:LT-1", "to": to}).to_string();
            let answer = ask(&policy, &facts, &question).expect("an answer");
            assert_eq!(Ok(&answer), ask(&policy, &facts, &question).as_ref());
            serde_json::from_str::<Value>(&answer).expect("an answer is JSON")
        };
        let allows = |to: &str| answer(to)["decision"] == "allow";
        let (holds, opposite, both) = (allows("holds"), allows("opposite"), allows("both"));
        assert!(!(holds && opposite), "an expression and its opposite hold: {source}");
        assert!(!both || holds && opposite, "both hold, and not each: {source}");
        allows("when");
    }
});

fn policy(source: &str) -> Value {
    let opposite = format!("!({source}\n)");
    let workflow = |states: Value| {
        let mut transitions = json!({"-> made": {"responsible": ["desk"], "accountable": "lead"}});
        for state in states.as_object().expect("states").keys().filter(|state| *state != "made") {
            transitions[format!("made -> {state}")] = json!({"responsible": ["desk"], "accountable": "lead"});
        }
        json!({"title": "W", "assets": ["laptop"], "states": states, "transitions": transitions})
    };
    json!({
        "format": 1, "name": "expression", "version": "1",
        "roles": {"desk": {"title": "Desk"}, "lead": {"title": "Lead"}},
        "classes": {"hardware": {"title": "Hardware"}},
        "kinds": {"laptop": {"title": "Laptop", "class": "hardware", "identified_by": "serial"}},
        "attributes": {
            "flag": {"title": "F", "type": "boolean"}, "count": {"title": "C", "type": "number"}, "name": {"title": "N", "type": "text"},
            "seen": {"title": "S", "type": "time"}, "os": {"title": "O", "type": "version"},
        },
        "requirements": {
            "holds": {"expression": source}, "opposite": {"expression": opposite},
            "when": {"attribute": "flag", "equals": true, "when": source},
        },
        "workflows": {"device": workflow(json!({
            "made": {"category": "stock", "main": "holds"}, "holds": {"category": "gone", "gate": ["holds"]}, "opposite": {"category": "gone", "gate": ["opposite"]},
            "both": {"category": "gone", "gate": ["holds", "opposite"]}, "when": {"category": "gone", "gate": ["when"]},
        }))},
    })
}

fn full() -> Value {
    json!({
        "at": "2026-03-16T09:00:00+01:00", "actor": {"id": "dora", "roles": ["desk"]},
        "people": [{"id": "ann", "status": "active", "remote": false, "roles": ["desk"], "department": "it", "last_day": null}],
        "tickets": [{"id": "T-1", "kind": "request", "state": "open", "subject": "ann", "links": [{"asset": "LT-1", "role": "issue"}]}],
        "assets": [{
            "id": "LT-1", "kind": "laptop", "state": "made", "serial": "S-1", "owner": "person:ann", "location": "store", "held_by": null,
            "attributes": {"flag": true, "count": 3, "name": "a", "seen": "2026-03-15T09:00:00Z", "os": "14.2"},
            "evidence": [{"check": "scan", "result": "passed", "seen": "S-1", "at": "2026-03-15T09:00:00Z"}],
            "history": [{"from": null, "to": "made", "at": "2026-03-11T10:00:00+01:00", "by": "gus"}],
        }],
    })
}

fn bare() -> Value {
    json!({
        "at": "2026-03-16T09:00:00+01:00", "actor": {"id": "dora", "roles": ["desk"]},
        "assets": [{"id": "LT-1", "kind": "laptop", "state": "made"}],
    })
}
