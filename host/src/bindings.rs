//! Generated from `wit/`. Private: what is public are the core's types. Made from the largest world; which part of it a component has is
//! found out export by export.
#![allow(missing_docs, unreachable_pub, clippy::all, clippy::allow_attributes_without_reason, reason = "generated")]

wasmtime::component::bindgen!({ path: "../wit", world: "auditor" });

pub(crate) use self::exports::handoff::gates::{audits, decisions, types};
