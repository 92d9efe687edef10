//! People as an audit sees them: who has left, who is named by a record, and whose coming or going nobody has taken up.

use std::collections::BTreeSet;

use super::Out;
use crate::case::Setting;
use crate::code::Code;
use crate::decision::{Item, Severity};
use crate::engagements::{Engagements, contradiction};
use crate::facts::{
    Coverage, Document, Engagement, Entry, Evidence, Exception, Fact, Facts, Licence, LoggedDecision, Lookup, Party, Person, PersonStatus,
};
use crate::outcome::Gap;
use crate::plan::Direction;
use crate::problem::pointer;
use crate::time::{Date, Duration};

/// How long before a day its ticket has to be open, where the policy says nothing.
const NOTICE: Duration = Duration::from_days(14);

/// The record with what is known of the people, the exceptions and the licences that it names, and of the decisions on it.
pub(super) fn with_those_named(mut document: Document, head: &Facts) -> Document {
    let known = head.document();
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    let mut items: Vec<Item> = Vec::new();
    let mut products: BTreeSet<&str> = BTreeSet::new();
    for asset in document.assets.rows() {
        if let Fact::Known(Party::Person(id)) = &asset.owner {
            ids.insert(id);
        }
        ids.extend(asset.held_by.text());
        ids.extend(asset.steward.text());
        for entry in asset.custody.rows() {
            ids.extend(entry.by.text());
            ids.extend(
                [&entry.from, &entry.to].into_iter().filter_map(Fact::text).map(|side| side.strip_prefix("person:").unwrap_or(side)),
            );
        }
        ids.extend(acted(&asset.evidence, &asset.history));
        items.push(Item::Asset(asset.id.clone()));
        products.extend(asset.product.text());
    }
    for ticket in document.tickets.rows() {
        ids.extend([&ticket.subject, &ticket.requester, &ticket.assignee].into_iter().filter_map(Fact::text));
        ids.extend(acted(&ticket.evidence, &ticket.history));
        ids.extend(ticket.approvals.rows().iter().filter_map(|row| row.by.text()));
        ids.extend(ticket.signatures.rows().iter().filter_map(|row| row.by.text()));
        ids.extend(ticket.marks.rows().iter().filter_map(|row| row.by.text()));
        ids.extend(ticket.tasks.rows().iter().filter_map(|row| row.by.text()));
        items.push(Item::Ticket(ticket.id.clone()));
    }
    let ids: BTreeSet<&str> = ids.into_iter().flat_map(|id| head.ids_of(id)).collect();
    let told: BTreeSet<&str> = document.people.rows().iter().map(|person| person.id.as_str()).collect();
    let people: Vec<Person> = ids.iter().filter(|id| !told.contains(*id)).flat_map(|id| records(head, id)).cloned().collect();
    let exceptions = exceptions(head, &items, &document);
    let decisions = decisions(head, &items, &document);
    let is_told = |licence: &&Licence| document.licences.rows().iter().any(|other| other.id == licence.id);
    let licences = products.iter().flat_map(|product| head.licences_of(product)).filter(|licence| !is_told(licence)).cloned().collect();
    // That a list was passed is known, though nothing in it is about this record.
    add(&mut document.people, people, known.people.is_unknown());
    add(&mut document.exceptions, exceptions, known.exceptions.is_unknown());
    add(&mut document.licences, licences, known.licences.is_unknown());
    add(&mut document.decisions, decisions, known.decisions.is_unknown());
    add(&mut document.coverage, known.coverage.rows().iter().filter_map(of_the_log).collect(), known.coverage.is_unknown());
    document
}

/// Who checked and who moved it: two ids may mean one human being.
fn acted<'a>(evidence: &'a Fact<Vec<Evidence>>, history: &'a Fact<Vec<Entry>>) -> impl Iterator<Item = &'a str> {
    let moved = history.rows().iter().flat_map(|entry| [entry.by.text(), entry.second.text()]).flatten();
    evidence.rows().iter().filter_map(|row| row.by.text()).chain(moved)
}

fn add<T>(rows: &mut Fact<Vec<T>>, more: Vec<T>, unknown: bool) {
    if !(unknown && rows.is_unknown()) {
        super::append(rows, Fact::Known(more));
    }
}

/// Every record of an id: two contradict each other, and both are told.
fn records<'a>(head: &'a Facts, id: &str) -> &'a [Person] {
    let people = head.document().people.rows();
    let start = people.partition_point(|person| person.id.as_str() < id);
    let end = people.partition_point(|person| person.id.as_str() <= id);
    people.get(start..end).unwrap_or_default()
}

/// The decisions on items, and on the tasks of tickets.
fn decisions(head: &Facts, items: &[Item], document: &Document) -> Vec<LoggedDecision> {
    let tasks = document.tickets.rows().iter().flat_map(|ticket| ticket.tasks.rows().iter().map(move |task| (ticket, task)));
    let tasks: Vec<Item> = tasks.map(|(ticket, task)| Item::Task { ticket: ticket.id.clone(), task: task.id.clone() }).collect();
    items.iter().chain(&tasks).flat_map(|item| head.decisions_on(item)).cloned().collect()
}

/// What a claim says of the decisions, and nothing else: one record is not all that there is.
fn of_the_log(claim: &Coverage) -> Option<Coverage> {
    let Coverage { as_of, decisions, decisions_since, .. } = claim;
    let all = || Coverage { decisions: decisions.clone(), decisions_since: *decisions_since, ..Coverage::of(*as_of) };
    (!decisions.is_unknown()).then(all)
}

/// The exceptions on items, with those that they renew.
fn exceptions(head: &Facts, items: &[Item], document: &Document) -> Vec<Exception> {
    let mut found: Vec<&Exception> = items.iter().flat_map(|item| head.exceptions_on(item)).collect();
    let mut seen: BTreeSet<&str> = document.exceptions.rows().iter().map(|exception| exception.id.as_str()).collect();
    found.retain(|exception| seen.insert(&exception.id));
    let mut open = found.clone();
    while let Some(exception) = open.pop() {
        let renewed = exception.renews.text().and_then(|id| head.exception(id).found());
        if let Some(renewed) = renewed.filter(|renewed| seen.insert(&renewed.id)) {
            found.push(renewed);
            open.push(renewed);
        }
    }
    found.into_iter().cloned().collect()
}

fn today(setting: &Setting<'_>, person: &Person) -> Date {
    Date::of(setting.at, person.utc_offset.value().copied().unwrap_or_else(|| setting.policy.offset()))
}

/// Whether a record says that somebody has left: by its status, or because the last day is over.
fn record_has_left(setting: &Setting<'_>, person: &Person) -> bool {
    person.status == Fact::Known(PersonStatus::Left) || Engagements::of(person).last_day().is_some_and(|day| day < today(setting, person))
}

/// What an id stands for.
pub(super) enum Standing {
    /// No record.
    Unknown,
    /// Somebody of whom every record says that they have left.
    Left,
    /// Somebody else.
    Here,
}

/// What an id stands for; who has several records has left where all of them say so.
pub(super) fn standing(setting: &Setting<'_>, id: &str) -> Standing {
    let records: Vec<&Person> = setting.facts.ids_of(id).into_iter().filter_map(|id| setting.facts.person(id).found()).collect();
    match setting.facts.person(id) {
        Lookup::Missing => Standing::Unknown,
        // Which of two records is true nobody knows; that there are two is told apart.
        Lookup::Ambiguous => Standing::Here,
        Lookup::Found(_) if records.iter().all(|person| record_has_left(setting, person)) => Standing::Left,
        Lookup::Found(_) => Standing::Here,
    }
}

/// The last day of somebody who goes soon: the latest of all their records that go on.
pub(super) fn leaves_soon(setting: &Setting<'_>, id: &str) -> Option<Date> {
    let records = setting.facts.ids_of(id).into_iter().filter_map(|id| setting.facts.person(id).found());
    let days: Option<Vec<Date>> =
        records.filter(|person| !record_has_left(setting, person)).map(|person| Engagements::of(person).last_day()).collect();
    let today = Date::of(setting.at, setting.policy.offset());
    days?.into_iter().max().filter(|day| *day <= today.plus_days(notice(setting, Direction::Leaver).days()))
}

/// How long before a day its ticket has to be open.
fn notice(setting: &Setting<'_>, direction: Direction) -> Duration {
    setting.policy.head.plans.rules(direction).and_then(|rules| rules.lead_time).unwrap_or(NOTICE)
}

/// What is wrong with the people themselves, where `has_ticket` tells whether a ticket of a kind about a human being is open, or was
/// fulfilled after a day.
pub(super) fn judge(setting: Setting<'_>, has_ticket: impl Fn(&str, &str, Option<Date>) -> bool, out: &mut Out) {
    for person in setting.facts.document().people.rows() {
        let (engagements, today) = (Engagements::of(person), today(&setting, person));
        let moves = engagements.is_at_work(today);
        let days = (engagements.first_day(), engagements.last_day());
        for gap in contradiction(person, today, days, !moves, true).into_iter().chain(engagements.contradictions()) {
            out.tell_gap(gap, Severity::Warn, None, None);
        }
        for direction in [if moves { Direction::Mover } else { Direction::Joiner }, Direction::Leaver] {
            if let Some(gap) = without_ticket(&setting, person, &engagements, direction, &has_ticket) {
                out.tell_gap(gap, Severity::Warn, None, None);
            }
        }
    }
}

/// Somebody who comes, moves or goes soon, and for whom no ticket is open, nor was fulfilled ahead of the day.
fn without_ticket(
    setting: &Setting<'_>,
    person: &Person,
    engagements: &Engagements<'_>,
    direction: Direction,
    has_ticket: &impl Fn(&str, &str, Option<Date>) -> bool,
) -> Option<Gap> {
    let rules = setting.policy.head.plans.rules(direction)?;
    // A ticket of an earlier employment is not that of the next.
    let latest_before = |day: fn(&Engagement) -> &Fact<Date>| engagements.earlier().filter_map(|one| day(one).value().copied()).max();
    let first = engagements.first_day();
    let (does, day, which, after) = match direction {
        Direction::Leaver => ("leaves", engagements.last_day()?, "last_day", first),
        Direction::Joiner => ("comes", first?, "first_day", latest_before(|one| &one.last_day)),
        Direction::Mover => ("moves", first?, "first_day", latest_before(|one| &one.first_day)),
    };
    let today = today(setting, person);
    let soon = day >= today && day <= today.plus_days(notice(setting, direction).days());
    // Who has left may come again.
    let gone = person.status == Fact::Known(PersonStatus::Left) && direction != Direction::Joiner;
    if !soon || gone || has_ticket(&rules.ticket, setting.facts.human_being(&person.id), after) {
        return None;
    }
    let message = format!("{} {does} on {day}, and no {} ticket is open", person.id, rules.ticket);
    Some(
        Gap::wrong(Code::NoticeWithoutTicket, message)
            .at(format!("{}/{which}", pointer("/people", &person.id)))
            .expected(format!("an open {} ticket", rules.ticket))
            .found("none"),
    )
}
