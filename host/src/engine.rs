//! The engine of the process, and its clock: what ends calls that take too long.

use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use wasmtime::{Enabled, Engine, PoolingAllocationConfig};

use crate::engine_config::engine_config;
use crate::error::Error;
use crate::limits;

/// How exactly time is limited.
const TICK: Duration = Duration::from_millis(5);

/// The engine, made at its first use.
pub(crate) fn engine() -> Result<&'static Engine, Error> {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    // A machine may refuse the addresses that slots are laid out in, and decides all the same.
    let made = ENGINE.get_or_init(|| slots().and_then(|slots| start(Some(slots)).ok()).map_or_else(|| start(None), Ok));
    made.as_ref().map_err(|reason| Error::Engine(reason.clone()))
}

fn start(slots: Option<PoolingAllocationConfig>) -> Result<Engine, String> {
    let mut config = engine_config();
    // Named, and so of the oldest machine of its kind: what is compiled here runs where the features of this machine are missing.
    #[cfg(feature = "compiler")]
    config.target(env!("HANDOFF_TARGET")).map_err(|error| error.to_string())?;
    if let Some(slots) = slots {
        config.allocation_strategy(slots);
    }
    Engine::new(&config).map_err(|error| error.to_string())
}

/// How many instances there can be at once, where they live in slots.
pub(crate) const SLOTS: u32 = 1_000;
/// How much memory of an instance that is gone stays with its slot, in bytes: what our own component takes for a decision.
const KEPT: usize = 4 << 20;

/// Slots for instances, laid out once: a new instance in a slot that was used finds its memory there, of which only the pages that were
/// written are put back. It starts in a quarter of the time, and decides at once. Only where the system tells which pages those are; to
/// put all of them back would take longer than to begin anew.
fn slots() -> Option<PoolingAllocationConfig> {
    if !PoolingAllocationConfig::is_pagemap_scan_available() {
        return None;
    }
    let mut slots = PoolingAllocationConfig::new();
    slots.total_component_instances(SLOTS).total_memories(SLOTS);
    slots.total_core_instances(SLOTS * limits::INSTANCES).total_tables(SLOTS * limits::TABLES);
    slots.max_core_instances_per_component(limits::INSTANCES).max_memories_per_component(limits::MEMORIES);
    slots.max_tables_per_component(limits::TABLES).max_tables_per_module(limits::TABLES).max_memories_per_module(limits::MEMORIES);
    // What a component may really have is its limit; these are addresses only.
    slots.max_memory_size(usize::try_from(4_u64 << 30).unwrap_or(usize::MAX)).table_elements(limits::TABLE_ELEMENTS);
    slots.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(KEPT).table_keep_resident(KEPT);
    Some(slots)
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
