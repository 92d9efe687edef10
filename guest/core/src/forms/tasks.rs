//! `tasks`: every task that the policy's templates expect of the ticket is done, and what it is for holds (rule R6).

use std::cell::OnceCell;

use serde::Deserialize;

use crate::case::{Case, Setting, Thing};
use crate::code::Code;
use crate::decision::{Item, Severity};
use crate::facts::{Asset, Extent, Fact, LinkRow, Task, TaskState, Ticket};
use crate::outcome::{Gap, Outcome};
use crate::policy::TaskTemplate;
use crate::policy::names::{Named, Names};

/// `tasks` as authors write it: `all`, or a list of departments.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Tasks {
    pub tasks: Extent,
}

/// A task that a ticket has to have.
pub(crate) struct Expected<'a> {
    /// `TEMPLATE`, or `TEMPLATE@ASSET` where there is one for each asset.
    pub id: String,
    pub name: &'a str,
    pub template: &'a TaskTemplate,
    pub asset: Option<(&'a Asset, Option<&'a LinkRow>)>,
}

impl Tasks {
    pub fn check(&self, names: &mut Names, path: &str) {
        if let Extent::Some(departments) = &self.tasks {
            names.need_all(Named::Department, departments, format_args!("{path}/tasks"));
            if departments.is_empty() {
                names.problem("list-empty", format_args!("{path}/tasks"), "no department is named", "write `all`, or name at least one");
            }
        }
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let Thing::Ticket(ticket) = case.thing else {
            return Outcome::gap(Gap::wrong(Code::TaskOpen, "only tickets have tasks").at(case.path("")));
        };
        let mut outcome = Outcome::met();
        // Where it is not known what the ticket is about, it is not known which tasks it has (rule R11).
        let kind = ticket.kind.text();
        let is_for_each = |template: &TaskTemplate| {
            template.each.is_some()
                && self.tasks.reaches(&template.department)
                && template.tickets.iter().any(|other| Some(other.as_str()) == kind)
        };
        if case.policy().task_templates.values().any(is_for_each) {
            if ticket.links.is_unknown() {
                outcome.gaps.push(Gap::unknown("what the ticket links", case.path("links")));
            }
            let concerned = super::assets::concerned(case, ticket);
            outcome.gaps.extend(concerned.gaps);
            outcome.until = concerned.until;
        }
        let all = expected_tasks(case, ticket);
        for expected in all.iter().filter(|expected| self.tasks.reaches(&expected.template.department)) {
            outcome.join(judge_row(case, ticket, expected));
        }
        // A task beside those that are expected is work all the same.
        for task in ticket.tasks.rows() {
            let counts = task.department.text().is_none_or(|department| self.tasks.reaches(department));
            let is_ended = matches!(task.state, Fact::Known(TaskState::Done | TaskState::Skipped))
                && task.by.value().is_some()
                && task.at.value().is_some_and(|at| !case.setting.is_future(*at));
            if counts && !is_ended && !all.iter().any(|expected| expected.is_row(ticket, task)) {
                outcome.gaps.push(open(case, ticket, &task.id, &task.id, task.department.text().unwrap_or("its department")));
            }
        }
        outcome
    }
}

fn open(case: &Case<'_>, ticket: &Ticket, id: &str, title: &str, department: &str) -> Gap {
    Gap::wrong(Code::TaskOpen, format!("the task `{title}` is not done"))
        .at(crate::problem::pointer(&case.path("tasks"), id))
        .expected(format!("done by {department}"))
        .found("open")
        .about(Item::Task { ticket: ticket.id.clone(), task: id.to_owned() })
}

/// The tasks that the templates expect of a ticket, in the order of their ids.
pub(crate) fn expected_tasks<'a>(case: &Case<'a>, ticket: &'a Ticket) -> Vec<Expected<'a>> {
    let mut all = Vec::new();
    let Some(kind) = ticket.kind.text() else { return all };
    let concerned = OnceCell::new();
    for (name, template) in case.policy().task_templates.iter().filter(|(_, template)| template.tickets.iter().any(|other| other == kind)) {
        match &template.each {
            None if case.applies(template.when.as_ref()) => all.push(Expected { id: name.clone(), name, template, asset: None }),
            None => {}
            // What is shared is collected from nobody, and is work all the same (rule F4).
            Some(selection) if selection.shared => {
                let shared = ticket.subject.text().map(|subject| case.setting.shared_with(subject)).unwrap_or_default();
                for asset in shared {
                    if super::assets::fits(case, selection, asset, None) && case.within(asset, ticket, None).applies(template.when.as_ref())
                    {
                        all.push(Expected { id: format!("{name}@{}", asset.id), name, template, asset: Some((asset, None)) });
                    }
                }
            }
            Some(selection) => {
                for one in concerned.get_or_init(|| super::assets::concerned(case, ticket).assets) {
                    if super::assets::fits(case, selection, one.asset, one.role)
                        && case.within(one.asset, ticket, one.link).applies(template.when.as_ref())
                    {
                        all.push(Expected { id: format!("{name}@{}", one.asset.id), name, template, asset: Some((one.asset, one.link)) });
                    }
                }
            }
        }
    }
    all
}

/// What the task's requirements come to, judged on the asset or the ticket that it is about.
pub(crate) fn judge_task<'a>(case: &Case<'a>, ticket: &'a Ticket, expected: &Expected<'a>) -> Outcome<'a> {
    let inner = match expected.asset {
        Some((asset, link)) => case.within(asset, ticket, link),
        None => *case,
    };
    let mut outcome = Outcome::met();
    outcome.nested.extend(expected.template.requirements.iter().filter_map(|index| inner.judge(*index)));
    outcome
}

impl Expected<'_> {
    /// Whether a row of the ticket is this task.
    pub fn is_row(&self, ticket: &Ticket, task: &Task) -> bool {
        task.template.text() == Some(self.name)
            && match (&task.item, self.asset) {
                (Fact::Known(Item::Asset(id)), Some((asset, _))) => *id == asset.id,
                (Fact::Unknown | Fact::None, None) => true,
                (Fact::Known(Item::Ticket(id)), None) => *id == ticket.id,
                _ => task.id == self.id,
            }
    }
}

fn judge_row<'a>(case: &Case<'a>, ticket: &'a Ticket, expected: &Expected<'a>) -> Outcome<'a> {
    let title = &expected.template.title;
    let department = &expected.template.department;
    let path = crate::problem::pointer(&case.path("tasks"), &expected.id);
    let item = Item::Task { ticket: ticket.id.clone(), task: expected.id.clone() };
    let undone = |gap: Gap| Outcome::gap(gap.at(&path).expected(format!("done by {department}")).about(item.clone()));
    let rows: Vec<&Task> = ticket.tasks.rows().iter().filter(|task| expected.is_row(ticket, task)).collect();
    if rows.is_empty() {
        // A deleted task is an open one; where no list is known at all, that is what is told.
        return match ticket.tasks {
            Fact::Unknown => undone(Gap::unknown(format!("the task `{title}`"), &path)),
            Fact::None | Fact::Known(_) => Outcome::gap(open(case, ticket, &expected.id, title, department)),
        };
    }
    let mut skipped = true;
    for task in rows {
        match task.state {
            Fact::Known(TaskState::Done) => skipped = false,
            Fact::Known(TaskState::Skipped) if expected.template.may_skip => {}
            Fact::Known(TaskState::Skipped) => {
                return undone(Gap::wrong(Code::TaskSkipped, format!("the task `{title}` was skipped")).found("skipped"));
            }
            Fact::Known(TaskState::Open) => return Outcome::gap(open(case, ticket, &expected.id, title, department)),
            Fact::None | Fact::Unknown => return undone(Gap::unknown(format!("whether the task `{title}` is done"), &path)),
        }
        match (&task.by, &task.at) {
            (Fact::Known(_), Fact::Known(at)) if !case.setting.is_future(*at) => {}
            (Fact::Known(_), Fact::Known(at)) => {
                return undone(
                    Gap::wrong(Code::EvidenceFuture, format!("the end of the task `{title}` is dated after the time of decision"))
                        .found(case.policy().show(*at)),
                );
            }
            _ => return undone(Gap::unknown(format!("who ended the task `{title}`, and when,"), &path)),
        }
        if let Err(gap) = ended_by(case, ticket, expected, task) {
            return undone(gap);
        }
    }
    if skipped {
        return Outcome::met();
    }
    // A done task counts only while what it is for holds.
    let outcome = judge_task(case, ticket, expected);
    let denies = |judged: &&crate::outcome::Judged<'_>| !judged.outcome.is_met() && case.severity(judged.requirement) == Severity::Block;
    if !outcome.nested.iter().any(|judged| denies(&judged)) {
        return outcome;
    }
    let names: Vec<&str> = outcome.nested.iter().filter(denies).filter_map(|judged| judged.requirement.name.as_deref()).collect();
    let found = if names.is_empty() { "its requirements are not met".to_owned() } else { format!("not met: {}", names.join(", ")) };
    undone(Gap::wrong(Code::TaskUnsupported, format!("the task `{title}` is marked done, and what it is for does not hold")).found(found))
}

/// Whether somebody ended a task who may: in one of the template's roles, and not the person that it is for.
fn ended_by(case: &Case<'_>, ticket: &Ticket, expected: &Expected<'_>, task: &Task) -> Result<(), Gap> {
    let Expected { template, .. } = expected;
    let (setting, title) = (&case.setting, &template.title);
    let Some(by) = task.by.text() else { return Ok(()) };
    if ticket.subject.text().is_some_and(|subject| setting.is_same_person(subject, by)) {
        return Err(Gap::wrong(Code::TaskUnsupported, format!("the task `{title}` was ended by the person that it is for"))
            .found(by)
            .remedy("have somebody else in a responsible role do it"));
    }
    let given: &[String] = task.role.value().map(std::slice::from_ref).unwrap_or_default();
    let subject = case.subject_record();
    let roles = || template.responsible.iter().chain([&template.accountable]);
    if roles().any(|role| setting.holds_role(by, given, role, subject)) {
        return Ok(());
    }
    match task.role.text() {
        None => Err(Gap::unknown(format!("the role in which {by} ended the task `{title}`"), String::new())),
        Some(role) => Err(Gap::wrong(Code::TaskUnsupported, format!("the task `{title}` was ended in a role that may not"))
            .found(role)
            .remedy(format!("have it done by {}", template.responsible.join(" or ")))),
    }
}

/// A task by id: what the templates expect, the row, or both.
pub(crate) struct FoundTask<'a> {
    pub expected: Option<Expected<'a>>,
    pub row: Option<&'a Task>,
}

impl FoundTask<'_> {
    pub fn is_open(&self) -> bool {
        self.row.is_none_or(|row| !matches!(row.state, Fact::Known(TaskState::Done | TaskState::Skipped)))
    }

    pub fn ways(&self) -> Vec<String> {
        let may_skip = self.expected.as_ref().is_none_or(|expected| expected.template.may_skip);
        ["done", "skipped"].into_iter().filter(|to| *to == "done" || may_skip).map(str::to_owned).collect()
    }
}

pub(crate) fn find_task<'a>(setting: &Setting<'a>, ticket: &'a Ticket, id: &str) -> Option<FoundTask<'a>> {
    let case = Case::ticket(*setting, ticket);
    let row = ticket.tasks.rows().iter().find(|row| row.id == id);
    let mut expected = expected_tasks(&case, ticket);
    let is_meant = |one: &Expected<'a>| {
        one.id == id
            || row.is_some_and(|row| {
                let about = match (&row.item, one.asset) {
                    (Fact::Known(Item::Asset(asset)), Some((other, _))) => *asset == other.id,
                    (Fact::Known(Item::Ticket(_)) | Fact::Unknown | Fact::None, None) => true,
                    _ => false,
                };
                row.template.text() == Some(one.name) && about
            })
    };
    let expected = expected.iter().position(is_meant).map(|index| expected.swap_remove(index));
    (expected.is_some() || row.is_some()).then_some(FoundTask { expected, row })
}
