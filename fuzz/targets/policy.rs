//! A policy, as JSON text: what loads once loads again to the same, whatever the order of its keys.
#![no_main]

use handoff_core::Policy;
use handoff_fuzz::{another_way, check};

handoff_fuzz::mutate_json!();

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let Ok(text) = std::str::from_utf8(text) else { return };
    match (Policy::load(text), Policy::load(text)) {
        (Ok(policy), Ok(again)) => {
            same(&policy, &again);
            same(&policy, &Policy::load(&another_way(text, false)).expect("the order of keys is no fault"));
            let described: serde_json::Value = serde_json::from_str(&policy.describe()).expect("a description is JSON");
            assert_eq!(described["digest"], policy.digest());
        }
        (Err(problems), Err(again)) => {
            assert_eq!(problems, again);
            check(&problems);
        }
        (policy, again) => panic!("{policy:?} {again:?}"),
    }
});

fn same(policy: &Policy, other: &Policy) {
    assert_eq!(policy.describe(), other.describe());
    assert_eq!(policy.warnings(), other.warnings());
    assert_eq!(policy.laxer(other), []);
}
