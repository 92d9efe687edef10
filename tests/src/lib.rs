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
pub mod native;
pub mod register;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use handoff::conformance::{Case, Suite, Texts};
use serde_json::Value;

/// The conformance cases as they stand in the tree; where a file is none, all such files are told.
pub fn suite() -> &'static Suite {
    static SUITE: OnceLock<Suite> = OnceLock::new();
    SUITE.get_or_init(|| Suite::read(&root().join("tests/cases")).unwrap_or_else(|faults| panic!("{}", faults.join("\n"))))
}

/// The cases whose path holds what `CASES` says, with their texts; without it all of them.
pub fn chosen() -> Vec<(&'static Case, Texts)> {
    let part = std::env::var("CASES").unwrap_or_default();
    let chosen = suite().cases().iter().filter(|case| case.name.contains(&part));
    chosen.map(|case| (case, suite().texts(case).unwrap())).collect()
}

/// What a YAML text holds.
pub fn yaml(text: &str) -> Value {
    handoff::conformance::yaml(text).unwrap_or_else(|faults| panic!("{} in\n{text}", faults.join("\n")))
}

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}
