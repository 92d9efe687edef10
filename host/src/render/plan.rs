//! Plans as text: what becomes of which thing, and the work by department.

use std::collections::BTreeMap;

use handoff::core::Offset;
use handoff::core::ask::PlanAnswer;
use handoff::core::plan::{Action, Direction, Plan, PlannedItem, PlannedTask, Source};

use super::decision::by_item;
use super::{Page, Tone};

pub(crate) fn plan(page: &mut Page, answer: &PlanAnswer, offset: Offset) {
    let PlanAnswer { plan, at, policy } = answer;
    page.line("", 2, &headline(plan));
    if !plan.items.is_empty() {
        page.heading("Things");
        for one in &plan.items {
            item(page, one);
        }
    }
    let mut departments: BTreeMap<&str, Vec<&PlannedTask>> = BTreeMap::new();
    for task in &plan.tasks {
        departments.entry(task.department.as_deref().unwrap_or("nobody")).or_default().push(task);
    }
    for (department, mut tasks) in departments {
        page.heading(&format!("Work of {department}"));
        // What has a day comes first, by the day.
        tasks.sort_by_key(|task| (task.due.is_none(), task.due, &task.id));
        for one in tasks {
            task(page, one);
        }
    }
    if !plan.findings.is_empty() {
        page.heading("To be settled");
        by_item(page, &plan.findings.iter().collect::<Vec<_>>(), Tone::Doubtful, 2);
    }
    page.gap();
    page.line(&format!("{:<17}", "Policy"), 17, &format!("{} {}, at {}", policy.name, policy.version, at.in_offset(offset)));
}

/// What somebody does who goes that way.
pub(super) fn does(direction: Direction) -> &'static str {
    match direction {
        Direction::Joiner => "comes",
        Direction::Mover => "moves",
        Direction::Leaver => "leaves",
    }
}

fn headline(plan: &Plan) -> String {
    let does = does(plan.direction);
    let from = plan.previous_profile.as_ref().map(|profile| format!(" from {profile}")).unwrap_or_default();
    let into = match (&plan.profile, plan.direction) {
        (Some(profile), Direction::Mover) => format!(" to {profile}"),
        (Some(profile), _) => format!(" as {profile}"),
        (None, _) => String::new(),
    };
    let day = plan.day.map(|day| format!(" on {day}")).unwrap_or_default();
    let ticket = match &plan.ticket {
        Some(ticket) if ticket.exists => format!(", under ticket {} ({}, open)", ticket.id, ticket.kind),
        Some(ticket) => format!(", under ticket {} ({}, to be opened)", ticket.id, ticket.kind),
        None => ": not planned".to_owned(),
    };
    format!("{} {does}{from}{into}{day}{ticket}", Tone::Strong.of(&plan.person))
}

fn item(page: &mut Page, item: &PlannedItem) {
    let name = item.item.as_deref().unwrap_or(&item.kind);
    let which = item.asset.as_deref().unwrap_or("nothing in the register");
    let kind = if name == item.kind { String::new() } else { format!(" ({})", item.kind) };
    let source = match item.source {
        Some(Source::Ticket) => ", as the ticket links",
        Some(Source::Stock) => ", from stock",
        Some(Source::Seat) => ", on a free seat",
        Some(Source::New) => ", to be procured or made",
        None => "",
    };
    let action = match item.action {
        Action::HandOver => "pass on".to_owned(),
        action => action.to_string(),
    };
    // Of a thing that somebody has already, the kind need not be recorded.
    let what = if name.is_empty() { format!("{which}, of no recorded kind") } else { format!("{name}: {which}{kind}") };
    page.line(&format!("  {action:<7} "), 10, &format!("{what}{source}"));
}

fn task(page: &mut Page, task: &PlannedTask) {
    let due = task.due.map_or_else(|| " ".repeat(10), |due| due.to_string());
    let about = task.asset.as_ref().map(|asset| format!(": {asset}")).unwrap_or_default();
    let sop = task.sop.as_ref().map(|sop| format!(" ({sop})")).unwrap_or_default();
    let state = if task.state == "open" { String::new() } else { format!(" [{}]", task.state) };
    page.line(&format!("  {due}  "), 14, &format!("{}{about}{sop}{state}", task.title));
    let after = (!task.after.is_empty()).then(|| format!("after {}", task.after.join(", ")));
    let missing: Vec<&str> =
        task.requirements.iter().filter(|one| !one.met).filter_map(|one| one.requirement.as_deref().or(one.remedy.as_deref())).collect();
    let needs = (!missing.is_empty()).then(|| format!("needs {}", missing.join(", ")));
    for line in [after, needs].into_iter().flatten() {
        page.line(&" ".repeat(14), 16, &Tone::Faint.of(&line));
    }
}
