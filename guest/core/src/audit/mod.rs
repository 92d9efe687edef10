//! Audits of a whole register, record by record (rules F8, L3, L4).
//!
//! Records come in as lines, findings go out in pages. What one record says is judged at once; what crosses records is kept as short rows,
//! which are sorted and judged at the end. What was kept goes out as lines as well: an audit that takes them goes on from there, so that
//! parts of a register are audited apart and joined.

mod answer;
mod asset;
mod at_the_end;
mod decisions;
mod exceptions;
mod keep;
mod licences;
mod line;
mod people;
mod record;
mod ticket;

use std::collections::VecDeque;
use std::ops::Deref;

pub use answer::{
    Ages, AuditAnswer, AuditFinding, Closures, ExceptionUse, LicenceUse, Oldest, Overstay, Pattern, Recorded, Records, Standing, Summary,
};

use crate::case::{Setting, Views};
use crate::decision::{Context, Finding};
use crate::facts::{Asset, Document, Fact, Facts, Person, Ticket};
use crate::policy::Policy;
use crate::problem::{Position, Problem};
use crate::time::Time;
use keep::{Kept, Rows, Tallies};
use line::Line;

/// How much is written on a page, in bytes; one entry may be longer.
const PAGE: usize = 1 << 20;

/// An audit in progress.
#[derive(Debug)]
pub struct Audit<P> {
    policy: P,
    at: Option<Time>,
    /// People, licences, exceptions, decisions and coverage, while they come in.
    ahead: Document,
    /// The same, once the first asset or ticket was read.
    head: Option<Facts>,
    out: Out,
    /// What this audit keeps, as far as it was not given yet; from then on it takes no more lines.
    given: Option<VecDeque<Kept>>,
    ended: bool,
}

/// What judging records comes to.
#[derive(Debug)]
struct Out {
    found: VecDeque<AuditFinding>,
    tallies: Tallies,
    rows: Rows,
    /// People, licences and exceptions that came with cases, or from another audit: they count at the end, and for no other record.
    beside: Document,
}

impl Out {
    fn new() -> Self {
        Self { found: VecDeque::new(), tallies: Tallies::default(), rows: Rows::default(), beside: Document::of(None) }
    }

    fn tell(&mut self, finding: Finding, stay: Option<Overstay>) {
        *self.tallies.findings.entry(finding.code.clone()).or_default() += 1;
        self.found.push_back(AuditFinding { finding, stay });
    }
}

impl<P: Deref<Target = Policy>> Audit<P> {
    /// Begins an audit by a policy, at a time; none takes the `at` that comes with the records.
    #[must_use]
    pub fn new(policy: P, at: Option<Time>) -> Self {
        Self { policy, at, ahead: Document::of(None), head: None, out: Out::new(), given: None, ended: false }
    }

    /// Takes whole lines of JSON (`docs/audit.md`).
    ///
    /// # Errors
    /// Every problem of these lines, with the line counted from 1. Of a line with a problem nothing is taken.
    pub fn add(&mut self, lines: &str) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        for (index, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let taken = line::read(line).and_then(|line| self.take(line).map_err(|problem| vec![problem]));
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            problems.extend(taken.err().into_iter().flatten().map(|mut problem| {
                let column = problem.position.map_or(1, |position| position.column);
                problem.position = Some(Position { line: number, column });
                problem
            }));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn take(&mut self, line: Line) -> Result<(), Problem> {
        if self.ended || self.given.is_some() {
            return Err(Problem::new("register-order", "", "the audit has ended and takes no more lines").help("begin another audit"));
        }
        match line {
            Line::Kept(kept) => self.join(*kept),
            Line::Asset(asset) => self.record(Document { assets: Fact::Known(vec![*asset]), ..Document::of(None) }, false),
            Line::Ticket(ticket) => self.record(Document { tickets: Fact::Known(vec![*ticket]), ..Document::of(None) }, false),
            Line::Facts(document) if !document.assets.is_unknown() || !document.tickets.is_unknown() => self.record(*document, true),
            Line::Facts(document) => self.ahead(*document),
        }
    }

    /// Takes what comes before the items.
    fn ahead(&mut self, document: Document) -> Result<(), Problem> {
        if self.head.is_some() {
            let message = "people, licences, exceptions, decisions and coverage come before the first asset or ticket";
            return Err(Problem::new("register-order", "", message).help("put them first"));
        }
        self.time(&document)?;
        let Document { people, exceptions, licences, decisions, coverage, .. } = document;
        append(&mut self.ahead.people, people);
        append(&mut self.ahead.exceptions, exceptions);
        append(&mut self.ahead.licences, licences);
        append(&mut self.ahead.decisions, decisions);
        append(&mut self.ahead.coverage, coverage);
        Ok(())
    }

    /// The time of an audit is one, whichever line tells it.
    fn time(&mut self, document: &Document) -> Result<(), Problem> {
        if self.at.is_none() {
            self.at = document.at.value().copied();
        }
        Ok(())
    }

    /// Judges a record, or a whole case.
    fn record(&mut self, document: Document, whole: bool) -> Result<(), Problem> {
        self.time(&document)?;
        let at = self.at.ok_or_else(time_missing)?;
        if self.head.is_none() {
            self.head = Some(Facts::new(once(std::mem::replace(&mut self.ahead, Document::of(None)))));
        }
        let Some(head) = &self.head else { return Ok(()) };
        if whole {
            append(&mut self.out.beside.people, document.people.clone());
            append(&mut self.out.beside.licences, document.licences.clone());
            append(&mut self.out.beside.exceptions, document.exceptions.clone());
            append(&mut self.out.beside.coverage, document.coverage.clone());
            if !document.decisions.is_unknown() {
                let new = document.decisions.rows().iter().filter(|row| !head.decisions_on(&row.item).contains(row));
                *self.out.tallies.decisions_beside.get_or_insert(0) += count(new.count());
            }
        }
        let facts = Facts::new(people::with_those_named(document, head));
        let context = Context { at, actor: None };
        let views = Views::default();
        let setting = Setting::new(&self.policy, &facts, &context, &views);
        for asset in facts.document().assets.rows() {
            asset::judge(setting, asset, &mut self.out);
        }
        for ticket in facts.document().tickets.rows() {
            ticket::judge(setting, ticket, whole, &mut self.out);
        }
        Ok(())
    }

    /// Goes on from what another audit kept.
    fn join(&mut self, kept: Kept) -> Result<(), Problem> {
        let Kept { policy, at, rows, tallies, people, exceptions, licences, coverage } = kept;
        let unfit = |what: &str| Problem::new("register-joined", "/audited", format!("it was audited {what}"));
        if policy != self.policy.digest() {
            return Err(unfit("by another policy").help("audit all parts by one policy"));
        }
        if *self.at.get_or_insert(at) != at {
            return Err(unfit("at another time").help("audit all parts with the same `--at`"));
        }
        self.out.rows.extend(rows);
        self.out.tallies.join(tallies);
        append(&mut self.out.beside.people, people);
        append(&mut self.out.beside.exceptions, exceptions);
        append(&mut self.out.beside.licences, licences);
        append(&mut self.out.beside.coverage, coverage);
        Ok(())
    }

    /// The next page of what was found, as lines of JSON, in the order of the records; empty where all of it was given.
    #[must_use]
    pub fn findings(&mut self) -> String {
        let mut page = String::new();
        while let Some(found) = self.out.found.pop_front() {
            push_line(&mut page, &found);
            if page.len() >= PAGE {
                break;
            }
        }
        page
    }

    /// All that came ahead of the items, and what came beside them and counts at the end.
    fn all_ahead(&mut self) -> Document {
        let mut head = match self.head.take() {
            Some(head) => head.into_document(),
            None => std::mem::replace(&mut self.ahead, Document::of(None)),
        };
        let beside = std::mem::replace(&mut self.out.beside, Document::of(None));
        append(&mut head.people, beside.people);
        append(&mut head.exceptions, beside.exceptions);
        append(&mut head.licences, beside.licences);
        append(&mut head.coverage, beside.coverage);
        let mut head = once(head);
        let decisions = std::mem::replace(&mut head.decisions, Fact::Unknown);
        let tallies = &mut self.out.tallies;
        tallies.decisions_ahead = tallies.decisions_ahead.max((!decisions.is_unknown()).then(|| count(decisions.rows().len())));
        head
    }

    /// The next page of what this audit keeps, as lines of JSON that [`add`](Self::add) of another audit takes; empty where all was given.
    #[must_use]
    pub fn state(&mut self) -> String {
        if self.given.is_none() {
            let Some(at) = self.at else { return String::new() };
            let digest = self.policy.digest().to_owned();
            let head = self.all_ahead();
            let tallies = std::mem::take(&mut self.out.tallies);
            self.given = Some(Kept::pages(&digest, at, tallies, head, std::mem::take(&mut self.out.rows)));
        }
        let mut page = String::new();
        if let Some(kept) = self.given.as_mut().and_then(VecDeque::pop_front) {
            push_line(&mut page, &line::Written { audited: &kept });
        }
        page
    }

    /// Judges what crosses records, and tells what was seen in numbers. What it found is given by [`findings`](Self::findings).
    ///
    /// # Errors
    /// No time of the audit was told, or the audit has ended already.
    pub fn finish(&mut self) -> Result<String, Vec<Problem>> {
        // Our own types always serialise.
        self.end().map(|summary| serde_json::to_string(&summary).unwrap_or_default()).map_err(|problem| vec![problem])
    }

    fn end(&mut self) -> Result<Summary, Problem> {
        if self.ended || self.given.is_some() {
            return Err(Problem::new("register-order", "", "the audit has ended already").help("begin another audit"));
        }
        let at = self.at.ok_or_else(time_missing)?;
        self.ended = true;
        let head = self.all_ahead();
        Ok(at_the_end::judge(&self.policy, at, head, &mut self.out))
    }
}

/// The audit of facts that were read whole.
///
/// # Errors
/// The facts tell no time, and neither does the caller.
pub(crate) fn audit(policy: &Policy, facts: &Facts, at: Time) -> Result<AuditAnswer, Problem> {
    let mut audit = Audit::new(policy, Some(at));
    audit.record(facts.document().clone(), true)?;
    let summary = audit.end()?;
    Ok(AuditAnswer { findings: audit.out.found.into(), summary })
}

fn time_missing() -> Problem {
    Problem::new("time-missing", "/at", "neither the question nor the facts say at what time to audit")
        .help("pass `at`, such as `2026-01-05T09:00:00+01:00`")
}

/// Every row once: a head may come twice, parts that were audited apart had the same one in front, and cases repeat what it says.
fn once(mut document: Document) -> Document {
    fn dedup<T: Ord>(rows: &mut Fact<Vec<T>>) {
        if let Fact::Known(rows) = rows {
            rows.sort_unstable();
            rows.dedup();
        }
    }
    dedup(&mut document.people);
    dedup(&mut document.exceptions);
    dedup(&mut document.licences);
    dedup(&mut document.decisions);
    dedup(&mut document.coverage);
    document
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

fn append<T>(rows: &mut Fact<Vec<T>>, more: Fact<Vec<T>>) {
    match (&mut *rows, more) {
        (_, Fact::Unknown) => {}
        (Fact::Known(rows), Fact::Known(more)) => rows.extend(more),
        (Fact::Known(_), Fact::None) => {}
        (_, more) => *rows = more,
    }
}

fn push_line<T: serde::Serialize>(page: &mut String, value: &T) {
    // Our own types always serialise.
    page.push_str(&serde_json::to_string(value).unwrap_or_default());
    page.push('\n');
}

#[cfg(test)]
mod tests;
