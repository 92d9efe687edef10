//! The decision log of the commands that decide: what they answer is in it before it is printed.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;

use super::Unable;
use crate::log::{Log, Settings};
use crate::source::members::Masks;

/// Where decisions are logged.
#[derive(Args, Clone, Debug)]
pub(crate) struct LogOpts {
    /// Log each decision in this file before it is answered
    #[arg(long, value_name = "FILE", help_heading = "Log")]
    log: Option<PathBuf>,

    /// Keep the facts in the log as well, so that it can be replayed
    #[arg(long, requires = "log", help_heading = "Log")]
    log_facts: bool,

    /// Mask what is at this JSON pointer of logged facts; `*` stands for any key or place; may be repeated
    #[arg(long, value_name = "POINTER", requires = "log_facts", value_parser = pointer, help_heading = "Log")]
    log_mask: Vec<String>,

    /// Add line counts and hashes to this file, to be kept elsewhere
    #[arg(long, value_name = "FILE", requires = "log", help_heading = "Log")]
    log_checkpoints: Option<PathBuf>,

    /// Go on in a new file from this size on, such as 100M
    #[arg(long, value_name = "SIZE", requires = "log", default_value = "100M", value_parser = size, help_heading = "Log")]
    log_rotate: u64,
}

impl LogOpts {
    /// Opens the log, where there is one, and tells what the user should know of it.
    pub fn open(&self) -> anyhow::Result<Option<(Log, Option<String>)>> {
        let Some(path) = self.log.clone() else { return Ok(None) };
        Log::open(Settings { path, checkpoints: self.log_checkpoints.clone(), rotate: self.log_rotate }).map(Some)
    }

    /// Whether facts are kept, and what of them is masked.
    pub fn facts(&self) -> Option<Masks> {
        self.log_facts.then(|| Masks::of(&self.log_mask))
    }

    /// Adds a line, and waits until it is on the disk.
    pub fn add(log: &Log, entry: String) -> anyhow::Result<()> {
        let failed = |reason| Unable {
            message: format!("the decision can't be logged: {reason}"),
            help: "make room or name another file with `--log`: what is not logged is not answered".to_owned(),
        };
        log.add_and_wait(entry).map(drop).map_err(|reason| anyhow!(failed(reason)))
    }
}

/// Reads a size in bytes, with `k`, `M` or `G` behind it for 1024 of the one before.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit: u64 = match text.get(digits.len()..) {
        Some("") => 1,
        Some("k" | "K") => 1 << 10,
        Some("M") => 1 << 20,
        Some("G") => 1 << 30,
        _ => return Err("expected bytes, or a number with `k`, `M` or `G` behind it".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "expected bytes, such as 4096 or 100M".to_owned())?;
    number.checked_mul(unit).filter(|size| *size > 0).ok_or_else(|| "expected another size".to_owned())
}

fn pointer(text: &str) -> Result<String, String> {
    if text.starts_with('/') { Ok(text.to_owned()) } else { Err("expected a JSON pointer, such as `/people/*/name`".to_owned()) }
}
