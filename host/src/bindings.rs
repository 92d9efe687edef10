//! Generated from `wit/`. Private: what is public are the core's types.
#![allow(missing_docs, unreachable_pub, clippy::all, clippy::allow_attributes_without_reason, reason = "generated")]

wasmtime::component::bindgen!({ path: "../wit", world: "plugin" });

pub(crate) use self::exports::handoff::gates::{decisions, types};
