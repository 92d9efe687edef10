//! Whose days and profile count: of several engagements the latest (rule L1).

use crate::code::Code;
use crate::facts::{Engagement, Fact, Person, PersonStatus};
use crate::outcome::Gap;
use crate::plan::Direction;
use crate::problem::pointer;
use crate::time::{Date, Offset, Time};

/// The engagements of a person, with the record for what they don't tell.
pub(crate) struct Engagements<'a> {
    person: &'a Person,
    /// By their first days.
    all: Vec<&'a Engagement>,
    /// Whether nobody knows which is the latest: a first day is missing, or two begin on one day.
    is_unclear: bool,
    /// Whether the record says nothing of them: they are of an earlier time.
    is_past: bool,
}

impl<'a> Engagements<'a> {
    pub fn of(person: &'a Person) -> Self {
        let mut all: Vec<&Engagement> = person.engagements.rows().iter().collect();
        all.sort_by_key(|engagement| engagement.first_day.value().copied());
        let mut last = all.iter().rev().map(|engagement| &engagement.first_day);
        let is_shared = last.next() == last.next() && all.len() > 1;
        let is_unclear = is_shared || all.len() > 1 && all.iter().any(|engagement| engagement.first_day.value().is_none());
        Self { person, all, is_unclear, is_past: false }
    }

    /// Those up to the one that a ticket was about: of a leaver the last that had begun when it was opened, else the one that begins next to
    /// the time in which it was open.
    pub fn up_to(mut self, direction: Direction, open: (Time, Time), offset: Offset) -> Self {
        if self.is_unclear {
            return self;
        }
        let (opened, until) = open;
        let distance = |(_, engagement): &(usize, &&Engagement)| {
            let begins = engagement.first_day.value().map(|day| day.start(offset));
            match (direction, begins) {
                (_, None) => None,
                (Direction::Leaver, Some(begins)) => (begins <= opened).then(|| opened.since(begins)),
                (Direction::Joiner | Direction::Mover, Some(begins)) => {
                    Some(if begins < opened { opened.since(begins) } else { begins.since(begins.min(until)) })
                }
            }
        };
        // Nobody moves into the first.
        let from = usize::from(direction == Direction::Mover);
        let candidates = self.all.iter().enumerate().skip(from).rev().filter_map(|one| Some((distance(&one)?, one.0)));
        if let Some((_, index)) = candidates.min_by_key(|(distance, _)| *distance) {
            self.is_past = index + 1 < self.all.len();
            self.all.truncate(index + 1);
        }
        self
    }

    /// The one that counts.
    pub fn latest(&self) -> Option<&'a Engagement> {
        self.all.last().copied().filter(|_| !self.is_unclear)
    }

    /// Those before it, the last one first.
    pub fn earlier(&self) -> impl Iterator<Item = &'a Engagement> {
        self.all.iter().rev().copied().skip(1).filter(|_| !self.is_unclear)
    }

    /// The profile; of who moves the record may still tell that of the place before, which is no word about the next one.
    pub fn profile(&self, direction: Direction) -> Option<&'a str> {
        let of_before = || self.earlier().next().and_then(|before| before.profile.text());
        let of_record = || self.record()?.profile.text().filter(|profile| direction != Direction::Mover || of_before() != Some(profile));
        self.latest().and_then(|latest| latest.profile.text()).or_else(of_record)
    }

    pub fn first_day(&self) -> Option<Date> {
        self.day(|engagement| &engagement.first_day, |person| &person.first_day)
    }

    pub fn last_day(&self) -> Option<Date> {
        self.day(|engagement| &engagement.last_day, |person| &person.last_day)
    }

    /// What an engagement knows to be none is none, whatever the record says beside it.
    fn day(&self, of: fn(&Engagement) -> &Fact<Date>, or: fn(&Person) -> &Fact<Date>) -> Option<Date> {
        match self.latest().map(of) {
            Some(day) if !day.is_unknown() => day.value().copied(),
            _ => self.record().and_then(|person| or(person).value().copied()),
        }
    }

    /// The record, as far as it may stand in for what the engagements don't tell.
    fn record(&self) -> Option<&'a Person> {
        (!self.is_unclear && !self.is_past).then_some(self.person)
    }

    /// Whether an engagement before the latest goes on today: then the latest is a move, and no coming.
    pub fn is_at_work(&self, today: Date) -> bool {
        self.earlier().any(|engagement| {
            let begun = engagement.first_day.value().is_some_and(|first| *first <= today);
            begun && engagement.last_day.value().is_none_or(|last| *last >= today)
        })
    }

    /// Engagements that end before they begin, or go on when the next has begun.
    pub fn contradictions(&self) -> Vec<Gap> {
        let told = |message: String, found: String| {
            Gap::wrong(Code::StatusContradicted, message).at(format!("{}/engagements", pointer("/people", &self.person.id))).found(found)
        };
        let id = &self.person.id;
        let mut gaps = Vec::new();
        for (index, engagement) in self.all.iter().enumerate() {
            let (Some(first), last) = (engagement.first_day.value(), engagement.last_day.value()) else { continue };
            if let Some(last) = last.filter(|last| *last < first) {
                gaps.push(told(format!("an engagement of {id} ends on {last}, before it begins on {first}"), format!("{first} to {last}")));
            }
            let next = self.all.get(index + 1).and_then(|next| next.first_day.value());
            if let Some(next) = next.filter(|next| *next == first || last.is_some_and(|last| last >= first && last >= *next)) {
                let until = last.map_or_else(|| "on".to_owned(), |last| format!("to {last}"));
                gaps.push(
                    told(format!("an engagement of {id} begins on {next}, while the one from {first} {until} goes on"), next.to_string())
                        .expected("one after the other"),
                );
            }
        }
        gaps
    }
}

/// A status against the days, where `comes` says that the first day is that of a coming, and `goes` that the last one ends all of it.
pub(crate) fn contradiction(person: &Person, today: Date, days: (Option<Date>, Option<Date>), comes: bool, goes: bool) -> Option<Gap> {
    let Fact::Known(status) = person.status else { return None };
    let against = match (status, days) {
        (PersonStatus::Expected, (Some(first), _)) if first < today => format!("the first day was {first}"),
        (PersonStatus::Active | PersonStatus::OnLeave, (Some(first), _)) if first > today && comes => format!("the first day is {first}"),
        (PersonStatus::Active | PersonStatus::OnLeave, (_, Some(last))) if last < today && goes => format!("the last day was {last}"),
        (PersonStatus::Left, (Some(first), _)) if first > today && comes => format!("the first day is {first}"),
        (PersonStatus::Left, (_, Some(last))) if last > today => format!("the last day is {last}"),
        _ => return None,
    };
    let message = format!("{} is recorded as {status}, and {against}", person.id);
    Some(Gap::wrong(Code::StatusContradicted, message).at(format!("{}/status", pointer("/people", &person.id))).found(status.to_string()))
}
