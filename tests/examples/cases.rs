//! Writes every conformance case with what the native core answers, one JSON object a line, for hosts in other languages to compare with:
//! `cargo run --release --example cases > cases.ndjson`.
//!
//! Each line has `name`, the texts that are handed over (`policy`, `old`, `facts`, `other`, `question`; null where there is none),
//! `warnings` (whether the policy's warnings are asked for), and `got`: one of `problems`, `warnings` and `laxer`, each a list of problems,
//! or `answer`, the text that answers the question on `facts`, with `other`, that on the other facts.

use std::io::{self, BufWriter, Write};

use handoff::conformance::{Got, Texts};
use handoff_tests::chosen;
use handoff_tests::native::Native;
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = BufWriter::new(io::stdout().lock());
    for (case, texts) in chosen() {
        let got = match Native::default().answer(&texts) {
            Got::Problems(problems) => json!({"problems": problems}),
            Got::Warnings(problems) => json!({"warnings": problems}),
            Got::Laxer(problems) => json!({"laxer": problems}),
            Got::Answer(answer, other) => json!({"answer": answer, "other": other}),
            Got::Nothing(why) => return Err(format!("{}: {why}", case.name).into()),
        };
        let Texts { policy, old, facts, other, question, warnings, .. } = texts;
        let line = json!({
            "name": case.name, "policy": policy, "old": old, "facts": facts, "other": other, "question": question, "warnings": warnings, "got": got,
        });
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}
