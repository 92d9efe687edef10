//! `handoff exceptions`

use clap::Args;
use handoff::core::ask::PolicyName;
use handoff::core::audit::{ExceptionUse, Pattern, Summary};
use handoff::core::{Date, Offset, Time};
use serde::Serialize;

use super::register::{Audited, RegisterFiles};
use super::table::Table;
use super::{Form, Outcome};
use crate::render::{self, Page, legible};

/// What became of exceptions, and which of them come so often that they should be a way of their own?
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  handoff exceptions register.ndjson
  handoff exceptions register.ndjson --month 2026-02
  handoff exceptions facts.json --format json

Exit status:
  0  all are of a declared kind, all that have expired are reconciled, and there is no pattern
  1  else
  2  could not tell: usage, input or component

As CSV there are no patterns.")]
pub(crate) struct Opts {
    #[command(flatten)]
    register: RegisterFiles,

    /// Only those that were asked for in this month, such as 2026-02, and patterns that reach into it
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    month: Option<String>,
}

/// What is told of exceptions.
#[derive(Serialize)]
struct Report {
    at: Time,
    policy: PolicyName,
    exceptions: Vec<ExceptionUse>,
    /// How many are of no kind that the policy declares, and so are counted nowhere.
    undeclared: u64,
    patterns: Vec<Pattern>,
}

pub(crate) fn run(opts: &Opts, form: Form) -> anyhow::Result<Outcome> {
    let Opts { register, month } = opts;
    if matches!(form, Form::Ndjson | Form::Teams | Form::Slack) {
        form.plain()?;
    }
    let Audited { summary, offset } = register.audit(form, |_| Ok(()))?;
    let Summary { at, policy, records, mut exceptions, mut patterns, .. } = summary;
    let undeclared = exceptions.iter().fold(records.exceptions, |left, one| left.saturating_sub(one.asked));
    if let Some(month) = month {
        exceptions.retain(|one| one.month.as_ref() == Some(month));
        patterns.retain(|pattern| reaches(pattern, month, offset));
    }
    let good = undeclared == 0 && patterns.is_empty() && exceptions.iter().all(|one| one.unreconciled == 0);
    match form {
        Form::Json => Outcome::json(&Report { at, policy, exceptions, undeclared, patterns }, good),
        Form::Csv => {
            let mut table = Table::begin(Vec::new(), &COLUMNS)?;
            exceptions.iter().try_for_each(|one| table.row(&render::exceptions::row(one)))?;
            Ok(Outcome::lines(String::from_utf8(table.end())?, good))
        }
        Form::Ndjson | Form::Teams | Form::Slack => form.plain().map(|_| Outcome::written(good)),
        Form::Text => {
            let mut page = Page::new();
            let exceptions: Vec<ExceptionUse> = legible(&serde_json::to_string(&exceptions)?)?;
            let patterns: Vec<Pattern> = legible(&serde_json::to_string(&patterns)?)?;
            render::exceptions::exceptions(&mut page, &exceptions, undeclared, &patterns, offset);
            Ok(Outcome::text(page, good))
        }
    }
}

const COLUMNS: [&str; 12] = [
    "kind",
    "department",
    "month",
    "asked",
    "approved",
    "refused",
    "open",
    "expired",
    "unreconciled",
    "renewed",
    "reconciled",
    "median_days",
];

/// Whether a part of a pattern lies in a month: days as texts order as days do.
fn reaches(pattern: &Pattern, month: &str, offset: Offset) -> bool {
    let month_of = |time: Time| Date::of(time, offset).to_string().chars().take(month.len()).collect::<String>();
    month_of(pattern.from).as_str() <= month && month <= month_of(pattern.until).as_str()
}

/// Reads a month.
fn month(text: &str) -> Result<String, String> {
    match Date::parse(&format!("{text}-01")) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("write a year and a month, such as 2026-02".to_owned()),
    }
}
