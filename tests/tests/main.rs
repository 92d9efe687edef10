//! Tests over the whole, in one binary.

mod component_inputs;
mod conformance;
mod docs;
mod doors;
mod hostile;
mod properties;
mod readme;
mod schemas;
mod tidy;
