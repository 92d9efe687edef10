//! Lines of a log that are asked for.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use anyhow::Context;
use handoff::core::ask::AllowOrDeny;
use handoff::core::{Item, Time};

use super::chain::Line;
use super::entry::Decided;

/// Which lines are asked for: those that are all of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub item: Option<Item>,
    pub verdict: Option<AllowOrDeny>,
    pub code: Option<String>,
    /// Written at this time or later.
    pub since: Option<Time>,
    /// Written before this time.
    pub until: Option<Time>,
}

impl Filter {
    /// Whether a line is asked for: one of its decisions is, and the time is.
    pub fn takes(&self, line: &Line) -> bool {
        let in_time = self.since.is_none_or(|since| line.time >= since) && self.until.is_none_or(|until| line.time < until);
        let is_any = self.item.is_none() && self.verdict.is_none() && self.code.is_none();
        in_time && (is_any || line.decisions.iter().any(|decided| self.takes_decision(decided)))
    }

    /// Whether a decision is asked for.
    pub fn takes_decision(&self, decided: &Decided) -> bool {
        let Self { item, verdict, code, since: _, until: _ } = self;
        item.as_ref().is_none_or(|item| decided.item == *item)
            && verdict.is_none_or(|verdict| decided.verdict == verdict)
            && code.as_ref().is_none_or(|code| decided.findings.contains(code))
    }
}

/// Tells the lines of files, oldest first, as they are read and as they stand there.
pub(crate) fn show(files: &[PathBuf], mut take: impl FnMut(Line, &str) -> anyhow::Result<()>) -> anyhow::Result<()> {
    for (index, path) in files.iter().enumerate() {
        let name = path.display();
        let mut file = BufReader::new(File::open(path).with_context(|| format!("can't read `{name}`"))?);
        let mut text = String::new();
        let mut number = 0_u64;
        while file.read_line(&mut text).with_context(|| format!("can't read `{name}`"))? > 0 {
            number = number.saturating_add(1);
            if text.pop_if_break().is_none() && index.saturating_add(1) == files.len() {
                // It is being written, or was when the process was stopped.
                break;
            }
            let line = serde_json::from_str(&text).with_context(|| format!("`{name}`, line {number}: it is no line of a decision log"))?;
            take(line, &text)?;
            text.clear();
        }
    }
    Ok(())
}

trait PopIfBreak {
    /// Takes a line break off the end, where there is one.
    fn pop_if_break(&mut self) -> Option<char>;
}

impl PopIfBreak for String {
    fn pop_if_break(&mut self) -> Option<char> {
        if self.ends_with('\n') { self.pop() } else { None }
    }
}
