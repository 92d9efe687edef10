//! The figures at the head of the page, each leading to where it comes from.

use handoff::core::audit::{Standing, Summary};
use handoff::core::policy::document::Category;
use maud::{Markup, html};

use super::numbers::{counted, number, share, sums};
use super::standing::{has_ended, is_asset};
use super::total_stalled;

/// A figure with what is said of it.
struct Figure {
    section: &'static str,
    name: &'static str,
    count: u64,
    beside: String,
    /// How it is meant: plain, or to be looked into.
    class: &'static str,
}

pub(super) fn figures(summary: &Summary) -> Markup {
    let items = |wanted: fn(&Standing) -> bool| {
        summary.standing.iter().filter(|one| wanted(one)).fold(0_u64, |sum, one| sum.saturating_add(one.items))
    };
    let going_on = items(|one| !has_ended(one));
    let open = items(|one| !is_asset(one) && !has_ended(one));
    let held = items(|one| one.category == Some(Category::Held));
    let stalled = total_stalled(summary);
    let claims = ["state-unsupported", "closed-unsupported"].map(|code| summary.findings.get(code).copied().unwrap_or_default());
    let [unsupported, closed] = claims;
    let seats = summary.licences.iter().fold(0_u64, |sum, one| sum.saturating_add(one.reclaimable));
    let costs = sums(summary.licences.iter().filter_map(|one| Some((one.reclaimable_cost.as_deref()?, one.currency.as_deref()))));
    let (tried, refused) = summary
        .closures
        .iter()
        .fold((0_u64, 0_u64), |(tried, refused), one| (tried.saturating_add(one.open), refused.saturating_add(one.refused)));
    let meant = |count: u64, class: &'static str| if count == 0 { "plain" } else { class };
    let figures = [
        Figure {
            section: "standing",
            name: "Assets",
            count: summary.records.assets,
            beside: format!("{} held", number(held)),
            class: "plain",
        },
        Figure {
            section: "standing",
            name: "Tickets",
            count: summary.records.tickets,
            beside: format!("{} open", number(open)),
            class: "plain",
        },
        Figure {
            section: "stalled",
            name: "Stalled",
            count: stalled,
            beside: if going_on == 0 { "no items".to_owned() } else { format!("{} of items not ended", share(stalled, going_on)) },
            class: meant(stalled, "warn"),
        },
        Figure {
            section: "data",
            name: "Unsupported claims",
            count: unsupported.saturating_add(closed),
            beside: format!("{}, {}", counted(unsupported, "state", "states"), counted(closed, "closed ticket", "closed tickets")),
            class: meant(unsupported.saturating_add(closed), "bad"),
        },
        Figure {
            section: "licences",
            name: "Reclaimable seats",
            count: seats,
            beside: match costs.as_slice() {
                [] if seats == 0 => "none idle or of leavers".to_owned(),
                [] => "at no known cost".to_owned(),
                costs => format!("{} a year", costs.join(", ")),
            },
            class: meant(seats, "warn"),
        },
        Figure {
            section: "closures",
            name: "Closures refused",
            count: refused,
            beside: format!("of {} tried", number(tried)),
            class: meant(refused, "bad"),
        },
    ];
    html! {
        h2.unseen { "At a glance" }
        ul.figures {
            @for Figure { section, name, count, beside, class } in figures {
                li class=(class) {
                    a href=(format!("#{section}")) {
                        span.label { (name) }
                        " " strong { (number(count)) }
                        " " span.beside { (beside) }
                    }
                }
            }
        }
    }
}
