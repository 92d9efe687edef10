//! The work of a plan: what the templates expect of its ticket, with due days and order, and whatever else the ticket has.

use super::{PlannedRequirement, PlannedTask, Work};
use crate::case::Case;
use crate::decision::Item;
use crate::facts::{Fact, Task, Ticket};
use crate::forms::{Expected, expected_tasks, judge_task};

pub(super) fn tasks(case: &Case<'_>, ticket: &Ticket, work: &Work<'_>) -> Vec<PlannedTask> {
    let all = expected_tasks(case, ticket);
    let asset_of = |expected: &Expected<'_>| expected.asset.map(|(asset, _)| asset.id.clone());
    let rows_of = |expected: &Expected<'_>| ticket.tasks.rows().iter().filter(|task| expected.is_row(ticket, task)).collect::<Vec<_>>();
    let ids_of = |expected: &Expected<'_>| match rows_of(expected) {
        rows if rows.is_empty() => vec![expected.id.clone()],
        rows => rows.into_iter().map(|row| row.id.clone()).collect(),
    };
    let before = |expected: &Expected<'_>| {
        let asset = asset_of(expected);
        let mut ids = Vec::new();
        for name in &expected.template.after {
            let named = || all.iter().filter(|other| other.name == name);
            // A step of the same thing, where there is one; else all steps of that sort.
            let same: Vec<&Expected<'_>> = named().filter(|other| asset.is_some() && asset_of(other) == asset).collect();
            let waits_for = if same.is_empty() { named().collect() } else { same };
            ids.extend(waits_for.into_iter().flat_map(ids_of));
        }
        ids
    };
    let state = |row: Option<&Task>| match row.map(|row| &row.state) {
        Some(Fact::Known(state)) => state.to_string(),
        _ => "open".to_owned(),
    };
    let item = |id: &str| Item::Task { ticket: ticket.id.clone(), task: id.to_owned() };
    let planned = |expected: &Expected<'_>, row: Option<&Task>| {
        let requirement = |judged: crate::outcome::Judged<'_>| PlannedRequirement {
            requirement: judged.requirement.name.clone(),
            met: judged.outcome.is_met(),
            remedy: judged.requirement.terms.remedy.clone(),
        };
        let inner = match expected.asset {
            Some((asset, link)) => case.within(asset, ticket, link),
            None => *case,
        };
        let id = row.map_or_else(|| expected.id.clone(), |row| row.id.clone());
        PlannedTask {
            item: item(&id),
            id,
            template: Some(expected.name.to_owned()),
            title: expected.template.title.clone(),
            department: Some(expected.template.department.clone()),
            responsible: expected.template.responsible.clone(),
            accountable: Some(expected.template.accountable.clone()),
            asset: asset_of(expected),
            due: row.and_then(|row| row.due.value().copied()).or_else(|| expected.template.due.and_then(|due| work.on(due))),
            after: before(expected),
            sop: inner.sop(&expected.template.sop).map(str::to_owned),
            state: state(row),
            exists: row.is_some(),
            requirements: judge_task(case, ticket, expected).nested.into_iter().map(requirement).collect(),
        }
    };
    // Work that nobody expects is work all the same: closing asks for it too (rule R6).
    let beside = |row: &Task| PlannedTask {
        id: row.id.clone(),
        item: item(&row.id),
        template: None,
        title: row.id.clone(),
        department: row.department.text().map(str::to_owned),
        responsible: Vec::new(),
        accountable: None,
        asset: match &row.item {
            Fact::Known(Item::Asset(id)) => Some(id.clone()),
            _ => None,
        },
        due: row.due.value().copied(),
        after: Vec::new(),
        sop: None,
        state: state(Some(row)),
        exists: true,
        requirements: Vec::new(),
    };
    let mut tasks = Vec::new();
    for expected in &all {
        match rows_of(expected) {
            rows if rows.is_empty() => tasks.push(planned(expected, None)),
            rows => tasks.extend(rows.into_iter().map(|row| planned(expected, Some(row)))),
        }
    }
    let unexpected = |row: &&Task| !all.iter().any(|expected| expected.is_row(ticket, row));
    tasks.extend(ticket.tasks.rows().iter().filter(unexpected).map(beside));
    tasks
}
