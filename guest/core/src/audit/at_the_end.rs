//! What only the whole register shows: judged once all records were read.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Closures, Recorded, Records, Standing, Summary};
use super::keep::{Closing, Stand};
use super::{Document, Fact, Out, count, decisions, exceptions, licences, people};
use crate::ask::policy_name;
use crate::case::{Setting, Views};
use crate::code::Code;
use crate::decision::{Context, Finding, Item, Severity};
use crate::facts::{Extent, Facts, PersonStatus};
use crate::outcome::{Gap, NOT_RECORDED, counted};
use crate::policy::{Edge, Policy, Sort};
use crate::problem::pointer;
use crate::time::{Date, Time};

impl Out {
    /// Tells a reason, in whose charge it is, and about which item where it does not say so itself.
    pub(super) fn tell_gap(&mut self, gap: Gap, severity: Severity, charge: Option<&Edge>, item: Option<&Item>) {
        let item = gap.item.clone().or_else(|| item.cloned());
        self.tell(Gap { item, ..gap }.finding(severity, charge), None);
    }
}

/// Judges what crosses records, and tells what was seen in numbers.
pub(super) fn judge(policy: &Policy, at: Time, head: Document, out: &mut Out) -> Summary {
    let facts = Facts::new(head);
    let context = Context { at, actor: None };
    let views = Views::default();
    let setting = Setting::new(policy, &facts, &context, &views);
    duplicates(setting, out);
    let exceptions = exceptions::judge(setting, out);
    let patterns = exceptions::patterns(&setting);
    let rows = std::mem::take(&mut out.rows);
    let rows = rows.sorted();
    crossing(setting, &rows, out);
    // Of each kind of ticket about somebody the day on which the last was fulfilled; without one it is open.
    let mut taken_up: BTreeMap<(&str, &str), Vec<Option<Date>>> = BTreeMap::new();
    for row in groups(&rows, "o", 2).flatten() {
        let (Some(kind), Some(subject)) = (row.get(1), row.get(2)) else { continue };
        let day = row.get(3).and_then(|day| Date::parse(day).ok());
        taken_up.entry((kind, facts.human_being(subject))).or_default().push(day);
    }
    let has_ticket = |kind: &str, human: &str, after: Option<Date>| {
        let mut days = taken_up.get(&(kind, human)).into_iter().flatten();
        days.any(|day| day.is_none_or(|day| after.is_none_or(|after| day > after)))
    };
    people::judge(setting, has_ticket, out);
    let licences = licences::judge(setting, out);
    owners(out);
    roles(setting, out);
    procedures(setting, out);
    for gap in decisions::log_not_used(&setting, out.tallies.decisions_ahead.is_some() || out.tallies.decisions_beside.is_some()) {
        out.tell_gap(gap, Severity::Warn, None, None);
    }
    let document = facts.document();
    let records = Records {
        assets: out.tallies.assets,
        tickets: out.tallies.tickets,
        people: count(document.people.rows().len()),
        licences: count(document.licences.rows().len()),
        exceptions: count(document.exceptions.rows().len()),
        decisions: out.tallies.decisions_ahead.unwrap_or_default() + out.tallies.decisions_beside.unwrap_or_default(),
    };
    Summary {
        at,
        policy: policy_name(policy),
        records,
        findings: out.tallies.findings.clone(),
        standing: standing(policy, out),
        quality: out
            .tallies
            .quality
            .iter()
            .map(|(field, (of, recorded))| Recorded { field: field.clone(), of: *of, recorded: *recorded })
            .collect(),
        licences,
        exceptions,
        patterns,
        closures: out
            .tallies
            .closures
            .iter()
            .map(|(kind, Closing { open, refused, reasons })| Closures {
                kind: kind.clone(),
                open: *open,
                refused: *refused,
                reasons: reasons.clone(),
            })
            .collect(),
    }
}

/// People, licences and exceptions of which two records have one id.
fn duplicates(setting: Setting<'_>, out: &mut Out) {
    let document = setting.facts.document();
    let mut tell = |what: &str, ids: Vec<&str>| {
        for same in ids.chunk_by(|a, b| a == b).filter(|same| same.len() > 1) {
            let id = same.first().copied().unwrap_or_default();
            let gap = Gap::wrong(Code::DuplicateItem, format!("{} records of the {what} have the id {id}", same.len()));
            out.tell_gap(gap.at(pointer(&format!("/{what}"), id)).expected("one record"), Severity::Block, None, None);
        }
    };
    tell("people", document.people.rows().iter().map(|row| row.id.as_str()).collect());
    tell("licences", document.licences.rows().iter().map(|row| row.id.as_str()).collect());
    tell("exceptions", document.exceptions.rows().iter().map(|row| row.id.as_str()).collect());
}

/// The rows of a sort, in order.
fn of_sort<'r>(rows: &'r [&'r str], sort: &str) -> &'r [&'r str] {
    let rows = rows.get(rows.partition_point(|row| *row < sort)..).unwrap_or_default();
    rows.get(..rows.partition_point(|row| start(row, 1) == sort)).unwrap_or_default()
}

/// The rows of a sort that agree in so many fields, together, and field by field. There may be millions: only one group is taken apart.
fn groups<'r>(rows: &'r [&'r str], sort: &str, count: usize) -> impl Iterator<Item = Vec<Vec<&'r str>>> {
    let same = of_sort(rows, sort).chunk_by(move |a, b| start(a, count) == start(b, count));
    same.map(|same| same.iter().map(|row| row.split('\t').collect()).collect())
}

/// The first fields of a row.
fn start(row: &str, count: usize) -> &str {
    let end = row.match_indices('\t').nth(count.saturating_sub(1)).map(|(at, _)| at);
    end.and_then(|end| row.get(..end)).unwrap_or(row)
}

/// Records of one id, of one identity, and what refers to a record that is not there.
fn crossing(setting: Setting<'_>, rows: &[&str], out: &mut Out) {
    for (sort, item) in [("a", Item::Asset as fn(String) -> Item), ("t", Item::Ticket as fn(String) -> Item)] {
        let any_there = of_sort(rows, sort).iter().any(|row| row.matches('\t').count() == 1);
        for same in groups(rows, sort, 2) {
            let Some(id) = same.first().and_then(|row| row.get(1)) else { continue };
            let (records, references): (Vec<_>, Vec<_>) = same.iter().partition(|row| row.len() == 2);
            let named = item((*id).to_owned());
            if records.len() > 1 {
                let gap = Gap::wrong(Code::DuplicateItem, format!("{} records are called {named}", records.len()));
                out.tell_gap(gap.expected("one record").found(format!("{} records", records.len())), Severity::Block, None, Some(&named));
            }
            if !records.is_empty() || !any_there {
                continue;
            }
            for row in references {
                let (Some(by), Some(what)) = (row.get(3), row.get(4)) else { continue };
                missing(&named, by, what, out);
            }
        }
    }
    identities(rows, out);
    if !setting.facts.document().licences.is_unknown() {
        for same in groups(rows, "p", 2) {
            let Some(product) = same.first().and_then(|row| row.get(1)) else { continue };
            let known = setting.facts.document().licences.rows().iter().any(|licence| licence.product.text() == Some(product));
            if !known {
                let first = same.first().and_then(|row| row.get(2)).map(|id| Item::Asset((*id).to_owned()));
                let gap = Gap::wrong(
                    Code::LicenceUnknown,
                    format!("{product} has {} taken, and no licence for it is recorded", counted(same.len(), "seat")),
                );
                out.tell_gap(gap.at("/licences").expected("a licence").found("none"), Severity::Warn, None, first.as_ref());
            }
        }
    }
}

/// A reference to a record that is not there.
fn missing(named: &Item, by: &str, what: &str, out: &mut Out) {
    let referrer = Item::parse(by).ok();
    let (code, path) = match &referrer {
        Some(Item::Ticket(id)) if what == "link" => (Code::LinkUnknownAsset, format!("{}/links", pointer("/tickets", id))),
        Some(Item::Ticket(id) | Item::Task { ticket: id, .. }) => (Code::RelationMissing, format!("{}/related", pointer("/tickets", id))),
        Some(Item::Asset(id)) => (Code::RelationMissing, format!("{}/relations", pointer("/assets", id))),
        None => {
            let id = by.strip_prefix("exception:").unwrap_or(by);
            (Code::RelationMissing, format!("{}/items", pointer("/exceptions", id)))
        }
    };
    let message = match what {
        "link" => format!("{named}, which it links, is not in the register"),
        "exception" => format!("{named}, which the exception covers, is not in the register"),
        relation => format!("{named}, to which it refers as `{relation}`, is not in the register"),
    };
    let gap = Gap::wrong(code, message).at(path);
    out.tell_gap(gap.expected(named.to_string()).found(NOT_RECORDED), Severity::Block, None, referrer.as_ref());
}

/// Assets of one identity: all but the first are told of, each with the first.
fn identities(rows: &[&str], out: &mut Out) {
    for same in groups(rows, "i", 4) {
        let mut ids: Vec<&str> = same.iter().filter_map(|row| row.get(4).copied()).collect();
        // The same record twice is told of as such.
        ids.dedup();
        let (Some(first), Some(identity)) = (ids.first().copied(), same.first().and_then(|row| row.get(1))) else { continue };
        for id in ids.iter().skip(1) {
            let gap = Gap::wrong(Code::DuplicateIdentity, format!("asset:{first} is recorded under the same {identity}"))
                .at(format!("{}/{identity}", pointer("/assets", id)))
                .expected("one asset")
                .found(first);
            out.tell_gap(gap, Severity::Block, None, Some(&Item::Asset((*id).to_owned())));
        }
    }
}

/// Owners could not be looked up where no people were passed.
fn owners(out: &mut Out) {
    let count = out.tallies.owners_not_judged;
    if count > 0 {
        let gap = Gap::wrong(
            Code::RegisterNotCovered,
            format!("no people were passed, so that the holders of {} can't be looked up", counted(count, "asset")),
        );
        out.tell_gap(gap.at("/people").expected("the people").found(NOT_RECORDED), Severity::Warn, None, None);
    }
}

/// Roles that nobody active holds, or only one person (rule L4); as far as all people and their roles are known.
fn roles(setting: Setting<'_>, out: &mut Out) {
    let people = &setting.facts.document().people;
    let all = setting.covered(|claim| matches!(claim.persons.value(), Some(Extent::All)));
    let silent = |person: &crate::facts::Person| person.roles.is_unknown() && person.status != Fact::Known(PersonStatus::Left);
    if people.is_unknown() || all.is_none() || people.rows().iter().any(silent) {
        return;
    }
    for (name, role) in &setting.policy.roles {
        if role.relation.is_some() {
            continue;
        }
        let active = |person: &&crate::facts::Person| matches!(person.status, Fact::Known(PersonStatus::Active) | Fact::Unknown);
        let holders = people.rows().iter().filter(active).filter(|person| person.roles.rows().contains(name));
        let humans: BTreeSet<&str> = holders.map(|person| setting.facts.human_being(&person.id)).collect();
        let (code, message, severity) = match humans.first() {
            None => (Code::RoleVacant, format!("nobody active holds the role {name}"), Severity::Warn),
            Some(one) if humans.len() == 1 => (Code::RoleThin, format!("only {one} holds the role {name}"), Severity::Audit),
            Some(_) => continue,
        };
        let gap = Gap::wrong(code, message).at("/people").expected(format!("two people active as {name}"));
        let found = humans.first().map_or("nobody", |one| *one).to_owned();
        out.tell_gap(gap.found(found), severity, None, None);
    }
}

/// Procedures that were not reviewed for too long, and steps without one (rule L4).
fn procedures(setting: Setting<'_>, out: &mut Out) {
    let policy = setting.policy;
    let today = Date::of(setting.at, policy.offset());
    if let Some(review) = policy.head.register.sop_review {
        for (name, sop) in policy.sops.iter().filter(|(_, sop)| sop.reviewed_at.plus_days(review.days()) < today) {
            let gap = Gap::wrong(Code::SopStale, format!("{name}, {}, was last reviewed on {}", sop.title, sop.reviewed_at))
                .expected(format!("reviewed within {review}"))
                .found(sop.reviewed_at.to_string());
            let finding = gap.finding(Severity::Warn, None);
            out.tell(Finding { accountable: Some(sop.owner.clone()), sop: Some(name.clone()), ..finding }, None);
        }
        for workflow in policy.workflows.values() {
            for (from, to, edge) in workflow.edges() {
                let of_state = workflow.states.get(to).is_some_and(|state| !state.sop.is_empty());
                if edge.sop.is_empty() && !of_state {
                    let step = format!("{}{to}", from.map(|from| format!("{from} -> ")).unwrap_or_else(|| "-> ".to_owned()));
                    let gap = Gap::wrong(Code::SopMissing, format!("the step `{step}` of {} has no procedure", workflow.title));
                    out.tell_gap(gap.expected("a procedure under `sop`").found("none"), Severity::Audit, Some(edge), None);
                }
            }
        }
    }
}

/// How many items stand where, in the order of workflow and state.
fn standing(policy: &Policy, out: &Out) -> Vec<Standing> {
    let mut all = Vec::new();
    for (name, states) in &out.tallies.standing {
        let Some(workflow) = policy.workflows.get(name) else { continue };
        for (state, stand) in states {
            let Some(declared) = workflow.states.get(state) else { continue };
            let Stand { items, ages, oldest, stalled } = stand;
            all.push(Standing {
                workflow: name.clone(),
                state: state.clone(),
                category: declared.category.filter(|_| workflow.sort == Sort::Assets),
                closing: declared.closing,
                items: *items,
                ages: ages.clone(),
                oldest: oldest.clone(),
                longest_stay: declared.longest_stay,
                stalled: *stalled,
                accountable: workflow.main(state).map(|(_, edge)| edge.accountable.clone()),
                escalate_to: declared.escalate_to.clone(),
            });
        }
    }
    all
}
