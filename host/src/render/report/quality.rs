//! The quality of the data: what is recorded, and what was found, by code.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use handoff::core::audit::{AuditFinding, Recorded, Summary};
use handoff::core::{Finding, explain};
use maud::{Markup, html};

use super::charts::{Part, legend, magnitude, shares};
use super::numbers::{number, share};
use super::{empty, heading, scrolling, sentence};

const RECORDED: (&str, &str) = ("used", "recorded");
const MISSING: (&str, &str) = ("lacking", "not recorded");

pub(super) fn section(summary: &Summary, findings: &[AuditFinding]) -> Markup {
    html! {
        section #data aria-labelledby="data-heading" {
            (heading("data", "Data quality"))
            (recorded(&summary.quality))
            (found(summary, findings))
        }
    }
}

/// Field by field, the least recorded first.
fn recorded(quality: &[Recorded]) -> Markup {
    let (asked, unasked): (Vec<&Recorded>, Vec<&Recorded>) = quality.iter().partition(|one| one.of > 0);
    let mut fields = asked;
    // Two shares are compared without dividing them.
    fields.sort_by(|a, b| (u128::from(a.recorded) * u128::from(b.of)).cmp(&(u128::from(b.recorded) * u128::from(a.of))));
    html! {
        div {
            h3 { "What is recorded of assets" }
            @if fields.is_empty() {
                (empty("No field of an asset was looked at."))
            } @else {
                (legend([RECORDED, MISSING].into_iter()))
                ul.rows.fields aria-label="Share of assets on which each field is recorded" {
                    @for one in &fields { (field(one)) }
                }
                @if !unasked.is_empty() {
                    p.note { "Asked of no asset: " (unasked.iter().map(|one| one.field.as_str()).collect::<Vec<_>>().join(", ")) }
                }
                details {
                    summary { "In numbers" span.unseen { ": what is recorded" } }
                    (scrolling("What is recorded of assets, in numbers", table(&fields)))
                }
            }
        }
    }
}

fn field(one: &Recorded) -> Markup {
    let lacking = one.of.saturating_sub(one.recorded);
    let parts = [Part::new(RECORDED.0, RECORDED.1, one.recorded), Part::new(MISSING.0, MISSING.1, lacking)];
    html! {
        li {
            span.name { (one.field) }
            span.count { (share(one.recorded, one.of)) }
            (shares(&one.field, &parts))
        }
    }
}

fn table(fields: &[&Recorded]) -> Markup {
    html! {
        table {
            caption { "What is recorded of assets, the least recorded first" }
            thead {
                tr {
                    th scope="col" { "Field" }
                    @for head in ["Share", "Recorded", "Not recorded", "Of"] { th.figure scope="col" { (head) } }
                }
            }
            tbody {
                @for one in fields {
                    tr {
                        th scope="row" { (one.field) }
                        td.figure { (share(one.recorded, one.of)) }
                        td.figure { (number(one.recorded)) }
                        td.figure { (number(one.of.saturating_sub(one.recorded))) }
                        td.figure { (number(one.of)) }
                    }
                }
            }
        }
    }
}

/// Code by code, the most frequent first.
fn found(summary: &Summary, findings: &[AuditFinding]) -> Markup {
    let mut listed: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for AuditFinding { finding, .. } in findings {
        listed.entry(&finding.code).or_default().push(finding);
    }
    let mut codes: Vec<(&str, u64)> =
        summary.findings.iter().map(|(code, count)| (code.as_str(), *count)).filter(|(_, count)| *count > 0).collect();
    codes.sort_by_key(|(_, count)| Reverse(*count));
    let greatest = codes.first().map(|(_, count)| *count).unwrap_or_default();
    html! {
        h3 { "What was found" }
        @if codes.is_empty() {
            (empty("Nothing was found."))
        } @else {
            ul.codes aria-label="Findings by code, the most frequent first" {
                @for (code, count) in &codes {
                    @let listed = listed.get(code).map(Vec::as_slice).unwrap_or_default();
                    li {
                        @if *code == "stalled" {
                            (row(code, *count, greatest, Some("#stalled")))
                        } @else if listed.is_empty() {
                            (row(code, *count, greatest, None))
                        } @else {
                            details {
                                summary { (row(code, *count, greatest, None)) }
                                (one_by_one(*count, listed))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A code with how often it was found, what it means and how it is put right; codes that are not known here stand alone.
pub(super) fn row(code: &str, count: u64, greatest: u64, link: Option<&str>) -> Markup {
    html! {
        span.code {
            span.count.on-bar { b { (number(count)) } (magnitude("faint", count, greatest)) }
            code { @match link { Some(link) => a href=(link) { (code) } None => (code) } }
            @if let Some(explanation) = explain(code) {
                span.means { (sentence(explanation.means)) }
                span.means.beside { "→ " (sentence(explanation.remedy)) }
            }
        }
    }
}

/// Findings of one code.
fn one_by_one(count: u64, listed: &[&Finding]) -> Markup {
    let shown = u64::try_from(listed.len()).unwrap_or(u64::MAX);
    html! {
        ul.listed {
            @for finding in listed {
                @let item = finding.item.as_ref().map(ToString::to_string).filter(|item| !finding.message.starts_with(item.as_str()));
                li { @if let Some(item) = item { b { (item) } " " } (sentence(&finding.message)) }
            }
        }
        @if shown < count { p.note { (number(shown)) " of " (number(count)) " are told one by one." } }
    }
}
