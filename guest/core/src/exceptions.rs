//! Exceptions: whether one is active, and whether it is reconciled. The one implementation that every command uses (rule D7).

use std::collections::{BTreeMap, BTreeSet};

use crate::approvals::Tally;
use crate::case::Case;
use crate::decision::Item;
use crate::facts::{Approval, Exception, Fact, Lookup, ReconciliationStep};
use crate::forms::approval;
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
    if exception.reason.text().is_none_or(crate::id::is_blank) {
        return inactive("its reason is not recorded");
    }
    if exception.requirements.is_unknown() {
        return inactive("for which requirements it is meant is not recorded");
    }
    let until = match end(case, exception, kind) {
        Ok(until) => until,
        Err(why) => return Standing::Inactive(why),
    };
    let Fact::Known(starts) = exception.starts else { return inactive("its start is not recorded") };
    if let Fact::Known(reconciled) = &exception.reconciled {
        // What is dated after the time of decision has not happened yet (rule F7).
        if !reconciled.at.value().is_some_and(|at| setting.is_future(*at)) {
            return inactive("it is declared reconciled");
        }
    }
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

/// When an exception ends: at its expiry, or where its longest term is over, which counts from the start of the first of a chain of renewals.
pub(crate) fn end(case: &Case<'_>, exception: &Exception, kind: &ExceptionKind) -> Result<Time, String> {
    let (Fact::Known(starts), Fact::Known(expires)) = (exception.starts, exception.expires) else {
        return Err("its start or its expiry is not recorded".to_owned());
    };
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
    Ok(expires.min(first.plus(kind.longest)))
}

/// When the last needed approval was given, and by whom all were given.
fn approvers<'a>(case: &Case<'a>, exception: &'a Exception, kind: &'a ExceptionKind) -> Result<(Time, Vec<&'a str>), String> {
    let Fact::Known(requester) = &exception.requested_by else { return Err("who asked for it is not recorded".to_owned()) };
    let mut barred = vec![requester.as_str()];
    barred.extend(case.setting.actor.map(|actor| actor.id.as_str()));
    barred.extend(case.setting.actor.and_then(|actor| actor.on_behalf_of.as_deref()));
    barred.extend(subjects(case, exception)?);
    let subject = case.subject_record();
    // What an approval says that it covers is of the ticket behind.
    let ticket = case.known_ticket().map(|(ticket, _)| ticket);
    let stands = |row: &Approval| approval::stands(case, ticket, row, &[]);
    let tally = |roles: &[String]| Tally::count(&case.setting, exception.approvals.rows(), roles, &barred, subject, stands);
    let headings: Vec<(Heading<'a>, bool)> = kind
        .approvals
        .iter()
        .map(|(approval, when)| {
            let count = usize::try_from(approval.count.unwrap_or(1)).unwrap_or(usize::MAX);
            let Tally { approved, refused, lapsed, .. } = tally(&approval.roles);
            let heading = Heading { roles: &approval.roles, count, approved, refused: !refused.is_empty(), lapsed: !lapsed.is_empty() };
            (heading, case.applies(when.as_ref()))
        })
        .collect();
    // A refusal stands, whether or not that approval is asked for here.
    if let Some((heading, _)) = headings.iter().find(|(heading, _)| heading.refused) {
        return Err(format!("{} refused it", heading.roles.join(" or ")));
    }
    let asked: Vec<&Heading<'a>> = headings.iter().filter(|(_, asked)| *asked).map(|(heading, _)| heading).collect();
    if asked.is_empty() {
        // Where no condition holds, any one of the approvals will do, the first to be complete: somebody has to answer for it.
        let complete = headings.iter().filter_map(|(heading, _)| assigned(case, &[heading]));
        return complete.min().ok_or_else(|| "nobody has approved it".to_owned());
    }
    if let Some(short) = asked.iter().find(|heading| heading.approved.len() < heading.count) {
        let since = if short.lapsed { ", as what was approved has changed since" } else { "" };
        return Err(format!("it has {} of {} approvals by {}{since}", short.approved.len(), short.count, short.roles.join(" or ")));
    }
    assigned(case, &asked).ok_or_else(|| "whoever approved under one heading does not count under another".to_owned())
}

/// The approvals that a kind of exception asks of some roles, and those that were given.
struct Heading<'a> {
    roles: &'a [String],
    count: usize,
    approved: Vec<(Time, &'a str)>,
    refused: bool,
    lapsed: bool,
}

/// When every heading first had its approvals, each by somebody else, and by whom. An approval more never takes one away.
fn assigned<'a>(case: &Case<'a>, headings: &[&Heading<'a>]) -> Option<(Time, Vec<&'a str>)> {
    let first = headings.iter().map(|heading| heading.approved.get(..heading.count)).collect::<Option<Vec<_>>>()?.concat();
    // Mostly everybody speaks under one heading only: then those count who were first.
    let mut humans: Vec<&str> = first.iter().map(|(_, by)| case.facts().human_being(by)).collect();
    humans.sort_unstable();
    if humans.windows(2).all(|pair| pair.first() != pair.last()) {
        let mut by: Vec<&str> = first.iter().map(|(_, by)| *by).collect();
        by.sort_unstable();
        return first.iter().map(|(at, _)| *at).max().map(|at| (at, by));
    }
    let places: Vec<&[(Time, &str)]> =
        headings.iter().flat_map(|heading| std::iter::repeat_n(heading.approved.as_slice(), heading.count)).collect();
    let moments: BTreeSet<Time> = places.iter().flat_map(|approved| approved.iter().map(|(at, _)| *at)).collect();
    moments.into_iter().find_map(|at| {
        let mut taken: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        let all = (0..places.len()).all(|place| seat(case, &places, at, place, &mut taken, &mut BTreeSet::new()));
        let mut by: Vec<&str> = taken.into_values().map(|(_, by)| by).collect();
        by.sort_unstable();
        all.then_some((at, by))
    })
}

/// Seats somebody at a place; whoever sits there already moves on to another where they can (bipartite matching).
fn seat<'a>(
    case: &Case<'a>,
    places: &[&[(Time, &'a str)]],
    at: Time,
    place: usize,
    taken: &mut BTreeMap<&'a str, (usize, &'a str)>,
    seen: &mut BTreeSet<&'a str>,
) -> bool {
    for (given, by) in places.get(place).copied().unwrap_or_default() {
        let human = case.facts().human_being(by);
        if *given > at || !seen.insert(human) {
            continue;
        }
        let free = match taken.get(human).map(|(other, _)| *other) {
            Some(other) => seat(case, places, at, other, taken, seen),
            None => true,
        };
        if free {
            taken.insert(human, (place, by));
            return true;
        }
    }
    false
}

/// Whom the exception's items are about: they don't approve it, so that they have to be known.
fn subjects<'a>(case: &Case<'a>, exception: &Exception) -> Result<Vec<&'a str>, String> {
    let mut tickets = Vec::new();
    for item in exception.items.rows() {
        match item {
            Item::Ticket(id) | Item::Task { ticket: id, .. } => match case.facts().ticket(id).found() {
                Some(ticket) => tickets.push(ticket),
                None => return Err(format!("ticket {id}, which it covers, is not among the facts")),
            },
            Item::Asset(id) => tickets.extend(tickets_perhaps_behind(&case.setting, id, &[]).into_iter().map(|(ticket, _)| ticket)),
        }
    }
    let mut all: Vec<&str> = case.subject().value().map(|(id, _)| *id).into_iter().collect();
    for ticket in tickets {
        match &ticket.subject {
            Fact::Unknown => return Err(format!("whom ticket {} is about, who may not approve it, is not recorded", ticket.id)),
            subject => all.extend(subject.text()),
        }
    }
    Ok(all)
}

/// Whether an exception is done with: reconciled, refused, or, until it ends, in good hands. Else why it is not.
pub(crate) fn settled(case: &Case<'_>, exception: &Exception) -> Result<Option<Time>, String> {
    let setting = &case.setting;
    let Some(kind) = exception.kind.text().and_then(|kind| setting.policy.exception_kinds.get(kind)) else {
        return Err("its kind is not recorded, or the policy does not declare it".to_owned());
    };
    let refused = kind.approvals.iter().any(|(approval, _)| {
        let tally = Tally::count(setting, exception.approvals.rows(), &approval.roles, &[], case.subject_record(), |_| true);
        !tally.refused.is_empty()
    });
    if refused && exception.approvals.rows().iter().all(|row| row.verdict == Fact::Known(crate::facts::ApprovalVerdict::Refused)) {
        return Ok(None);
    }
    match &exception.reconciled {
        Fact::Known(reconciled) => {
            let Some(at) = reconciled.at.value().filter(|at| !setting.is_future(**at)) else {
                return Err("when it was reconciled is not recorded, or lies ahead".to_owned());
            };
            if exception.starts.value().is_none_or(|starts| at < starts) {
                return Err("declared reconciled before it began, or when that was is not recorded".to_owned());
            }
            let missing: Vec<&str> = kind
                .reconcile
                .steps
                .keys()
                .filter(|step| !exception.steps.rows().iter().any(|done| is_done(done, step, *at)))
                .map(String::as_str)
                .collect();
            if !missing.is_empty() {
                return Err(format!("declared reconciled without {}", missing.join(", ")));
            }
            let by = reconciled.by.text();
            let given = reconciled.role.value().map(std::slice::from_ref).unwrap_or_default();
            let entitled =
                by.is_some_and(|by| kind.reconcile.roles.iter().any(|role| setting.holds_role(by, given, role, case.subject_record())));
            if !entitled || reconciled.automation == Fact::Known(true) {
                return Err(format!("declared reconciled by somebody who is not {}", kind.reconcile.roles.join(" or ")));
            }
            if exception.requested_by.text().is_none()
                || by.zip(exception.requested_by.text()).is_some_and(|(a, b)| setting.is_same_person(a, b))
            {
                return Err("declared reconciled by whoever asked for it, or that is not recorded".to_owned());
            }
            Ok(None)
        }
        Fact::Unknown | Fact::None => {
            let until = end(case, exception, kind)?;
            if setting.at >= until {
                return Err(format!("it expired at {} and is not reconciled", setting.policy.show(until)));
            }
            handed_over(case, exception, until).map(Some).ok_or_else(|| "it is open".to_owned())
        }
    }
}

/// A step counts with its evidence: who, when, and where the proof lies. What is declared done was done before.
fn is_done(step: &ReconciliationStep, name: &str, declared: Time) -> bool {
    step.step == name
        && step.automation != Fact::Known(true)
        && step.by.text().is_some()
        && step.reference.text().is_some_and(|reference| !crate::id::is_blank(reference))
        && step.at.value().is_some_and(|at| *at <= declared)
}

/// Until when an open linked ticket takes the exception over, with an owner and a day that lies ahead and before it ends.
fn handed_over(case: &Case<'_>, exception: &Exception, until: Time) -> Option<Time> {
    let setting = &case.setting;
    let handover = exception.handed_to.value()?;
    let ticket = case.facts().ticket(handover.ticket.text()?).found()?;
    let own = Item::Ticket(ticket.id.clone());
    let linked = case
        .known_ticket()
        .is_some_and(|(behind, _)| behind.id != ticket.id && (relates(behind, &ticket.id) || relates(ticket, &behind.id)));
    let links_item = exception.items.rows().iter().any(|item| match item {
        Item::Asset(id) => setting.links(ticket).any(|link| link.asset == *id),
        Item::Ticket(_) | Item::Task { .. } => false,
    });
    let owner = handover.owner.text()?;
    // Where the people are passed, somebody else is nobody.
    let is_owned = case.facts().document().people.is_unknown() || matches!(case.facts().person(owner), Lookup::Found(_));
    let due = handover.due.value()?;
    let offset = case.policy().offset();
    // It is late once the day is over.
    let end = due.plus_days(1).start(offset).min(until);
    let counts = own != case.item() && (linked || links_item) && setting.is_open(ticket) == Some(true) && is_owned;
    (counts && due.start(offset) < until && setting.at < end).then_some(end)
}

fn relates(ticket: &crate::facts::Ticket, other: &str) -> bool {
    ticket.related.rows().iter().any(|related| related.ticket == other)
}
