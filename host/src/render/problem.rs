//! Problems with the line that they are about.

use handoff::core::{is_hidden, visible};

use super::{Page, Tone};
use crate::source::{Located, window};

/// What a problem is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    Error,
    Warning,
    Laxer,
}

impl Label {
    /// What a problem of a document is.
    pub fn of(located: &Located) -> Self {
        if located.problem.warning { Self::Warning } else { Self::Error }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Laxer => "laxer",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Error => Tone::Bad,
            Self::Warning | Self::Laxer => Tone::Doubtful,
        }
    }
}

/// Writes one problem.
pub(crate) fn problem(page: &mut Page, label: Label, located: &Located) {
    let Located { file, line, column, length, excerpt, problem } = located;
    let file = visible(file);
    page.gap();
    let code = label.tone().of(&format!("{}[{}]", label.word(), visible(&problem.code)));
    let head = format!("{code}: {}", Tone::Strong.of(&visible(&problem.message)));
    page.line("", 2, &head);
    let number = line.map(|line| line.to_string()).unwrap_or_default();
    let margin = " ".repeat(number.len());
    let bar = Tone::Faint.of("|");
    let arrow = Tone::Faint.of("-->");
    match (line, column) {
        (Some(line), Some(column)) => page.raw(&format!("{margin}{arrow} {file}:{line}:{column}")),
        _ => page.raw(&format!("{margin}{arrow} {file}")),
    }
    if let (Some(excerpt), Some(column)) = (excerpt, column) {
        let width = page.width().saturating_sub(number.len() + 3).max(20);
        let (excerpt, column) = window(excerpt.trim_end(), *column, width);
        // What would move the marks below, or the terminal's cursor, is shown as a space.
        let shown: String = excerpt.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
        let room = shown.chars().count().saturating_sub(column - 1).max(1);
        let marks = format!("{}{}", " ".repeat(column - 1), label.tone().of(&"^".repeat((*length).clamp(1, room))));
        page.raw(&format!("{margin} {bar}"));
        page.raw(&format!("{} {bar} {shown}", Tone::Faint.of(&number)));
        page.raw(&format!("{margin} {bar} {marks}"));
    }
    if let Some(help) = &problem.help {
        page.line(&format!("{margin} {} ", Tone::Faint.of("= help:")), number.len() + 9, &visible(help));
    }
}

/// `3 errors`, `1 error`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
