//! People as an audit sees them: who has left, who is named by a record, and whose coming or going nobody has taken up.

use std::collections::BTreeSet;

use super::Out;
use crate::case::Setting;
use crate::code::Code;
use crate::decision::{Item, Severity};
use crate::facts::{
    Coverage, Document, Engagement, Entry, Evidence, Exception, Fact, Facts, LoggedDecision, Lookup, Party, Person, PersonStatus,
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
    let licences: Vec<_> = products.iter().flat_map(|product| head.licences_of(product)).cloned().collect();
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

/// The latest engagement, by which somebody's days and profile go (rule L1).
fn latest(person: &Person) -> Option<&Engagement> {
    person.engagements.rows().iter().max_by_key(|engagement| engagement.first_day.value().copied())
}

/// A day by the latest engagement; what that does not tell is taken from the record.
fn day(person: &Person, of_engagement: impl Fn(&Engagement) -> Fact<Date>, of_record: Fact<Date>) -> Option<Date> {
    let told = latest(person).map(of_engagement).filter(|day| !day.is_unknown());
    told.unwrap_or(of_record).value().copied()
}

fn first_day(person: &Person) -> Option<Date> {
    day(person, |engagement| engagement.first_day, person.first_day)
}

fn last_day(person: &Person) -> Option<Date> {
    day(person, |engagement| engagement.last_day, person.last_day)
}

/// Engagements before the latest.
fn earlier(person: &Person) -> impl Iterator<Item = &Engagement> {
    let latest = latest(person);
    person.engagements.rows().iter().filter(move |engagement| latest.is_some_and(|latest| latest != *engagement))
}

/// Whether an engagement before the latest goes on today: then the latest is a move, and no coming.
fn works_already(person: &Person, today: Date) -> bool {
    earlier(person).any(|engagement| {
        let begun = engagement.first_day.value().is_some_and(|first| *first <= today);
        begun && engagement.last_day.value().is_none_or(|last| *last >= today)
    })
}

fn today(setting: &Setting<'_>, person: &Person) -> Date {
    Date::of(setting.at, person.utc_offset.value().copied().unwrap_or_else(|| setting.policy.offset()))
}

/// Whether a record says that somebody has left: by its status, or because the last day is over.
fn record_has_left(setting: &Setting<'_>, person: &Person) -> bool {
    person.status == Fact::Known(PersonStatus::Left) || last_day(person).is_some_and(|day| day < today(setting, person))
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
    let days: Option<Vec<Date>> = records.filter(|person| !record_has_left(setting, person)).map(last_day).collect();
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
        if let Some(gap) = contradiction(&setting, person) {
            out.tell_gap(&setting, gap, Severity::Warn, None, None);
        }
        let coming = if works_already(person, today(&setting, person)) { Direction::Mover } else { Direction::Joiner };
        for direction in [coming, Direction::Leaver] {
            if let Some(gap) = without_ticket(&setting, person, direction, &has_ticket) {
                out.tell_gap(&setting, gap, Severity::Warn, None, None);
            }
        }
    }
}

fn contradiction(setting: &Setting<'_>, person: &Person) -> Option<Gap> {
    let today = today(setting, person);
    let Fact::Known(status) = person.status else { return None };
    let against = match (status, first_day(person), last_day(person)) {
        (PersonStatus::Expected, Some(first), _) if first < today => format!("the first day was {first}"),
        (PersonStatus::Active | PersonStatus::OnLeave, Some(first), _) if first > today && !works_already(person, today) => {
            format!("the first day is {first}")
        }
        (PersonStatus::Active | PersonStatus::OnLeave, _, Some(last)) if last < today => format!("the last day was {last}"),
        (PersonStatus::Left, _, Some(last)) if last > today => format!("the last day is {last}"),
        _ => return None,
    };
    let message = format!("{} is recorded as {status}, and {against}", person.id);
    Some(Gap::wrong(Code::StatusContradicted, message).at(format!("{}/status", pointer("/people", &person.id))).found(status.to_string()))
}

/// Somebody who comes, moves or goes soon, and for whom no ticket is open, nor was fulfilled ahead of the day.
fn without_ticket(
    setting: &Setting<'_>,
    person: &Person,
    direction: Direction,
    has_ticket: &impl Fn(&str, &str, Option<Date>) -> bool,
) -> Option<Gap> {
    let rules = setting.policy.head.plans.rules(direction)?;
    // A ticket of an earlier employment is not that of the next.
    let (does, day, which, after) = match direction {
        Direction::Leaver => ("leaves", last_day(person)?, "last_day", first_day(person)),
        Direction::Joiner => {
            ("comes", first_day(person)?, "first_day", earlier(person).filter_map(|one| one.last_day.value().copied()).max())
        }
        Direction::Mover => {
            ("moves", first_day(person)?, "first_day", earlier(person).filter_map(|one| one.first_day.value().copied()).max())
        }
    };
    let today = today(setting, person);
    let soon = day >= today && day <= today.plus_days(notice(setting, direction).days());
    let gone = person.status == Fact::Known(PersonStatus::Left);
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
