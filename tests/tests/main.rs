//! Tests over the whole, in one binary.

mod component_inputs;
mod hostile;
