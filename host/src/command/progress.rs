//! How far something is that takes long.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use super::Form;

/// A bar on stderr, where that is a terminal and nothing else is written to one meanwhile; in one form where the length is known, and in
/// another where it is not.
pub(super) fn bar(form: Form, length: Option<u64>, known: &str, unknown: &str) -> ProgressBar {
    if form != Form::Text && std::io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, style) = length.map_or_else(|| (ProgressBar::no_length(), unknown), |length| (ProgressBar::new(length), known));
    let bar = bar.with_finish(ProgressFinish::AndClear);
    // Written by those who call, and so never wrong.
    ProgressStyle::with_template(style).map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}
