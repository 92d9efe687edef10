//! What filters ask of every value, natively: they ask it of each field of each row. `handoff.jq` says in words what they answer.

use std::collections::BTreeSet;

use jaq_json::Val;

use super::filter::{object, text};

/// What says nothing, or is no serial: the words that `handoff.jq` lists.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub nothing: BTreeSet<String>,
    pub placeholders: BTreeSet<String>,
}

/// Whether a value says nothing.
pub(super) fn is_nothing(value: &Val, words: &Words) -> bool {
    match value {
        Val::Null => true,
        Val::TStr(text) => str::from_utf8(text).is_ok_and(|text| words.nothing.contains(text.trim())),
        Val::Arr(values) => values.is_empty(),
        Val::Obj(object) => object.is_empty(),
        _ => false,
    }
}

/// The mark of a value that was not understood.
pub(super) fn unclear(value: &Val, why: &str) -> Val {
    object([("$unclear", value.clone()), ("why", Val::from(why.to_owned()))])
}

/// HTML entities as the characters that they stand for.
pub(super) fn entities(text: &str) -> String {
    const ENTITIES: [(&str, &str); 10] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#039;", "'"),
        ("&apos;", "'"),
        ("&nbsp;", " "),
        ("&#160;", " "),
        // Last, or what they wrote about entities would become one.
        ("&amp;", "&"),
    ];
    if !text.contains('&') {
        return text.to_owned();
    }
    ENTITIES.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

/// A value as a text; none where it is none.
pub(super) fn written(value: &Val) -> Option<String> {
    match value {
        Val::TStr(_) => text(value).map(|text| entities(&text).trim().to_owned()),
        Val::Num(_) | Val::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A text, or what tells that it is none.
pub(super) fn as_text(value: &Val) -> Val {
    match value {
        Val::Null => Val::Null,
        value => written(value).map_or_else(|| unclear(value, "this is no text"), Val::from),
    }
}

/// A yes or no, as platforms write it.
pub(super) fn as_truth(value: &Val) -> Val {
    let word = match value {
        Val::Bool(_) => return value.clone(),
        Val::TStr(_) => text(value).unwrap_or_default(),
        value => value.to_string(),
    };
    match word.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "on" | "enabled" => Val::Bool(true),
        "false" | "no" | "0" | "off" | "disabled" => Val::Bool(false),
        _ => unclear(value, "this is neither yes nor no"),
    }
}

/// What a table says of a word, found in any case.
pub(super) fn word(value: &Val, tables: &Val, table: &str) -> Val {
    found(value, tables, table).unwrap_or_else(|| unclear(value, &format!("the table `{table}` has no such word")))
}

/// The same where what it says depends on the workflow of the kind.
pub(super) fn word_by(value: &Val, tables: &Val, table: &str, workflow: Option<&str>) -> Val {
    let by = match found(value, tables, table) {
        Some(Val::Obj(by)) => by,
        _ => return word(value, tables, table),
    };
    let key = |key: &str| by.get(&Val::from(key.to_owned())).cloned();
    workflow.and_then(key).or_else(|| key("*")).unwrap_or_else(|| {
        let of = workflow.map_or_else(|| "an unknown kind".to_owned(), |workflow| format!("the workflow `{workflow}`"));
        unclear(value, &format!("the table `{table}` has no such word for {of}"))
    })
}

fn found(value: &Val, tables: &Val, table: &str) -> Option<Val> {
    let word = match value {
        Val::TStr(_) => text(value).unwrap_or_default().trim().to_owned(),
        value => value.to_string(),
    };
    let Val::Obj(tables) = tables else { return None };
    let Val::Obj(words) = tables.get(&Val::from(table.to_owned()))? else { return None };
    let alike = || words.iter().find(|(key, _)| text(key).is_some_and(|key| key.eq_ignore_ascii_case(&word)));
    words.get(&Val::from(word.clone())).or_else(|| alike().map(|(_, value)| value)).cloned()
}

/// A serial, unless something only stands where one should be.
pub(super) fn as_serial(value: &Val, words: &Words) -> Val {
    let Some(serial) = written(value) else { return as_text(value) };
    let bare: String = serial.chars().filter(|c| c.is_ascii_alphanumeric() || u32::from(*c) > 127).collect();
    let is_one_character = bare.chars().next().is_none_or(|first| bare.chars().all(|c| c == first));
    if is_one_character || words.placeholders.contains(&bare.to_ascii_uppercase()) {
        return unclear(&Val::from(serial), "this is a placeholder, and no serial");
    }
    Val::from(serial)
}

/// An amount of money, where it is clear what parts thousands and what decimals.
pub(super) fn as_amount(value: &Val) -> Val {
    if matches!(value, Val::Num(_)) {
        return value.clone();
    }
    let text: String = written(value).unwrap_or_default();
    let text: String = text.chars().filter(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | '-')).collect();
    let after = |mark: char| text.rsplit(mark).next().map_or(0, str::len);
    let (commas, points) = (text.matches(',').count(), text.matches('.').count());
    let number = match (commas, points) {
        (0, 0) => Some(text.clone()),
        (0, 1) if after('.') != 3 => Some(text.clone()),
        (1, 0) if after(',') != 3 => Some(text.replace(',', ".")),
        (1.., 1) if text.rfind('.') > text.rfind(',') => Some(text.replace(',', "")),
        (1, 1..) if text.rfind(',') > text.rfind('.') => Some(text.replace('.', "").replace(',', ".")),
        _ => None,
    };
    let number = number.and_then(|number| jaq_json::read::parse_single(number.as_bytes()).ok());
    number.filter(|number| matches!(number, Val::Num(_))).unwrap_or_else(|| unclear(value, "this is no clear amount"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &Val) -> String {
        value.to_string()
    }

    fn of(text: &str) -> Val {
        Val::from(text.to_owned())
    }

    #[test]
    fn amounts_are_read_where_they_are_clear() {
        for (written, expected) in [
            ("1,243.96", "1243.96"),
            ("1.599,62", "1599.62"),
            ("1,234,567.80", "1234567.80"),
            ("446,80", "446.80"),
            ("$1,100.00", "1100.00"),
            ("-5", "-5"),
            ("970", "970"),
        ] {
            assert_eq!(shown(&as_amount(&of(written))), expected, "{written}");
        }
        for wrong in ["1,243", "1.243", "1.2.3", "soon", "5-3", ""] {
            assert!(shown(&as_amount(&of(wrong))).contains("no clear amount"), "{wrong}");
        }
    }

    #[test]
    fn placeholders_are_no_serials() {
        let words = Words { placeholders: ["DEFAULTSTRING".to_owned()].into(), ..Words::default() };
        for wrong in ["Default string", "0", "AAAA", "--", "x-X"] {
            let is_placeholder = shown(&as_serial(&of(wrong), &words)).contains("placeholder");
            assert_eq!(is_placeholder, wrong != "x-X", "{wrong}");
        }
        assert_eq!(shown(&as_serial(&of(" PF-4 X9 "), &words)), "\"PF-4 X9\"");
        assert_eq!(shown(&as_serial(&Val::Null, &words)), "null");
    }

    #[test]
    fn texts_are_written_out() {
        assert_eq!(shown(&as_text(&of(" O&#039;Hara &amp;lt; "))), "\"O'Hara &lt;\"");
        assert!(shown(&as_text(&[Val::Null].into_iter().collect())).contains("this is no text"));
    }
}
