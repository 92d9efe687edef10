//! `checklist`: every entry of a checklist is marked by the department that owns it (rule R6).

use serde::Deserialize;

use crate::case::{Case, Thing};
use crate::code::Code;
use crate::facts::{Fact, Mark, TaskState};
use crate::outcome::{Gap, Outcome};
use crate::policy::document::ChecklistEntry;
use crate::policy::names::{Named, Names};
use crate::problem::pointer;
use crate::time::Time;

/// `checklist` as authors write it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Checklist {
    pub checklist: String,
}

impl Checklist {
    pub fn check(&self, names: &mut Names, path: &str) {
        names.need(Named::Checklist, &self.checklist, format_args!("{path}/checklist"));
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let (ticket, path) = match (case.thing, case.ticket_behind()) {
            (Thing::Ticket(ticket), _) => (ticket, case.path("marks")),
            (Thing::Asset(_), Ok((ticket, _))) => (ticket, format!("{}/marks", crate::problem::pointer("/tickets", &ticket.id))),
            (Thing::Asset(_), Err(gap)) => return Outcome::gap(gap),
        };
        let Some(list) = case.policy().checklists.get(&self.checklist) else { return Outcome::gap(Gap::unknown(&self.checklist, path)) };
        let Fact::Known(marks) = &ticket.marks else {
            return Outcome::gap(Gap::unknown(format!("the checklist {}", list.title), path).expected("every entry marked"));
        };
        let mut gaps = Vec::new();
        for (name, entry) in &list.entries {
            let marks = marks.iter().filter(|mark| mark.checklist == self.checklist && mark.entry == *name);
            let mut best: Option<Gap> = None;
            // The latest word of the department counts; of two at one moment the one that is not done.
            let mut done: Option<Time> = None;
            let mut undone: Option<Time> = None;
            for mark in marks {
                match weigh(case, entry, mark) {
                    Ok(at) => done = done.max(Some(at)),
                    Err(gap) => {
                        undone = undone.max(accuses(case, entry, mark));
                        best = Some(gap);
                    }
                }
            }
            if done <= undone {
                let missing = || Gap::wrong(Code::ChecklistIncomplete, format!("{} is not marked", entry.title)).found("no mark");
                let gap = best.unwrap_or_else(missing);
                gaps.push(gap.at(pointer(&pointer(&path, &self.checklist), name)).expected(format!("marked by {}", entry.department)));
            }
        }
        Outcome::of(gaps)
    }
}

/// When a mark was set, where it counts.
fn weigh(case: &Case<'_>, entry: &ChecklistEntry, mark: &Mark) -> Result<Time, Gap> {
    let setting = &case.setting;
    let at = match mark.at {
        Fact::Known(at) if setting.is_future(at) => {
            return Err(Gap::wrong(Code::EvidenceFuture, format!("the mark on {} is dated after the time of decision", entry.title))
                .found(case.policy().show(at)));
        }
        Fact::Known(at) => at,
        Fact::None | Fact::Unknown => return Err(Gap::unknown(format!("when {} was marked", entry.title), "")),
    };
    // Who is handed something, or gives it back, does not check it off (rule D2).
    match (mark.by.text(), case.subject()) {
        (None, _) => return Err(Gap::unknown(format!("who marked {}", entry.title), "")),
        (Some(by), Fact::Known((subject, _))) if setting.is_same_person(by, subject) => {
            let gap =
                Gap::wrong(Code::EvidenceNotIndependent, format!("{} was marked by the person that the ticket is about", entry.title));
            return Err(gap.found(by));
        }
        _ => {}
    }
    match department(case, mark) {
        Some(department) if department == entry.department => {}
        Some(department) => {
            return Err(
                Gap::wrong(Code::ChecklistWrongDepartment, format!("{} was marked by another department", entry.title)).found(department)
            );
        }
        None => return Err(Gap::unknown(format!("which department marked {}", entry.title), "")),
    }
    match mark.state {
        Fact::Known(TaskState::Done) => Ok(at),
        Fact::Known(TaskState::Skipped) if entry.may_skip => Ok(at),
        Fact::Known(TaskState::Skipped) => Err(Gap::wrong(Code::ChecklistSkipped, format!("{} was skipped", entry.title)).found("skipped")),
        Fact::Known(TaskState::Open) => Err(Gap::wrong(Code::ChecklistIncomplete, format!("{} is open", entry.title)).found("open")),
        Fact::None | Fact::Unknown => Err(Gap::unknown(format!("whether {} was done", entry.title), "")),
    }
}

/// From when a mark speaks against the entry: where it is not known to be done, nor to be of another department. One without a time is
/// later than any (rule R11).
fn accuses(case: &Case<'_>, entry: &ChecklistEntry, mark: &Mark) -> Option<Time> {
    let is_done = match mark.state {
        Fact::Known(TaskState::Done) => true,
        Fact::Known(TaskState::Skipped) => entry.may_skip,
        Fact::Known(TaskState::Open) | Fact::None | Fact::Unknown => false,
    };
    let is_of_another = department(case, mark).is_some_and(|department| department != entry.department);
    let at = mark.at.value().copied().unwrap_or(Time::from_ms(i64::MAX));
    let has_happened = mark.at.value().is_none_or(|at| !case.setting.is_future(*at));
    (!is_done && !is_of_another && has_happened).then_some(at)
}

/// The department of a mark: by the role in which it was set; where that role is of none, by that person's record.
fn department<'a>(case: &Case<'a>, mark: &'a Mark) -> Option<&'a str> {
    let by_person = || mark.by.text().and_then(|by| case.facts().person(by).found()).and_then(|person| person.department.text());
    let role = mark.role.text().and_then(|role| case.policy().roles.get(role));
    role.and_then(|role| role.department.as_deref().or_else(by_person))
}
