//! Decisions without end through one pool: that memory stays flat, that no call fails, and that every answer is the first one again. Run it
//! with `cargo bench --bench soak -- 10000000`; it fails where one of these does not hold.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a measurement stops where it fails")]
#![allow(clippy::print_stdout, reason = "the table is its output")]

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use handoff::{Component, Pool};

/// What is asked in turn: a denial with many findings, an allow, and a list of next steps.
const CASES: [(&str, &str); 3] = [
    ("examples/monday-laptop/facts.json", r#"{"ask":"closure"}"#),
    ("examples/closure-in-order/facts.json", r#"{"ask":"closure"}"#),
    ("benches/case/facts.json", r#"{"ask":"transition","item":"asset:LT-7301","to":"secured"}"#),
];
/// How often facts are asked once they are handed over.
const ASKED: u64 = 16;
/// How many rows the table has.
const ROWS: u64 = 10;
/// What may come on top of the memory of the first tenth.
const GROWTH: u64 = 4 << 20;

fn main() {
    let amount: u64 = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(100_000);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let read = |(file, question): (&str, &'static str)| (fs::read_to_string(root.join(file)).expect("facts"), question);
    let cases = CASES.map(read);
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let component = Component::embedded().expect("the component is there");
    let pool = Pool::new(component, None, threads).expect("the policy loads");
    let expected: Vec<String> = cases.iter().map(|(facts, question)| pool.ask(facts, question).expect("an answer")).collect();
    // One decision on facts that are read for it, and then some on facts that are handed over.
    let turn = |number: usize| {
        let ((facts, question), expected) = (&cases[number % cases.len()], &expected[number % cases.len()]);
        pool.with(|instance, policy| {
            assert_eq!(&instance.ask_once(policy, facts, question)?, expected, "every answer is the first one");
            let held = instance.parse_facts(facts)?;
            for _ in 1..ASKED {
                assert_eq!(&instance.ask(policy, &held, question)?, expected, "every answer is the first one");
            }
            instance.release(held)
        })
        .expect("no call fails");
    };
    println!("{:>12} {:>9} {:>12} {:>9}", "decisions", "seconds", "per second", "MiB");
    let (started, done) = (Instant::now(), AtomicU64::new(0));
    let mut first = None;
    for row in 1..=ROWS {
        let until = amount * row / ROWS;
        thread::scope(|scope| {
            for _ in 0..threads.get() {
                scope.spawn(|| {
                    while done.load(Ordering::Relaxed) < until {
                        let before = done.fetch_add(ASKED, Ordering::Relaxed);
                        turn(usize::try_from(before / ASKED).expect("a number of turns"));
                    }
                });
            }
        });
        let (done, seconds, memory) = (done.load(Ordering::Relaxed), started.elapsed().as_secs(), resident());
        println!("{done:>12} {seconds:>9} {:>12} {:>9}", done / seconds.max(1), memory >> 20);
        let first = *first.get_or_insert(memory);
        assert!(memory <= first + GROWTH, "memory grew from {first} to {memory} bytes");
    }
}

/// The memory of this process, in bytes; 0 where the system does not tell.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}
