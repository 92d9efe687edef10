//! `handoff log`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use handoff::core::ask::AllowOrDeny;
use handoff::core::{Item, Time, visible};

use super::stream::Stream;
use super::{Format, Outcome, session};
use crate::log::{Decided, Fault, Filter, Line, Verified, segments, show, verify};
use crate::render::problem::count;
use crate::render::{Page, Tone};

/// Is this decision log as it was written, and what does it say?
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  handoff log verify decisions.ndjson
  handoff log show decisions.ndjson --item asset:LT-1

Exit status:
  0  the log is as it was written; or lines were shown
  1  it is not; or no line is as asked
  2  could not tell: usage or input")]
pub(crate) struct Opts {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Verify(VerifyOpts),
    Show(ShowOpts),
}

/// Find whatever was changed, taken away or moved
#[derive(Args, Debug)]
#[command(
    after_help = "Files that were rotated away (`FILE.1`, `FILE.2`, …) are read before the one that is named. That lines were cut off at the end is found
with checkpoints only: keep them where whoever writes the log can't write.

Examples:
  handoff log verify decisions.ndjson
  handoff log verify decisions.ndjson --checkpoints checkpoints.ndjson

Exit status:
  0  the log is as it was written
  1  it is not
  2  could not tell: usage or input"
)]
struct VerifyOpts {
    /// The log
    #[arg(value_name = "LOG")]
    path: PathBuf,

    /// The line counts and hashes that were kept elsewhere
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<PathBuf>,
}

/// Show decisions
#[derive(Args, Debug)]
#[command(after_help = "As JSON, lines are shown as they stand in the log.

Examples:
  handoff log show decisions.ndjson --item asset:LT-1
  handoff log show decisions.ndjson --verdict deny --code owner-mismatch --since 2026-03-01T00:00:00Z
  handoff log show decisions.ndjson --format json

Exit status:
  0  shown
  1  no line is as asked
  2  could not tell: usage or input")]
struct ShowOpts {
    /// The log
    #[arg(value_name = "LOG")]
    path: PathBuf,

    /// Only decisions on this item
    #[arg(long, value_parser = session::item, help_heading = "Filters")]
    item: Option<Item>,

    /// Only decisions of this verdict
    #[arg(long, value_enum, help_heading = "Filters")]
    verdict: Option<Verdict>,

    /// Only decisions with a finding of this code
    #[arg(long, value_name = "CODE", help_heading = "Filters")]
    code: Option<String>,

    /// Only lines that were written at this time or later
    #[arg(long, value_name = "TIME", value_parser = Time::parse, help_heading = "Filters")]
    since: Option<Time>,

    /// Only lines that were written before this time
    #[arg(long, value_name = "TIME", value_parser = Time::parse, help_heading = "Filters")]
    until: Option<Time>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Verdict {
    /// Proceed
    Allow,
    /// Don't
    Deny,
}

pub(crate) fn run(opts: &Opts, format: Format) -> anyhow::Result<Outcome> {
    match &opts.command {
        Command::Verify(VerifyOpts { path, checkpoints }) => verified(&verify(&segments(path)?, checkpoints.as_deref())?, format),
        Command::Show(opts) => shown(opts, format),
    }
}

fn verified(verified: &Verified, format: Format) -> anyhow::Result<Outcome> {
    let good = verified.faults.is_empty();
    if format == Format::Json {
        return Outcome::json(verified, good);
    }
    let mut page = Page::new();
    for Fault { file, line, fault: _, message } in &verified.faults {
        page.line(&format!("{}: ", Tone::Bad.of(&format!("{}:{line}", visible(file)))), 2, message);
    }
    if !good {
        page.gap();
    }
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let head = if good { Tone::Good.of("INTACT") } else { Tone::Bad.of("NOT INTACT") };
    let lines = count(number(verified.lines), "line", "lines");
    let range = verified.first.zip(verified.last).map(|(first, last)| format!(", {first} to {last}")).unwrap_or_default();
    let checked = count(number(verified.checkpoints), "checkpoint", "checkpoints");
    page.line("", 0, &format!("{head}: {lines}{range}, in {}, {checked}", count(verified.files, "file", "files")));
    if verified.torn {
        page.line("", 0, "The last line is not whole: it was being written, and is no answer.");
    }
    if let Some(hash) = &verified.hash {
        page.line("", 0, &format!("The last line has the hash {hash}"));
    }
    Ok(Outcome::text(page, good))
}

fn shown(opts: &ShowOpts, format: Format) -> anyhow::Result<Outcome> {
    let ShowOpts { path, item, verdict, code, since, until } = opts;
    let verdict = verdict.map(|verdict| match verdict {
        Verdict::Allow => AllowOrDeny::Allow,
        Verdict::Deny => AllowOrDeny::Deny,
    });
    let filter = Filter { item: item.clone(), verdict, code: code.clone(), since: *since, until: *until };
    let mut stream = Stream::new();
    let mut some = false;
    show(&segments(path)?, |line, text| {
        if !filter.takes(&line) {
            return Ok(());
        }
        some = true;
        match format {
            Format::Json => stream.line(text),
            Format::Text => line
                .decisions
                .iter()
                .filter(|decided| filter.takes_decision(decided))
                .try_for_each(|decided| stream.line(&row(&line, decided))),
        }
    })?;
    stream.end()?;
    Ok(Outcome::written(some))
}

/// A decision in one line.
fn row(line: &Line, decided: &Decided) -> String {
    let verdict = match (decided.verdict, decided.by_exception) {
        (AllowOrDeny::Allow, false) => "allow",
        (AllowOrDeny::Allow, true) => "allow by exception",
        (AllowOrDeny::Deny, _) => "deny",
    };
    let to = decided.to.as_deref().map(|to| format!(" to {}", visible(to))).unwrap_or_default();
    let codes = if decided.findings.is_empty() { String::new() } else { format!(": {}", decided.findings.join(", ")) };
    format!("{} {} {} {}{to}: {verdict}{}", line.seq, line.time, line.ask, visible(&decided.item.to_string()), visible(&codes))
}
