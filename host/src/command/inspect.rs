//! `handoff inspect`

use std::path::PathBuf;

use clap::Args;
use handoff::core::policy::document::FORMAT;
use handoff::{Component, Inspection, Limits, WORLD};
use serde::Serialize;

use super::{Format, Outcome};
use crate::render::{Page, Tone};

/// What is this component: its world, imports, exports, size and digest?
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
    #[serde(flatten)]
    inspection: Inspection,
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

pub(crate) fn run(opts: &Opts, format: Format) -> anyhow::Result<Outcome> {
    let limits = Limits::default();
    let (inspection, started) = match &opts.component {
        None => (handoff::inspect_embedded()?, Component::embedded()?.start().map(drop)),
        Some(path) => {
            let (inspection, component) = handoff::inspect(&handoff::read(path, &limits)?, limits)?;
            (inspection, component.map(drop))
        }
    };
    let versions = Versions { handoff: env!("CARGO_PKG_VERSION"), world: WORLD, policy_format: FORMAT };
    let report = Report { inspection, refused: started.err().map(|error| error.to_string()), versions };
    let good = report.refused.is_none();
    match format {
        Format::Json => Outcome::json(&report, good),
        Format::Text => Ok(Outcome::text(page(&report), good)),
    }
}

fn page(report: &Report) -> Page {
    let Report { inspection: Inspection { world, imports, exports, size, digest }, refused, versions } = report;
    let mut page = Page::new();
    match refused {
        None => page.line(&format!("{}: ", Tone::Good.of("RUNS")), 2, "a component of the world, which imports nothing"),
        Some(reason) => page.line(&format!("{}: ", Tone::Bad.of("REFUSED")), 2, reason),
    }
    let list = |names: &[String]| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    for (label, text) in [
        ("world", world.clone().unwrap_or_else(|| format!("not {WORLD}"))),
        ("imports", list(imports)),
        ("exports", list(exports)),
        ("size", format!("{size} bytes")),
        ("sha256", digest.clone()),
        ("handoff", format!("{}, reads policy format {}", versions.handoff, versions.policy_format)),
    ] {
        page.line(&format!("  {label:<9}"), 11, &text);
    }
    page
}
