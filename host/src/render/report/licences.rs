//! The licences: what is taken of what was bought, and what could be taken back.

use handoff::core::audit::{LicenceUse, Summary};
use maud::{Markup, html};

use super::charts::{Part, legend, shares};
use super::numbers::{NONE, amount, counted, maybe, number};
use super::{empty, heading, scrolling};

const USED: (&str, &str) = ("used", "in use");
const RECLAIMABLE: (&str, &str) = ("reclaimable", "idle or of leavers");
const FREE: (&str, &str) = ("free", "free");
const OVER: (&str, &str) = ("over", "taken beyond what was bought");

pub(super) fn section(summary: &Summary) -> Markup {
    html! {
        section #licences aria-labelledby="licences-heading" {
            (heading("licences", "Licences"))
            @if summary.licences.is_empty() {
                (empty("No licences are recorded."))
            } @else {
                p.lead { "Each bar is all seats of a product: those bought, or those taken where they are more." }
                (legend([USED, RECLAIMABLE, FREE, OVER].into_iter()))
                ul.rows.products aria-label="Seats by product" {
                    @for one in &summary.licences { (product(one)) }
                }
                details {
                    summary { "In numbers" span.unseen { ": licences" } }
                    (scrolling("Seats by product, in numbers", table(&summary.licences)))
                }
            }
        }
    }
}

fn product(one: &LicenceUse) -> Markup {
    let over = one.seats.map_or(0, |seats| one.taken.saturating_sub(seats));
    let reclaimable = one.reclaimable.min(one.taken);
    // What is beyond the seats bought counts as such, whoever has it.
    let used = one.taken.saturating_sub(reclaimable).saturating_sub(over);
    let within = one.taken.saturating_sub(used).saturating_sub(over);
    let free = one.seats.map_or(0, |seats| seats.saturating_sub(one.taken));
    let parts = [
        Part::new(USED.0, USED.1, used),
        Part::new(RECLAIMABLE.0, RECLAIMABLE.1, within),
        Part::new(FREE.0, FREE.1, free),
        Part::new(OVER.0, OVER.1, over),
    ];
    html! {
        li {
            span.name { (one.product) @if let Some(metric) = one.metric { " " span.tag { "by " (metric.to_string()) } } }
            span.count {
                (number(one.taken))
                @match one.seats { Some(seats) => span.beside { " of " (number(seats)) } None => span.beside { " taken" } }
            }
            (shares(&format!("Seats of {}", one.product), &parts))
            span.limit {
                @if over > 0 { span.bad { (counted(over, "seat", "seats")) " too many" } @if one.reclaimable > 0 { ", " } }
                @if one.reclaimable > 0 {
                    span.warn { (number(one.reclaimable)) " reclaimable" }
                    @if let Some(cost) = &one.reclaimable_cost { span.beside { ", " (amount(cost, one.currency.as_deref())) " a year" } }
                }
            }
        }
    }
}

fn table(licences: &[LicenceUse]) -> Markup {
    html! {
        table {
            caption { "Seats by product" }
            thead {
                tr {
                    th scope="col" { "Product" }
                    th scope="col" { "Counted by" }
                    @for head in ["Bought", "Taken", "Taken, by the vendor", "Idle", "Of leavers", "Reclaimable", "Cost a year"] {
                        th.figure scope="col" { (head) }
                    }
                }
            }
            tbody {
                @for one in licences {
                    tr {
                        th scope="row" { (one.product) }
                        td { (one.metric.map_or_else(|| NONE.to_owned(), |metric| metric.to_string())) }
                        td.figure { (maybe(one.seats)) }
                        td.figure { (number(one.taken)) }
                        td.figure { (maybe(one.allocated)) }
                        td.figure { (number(one.idle)) }
                        td.figure { (number(one.of_leavers)) }
                        td.figure { (number(one.reclaimable)) }
                        td.figure { @match &one.reclaimable_cost { Some(cost) => (amount(cost, one.currency.as_deref())), None => (NONE) } }
                    }
                }
            }
        }
    }
}
