//! YAML as test data is written: plain trees. No anchors, no tags, no key twice, one document.

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Value};

type Events<'a> = Parser<'a, StrInput<'a>>;

/// Reads one document.
///
/// # Errors
/// What is wrong, with its line.
pub fn read(text: &str) -> Result<Value, String> {
    let mut events = Parser::new_from_str(text);
    loop {
        match next(&mut events)? {
            (_, Event::StreamStart | Event::DocumentStart(_)) => {}
            (line, Event::StreamEnd | Event::DocumentEnd) => return Err(format!("line {line}: nothing stands there")),
            (line, event) => {
                let value = value(&mut events, line, event)?;
                return match (next(&mut events)?, next(&mut events)?) {
                    ((_, Event::DocumentEnd), (_, Event::StreamEnd)) => Ok(value),
                    (_, (line, _)) => Err(format!("line {line}: a second document")),
                };
            }
        }
    }
}

fn next<'a>(events: &mut Events<'a>) -> Result<(usize, Event<'a>), String> {
    match events.next_event() {
        Some(Ok((event, span))) => Ok((span.start.line(), event)),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("the text ends too early".to_owned()),
    }
}

fn value<'a>(events: &mut Events<'a>, line: usize, event: Event<'a>) -> Result<Value, String> {
    match event {
        Event::Scalar(text, style, 0, None) => Ok(scalar(&text, style)),
        Event::SequenceStart(0, None) => {
            let mut all = Vec::new();
            loop {
                match next(events)? {
                    (_, Event::SequenceEnd) => return Ok(Value::Array(all)),
                    (line, event) => all.push(value(events, line, event)?),
                }
            }
        }
        Event::MappingStart(0, None) => {
            let mut all = Map::new();
            loop {
                let key = match next(events)? {
                    (_, Event::MappingEnd) => return Ok(Value::Object(all)),
                    (_, Event::Scalar(text, _, 0, None)) => text.into_owned(),
                    (line, event) => return Err(format!("line {line}: {event:?} is no key")),
                };
                let (line, event) = next(events)?;
                let value = value(events, line, event)?;
                if all.contains_key(&key) {
                    return Err(format!("line {line}: key `{key}` stands there twice"));
                }
                all.insert(key, value);
            }
        }
        event => Err(format!("line {line}: {event:?} has no place here")),
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match (style, text) {
        (ScalarStyle::Plain, "" | "~" | "null") => Value::Null,
        (ScalarStyle::Plain, "true") => true.into(),
        (ScalarStyle::Plain, "false") => false.into(),
        // What reads as a JSON number is one.
        (ScalarStyle::Plain, _) => serde_json::from_str::<serde_json::Number>(text).map_or_else(|_| text.into(), Value::Number),
        _ => text.into(),
    }
}
