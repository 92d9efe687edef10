//! Measuring on machines whose clock drifts: the rows take turns, so that whatever slows one round slows all of it, and a ratio is the median
//! of the ratios of the rounds.

use std::time::{Duration, Instant};

const ROUNDS: usize = 31;
/// How long one row runs in one round.
const TURN: Duration = Duration::from_millis(4);

/// Something that is measured.
pub struct Row<'a> {
    pub name: String,
    run: Box<dyn FnMut() + 'a>,
    /// Nanoseconds of one run, by round.
    rounds: Vec<f64>,
}

impl<'a> Row<'a> {
    pub fn new<T>(name: impl Into<String>, mut run: impl FnMut() -> T + 'a) -> Self {
        let run = Box::new(move || drop(std::hint::black_box(run())));
        Self { name: name.into(), run, rounds: Vec::new() }
    }

    /// The median of a run, in microseconds.
    pub fn micros(&self) -> f64 {
        median(self.rounds.clone()) / 1e3
    }

    /// How many times as long as another it takes.
    pub fn times(&self, other: &Self) -> f64 {
        median(self.rounds.iter().zip(&other.rounds).map(|(own, other)| own / other).collect())
    }
}

/// Measures rows, in turns.
pub fn measure(rows: &mut [Row<'_>]) {
    let counts: Vec<u32> = rows
        .iter_mut()
        .map(|row| {
            // What is made once, at the first run, is not what a run costs.
            (row.run)();
            let (started, mut count) = (Instant::now(), 0);
            while started.elapsed() < TURN {
                (row.run)();
                count += 1;
            }
            count
        })
        .collect();
    for _ in 0..ROUNDS {
        for (row, count) in rows.iter_mut().zip(&counts) {
            let started = Instant::now();
            for _ in 0..*count {
                (row.run)();
            }
            row.rounds.push(started.elapsed().as_secs_f64() * 1e9 / f64::from(*count));
        }
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_unstable_by(f64::total_cmp);
    all[all.len() / 2]
}
