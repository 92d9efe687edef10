//! What texts consist of, whichever the form, with where it stands.

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// How many characters of the line it takes up, at least 1.
    pub length: usize,
}

/// One part of a text. A value follows its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// An object begins.
    Object,
    /// A list begins.
    List,
    /// The innermost object or list ends.
    Close,
    /// A key.
    Key(&'a str),
    /// A text.
    Text(&'a str),
    /// A number, `true`, `false` or `null`, as JSON writes it.
    Word(&'a str),
}
