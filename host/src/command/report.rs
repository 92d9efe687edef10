//! `handoff report`

use std::path::PathBuf;

use clap::Args;

use super::register::{Audited, RegisterFiles, whole};
use super::{Form, Format, Outcome};
use crate::render::report::{Listed, report};

/// How does the register stand? As one page for people who would rather look than read
#[derive(Args, Debug)]
#[command(after_help = "The page holds all that it needs: it loads nothing, runs no script, and can be sent or printed as it is.

Examples:
  handoff report register.ndjson -o report.html
  handoff report register.ndjson -o report.html --title \"Equipment of the clinic\"
  handoff report berlin.kept lisbon.kept -o - > report.html

Exit status:
  0  nothing found
  1  something found, as the page tells
  2  no page: usage, input, output or component")]
pub(crate) struct Opts {
    #[command(flatten)]
    register: RegisterFiles,

    /// Where to write the page; `-` for stdout
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: PathBuf,

    /// What to call the page
    #[arg(long, value_name = "TEXT", default_value = "Assets and handoffs", help_heading = "Output")]
    title: String,
}

pub(crate) fn run(opts: &Opts, _: Format) -> anyhow::Result<Outcome> {
    let Opts { register, output, title } = opts;
    register.apart(output)?;
    let mut listed = Listed::default();
    let Audited { summary, offset } = register.audit(Form::Text, |finding| {
        listed.take(finding);
        Ok(())
    })?;
    let good = summary.findings.values().all(|count| *count == 0);
    let page = report(&summary, &listed.findings(), offset, title);
    if output.as_os_str() == "-" {
        return Ok(Outcome::lines(page, good));
    }
    whole(output, |to| Ok(to.write_all(page.as_bytes())?))?;
    Ok(Outcome::written(good))
}
