//! YAML as it is read here: plain data that means the same to every reader. What some readers take for one thing and some for another is
//! refused, with the way to write it. The build script includes this file as well, for the reference policy.

use std::collections::BTreeSet;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::part::{Mark, Part};

/// How deep lists and objects may stand in each other; what reads the JSON stops not far above.
const DEPTH: usize = 100;
/// How many faults are collected before reading stops.
const FAULTS: usize = 50;

/// Something in a text that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub mark: Mark,
    pub message: String,
    pub help: String,
}

/// What an empty value, a key with nothing behind it, means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Empty {
    /// The same as `null`, as YAML has it.
    Null,
    /// Left open by mistake: in facts `null` says that there is none.
    Refused,
}

/// The same as JSON text, in one line.
///
/// # Errors
/// All faults of the text, at least one.
pub(crate) fn to_json(text: &str, empty: Empty) -> Result<String, Vec<Fault>> {
    let mut json = Json::default();
    let mut faults = Vec::new();
    walk(text, empty, &mut faults, |part, _| json.write(part));
    if faults.is_empty() { Ok(json.text) } else { Err(faults) }
}

#[derive(Default)]
struct Json {
    text: String,
    /// Whether a comma is due, one for each open list or object.
    comma: Vec<bool>,
    after_key: bool,
    closing: Vec<char>,
}

impl Json {
    fn write(&mut self, part: &Part<'_>) {
        if matches!(part, Part::Close) {
            self.comma.pop();
            self.text.extend(self.closing.pop());
            return;
        }
        if !std::mem::take(&mut self.after_key)
            && let Some(comma) = self.comma.last_mut()
            && std::mem::replace(comma, true)
        {
            self.text.push(',');
        }
        match part {
            Part::Object | Part::List => {
                let (open, close) = if matches!(part, Part::Object) { ('{', '}') } else { ('[', ']') };
                self.text.push(open);
                self.closing.push(close);
                self.comma.push(false);
            }
            Part::Key(key) => {
                self.text.push_str(&quoted(key));
                self.text.push(':');
                self.after_key = true;
            }
            Part::Text(text) => self.text.push_str(&quoted(text)),
            Part::Word(word) => self.text.push_str(word),
            Part::Close => {}
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// An open list or object.
enum Open {
    List,
    Object {
        keys: BTreeSet<String>,
        /// Whether a key was read whose value comes next.
        key_read: bool,
    },
}

/// Reads a text part by part. Stops at a fault after which nothing more can be told.
pub(crate) fn walk(text: &str, empty: Empty, faults: &mut Vec<Fault>, mut take: impl FnMut(&Part<'_>, Mark)) {
    let mut open: Vec<Open> = Vec::new();
    let mut documents = 0_usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let marker = error.marker();
                let mark = Mark { line: marker.line(), column: marker.col() + 1, length: 1 };
                faults.push(syntax(text, mark, error.info()));
                return;
            }
        };
        let mark = mark(&span);
        let mut fault = |message: &str, help: &str| faults.push(Fault { mark, message: message.to_owned(), help: help.to_owned() });
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag) | Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => {
                (*anchor, tag.is_some())
            }
            Event::Alias(anchor) => (*anchor, false),
            _ => (0, false),
        };
        if anchor > 0 {
            return faults.push(anchored(mark));
        }
        if tag {
            fault("tags (`!name`) are not read", "leave the tag out; a text that looks like something else goes in quotes");
        }
        let key_due = matches!(open.last(), Some(Open::Object { key_read: false, .. }));
        match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return fault("a second document begins here", "write one document to a file, without `---` between");
                }
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if key_due {
                    return fault("a list or an object stands where a key has to be", "a text that begins with `{` or `[` goes in quotes");
                }
                if open.len() >= DEPTH {
                    return faults.push(too_deep(mark));
                }
                value_read(&mut open);
                if matches!(event, Event::MappingStart(..)) {
                    open.push(Open::Object { keys: BTreeSet::new(), key_read: false });
                    take(&Part::Object, mark);
                } else {
                    open.push(Open::List);
                    take(&Part::List, mark);
                }
            }
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
                take(&Part::Close, mark);
            }
            Event::Scalar(text, style, ..) => match open.last_mut() {
                Some(Open::Object { keys, key_read }) if !*key_read => {
                    *key_read = true;
                    if !keys.insert(text.to_string()) {
                        fault(&format!("key `{text}` stands there twice"), "one of the two would be lost: leave one, or rename it");
                    }
                    take(&Part::Key(&text), mark);
                }
                _ => {
                    value_read(&mut open);
                    let part = if style == ScalarStyle::Plain { plain(&text, empty) } else { Ok(Part::Text(&text)) };
                    match part {
                        Ok(part) => take(&part, mark),
                        Err((message, help)) => {
                            fault(&message, &help);
                            take(&Part::Word("null"), mark);
                        }
                    }
                }
            },
            Event::Alias(_) | Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        if faults.len() >= FAULTS {
            return;
        }
    }
    if documents == 0 {
        faults.push(Fault {
            mark: Mark { line: 1, column: 1, length: 1 },
            message: "the text is empty".to_owned(),
            help: "write a document".to_owned(),
        });
    }
}

fn value_read(open: &mut [Open]) {
    if let Some(Open::Object { key_read, .. }) = open.last_mut() {
        *key_read = false;
    }
}

fn mark(span: &Span) -> Mark {
    let one_line = span.start.line() == span.end.line();
    let length = if one_line { span.end.col().saturating_sub(span.start.col()) } else { 0 };
    Mark { line: span.start.line(), column: span.start.col() + 1, length: length.max(1) }
}

fn anchored(mark: Mark) -> Fault {
    let message = "anchors and aliases (`&name`, `*name`) are not read";
    Fault { mark, message: message.to_owned(), help: "write the value out where it is needed".to_owned() }
}

fn too_deep(mark: Mark) -> Fault {
    Fault { mark, message: "lists and objects stand in each other too deep".to_owned(), help: format!("{DEPTH} levels are read") }
}

/// What the reader says, with the causes that are met most.
fn syntax(text: &str, mark: Mark, reason: &str) -> Fault {
    if reason == "recursion limit exceeded" {
        return too_deep(mark);
    }
    if reason.contains("anchor") {
        return anchored(mark);
    }
    let line = text.lines().nth(mark.line.saturating_sub(1)).unwrap_or_default();
    let indented_by_tab = line.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t');
    let help = if indented_by_tab {
        "indent with spaces: YAML takes no tabs there"
    } else if mark.line > text.lines().count() || reason.contains("end of stream") {
        "the text may be cut off: look for what was opened and not closed"
    } else {
        "look at the indentation and at quotes and brackets above; a text with `: `, ` #` or a sign at its start goes in quotes"
    };
    Fault { mark, message: format!("not YAML: {reason}"), help: help.to_owned() }
}

/// What stands there without quotes; the error is a message with help.
fn plain(text: &str, empty: Empty) -> Result<Part<'_>, (String, String)> {
    match text {
        "" if empty == Empty::Refused => Err((
            "a key stands there without a value".to_owned(),
            "write `null` where there is none, and leave the key out where it is not known".to_owned(),
        )),
        "" | "~" | "null" | "Null" | "NULL" => Ok(Part::Word("null")),
        "true" | "True" | "TRUE" => Ok(Part::Word("true")),
        "false" | "False" | "FALSE" => Ok(Part::Word("false")),
        _ if ["yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word)) => {
            let meant = matches!(text.to_ascii_lowercase().as_str(), "yes" | "on");
            let message = format!("`{text}` is a boolean to some readers of YAML and a text to others");
            Err((message, format!("write `{meant}`, or `\"{text}\"` for the text")))
        }
        _ => match number(text) {
            Number::None => Ok(Part::Text(text)),
            Number::Exact => Ok(Part::Word(text)),
            Number::Other => {
                let message = format!("`{text}` is a number that would not come out as it stands there");
                Err((
                    message,
                    format!("write `\"{text}\"` where a text is meant, such as a version or a serial, or the number in plain decimals"),
                ))
            }
        },
    }
}

/// What some reader of YAML might take for a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    None,
    /// The one way to write it in plain decimals.
    Exact,
    /// Any other way: `14.10` would lose its zero, `007` is 7 to some and `1e3` a text to others.
    Other,
}

fn number(text: &str) -> Number {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (sign, rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.chars().next(), rest),
        None => (None, text),
    };
    let lower = rest.to_ascii_lowercase();
    if matches!(lower.as_str(), ".inf" | ".nan") {
        return Number::Other;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = lower.strip_prefix(prefix) {
            let number = !rest.is_empty() && rest.chars().all(|c| c == '_' || c.is_digit(radix));
            return if number { Number::Other } else { Number::None };
        }
    }
    if !rest.bytes().any(|b| b.is_ascii_digit()) || !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Number::None;
    }
    let (mantissa, exponent) = lower.split_once('e').map_or((lower.as_str(), None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(whole, fraction)| (whole, Some(fraction)));
    let loose = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let exponent_fits = exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)));
    if !loose(whole) || !fraction.is_none_or(loose) || !exponent_fits {
        return Number::None;
    }
    let whole_exact = digits(whole) && (whole == "0" || !whole.starts_with('0'));
    let fraction_exact = fraction.is_none_or(|fraction| digits(fraction) && !fraction.ends_with('0'));
    let exact = whole_exact && fraction_exact && exponent.is_none() && sign != Some('+') && text != "-0";
    if exact { Number::Exact } else { Number::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Result<String, String> {
        let told = |faults: Vec<Fault>| {
            faults.into_iter().map(|f| format!("{}:{} {}", f.mark.line, f.mark.column, f.message)).collect::<Vec<_>>().join("; ")
        };
        to_json(text, Empty::Null).map_err(told)
    }

    #[test]
    fn plain_data_becomes_json() {
        let text = "a: 1\nb: [x, true, null, 2.5, -3]\nc: {d: \"14.10\", e: 1.0.0, f: 2026-01-05}\ng:\n- |\n  two\n  lines\n- 12:30\nh:\n";
        let expected =
            r#"{"a":1,"b":["x",true,null,2.5,-3],"c":{"d":"14.10","e":"1.0.0","f":"2026-01-05"},"g":["two\nlines\n","12:30"],"h":null}"#;
        assert_eq!(json(text).as_deref(), Ok(expected));
        assert_eq!(json("{}").as_deref(), Ok("{}"));
        assert_eq!(json("[[], {}]").as_deref(), Ok("[[],{}]"));
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        for text in ["0", "7", "-3", "10", "118.8", "0.5", "9007199254740993"] {
            assert_eq!(number(text), Number::Exact, "{text}");
        }
        for text in ["14.10", "007", "1_000", "0x1F", "0o17", "1e3", "7E12", ".5", "5.", "+5", "-0", ".inf", "-.NaN", "1.0"] {
            assert_eq!(number(text), Number::Other, "{text}");
        }
        for text in ["1.2.3", "2026-01-05", "12:30", "PF4X", "1e", "-", ".", "0xg", "e3", "4711-A", "_1"] {
            assert_eq!(number(text), Number::None, "{text}");
        }
    }

    #[test]
    fn what_readers_differ_on_is_refused_where_it_stands() {
        for (text, start) in [
            ("a: &x 1\nb: *x\n", "1:"),
            ("a: !!str 1\n", "1:"),
            ("a: 1\na: 2\n", "2:1 key `a`"),
            ("a: no\nb: On\n", "1:4 `no` is a boolean"),
            ("a: 14.10\n", "1:4 `14.10`"),
            ("a: 1\n---\nb: 2\n", "2:"),
            ("a:\n\t- b\n", "2:"),
            ("a: [1, 2\n", "2:"),
            ("{{ name }}: 1\n", "1:"),
            ("", "1:1 the text is empty"),
        ] {
            let fault = json(text).expect_err(text);
            assert!(fault.starts_with(start), "{text:?}: {fault}");
        }
        assert_eq!(json("a: no\nb: On\n").expect_err("two").matches("boolean").count(), 2);
        assert!(to_json("a:\n", Empty::Refused).is_err());
        assert!(json(&"[".repeat(1_000_000)).expect_err("deep").contains("too deep"));
        assert!(json(&"- ".repeat(1_000_000)).expect_err("deep").contains("too deep"));
    }
}
