//! `handoff check`

use std::path::PathBuf;

use clap::Args;
use handoff::core::visible;
use handoff::{Instance, Policy};
use serde::Serialize;

use super::session::{self, Plugin, is_stdin, load, refused};
use super::{Format, Outcome, Unable};
use crate::render::problem::{Label, count, problem};
use crate::render::{Page, Tone};
use crate::source::{Located, Sort, Source};

/// Is this policy sound, and did it become laxer?
#[derive(Args, Debug)]
#[command(after_help = format!("Examples:
  handoff check policy.yaml
  handoff check policy.yaml --against policy-old.yaml
  git show HEAD:policy.yaml | handoff check policy.yaml --against -

{}", super::STATUSES))]
pub(crate) struct Opts {
    /// The policy, as YAML or JSON; `-` for stdin
    policy: PathBuf,

    /// An older policy: tell what became laxer
    #[arg(long, value_name = "OLD")]
    against: Option<PathBuf>,

    /// Exit with 1 on warnings as well
    #[arg(long)]
    deny_warnings: bool,

    #[command(flatten)]
    plugin: Plugin,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Report {
    file: String,
    problems: Vec<Located>,
    warnings: Vec<Located>,
    /// What became laxer; none where no older policy was given, or the new one does not load.
    laxer: Option<Vec<Located>>,
}

pub(crate) fn run(opts: &Opts, format: Format) -> anyhow::Result<Outcome> {
    let Opts { policy, against, deny_warnings, plugin } = opts;
    if is_stdin(policy) && against.as_deref().is_some_and(is_stdin) {
        return Err(Unable {
            message: "both policies can't be read from stdin".to_owned(),
            help: "write one of the two to a file".to_owned(),
        }
        .into());
    }
    let source = session::read(policy, Sort::Policy)?;
    let old = against.as_deref().map(|path| session::read(path, Sort::Policy)).transpose()?;
    let mut instance = plugin.start()?;
    let report = report(&mut instance, &source, old.as_ref())?;
    let Report { problems, warnings, laxer, .. } = &report;
    let good = problems.is_empty() && laxer.as_ref().is_none_or(Vec::is_empty) && (warnings.is_empty() || !deny_warnings);
    match format {
        Format::Json => Outcome::json(&report, good),
        Format::Text => Ok(Outcome::text(page(&report, *deny_warnings), good)),
    }
}

fn report(instance: &mut Instance, source: &Source, old: Option<&Source>) -> anyhow::Result<Report> {
    let file = source.name().to_owned();
    let policy = match load(instance, source)? {
        Ok(policy) => policy,
        Err(found) => {
            let (warnings, problems) = found.into_iter().partition(|located| located.problem.warning);
            return Ok(Report { file, problems, warnings, laxer: None });
        }
    };
    let warnings = source.locate(instance.warnings(&policy)?);
    let laxer = old.map(|old| laxer(instance, source, &policy, old)).transpose()?;
    Ok(Report { file, problems: Vec::new(), warnings, laxer })
}

fn laxer(instance: &mut Instance, source: &Source, policy: &Policy, old: &Source) -> anyhow::Result<Vec<Located>> {
    let than = load(instance, old)?.map_err(|problems| refused("the older policy", problems))?;
    Ok(source.locate(instance.laxer(policy, &than)?))
}

fn page(report: &Report, deny_warnings: bool) -> Page {
    let Report { file, problems, warnings, laxer } = report;
    let mut page = Page::new();
    let laxer_rows = laxer.as_deref().unwrap_or_default();
    for (label, all) in [(Label::Error, problems.as_slice()), (Label::Warning, warnings), (Label::Laxer, laxer_rows)] {
        for located in all {
            problem(&mut page, label, located);
        }
    }
    page.gap();
    let mut told = Vec::new();
    for (all, one, many) in
        [(problems.as_slice(), "error", "errors"), (warnings, "warning", "warnings"), (laxer_rows, "thing laxer", "things laxer")]
    {
        if !all.is_empty() {
            told.push(count(all.len(), one, many));
        }
    }
    if laxer.as_ref().is_some_and(Vec::is_empty) {
        told.push("nothing became laxer".to_owned());
    }
    let (word, tone) = match (problems.as_slice(), laxer_rows, warnings.as_slice()) {
        ([_, ..], _, _) => ("UNSOUND", Tone::Bad),
        (_, [_, ..], _) => ("LAXER", Tone::Bad),
        (_, _, [_, ..]) if deny_warnings => ("DOUBTFUL", Tone::Bad),
        (_, _, [_, ..]) => ("SOUND", Tone::Doubtful),
        _ => ("SOUND", Tone::Good),
    };
    let told = if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) };
    page.line(&format!("{}: ", tone.of(word)), 2, &format!("{}{told}", visible(file)));
    page
}
