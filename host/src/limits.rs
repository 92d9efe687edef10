//! What a component may use.

use std::fmt;
use std::time::Duration;

use wasmtime::ResourceLimiter;

/// What a component may use before it is stopped. A component that stays within decides; one that does not is an [`Error`](crate::Error).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The time of one call.
    pub time: Duration,
    /// The memory of an instance, in bytes, over all of its calls.
    pub memory: usize,
    /// What one call may answer, in bytes.
    pub output: usize,
    /// The size of a component, in bytes. Time and memory for compiling it follow from it.
    pub component: usize,
}

impl Default for Limits {
    /// Room for a register of 100,000 items.
    fn default() -> Self {
        Self { time: Duration::from_secs(10), memory: 1 << 30, output: 64 << 20, component: 32 << 20 }
    }
}

impl Limits {
    /// Room for the audit of a register of several million items: what crosses them is judged in one call.
    #[must_use]
    pub fn of_registers() -> Self {
        Self { time: Duration::from_secs(120), memory: usize::try_from(4_u64 << 30).unwrap_or(usize::MAX), ..Self::default() }
    }
}

/// What an instance holds of its limits.
#[derive(Debug)]
pub(crate) struct Held {
    memory: usize,
    most: usize,
}

impl Held {
    pub(crate) fn of(limits: &Limits) -> Self {
        Self { memory: 0, most: limits.memory }
    }

    /// The memory that is there, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }
}

/// More memory was asked for than the limits allow.
#[derive(Debug)]
pub(crate) struct MemoryLimit;

impl fmt::Display for MemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("more memory than the limit")
    }
}

impl std::error::Error for MemoryLimit {}

/// Entries of all tables: functions that can be called by number. The project's own component has about 300.
const TABLE_ELEMENTS: usize = 100_000;

impl ResourceLimiter for Held {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        // Over all memories of the component: a limit on each would be none.
        let memory = self.memory.saturating_add(desired.saturating_sub(current));
        if memory > self.most {
            return Err(MemoryLimit.into());
        }
        self.memory = memory;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS { Err(MemoryLimit.into()) } else { Ok(true) }
    }

    fn instances(&self) -> usize {
        100
    }

    fn tables(&self) -> usize {
        20
    }

    fn memories(&self) -> usize {
        20
    }
}
