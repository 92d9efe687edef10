//! `handoff inspect`

use std::path::PathBuf;

use clap::Args;
use handoff::core::policy::document::FORMAT;
use handoff::core::visible;
use handoff::{Component, Inspection, Instance, Origin, Policy, WORLD};
use serde::{Deserialize, Serialize};

use super::{Format, Outcome, trusted};
use crate::render::{Page, Tone};

/// What is this component: its world, imports, exports, size, digest and policy?
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  handoff inspect
  handoff inspect plugin.wasm --format json

Exit status:
  0  it would be run
  1  it would be refused
  2  could not tell: usage, or the file is no component")]
pub(crate) struct Opts {
    /// The component; without it the embedded one
    component: Option<PathBuf>,
}

/// What is told of a component.
#[derive(Debug, Serialize)]
struct Report {
    /// None of a compiled one: what it imports and exports is seen when it is made.
    #[serde(flatten)]
    inspection: Option<Inspection>,
    /// What a compiled one was made of.
    compiled: Option<Origin>,
    /// The policy that is baked in.
    policy: Option<Carried>,
    /// Why it would be refused.
    refused: Option<String>,
    versions: Versions,
}

/// What this program is and reads.
#[derive(Debug, Serialize)]
struct Versions {
    handoff: &'static str,
    world: &'static str,
    policy_format: u32,
}

/// The policy that a component carries.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Carried {
    name: String,
    version: String,
    /// Its SHA-256, in lower-case hex.
    digest: String,
}

impl std::fmt::Display for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}, {}", visible(&self.name), visible(&self.version), visible(&self.digest))
    }
}

/// What a component tells of a policy.
pub(crate) fn carried(instance: &mut Instance, policy: &Policy) -> anyhow::Result<Carried> {
    Ok(serde_json::from_str(&instance.describe(policy)?)?)
}

/// What a component tells of the policy that is baked into it.
fn builtin(component: &Component) -> anyhow::Result<Option<Carried>> {
    let mut instance = component.start()?;
    let builtin = instance.builtin_policy()?;
    builtin.map(|policy| carried(&mut instance, &policy)).transpose()
}

pub(crate) fn run(opts: &Opts, format: Format) -> anyhow::Result<Outcome> {
    let (inspection, compiled, component) = match &opts.component {
        None => (Some(handoff::inspect_embedded()?), None, Component::embedded().map_err(anyhow::Error::new)),
        Some(path) => trusted::inspect(path)?,
    };
    let (policy, refused) = match component.and_then(|component| builtin(&component)) {
        Ok(policy) => (policy, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let versions = Versions { handoff: env!("CARGO_PKG_VERSION"), world: WORLD, policy_format: FORMAT };
    let report = Report { inspection, compiled, policy, refused, versions };
    let good = report.refused.is_none();
    match format {
        Format::Json => Outcome::json(&report, good),
        Format::Text => Ok(Outcome::text(page(&report), good)),
    }
}

fn page(report: &Report) -> Page {
    let Report { inspection, compiled, policy, refused, versions } = report;
    let mut page = Page::new();
    match refused {
        None => page.line(&format!("{}: ", Tone::Good.of("RUNS")), 2, "a component of the world, which imports nothing"),
        Some(reason) => page.line(&format!("{}: ", Tone::Bad.of("REFUSED")), 2, &visible(reason)),
    }
    let mut line = |label: &str, text: &str| page.line(&format!("  {label:<9}"), 11, text);
    if let Some(Inspection { world, imports, exports, size, digest }) = inspection {
        let list = |names: &[String]| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        line("world", &world.clone().unwrap_or_else(|| format!("not {WORLD}")));
        line("imports", &list(imports));
        line("exports", &list(exports));
        line("size", &format!("{size} bytes"));
        line("sha256", digest);
    }
    if let Some(Origin { handoff, target, component, code }) = compiled {
        line("compiled", &format!("by handoff {} for {}", visible(handoff), visible(target)));
        line("from", &visible(component));
        line("code", &visible(code));
    }
    line("policy", &policy.as_ref().map_or_else(|| "none baked in".to_owned(), Carried::to_string));
    line("handoff", &format!("{}, reads policy format {}", versions.handoff, versions.policy_format));
    page
}
