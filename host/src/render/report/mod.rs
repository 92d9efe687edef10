//! An audit as one page for people who would rather look than read: self-contained, with nothing fetched and no script.
//!
//! The page holds no time but those of the audit, so the same audit gives the same bytes.

mod charts;
mod closures;
mod exceptions;
mod figures;
mod licences;
mod listed;
mod numbers;
mod quality;
mod stalled;
mod standing;

use handoff::core::audit::{AuditFinding, Records, Summary};
use handoff::core::{Offset, is_hidden};
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(crate) use listed::Listed;

use numbers::{counted, moment, number};

/// How the page looks, in light, in dark and on paper.
const STYLE: &str = include_str!("style.css");

/// What the page may load: nothing.
const CONTENT: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The sections, by their ids.
const SECTIONS: [(&str, &str); 6] = [
    ("standing", "Standing"),
    ("stalled", "Stalled"),
    ("data", "Data"),
    ("licences", "Licences"),
    ("exceptions", "Exceptions"),
    ("closures", "Closures"),
];

/// The page of an audit: all that it counted, and those of its findings that are handed over.
pub(crate) fn report(summary: &Summary, findings: &[AuditFinding], offset: Offset, title: &str) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(CONTENT);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "To the content" }
                (charts::patterns())
                header.page {
                    h1 { (title) }
                    p.lead {
                        "As of " (moment(summary.at, offset)) ", by the policy " b { (summary.policy.name) " " (summary.policy.version) }
                        "."
                    }
                    nav aria-label="Sections" {
                        ul { @for (id, name) in SECTIONS { li { a href=(format!("#{id}")) { (name) } } } }
                    }
                }
                main #main tabindex="-1" {
                    (figures::figures(summary))
                    (standing::section(summary, offset))
                    (stalled::section(summary, findings, offset))
                    (quality::section(summary, findings))
                    (licences::section(summary))
                    (exceptions::section(summary, offset))
                    (closures::section(summary))
                }
                footer.page {
                    (how_many(summary, findings))
                    p {
                        "Policy " (summary.policy.name) " " (summary.policy.version) ", SHA-256 " code { (summary.policy.digest) }
                        ". " (looked_at(&summary.records)) "."
                    }
                }
            }
        }
    };
    let mut text = legible(&page.into_string());
    text.push('\n');
    text
}

/// Whatever names and texts hold, what nobody sees stands written out in the page.
fn legible(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    for c in page.chars() {
        if is_hidden(c) && c != '\n' {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
    text
}

/// The heading of a section.
fn heading(id: &str, text: &str) -> Markup {
    html! { h2 id=(format!("{id}-heading")) { (text) } }
}

/// A sentence with what stands in backticks set apart; where they don't come in pairs it stays as it is.
fn sentence(text: &str) -> Markup {
    let paired = text.matches('`').count().is_multiple_of(2);
    html! {
        @if paired {
            @for (index, part) in text.split('`').enumerate() { @if index % 2 == 1 { code { (part) } } @else { (part) } }
        } @else {
            (text)
        }
    }
}

/// What is said where there is nothing to show.
fn empty(text: &str) -> Markup {
    html! { p.empty { (text) } }
}

/// What may be wider than the page, and is reached by keys as well.
fn scrolling(label: &str, content: Markup) -> Markup {
    html! { div.scrolling role="group" tabindex="0" aria-label=(label) { (content) } }
}

fn looked_at(records: &Records) -> String {
    let Records { assets: _, tickets: _, people, licences, exceptions, decisions } = *records;
    format!(
        "The audit also read {}, {}, {} and {}",
        counted(people, "person", "people"),
        counted(licences, "licence", "licences"),
        counted(exceptions, "exception", "exceptions"),
        counted(decisions, "logged decision", "logged decisions")
    )
}

/// How many items stay too long.
fn total_stalled(summary: &Summary) -> u64 {
    summary.standing.iter().fold(0, |sum, one| sum.saturating_add(one.stalled))
}

/// How many of the findings stand in the page.
fn how_many(summary: &Summary, findings: &[AuditFinding]) -> Markup {
    let all = summary.findings.values().fold(0_u64, |sum, count| sum.saturating_add(*count));
    let shown = u64::try_from(findings.len()).unwrap_or(u64::MAX);
    html! {
        @if shown < all {
            p {
                "Of " (counted(all, "finding", "findings")) " this page tells " (number(shown)) " one by one; "
                code { "handoff audit" } " tells all."
            }
        }
    }
}

#[cfg(test)]
mod tests;
