//! `handoff compile`

use std::path::PathBuf;

use clap::Args;
use handoff::Limits;

use super::register::{apart, whole};
use super::session::is_stdin;
use super::{Format, Outcome, Unable};

/// Compile a component ahead, so that it starts at once
#[derive(Args, Debug)]
#[command(
    after_help = "The result is native code for machines of this kind and for this version of handoff; `--component` takes it where nobody but its
user could have written it. Keep the component: the result can be made anew from it, and not the other way round.

Examples:
  handoff compile acme.wasm -o acme.cwasm
  handoff close facts.json --component acme.cwasm

Exit status:
  0  it is compiled
  2  it is not: usage, input, output, or a component that would be refused"
)]
pub(crate) struct Opts {
    /// The component
    component: PathBuf,

    /// Where to write the compiled component
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: PathBuf,
}

pub(crate) fn run(opts: &Opts, _: Format) -> anyhow::Result<Outcome> {
    let Opts { component, output } = opts;
    to_file(output)?;
    apart(output, [component.as_path()])?;
    let compiled = handoff::compile(&super::trusted::bytes(component)?, Limits::default())?;
    whole(output, |to| Ok(to.write_all(&compiled)?))?;
    let written = format!("compiled `{}` into `{}`, {} bytes", component.display(), output.display(), compiled.len());
    Ok(Outcome::written(true).with_note(Some(written)))
}

/// Refuses to write what is no text to a terminal or a pipe.
pub(super) fn to_file(output: &std::path::Path) -> anyhow::Result<()> {
    if is_stdin(output) {
        let help = "name a file".to_owned();
        return Err(Unable { message: "a component is not written to stdout".to_owned(), help }.into());
    }
    Ok(())
}
