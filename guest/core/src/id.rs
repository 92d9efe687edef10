//! Ids, and what may not stand in one: two that look alike have to be one.

use std::borrow::{Borrow, Cow};

use serde::{Deserialize, Deserializer, de};

use crate::facts::Fact;

/// Whether a character is not seen itself and acts on the text around it, or on what it is taken for: controls, separators of lines and
/// paragraphs, blanks of no width, and what turns the direction of writing.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with each of these characters written out, as `\n` or `\u{202e}`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether a character has another form that prints alike: an accent that stands behind its letter (`u\u{308}` for `ü`), parts of a Korean
/// syllable, and the signs for ohm, kelvin and ångström. Which one a source writes nobody sees.
fn is_apart(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1100}'..='\u{11ff}' | '\u{2126}' | '\u{212a}' | '\u{212b}')
}

/// Words that say of what sort something is where that is not known otherwise.
const SORTS: [&str; 5] = ["asset:", "department:", "person:", "task:", "ticket:"];

/// Tells what is wrong with an id, for people.
pub(crate) fn check(id: &str) -> Result<(), String> {
    name("id", id)?;
    match SORTS.iter().find_map(|sort| id.strip_prefix(sort)) {
        Some(bare) => Err(format!("the id `{id}` says of what sort it is, which is known here: write `{bare}`")),
        None => Ok(()),
    }
}

/// Tells what is wrong with the id of a task: behind the slash that parts it from the ticket another one may stand in the asset's id only.
pub(crate) fn check_task(id: &str) -> Result<(), String> {
    check(id)?;
    match id.split('@').next().is_some_and(|template| template.contains('/')) {
        true => Err(format!("the id `{id}` holds a `/`, which parts a task from its ticket in `task:TICKET/TASK`: write another sign")),
        false => Ok(()),
    }
}

/// Tells what is wrong with the id of a ticket: `/` and then `@` is how one of a task goes on.
fn check_ticket(id: &str) -> Result<(), String> {
    check(id)?;
    match id.split_once('/').is_some_and(|(_, rest)| rest.contains('@')) {
        true => Err(format!("the id `{id}` holds an `@` behind a `/`, as `task:TICKET/TASK@ASSET` does: write another sign")),
        false => Ok(()),
    }
}

/// Tells what is wrong with a text by which something is found, for people.
fn name(what: &str, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("the {what} is empty: write the one that the record has, or `null` where there is none"));
    }
    // Nearly all are of printable ASCII, in which nothing is hidden.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if !is_plain && text.contains(is_hidden) {
        return Err(format!("the {what} `{}` holds what nobody sees: write it without", visible(text)));
    }
    if !is_plain && text.contains(is_apart) {
        return Err(format!(
            "the {what} `{text}` holds an accent apart from its letter, or a sign for one: write letters as one character"
        ));
    }
    if text.trim() != text {
        return Err(format!("the {what} `{text}` begins or ends with a blank: write it without"));
    }
    Ok(())
}

/// Whether a text says nothing: it is empty, or all of it blanks and what nobody sees.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_hidden(c))
}

/// Reads the id of another record, which may be unknown or none.
pub(crate) fn fact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fact<String>, D::Error> {
    checked(deserializer, check)
}

/// Reads a name by which something is found, which may be unknown or none.
pub(crate) fn name_fact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fact<String>, D::Error> {
    checked(deserializer, |text| name("name", text))
}

/// Reads ids of other records.
pub(crate) fn facts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fact<Vec<String>>, D::Error> {
    checked(deserializer, |ids: &Vec<String>| ids.iter().try_for_each(|id| check(id)))
}

fn checked<'de, D: Deserializer<'de>, T: Deserialize<'de> + Borrow<U>, U: ?Sized>(
    deserializer: D,
    check: impl Fn(&U) -> Result<(), String>,
) -> Result<Fact<T>, D::Error> {
    let fact = Fact::<T>::deserialize(deserializer)?;
    match fact.value().map_or(Ok(()), |value| check(value.borrow())) {
        Ok(()) => Ok(fact),
        Err(fault) => Err(de::Error::custom(fault)),
    }
}

/// The id that a text is.
pub(crate) fn of(text: &str) -> Result<String, String> {
    check(text).map(|()| text.to_owned())
}

/// Reads an id, for `#[serde(deserialize_with)]`.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    own(deserializer, check)
}

/// Reads the id of a ticket.
pub(crate) fn read_ticket<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    own(deserializer, check_ticket)
}

/// Reads the id of a task.
pub(crate) fn read_task<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    own(deserializer, check_task)
}

fn own<'de, D: Deserializer<'de>>(deserializer: D, check: impl Fn(&str) -> Result<(), String>) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    match check(&id) {
        Ok(()) => Ok(id),
        Err(fault) => Err(de::Error::custom(fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_apart_by_looking_at_them() {
        for sound in ["LT-1", "a b", "hand-over@LT-1", "REQ/7", "Größe", "機器-1", "jürgen", "한글", "\u{1f600}"] {
            assert_eq!(of(sound).as_deref(), Ok(sound));
        }
        for (wrong, told) in [
            ("", "the id is empty"),
            (" LT-1", "` LT-1` begins or ends with a blank"),
            ("LT-1 ", "`LT-1 ` begins or ends with a blank"),
            ("LT-1\u{a0}", "begins or ends with a blank"),
            (" ", "begins or ends with a blank"),
            ("person:ann", "`person:ann` says of what sort it is, which is known here: write `ann`"),
            ("LT\n1", "`LT\\n1` holds what nobody sees"),
            ("LT-1\t", "`LT-1\\t` holds"),
            ("LT\u{0}1", "`LT\\u{0}1` holds"),
            ("LT\u{85}1", "`LT\\u{85}1` holds"),
            ("LT\u{2029}1", "`LT\\u{2029}1` holds"),
            ("LT-1\u{200b}", "`LT-1\\u{200b}` holds"),
            ("\u{feff}LT-1", "`\\u{feff}LT-1` holds"),
            ("LT\u{61c}1", "`LT\\u{61c}1` holds"),
            ("LT\u{200f}1", "`LT\\u{200f}1` holds"),
            ("LT\u{202e}1", "`LT\\u{202e}1` holds"),
            ("LT\u{2066}1", "`LT\\u{2066}1` holds"),
            ("ju\u{308}rgen", "holds an accent apart from its letter"),
            ("\u{212b}sa", "or a sign for one"),
        ] {
            let fault = of(wrong).unwrap_err();
            assert!(fault.contains(told), "{wrong:?}: {fault}");
        }
    }

    #[test]
    fn what_is_seen_stays_as_it_is() {
        assert!(matches!(visible("a \u{a0}ä\u{1f600}"), Cow::Borrowed(_)));
        assert_eq!(visible("\u{1b}[31ma\r\n"), "\\u{1b}[31ma\\r\\n");
    }
}
