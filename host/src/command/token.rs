//! `handoff token`

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use handoff::core::Time;
use serde_json::json;

use super::{Format, Outcome};
use crate::serve::{Scope, issue};

/// Make a token with which `handoff serve` may be asked
#[derive(Args, Debug)]
#[command(
    after_help = "The token is printed once, and the file holds only its hash. Each line of the file is a token: taking the line away takes the token
back, also from a server that runs.

Examples:
  handoff token servicenow --scope decide --tokens tokens.ndjson
  handoff token prometheus --scope metrics --expires 2027-01-01T00:00:00Z --tokens tokens.ndjson

Exit status:
  0  the token is made
  2  it is not: usage, or the file can't be written"
)]
pub(crate) struct Opts {
    /// What to call it in logs: the platform that asks, and not a person
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,

    /// What it is good for; may be repeated, or hold several with commas between
    #[arg(long = "scope", value_enum, value_name = "SCOPE", value_delimiter = ',', required = true)]
    scopes: Vec<Scope>,

    /// The moment from which on it is good for nothing, such as 2027-01-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = Time::parse)]
    expires: Option<Time>,

    /// The file that its hash is added to
    #[arg(long, value_name = "FILE")]
    tokens: PathBuf,
}

pub(crate) fn run(opts: &Opts, format: Format) -> anyhow::Result<Outcome> {
    let Opts { name, scopes, expires, tokens } = opts;
    let scopes: BTreeSet<Scope> = scopes.iter().copied().collect();
    let token = issue(tokens, name, scopes.clone(), *expires)?;
    match format {
        Format::Json => Outcome::json(&json!({"name": name, "scopes": scopes, "expires": expires, "token": token}), true),
        Format::Text => Ok(Outcome::lines(format!("{token}\n"), true)),
    }
}

fn name(text: &str) -> Result<String, String> {
    let is_plain = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if is_plain { Ok(text.to_owned()) } else { Err("expected up to 64 letters, digits, `.`, `_` or `-`".to_owned()) }
}
