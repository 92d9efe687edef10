//! Allow or deny the handoff of IT assets, with every reason and the way to fix each.
//!
//! The decision is made by a WebAssembly component that imports nothing, the same bytes in every host. This library runs it: the
//! project's own, which is embedded, or any other of the world [`WORLD`], within [`Limits`]. Documents, questions and answers are JSON
//! texts. **Callers proceed on an allow only: an [`Error`] is a refusal.** Whole registers, of any size, are audited by a [`Register`].
//!
//! ```
//! # fn main() -> Result<(), handoff::Error> {
//! use handoff::Component;
//!
//! let mut instance = Component::embedded()?.start()?;
//! # Ok(())
//! # }
//! ```

mod answer;
mod audit;
#[cfg(feature = "baking")]
mod bake;
mod bindings;
mod compiled;
mod component;
#[cfg(feature = "cli")]
pub mod conformance;
mod convert;
mod engine;
mod engine_config;
mod error;
mod exports;
mod instance;
mod limits;
mod pool;
mod register;
#[cfg(feature = "baking")]
mod snapshot;

pub use audit::Audit;
#[cfg(feature = "baking")]
pub use bake::Baker;
pub use compiled::Origin;
#[cfg(feature = "compiler")]
pub use compiled::compile;
pub use component::{AUDITOR, BAKEABLE, Component, Inspection, WORLD};
#[cfg(feature = "embedded")]
pub use component::{EMBEDDED, REFERENCE_POLICY, inspect_embedded};
#[cfg(feature = "compiler")]
pub use component::{inspect, read};
pub use error::Error;
pub use handoff_core as core;
pub use instance::{Facts, Instance, Policy};
pub use limits::Limits;
pub use pool::Pool;
pub use register::{Kept, Reading, Refused, Register, Rest, Told};
