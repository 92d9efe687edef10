//! The name of a policy of the tests, and lines of a register: line by line the same is found as in one piece, and by an audit that takes what
//! another one kept.
#![no_main]

use std::collections::BTreeMap;

use handoff_core::audit::Audit;
use handoff_core::{Policy, Problem, Time};
use handoff_fuzz::{check, policies};
use serde_json::Value;

handoff_fuzz::mutate_json!();

thread_local! { static POLICIES: BTreeMap<String, Policy> = policies(); }

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let Some((name, lines)) = std::str::from_utf8(text).ok().and_then(|text| text.split_once('\n')) else { return };
    let Ok(name) = serde_json::from_str::<String>(name) else { return };
    POLICIES.with(|policies| policies.get(&name).into_iter().for_each(|policy| put(policy, lines)));
});

fn put(policy: &Policy, lines: &str) {
    let at = Some(Time::parse("2026-03-02T08:00:00Z").expect("a time"));
    let begin = || Audit::new(policy, at);
    let mut whole = begin();
    let refused = whole.add(lines);
    refused.as_ref().err().into_iter().for_each(|problems| check(problems));
    let mut apart = begin();
    let taken: Vec<bool> = lines.lines().map(|line| apart.add(line).is_ok()).collect();
    assert_eq!(refused.is_ok(), taken.iter().all(|taken| *taken), "in one piece {refused:?}, line by line {taken:?}");
    let mut first = begin();
    let _ = first.add(lines);
    let mut joined = begin();
    let mut found = pages(|| first.findings());
    for page in std::iter::from_fn(|| Some(first.state()).filter(|page| !page.is_empty())) {
        joined.add(&page).expect("what was kept is taken");
    }
    let whole = all(&mut whole, String::new());
    assert_eq!(whole, all(&mut apart, String::new()), "line by line");
    found.push_str(&pages(|| joined.findings()));
    assert_eq!(whole, all(&mut joined, found), "joined");
}

fn pages(mut next: impl FnMut() -> String) -> String {
    std::iter::from_fn(|| Some(next()).filter(|page| !page.is_empty())).collect()
}

/// What is found, and the summary.
fn all(audit: &mut Audit<&Policy>, mut found: String) -> (Vec<Value>, Result<Value, Vec<Problem>>) {
    found.push_str(&pages(|| audit.findings()));
    let summary = audit.finish().map(|summary| serde_json::from_str(&summary).expect("a summary is JSON"));
    found.push_str(&pages(|| audit.findings()));
    (found.lines().map(|line| serde_json::from_str(line).expect("a finding is JSON")).collect(), summary)
}
