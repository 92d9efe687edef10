//! The audit of whole registers, as a whole process: how time and memory grow with the number of assets. Run it with
//! `cargo bench --bench audit`, or for other sizes with `cargo bench --bench audit -- 20000 50000`; it reports, and never fails on a time.
//! The largest register takes 1.5 GB below the folder for temporary files, and is taken away again.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a measurement stops where it fails"
)]
#![allow(clippy::print_stdout, reason = "the table is its output")]

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

// The generator belongs to the tests, which are built upon this crate.
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/src/choices.rs"]
mod choices;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/src/register/mod.rs"]
mod register;

use register::Register;

const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
const JOBS: [u32; 2] = [1, 2];
const SEED: u64 = 7;

/// A writer that counts what goes through it.
struct Counted<W> {
    out: W,
    bytes: usize,
    lines: usize,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written;
        self.lines += bytes[..written].iter().filter(|byte| **byte == b'\n').count();
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What a run took.
struct Run {
    time: Duration,
    /// The most memory that was in use at once, in KiB; none where the system does not tell.
    peak: Option<u64>,
    findings: usize,
}

/// Waits for a process and watches its memory meanwhile. The system keeps the peak, so that only what is reached in the last moments is missed.
fn watch(child: &mut Child) -> Option<u64> {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait().expect("the process is ours").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let told = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse().ok());
        peak = peak.max(told);
        thread::sleep(Duration::from_millis(5));
    }
    peak
}

fn run(register: &Path, findings: &Path, jobs: u32) -> Run {
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_handoff"))
        .arg("audit")
        .arg(register)
        .args(["--format", "csv", "--jobs", &jobs.to_string()])
        .stdin(Stdio::null())
        .stdout(File::create(findings).expect("the findings can be written"))
        .spawn()
        .expect("the command runs");
    let peak = watch(&mut child);
    let time = started.elapsed();
    let rows = fs::read(findings).expect("the findings were written");
    // The first row is the head.
    Run { time, peak, findings: rows.iter().filter(|byte| **byte == b'\n').count().saturating_sub(1) }
}

fn main() {
    let asked: Vec<u64> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let folder = std::env::temp_dir().join(format!("handoff-audit-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("there is room for temporary files");
    println!(
        "{:>9} {:>9} {:>7} {:>5} {:>9} {:>10} {:>9} {:>9} {:>8}",
        "assets", "records", "MB", "jobs", "seconds", "µs/record", "peak MB", "findings", "planted"
    );
    for assets in if asked.is_empty() { SIZES.to_vec() } else { asked } {
        let (file, findings) = (folder.join("register.ndjson"), folder.join("findings.csv"));
        let register = Register::of(assets, SEED);
        let out = BufWriter::with_capacity(1 << 20, File::create(&file).expect("the register can be written"));
        let mut out = Counted { out, bytes: 0, lines: 0 };
        let planted = register.write(&mut out).expect("the register can be written");
        out.flush().expect("the register can be written");
        // All but the time and the coverage are records.
        let records = out.lines - 2;
        for jobs in JOBS {
            let Run { time, peak, findings } = run(&file, &findings, jobs);
            let tenths = time.as_nanos() / 100 / u128::try_from(records).unwrap();
            let peak = peak.map_or_else(|| "-".to_owned(), |peak| (peak / 1024).to_string());
            println!(
                "{assets:>9} {records:>9} {:>7} {jobs:>5} {:>9.2} {:>8}.{} {peak:>9} {findings:>9} {:>8}",
                out.bytes / 1_000_000,
                time.as_secs_f64(),
                tenths / 10,
                tenths % 10,
                planted.len()
            );
        }
    }
    fs::remove_dir_all(&folder).expect("the temporary files are ours");
}
