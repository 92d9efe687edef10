//! The engine of the process, and its clock: what ends calls that take too long.

use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use wasmtime::Engine;

use crate::engine_config::engine_config;
use crate::error::Error;

/// How exactly time is limited.
const TICK: Duration = Duration::from_millis(5);

/// The engine, made at its first use.
pub(crate) fn engine() -> Result<&'static Engine, Error> {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    let made = ENGINE.get_or_init(|| {
        #[allow(unused_mut, reason = "the target is for compilers only")]
        let mut config = engine_config();
        // Named, and so of the oldest machine of its kind: what is compiled here runs where the features of this machine are missing.
        #[cfg(feature = "compiler")]
        config.target(env!("HANDOFF_TARGET")).map_err(|error| error.to_string())?;
        Engine::new(&config).map_err(|error| error.to_string())
    });
    made.as_ref().map_err(|reason| Error::Engine(reason.clone()))
}

/// As many ticks as surely cover a time.
pub(crate) fn ticks(time: Duration) -> u64 {
    // One more, because the present tick is under way.
    u64::try_from(time.as_nanos().div_ceil(TICK.as_nanos())).unwrap_or(u64::MAX).saturating_add(1)
}

/// The clock stands still while no call is running, so that an idle process sleeps.
static CALLS: Mutex<Calls> = Mutex::new(Calls { running: 0, awaited: false });
static STARTED: Condvar = Condvar::new();

struct Calls {
    running: usize,
    /// Whether the clock waits for one. Waking it where it does not would cost each call a word with the system.
    awaited: bool,
}

fn calls() -> MutexGuard<'static, Calls> {
    CALLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the clock going while it lives.
pub(crate) struct Running(());

impl Running {
    /// Starts the clock, or keeps it going.
    pub(crate) fn start(engine: &'static Engine) -> Result<Self, Error> {
        static CLOCK: OnceLock<Result<(), String>> = OnceLock::new();
        let clock = CLOCK.get_or_init(|| {
            thread::Builder::new().name("handoff-clock".to_owned()).spawn(move || tick(engine)).map(drop).map_err(|error| error.to_string())
        });
        clock.as_ref().map_err(|reason| Error::Engine(reason.clone()))?;
        let mut calls = calls();
        calls.running = calls.running.saturating_add(1);
        if calls.awaited {
            STARTED.notify_one();
        }
        Ok(Self(()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut calls = calls();
        calls.running = calls.running.saturating_sub(1);
    }
}

fn tick(engine: &Engine) {
    loop {
        let mut calls = calls();
        while calls.running == 0 {
            calls.awaited = true;
            calls = STARTED.wait(calls).unwrap_or_else(PoisonError::into_inner);
        }
        calls.awaited = false;
        drop(calls);
        thread::sleep(TICK);
        engine.increment_epoch();
    }
}
