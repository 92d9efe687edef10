//! What judging a requirement comes to, before severity, waivers and roles are applied.

use crate::case::Thing;
use crate::code::Code;
use crate::decision::{Finding, Item, Severity};
use crate::policy::{Edge, Requirement};
use crate::time::Time;

/// What a form comes to: met where it has no gap and everything nested in it is met.
#[derive(Debug, Default)]
pub(crate) struct Outcome<'a> {
    /// Why it is not met.
    pub gaps: Vec<Gap>,
    /// Requirements of their own that were judged within it.
    pub nested: Vec<Judged<'a>>,
    /// Until when it stays met on the same facts; none: for good.
    pub until: Option<Time>,
    /// Linked assets that count as written off.
    pub written_off: Vec<String>,
}

/// A requirement that was judged on an item.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    pub requirement: &'a Requirement,
    /// What it was judged on.
    pub thing: Thing<'a>,
    pub outcome: Outcome<'a>,
    /// The procedure that applies.
    pub sop: Option<&'a str>,
}

/// One reason why a requirement is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub code: Code,
    /// None: the item that the requirement is judged on.
    pub item: Option<Item>,
    pub path: Option<String>,
    pub expected: Option<String>,
    pub found: Option<String>,
    /// In one sentence; the requirement may say it better.
    pub message: String,
    /// How to put it right; the requirement may say it better.
    pub remedy: Option<String>,
    /// Whether the facts are silent, and not wrong.
    pub unknown: bool,
}

/// A number of things, such as `1 day` or `3 days`.
pub(crate) fn counted(number: impl std::fmt::Display, one: &str) -> String {
    let number = number.to_string();
    let many = if number == "1" { "" } else { "s" };
    format!("{number} {one}{many}")
}

/// What stands where the facts are silent.
pub(crate) const NOT_RECORDED: &str = "not recorded";

impl Gap {
    /// A fact is there and is wrong.
    pub fn wrong(code: Code, message: impl Into<String>) -> Self {
        Self { code, item: None, path: None, expected: None, found: None, message: message.into(), remedy: None, unknown: false }
    }

    /// A fact is not there.
    pub fn unknown(what: impl std::fmt::Display, path: impl Into<String>) -> Self {
        let mut gap = Self::wrong(Code::NotRecorded, format!("{what} is not recorded"));
        gap.path = Some(path.into());
        gap.found = Some(NOT_RECORDED.to_owned());
        gap.unknown = true;
        gap
    }

    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    pub fn about(mut self, item: Item) -> Self {
        self.item = Some(item);
        self
    }

    /// A finding of no requirement, in the charge of those who take a step.
    pub fn finding(self, severity: Severity, charge: Option<&Edge>) -> Finding {
        let Self { code, item, path, expected, found, message, remedy, unknown: _ } = self;
        Finding {
            code: code.as_str().to_owned(),
            severity,
            follow_up: false,
            requirement: None,
            item,
            path: path.filter(|path| !path.is_empty()),
            expected,
            found,
            message,
            remedy: Some(remedy.unwrap_or_else(|| code.remedy().to_owned())),
            responsible: charge.map(|edge| edge.responsible.clone()).unwrap_or_default(),
            accountable: charge.map(|edge| edge.accountable.clone()),
            sop: None,
        }
    }
}

impl<'a> Outcome<'a> {
    /// Nothing is missing.
    pub fn met() -> Self {
        Self::default()
    }

    /// Nothing is missing until then.
    pub fn met_until(until: Option<Time>) -> Self {
        Self { until, ..Self::default() }
    }

    /// One thing is missing.
    pub fn gap(gap: Gap) -> Self {
        Self { gaps: vec![gap], ..Self::default() }
    }

    /// Met where there are no gaps.
    pub fn of(gaps: Vec<Gap>) -> Self {
        Self { gaps, ..Self::default() }
    }

    /// Whether nothing is missing here and in everything nested.
    pub fn is_met(&self) -> bool {
        self.gaps.is_empty() && self.nested.iter().all(|judged| judged.outcome.is_met())
    }

    /// Takes in what another part of the same requirement came to.
    pub fn join(&mut self, other: Self) {
        self.gaps.extend(other.gaps);
        self.nested.extend(other.nested);
        self.until = earlier(self.until, other.until);
        self.written_off.extend(other.written_off);
    }
}

/// The earlier of two ends, of which none means never.
pub(crate) fn earlier(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
