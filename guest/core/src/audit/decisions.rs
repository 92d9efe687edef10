//! Steps that no decision in the log allowed (rule L4).

use std::collections::BTreeMap;

use crate::case::Setting;
use crate::code::Code;
use crate::decision::Item;
use crate::facts::{Coverage, Entry, Extent, Fact, LoggedDecision, Permission};
use crate::history::is_of_another_kind;
use crate::outcome::{Gap, NOT_RECORDED};
use crate::policy::{Sort, Workflow};
use crate::time::Time;

/// How a claim on the log is put right.
const REMEDY: &str =
    "pass the decisions with fresh `coverage` that names the kinds under `decisions` and the beginning as `decisions_since`";

/// A step that was taken.
pub(super) struct Taken<'a> {
    /// The item that took it.
    pub item: &'a Item,
    /// The kind of that item, of a task that of its ticket.
    pub kind: &'a Fact<String>,
    /// The state that was entered.
    pub to: &'a str,
    pub at: Time,
    /// Where it is recorded.
    pub path: String,
}

/// The steps of a history, each with the kind that the item had then; none, where it has changed it since.
pub(super) fn steps<'a>(
    setting: &Setting<'_>,
    kind: &'a Fact<String>,
    workflow: Option<&Workflow>,
    history: &'a Fact<Vec<Entry>>,
) -> impl Iterator<Item = (&'a Entry, &'a Fact<String>)> {
    let comes_from = |entry: &&Entry| {
        let from = entry.from.text().zip(workflow);
        from.is_some_and(|(from, workflow)| is_of_another_kind(setting, workflow, from))
    };
    let changed = history.rows().iter().filter(comes_from).map(|entry| entry.at).max();
    history.rows().iter().map(move |entry| (entry, if Some(entry.at) <= changed { &Fact::Unknown } else { kind }))
}

/// What is wrong with a step at a time of which the log holds every decision, where it holds no allow for this one. A decision that leaves
/// open what it said, of which step or when may be the one.
pub(super) fn undecided(setting: &Setting<'_>, Taken { item, kind, to, at, path }: Taken<'_>) -> Option<Gap> {
    if setting.is_future(at) || !setting.is_logged(kind, at) {
        return None;
    }
    // A step that was taken under another kind may be one of any workflow.
    let sort = match item {
        Item::Asset(_) => Some(Sort::Assets),
        Item::Ticket(_) => Some(Sort::Tickets),
        Item::Task { .. } => None,
    };
    let workflows = || setting.policy.workflows.values().filter(|other| Some(other.sort) == sort);
    let is_of_kind = |workflow: &Workflow| kind.text().is_none_or(|kind| workflow.kinds.iter().any(|other| other == kind));
    let is_same = |workflow: &Workflow, state: &str| {
        let name = |state| workflow.state(state).map(|(name, _)| name);
        name(state).is_some_and(|state| name(to) == Some(state))
    };
    let is_there = |state: &str| state == to || workflows().any(|workflow| is_of_kind(workflow) && is_same(workflow, state));
    let decisions = || setting.facts.decisions_on(item).iter().filter(|decision| may(&decision.to, |state| is_there(state)));
    if decisions().any(|decision| may_allow(setting, decision, at)) {
        return None;
    }
    let before = decisions().filter(|decision| decision.at.value().is_some_and(|decided| *decided <= at));
    let found = match before.max_by_key(|decision| decision.at) {
        None => "none".to_owned(),
        Some(LoggedDecision { decision: Fact::Known(Permission::Allow), .. }) => "an allow that was over".to_owned(),
        Some(_) => "a deny".to_owned(),
    };
    let message = format!("{item} went to `{to}` at {}, and no decision in the log allowed it", setting.policy.show(at));
    Some(Gap::wrong(Code::UndecidedTransition, message).at(path).expected("an allow that held then").found(found).about(item.clone()))
}

/// Whether a decision may have allowed its step at a time. The record of the step may be dated by a clock that is behind, and an allow of
/// which the end is not recorded held no longer than any does (rule D9).
fn may_allow(setting: &Setting<'_>, decision: &LoggedDecision, at: Time) -> bool {
    let skew = setting.policy.head.calendar.clock_skew;
    let end = decision.valid_until.value().copied().or_else(|| Some(decision.at.value()?.plus(setting.allow_holds())));
    may(&decision.decision, |decision| *decision == Permission::Allow)
        && may(&decision.at, |decided| decided.minus(skew) <= at)
        && end.is_none_or(|end| at < end)
}

/// Why claims that the log is complete reach no step, each reason once, whatever rests on it (rule L4): else silence would be taken for steps
/// that were all allowed.
pub(super) fn log_not_used(setting: &Setting<'_>, is_passed: bool) -> Vec<Gap> {
    let claims: Vec<&Coverage> = setting.facts.document().coverage.rows().iter().filter(|claim| claims_some(claim)).collect();
    let told = |message: &str| Gap::wrong(Code::RegisterNotCovered, message).at("/coverage").found(NOT_RECORDED).remedy(REMEDY);
    match (is_passed, claims.is_empty()) {
        (false, true) => Vec::new(),
        (false, false) => {
            let message =
                "the coverage claims that the log of decisions is complete, and none were passed, so that no step is held against them";
            vec![told(message).at("/decisions").expected("the decisions")]
        }
        (true, true) => {
            let message = "decisions were passed, and nothing claims that they are complete, so that no step is held against them";
            vec![told(message).expected("`decisions` and `decisions_since`")]
        }
        (true, false) => {
            let faults = claims.iter().flat_map(|claim| faults(setting, claim, &claims));
            let each: BTreeMap<&str, (&str, String)> = faults.map(|(what, expected, found)| (what, (expected, found))).collect();
            let gap = |(what, (expected, found)): (&str, (&str, String))| {
                told(&format!("a claim that the log of decisions is complete {what}, so that steps are not held against it"))
                    .expected(expected)
                    .found(found)
            };
            each.into_iter().map(gap).collect()
        }
    }
}

/// Whether a claim is on the log of decisions of any kind.
fn claims_some(claim: &Coverage) -> bool {
    match &claim.decisions {
        Fact::Known(Extent::Some(kinds)) => !kinds.is_empty(),
        Fact::Known(Extent::All) => true,
        Fact::None | Fact::Unknown => false,
    }
}

/// What is wrong with a claim on the log, with what is expected and found.
fn faults(setting: &Setting<'_>, claim: &Coverage, all: &[&Coverage]) -> Vec<(&'static str, &'static str, String)> {
    let policy = setting.policy;
    let shown = || policy.show(claim.as_of);
    let is_ahead = setting.is_future(claim.as_of);
    let since = claim.decisions_since.value().copied();
    let kinds: &[String] = if let Fact::Known(Extent::Some(kinds)) = &claim.decisions { kinds } else { &[] };
    // What is too old is no loss where a fresh claim says the same.
    let reaches = |other: &Coverage| match (&claim.decisions, &other.decisions) {
        (_, Fact::Known(Extent::All)) => true,
        (Fact::Known(Extent::Some(kinds)), Fact::Known(other)) => kinds.iter().all(|kind| other.reaches(kind)),
        _ => false,
    };
    let begins = |other: &Coverage| other.decisions_since.value().copied().zip(since).is_some_and(|(other, since)| other <= since);
    let is_lost = || !all.iter().any(|other| setting.is_fresh(other) && reaches(other) && begins(other));
    let is_declared = |kind: &&String| policy.kinds.contains_key(*kind) || policy.ticket_kinds.contains_key(*kind);
    let strange: Vec<&str> = kinds.iter().filter(|kind| !is_declared(kind)).map(String::as_str).collect();
    let faults = [
        is_ahead.then(|| ("is dated ahead", "an `as_of` that is past", shown())),
        (!is_ahead && !setting.is_fresh(claim) && is_lost()).then(|| ("is too old", "a fresh `as_of`", shown())),
        since.is_none().then(|| ("does not say from when on", "`decisions_since`", NOT_RECORDED.to_owned())),
        since
            .filter(|since| *since >= claim.as_of)
            .map(|since| ("ends before it begins", "`decisions_since` before `as_of`", policy.show(since))),
        (!strange.is_empty()).then(|| ("names kinds that the policy does not declare", "declared kinds", strange.join(", "))),
    ];
    faults.into_iter().flatten().collect()
}

/// Whether something may hold of what is not recorded, or holds.
fn may<T>(fact: &Fact<T>, holds: impl Fn(&T) -> bool) -> bool {
    fact.is_unknown() || fact.value().is_some_and(holds)
}
