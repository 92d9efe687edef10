//! The rules of Handoff: a policy and facts in, a decision with every reason out.
//!
//! The crate is pure. It reads no clock, no file, no network and no hash order, so the same bytes in give the same bytes out in every host.
//! Reading collects every problem; deciding never fails and never panics.
//!
//! ```
//! use handoff_core::{Facts, Policy, ask};
//!
//! let policy = Policy::load(r#"{
//!     "format": 1, "name": "smallest", "version": "1",
//!     "roles": {"support": {"title": "Support"}},
//!     "classes": {"hardware": {"title": "Hardware"}},
//!     "kinds": {"laptop": {"title": "Laptop", "class": "hardware", "identified_by": "serial"}},
//!     "attributes": {"encrypted": {"title": "disk encryption", "type": "boolean"}},
//!     "requirements": {"disk-encrypted": {"attribute": "encrypted", "equals": true, "remedy": "turn it on"}},
//!     "workflows": {"device": {
//!         "title": "Device", "assets": ["laptop"],
//!         "states": {"received": {"category": "stock"}, "given": {"category": "gone", "gate": ["disk-encrypted"]}},
//!         "transitions": {
//!             "-> received": {"responsible": ["support"], "accountable": "support"},
//!             "received -> given": {"responsible": ["support"], "accountable": "support"}
//!         }
//!     }}
//! }"#).expect("the policy loads");
//! let facts = Facts::parse(r#"{
//!     "at": "2026-01-05T09:00:00+01:00",
//!     "actor": {"id": "ann", "roles": ["support"]},
//!     "assets": [{"id": "LT-1", "kind": "laptop", "state": "received", "attributes": {"encrypted": false}}]
//! }"#).expect("the facts are read");
//!
//! let answer = ask(&policy, &facts, r#"{"ask": "transition", "item": "asset:LT-1", "to": "given"}"#).expect("the question is read");
//! assert!(answer.starts_with(r#"{"decision":"deny""#) && answer.contains("attribute-mismatch") && answer.contains("turn it on"));
//! ```

#![forbid(unsafe_code)]

mod approvals;
pub mod ask;
pub mod audit;
mod batch;
mod canonical;
mod case;
pub mod code;
mod custody;
mod decide;
mod decision;
mod engagements;
mod exceptions;
pub mod expression;
pub mod facts;
mod forms;
mod history;
mod id;
mod outcome;
pub mod plan;
pub mod policy;
mod problem;
pub mod review;
mod serials;
mod shape;
mod strict;
mod time;

pub use ask::{ask, ask_once};
pub use code::{Explanation, Stage, codes, explain};
pub use decide::{decide, next};
pub use decision::{Actor, Context, Decision, Finding, Item, NextSteps, Question, Severity, Step, Verdict, Waiver};
pub use facts::Facts;
pub use forms::FORMS;
pub use id::{is_hidden, visible};
pub use policy::Policy;
pub use problem::{Position, Problem, pointer};
pub use time::{Date, Duration, Offset, Time, Weekday};
