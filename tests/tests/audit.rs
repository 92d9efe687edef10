//! What an audit proposes can be done: the way of their own of exceptions that are a pattern goes into the policy as it stands.

use std::fs;

use handoff_core::{Facts, Policy, ask};
use handoff_tests::{root, yaml};
use serde_json::{Value, json};

/// Every kind of exception of a policy, asked for twice.
fn pattern_of_each(policy: &Value) -> Value {
    let exceptions: Vec<Value> = policy["exception_kinds"]
        .as_object()
        .unwrap()
        .keys()
        .flat_map(|kind| {
            [1, 2].map(|day| json!({"id": format!("{kind}-{day}"), "kind": kind, "requested_at": format!("2026-02-0{day}T09:00:00Z")}))
        })
        .collect();
    json!({"at": "2026-03-02T09:00:00Z", "exceptions": exceptions})
}

#[test]
fn what_is_proposed_for_a_pattern_loads_without_a_warning() {
    for path in ["tests/policies/register.yaml", "tests/policies/exceptions.yaml", "examples/reference-policy/policy.yaml"] {
        let mut policy = yaml(&fs::read_to_string(root().join(path)).unwrap());
        policy["register"]["recurring"] = json!({"count": 2, "within": "P30D"});
        let loaded = Policy::load(&policy.to_string()).unwrap();
        let facts = Facts::parse(&pattern_of_each(&policy).to_string()).unwrap();
        let answer: Value = serde_json::from_str(&ask(&loaded, &facts, r#"{"ask": "audit"}"#).unwrap()).unwrap();
        let patterns = answer["summary"]["patterns"].as_array().unwrap();
        assert_eq!(patterns.len(), policy["exception_kinds"].as_object().unwrap().len(), "{path}");
        for pattern in patterns {
            let mut changed = policy.clone();
            for (section, entries) in pattern["proposal"].as_object().unwrap() {
                for (name, entry) in entries.as_object().unwrap() {
                    assert_eq!(changed[section][name], Value::Null, "{section}/{name} of {path} is taken");
                    changed[section][name] = entry.clone();
                }
            }
            let with_it = Policy::load(&changed.to_string()).unwrap_or_else(|problems| panic!("{problems:#?}\nof {pattern:#}"));
            assert_eq!(with_it.warnings(), loaded.warnings(), "{path}: {pattern:#}");
        }
    }
}
