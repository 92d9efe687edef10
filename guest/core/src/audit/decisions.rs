//! Steps that no decision in the log allowed (rule L4).

use crate::case::Setting;
use crate::code::Code;
use crate::decision::Item;
use crate::facts::{Fact, LoggedDecision, Permission};
use crate::outcome::Gap;
use crate::time::Time;

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

/// What is wrong with a step at a time of which the log holds every decision, where it holds no allow for this one. A decision that leaves
/// open what it said, of which step or when may be the one.
pub(super) fn undecided(setting: &Setting<'_>, Taken { item, kind, to, at, path }: Taken<'_>) -> Option<Gap> {
    if setting.is_future(at) || !setting.is_logged(kind, at) {
        return None;
    }
    let workflow = kind.text().and_then(|kind| match item {
        Item::Asset(_) => setting.policy.asset_workflow(kind),
        Item::Ticket(_) => setting.policy.ticket_workflow(kind),
        Item::Task { .. } => None,
    });
    let is_there = |state: &str| {
        let name = |state| workflow.and_then(|workflow| workflow.state(state)).map(|(name, _)| name);
        state == to || name(state).is_some_and(|state| name(to) == Some(state))
    };
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

/// Whether something may hold of what is not recorded, or holds.
fn may<T>(fact: &Fact<T>, holds: impl Fn(&T) -> bool) -> bool {
    fact.is_unknown() || fact.value().is_some_and(holds)
}
