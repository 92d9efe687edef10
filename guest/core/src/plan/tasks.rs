//! The work of a plan: what the templates expect of its ticket, with due days and order.

use super::{PlannedRequirement, PlannedTask, Work};
use crate::case::Case;
use crate::decision::Item;
use crate::facts::{Fact, Task, Ticket};
use crate::forms::{Expected, expected_tasks, judge_task};

pub(super) fn tasks(case: &Case<'_>, ticket: &Ticket, work: &Work<'_>) -> Vec<PlannedTask> {
    let all = expected_tasks(case, ticket);
    let asset_of = |expected: &Expected<'_>| expected.asset.map(|(asset, _)| asset.id.clone());
    let before = |expected: &Expected<'_>| {
        let asset = asset_of(expected);
        let mut ids = Vec::new();
        for name in &expected.template.after {
            let named = || all.iter().filter(|other| other.name == name);
            // A step of the same thing, where there is one; else all steps of that sort.
            let same: Vec<&Expected<'_>> = named().filter(|other| asset.is_some() && asset_of(other) == asset).collect();
            let waits_for = if same.is_empty() { named().collect() } else { same };
            ids.extend(waits_for.into_iter().map(|other| other.id.clone()));
        }
        ids
    };
    let task = |expected: &Expected<'_>| {
        let row: Option<&Task> = ticket.tasks.rows().iter().find(|task| expected.is_row(ticket, task));
        let requirement = |judged: crate::outcome::Judged<'_>| PlannedRequirement {
            requirement: judged.requirement.name.clone(),
            met: judged.outcome.is_met(),
            remedy: judged.requirement.terms.remedy.clone(),
        };
        let inner = match expected.asset {
            Some((asset, link)) => case.within(asset, ticket, link),
            None => *case,
        };
        PlannedTask {
            id: row.map_or_else(|| expected.id.clone(), |row| row.id.clone()),
            item: Item::Task { ticket: ticket.id.clone(), task: row.map_or_else(|| expected.id.clone(), |row| row.id.clone()) },
            template: expected.name.to_owned(),
            title: expected.template.title.clone(),
            department: expected.template.department.clone(),
            responsible: expected.template.responsible.clone(),
            accountable: expected.template.accountable.clone(),
            asset: asset_of(expected),
            due: expected.template.due.and_then(|due| work.day(due.day).map(|day| day.plus_days(due.days))),
            after: before(expected),
            sop: inner.sop(&expected.template.sop).map(str::to_owned),
            state: match row.map(|row| &row.state) {
                Some(Fact::Known(state)) => state.to_string(),
                _ => "open".to_owned(),
            },
            exists: row.is_some(),
            requirements: judge_task(case, ticket, expected).nested.into_iter().map(requirement).collect(),
        }
    };
    all.iter().map(task).collect()
}
