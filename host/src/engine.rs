//! The engine of the process, and its clock: what ends calls that take too long.

use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
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

/// How many calls are running. The clock stands still while there are none, so that an idle process sleeps.
static RUNNING: Mutex<usize> = Mutex::new(0);
static STARTED: Condvar = Condvar::new();

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
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        *running = running.saturating_add(1);
        if *running == 1 {
            STARTED.notify_one();
        }
        Ok(Self(()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        *running = running.saturating_sub(1);
    }
}

fn tick(engine: &Engine) {
    loop {
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        drop(STARTED.wait_while(running, |running| *running == 0).unwrap_or_else(PoisonError::into_inner));
        thread::sleep(TICK);
        engine.increment_epoch();
    }
}
