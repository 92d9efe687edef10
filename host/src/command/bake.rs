//! `handoff bake`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use handoff::{Baker, Component, EMBEDDED, Error, Limits};
use serde::Serialize;

use super::compile::to_file;
use super::inspect::{Carried, carried};
use super::progress::bar;
use super::register::{apart, whole};
use super::session::{read, refused};
use super::{Form, Format, Outcome, trusted};
use crate::render::Page;
use crate::render::problem::{Label, problem};
use crate::source::{Located, Sort};

/// Make a component that decides by a policy of its own
#[derive(Args, Debug)]
#[command(
    after_help = "The result is one file that a platform loads: it decides without being given a policy, and tells the name, version and digest of
its own. The same policy gives the same bytes.

Examples:
  handoff bake policy.yaml -o acme.wasm
  handoff inspect acme.wasm
  handoff close facts.json --component acme.wasm

Exit status:
  0  the component is written
  2  it is not: usage, policy, output or component"
)]
pub(crate) struct Opts {
    /// The policy, as YAML or JSON; `-` for stdin
    policy: PathBuf,

    /// Where to write the component
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: PathBuf,

    /// The component that the policy is baked into; without it the embedded one
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    component: Option<PathBuf>,
}

/// What was made.
#[derive(Debug, Serialize)]
struct Report {
    policy: Carried,
    /// Its size in bytes.
    size: usize,
    /// What is doubtful in the policy.
    warnings: Vec<Located>,
}

pub(crate) fn run(opts: &Opts, format: Format) -> anyhow::Result<Outcome> {
    let Opts { policy, output, component } = opts;
    to_file(output)?;
    apart(output, [policy.as_path()].into_iter().chain(component.as_deref()))?;
    let source = read(policy, Sort::Policy)?;
    let json = source.json().map_err(|problems| refused("the policy", problems))?;
    let wrong = |error| match error {
        Error::Policy(problems) => refused("the policy", source.locate(problems)),
        error => error.into(),
    };
    let given = component.as_deref().map(trusted::bytes).transpose()?;
    if given.is_none() {
        // What is wrong with it is told before anything is compiled.
        Component::embedded()?.start()?.load_policy(json).map_err(wrong)?;
    }
    let progress = bar(Form::Text, None, "", "{spinner} compiling the component, and starting it with the policy: {elapsed} gone");
    progress.enable_steady_tick(Duration::from_millis(100));
    let baker = Baker::new(given.as_deref().unwrap_or(EMBEDDED), Limits::default())?;
    let (baked, component) = baker.bake(json).map_err(wrong)?;
    progress.finish_and_clear();
    // What is told is what the component says that is written.
    let mut instance = component.start()?;
    let builtin = instance.builtin_policy()?.ok_or(Error::NoPolicy)?;
    let warnings = source.locate(instance.warnings(&builtin)?);
    let report = Report { policy: carried(&mut instance, &builtin)?, size: baked.len(), warnings };
    whole(output, |to| Ok(to.write_all(&baked)?))?;
    match format {
        Format::Json => Outcome::json(&report, true),
        Format::Text => Ok(Outcome::text(page(&report), true)),
    }
}

fn page(report: &Report) -> Page {
    let Report { policy, size, warnings } = report;
    let mut page = Page::new();
    for located in warnings {
        problem(&mut page, Label::Warning, located);
    }
    page.gap();
    page.line("BAKED: ", 2, &format!("{policy}, {size} bytes"));
    page
}
