//! The closures that would be refused, and why.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use handoff::core::audit::{Closures, Summary};
use maud::{Markup, html};

use super::charts::{Part, legend, shares};
use super::numbers::number;
use super::quality::row;
use super::{empty, heading, scrolling};

const REFUSED: (&str, &str) = ("refused", "would be refused");
const ALLOWED: (&str, &str) = ("used", "may close");

pub(super) fn section(summary: &Summary) -> Markup {
    let mut closures: Vec<&Closures> = summary.closures.iter().collect();
    closures.sort_by_key(|one| Reverse(one.refused));
    html! {
        section #closures aria-labelledby="closures-heading" {
            (heading("closures", "Closures that would be refused"))
            @if closures.is_empty() {
                (empty("No open ticket came with what it links, so no closure was tried."))
            } @else {
                p.lead { "Open tickets that came with what they link, and whether they could be closed now." }
                h3 { "By kind of ticket" }
                (legend([REFUSED, ALLOWED].into_iter()))
                ul.rows.kinds aria-label="Open tickets by kind, and whether they may close" {
                    @for one in &closures { (kind(one)) }
                }
                details {
                    summary { "In numbers" span.unseen { ": closures" } }
                    (scrolling("Closures by kind, in numbers", table(&closures)))
                }
                (reasons(&closures))
            }
        }
    }
}

fn kind(one: &Closures) -> Markup {
    let parts = [Part::new(REFUSED.0, REFUSED.1, one.refused), Part::new(ALLOWED.0, ALLOWED.1, one.open.saturating_sub(one.refused))];
    html! {
        li {
            span.name { (one.kind) }
            span.count { (number(one.refused)) span.beside { " of " (number(one.open)) } }
            (shares(&format!("Open tickets of kind {}", one.kind), &parts))
        }
    }
}

fn table(closures: &[&Closures]) -> Markup {
    html! {
        table {
            caption { "Open tickets by kind, how many would be refused, and for which codes" }
            thead {
                tr {
                    th scope="col" { "Kind" }
                    @for head in ["Open", "Would be refused", "May close"] { th.figure scope="col" { (head) } }
                    th scope="col" { "Reasons" }
                }
            }
            tbody {
                @for one in closures {
                    tr {
                        th scope="row" { (one.kind) }
                        td.figure { (number(one.open)) }
                        td.figure { (number(one.refused)) }
                        td.figure { (number(one.open.saturating_sub(one.refused))) }
                        td { (told(&one.reasons)) }
                    }
                }
            }
        }
    }
}

/// Codes with how often they refuse.
fn told(reasons: &BTreeMap<String, u64>) -> String {
    in_order(reasons).iter().map(|(code, count)| format!("{code} {}", number(*count))).collect::<Vec<_>>().join(", ")
}

/// Codes by how often they refuse.
fn in_order(reasons: &BTreeMap<String, u64>) -> Vec<(&str, u64)> {
    let mut reasons: Vec<(&str, u64)> = reasons.iter().map(|(code, count)| (code.as_str(), *count)).collect();
    reasons.sort_by_key(|(_, count)| Reverse(*count));
    reasons
}

fn reasons(closures: &[&Closures]) -> Markup {
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    for (code, count) in closures.iter().flat_map(|one| &one.reasons) {
        let sum = all.entry(code.clone()).or_default();
        *sum = sum.saturating_add(*count);
    }
    let all = in_order(&all);
    let greatest = all.first().map(|(_, count)| *count).unwrap_or_default();
    html! {
        h3 { "For which reasons" }
        @if all.is_empty() {
            (empty("None of them would be refused."))
        } @else {
            ul.codes aria-label="Tickets that would be refused, by code; a ticket counts for each of its codes" {
                @for (code, count) in &all { li { (row(code, *count, greatest, None)) } }
            }
        }
    }
}
