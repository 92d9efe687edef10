//! What a line of the log is, and what binds it to the one before.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::entry::Decided;
use handoff::core::Time;
use handoff::core::ask::PolicyName;

/// A line as it is read again, but for the question and the facts, which stay text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Line {
    /// Its number, from 1, over all files of the log.
    pub seq: u64,
    /// When it was written.
    pub time: Time,
    /// What was asked: `transition`, `closure`, `next` or `decide`.
    pub ask: String,
    /// The time of decision.
    pub at: Option<Time>,
    pub decisions: Vec<Decided>,
    /// The policy that it rests on.
    pub policy: Option<PolicyName>,
    /// The hash of the line before; null of the first one.
    pub previous: Option<String>,
}

/// A line count and the hash of the line there, kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    /// How many lines there are.
    pub seq: u64,
    /// The hash of the last of them.
    pub hash: String,
    /// When it was taken.
    pub time: Time,
}

/// The end of a log: what the next line follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct End {
    pub seq: u64,
    /// None where there is no line yet.
    pub hash: Option<String>,
}

impl End {
    /// The next line, without its line break.
    pub fn line(&self, time: Time, entry: &str) -> String {
        let seq = self.seq.saturating_add(1);
        let previous = self.hash.as_ref().map_or_else(|| "null".to_owned(), |hash| format!("\"{hash}\""));
        format!("{{\"seq\":{seq},\"time\":\"{time}\",{entry},\"previous\":{previous}}}")
    }

    /// The end behind a line.
    pub fn behind(seq: u64, line: &str) -> Self {
        Self { seq, hash: Some(hash(line.as_bytes())) }
    }
}

/// SHA-256 in lower-case hex, of a line without its line break.
pub(crate) fn hash(line: &[u8]) -> String {
    Sha256::digest(line).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The time now.
pub(crate) fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
