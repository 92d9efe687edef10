//! `handoff conform`

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;

use clap::Args;
use handoff::Component;
use handoff::conformance::{Case, Got, Outcome as Came, Suite, shown};
use handoff::core::visible;
use serde::Serialize;
use serde_json::{Value, json};

use super::progress::bar;
use super::{Form, Format, Outcome, Unable, trusted};
use crate::render::problem::count;
use crate::render::{Page, Tone};

/// Does this component answer as the cases say?
#[derive(Args, Debug)]
#[command(
    after_help = "Each case is a policy, facts, a question, and what has to be answered. A component that is stopped, or gives no answer, differs; the
cases after it are run all the same. Questions that are younger than the world (plan, review, audit) may be left out: a component that
does not know them does not offer them.

Examples:
  handoff conform
  handoff conform plugin.wasm
  handoff conform plugin.wasm --cases tests/cases --format json

Exit status:
  0  all cases agree, but for what is not offered
  1  some differ
  2  could not run: usage, cases or component"
)]
pub(crate) struct Opts {
    /// The component, also compiled ahead; without it the embedded one
    component: Option<PathBuf>,

    /// A folder of cases, with the folders `policies` and `facts` beside it; without it the project's own cases
    #[arg(long, value_name = "DIR", help_heading = "Question")]
    cases: Option<PathBuf>,

    /// How many processors take part; without it all
    #[arg(long, value_name = "N", help_heading = "Output")]
    jobs: Option<NonZeroUsize>,
}

/// What the cases came to.
#[derive(Debug, Serialize)]
struct Report<'a> {
    cases: usize,
    agree: usize,
    /// By the sort of question.
    not_offered: BTreeMap<&'a str, usize>,
    differ: Vec<Differs<'a>>,
}

/// A case that does not agree.
#[derive(Debug, Serialize)]
struct Differs<'a> {
    case: &'a str,
    title: &'a str,
    rules: &'a [String],
    differences: Vec<String>,
    expected: &'a serde_json::Map<String, Value>,
    #[serde(serialize_with = "as_json")]
    came: Got,
}

/// So many cases that differ are shown in full.
const SHOWN: usize = 20;

pub(crate) fn run(opts: &Opts, form: Form) -> anyhow::Result<Outcome> {
    let Opts { component, cases, jobs } = opts;
    let format = form.plain()?;
    let component = component.as_deref().map_or_else(|| Ok(Component::embedded()?), trusted::component)?;
    let suite = cases.as_deref().map_or_else(Suite::embedded, Suite::read).map_err(|faults| Unable {
        message: format!("the cases can't be used:\n{}", faults.join("\n")),
        help: "the form of a case stands in tests/cases/README.md".to_owned(),
    })?;
    let length = suite.cases().len();
    let progress = bar(form, u64::try_from(length).ok(), "{bar:40} {pos} of {len} cases, {elapsed} gone, {eta} to go", "{spinner}");
    let jobs = jobs.or_else(|| available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let came = suite.run(&component, jobs, &|| progress.inc(1));
    progress.finish_and_clear();
    let report = Report::of(suite.cases(), came);
    if report.agree == 0 && report.differ.is_empty() {
        let message = if length == 0 { "there are no cases" } else { "the component offers nothing of what the cases ask" };
        return Err(Unable { message: message.to_owned(), help: "name a folder of cases with `--cases`".to_owned() }.into());
    }
    let good = report.differ.is_empty();
    match format {
        Format::Json => Outcome::json(&report, good),
        Format::Text => Ok(Outcome::text(page(&report), good)),
    }
}

impl<'a> Report<'a> {
    fn of(cases: &'a [Case], came: Vec<Came>) -> Self {
        let mut report = Self { cases: cases.len(), agree: 0, not_offered: BTreeMap::new(), differ: Vec::new() };
        for (case, came) in cases.iter().zip(came) {
            match came {
                Came::Agrees => report.agree = report.agree.saturating_add(1),
                Came::NotOffered => {
                    let count = report.not_offered.entry(case.question().unwrap_or_default()).or_default();
                    *count = count.saturating_add(1);
                }
                Came::Differs { differences, got } => {
                    let Case { name, title, rules, expect, .. } = case;
                    report.differ.push(Differs { case: name, title, rules, differences, expected: expect, came: got });
                }
            }
        }
        report
    }
}

fn as_json<S: serde::Serializer>(came: &Got, to: S) -> Result<S::Ok, S::Error> {
    // What is no JSON is shown as the text that it is.
    let tree = |answer: &String| serde_json::from_str(answer).unwrap_or_else(|_| json!(answer));
    let told = match came {
        Got::Problems(problems) => json!({"problems": problems}),
        Got::Warnings(warnings) => json!({"warnings": warnings}),
        Got::Laxer(laxer) => json!({"laxer": laxer}),
        Got::Answer(answer, None) => json!({"answer": tree(answer)}),
        Got::Answer(answer, Some(other)) => json!({"answer": tree(answer), "other": tree(other)}),
        Got::Nothing(error) => json!({"error": error}),
    };
    told.serialize(to)
}

fn page(report: &Report<'_>) -> Page {
    let Report { cases, agree, not_offered, differ } = report;
    let mut page = Page::new();
    let of = count(*cases, "case", "cases");
    match differ.len() {
        0 => page.line(&format!("{}: ", Tone::Good.of("AGREES")), 2, &format!("{agree} of {of}")),
        some => page.line(&format!("{}: ", Tone::Bad.of("DIFFERS")), 2, &format!("{some} of {of}; {agree} agree")),
    }
    if !not_offered.is_empty() {
        let sorts: Vec<String> = not_offered.iter().map(|(sort, count)| format!("{sort} {count}")).collect();
        page.line("  not offered  ", 15, &sorts.join(", "));
    }
    for Differs { case, title, differences, expected, came, .. } in differ.iter().take(SHOWN) {
        page.gap();
        page.line(&format!("{}: ", Tone::Strong.of(&visible(case))), 2, &visible(title));
        for difference in differences {
            page.line("  - ", 4, &visible(difference));
        }
        page.raw("  expected");
        block(&mut page, &handoff::conformance::written(expected));
        page.raw("  came");
        block(&mut page, &shown(came));
    }
    if let Some(more) = differ.get(SHOWN..).filter(|more| !more.is_empty()) {
        page.gap();
        page.line("", 2, &format!("and {} more, which `--format json` tells", more.len()));
    }
    page
}

/// Lines that stand in a case as they are.
fn block(page: &mut Page, lines: &str) {
    lines.lines().for_each(|line| page.raw(&format!("  {}", visible(line))));
}
