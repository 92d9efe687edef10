//! `handoff explain`

use clap::Args;
use handoff::core::{Explanation, Stage, codes, explain};
use serde::Serialize;

use super::{Format, Outcome, Unable};
use crate::render::{Page, Tone};

/// What does a code mean, and how is it put right?
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  handoff explain not-recorded
  handoff explain --list
  handoff explain --list --format json

Exit status:
  0  told
  2  there is no such code")]
pub(crate) struct Opts {
    /// The code; without it all of them
    code: Option<String>,

    /// All codes
    #[arg(long, conflicts_with = "code")]
    list: bool,
}

/// A code, as JSON.
#[derive(Debug, Serialize)]
struct Row {
    code: &'static str,
    stage: &'static str,
    means: &'static str,
    remedy: &'static str,
}

impl From<Explanation> for Row {
    fn from(explanation: Explanation) -> Self {
        let Explanation { code, stage, means, remedy } = explanation;
        Self { code, stage: word(stage), means, remedy }
    }
}

fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Decision => "decision",
        Stage::Plan => "plan",
        Stage::PlanOrAudit => "plan-or-audit",
        Stage::Audit => "audit",
        Stage::Policy => "policy",
        Stage::Facts => "facts",
        Stage::Question => "question",
    }
}

pub(crate) fn run(opts: &Opts, format: Format) -> anyhow::Result<Outcome> {
    let Opts { code, list: _ } = opts;
    match (code, format) {
        (Some(code), Format::Json) => Outcome::json(&Row::from(one(code)?), true),
        (Some(code), Format::Text) => {
            let Explanation { code, stage, means, remedy } = one(code)?;
            let mut page = Page::new();
            page.raw(&format!("{} {}", Tone::Strong.of(code), Tone::Faint.of(&format!("({})", of(stage)))));
            page.line("  means: ", 9, means);
            page.line("  fix:   ", 9, remedy);
            Ok(Outcome::text(page, true))
        }
        (None, Format::Json) => Outcome::json(&codes().into_iter().map(Row::from).collect::<Vec<_>>(), true),
        (None, Format::Text) => {
            let mut page = Page::new();
            let mut stage = None;
            for explanation in codes() {
                if stage.replace(explanation.stage) != Some(explanation.stage) {
                    let mut title = of(explanation.stage).to_owned();
                    title.get_mut(..1).map(str::make_ascii_uppercase).unwrap_or_default();
                    page.heading(&title);
                }
                page.line(&format!("  {:<30} ", explanation.code), 33, explanation.means);
            }
            Ok(Outcome::text(page, true))
        }
    }
}

fn of(stage: Stage) -> &'static str {
    match stage {
        Stage::Decision => "a reason in a decision",
        Stage::Plan => "a finding of a plan or a review",
        Stage::PlanOrAudit => "a finding of a plan or a review, and of an audit",
        Stage::Audit => "a finding of an audit",
        Stage::Policy => "a problem of a policy",
        Stage::Facts => "a problem of facts",
        Stage::Question => "a problem of a question",
    }
}

fn one(code: &str) -> anyhow::Result<Explanation> {
    if let Some(explanation) = explain(code) {
        return Ok(explanation);
    }
    let near = nearest(code, codes().into_iter().map(|other| other.code));
    let help = if near.is_empty() {
        "`handoff explain --list` tells all of them".to_owned()
    } else {
        format!("did you mean {}?", near.join(" or "))
    };
    Err(Unable { message: format!("there is no code `{code}`"), help }.into())
}

/// Codes that may be meant, in backticks, the nearest first.
pub(super) fn nearest(asked: &str, codes: impl IntoIterator<Item = &'static str>) -> Vec<String> {
    let asked = asked.to_ascii_lowercase().replace([' ', '_'], "-");
    let mut near: Vec<&str> = codes.into_iter().filter(|code| alike(code, &asked)).collect();
    near.sort_by_key(|code| strsim::osa_distance(code, &asked));
    near.into_iter().map(|code| format!("`{code}`")).collect()
}

/// Whether two codes share most of their words, or are the same but for a slip.
fn alike(code: &str, asked: &str) -> bool {
    let words: Vec<&str> = asked.split('-').filter(|word| word.len() > 2).collect();
    let shared = words.iter().filter(|word| code.split('-').any(|other| other == **word)).count();
    // A letter too many, too few, wrong or swapped for every five.
    strsim::osa_distance(code, asked) * 5 <= code.len() || (shared > 0 && shared * 2 >= words.len().max(code.split('-').count()))
}
