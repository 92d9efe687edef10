//! Whether a log is as it was written: each line follows the one before it, and each checkpoint knows its line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use super::chain::{Checkpoint, Line, hash};

/// What a log was found to be.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Verified {
    pub files: usize,
    pub lines: u64,
    /// The number of the first line, and of the last.
    pub first: Option<u64>,
    pub last: Option<u64>,
    /// The hash of the last line.
    pub hash: Option<String>,
    /// How many checkpoints were compared.
    pub checkpoints: u64,
    /// Whether the last line was not written to its end, and so is no answer.
    pub torn: bool,
    pub faults: Vec<Fault>,
}

/// Where a log is not as it was written, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Fault {
    pub file: String,
    /// The line of the file, from 1.
    pub line: u64,
    pub fault: Kind,
    pub message: String,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// It is no line of a log.
    Garbled,
    /// A line is not the one that was written.
    Changed,
    /// Lines are not there.
    Missing,
    /// A line stands where another has to.
    Order,
    /// What was before the first line is not there.
    Head,
    /// The end is not there.
    Cut,
    /// A checkpoint knows another line.
    Checkpoint,
}

/// So many faults are told, at most: one that moves all lines is told often enough.
const FAULTS: usize = 100;

/// A line that was read, as the next one has to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Before {
    seq: u64,
    hash: String,
}

/// Reads the files of a log, oldest first, and the checkpoints.
pub(crate) fn verify(files: &[PathBuf], checkpoints: Option<&Path>) -> anyhow::Result<Verified> {
    let checkpoints = checkpoints.map_or_else(|| Ok(BTreeMap::new()), read_checkpoints)?;
    let mut reader =
        Reader { verified: Verified { files: files.len(), ..Verified::default() }, checkpoints: &checkpoints, base: None, physical: None };
    let mut last = (String::new(), 0);
    for (index, path) in files.iter().enumerate() {
        let name = path.display().to_string();
        let read = || format!("can't read `{name}`");
        let mut file = BufReader::new(File::open(path).with_context(read)?);
        let mut number = 0_u64;
        let mut bytes = Vec::new();
        while file.read_until(b'\n', &mut bytes).with_context(read)? > 0 {
            number = number.saturating_add(1);
            if bytes.pop_if(|byte| *byte == b'\n').is_none() && index.saturating_add(1) == files.len() {
                reader.verified.torn = true;
                break;
            }
            reader.line(&name, number, &bytes);
            last = (name.clone(), number);
            bytes.clear();
        }
    }
    let Reader { mut verified, base, .. } = reader;
    let end = base.as_ref().map_or(0, |base| base.seq);
    if let Some((seq, checkpoint)) = checkpoints.last_key_value().filter(|(seq, _)| **seq > end) {
        let lost = seq.saturating_sub(end);
        let message = format!("the log ends at line {end}, and at {} it had {seq}: {lost} are cut off", checkpoint.time);
        verified.faults.push(Fault { file: last.0, line: last.1, fault: Kind::Cut, message });
    }
    Ok(verified)
}

struct Reader<'a> {
    verified: Verified,
    checkpoints: &'a BTreeMap<u64, Checkpoint>,
    /// The line that the next one has to follow.
    base: Option<Before>,
    /// The line that stands before the next one.
    physical: Option<Before>,
}

impl Reader<'_> {
    fn line(&mut self, file: &str, line: u64, bytes: &[u8]) {
        self.verified.lines = self.verified.lines.saturating_add(1);
        let hash = hash(bytes);
        let read: Line = match serde_json::from_slice(bytes) {
            Ok(read) => read,
            Err(error) => return self.fault(file, line, Kind::Garbled, format!("it is no line of a decision log: {error}")),
        };
        let this = Before { seq: read.seq, hash };
        let follows = |before: &Before| read.seq == before.seq.saturating_add(1) && read.previous.as_ref() == Some(&before.hash);
        let is_next = self.base.iter().chain(&self.physical).any(follows);
        let fault = match &self.base {
            None => self.begins(&read),
            Some(_) if is_next => None,
            Some(base) if read.seq == base.seq.saturating_add(1) => {
                let message = format!("line {} was changed after it was written: line {} follows another one", base.seq, read.seq);
                Some((Kind::Changed, message))
            }
            Some(base) if read.seq > base.seq => {
                let (from, to) = (base.seq.saturating_add(1), read.seq.saturating_sub(1));
                let lost = if from == to { format!("line {from} is missing") } else { format!("lines {from} to {to} are missing") };
                Some((Kind::Missing, format!("{lost}: line {} comes after line {}", read.seq, base.seq)))
            }
            Some(base) => Some((Kind::Order, format!("line {} comes after line {}", read.seq, base.seq))),
        };
        let is_order = matches!(fault, Some((Kind::Order, _)));
        if let Some((kind, message)) = fault {
            self.fault(file, line, kind, message);
        }
        if let Some(checkpoint) = self.checkpoints.get(&this.seq) {
            self.verified.checkpoints = self.verified.checkpoints.saturating_add(1);
            if checkpoint.hash != this.hash {
                let message = format!("line {} is not the one of the checkpoint at {}", this.seq, checkpoint.time);
                self.fault(file, line, Kind::Checkpoint, message);
            }
        }
        self.verified.first.get_or_insert(this.seq);
        if !is_order {
            self.verified.last = Some(this.seq);
            self.verified.hash = Some(this.hash.clone());
            self.base = Some(this.clone());
        }
        self.physical = Some(this);
    }

    /// A log begins with its first line, or with one that a checkpoint stands before.
    fn begins(&self, first: &Line) -> Option<(Kind, String)> {
        let is_first = first.seq == 1 && first.previous.is_none();
        let known = self.checkpoints.get(&first.seq.saturating_sub(1));
        if is_first || known.is_some_and(|checkpoint| Some(&checkpoint.hash) == first.previous.as_ref()) {
            return None;
        }
        let message = if first.seq == 1 {
            "the first line follows another one".to_owned()
        } else {
            format!("the log begins with line {}, and no checkpoint knows the line before it", first.seq)
        };
        Some((Kind::Head, message))
    }

    fn fault(&mut self, file: &str, line: u64, fault: Kind, message: String) {
        if self.verified.faults.len() < FAULTS {
            self.verified.faults.push(Fault { file: file.to_owned(), line, fault, message });
        }
    }
}

/// Checkpoints by their line. One that was cut off while it was written is none.
fn read_checkpoints(path: &Path) -> anyhow::Result<BTreeMap<u64, Checkpoint>> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("can't read `{name}`"))?;
    let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
    let mut all = BTreeMap::new();
    for (line, number) in whole.lines().zip(1_u64..) {
        let read: Checkpoint = serde_json::from_str(line).with_context(|| format!("`{name}`, line {number}: it is no checkpoint"))?;
        all.insert(read.seq, read);
    }
    Ok(all)
}
