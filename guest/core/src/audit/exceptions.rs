//! Exceptions over the whole register: what became of them, by kind, department and month, and which of them are a pattern.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Out;
use super::answer::{ExceptionUse, Pattern};
use super::{Fact, Ticket};
use crate::approvals::Tally;
use crate::case::{Case, Setting};
use crate::code::Code;
use crate::decision::Severity;
use crate::exceptions::{end, settled};
use crate::facts::{ApprovalVerdict, Exception};
use crate::outcome::Gap;
use crate::policy::ExceptionKind;
use crate::policy::document::Recurring;
use crate::problem::pointer;
use crate::time::{Date, Time};

/// A kind, a department and a month.
type Group = (String, Option<String>, Option<String>);

/// What became of one exception.
#[derive(Default)]
struct Fate {
    approved: bool,
    refused: bool,
    open: bool,
    expired: bool,
    unreconciled: bool,
    reconciled: Option<u64>,
}

/// The exceptions by kind, department and month, with what is wrong with them told.
pub(super) fn judge(setting: Setting<'_>, out: &mut Out) -> Vec<ExceptionUse> {
    // An exception is judged by itself: what depends on the ticket at hand is asked when the ticket is.
    let nothing = Ticket::of(String::new());
    let case = Case::ticket(setting, &nothing);
    let mut groups: BTreeMap<Group, (ExceptionUse, Vec<u64>)> = BTreeMap::new();
    for exception in setting.facts.document().exceptions.rows() {
        let path = pointer("/exceptions", &exception.id);
        for item in exception.items.rows() {
            let by = format!("exception:{}", exception.id);
            match item {
                crate::decision::Item::Asset(id) => out.rows.add(&["a", id, ">", &by, "exception"]),
                crate::decision::Item::Ticket(id) | crate::decision::Item::Task { ticket: id, .. } => {
                    out.rows.add(&["t", id, ">", &by, "exception"]);
                }
            }
        }
        let name = exception.kind.text().unwrap_or_default();
        let Some(kind) = setting.policy.exception_kinds.get(name) else {
            let gap = match &exception.kind {
                Fact::Known(name) => Gap::wrong(Code::UnknownKind, format!("the kind `{name}` of exceptions is not declared")).found(name),
                Fact::None | Fact::Unknown => Gap { code: Code::UnknownKind, ..Gap::unknown("the kind of the exception", "") },
            };
            out.tell_gap(gap.at(format!("{path}/kind")), Severity::Block, None, exception.items.rows().first());
            continue;
        };
        let fate = fate(&case, exception, kind, &path, out);
        let month = exception.requested_at.value().map(|at| month(*at, &setting));
        let key = (name.to_owned(), exception.department.text().map(str::to_owned), month);
        let (all, days) = groups.entry(key.clone()).or_insert_with(|| (none(key), Vec::new()));
        all.asked += 1;
        all.approved += u64::from(fate.approved);
        all.refused += u64::from(fate.refused);
        all.open += u64::from(fate.open);
        all.expired += u64::from(fate.expired);
        all.unreconciled += u64::from(fate.unreconciled);
        all.renewed += u64::from(exception.renews.text().is_some());
        all.reconciled += u64::from(fate.reconciled.is_some());
        days.extend(fate.reconciled);
    }
    let shown = |(mut all, mut days): (ExceptionUse, Vec<u64>)| {
        days.sort_unstable();
        // Of an even number the lower of the two in the middle: a value that was there.
        all.median_days = days.get(days.len().saturating_sub(1) / 2).copied();
        all
    };
    groups.into_values().map(shown).collect()
}

fn none((kind, department, month): Group) -> ExceptionUse {
    ExceptionUse {
        kind,
        department,
        month,
        asked: 0,
        approved: 0,
        refused: 0,
        open: 0,
        expired: 0,
        unreconciled: 0,
        renewed: 0,
        reconciled: 0,
        median_days: None,
    }
}

/// The month of a moment, by the policy's calendar.
fn month(at: Time, setting: &Setting<'_>) -> String {
    let day = Date::of(at, setting.policy.offset()).to_string();
    day.rsplit_once('-').map(|(month, _)| month.to_owned()).unwrap_or(day)
}

fn fate(case: &Case<'_>, exception: &Exception, kind: &ExceptionKind, path: &str, out: &mut Out) -> Fate {
    let setting = case.setting;
    let requester: Vec<&str> = exception.requested_by.text().into_iter().collect();
    let mut fate = Fate {
        approved: exception.approvals.rows().iter().any(|row| row.verdict == Fact::Known(ApprovalVerdict::Approved)),
        ..Fate::default()
    };
    for (approval, when) in &kind.approvals {
        let tally = Tally::count(&setting, exception.approvals.rows(), &approval.roles, &requester, None, |_| true);
        fate.refused |= !tally.refused.is_empty();
        // Whether it is asked for at all, and whose manager it has to be, only the item at hand tells.
        let by_itself =
            when.is_none() && !approval.roles.iter().any(|role| setting.policy.roles.get(role).is_some_and(|role| role.relation.is_some()));
        let count = usize::try_from(approval.count.unwrap_or(1)).unwrap_or(usize::MAX);
        fate.approved &= !by_itself || tally.approved.len() >= count;
    }
    fate.approved &= !fate.refused;
    let ends = end(case, exception, kind);
    fate.expired = ends.as_ref().is_ok_and(|ends| setting.at >= *ends);
    let began = exception.starts.value().copied().filter(|starts| *starts <= setting.at);
    let unsettled = settled(case, exception).err();
    if let (None, Some(at)) = (&unsettled, exception.reconciled.value().and_then(|reconciled| reconciled.at.value())) {
        let days = began.map_or(0, |starts| at.since(starts).days());
        fate.reconciled = Some(u64::try_from(days).unwrap_or_default());
    }
    fate.open = fate.approved && began.is_some() && ends.is_ok() && !fate.expired && unsettled.is_some();
    // Whether everybody had approved it or not, its time was used: only a refusal says that it never was one.
    fate.unreconciled = !fate.refused && fate.expired && unsettled.is_some();
    let item = exception.items.rows().first();
    if let Some(why) = unsettled.filter(|_| fate.approved || fate.unreconciled) {
        if fate.unreconciled {
            let gap = Gap::wrong(Code::ExceptionExpired, format!("the exception {} has run out: {why}", exception.id));
            out.tell_gap(gap.at(path).expected("reconciled").found(why), Severity::Block, None, item);
        } else if exception.reconciled.value().is_some() || ends.is_err() {
            let gap = Gap::wrong(Code::ExceptionOpen, format!("the exception {} is not reconciled: {why}", exception.id));
            out.tell_gap(gap.at(path).expected("reconciled").found(why), Severity::Block, None, item);
        } else if let (true, Ok(ends)) = (fate.open, ends) {
            let until = setting.policy.show(ends);
            let gap = Gap::wrong(Code::ExceptionOpen, format!("the exception {} holds until {until}", exception.id));
            out.tell_gap(gap.at(path).expected("reconciled").found("open"), Severity::Audit, None, item);
        }
    }
    fate
}

/// Kinds of exceptions that a department asks for so often that they should be a way of their own.
pub(super) fn patterns(setting: &Setting<'_>) -> Vec<Pattern> {
    let Some(Recurring { count, within }) = setting.policy.head.register.recurring else { return Vec::new() };
    let mut asked: BTreeMap<(&str, Option<&str>), Vec<Time>> = BTreeMap::new();
    for exception in setting.facts.document().exceptions.rows() {
        if let (Some(kind), Some(at)) = (exception.kind.text(), exception.requested_at.value())
            && !setting.is_future(*at)
        {
            asked.entry((kind, exception.department.text())).or_default().push(*at);
        }
    }
    let mut patterns = Vec::new();
    for ((name, department), mut times) in asked {
        times.sort_unstable();
        let Some(kind) = setting.policy.exception_kinds.get(name) else { continue };
        let windows = times.iter().enumerate().map(|(start, from)| {
            let end = times.partition_point(|at| *at < from.plus(within));
            (end - start, *from, times.get(end.saturating_sub(1)).copied().unwrap_or(*from))
        });
        // The fullest window, and of several the latest.
        let Some((most, from, until)) = windows.max_by_key(|(most, from, _)| (*most, *from)) else { continue };
        let most = u64::try_from(most).unwrap_or_default();
        if most >= u64::from(count) {
            let proposal = proposal(setting, name, kind);
            patterns.push(Pattern { kind: name.to_owned(), department: department.map(str::to_owned), count: most, from, until, proposal });
        }
    }
    patterns
}

/// A way of its own for what an exception kind lets pass: the same approvals as requirements, its reconciliation as a procedure and a
/// checklist, its longest term as the longest stay, in a kind of ticket with a workflow. Put into the policy, it loads.
fn proposal(setting: &Setting<'_>, name: &str, kind: &ExceptionKind) -> Value {
    let policy = setting.policy;
    let title = &kind.title;
    let ticket = free(name, |name| policy.ticket_kinds.contains_key(name) || policy.workflows.contains_key(name));
    let procedure = free(name, |name| policy.sops.contains_key(name));
    let list = free(name, |name| policy.checklists.contains_key(name));
    let mut requirements = Map::new();
    let mut approvals = Vec::new();
    for (approval, _) in &kind.approvals {
        let requirement = free(&format!("{name}-is-approved"), |name| policy.named(name).is_some() || requirements.contains_key(name));
        requirements.insert(requirement.clone(), json!({"approval": approval.roles, "count": approval.count.unwrap_or(1)}));
        approvals.push(requirement);
    }
    let done = free(&format!("{name}-is-reconciled"), |name| policy.named(name).is_some() || requirements.contains_key(name));
    requirements.insert(done.clone(), json!({"checklist": list}));
    let roles = &kind.reconcile.roles;
    let accountable = roles.first().cloned().unwrap_or_default();
    let of_role = roles.iter().find_map(|role| policy.roles.get(role)?.department.clone());
    let department = of_role.or_else(|| policy.departments.keys().next().cloned());
    let entry = |title: &String| json!({"title": title, "department": department.as_deref().unwrap_or(name)});
    let entries: Map<String, Value> = kind.reconcile.steps.iter().map(|(step, title)| (step.clone(), entry(title))).collect();
    let steps: Vec<&String> = kind.reconcile.steps.values().collect();
    let raci = json!({"responsible": roles, "accountable": accountable});
    let mut proposal = json!({
        "ticket_kinds": {ticket.clone(): {"title": title}},
        "sops": {procedure.clone(): {
            "title": title,
            "owner": accountable,
            "reviewed_at": Date::of(setting.at, policy.offset()),
            "steps": steps,
        }},
        "requirements": requirements,
        "checklists": {list: {"title": title, "entries": entries}},
        "workflows": {ticket.clone(): {
            "title": title,
            "tickets": [ticket],
            "closes_in": "done",
            "states": {
                "asked": {"main": "approved", "sop": procedure},
                "approved": {"gate": approvals, "main": "done", "longest_stay": kind.longest, "sop": procedure},
                "done": {"closing": "fulfilled", "gate": [done], "sop": procedure},
                "refused": {"closing": "cancelled", "sop": procedure},
            },
            "transitions": {
                "-> asked": raci,
                "asked -> approved": raci,
                "approved -> done": raci,
                "asked, approved -> refused": raci,
            },
        }},
    });
    if let (None, Some(sections)) = (&department, proposal.as_object_mut()) {
        sections.insert("departments".to_owned(), json!({name: {"title": title}}));
    }
    proposal
}

/// A name that nothing has yet.
fn free(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut names = std::iter::once(wanted.to_owned()).chain((2u32..).map(|count| format!("{wanted}-{count}")));
    names.find(|name| !taken(name)).unwrap_or_default()
}
