//! A question about facts, by a policy of the tests: three lines, which are the policy's name, the question and the facts. The answer is JSON,
//! comes again, does not depend on the order of the facts, and does not contradict itself.
#![no_main]

use std::collections::BTreeMap;

use handoff_core::{Facts, Policy, ask, ask_once};
use handoff_fuzz::{another_way, check, policies};
use serde_json::Value;

handoff_fuzz::mutate_json!();

thread_local! { static POLICIES: BTreeMap<String, Policy> = policies(); }

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let mut lines = text.splitn(3, '\n');
    let (Some(name), Some(question), Some(facts)) = (lines.next(), lines.next(), lines.next()) else { return };
    let Ok(name) = serde_json::from_str::<String>(name) else { return };
    POLICIES.with(|policies| policies.get(&name).into_iter().for_each(|policy| put(policy, question, facts)));
});

fn put(policy: &Policy, question: &str, text: &str) {
    let Ok(facts) = Facts::parse(text) else { return };
    let answer = ask(policy, &facts, question);
    assert_eq!(answer, ask(policy, &facts, question));
    assert_eq!(answer, ask_once(policy, &another_way(text, true), question), "the other way round");
    match answer {
        Ok(answer) => consistent(&serde_json::from_str(&answer).expect("an answer is JSON")),
        Err(problems) => check(&problems),
    }
}

/// Every allow of an answer bears itself out.
fn consistent(answer: &Value) {
    match answer {
        Value::Array(rows) => rows.iter().for_each(consistent),
        Value::Object(keys) => {
            if answer["decision"] == "allow" && answer["findings"].is_array() {
                assert_eq!(answer["permitted"], true, "{answer}");
                let waivers = answer["waivers"].as_array().expect("waivers are told");
                assert_eq!(answer["by_exception"], !waivers.is_empty(), "{answer}");
                for finding in answer["findings"].as_array().into_iter().flatten().filter(|finding| finding["severity"] == "block") {
                    let same = |waiver: &Value| ["requirement", "item"].iter().all(|key| waiver[key] == finding[key]);
                    assert!(waivers.iter().any(same), "{answer}");
                }
            } else if answer["decision"] == "deny" && answer["findings"].is_array() {
                let blocks = answer["findings"].as_array().into_iter().flatten().any(|finding| finding["severity"] == "block");
                assert!(blocks, "a deny without a reason: {answer}");
            }
            keys.values().for_each(consistent);
        }
        _ => {}
    }
}
