//! The smallest program that decides: `cargo run --release --example embed`.
#![allow(clippy::print_stdout, reason = "it tells what was decided")]

use std::num::NonZeroUsize;

use handoff::{Component, Pool};

/// What of an answer is of interest here.
#[derive(serde::Deserialize)]
struct Answer {
    decision: String,
    findings: Vec<serde_json::Value>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The embedded component has the reference policy; `Component::from_file("acme.wasm", …)` would bring its own.
    let pool = Pool::new(Component::embedded()?, None, NonZeroUsize::MIN)?;
    let facts = std::fs::read_to_string("examples/monday-laptop/facts.json")?;
    let answer = pool.ask(&facts, r#"{"ask": "closure", "item": "ticket:REQ-2041"}"#)?;
    let Answer { decision, findings } = serde_json::from_str(&answer)?;
    // Whatever goes wrong above is an error, and so a refusal: nothing but an allow lets the ticket close.
    println!("{decision}, for {} reasons", findings.len());
    Ok(())
}
