//! Tests over the whole, in one binary.

mod component_inputs;
mod conformance;
mod docs;
mod hostile;
mod readme;
mod tidy;
