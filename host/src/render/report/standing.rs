//! Where items stand: for each workflow its states, with how many items and for how long.

use std::cmp::Reverse;

use handoff::core::Offset;
use handoff::core::audit::{Ages, Standing, Summary};
use handoff::core::policy::document::Category;
use maud::{Markup, html};

use super::charts::{Part, legend, magnitude, shares};
use super::numbers::{NONE, counted, day, number, stay};
use super::{empty, heading, scrolling};

/// How long items have been in their state, the shortest first.
const BANDS: [(&str, &str); 6] = [
    ("age-1", "less than 7 days"),
    ("age-2", "7 to 29 days"),
    ("age-3", "30 to 89 days"),
    ("age-4", "90 to 364 days"),
    ("age-5", "365 days or more"),
    ("age-unknown", "not recorded how long"),
];

pub(super) fn section(summary: &Summary, offset: Offset) -> Markup {
    let (assets, tickets): (Vec<&Standing>, Vec<&Standing>) = summary.standing.iter().partition(|one| is_asset(one));
    html! {
        section #standing aria-labelledby="standing-heading" {
            (heading("standing", "Where items stand"))
            @if summary.standing.is_empty() {
                (empty("No item stands in a state that the policy declares."))
            } @else {
                p.lead {
                    "Each bar is one state's items, shared out by how long they have been there. Those over its limit are stalled. "
                    "What has ended is told below the bars."
                }
                (legend(BANDS.into_iter()))
                @for (title, standing) in [("Assets", &assets), ("Tickets", &tickets)] {
                    @if !standing.is_empty() {
                        h3 { (title) }
                        div.panels {
                            @for column in columns(standing) {
                                div { @for workflow in column { (panel(workflow, offset)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether it is a state of assets: each of them has a category, and no state of a ticket has.
pub(super) fn is_asset(standing: &Standing) -> bool {
    standing.category.is_some()
}

/// Whether items in this state have reached an end.
pub(super) fn has_ended(standing: &Standing) -> bool {
    standing.closing.is_some() || standing.category == Some(Category::Gone)
}

/// Workflows in two columns of about one length, in their order.
fn columns<'a, 'b>(standing: &'b [&'a Standing]) -> [Vec<&'b [&'a Standing]>; 2] {
    let mut first: Vec<&[&Standing]> = standing.chunk_by(|one, other| one.workflow == other.workflow).collect();
    // Beside its rows each has a heading and what has ended.
    let rows = |states: &[&Standing]| states.iter().filter(|one| !has_ended(one)).fold(5_usize, |rows, _| rows + 1);
    let mut lengths = (first.iter().fold(0, |sum, states| sum + rows(states)), 0);
    let mut second = Vec::new();
    while let Some(last) = first.pop_if(|last| lengths.1 + rows(last) < lengths.0) {
        lengths = (lengths.0 - rows(last), lengths.1 + rows(last));
        second.insert(0, last);
    }
    [first, second]
}

/// One workflow.
fn panel(workflow: &[&Standing], offset: Offset) -> Markup {
    let (ended, mut live): (Vec<&Standing>, Vec<&Standing>) = workflow.iter().copied().partition(|one| has_ended(one));
    // By the way that an asset goes; states of tickets keep their order.
    live.sort_by_key(|one| one.category);
    let name = workflow.first().map(|one| one.workflow.as_str()).unwrap_or_default();
    let items = live.iter().fold(0_u64, |sum, one| sum.saturating_add(one.items));
    let stalled = live.iter().fold(0_u64, |sum, one| sum.saturating_add(one.stalled));
    let greatest = live.iter().map(|one| one.items).max().unwrap_or_default();
    html! {
        article.panel {
            h4 {
                (name) " "
                span.beside { (counted(items, "item", "items")) @if stalled > 0 { ", " span.warn { (number(stalled)) " stalled" } } }
            }
            @if !live.is_empty() {
                ul.rows.states aria-label=(format!("Items of {name} by state")) {
                    @for one in &live { (state(one, greatest)) }
                }
            }
            @if !ended.is_empty() {
                p.note { "Ended: " (outcomes(&ended)) }
            }
            details {
                summary { "In numbers" span.unseen { ": " (name) } }
                (scrolling(&format!("Items of {name} by state and age"), table(name, &live, &ended, offset)))
            }
        }
    }
}

fn state(one: &Standing, greatest: u64) -> Markup {
    let parts: Vec<Part> = BANDS.into_iter().zip(counts(&one.ages)).map(|((class, name), count)| Part::new(class, name, count)).collect();
    html! {
        li {
            span.name { (one.state) @if let Some(category) = one.category { " " span.tag { (category.to_string()) } } }
            span.count.on-bar { b { (number(one.items)) } (magnitude("faint", one.items, greatest)) }
            (shares(&format!("{} in {}", counted(one.items, "item", "items"), one.state), &parts))
            span.limit {
                @if one.stalled > 0 {
                    span.warn { (number(one.stalled)) " stalled" }
                    @if let Some(longest) = one.longest_stay { span.second { "over " (stay(longest)) } }
                }
            }
        }
    }
}

fn counts(ages: &Ages) -> [u64; 6] {
    let Ages { week, month, quarter, year, longer, unknown } = *ages;
    [week, month, quarter, year, longer, unknown]
}

/// The states in which items have ended, the fullest first.
fn outcomes(ended: &[&Standing]) -> String {
    let mut ended = ended.to_vec();
    ended.sort_by_key(|one| Reverse(one.items));
    ended.iter().map(|one| format!("{} {}", one.state, number(one.items))).collect::<Vec<_>>().join(", ")
}

fn table(name: &str, live: &[&Standing], ended: &[&Standing], offset: Offset) -> Markup {
    html! {
        table.wide {
            caption { "Items of " (name) " by state, and how many days they have been there" }
            thead {
                tr {
                    th scope="col" { "State" }
                    @for head in ["Items", "<7", "<30", "<90", "<365", "Longer", "Unknown", "Stalled"] { th.figure scope="col" { (head) } }
                    th scope="col" { "Limit" }
                    th scope="col" { "Oldest" }
                    th.roles scope="col" { "Answers for it, and is told of a stall" }
                }
            }
            tbody {
                @for one in live.iter().chain(ended) {
                    tr {
                        th scope="row" {
                            (one.state)
                            @if let Some(closing) = one.closing { " " span.tag { (closing.to_string()) } }
                            @if let Some(category) = one.category { " " span.tag { (category.to_string()) } }
                        }
                        td.figure { (number(one.items)) }
                        @for count in counts(&one.ages) { td.figure { (number(count)) } }
                        td.figure { (number(one.stalled)) }
                        td.together { (one.longest_stay.map_or_else(|| NONE.to_owned(), stay)) }
                        td {
                            @if let Some(oldest) = &one.oldest {
                                (oldest.item.to_string())
                                span.second { "since " (day(oldest.since, offset)) }
                            } @else {
                                (NONE)
                            }
                        }
                        td {
                            (one.accountable.as_deref().unwrap_or(NONE))
                            @if let Some(told) = &one.escalate_to { span.second { (told) } }
                        }
                    }
                }
            }
        }
    }
}
