//! Ids, and what may not stand in one: two that look alike have to be one.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de};

/// Whether a character is not seen itself and acts on the text around it, or on what it is taken for: controls, separators of lines and
/// paragraphs, blanks of no width, and what turns the direction of writing.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    let (no_width, turning) = (['\u{200b}', '\u{2060}', '\u{feff}'], ['\u{61c}', '\u{200e}', '\u{200f}']);
    c.is_control() || no_width.contains(&c) || turning.contains(&c) || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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

/// Tells what is wrong with an id, for people.
pub(crate) fn check(id: &str) -> Result<(), String> {
    if id.is_empty() {
        return Err("the id is empty: write the one that the record has".to_owned());
    }
    if id.contains(is_hidden) {
        return Err(format!("the id `{}` holds what nobody sees: write it without", visible(id)));
    }
    if id.trim() != id {
        return Err(format!("the id `{id}` begins or ends with a blank: write it without"));
    }
    Ok(())
}

/// The id that a text is.
pub(crate) fn of(text: &str) -> Result<String, String> {
    check(text).map(|()| text.to_owned())
}

/// Reads an id, for `#[serde(deserialize_with)]`.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
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
        for sound in ["LT-1", "a b", "hand-over@LT-1", "REQ/7", "Größe", "機器-1", "\u{1f600}"] {
            assert_eq!(of(sound).as_deref(), Ok(sound));
        }
        for (wrong, told) in [
            ("", "the id is empty"),
            (" LT-1", "` LT-1` begins or ends with a blank"),
            ("LT-1 ", "`LT-1 ` begins or ends with a blank"),
            ("LT-1\u{a0}", "begins or ends with a blank"),
            (" ", "begins or ends with a blank"),
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
