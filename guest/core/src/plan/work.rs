//! Whose profile, and which days: the latest engagement rules (rule L1).

use super::{Direction, Request};
use crate::case::Setting;
use crate::engagements::Engagements;
use crate::facts::{Fact, Facts, Person, PersonStatus, Ticket};
use crate::policy::due::{Due, WorkDay};
use crate::time::{Date, Offset, Time};

/// What is known of somebody's work.
pub(crate) struct Work<'a> {
    pub profile: Option<&'a str>,
    pub previous: Option<&'a str>,
    pub first: Option<Date>,
    pub last: Option<Date>,
    /// The day from which on tickets are about this coming, moving or going, and not about an earlier one.
    pub since: Option<Date>,
    /// Of somebody who comes: whether they had an earlier employment that is over.
    pub came_before: bool,
    /// Its last day.
    pub ended: Option<Date>,
    pub offset: Offset,
}

impl<'a> Work<'a> {
    pub fn of(setting: &Setting<'_>, person: &'a Person, facts: &'a Facts, request: &Request<'a>) -> Self {
        let offset = person.utc_offset.value().copied().unwrap_or_else(|| setting.policy.offset());
        let mut engagements = Engagements::of(person);
        // A ticket that is named may be about an earlier time.
        let open = request.ticket.and_then(|id| facts.ticket(id).found()).and_then(|ticket| when_open(setting, ticket));
        if let Some(open) = open {
            engagements = engagements.up_to(request.direction, open, offset);
        }
        let (latest, before) = (engagements.latest(), engagements.earlier().next());
        let of_latest = engagements.profile(request.direction);
        // A move that the engagements tell of already is no other one, though the question names its profile.
        let today = Date::of(setting.at, offset);
        let is_the_latest = |profile: &str| {
            let first = latest.and_then(|latest| latest.first_day.value().copied());
            let is_its_day = request.day.is_none() || request.day == first || first.is_some_and(|first| first > today);
            before.is_some() && latest.and_then(|latest| latest.profile.text()) == Some(profile) && is_its_day
        };
        let is_new = request.profile.is_some_and(|profile| !is_the_latest(profile));
        // Who has another record has come from there (rule L1).
        let others = || facts.ids_of(&person.id).into_iter().filter(|id| *id != person.id).filter_map(|id| facts.person(id).found());
        let of_other_record = || others().find_map(|other| other.profile.text());
        let (profile, previous) = match request.direction {
            Direction::Mover if is_new => (request.profile, of_latest),
            Direction::Mover => (of_latest, before.and_then(|before| before.profile.text()).or_else(of_other_record)),
            Direction::Joiner | Direction::Leaver => (request.profile.or(of_latest), None),
        };
        let (first, last) = match request.direction {
            // Who moves leaves the place before: the day before the new one begins, where no other is told. Of a move that no engagement
            // tells of, the first day that is recorded is that of the place before.
            Direction::Mover => {
                let is_told = !is_new && (before.is_some() || others().next().is_some());
                let first = request.day.or_else(|| engagements.first_day().filter(|_| is_told));
                let last = before.filter(|_| is_told).and_then(|before| before.last_day.value().copied());
                (first, last.or_else(|| first.map(|first| first.plus_days(-1))))
            }
            Direction::Joiner => (request.day.or_else(|| engagements.first_day()), engagements.last_day()),
            Direction::Leaver => (engagements.first_day(), request.day.or_else(|| engagements.last_day())),
        };
        let is_over = |last: &Fact<Date>| match (last, first) {
            (Fact::Known(last), Some(first)) => *last < first,
            (Fact::None, _) => false,
            (Fact::Known(_) | Fact::Unknown, _) => true,
        };
        let left = |other: &&Person| {
            let is_left = other.status == Fact::Known(PersonStatus::Left);
            is_left || other.last_day.value().is_some() && is_over(&other.last_day)
        };
        let earlier = match (before.filter(|before| is_over(&before.last_day)), others().find(left)) {
            _ if request.direction != Direction::Joiner => None,
            (Some(before), _) => Some(before.last_day.value().copied()),
            (None, other) => other.map(|other| other.last_day.value().copied()),
        };
        let since = match request.direction {
            Direction::Joiner => before.and_then(|before| before.last_day.value().copied()),
            Direction::Mover => before.and_then(|before| before.first_day.value().copied()),
            Direction::Leaver => first,
        };
        let (came_before, ended) = (earlier.is_some(), earlier.flatten());
        Self { profile, previous, first, last, since, came_before, ended, offset }
    }

    /// The day that a plan is about.
    pub fn of_direction(&self, direction: Direction) -> Option<Date> {
        match direction {
            Direction::Joiner | Direction::Mover => self.first,
            Direction::Leaver => self.last,
        }
    }

    /// The day that counts from an employment.
    pub fn on(&self, due: Due) -> Option<Date> {
        let day = match due.day {
            WorkDay::First => self.first,
            WorkDay::Last => self.last,
        };
        day.map(|day| day.plus_days(due.days))
    }
}

/// From when until when a ticket was open; none where that is not recorded.
fn when_open(setting: &Setting<'_>, ticket: &Ticket) -> Option<(Time, Time)> {
    let opened = ticket.opened.value().copied()?;
    let is_open = setting.is_open(ticket) != Some(false);
    let last = || ticket.history.rows().iter().map(|entry| entry.at).filter(|at| !setting.is_future(*at)).max();
    Some((opened, if is_open { setting.at } else { last().unwrap_or(opened) }))
}
