//! What is stalled, at whom, and what is missing for the way on.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use handoff::core::audit::{AuditFinding, Overstay, Standing, Summary};
use handoff::core::{Finding, Offset};
use maud::{Markup, html};

use super::charts::magnitude;
use super::listed::over;
use super::numbers::{NONE, counted, day, number, stay};
use super::{empty, heading, scrolling, total_stalled};

/// How many of the missing requirements are shown.
const MISSING: usize = 10;

/// How many items of a role are shown at once; the others are one step further.
const AT_ONCE: usize = 8;

/// A stay that is told of one by one.
struct Stalled<'a> {
    finding: &'a Finding,
    stay: &'a Overstay,
    /// Days beyond the limit.
    over: u64,
}

/// What is stalled at one role.
#[derive(Default)]
struct Desk<'a> {
    /// How many items, all told.
    count: u64,
    /// In which states.
    states: Vec<&'a Standing>,
    /// Those that are told one by one, the longest over first.
    listed: Vec<Stalled<'a>>,
}

pub(super) fn section(summary: &Summary, findings: &[AuditFinding], offset: Offset) -> Markup {
    let total = total_stalled(summary);
    let mut desks: BTreeMap<Option<&str>, Desk<'_>> = BTreeMap::new();
    for standing in summary.standing.iter().filter(|one| one.stalled > 0) {
        let desk = desks.entry(standing.accountable.as_deref()).or_default();
        desk.count = desk.count.saturating_add(standing.stalled);
        desk.states.push(standing);
    }
    for AuditFinding { finding, stay } in findings {
        if let Some(stay) = stay {
            desks.entry(finding.accountable.as_deref()).or_default().listed.push(Stalled { finding, stay, over: over(stay) });
        }
    }
    let mut desks: Vec<(Option<&str>, Desk<'_>)> = desks.into_iter().collect();
    for (_, desk) in &mut desks {
        desk.listed.sort_by_key(|one| (Reverse(one.over), Reverse(one.stay.days), &one.finding.item));
        desk.states.sort_by_key(|one| Reverse(one.stalled));
    }
    desks.sort_by_key(|(_, desk)| Reverse(desk.count));
    let most = desks.iter().map(|(_, desk)| desk.count).max().unwrap_or_default();
    let longest = desks.iter().flat_map(|(_, desk)| &desk.listed).map(|one| one.over).max().unwrap_or_default();
    html! {
        section #stalled aria-labelledby="stalled-heading" {
            (heading("stalled", "What is stalled, and at whom"))
            @if desks.is_empty() {
                (empty("Nothing has stayed longer than the policy allows."))
            } @else {
                p.lead {
                    (counted(total, "item has", "items have")) " stayed longer than the policy allows. Each stands under the role that "
                    "answers for its next step; open a role to see its items, those longest over the limit first."
                }
                div.split {
                    div.desks {
                        h3 { "By the role that answers" }
                        @for (index, (role, desk)) in desks.iter().enumerate() {
                            (self::desk(*role, desk, most, longest, index == 0, offset))
                        }
                    }
                    (missing(&desks))
                }
            }
        }
    }
}

fn desk(role: Option<&str>, desk: &Desk<'_>, most: u64, longest: u64, open: bool, offset: Offset) -> Markup {
    let name = role.unwrap_or("nobody is named");
    let worst = desk.listed.first().map(|one| one.over);
    html! {
        details.desk open[open] {
            summary {
                span.name { (name) }
                span.count { (number(desk.count)) (magnitude("warned", desk.count, most)) }
                span.beside { @if let Some(worst) = worst { "up to " (counted(worst, "day", "days")) " over" } }
            }
            @if !desk.states.is_empty() { p.note { (states(&desk.states)) } }
            @if desk.listed.is_empty() {
                (empty("None of them is told one by one here."))
            } @else {
                @let (first, rest) = desk.listed.split_at_checked(AT_ONCE).unwrap_or((&desk.listed, &[]));
                (scrolling(&format!("Stalled at {name}"), table(name, first, role, longest, offset)))
                @if !rest.is_empty() {
                    details {
                        summary { (number(u64::try_from(rest.len()).unwrap_or(u64::MAX))) " more" span.unseen { " at " (name) } }
                        (scrolling(&format!("More that is stalled at {name}"), table(name, rest, role, longest, offset)))
                    }
                }
                (told(desk))
            }
        }
    }
}

fn states(states: &[&Standing]) -> String {
    states.iter().map(|one| format!("{} {} {}", one.workflow, one.state, number(one.stalled))).collect::<Vec<_>>().join(", ")
}

fn table(name: &str, listed: &[Stalled<'_>], role: Option<&str>, longest: u64, offset: Offset) -> Markup {
    html! {
        table.stalls {
            caption.unseen { "Stalled at " (name) ", those longest over the limit first" }
            thead {
                tr {
                    th scope="col" { "Item" }
                    th scope="col" { "Over the limit" }
                    th scope="col" { "Missing for the way on" }
                }
            }
            tbody {
                @for Stalled { finding, stay: overstay, over } in listed {
                    @let told = overstay.escalate_to.as_deref().filter(|other| Some(*other) != role);
                    tr {
                        th scope="row" {
                            (finding.item.as_ref().map_or_else(|| NONE.to_owned(), ToString::to_string))
                            span.second { (overstay.state) @if let Some(to) = &overstay.to { " → " (to) } }
                        }
                        td {
                            div.on-bar {
                                b { @if *over == 0 { "less than a day" } @else { (counted(*over, "day", "days")) } }
                                (magnitude("glow", *over, longest))
                            }
                            span.second { "since " (day(overstay.since, offset)) ", " span.together { "limit " (stay(overstay.longest)) } }
                        }
                        td {
                            @if overstay.missing.is_empty() { "nothing: the way on is open" } @else { (overstay.missing.join(", ")) }
                            @if let Some(told) = told { span.second { "to be told: " (told) } }
                        }
                    }
                }
            }
        }
    }
}

/// How many of the stalled items are told one by one, where it is not all.
fn told(desk: &Desk<'_>) -> Markup {
    let listed = u64::try_from(desk.listed.len()).unwrap_or(u64::MAX);
    html! { @if listed < desk.count { p.note { (number(listed)) " of " (number(desk.count)) " are told one by one." } } }
}

/// What is missing most often.
fn missing(desks: &[(Option<&str>, Desk<'_>)]) -> Markup {
    let listed: Vec<&Stalled<'_>> = desks.iter().flat_map(|(_, desk)| &desk.listed).collect();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for name in listed.iter().flat_map(|one| &one.stay.missing) {
        let count = counts.entry(name).or_default();
        *count = count.saturating_add(1);
    }
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let greatest = counts.first().map(|(_, count)| *count).unwrap_or_default();
    let listed = u64::try_from(listed.len()).unwrap_or(u64::MAX);
    html! {
        @if !counts.is_empty() {
            div.missing {
                h3 { "What is missing most often" }
                p.note { "Among the " (counted(listed, "item", "items")) " told one by one." }
                ul.rows.pairs aria-label="What is missing most often" {
                    @for (name, count) in counts.iter().take(MISSING) {
                        li { span.name { (name) } span.count { (number(*count)) (magnitude("plain", *count, greatest)) } }
                    }
                }
            }
        }
    }
}
