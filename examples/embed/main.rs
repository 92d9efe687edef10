//! The smallest program that decides: `cargo run --release --example embed`.

use std::num::NonZeroUsize;

use handoff::{Component, Pool};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The embedded component has the reference policy; `Component::from_file("acme.wasm", …)` would bring its own.
    let pool = Pool::new(Component::embedded()?, None, NonZeroUsize::MIN)?;
    let facts = std::fs::read_to_string("examples/monday-laptop/facts.json")?;
    let answer: serde_json::Value = serde_json::from_str(&pool.ask(&facts, r#"{"ask": "closure", "item": "ticket:REQ-2041"}"#)?)?;
    // Whatever goes wrong above is an error, and so a refusal: nothing but an allow lets the ticket close.
    println!("{}, for {} reasons", answer["decision"], answer["findings"].as_array().map_or(0, Vec::len));
    Ok(())
}
