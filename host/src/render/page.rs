//! Lines of text, wrapped and in colour. The colours are taken out again where the output takes none.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSplitter};

/// The width where the output is no terminal, so that it is the same everywhere.
const WIDTH: usize = 100;

/// A space at which no line is broken.
pub(crate) const TOGETHER: char = '\u{a0}';

/// How something is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// An allow.
    Good,
    /// A deny, or an error.
    Bad,
    /// A warning, or an allow by exception.
    Doubtful,
    /// A heading.
    Strong,
    /// What is read second.
    Faint,
}

impl Tone {
    fn style(self) -> Style {
        let colour = |colour: AnsiColor| Style::new().bold().fg_color(Some(colour.into()));
        match self {
            Self::Good => colour(AnsiColor::Green),
            Self::Bad => colour(AnsiColor::Red),
            Self::Doubtful => colour(AnsiColor::Yellow),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
        }
    }

    /// The text in this tone.
    pub fn of(self, text: &str) -> String {
        let style = self.style();
        format!("{style}{text}{style:#}")
    }
}

/// A text that is being written.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// An empty text of the width of the terminal, where there is one.
    pub fn new() -> Self {
        let width = terminal_size::terminal_size_of(std::io::stdout()).map_or(WIDTH, |(width, _)| usize::from(width.0).clamp(40, 120));
        Self { text: String::new(), width }
    }

    /// How many characters fit on a line.
    pub fn width(&self) -> usize {
        self.width
    }

    /// A line, wrapped: the first line begins with `first`, the others with as many spaces as `indent` says.
    pub fn line(&mut self, first: &str, indent: usize, text: &str) {
        let rest = " ".repeat(indent);
        let options = Options::new(self.width)
            .initial_indent(first)
            .subsequent_indent(&rest)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation);
        if text.is_empty() {
            self.raw(first.trim_end());
        }
        for line in text.lines().filter(|line| !line.is_empty()).enumerate().flat_map(|(index, line)| {
            let options = if index == 0 { options.clone() } else { options.clone().initial_indent(&rest) };
            textwrap::wrap(line, options).into_iter().map(|line| line.into_owned()).collect::<Vec<_>>()
        }) {
            self.raw(line.trim_end());
        }
    }

    /// A line as it is.
    pub fn raw(&mut self, line: &str) {
        self.text.extend(line.chars().map(|c| if c == TOGETHER { ' ' } else { c }));
        self.text.push('\n');
    }

    /// An empty line, unless there is one already or nothing yet.
    pub fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A heading.
    pub fn heading(&mut self, text: &str) {
        self.gap();
        let _ = writeln!(self.text, "{}", Tone::Strong.of(text));
    }

    /// The whole text.
    pub fn end(self) -> String {
        self.text
    }
}
