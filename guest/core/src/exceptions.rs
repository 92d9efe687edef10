//! Exceptions: whether one is active, and whether it is reconciled. The one implementation that every command uses (rule D7).

use std::collections::BTreeSet;

use crate::approvals::Tally;
use crate::case::Case;
use crate::decision::Item;
use crate::expression::Expression;
use crate::facts::{Exception, Fact, ReconciliationStep};
use crate::forms::assets::tickets_perhaps_behind;
use crate::policy::ExceptionKind;
use crate::time::Time;

/// Where an exception stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Standing<'a> {
    /// It waives.
    Active { until: Time, approved_by: Vec<&'a str> },
    /// It waives nothing, for this reason.
    Inactive(String),
}

/// How far renewals are followed; longer chains are a defect of the record.
const RENEWALS: usize = 64;

/// Where an exception stands for a case.
pub(crate) fn standing<'a>(case: &Case<'a>, exception: &'a Exception) -> Standing<'a> {
    let inactive = |why: &str| Standing::Inactive(why.to_owned());
    let setting = &case.setting;
    let Some(kind) = exception.kind.text().and_then(|kind| setting.policy.exception_kinds.get(kind)) else {
        return inactive("its kind is not recorded, or the policy does not declare it");
    };
    if case.facts().exception(&exception.id).found().is_none() {
        return inactive("several exceptions have its id");
    }
    if exception.reason.text().is_none_or(|reason| reason.trim().is_empty()) {
        return inactive("its reason is not recorded");
    }
    if exception.requirements.is_unknown() {
        return inactive("for which requirements it is meant is not recorded");
    }
    let (Fact::Known(starts), Fact::Known(expires)) = (exception.starts, exception.expires) else {
        return inactive("its start or its expiry is not recorded");
    };
    if let Fact::Known(reconciled) = &exception.reconciled {
        // What is dated after the time of decision has not happened yet (rule F7).
        if !reconciled.at.value().is_some_and(|at| setting.is_future(*at)) {
            return inactive("it is declared reconciled");
        }
    }
    let first = match first_start(case, exception, starts) {
        Ok(first) => first,
        Err(why) => return Standing::Inactive(why),
    };
    let until = expires.min(first.plus(kind.longest));
    let (approved_at, approved_by) = match approvers(case, exception, kind) {
        Ok(approved) => approved,
        Err(why) => return Standing::Inactive(why),
    };
    if starts.max(approved_at) > setting.at {
        return Standing::Inactive(format!("it starts at {}", setting.policy.show(starts.max(approved_at))));
    }
    if setting.at >= until {
        return Standing::Inactive(format!("it expired at {}", setting.policy.show(until)));
    }
    Standing::Active { until, approved_by }
}

/// When the first of a chain of renewals started: the longest term counts from there.
fn first_start(case: &Case<'_>, exception: &Exception, starts: Time) -> Result<Time, String> {
    let mut first = starts;
    let mut seen = BTreeSet::from([exception.id.as_str()]);
    let mut current = exception;
    while let Some(renewed) = current.renews.text() {
        if !seen.insert(renewed) || seen.len() > RENEWALS {
            return Err(format!("its renewals lead in a circle at `{renewed}`, or are too many"));
        }
        current = case.facts().exception(renewed).found().ok_or_else(|| format!("`{renewed}`, which it renews, is not among the facts"))?;
        let Fact::Known(starts) = current.starts else { return Err(format!("the start of `{renewed}`, which it renews, is not recorded")) };
        first = first.min(starts);
    }
    Ok(first)
}

/// When the last needed approval was given, and by whom all were given.
fn approvers<'a>(case: &Case<'a>, exception: &'a Exception, kind: &'a ExceptionKind) -> Result<(Time, Vec<&'a str>), String> {
    let Fact::Known(requester) = &exception.requested_by else { return Err("who asked for it is not recorded".to_owned()) };
    let mut barred = vec![requester.as_str()];
    barred.extend(case.setting.actor.map(|actor| actor.id.as_str()));
    barred.extend(case.setting.actor.and_then(|actor| actor.on_behalf_of.as_deref()));
    barred.extend(subjects(case, exception));
    let subject = case.subject_record();
    let mut at: Option<Time> = None;
    let mut all: Vec<&str> = Vec::new();
    // Where no condition holds, any one of the approvals will do: somebody has to answer for it.
    let asked = |when: &Option<Expression>| case.applies(when.as_ref());
    let any_will_do = !kind.approvals.iter().any(|(_, when)| asked(when));
    for (approval, when) in &kind.approvals {
        if !any_will_do && !asked(when) {
            continue;
        }
        let count = usize::try_from(approval.count.unwrap_or(1)).unwrap_or(usize::MAX);
        // Whoever approved under one heading does not count under another.
        let mut barred = barred.clone();
        barred.extend(&all);
        let tally = Tally::count(&case.setting, exception.approvals.rows(), &approval.roles, &barred, subject, |_| true);
        let roles = approval.roles.join(" or ");
        if !tally.refused.is_empty() {
            return Err(format!("{roles} refused it"));
        }
        let Some((last, _)) = count.checked_sub(1).and_then(|last| tally.approved.get(last)) else {
            if any_will_do {
                continue;
            }
            return Err(format!("it has {} of {count} approvals by {roles}", tally.approved.len()));
        };
        if any_will_do {
            // The first to be complete: a later one adds nothing.
            if at.is_none_or(|at| *last < at) {
                at = Some(*last);
                all = tally.approved.iter().take(count).map(|(_, by)| *by).collect();
            }
            continue;
        }
        at = at.max(Some(*last));
        all.extend(tally.approved.iter().take(count).map(|(_, by)| *by));
    }
    all.sort_unstable();
    at.map(|at| (at, all)).ok_or_else(|| "nobody has approved it".to_owned())
}

/// Whom the exception's items are about: they don't approve it.
fn subjects<'a>(case: &Case<'a>, exception: &Exception) -> Vec<&'a str> {
    let tickets = exception.items.rows().iter().flat_map(|item| match item {
        Item::Ticket(id) | Item::Task { ticket: id, .. } => case.facts().ticket(id).found().into_iter().collect(),
        Item::Asset(id) => tickets_perhaps_behind(&case.setting, id, &[]).into_iter().map(|(ticket, _)| ticket).collect::<Vec<_>>(),
    });
    tickets.filter_map(|ticket| ticket.subject.text()).chain(case.subject().value().map(|(id, _)| *id)).collect()
}

/// Whether an exception is meant for a requirement on an item.
pub(crate) fn is_meant_for(exception: &Exception, requirement: &str, item: &Item) -> bool {
    let named = match &exception.requirements {
        Fact::Unknown | Fact::None => true,
        Fact::Known(requirements) => requirements.iter().any(|name| name == requirement),
    };
    named && exception.items.rows().contains(item)
}

/// Why an exception is not done with; none where it is reconciled, was refused, or is in good hands.
pub(crate) fn open_end(case: &Case<'_>, exception: &Exception) -> Option<String> {
    let setting = &case.setting;
    let Some(kind) = exception.kind.text().and_then(|kind| setting.policy.exception_kinds.get(kind)) else {
        return Some("its kind is not recorded, or the policy does not declare it".to_owned());
    };
    let refused = kind.approvals.iter().any(|(approval, _)| {
        let tally = Tally::count(setting, exception.approvals.rows(), &approval.roles, &[], case.subject_record(), |_| true);
        !tally.refused.is_empty()
    });
    if refused && exception.approvals.rows().iter().all(|row| row.verdict == Fact::Known(crate::facts::ApprovalVerdict::Refused)) {
        return None;
    }
    let expired = match exception.expires {
        Fact::Known(expires) => {
            (setting.at >= expires).then(|| format!("it expired at {} and is not reconciled", setting.policy.show(expires)))
        }
        Fact::None | Fact::Unknown => Some("its expiry is not recorded".to_owned()),
    };
    match &exception.reconciled {
        Fact::Known(reconciled) => {
            let missing: Vec<&str> = kind
                .reconcile
                .steps
                .keys()
                .filter(|step| !exception.steps.rows().iter().any(|done| is_done(case, done, step)))
                .map(String::as_str)
                .collect();
            if !missing.is_empty() {
                return Some(format!("declared reconciled without {}", missing.join(", ")));
            }
            let by = reconciled.by.text();
            let given = reconciled.role.value().map(std::slice::from_ref).unwrap_or_default();
            let entitled =
                by.is_some_and(|by| kind.reconcile.roles.iter().any(|role| setting.holds_role(by, given, role, case.subject_record())));
            if !entitled || reconciled.automation == Fact::Known(true) {
                return Some(format!("declared reconciled by somebody who is not {}", kind.reconcile.roles.join(" or ")));
            }
            if exception.requested_by.text().is_none()
                || by.zip(exception.requested_by.text()).is_some_and(|(a, b)| setting.is_same_person(a, b))
            {
                return Some("declared reconciled by whoever asked for it, or that is not recorded".to_owned());
            }
            match reconciled.at {
                Fact::Known(at) if !setting.is_future(at) => None,
                _ => Some("when it was reconciled is not recorded, or lies ahead".to_owned()),
            }
        }
        Fact::Unknown | Fact::None => match is_handed_over(case, exception) {
            true if expired.is_none() => None,
            _ => Some(expired.unwrap_or_else(|| "it is open".to_owned())),
        },
    }
}

/// A step counts with its evidence: who, when, and where the proof lies.
fn is_done(case: &Case<'_>, step: &ReconciliationStep, name: &str) -> bool {
    step.step == name
        && step.automation != Fact::Known(true)
        && step.by.text().is_some()
        && step.reference.text().is_some_and(|reference| !reference.trim().is_empty())
        && step.at.value().is_some_and(|at| !case.setting.is_future(*at))
}

/// Whether an open linked ticket with an owner takes the exception over, due before it expires.
fn is_handed_over(case: &Case<'_>, exception: &Exception) -> bool {
    let (Fact::Known(handover), Fact::Known(expires)) = (&exception.handed_to, exception.expires) else { return false };
    let Some(ticket) = handover.ticket.text().and_then(|id| case.facts().ticket(id).found()) else { return false };
    let own = Item::Ticket(ticket.id.clone());
    let linked = match case.ticket_behind() {
        Ok((behind, _)) => behind.id != ticket.id && (relates(behind, &ticket.id) || relates(ticket, &behind.id)),
        Err(_) => false,
    };
    let links_item = exception.items.rows().iter().any(|item| match item {
        Item::Asset(id) => case.setting.links(ticket).any(|link| link.asset == *id),
        Item::Ticket(_) | Item::Task { .. } => false,
    });
    let due = handover.due.value().is_some_and(|due| due.start(case.policy().offset()) < expires);
    own != case.item() && (linked || links_item) && case.setting.is_open(ticket) == Some(true) && handover.owner.text().is_some() && due
}

fn relates(ticket: &crate::facts::Ticket, other: &str) -> bool {
    ticket.related.rows().iter().any(|related| related.ticket == other)
}
