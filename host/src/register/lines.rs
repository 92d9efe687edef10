//! A register as chunks of whole lines, and what the lines of a chunk are: not what they say, which is for the component to read.

use std::io::{self, BufRead, Read};

use handoff_core::Problem;
use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::Refused;

/// From which size on a chunk is handed over, in bytes.
const CHUNK: usize = 1 << 20;

/// The longest line that is read, in bytes.
const LINE: usize = 64 << 20;

/// What comes in what order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// People, licences, exceptions, decisions, coverage or the time: every worker has to know it.
    Head {
        /// Whether it tells the time.
        at: bool,
    },
    /// Assets, tickets and whole cases, which are judged one by one.
    Items,
    /// What another audit kept.
    Kept,
}

/// Whole lines of one sort.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub sort: Sort,
    /// The number of the first line, from 1.
    pub first: u64,
    pub text: String,
}

/// What comes next of a register.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Chunk(Chunk),
    Refused(Refused),
}

/// Cuts a register.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    /// How many lines were read.
    number: u64,
    /// What was read and is not handed over yet.
    chunk: Option<Chunk>,
    refused: Option<Refused>,
    chunk_size: usize,
    line_size: usize,
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub fn of(input: R) -> Self {
        Self { input, number: 0, chunk: None, refused: None, chunk_size: CHUNK, line_size: LINE, ended: false }
    }

    /// The next chunk or bad line, in the order of the lines; none at the end.
    pub fn next(&mut self) -> io::Result<Option<Next>> {
        loop {
            if self.ended || self.refused.is_some() {
                let refused = |lines: &mut Self| lines.refused.take().map(Next::Refused);
                return Ok(self.chunk.take().map(Next::Chunk).or_else(|| refused(self)));
            }
            match self.line()? {
                None => self.ended = true,
                Some(Err(refused)) => self.refused = Some(refused),
                Some(Ok(line)) if line.trim_ascii().is_empty() && self.chunk.is_none() => {}
                Some(Ok(line)) => {
                    if let Some(chunk) = self.take(line) {
                        return Ok(Some(Next::Chunk(chunk)));
                    }
                }
            }
        }
    }

    /// Adds a line to the chunk, or begins another; gives the one that is complete.
    fn take(&mut self, mut line: String) -> Option<Chunk> {
        if !line.ends_with('\n') {
            line.push('\n');
        }
        match &mut self.chunk {
            // What is no JSON, and an empty line, belong to any.
            Some(chunk) if sort(&line).is_none_or(|sort| sort == chunk.sort) => {
                chunk.text.push_str(&line);
                if chunk.text.len() < self.chunk_size { None } else { self.chunk.take() }
            }
            _ => {
                let sort = sort(&line).unwrap_or(Sort::Head { at: false });
                self.chunk.replace(Chunk { sort, first: self.number, text: line })
            }
        }
    }

    /// The next line as it is; what is wrong with it ends the register where there is no way to go on from it.
    fn line(&mut self) -> io::Result<Option<Result<String, Refused>>> {
        let mut line = Vec::new();
        let most = u64::try_from(self.line_size).unwrap_or(u64::MAX).saturating_add(1);
        self.input.by_ref().take(most).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        let refused = |text: String, problem: Problem| Refused { line: self.number, text, problems: vec![problem] };
        if line.len() > self.line_size {
            self.ended = true;
            let message = format!("the line is longer than {} MiB, the most that is read at once", self.line_size >> 20);
            let help = "write each asset and each ticket of a register on a line of its own: such registers may be of any size";
            return Ok(Some(Err(refused(String::new(), Problem::new("facts-too-large", "", message).help(help)))));
        }
        if self.number == 1 && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        Ok(Some(String::from_utf8(line).map_err(|error| {
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            refused(text, Problem::new("facts-syntax", "", "the text is not UTF-8").help("save it as UTF-8"))
        })))
    }
}

/// What a line is; none where it can't be told.
fn sort(line: &str) -> Option<Sort> {
    match first_key(line)? {
        "asset" | "ticket" => return Some(Sort::Items),
        "audited" => return Some(Sort::Kept),
        "person" | "licence" | "exception" | "decision" => return Some(Sort::Head { at: false }),
        _ => {}
    }
    let Keys { at, items } = serde_json::Deserializer::from_str(line).deserialize_map(Keys::default()).ok()?;
    Some(if items { Sort::Items } else { Sort::Head { at } })
}

/// The first key, as it is written.
fn first_key(line: &str) -> Option<&str> {
    let rest = line.trim_ascii_start().strip_prefix('{')?.trim_ascii_start();
    // An object without keys has none.
    rest.strip_prefix('"').map_or(Some(""), |rest| rest.split_once('"').map(|(key, _)| key))
}

/// Which keys stand in a facts document.
#[derive(Default)]
struct Keys {
    at: bool,
    items: bool,
}

impl<'de> Visitor<'de> for Keys {
    type Value = Self;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "assets" | "tickets" => self.items = true,
                "at" => self.at = map.next_value::<Option<IgnoredAny>>()?.is_some(),
                _ => {}
            }
            if key != "at" {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The chunks of a text, each as its sort, the number of its first line, and its lines.
    fn cut(text: &[u8], chunk_size: usize, line_size: usize) -> Vec<String> {
        let mut lines = Lines { chunk_size, line_size, ..Lines::of(text) };
        let mut all = Vec::new();
        while let Some(next) = lines.next().expect("a text is read") {
            all.push(match next {
                Next::Chunk(Chunk { sort, first, text }) => {
                    assert!(text.ends_with('\n'));
                    format!("{sort:?} {first} {}", text.lines().count())
                }
                Next::Refused(Refused { line, problems, .. }) => {
                    format!("{line}: {}", problems.first().map(|problem| problem.code.as_str()).unwrap_or_default())
                }
            });
        }
        all
    }

    #[test]
    fn lines_are_of_a_sort() {
        for (line, expected) in [
            (r#"{"asset": {}}"#, Some(Sort::Items)),
            (r#"  { "ticket":{}}"#, Some(Sort::Items)),
            (r#"{"person": {}}"#, Some(Sort::Head { at: false })),
            (r#"{"decision": {}}"#, Some(Sort::Head { at: false })),
            (r#"{"coverage": {}}"#, Some(Sort::Head { at: false })),
            (r#"{"coverage": [], "assets": []}"#, Some(Sort::Items)),
            (r#"{"people": [{"assets": 1}]}"#, Some(Sort::Head { at: false })),
            (r#"{"people": [], "at": "2026-01-05T09:00:00Z"}"#, Some(Sort::Head { at: true })),
            (r#"{"at": null}"#, Some(Sort::Head { at: false })),
            (r#"{"at": "", "tickets": null}"#, Some(Sort::Items)),
            (r#"{"audited": {}}"#, Some(Sort::Kept)),
            ("{}", Some(Sort::Head { at: false })),
            (r#"{"people": ["#, None),
            ("{", None),
            ("[]", None),
            ("", None),
        ] {
            assert_eq!(sort(line), expected, "{line}");
        }
    }

    #[test]
    fn chunks_are_whole_lines_of_one_sort() {
        let text = b"\xef\xbb\xbf{\"at\": \"x\"}\n\n{\"person\": 1}\r\n{\"asset\": 1}\n{\"asset\": 2}\nno json\n{\"asset\": 3}\n{\"audited\": 1}\n{\"asset\": 4}";
        let head = ["Head { at: true } 1 2", "Head { at: false } 3 1"];
        assert_eq!(cut(text, 1 << 20, 1 << 20), [&head[..], &["Items 4 4", "Kept 8 1", "Items 9 1"]].concat());
        assert_eq!(
            cut(text, 25, 1 << 20),
            [&head[..], &["Items 4 2", "Head { at: false } 6 1", "Items 7 1", "Kept 8 1", "Items 9 1"]].concat()
        );
        assert!(cut(b"", 10, 10).is_empty() && cut(b"\n \n\n", 10, 10).is_empty());
    }

    #[test]
    fn what_is_no_text_or_too_long_is_told_in_its_place() {
        assert_eq!(cut(b"{\"asset\": 1}\n\xff\n{\"asset\": 2}\n", 99, 99), ["Items 1 1", "2: facts-syntax", "Items 3 1"]);
        assert_eq!(cut(b"{\"asset\": 1}\n{\"asset\": 1234567}\n{\"asset\": 2}\n", 99, 15), ["Items 1 1", "2: facts-too-large"]);
    }
}
