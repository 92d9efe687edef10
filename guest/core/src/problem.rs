//! What is wrong with a document or a question.

use serde::{Deserialize, Serialize};

/// A place in a text, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// One thing wrong with a document or a question, for people to mend. Says the same as `problem` in `wit/types.wit`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// A JSON pointer to the value, empty for the whole text.
    pub path: String,
    /// Where the text could not be read, or where the value stands; the core knows it only for texts it could not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The stable code; `handoff explain CODE` tells what it means.
    pub code: String,
    /// True where the document can be used all the same.
    pub warning: bool,
    /// What is wrong.
    pub message: String,
    /// How to put it right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Problem {
    /// An error at a JSON pointer.
    #[must_use]
    pub fn new(code: &str, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), position: None, code: code.to_owned(), warning: false, message: message.into(), help: None }
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.warning = true;
        self
    }

    /// The same with a way to put it right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Adds a key to a JSON pointer.
#[must_use]
pub fn pointer(base: &str, key: &str) -> String {
    let mut pointer = String::with_capacity(base.len() + 1 + key.len());
    pointer.push_str(base);
    pointer.push('/');
    push_key(&mut pointer, key);
    pointer
}

/// Writes a key as it stands in a JSON pointer. Nearly none needs another form.
fn push_key(pointer: &mut String, key: &str) {
    let mut rest = key;
    while let Some((plain, special)) = rest.find(['~', '/']).and_then(|at| rest.split_at_checked(at)) {
        pointer.push_str(plain);
        pointer.push_str(if special.starts_with('~') { "~0" } else { "~1" });
        rest = special.get(1..).unwrap_or_default();
    }
    pointer.push_str(rest);
}
