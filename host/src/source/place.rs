//! From a JSON pointer to its place in a text.

use std::collections::{BTreeMap, BTreeSet};

use handoff::core::pointer;

use super::part::{Mark, Part};

/// Where a value stands, and what it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The value, or its key where the value takes more than a line.
    pub mark: Mark,
    /// The key, in an object.
    pub key: Option<Mark>,
    /// The number, `true`, `false` or `null` that stands there without quotes.
    pub word: Option<String>,
}

/// Finds places while a text is walked.
#[derive(Default)]
pub(super) struct Places {
    wanted: BTreeSet<String>,
    found: BTreeMap<String, Place>,
    open: Vec<Level>,
    key: Option<(String, Mark)>,
}

/// An open list or object.
struct Level {
    /// None where nothing in it is looked for: deep nesting would otherwise cost its depth squared.
    pointer: Option<String>,
    /// The index of the next value, in a list.
    index: Option<usize>,
}

impl Places {
    /// Looks for these pointers, and for what they stand in.
    pub fn of<'a>(pointers: impl IntoIterator<Item = &'a str>) -> Self {
        let mut wanted = BTreeSet::new();
        for mut pointer in pointers {
            while wanted.insert(pointer.to_owned())
                && let Some((outer, _)) = pointer.rsplit_once('/')
            {
                pointer = outer;
            }
        }
        Self { wanted, ..Self::default() }
    }

    pub fn take(&mut self, part: &Part<'_>, mark: Mark) {
        match part {
            Part::Close => {
                self.open.pop();
            }
            Part::Key(key) => self.key = Some(((*key).to_owned(), mark)),
            Part::Object | Part::List | Part::Text(_) | Part::Word(_) => {
                let key = self.key.take();
                let inside = match (self.open.last_mut(), &key) {
                    (Some(Level { pointer: outer, index: Some(index) }), _) => {
                        *index += 1;
                        outer.as_ref().map(|outer| pointer(outer, &(*index - 1).to_string()))
                    }
                    (Some(Level { pointer: outer, index: None }), Some((key, _))) => outer.as_ref().map(|outer| pointer(outer, key)),
                    (Some(_), None) => None,
                    (None, _) => Some(String::new()),
                };
                let here = inside.filter(|here| self.wanted.contains(here));
                let opens = matches!(part, Part::Object | Part::List);
                if let Some(here) = &here {
                    let key = key.map(|(_, mark)| mark);
                    let mark = key.filter(|_| opens).unwrap_or(mark);
                    let word = if let Part::Word(word) = part { Some((*word).to_owned()) } else { None };
                    self.found.insert(here.clone(), Place { mark, key, word });
                }
                if opens {
                    self.open.push(Level { pointer: here, index: matches!(part, Part::List).then_some(0) });
                }
            }
        }
    }

    /// The place of a pointer, or of the innermost of what it stands in that there is.
    pub fn get(&self, pointer: &str) -> Option<&Place> {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.found.get(pointer) {
                return Some(place);
            }
            pointer = pointer.rsplit_once('/')?.0;
        }
    }
}
