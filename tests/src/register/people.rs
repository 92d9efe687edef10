//! The people of a register: who works where, who comes and who goes.

use super::rows::{Day, Person, Text};
use crate::choices::Choices;

/// The roles that somebody is given, with their departments. What follows from a relation is given to nobody.
pub const ROLES: [(&str, &str); 14] = [
    ("service-desk", "it"),
    ("service-desk-lead", "it"),
    ("desktop-support", "it"),
    ("goods-in", "it"),
    ("identity-team", "it"),
    ("asset-manager", "it"),
    ("it-manager", "it"),
    ("procurement", "procurement"),
    ("licence-manager", "procurement"),
    ("security-officer", "security"),
    ("facilities", "fm"),
    ("hr-partner", "hr"),
    ("finance", "finance"),
    ("legal-counsel", "legal"),
];

/// How many hold each role.
const OF_ROLE: u64 = 4;
/// Who these are: the first of all people.
const STAFF: u64 = 14 * OF_ROLE;
/// Of those who leave every so many leave within two weeks.
const SOON: u64 = 2;
/// Of those who have left every so many left lately.
const LATELY: u64 = 4;
/// The role that nobody holds, and the one that only one person holds, where such faults are planted.
const VACANT: &str = "legal-counsel";
const THIN: &str = "finance";

const FIRST: [&str; 12] = ["Ada", "Ben", "Chidi", "Dora", "Emre", "Fatima", "Goran", "Hana", "Ivo", "Jun", "Kaja", "Luca"];
const LAST: [&str; 12] = ["Abel", "Brandt", "Costa", "Dahl", "Eze", "Frei", "Gruber", "Haddad", "Ito", "Jansen", "Kaya", "Lund"];
const PROFILES: [(&str, &str); 4] = [("office", "sales"), ("office", "finance"), ("developer", "engineering"), ("nurse", "care")];

/// Where everybody stands among the numbers of people: staff first, then whoever is at work, leaves, comes, has left, and last those with
/// faults.
#[derive(Clone, Copy, Debug)]
pub struct People {
    /// All.
    pub count: u64,
    /// Where those at work end.
    at_work: u64,
    /// Where those who leave soon end.
    leaving: u64,
    /// Where those who come soon end.
    coming: u64,
    /// Where those who have left end.
    left: u64,
    /// Whether the faults of roles are planted.
    has_faults: bool,
}

impl People {
    /// So many, the last of them with faults.
    ///
    /// # Errors
    /// There are too few for the staff and the faults.
    pub fn new(count: u64, faults: u64) -> Result<Self, String> {
        let (some, many) = (count / 100 + 2, count / 10 + LATELY);
        let left = count.saturating_sub(faults);
        let coming = left.saturating_sub(many);
        let leaving = coming.saturating_sub(some);
        let at_work = leaving.saturating_sub(some);
        if at_work < STAFF * 2 {
            return Err(format!("{count} people are too few for {faults} with faults"));
        }
        Ok(Self { count, at_work, leaving, coming, left, has_faults: faults > 0 })
    }

    /// The id of a person.
    #[must_use]
    pub fn id(index: u64) -> String {
        format!("P-{index:06}")
    }

    /// Somebody who holds a role; the same pick is the same person.
    ///
    /// # Panics
    /// Where nobody is given such a role.
    #[must_use]
    pub fn staff(role: &str, pick: u64) -> String {
        let place = ROLES.iter().position(|(name, _)| *name == role).unwrap();
        Self::id(u64::try_from(place).unwrap() * OF_ROLE + pick % OF_ROLE)
    }

    /// Somebody at work who stays, and has no role.
    #[must_use]
    pub fn at_work(&self, choices: &mut Choices) -> u64 {
        STAFF + choices.number_below(self.at_work - STAFF)
    }

    /// Somebody who leaves within two weeks.
    #[must_use]
    pub fn who_leaves(&self, choices: &mut Choices) -> u64 {
        let first = self.at_work.next_multiple_of(SOON);
        first + choices.number_below((self.leaving - first).div_ceil(SOON)) * SOON
    }

    /// Somebody who has left.
    #[must_use]
    pub fn who_left(&self, choices: &mut Choices) -> u64 {
        self.coming + choices.number_below(self.left - self.coming)
    }

    /// Somebody who left in these weeks.
    #[must_use]
    pub fn who_left_lately(&self, choices: &mut Choices) -> u64 {
        let first = self.coming.next_multiple_of(LATELY);
        first + choices.number_below((self.left - first).div_ceil(LATELY)) * LATELY
    }

    /// Those who leave soon.
    #[must_use]
    pub fn leavers(&self) -> std::ops::Range<u64> {
        self.at_work..self.leaving
    }

    /// Those who come soon.
    #[must_use]
    pub fn joiners(&self) -> std::ops::Range<u64> {
        self.leaving..self.coming
    }

    /// Those with faults.
    #[must_use]
    pub fn faulty(&self) -> std::ops::Range<u64> {
        self.left..self.count
    }

    /// The manager of a person.
    #[must_use]
    pub fn manager(&self, index: u64) -> u64 {
        // Not one of the staff: they act on tickets in roles of their own.
        let team = STAFF + index % (self.at_work - STAFF) / 10 * 10;
        if team == index { STAFF + (team + 1 - STAFF) % (self.at_work - STAFF) } else { team }
    }

    /// The record of a person; of one with faults as it was before they were planted.
    #[must_use]
    pub fn person(&self, choices: &mut Choices, index: u64) -> Person {
        let (profile, department) = *choices.of(&PROFILES);
        let (status, first_day, last_day) = if index >= self.left || index < self.at_work {
            let status = if index >= STAFF && choices.one_in(50) { "on-leave" } else { "active" };
            (status, -choices.between(60, 3_000), None)
        } else if index < self.leaving {
            let days = if index.is_multiple_of(SOON) { (2, 13) } else { (20, 60) };
            ("active", -choices.between(200, 3_000), Some(choices.between(days.0, days.1)))
        } else if index < self.coming {
            ("expected", choices.between(3, 40), None)
        } else {
            // The tickets of those who left lately are not yet forgotten.
            let last = -choices.between(1, if index.is_multiple_of(LATELY) { 25 } else { 900 });
            ("left", last - choices.between(90, 2_000), Some(last))
        };
        let mut person = Person {
            id: Self::id(index),
            name: format!("{} {}", choices.of(&FIRST), choices.of(&LAST)),
            profile: profile.into(),
            department: department.into(),
            manager: Self::id(self.manager(index)),
            location: (*choices.of(&["office-berlin", "office-bremen", "clinic-north"])).into(),
            remote: false,
            status: status.into(),
            first_day: Day(first_day),
            last_day: last_day.map(Day),
            roles: Vec::new(),
            same_as: Vec::new(),
        };
        // Some have two records, from the time when they came as contractors.
        if index < self.at_work && index > STAFF && index % 200 == 7 {
            person.same_as = vec![Self::id(index + 1)];
        }
        if index < STAFF {
            let (role, department) = ROLES[usize::try_from(index / OF_ROLE).unwrap()];
            let holds = !self.has_faults || role != VACANT && (role != THIN || index.is_multiple_of(OF_ROLE));
            person.department = department.into();
            person.roles = if holds { vec![Text::from(role)] } else { Vec::new() };
        } else if choices.one_in(8) {
            (person.remote, person.location) = (true, "home".into());
        }
        person
    }
}
