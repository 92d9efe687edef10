//! Exceptions as text: what became of them, and the patterns with what would make each a way of its own.

use handoff::core::audit::{ExceptionUse, Pattern};
use handoff::core::{Date, Offset};

use super::problem::count;
use super::table::table;
use super::{Page, Tone};

/// What became of exceptions. Texts of both are legible.
pub(crate) fn exceptions(page: &mut Page, rows: &[ExceptionUse], undeclared: u64, patterns: &[Pattern], offset: Offset) {
    let sum = |field: fn(&ExceptionUse) -> u64| rows.iter().map(field).fold(0, u64::saturating_add);
    let (asked, unreconciled) = (sum(|one| one.asked), sum(|one| one.unreconciled));
    let (word, tone) = match (unreconciled, undeclared, patterns) {
        (0, 0, []) => ("IN ORDER", Tone::Good),
        _ => ("TO BE SETTLED", Tone::Bad),
    };
    let text = format!("{asked} asked for, {unreconciled} expired and not reconciled; {}", count(patterns.len(), "pattern", "patterns"));
    page.line(&format!("{}: ", tone.of(word)), 2, &text);
    if undeclared > 0 {
        let told = format!("{undeclared} more of no kind that the policy declares: `handoff audit` tells which");
        page.line("  ", 2, &told);
    }
    for group in rows.chunk_by(|a, b| (&a.kind, &a.department) == (&b.kind, &b.department)) {
        if let Some(ExceptionUse { kind, department, .. }) = group.first() {
            page.heading(&of_whom(kind, department.as_ref()));
        }
        let months: Vec<_> = group.iter().map(month).collect();
        let heads = ["month", "asked", "approved", "refused", "renewed", "open", "expired", "unreconciled", "reconciled", "median\ndays"];
        table(page, heads, &months);
    }
    for pattern in patterns {
        proposal(page, pattern, offset);
    }
}

/// The cells of a row, in the order of its fields.
pub(crate) fn row(one: &ExceptionUse) -> [String; 12] {
    let ExceptionUse { kind, department, month, asked, approved, refused, open, expired, unreconciled, renewed, reconciled, median_days } =
        one;
    [
        kind.clone(),
        department.clone().unwrap_or_default(),
        month.clone().unwrap_or_default(),
        asked.to_string(),
        approved.to_string(),
        refused.to_string(),
        open.to_string(),
        expired.to_string(),
        unreconciled.to_string(),
        renewed.to_string(),
        reconciled.to_string(),
        median_days.map(|days| days.to_string()).unwrap_or_default(),
    ]
}

fn of_whom(kind: &str, department: Option<&String>) -> String {
    department.map_or_else(|| kind.to_owned(), |department| format!("{kind} in {department}"))
}

fn month(one: &ExceptionUse) -> [String; 10] {
    let [_, _, month, asked, approved, refused, open, expired, unreconciled, renewed, reconciled, median] = row(one);
    let month = if month.is_empty() { "unknown".to_owned() } else { month };
    [month, asked, approved, refused, renewed, open, expired, unreconciled, reconciled, median]
}

fn proposal(page: &mut Page, Pattern { kind, department, count, from, until, proposal }: &Pattern, offset: Offset) {
    let whose = of_whom(kind, department.as_ref());
    let (from, until) = (Date::of(*from, offset), Date::of(*until, offset));
    page.heading(&format!("{whose}: {count} times from {from} to {until}"));
    page.line("", 0, "What comes so often is no exception. As a way of its own it would be, in the sections of a policy:");
    // Our own trees always serialise.
    for line in serde_json::to_string_pretty(proposal).unwrap_or_default().lines() {
        page.raw(line);
    }
}
