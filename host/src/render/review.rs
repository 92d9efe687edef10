//! Reviews as text: per thing what is open, who ends it by when; then the tasks that may be closed now; then whether the ticket may.

use anstream::adapter::strip_str;
use handoff::core::ask::ReviewAnswer;
use handoff::core::plan::PlannedTicket;
use handoff::core::review::{Review, ReviewFinding};
use handoff::core::{Item, Offset, Severity};

use super::card::{Card, Section, footer};
use super::decision::{alternatives, details, group};
use super::plan::does;
use super::problem::count;
use super::{Page, TOGETHER, Tone};

pub(crate) fn review(page: &mut Page, answer: &ReviewAnswer, offset: Offset) {
    let ReviewAnswer { review, at, policy } = answer;
    page.line("", 2, &headline(review));
    for (name, findings) in groups(review) {
        page.heading(&name);
        for (index, finding) in findings.iter().enumerate() {
            let ends = ends(finding);
            one(page, finding);
            // What ends several in a row is told once.
            if findings.get(index + 1).is_none_or(|next| self::ends(next) != ends) && !ends.is_empty() {
                page.line(&format!("    {} ", Tone::Faint.of("->")), 7, &ends);
            }
        }
    }
    tasks(page, review);
    page.gap();
    for (label, text) in
        [("Closing", verdict(review)), ("Policy", format!("{} {}, at {}", policy.name, policy.version, at.in_offset(offset)))]
    {
        page.line(&format!("{label:<17}"), 17, &text);
    }
}

/// What is still open and who ends it, for a chat.
pub(crate) fn card(answer: &ReviewAnswer, offset: Offset) -> Card {
    let ReviewAnswer { review, at, policy } = answer;
    let mut sections: Vec<Section> = Vec::new();
    for (name, findings) in groups(review) {
        let line = |finding: &&ReviewFinding| match ends(finding) {
            ends if ends.is_empty() => finding.finding.message.clone(),
            ends => format!("{} → {ends}", finding.finding.message),
        };
        sections.push(Section { title: name, lines: findings.iter().map(line).collect(), more: 0 });
    }
    let good = review.findings.is_empty();
    Card {
        title: if good { "NOTHING OPEN" } else { "STILL OPEN" }.to_owned(),
        good,
        headline: format!("{}; {}", strip_str(&headline(review)), strip_str(&verdict(review))),
        sections,
        footer: footer(policy, *at, offset),
    }
}

/// Findings by what they are about.
fn groups(review: &Review) -> Vec<(String, Vec<&ReviewFinding>)> {
    let mut groups: Vec<(String, Vec<&ReviewFinding>)> = Vec::new();
    for finding in &review.findings {
        let name = group(&finding.finding);
        match groups.iter_mut().find(|(other, _)| *other == name) {
            Some((_, findings)) => findings.push(finding),
            None => groups.push((name, vec![finding])),
        }
    }
    groups
}

fn headline(review: &Review) -> String {
    let person = review.person.as_deref().unwrap_or("nobody knows who");
    let profile = review.profile.as_ref().map(|profile| format!(" as {profile}")).unwrap_or_default();
    let day = review.day.map(|day| format!(" on {day}")).unwrap_or_default();
    let ticket = match &review.ticket {
        Some(PlannedTicket { id, kind, state: Some(state), exists: true, .. }) => format!(", under ticket {id} ({kind}, {state})"),
        Some(PlannedTicket { id, kind, exists: true, .. }) => format!(", under ticket {id} ({kind})"),
        Some(PlannedTicket { id, kind, .. }) => format!(", under ticket {id} ({kind}, to be opened)"),
        None => String::new(),
    };
    let open = match review.findings.len() {
        0 => Tone::Good.of("nothing is open"),
        number => Tone::Bad.of(&count(number, "finding", "findings")),
    };
    format!("{} {}{profile}{day}{ticket}: {open}", Tone::Strong.of(person), does(review.direction))
}

/// What is open.
fn one(page: &mut Page, ReviewFinding { finding, .. }: &ReviewFinding) {
    let tone = if finding.severity == Severity::Block { Tone::Bad } else { Tone::Doubtful };
    let requirement = finding.requirement.as_ref().map(|name| format!("{TOGETHER}{name}")).unwrap_or_default();
    let codes = Tone::Faint.of(&format!("[{}{requirement}]", finding.code));
    page.line(&format!("  {} ", tone.of("-")), 4, &format!("{}{} {codes}", finding.message, details(finding)));
    for alternative in alternatives(finding) {
        page.line(&format!("    {} ", Tone::Faint.of("-")), 6, alternative);
    }
}

/// Who ends it, how, and by when.
fn ends(ended: &ReviewFinding) -> String {
    let ReviewFinding { finding, task, department, responsible, accountable, due } = ended;
    let who = match (department, responsible.join(" or ")) {
        (Some(department), roles) if roles.is_empty() => department.clone(),
        (Some(department), roles) => format!("{department} ({roles})"),
        (None, roles) => roles,
    };
    let what = finding.remedy.clone().unwrap_or_default();
    let task = match task {
        Some(Item::Task { task, .. }) => Some(format!("task {task}")),
        Some(Item::Asset(_) | Item::Ticket(_)) | None => None,
    };
    let due = due.map(|due| format!("by {due}"));
    let answers = accountable.as_ref().map(|role| format!("{role} answers for it"));
    let first = [who, what].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    [Some(first).filter(|text| !text.is_empty()), task, due, answers].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What can be done with tasks now.
fn tasks(page: &mut Page, review: &Review) {
    let tasks = &review.tasks;
    let (shown, told): (Vec<_>, Vec<_>) = tasks.close.iter().partition(|task| task.shown);
    let items = |items: Vec<&Item>| items.into_iter().map(ToString::to_string).collect::<Vec<_>>();
    for (title, names) in [
        ("Tasks to create", items(tasks.create.iter().map(|task| &task.item).collect())),
        ("Tasks that may be closed now", items(shown.into_iter().map(|task| &task.item).collect())),
        ("Tasks that whoever did them may close", items(told.into_iter().map(|task| &task.item).collect())),
        ("Tasks that are marked as done, and don't count", items(tasks.reopen.iter().collect())),
    ] {
        if !names.is_empty() {
            page.heading(title);
            for name in names {
                page.line("  ", 4, &name);
            }
        }
    }
}

/// Whether the ticket may close.
fn verdict(review: &Review) -> String {
    let blocking = review.findings.iter().filter(|finding| finding.finding.severity == Severity::Block).count();
    match (&review.ticket, review.closable) {
        (Some(ticket), true) if ticket.exists => Tone::Good.of("nothing keeps the ticket from closing"),
        (Some(ticket), false) if ticket.exists => {
            format!("{} ({})", Tone::Bad.of("the ticket does not close"), count(blocking, "reason", "reasons"))
        }
        _ => Tone::Bad.of("no ticket is open for it"),
    }
}
