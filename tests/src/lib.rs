//! What the tests over the whole share.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs,
    reason = "this is test code, which stops where it fails; what is missing here would be told by the tests"
)]

pub mod choices;
pub mod conformance;
pub mod embedded;
pub mod register;
pub mod yaml;

use std::path::{Path, PathBuf};

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}
