//! Writes a register as lines of JSON, with faults planted in it: `cargo run --release --package handoff-tests --example register -- --help`.

#![allow(clippy::print_stderr, reason = "what is wrong with the command line is told there")]

use std::fs;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use handoff_tests::register::{Planted, Register};

const USAGE: &str = "\
Writes a register as lines of JSON to the standard output, as the reference policy wants it, with faults planted in it.
The same numbers make the same register.

Usage: register [OPTIONS] > register.ndjson

  --assets NUMBER   assets beside licence seats [default: 10000]
  --people NUMBER   people [default: a tenth of the assets]
  --seats NUMBER    licence seats [default: a fifth of the assets]
  --each NUMBER     how many faults of each sort; 0 for none [default: by the number of assets: 20 in 10000, 100 in 1000000]
  --seed NUMBER     the number that everything is made from [default: 1]
  --faults FILE     write the findings that an audit has to make into FILE: the code, what it is about, and what was planted
  --help            this text
";

/// What is asked for.
struct Asked {
    register: Register,
    faults: Option<String>,
}

/// Reads the command line; none where only the usage is asked for.
fn read(mut words: impl Iterator<Item = String>) -> Result<Option<Asked>, String> {
    let (mut assets, mut people, mut seats, mut each, mut seed, mut faults) = (10_000, None, None, None, 1, None);
    while let Some(word) = words.next() {
        if matches!(word.as_str(), "--help" | "-h") {
            return Ok(None);
        }
        let mut value = || words.next().ok_or_else(|| format!("`{word}` has no value"));
        let mut number = || value().and_then(|value| value.parse::<u64>().map_err(|_| format!("`{value}` after `{word}` is no number")));
        match word.as_str() {
            "--assets" => assets = number()?,
            "--people" => people = Some(number()?),
            "--seats" => seats = Some(number()?),
            "--each" => each = Some(number()?),
            "--seed" => seed = number()?,
            "--faults" => faults = Some(value()?),
            _ => return Err(format!("`{word}` is no option")),
        }
    }
    let usual = Register::of(assets, seed);
    let register = Register {
        people: people.unwrap_or(usual.people),
        seats: seats.unwrap_or(usual.seats),
        faults: each.unwrap_or(usual.faults),
        ..usual
    };
    Ok(Some(Asked { register, faults }))
}

fn write(Asked { register, faults }: &Asked) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let planted = register.write(&mut out)?;
    out.flush()?;
    if let Some(file) = faults {
        let line = |Planted { code, about, fault }: &Planted| format!("{code}\t{}\t{fault}\n", about.as_deref().unwrap_or("-"));
        fs::write(file, planted.iter().map(line).collect::<String>())?;
    }
    Ok(())
}

fn main() -> ExitCode {
    match read(std::env::args().skip(1)) {
        Err(wrong) => {
            eprintln!("{wrong}\n\n{USAGE}");
            return ExitCode::from(2);
        }
        Ok(None) => eprint!("{USAGE}"),
        Ok(Some(asked)) => match write(&asked) {
            // Whoever reads may have seen enough.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                eprintln!("the register can't be written: {error}");
                return ExitCode::FAILURE;
            }
            _ => {}
        },
    }
    ExitCode::SUCCESS
}
