//! The cold start of a decision: the whole process, from `exec` to the answer, against a process that does nothing but start. Run it with
//! `cargo bench --bench cold_start`; it reports, and never fails on a time.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a measurement stops where it fails")]
#![allow(clippy::print_stdout, reason = "the table is its output")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 41;

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

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let handoff = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handoff"));
        command.args(args).current_dir(root);
        command
    };
    let explain = time(&mut handoff(&["explain", "not-recorded"]));
    let cases: [(&str, &[&str]); 4] = [
        ("explain: no component at all", &["explain", "not-recorded"]),
        ("close: one laptop, 27 findings", &["close", "examples/monday-laptop/facts.json"]),
        ("close: in order, allowed", &["close", "examples/closure-in-order/facts.json"]),
        ("close: a register of forty", &["close", "examples/offboarding-still-assigned/facts.json", "--item", "ticket:OFF-0288"]),
    ];
    println!("{:<34} {:>9} {:>9} {:>22}", "whole process", "min", "median", "median to no component");
    for (name, args) in cases {
        let (least, median) = time(&mut handoff(args));
        let ratio = median.as_secs_f64() / explain.1.as_secs_f64();
        println!("{name:<34} {:>6.1} ms {:>6.1} ms {ratio:>21.1}x", least.as_secs_f64() * 1e3, median.as_secs_f64() * 1e3);
    }
}
