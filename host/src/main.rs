//! The command `handoff`.

mod command;
mod mapping;
mod render;
mod source;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run()
}
