//! Charts as SVG within the page: bars and columns, laid out in per cent, so that they fit every width without a script.

use maud::{Markup, html};

use super::numbers::{number, scaled};

/// The length of a whole bar, in hundredths of a per cent.
const FULL: u64 = 10_000;

/// The least length of what is not nothing: it has to be seen.
const LEAST: u64 = 60;

/// The width of a bar where it is narrowest, in pixels: numbers stand in parts where they fit even there.
const NARROWEST: u64 = 200;

/// A part of a bar, or of a legend.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// The class that gives it colour and pattern.
    pub class: &'static str,
    /// What it is called.
    pub name: String,
    /// How many.
    pub count: u64,
}

impl Part {
    pub fn new(class: &'static str, name: impl Into<String>, count: u64) -> Self {
        Self { class, name: name.into(), count }
    }
}

/// Hundredths of a per cent, as SVG reads lengths.
fn length(points: u64) -> String {
    format!("{}.{:02}%", points / 100, points % 100)
}

/// What a bar shows, in words.
fn in_words(label: &str, parts: &[Part]) -> String {
    let parts: Vec<String> =
        parts.iter().filter(|part| part.count > 0).map(|part| format!("{} {}", number(part.count), part.name)).collect();
    if parts.is_empty() { format!("{label}: none") } else { format!("{label}: {}", parts.join(", ")) }
}

/// A whole bar, shared out among its parts, with their numbers where they fit.
pub(super) fn shares(label: &str, parts: &[Part]) -> Markup {
    html! {
        svg.bar role="img" aria-label=(in_words(label, parts)) {
            rect.track width="100%" height="100%" {}
            @for (part, start, width) in placed(parts) {
                @let told = number(part.count);
                @let room = told.chars().fold(8_u64, |room, _| room + 7);
                g class=(part.class) {
                    rect x=(length(start)) width=(length(width)) height="100%" { title { (told) " " (part.name) } }
                    @if width * NARROWEST / FULL >= room {
                        text x=(length(start + width / 2)) y="50%" { (told) }
                    }
                }
            }
        }
    }
}

/// The parts that are not nothing, each with where it starts and how long it is.
fn placed(parts: &[Part]) -> Vec<(&Part, u64, u64)> {
    let whole = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.count));
    let reserved = parts.iter().filter(|part| part.count > 0).fold(0_u64, |sum, _| sum + LEAST);
    let mut start = 0;
    let mut placed = Vec::with_capacity(parts.len());
    for part in parts.iter().filter(|part| part.count > 0) {
        let width = LEAST + scaled(part.count, whole, FULL.saturating_sub(reserved));
        placed.push((part, start, width));
        start += width;
    }
    placed
}

/// A bar as long as a number is of the greatest; the number stands beside it or on it.
pub(super) fn magnitude(class: &'static str, count: u64, greatest: u64) -> Markup {
    let width = if count == 0 { 0 } else { scaled(count, greatest, FULL).max(LEAST) };
    html! { svg.thin aria-hidden="true" { g class=(class) { rect width=(length(width)) height="100%" {} } } }
}

/// What the colours and patterns mean.
pub(super) fn legend<'a>(entries: impl Iterator<Item = (&'static str, &'a str)>) -> Markup {
    html! {
        ul.legend {
            @for (class, name) in entries {
                li { (swatch(class)) (name) }
            }
        }
    }
}

/// A patch of a colour and pattern.
pub(super) fn swatch(class: &'static str) -> Markup {
    html! { svg.swatch aria-hidden="true" { g class=(class) { rect width="100%" height="100%" {} } } }
}

/// A column of a chart over time.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// What stands below it; empty where there is no room.
    pub label: String,
    /// What stands below that, such as a year.
    pub below: String,
    /// What it is called in full.
    pub name: String,
    /// Its parts, from below.
    pub parts: Vec<Part>,
}

impl Column {
    fn total(&self) -> u64 {
        self.parts.iter().fold(0, |sum, part| sum.saturating_add(part.count))
    }
}

/// The height of the columns in pixels, and of what stands above and below them.
const HEIGHT: u64 = 168;
const ABOVE: u64 = 18;
const BELOW: u64 = 34;

/// Columns over time, with a scale on the left.
pub(super) fn columns(label: &str, columns: &[Column]) -> Markup {
    let greatest = columns.iter().map(Column::total).max().unwrap_or_default();
    let top = round_up(greatest);
    let steps: u64 = if top.is_multiple_of(4) {
        4
    } else if top.is_multiple_of(5) {
        5
    } else {
        2
    };
    let marks: Vec<u64> = (0..=steps).map(|step| top.saturating_mul(step) / steps).collect();
    let height = |count: u64| scaled(count, top, HEIGHT);
    let base = ABOVE + HEIGHT;
    let slots = u64::try_from(columns.len()).unwrap_or(u64::MAX).max(1);
    let slot = FULL / slots;
    let words: Vec<String> =
        columns.iter().filter(|column| column.total() > 0).map(|column| in_words(&column.name, &column.parts)).collect();
    html! {
        div.columns role="img" aria-label=(format!("{label}. {}", words.join("; "))) {
            svg.scale aria-hidden="true" height=(base + BELOW) {
                @for mark in &marks { text x="100%" y=(base - height(*mark)) { (number(*mark)) } }
            }
            svg aria-hidden="true" height=(base + BELOW) {
                @for mark in &marks {
                    line.grid x1="0" x2="100%" y1=(base - height(*mark)) y2=(base - height(*mark)) {}
                }
                @for (column, start) in columns.iter().zip((0_u64..).map(|index| index * slot)) {
                    @let middle = length(start + slot / 2);
                    @let total = column.total();
                    @for (part, below) in stacked(column) {
                        @let from = height(below);
                        @let to = height(below.saturating_add(part.count));
                        g class=(part.class) {
                            rect x=(length(start + slot / 7)) width=(length(slot - slot / 7 * 2)) y=(base - to) height=(to - from) {
                                title { (column.name) ": " (number(part.count)) " " (part.name) }
                            }
                        }
                    }
                    @if total > 0 { text.total x=(middle) y=(base - height(total) - 5) { (number(total)) } }
                    text.tick x=(middle) y=(base + 15) { (column.label) }
                    text.tick.year x=(middle) y=(base + 29) { (column.below) }
                }
            }
        }
    }
}

/// The parts of a column that are not nothing, each with what is below it.
fn stacked(column: &Column) -> Vec<(&Part, u64)> {
    let mut below = 0_u64;
    let mut all = Vec::with_capacity(column.parts.len());
    for part in column.parts.iter().filter(|part| part.count > 0) {
        all.push((part, below));
        below = below.saturating_add(part.count);
    }
    all
}

/// A round number that is not less.
fn round_up(greatest: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for factor in [4, 5, 8, 10, 12, 16, 20, 30] {
            let top = unit.saturating_mul(factor);
            if top >= greatest {
                return top;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// The patterns that the parts are filled with, so that colour is not all that tells them apart. They stand in the page once.
pub(super) fn patterns() -> Markup {
    html! {
        svg.patterns width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect.under width="6" height="6" {}
                    rect.over width="2" height="6" {}
                }
                pattern id="rising" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)" {
                    rect.under width="7" height="7" {}
                    rect.over width="2.5" height="7" {}
                }
                pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse" {
                    rect.under width="6" height="6" {}
                    circle.over cx="3" cy="3" r="1.4" {}
                }
                pattern id="lines" width="6" height="5" patternUnits="userSpaceOnUse" {
                    rect.under width="6" height="5" {}
                    rect.over width="6" height="1.6" {}
                }
                pattern id="bars" width="5" height="6" patternUnits="userSpaceOnUse" {
                    rect.under width="5" height="6" {}
                    rect.over width="1.6" height="6" {}
                }
                pattern id="cross" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect.under width="7" height="7" {}
                    rect.over width="1.6" height="7" {}
                    rect.over width="7" height="1.6" {}
                }
                pattern id="freckles" width="4" height="4" patternUnits="userSpaceOnUse" {
                    rect.under width="4" height="4" {}
                    circle.over cx="1" cy="1" r="0.8" {}
                    circle.over cx="3" cy="3" r="0.8" {}
                }
                pattern id="crossing" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect.under width="7" height="7" {}
                    rect.over width="1.6" height="7" {}
                    rect.over width="7" height="1.6" {}
                }
                pattern id="warned" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect.under width="6" height="6" {}
                    rect.over width="2" height="6" {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_shared_out_whole() {
        let bar = shares("here", &[Part::new("a", "old", 1), Part::new("b", "new", 9_999), Part::new("c", "unknown", 0)]).into_string();
        assert!(bar.contains("aria-label=\"here: 1 old, 9\u{202f}999 new\""), "{bar}");
        assert!(bar.contains(r#"<g class="a"><rect x="0.00%" width="0.60%""#), "{bar}");
        assert!(bar.contains(r#"<g class="b"><rect x="0.60%" width="99.39%""#), "{bar}");
        assert!(!bar.contains("class=\"c\""), "{bar}");
    }

    #[test]
    fn scales_end_at_a_round_number() {
        assert_eq!([0, 3, 4, 7, 11, 29, 31, 999].map(round_up), [4, 4, 4, 8, 12, 30, 40, 1_000]);
        assert!(round_up(u64::MAX) == u64::MAX);
    }
}
