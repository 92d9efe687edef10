//! Audits as text: what was found, by code, the first of each; then what was seen, in numbers.

use std::collections::BTreeMap;

use handoff::core::audit::{AuditFinding, Closures, ExceptionUse, LicenceUse, Recorded, Records, Standing, Summary};
use handoff::core::{Finding, Offset, Severity, explain};

use super::decision::{details, grouped, way};
use super::problem::count;
use super::table::table;
use super::{Page, TOGETHER, Tone, legible, stay};

/// How many findings of each code are shown.
const SHOWN: usize = 20;

/// The first findings of each code.
#[derive(Debug, Default)]
pub(crate) struct Shown(BTreeMap<String, Vec<Finding>>);

impl Shown {
    /// Takes a finding, as far as it is to be shown.
    pub fn take(&mut self, found: AuditFinding) {
        let finding = found.finding;
        let all = self.0.entry(finding.code.clone()).or_default();
        if all.len() < SHOWN {
            all.push(finding);
        }
    }
}

/// What was found: what denies first, and of that what there is most of.
pub(crate) fn found(page: &mut Page, shown: &Shown, counts: &BTreeMap<String, u64>) {
    let mut codes: Vec<(Severity, u64, &str, Vec<Finding>)> = counts
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(code, count)| {
            let findings: Vec<Finding> = shown.0.get(code).into_iter().flatten().filter_map(clean).collect();
            let severity = findings.iter().map(|finding| finding.severity).min().unwrap_or(Severity::Audit);
            (severity, *count, code.as_str(), findings)
        })
        .collect();
    codes.sort_by(|(a_severity, a_count, a_code, _), (b_severity, b_count, b_code, _)| {
        (a_severity, b_count, a_code).cmp(&(b_severity, a_count, b_code))
    });
    let all = codes.iter().map(|(_, count, _, _)| *count).fold(0, u64::saturating_add);
    match all {
        0 => page.line(&format!("{}: ", Tone::Good.of("NOTHING FOUND")), 2, "the register is in order, as far as the policy looks"),
        _ => page.line(&format!("{}: ", Tone::Bad.of("FOUND")), 2, &numbers(all, "thing", "things", codes.len())),
    }
    for (severity, number, code, findings) in &codes {
        code_of(page, *severity, *number, code, findings);
    }
}

fn numbers(all: u64, one: &str, many: &str, codes: usize) -> String {
    format!("{all} {}, of {}", if all == 1 { one } else { many }, count(codes, "code", "codes"))
}

/// What would act on the terminal is written out.
fn clean(finding: &Finding) -> Option<Finding> {
    serde_json::to_string(finding).and_then(|json| legible(&json)).ok()
}

fn code_of(page: &mut Page, severity: Severity, number: u64, code: &str, findings: &[Finding]) {
    page.gap();
    let tone = match severity {
        Severity::Block => Tone::Bad,
        Severity::Warn => Tone::Doubtful,
        Severity::Audit => Tone::Faint,
    };
    let means = explain(code).map(|explanation| format!(": {}", explanation.means)).unwrap_or_default();
    page.line("", 2, &format!("{} {number}{means}", Tone::Strong.of(code)));
    let findings: Vec<&Finding> = findings.iter().collect();
    for (way, findings) in grouped(&findings, |finding| way(finding, None)) {
        for finding in findings {
            let item = finding.item.as_ref().map(|item| format!("{item}: ")).unwrap_or_default();
            let item = if finding.message.starts_with(item.trim_end_matches(": ")) { "" } else { &item };
            let requirement = finding.requirement.as_ref().map(|name| Tone::Faint.of(&format!("{TOGETHER}[{name}]"))).unwrap_or_default();
            page.line(&format!("  {} ", tone.of("-")), 4, &format!("{item}{}{}{requirement}", finding.message, details(finding)));
        }
        if !way.is_empty() {
            page.line(&format!("    {} ", Tone::Faint.of("->")), 7, &way);
        }
    }
    let shown = u64::try_from(findings.len()).unwrap_or(u64::MAX);
    match number.saturating_sub(shown) {
        0 => {}
        // Parts that were kept told theirs when they were audited.
        more if shown == 0 => page.line("  ", 2, &format!("{more}, told with the parts in which they were found")),
        more => page.line("  ", 2, &format!("and {more} more: `--format csv` and `--format json` tell all of them")),
    }
}

/// What was seen, in numbers. Texts in it are legible.
pub(crate) fn summary(page: &mut Page, summary: &Summary, offset: Offset) {
    let Summary { at, policy, records, findings: _, standing, quality, licences, exceptions, patterns, closures } = summary;
    page.heading("Seen");
    let Records { assets, tickets, people, licences: bought, exceptions: asked, decisions } = records;
    let numbers = [
        ("assets", assets),
        ("tickets", tickets),
        ("people", people),
        ("licences", bought),
        ("exceptions", asked),
        ("decisions", decisions),
    ];
    for (label, number) in numbers {
        page.raw(&format!("  {label:<11} {number:>9}"));
    }
    states(page, standing);
    if !closures.is_empty() {
        page.heading("Open tickets that came with what they link");
        let rows: Vec<_> = closures.iter().map(closure).collect();
        table(page, ["kind", "open", "may not close", "most often for"], &rows);
    }
    if !licences.is_empty() {
        page.heading("Licences");
        let rows: Vec<_> = licences.iter().map(licence).collect();
        table(page, ["product", "seats", "taken", "idle", "of leavers", "to reclaim", "worth a year"], &rows);
    }
    if !exceptions.is_empty() {
        page.heading("Exceptions");
        exception(page, exceptions, patterns.len());
    }
    if !quality.is_empty() {
        page.heading("Recorded of assets");
        let rows: Vec<_> = quality.iter().map(recorded).collect();
        table(page, ["field", "should be", "is", "missing"], &rows);
    }
    page.gap();
    page.line(&format!("{:<17}", "Policy"), 17, &format!("{} {}, at {}", policy.name, policy.version, at.in_offset(offset)));
}

/// What to do with what was kept.
pub(crate) fn kept(page: &mut Page, file: &str) {
    page.gap();
    let what = format!("what crosses records is in {file}, to be judged with the other parts: `handoff audit {file} …`");
    page.line(&format!("{}: ", Tone::Strong.of("KEPT")), 2, &what);
}

fn states(page: &mut Page, standing: &[Standing]) {
    if standing.is_empty() {
        return;
    }
    page.heading("Where they stand");
    let rows: Vec<_> = standing
        .iter()
        .map(|standing| {
            let Standing { workflow, state, items, stalled, longest_stay, accountable, .. } = standing;
            [
                workflow.clone(),
                state.clone(),
                items.to_string(),
                stalled.to_string(),
                longest_stay.map(stay).unwrap_or_default(),
                accountable.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table(page, ["workflow", "state", "items", "stalled", "allowed stay", "accountable"], &rows);
}

fn closure(Closures { kind, open, refused, reasons }: &Closures) -> [String; 4] {
    let mut most: Vec<(&String, &u64)> = reasons.iter().collect();
    most.sort_by(|(a_code, a), (b_code, b)| (b, a_code).cmp(&(a, b_code)));
    let most: Vec<String> = most.into_iter().take(3).map(|(code, number)| format!("{code}{TOGETHER}{number}")).collect();
    [kind.clone(), open.to_string(), refused.to_string(), most.join(", ")]
}

fn licence(licence: &LicenceUse) -> [String; 7] {
    let LicenceUse { product, metric: _, seats, taken, allocated: _, idle, of_leavers, reclaimable, reclaimable_cost, currency } = licence;
    let cost = reclaimable_cost.as_ref().map(|cost| format!("{cost} {}", currency.as_deref().unwrap_or_default()));
    [
        product.clone(),
        seats.map(|seats| seats.to_string()).unwrap_or_default(),
        taken.to_string(),
        idle.to_string(),
        of_leavers.to_string(),
        reclaimable.to_string(),
        cost.unwrap_or_default(),
    ]
}

fn exception(page: &mut Page, exceptions: &[ExceptionUse], patterns: usize) {
    let sum = |field: fn(&ExceptionUse) -> u64| exceptions.iter().map(field).fold(0, u64::saturating_add);
    let (open, expired, unreconciled) = (sum(|one| one.open), sum(|one| one.expired), sum(|one| one.unreconciled));
    let text = format!("{open} open, {expired} expired, {unreconciled} of them not reconciled; {}", count(patterns, "pattern", "patterns"));
    page.line("  ", 2, &format!("{text}: `handoff exceptions` tells more"));
}

fn recorded(Recorded { field, of, recorded }: &Recorded) -> [String; 4] {
    [field.clone(), of.to_string(), recorded.to_string(), of.saturating_sub(*recorded).to_string()]
}
