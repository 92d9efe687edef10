//! `handoff replay`

use std::path::PathBuf;

use clap::Args;
use handoff::core::ask::AllowOrDeny;
use handoff::core::visible;
use serde::Serialize;

use super::session::{Given, Plugin};
use super::stream::Stream;
use super::{Format, Outcome, Unable};
use crate::log::{Flip, Replayed, Undecided, replay, segments, verify};

/// What would come out otherwise by another policy, of all that was decided?
#[derive(Args, Debug)]
#[command(
    after_help = "Only lines with their facts (`--log-facts`) are decided again. Time and facts are those of the line, so it comes out as it would have then.

Examples:
  handoff replay decisions.ndjson --policy new.yaml
  handoff replay decisions.ndjson --policy new.yaml --format json

Exit status:
  0  every verdict is the same
  1  some flip, or can't be decided any more
  2  could not replay: usage, input or component

As JSON, each line is a flip, and the last one the summary."
)]
pub(crate) struct Opts {
    /// The log
    #[arg(value_name = "LOG")]
    path: PathBuf,

    /// The policy to decide by, as YAML or JSON; without it the component's own, or else the reference policy
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    policy: Option<PathBuf>,

    #[command(flatten)]
    plugin: Plugin,
}

/// The last line.
#[derive(Serialize)]
struct Last<'a> {
    summary: &'a Replayed,
}

pub(crate) fn run(opts: &Opts, format: Format) -> anyhow::Result<Outcome> {
    let Opts { path, policy, plugin } = opts;
    if let Some(fault) = verify(&segments(path)?, None)?.faults.first() {
        let message = format!("the log is not as it was written: `{}`, line {}: {}", fault.file, fault.line, fault.message);
        return Err(Unable { message, help: "`handoff log verify` tells all that is wrong with it".to_owned() }.into());
    }
    let given = Given::of(policy.as_deref(), plugin)?;
    let (mut instance, policy, _) = given.load(&plugin.component()?)?;
    let mut stream = Stream::new();
    let replayed = replay(&segments(path)?, &mut instance, &policy, |flip| match format {
        Format::Json => stream.json(&flip),
        Format::Text => stream.line(&row(&flip)),
    })?;
    match format {
        Format::Json => stream.json(&Last { summary: &replayed })?,
        Format::Text => {
            for Undecided { seq, reason } in &replayed.undecided {
                stream.line(&format!("{seq} can't be decided any more: {}", visible(reason)))?;
            }
            stream.line(&told(&replayed))?;
        }
    }
    stream.end()?;
    Ok(Outcome::written(replayed.flips == 0 && replayed.undecided.is_empty()))
}

fn told(replayed: &Replayed) -> String {
    let Replayed { lines, flips, other_reasons, without_facts, masked, undecided } = replayed;
    let mut told = format!("{lines} lines decided again: {flips} decisions flip, {other_reasons} have other reasons");
    for (number, what) in [
        (*without_facts, "lines without facts left out"),
        (*masked, "lines with masked facts"),
        (u64::try_from(undecided.len()).unwrap_or(u64::MAX), "lines can't be decided any more"),
    ] {
        if number > 0 {
            told.push_str(&format!("; {number} {what}"));
        }
    }
    told
}

/// A flip in one line.
fn row(flip: &Flip) -> String {
    let Flip { seq, item, to, was, now, added, gone, masked } = flip;
    let verdict = |verdict: &Option<AllowOrDeny>| match verdict {
        Some(AllowOrDeny::Allow) => "allow",
        Some(AllowOrDeny::Deny) => "deny",
        None => "no such step",
    };
    let to = to.as_deref().map(|to| format!(" to {}", visible(to))).unwrap_or_default();
    let codes = |sign: &str, codes: &[String]| codes.iter().map(|code| format!(" {sign}{code}")).collect::<String>();
    let doubt = if *masked { " (its facts are masked)" } else { "" };
    let change = format!("{}{}", codes("+", added), codes("-", gone));
    format!("{seq} {}{to}: {} -> {}{}{doubt}", visible(&item.to_string()), verdict(was), verdict(now), visible(&change))
}
