//! Whose review it is, which way they go, and under which ticket.

use super::Request;
use crate::case::Setting;
use crate::code::Code;
use crate::engagements::Engagements;
use crate::facts::{Lookup, Person, PersonStatus, Ticket};
use crate::outcome::Gap;
use crate::plan::{self, Direction, Work};
use crate::policy::document::Closing;
use crate::problem::{Problem, pointer};

const DIRECTIONS: [Direction; 3] = [Direction::Joiner, Direction::Mover, Direction::Leaver];

/// Whose review it is.
pub(super) struct Whose<'a> {
    /// None where the ticket does not tell whom it is about.
    pub person: Option<&'a str>,
    pub direction: Direction,
    /// The ticket that was named, or the closed one that all was done under; none where a plan finds or opens it.
    pub ticket: Option<&'a Ticket>,
}

pub(super) fn whose<'a>(setting: &Setting<'a>, request: &Request<'a>) -> Result<Whose<'a>, Problem> {
    match (request.person, request.ticket) {
        (Some(person), None) => of_person(setting, person, request.direction),
        (None, Some(ticket)) => of_ticket(setting, ticket, request.direction),
        (Some(_), Some(_)) => Err(missing("/ticket", "the question names a person and a ticket").help("name one of the two")),
        (None, None) => Err(missing("/person", "the question names neither a person nor a ticket").help("name one of the two")),
    }
}

/// The person and the direction follow from the ticket.
fn of_ticket<'a>(setting: &Setting<'a>, id: &'a str, direction: Option<Direction>) -> Result<Whose<'a>, Problem> {
    let ticket = match setting.facts.ticket(id) {
        Lookup::Found(ticket) => ticket,
        Lookup::Missing => {
            return Err(missing("/ticket", format!("the facts hold no ticket `{id}`")).help("pass the ticket with the facts"));
        }
        Lookup::Ambiguous => {
            return Err(missing("/ticket", format!("the facts hold several tickets `{id}`")).help("merge the records, or give each an id"));
        }
    };
    let kind = ticket.kind.text();
    let mut fitting: Vec<Direction> = DIRECTIONS.into_iter().filter(|direction| ticket_kind(setting, *direction) == kind).collect();
    if kind.is_none() || fitting.is_empty() {
        let kinds: Vec<&str> = DIRECTIONS.into_iter().filter_map(|direction| ticket_kind(setting, direction)).collect();
        let found = kind.map_or_else(|| "of an unknown kind".to_owned(), |kind| format!("of the kind `{kind}`"));
        return Err(Problem::new(
            "review-unfit",
            "/ticket",
            format!("the ticket `{id}` is {found}, under which no direction of the policy is planned"),
        )
        .help(format!("name a ticket of the kind {}", kinds.join(" or "))));
    }
    if let Some(direction) = direction {
        fitting.retain(|other| *other == direction);
    }
    match fitting.as_slice() {
        [direction] => Ok(Whose { person: ticket.subject.text(), direction: *direction, ticket: Some(ticket) }),
        [] => Err(Problem::new("review-unfit", "/direction", format!("the ticket `{id}` is not about somebody who goes that way"))
            .help("leave the direction out: it follows from the ticket's kind")),
        _ => Err(which_way(&format!("the ticket `{id}` may be about several"))),
    }
}

fn of_person<'a>(setting: &Setting<'a>, id: &'a str, direction: Option<Direction>) -> Result<Whose<'a>, Problem> {
    let person = match setting.facts.person(id) {
        Lookup::Found(person) => person,
        Lookup::Missing => {
            return Err(missing("/person", format!("the facts hold no person `{id}`")).help("pass the person's record with the facts"));
        }
        Lookup::Ambiguous => {
            return Err(missing("/person", format!("several people have the id `{id}`")).help("merge the records, or give each an id"));
        }
    };
    let direction = match direction {
        Some(direction) => direction,
        None => inferred(setting, person)?,
    };
    let is_open = tickets(setting, id, direction).any(|ticket| setting.is_open(ticket) != Some(false));
    let ticket = if is_open { None } else { closed(setting, person, id, direction) };
    Ok(Whose { person: Some(id), direction, ticket })
}

/// Which way somebody goes: by the ticket that is open about them, else by their status and days.
fn inferred(setting: &Setting<'_>, person: &Person) -> Result<Direction, Problem> {
    let is_open = |direction: &Direction| tickets(setting, &person.id, *direction).any(|ticket| setting.is_open(ticket) != Some(false));
    let open: Vec<Direction> = DIRECTIONS.into_iter().filter(is_open).collect();
    match open.as_slice() {
        [direction] => return Ok(*direction),
        [] => {}
        _ => return Err(which_way(&format!("tickets of several are open about `{}`", person.id))),
    }
    match person.status.value() {
        Some(PersonStatus::Left) => Ok(Direction::Leaver),
        Some(PersonStatus::Expected) => Ok(Direction::Joiner),
        _ if Engagements::of(person).last_day().is_some() => Ok(Direction::Leaver),
        _ => Err(which_way(&format!("no ticket is open about `{}`, and neither status nor last day tell it", person.id))),
    }
}

/// What is to be told of a ticket that closed without its work, where the person goes all the same and no other ticket is open for it.
pub(super) fn goes_without_ticket(setting: &Setting<'_>, id: &str, direction: Direction) -> Option<Gap> {
    let person = setting.facts.person(id).found()?;
    let rules = setting.policy.head.plans.rules(direction)?;
    if tickets(setting, id, direction).any(|ticket| setting.is_open(ticket) != Some(false)) {
        return None;
    }
    let engagements = Engagements::of(person);
    let (goes, day, which) = match direction {
        Direction::Leaver => (person.status.value() == Some(&PersonStatus::Left), engagements.last_day(), "last_day"),
        Direction::Joiner => (person.status.value() == Some(&PersonStatus::Expected), None, "status"),
        Direction::Mover => return None,
    };
    let path = format!("{}/{which}", pointer("/people", id));
    if !goes && day.is_none() {
        return person.status.is_unknown().then(|| Gap::unknown(format!("whether {id} still comes or goes"), path));
    }
    let when = day.map(|day| format!(" on {day}")).unwrap_or_default();
    let does = if direction == Direction::Leaver { "leaves" } else { "comes" };
    let gap = Gap::wrong(Code::NoticeWithoutTicket, format!("{id} {does}{when}, and no {} ticket is open", rules.ticket));
    Some(gap.at(path).expected(format!("an open {} ticket", rules.ticket)).found("none"))
}

/// The last closed ticket under which all that is asked about was done, and not an earlier coming or going.
fn closed<'a>(setting: &Setting<'a>, person: &'a Person, id: &'a str, direction: Direction) -> Option<&'a Ticket> {
    let request = plan::Request { person: id, direction, profile: None, day: None, ticket: None };
    let work = Work::of(setting, person, setting.facts, &request);
    let since = work.since.map(|day| day.start(work.offset));
    let is_fulfilled = |ticket: &&Ticket| setting.closing(ticket) == Some(Closing::Fulfilled);
    let is_of_now = |ticket: &&Ticket| match (ticket.opened.value(), since) {
        (Some(opened), Some(since)) => *opened >= since,
        _ => true,
    };
    tickets(setting, id, direction).filter(is_fulfilled).filter(is_of_now).max_by_key(|ticket| (ticket.opened.value().copied(), &ticket.id))
}

/// The tickets of a direction that are about somebody.
fn tickets<'a, 'p>(setting: &Setting<'a>, person: &'p str, direction: Direction) -> impl Iterator<Item = &'a Ticket> + use<'a, 'p> {
    let setting = *setting;
    let kind = ticket_kind(&setting, direction);
    let is_theirs = move |ticket: &&Ticket| {
        kind.is_some() && ticket.kind.text() == kind && ticket.subject.text().is_some_and(|subject| setting.is_same_person(subject, person))
    };
    setting.facts.document().tickets.rows().iter().filter(is_theirs)
}

fn ticket_kind<'a>(setting: &Setting<'a>, direction: Direction) -> Option<&'a str> {
    setting.policy.head.plans.rules(direction).map(|rules| rules.ticket.as_str())
}

fn missing(path: &str, message: impl Into<String>) -> Problem {
    Problem::new("item-missing", path, message)
}

fn which_way(why: &str) -> Problem {
    Problem::new("direction-missing", "/direction", format!("the question does not say which way they go: {why}"))
        .help("say `joiner`, `mover` or `leaver`")
}
