//! The decision log: lines of JSON that are only ever added, each with the hash of the line before it, and on the disk before anybody
//! hears the answer.

mod chain;
mod entry;
mod files;
mod replay;
mod show;
mod verify;
mod writer;

#[cfg(feature = "serve")]
pub(crate) use chain::now;
pub(crate) use chain::{Line, hash};
pub(crate) use entry::{Decided, Entry, Logged, decided};
pub(crate) use files::segments;
pub(crate) use replay::{Flip, Replayed, Undecided, replay};
pub(crate) use show::{Filter, show};
pub(crate) use verify::{Fault, Verified, verify};
pub(crate) use writer::{Log, Settings};
