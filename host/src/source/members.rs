//! JSON as it is written: the members of an object, and a text without its blanks. Nothing is read into numbers or texts and written
//! anew, so nothing of it changes on the way.

use handoff::core::{Position, pointer};
use serde::de::{DeserializeOwned, IgnoredAny};

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member<'a> {
    pub key: String,
    /// The key as it is written, in its quotes.
    pub quoted: &'a str,
    /// The value as it is written.
    pub value: &'a str,
    /// Where the value begins, in bytes of the text.
    pub at: usize,
}

/// Why a text is no JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub position: Position,
    pub message: String,
}

/// The members of an object, in the order in which they stand there.
pub(crate) fn members(text: &str) -> Result<Vec<Member<'_>>, Fault> {
    let mut reader = Reader { text, at: 0 };
    let mut all = Vec::new();
    reader.take('{', "expected an object")?;
    if reader.peek() == Some('}') {
        reader.at += 1;
    } else {
        loop {
            if reader.peek() != Some('"') {
                return Err(reader.fault("expected a key in quotes"));
            }
            let (key, quoted, _) = reader.value::<String>()?;
            reader.take(':', "expected `:` after the key")?;
            let (IgnoredAny, value, at) = reader.value()?;
            all.push(Member { key, quoted, value, at });
            match reader.peek() {
                Some(',') => reader.at += 1,
                Some('}') => break reader.at += 1,
                _ => return Err(reader.fault("expected `,` or `}`")),
            }
        }
    }
    match reader.peek() {
        None => Ok(all),
        Some(_) => Err(reader.fault("there is more after the end of the object")),
    }
}

/// Where a byte of a text stands.
pub(crate) fn position(text: &str, at: usize) -> Position {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position { line: number(line), column: number(column) }
}

/// Where a position in a part of a text stands in the whole.
pub(crate) fn moved(base: Position, position: Position) -> Position {
    let column = if position.line <= 1 { base.column.saturating_add(position.column).saturating_sub(1) } else { position.column };
    Position { line: base.line.saturating_add(position.line).saturating_sub(1), column }
}

/// What stands in the place of a value that is masked.
pub(crate) const MASKED: &str = "\"masked\"";

/// Pointers to values that are not to be shown; `*` stands for any key or place in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks(Vec<Vec<String>>);

impl Masks {
    pub fn of(pointers: &[String]) -> Self {
        Self(pointers.iter().map(|pointer| pointer.split('/').skip(1).map(str::to_owned).collect()).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn hides(&self, path: &[Step]) -> bool {
        let fits =
            |mask: &Vec<String>| mask.len() == path.len() && mask.iter().zip(path).all(|(wanted, step)| wanted == "*" || step.is(wanted));
        self.0.iter().any(fits)
    }
}

/// Where a value stands in the one around it.
#[derive(Clone, Debug)]
enum Step {
    /// Under this key, as a part of a pointer; before the first key there is none.
    Key(Option<String>),
    Index(usize),
}

impl Step {
    fn is(&self, wanted: &str) -> bool {
        match self {
            Self::Key(key) => key.as_deref() == Some(wanted),
            Self::Index(index) => wanted.parse() == Ok(*index),
        }
    }
}

/// A JSON text in one line, with some of its values masked. Of a text that is no JSON there is none.
pub(crate) fn compact(text: &str, masks: &Masks) -> Option<String> {
    let mut reader = Reader { text, at: 0 };
    let mut line = String::with_capacity(text.len());
    let mut path: Vec<Step> = Vec::new();
    while let Some(next) = reader.peek() {
        let is_key = matches!(path.last(), Some(Step::Key(None))) && next == '"';
        let is_value = !matches!(next, '}' | ']' | ',' | ':') && !is_key;
        if is_value && !path.is_empty() && masks.hides(&path) {
            reader.value::<IgnoredAny>().ok()?;
            line.push_str(MASKED);
            continue;
        }
        match next {
            '{' | '[' => path.push(if next == '{' { Step::Key(None) } else { Step::Index(0) }),
            '}' | ']' => drop(path.pop()?),
            ',' => match path.last_mut()? {
                Step::Key(key) => *key = None,
                Step::Index(index) => *index += 1,
            },
            ':' => {}
            _ if is_key => {
                let (key, quoted, _) = reader.value::<String>().ok()?;
                line.push_str(quoted);
                let key = pointer("", &key).split_off(1);
                *path.last_mut()? = Step::Key(Some(key));
                continue;
            }
            _ => {
                line.push_str(reader.value::<IgnoredAny>().ok()?.1);
                continue;
            }
        }
        line.push(next);
        reader.at += 1;
    }
    path.is_empty().then_some(line)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What comes next that is no blank.
    fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.rest().chars().next()
    }

    fn take(&mut self, wanted: char, otherwise: &str) -> Result<(), Fault> {
        if self.peek() != Some(wanted) {
            return Err(self.fault(otherwise));
        }
        self.at += wanted.len_utf8();
        Ok(())
    }

    /// The next value, its text, and where it begins.
    fn value<T: DeserializeOwned>(&mut self) -> Result<(T, &'a str, usize), Fault> {
        self.peek();
        let rest = self.rest();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<T>();
        match values.next() {
            Some(Ok(value)) => {
                let (at, length) = (self.at, values.byte_offset());
                self.at += length;
                Ok((value, rest.get(..length).unwrap_or_default(), at))
            }
            Some(Err(error)) => {
                let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                let there = Position { line: number(error.line()), column: number(error.column()).max(1) };
                let told = error.to_string();
                let message = told.split(" at line ").next().unwrap_or_default().to_owned();
                Err(Fault { position: moved(position(self.text, self.at), there), message })
            }
            None => Err(self.fault("the text ends before the value")),
        }
    }

    fn fault(&self, message: &str) -> Fault {
        Fault { position: position(self.text, self.at), message: message.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_told_as_they_are_written() {
        let text = " {\"a\" : 1.50 ,\n \"b\\n\":{\"x\": [1, 2]}, \"a\": \"\\u00e9\"} ";
        let told: Vec<(String, &str, &str)> =
            members(text).expect("an object").into_iter().map(|member| (member.key, member.quoted, member.value)).collect();
        let expected = [("a", "\"a\"", "1.50"), ("b\n", "\"b\\n\"", "{\"x\": [1, 2]}"), ("a", "\"a\"", "\"\\u00e9\"")]
            .map(|(a, b, c)| (a.to_owned(), b, c));
        assert_eq!(told, expected);
        assert_eq!(members("{}"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_object_is_told_with_its_place() {
        for (text, line, column) in [
            ("", 1, 1),
            ("[]", 1, 1),
            ("{\"a\": 1", 1, 8),
            ("{\"a\"\n 1}", 2, 2),
            ("{\"a\": 1,}", 1, 9),
            ("{\"a\": 1} 2", 1, 10),
            ("{\"a\":\n  [1,\n 2}", 3, 3),
            ("{a: 1}", 1, 2),
            ("{\"a\": tru}", 1, 10),
        ] {
            let fault = members(text).expect_err("no object");
            assert_eq!((fault.position.line, fault.position.column), (line, column), "{text}: {}", fault.message);
        }
    }

    #[test]
    fn a_text_in_one_line_keeps_its_values() {
        let text = "{ \"a\": [ 1.50, 12345678901234567890123 ],\n\"b\" : \" x \\n\", \"c\": {} , \"d\": null }";
        let line = "{\"a\":[1.50,12345678901234567890123],\"b\":\" x \\n\",\"c\":{},\"d\":null}";
        assert_eq!(compact(text, &Masks::default()).as_deref(), Some(line));
        assert_eq!(compact("{\"a\": ", &Masks::default()), None);
        assert_eq!(compact("nonsense", &Masks::default()), None);
    }

    #[test]
    fn masked_values_are_not_there() {
        let text = "{\"people\": [{\"id\": \"p\", \"name\": {\"full\": \"Ann\"}}, {\"name\": \"Bo\", \"a/b\": 1}], \"name\": \"kept\"}";
        let masks = Masks::of(&["/people/*/name".to_owned(), "/people/1/a~1b".to_owned()]);
        let line = "{\"people\":[{\"id\":\"p\",\"name\":\"masked\"},{\"name\":\"masked\",\"a/b\":\"masked\"}],\"name\":\"kept\"}";
        assert_eq!(compact(text, &masks).as_deref(), Some(line));
    }
}
