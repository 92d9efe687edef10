//! The exceptions by month and kind, what became of them, and the patterns that should become a way of their own.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use handoff::core::Offset;
use handoff::core::audit::{ExceptionUse, Pattern, Summary};
use maud::{Markup, html};

use super::charts::{Column, Part, columns, legend, magnitude};
use super::numbers::{NONE, counted, day, named, number};
use super::{empty, heading, scrolling};

/// How each kind is drawn, the most frequent first.
const SERIES: [&str; 6] = ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6"];
/// How all others are drawn together.
const OTHERS: (&str, &str) = ("series-7", "other kinds");

/// How many months the chart shows; the table shows all.
const MONTHS: usize = 24;

/// From how many months on only quarters are named.
const CROWDED: usize = 13;

const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What became of the exceptions of one kind, or of one department.
#[derive(Default)]
struct Sum {
    asked: u64,
    approved: u64,
    refused: u64,
    open: u64,
    expired: u64,
    unreconciled: u64,
    renewed: u64,
    reconciled: u64,
    /// The least and the greatest of the medians until their reconciliation.
    days: Option<(u64, u64)>,
}

impl Sum {
    fn add(&mut self, one: &ExceptionUse) {
        let ExceptionUse {
            kind: _,
            department: _,
            month: _,
            asked,
            approved,
            refused,
            open,
            expired,
            unreconciled,
            renewed,
            reconciled,
            median_days,
        } = one;
        for (sum, more) in [
            (&mut self.asked, asked),
            (&mut self.approved, approved),
            (&mut self.refused, refused),
            (&mut self.open, open),
            (&mut self.expired, expired),
            (&mut self.unreconciled, unreconciled),
            (&mut self.renewed, renewed),
            (&mut self.reconciled, reconciled),
        ] {
            *sum = sum.saturating_add(*more);
        }
        if let Some(days) = *median_days {
            let (least, greatest) = self.days.unwrap_or((days, days));
            self.days = Some((least.min(days), greatest.max(days)));
        }
    }
}

/// A month of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Month {
    year: u32,
    /// From 1 to 12.
    month: u32,
}

impl Month {
    /// Reads text such as `2026-01`.
    fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        (1..=12).contains(&month).then_some(Self { year, month })
    }

    fn before(self) -> Self {
        if self.month == 1 { Self { year: self.year.saturating_sub(1), month: 12 } } else { Self { month: self.month - 1, ..self } }
    }

    fn name(self) -> &'static str {
        usize::try_from(self.month).ok().and_then(|month| NAMES.get(month.checked_sub(1)?)).copied().unwrap_or_default()
    }
}

pub(super) fn section(summary: &Summary, offset: Offset) -> Markup {
    let exceptions = &summary.exceptions;
    let mut kinds: BTreeMap<&str, Sum> = BTreeMap::new();
    let mut departments: BTreeMap<Option<&str>, Sum> = BTreeMap::new();
    for one in exceptions {
        kinds.entry(&one.kind).or_default().add(one);
        departments.entry(one.department.as_deref()).or_default().add(one);
    }
    let mut kinds: Vec<(&str, Sum)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, sum)| Reverse(sum.asked));
    let mut departments: Vec<(Option<&str>, Sum)> = departments.into_iter().collect();
    departments.sort_by_key(|(_, sum)| Reverse(sum.asked));
    html! {
        section #exceptions aria-labelledby="exceptions-heading" {
            (heading("exceptions", "Exceptions"))
            @if exceptions.is_empty() && summary.records.exceptions > 0 {
                (empty("Exceptions were recorded, and none of them is of a kind that the policy declares."))
            } @else if exceptions.is_empty() {
                (empty("No exceptions were recorded."))
            } @else {
                p.lead { "How many were asked for in each month, by kind." }
                (chart(exceptions, &kinds))
                details {
                    summary { "In numbers" span.unseen { ": exceptions by month" } }
                    (scrolling("Exceptions by kind and month", by_month(exceptions, &kinds)))
                }
                div.split {
                    div {
                        h3 { "What became of them" }
                        (scrolling("What became of the exceptions, by kind", outcomes(&kinds)))
                    }
                    div {
                        h3 { "By department" }
                        ul.rows.pairs aria-label="Exceptions by department" {
                            @let greatest = departments.first().map(|(_, sum)| sum.asked).unwrap_or_default();
                            @for (department, sum) in &departments {
                                li {
                                    span.name { (named(*department)) }
                                    span.count { (number(sum.asked)) (magnitude("plain", sum.asked, greatest)) }
                                }
                            }
                        }
                    }
                }
            }
            h3 { "Patterns that could become a way of their own" }
            @if summary.patterns.is_empty() {
                (empty("No kind of exception recurs often enough."))
            } @else {
                @for one in &summary.patterns { (pattern(one, offset)) }
            }
        }
    }
}

/// The months of the chart: without gaps, the latest at the end.
fn months(exceptions: &[ExceptionUse]) -> Vec<Month> {
    let named: BTreeSet<Month> = exceptions.iter().filter_map(|one| Month::parse(one.month.as_deref()?)).collect();
    let (Some(first), Some(last)) = (named.first(), named.last()) else { return Vec::new() };
    let mut months: Vec<Month> =
        std::iter::successors(Some(*last), |month| Some(month.before())).take_while(|month| month >= first).take(MONTHS).collect();
    months.reverse();
    months
}

fn chart(exceptions: &[ExceptionUse], kinds: &[(&str, Sum)]) -> Markup {
    let months = months(exceptions);
    let mut counts: BTreeMap<(Month, &str), u64> = BTreeMap::new();
    for one in exceptions {
        if let Some(month) = one.month.as_deref().and_then(Month::parse) {
            let sum = counts.entry((month, &one.kind)).or_default();
            *sum = sum.saturating_add(one.asked);
        }
    }
    // A single kind that is left over is as easily drawn as `other kinds`.
    let drawn = kinds.len().min(SERIES.len());
    let (single, others) = kinds.split_at_checked(drawn).unwrap_or((kinds, &[]));
    let mut entries: Vec<(&'static str, &str)> = SERIES.into_iter().zip(single).map(|(class, (kind, _))| (class, *kind)).collect();
    if !others.is_empty() {
        entries.push(OTHERS);
    }
    let drawn: Vec<Column> = months
        .iter()
        .enumerate()
        .map(|(index, month)| {
            let count = |kind: &str| counts.get(&(*month, kind)).copied().unwrap_or_default();
            let mut parts: Vec<Part> =
                SERIES.into_iter().zip(single).map(|(class, (kind, _))| Part::new(class, *kind, count(kind))).collect();
            let rest = others.iter().fold(0_u64, |sum, (kind, _)| sum.saturating_add(count(kind)));
            parts.push(Part::new(OTHERS.0, OTHERS.1, rest));
            let label = if months.len() < CROWDED || month.month % 3 == 1 { month.name() } else { "" };
            let below = if index == 0 || month.month == 1 { month.year.to_string() } else { String::new() };
            Column { label: label.to_owned(), below, name: format!("{} {}", month.name(), month.year), parts }
        })
        .collect();
    html! {
        @if drawn.is_empty() {
            (empty("The month of none of them is recorded."))
        } @else {
            (legend(entries.into_iter()))
            (columns("Exceptions by month and kind", &drawn))
        }
    }
}

fn by_month(exceptions: &[ExceptionUse], kinds: &[(&str, Sum)]) -> Markup {
    let months: BTreeSet<Option<&str>> = exceptions.iter().map(|one| one.month.as_deref()).collect();
    let mut counts: BTreeMap<(&str, Option<&str>), u64> = BTreeMap::new();
    for one in exceptions {
        let sum = counts.entry((&one.kind, one.month.as_deref())).or_default();
        *sum = sum.saturating_add(one.asked);
    }
    html! {
        table {
            caption { "Exceptions asked for, by kind and month" }
            thead {
                tr {
                    th scope="col" { "Kind" }
                    @for month in &months { th.figure scope="col" { (named(*month)) } }
                    th.figure scope="col" { "All" }
                }
            }
            tbody {
                @for (kind, sum) in kinds {
                    tr {
                        th scope="row" { (kind) }
                        @for month in &months { td.figure { (number(counts.get(&(*kind, *month)).copied().unwrap_or_default())) } }
                        td.figure { (number(sum.asked)) }
                    }
                }
            }
        }
    }
}

fn outcomes(kinds: &[(&str, Sum)]) -> Markup {
    html! {
        table {
            caption.unseen { "What became of the exceptions, by kind" }
            thead {
                tr {
                    th scope="col" { "Kind" }
                    @for head in ["Asked", "Approved", "Refused", "Hold now", "Ran out", "Not reconciled", "Renewals", "Reconciled"] {
                        th.figure scope="col" { (head) }
                    }
                    th.figure scope="col" { "Days until reconciled" }
                }
            }
            tbody {
                @for (kind, sum) in kinds {
                    tr {
                        th scope="row" { (kind) }
                        @for count in [sum.asked, sum.approved, sum.refused, sum.open, sum.expired] { td.figure { (number(count)) } }
                        td.figure { @if sum.unreconciled > 0 { span.warn { (number(sum.unreconciled)) } } @else { "0" } }
                        @for count in [sum.renewed, sum.reconciled] { td.figure { (number(count)) } }
                        td.figure { (days(sum.days)) }
                    }
                }
            }
        }
    }
}

/// From the least to the greatest of the medians: those of several months can't be joined into one.
fn days(days: Option<(u64, u64)>) -> String {
    match days {
        None => NONE.to_owned(),
        Some((least, greatest)) if least == greatest => number(least),
        Some((least, greatest)) => format!("{}{NONE}{}", number(least), number(greatest)),
    }
}

fn pattern(one: &Pattern, offset: Offset) -> Markup {
    let Pattern { kind, department, count, from, until, proposal } = one;
    // A value always serialises; were it otherwise, there would be no proposal to show.
    let proposal = serde_json::to_string_pretty(proposal).unwrap_or_default();
    html! {
        details.pattern {
            summary {
                b { (kind) } @if let Some(department) = department { " in " (department) } ": " (counted(*count, "exception", "exceptions"))
                ", " (day(*from, offset)) " to " (day(*until, offset))
            }
            p.note { "Entries for the sections of the same names of a policy, which would make it a way of its own:" }
            pre tabindex="0" role="group" aria-label=(format!("Proposal for {kind}")) { code { (proposal) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other_without_gaps() {
        let text = |month: Month| format!("{}-{:02}", month.year, month.month);
        let exceptions = |months: &[&str]| -> Vec<ExceptionUse> {
            let one = |month: &&str| {
                serde_json::json!({"kind": "loaner", "department": null, "month": month, "asked": 1, "approved": 1, "refused": 0,
                "open": 0, "expired": 0, "unreconciled": 0, "renewed": 0, "reconciled": 1, "median_days": 3})
            };
            months.iter().map(|month| serde_json::from_value(one(month)).expect("an exception use")).collect()
        };
        let shown: Vec<String> = months(&exceptions(&["2025-11", "2026-02", "once"])).into_iter().map(text).collect();
        assert_eq!(shown, ["2025-11", "2025-12", "2026-01", "2026-02"]);
        assert_eq!(months(&exceptions(&["0001-01", "2026-02"])).len(), MONTHS);
        assert!(months(&exceptions(&["2026-13", "once"])).is_empty());
    }
}
