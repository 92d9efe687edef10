//! Tests over the whole, in one binary.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test stops where it fails"
)]

mod audit;
mod baked;
mod component_inputs;
mod conformance;
mod docs;
mod doors;
mod hostile;
mod memory;
mod plans;
mod pool;
mod properties;
mod random;
mod readme;
mod register;
mod schemas;
mod serve;
mod shapes;
mod streams;
mod tidy;
