//! The cold start of a decision: the whole process, from `exec` to the answer, against a process that does nothing but start, and against a
//! native program that does the same without a component: this one, called again. Run it with `cargo bench --bench cold_start`; it reports,
//! and never fails on a time.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a measurement stops where it fails")]
#![allow(clippy::print_stdout, reason = "the table is its output")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 41;
const REFERENCE_POLICY: &str = include_str!(concat!(env!("OUT_DIR"), "/reference-policy.json"));
/// The word by which this program is called to decide natively.
const NATIVE: &str = "--decide-natively";

/// The minimum and the median of some runs of a command.
fn time(command: &mut Command) -> (Duration, Duration) {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the command runs");
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times[0], times[RUNS / 2])
}

/// What the command does, by the core itself.
fn decide(file: &str, item: Option<&str>) {
    let policy = handoff_core::Policy::load(REFERENCE_POLICY).expect("the reference policy loads");
    let facts = std::fs::read_to_string(file).expect("the facts are there");
    let item = item.map(|item| format!(r#","item":"{item}""#)).unwrap_or_default();
    let answer = handoff_core::ask_once(&policy, &facts, &format!(r#"{{"ask":"closure"{item}}}"#));
    println!("{}", answer.expect("an answer"));
}

fn main() {
    let mut words = std::env::args().skip(1);
    if words.next().is_some_and(|word| word == NATIVE) {
        return decide(&words.next().expect("a file"), words.next().as_deref());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let handoff = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handoff"));
        command.args(args).current_dir(root);
        command
    };
    let cases: [(&str, &[&str]); 4] = [
        ("explain: no component at all", &["explain", "not-recorded"]),
        ("close: one laptop, 27 findings", &["close", "examples/monday-laptop/facts.json"]),
        ("close: in order, allowed", &["close", "examples/closure-in-order/facts.json"]),
        ("close: a register of forty", &["close", "examples/offboarding-still-assigned/facts.json", "--item", "ticket:OFF-0288"]),
    ];
    println!("{:<34} {:>9} {:>9} {:>12} {:>16}", "whole process", "min", "median", "native", "median to native");
    for (name, args) in cases {
        let (least, median) = time(&mut handoff(args));
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        print!("{name:<34} {:>6.1} ms {:>6.1} ms", ms(least), ms(median));
        match args {
            ["close", file, rest @ ..] => {
                let mut native = Command::new(std::env::current_exe().expect("this program"));
                native.args([NATIVE, file]).args(rest.last()).current_dir(root);
                let (_, native) = time(&mut native);
                println!(" {:>9.1} ms {:>15.2}x", ms(native), ms(median) / ms(native));
            }
            _ => println!(),
        }
    }
}
