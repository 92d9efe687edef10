//! The command `handoff`.

mod command;
mod log;
mod mapping;
mod render;
#[cfg(feature = "serve")]
mod serve;
mod source;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run()
}
