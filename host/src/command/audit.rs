//! `handoff audit`

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use handoff::core::audit::{AuditFinding, Summary};
use handoff::core::{Stage, codes};
use serde::Serialize;

use super::explain::nearest;
use super::register::{Audited, RegisterFiles};
use super::rows::Rows;
use super::{Form, Outcome};
use crate::render::audit::{self, Shown};
use crate::render::{Page, legible};

/// What is wrong in a whole register, of any size?
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  handoff audit register.ndjson
  handoff audit register.ndjson --fail-on owner-departed,stalled
  handoff audit register.ndjson --format csv --summary summary.json >findings.csv
  handoff audit people.ndjson berlin.ndjson --at 2026-03-02T06:00:00Z --keep berlin.kept
  handoff audit berlin.kept lisbon.kept

Exit status:
  0  nothing was found, or nothing with a code of `--fail-on`
  1  something was found
  2  could not audit: usage, input or component

As JSON, each line is a finding, and the last one the summary. As CSV there are findings only.")]
pub(crate) struct Opts {
    #[command(flatten)]
    register: RegisterFiles,

    /// Exit with 1 only where something with one of these codes was found; may be repeated
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = code, help_heading = "Output")]
    fail_on: Vec<String>,

    /// Write the summary to this file as well, as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "keep", help_heading = "Output")]
    summary: Option<PathBuf>,

    /// Audit a part: keep what crosses its records in this file, for `handoff audit FILE…` to join the parts
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    keep: Option<PathBuf>,
}

/// The last line.
#[derive(Serialize)]
struct Last<'a> {
    summary: &'a Summary,
}

pub(crate) fn run(opts: &Opts, form: Form) -> anyhow::Result<Outcome> {
    let Opts { register, fail_on, summary, keep } = opts;
    summary.iter().chain(keep).try_for_each(|output| register.apart(output))?;
    let mut rows = Rows::of(form)?;
    let mut shown = Shown::default();
    let mut counts = BTreeMap::new();
    let found = |found: AuditFinding| {
        match counts.get_mut(&found.finding.code) {
            Some(count) => *count += 1_u64,
            None => drop(counts.insert(found.finding.code.clone(), 1)),
        }
        match &mut rows {
            Some(rows) => rows.take(&found)?,
            None => shown.take(found),
        }
        Ok(())
    };
    let audited = match keep {
        None => Some(register.audit(form, found)?),
        Some(file) => register.keep(form, found, file).map(|()| None)?,
    };
    if let (Some(file), Some(Audited { summary, .. })) = (summary, &audited) {
        write(file, summary)?;
    }
    // What was found of parts that are joined now is told by the summary alone.
    let counts = audited.as_ref().map_or(&counts, |audited| &audited.summary.findings);
    let is_bad = |code: &String| fail_on.is_empty() || fail_on.contains(code);
    let good = !counts.iter().any(|(code, count)| *count > 0 && is_bad(code));
    if let Some(rows) = rows {
        rows.end(audited.as_ref().map(|Audited { summary, .. }| Last { summary }).as_ref())?;
        return Ok(Outcome::written(good));
    }
    let mut page = Page::new();
    audit::found(&mut page, &shown, counts);
    match (&audited, keep) {
        (Some(Audited { summary, offset }), _) => audit::summary(&mut page, &legible(&serde_json::to_string(summary)?)?, *offset),
        (None, Some(file)) => audit::kept(&mut page, &file.display().to_string()),
        (None, None) => {}
    }
    Ok(Outcome::text(page, good))
}

fn write(file: &Path, summary: &Summary) -> anyhow::Result<()> {
    let mut text = serde_json::to_string(summary)?;
    text.push('\n');
    fs::write(file, text).with_context(|| format!("can't write `{}`", file.display()))
}

/// Whether a code is one of findings, and not of a document that is refused.
fn is_finding(stage: Stage) -> bool {
    matches!(stage, Stage::Decision | Stage::Plan | Stage::PlanOrAudit | Stage::Audit)
}

/// Reads a code that a finding may have.
fn code(text: &str) -> Result<String, String> {
    let known: Vec<&'static str> = codes().into_iter().filter(|one| is_finding(one.stage)).map(|one| one.code).collect();
    if known.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(match nearest(text, known).as_slice() {
        [] => "no finding has this code; `handoff explain --list` tells all of them".to_owned(),
        near => format!("no finding has this code; did you mean {}?", near.join(" or ")),
    })
}
