//! Where things stand in JSON text. Whether it is JSON is for the component to say, which reads it as it is: here it is only walked
//! again once there is something to point at.

use std::borrow::Cow;

use super::part::{Mark, Part};

/// Tells the parts of a text that is JSON. Of any other, as many as can be told apart.
pub(crate) fn walk(text: &str, mut take: impl FnMut(&Part<'_>, Mark)) {
    let mut reader = Reader { text, at: 0, line: 1, column: 1 };
    let mut objects: Vec<bool> = Vec::new();
    // Whether a text that comes next is a key.
    let mut key_due = false;
    loop {
        reader.skip(|c| c.is_ascii_whitespace() || c == ':');
        let (line, column) = (reader.line, reader.column);
        let mark = |length: usize| Mark { line, column, length: length.max(1) };
        let Some(next) = reader.peek() else { return };
        match next {
            '{' | '[' => {
                reader.step();
                objects.push(next == '{');
                key_due = next == '{';
                take(&if key_due { Part::Object } else { Part::List }, mark(1));
            }
            '}' | ']' => {
                reader.step();
                objects.pop();
                key_due = false;
                take(&Part::Close, mark(1));
            }
            ',' => {
                reader.step();
                key_due = objects.last() == Some(&true);
            }
            '"' => {
                let Some((text, length)) = reader.text() else { return };
                let part = if key_due { Part::Key(&text) } else { Part::Text(&text) };
                key_due = false;
                take(&part, mark(length));
            }
            _ => {
                let word = reader.skip(|c| !c.is_ascii_whitespace() && !matches!(c, ',' | ':' | '{' | '}' | '[' | ']' | '"'));
                take(&Part::Word(word), mark(word.chars().count()));
            }
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    column: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn step(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        if next == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(next)
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(&wanted) {
            self.step();
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// A text in quotes, and how many characters of the line it takes up.
    fn text(&mut self) -> Option<(Cow<'a, str>, usize)> {
        let (start, column) = (self.at, self.column);
        self.step();
        loop {
            match self.step()? {
                '"' => break,
                '\\' => {
                    self.step();
                }
                _ => {}
            }
        }
        let quoted = self.text.get(start..self.at)?;
        let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'))?;
        let text = if inner.contains('\\') { Cow::Owned(serde_json::from_str(quoted).ok()?) } else { Cow::Borrowed(inner) };
        Some((text, self.column.saturating_sub(column)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_with_their_places() {
        let mut told = Vec::new();
        walk("{\"a\": [1, \"x\\\"ä\"],\n  \"b\\n\": null}", |part, mark| {
            told.push(format!("{part:?}@{}:{}+{}", mark.line, mark.column, mark.length))
        });
        let expected = [
            "Object@1:1+1",
            "Key(\"a\")@1:2+3",
            "List@1:7+1",
            "Word(\"1\")@1:8+1",
            "Text(\"x\\\"ä\")@1:11+6",
            "Close@1:17+1",
            "Key(\"b\\n\")@2:3+5",
            "Word(\"null\")@2:10+4",
            "Close@2:14+1",
        ];
        assert_eq!(told, expected);
        walk("{\"a\": \"cut off", |_, _| ());
        walk("]]}{,,:\u{1f600}", |_, _| ());
    }
}
