//! Whose profile, and which days: the latest engagement rules (rule L1).

use super::{Direction, Request};
use crate::facts::{Engagement, Fact, Facts, Person, PersonStatus};
use crate::policy::due::{Due, WorkDay};
use crate::time::{Date, Offset};

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
    pub fn of(person: &'a Person, facts: &'a Facts, request: &Request<'a>, offset: Offset) -> Self {
        let mut engagements: Vec<&Engagement> = person.engagements.rows().iter().collect();
        engagements.sort_by_key(|engagement| engagement.first_day.value().copied());
        let latest = engagements.pop();
        let before = engagements.pop();
        // Which one is the latest is not known where a day is missing, or two begin on the same one.
        let days = engagements.iter().copied().chain(before).chain(latest).map(|engagement| engagement.first_day.value());
        let is_clear = before.is_none()
            || days.clone().all(|day| day.is_some()) && before.map(|before| &before.first_day) != latest.map(|latest| &latest.first_day);
        let (latest, before) = if is_clear { (latest, before) } else { (None, None) };
        let of_record = person.profile.text().filter(|_| is_clear);
        // Of who moves the record may still tell the place before, which is no word about the next one.
        let is_of_before = |profile: &&str| before.is_some_and(|before| before.profile.text() == Some(*profile));
        let of_record = of_record.filter(|profile| request.direction != Direction::Mover || !is_of_before(profile));
        let of_latest = latest.and_then(|latest| latest.profile.text()).or(of_record);
        // Who has another record has come from there (rule L1).
        let others = || facts.ids_of(&person.id).into_iter().filter(|id| *id != person.id).filter_map(|id| facts.person(id).found());
        let of_other_record = || others().find_map(|other| other.profile.text());
        let (profile, previous) = match (request.direction, request.profile) {
            (Direction::Mover, Some(profile)) => (Some(profile), of_latest),
            (Direction::Mover, None) => (of_latest, before.and_then(|before| before.profile.text()).or_else(of_other_record)),
            (Direction::Joiner | Direction::Leaver, profile) => (profile.or(of_latest), None),
        };
        // What an engagement knows to be none is none, whatever the record says beside it.
        let day = |of: fn(&Engagement) -> &Fact<Date>, or: &Fact<Date>| match latest.map(of) {
            Some(day) if !day.is_unknown() => day.value().copied(),
            _ => or.value().copied().filter(|_| is_clear),
        };
        let (first, last) = match request.direction {
            // Who moves leaves the place before: the day before the new one begins, where no other is told. Of a move that no engagement
            // tells of, the first day that is recorded is that of the place before.
            Direction::Mover => {
                let is_told = request.profile.is_none() && (before.is_some() || others().next().is_some());
                let first = request.day.or_else(|| day(|engagement| &engagement.first_day, &person.first_day).filter(|_| is_told));
                let last = before.filter(|_| is_told).and_then(|before| before.last_day.value().copied());
                (first, last.or_else(|| first.map(|first| first.plus_days(-1))))
            }
            Direction::Joiner => (
                request.day.or_else(|| day(|engagement| &engagement.first_day, &person.first_day)),
                day(|engagement| &engagement.last_day, &person.last_day),
            ),
            Direction::Leaver => (
                day(|engagement| &engagement.first_day, &person.first_day),
                request.day.or_else(|| day(|engagement| &engagement.last_day, &person.last_day)),
            ),
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
        Self { profile, previous, first, last, since, came_before, ended, offset: person.utc_offset.value().copied().unwrap_or(offset) }
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
