//! Payloads and exports as documents: one JSON text, a line of NDJSON, or a row of CSV. Lines and rows are read one at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use jaq_json::Val;
use serde::de::IgnoredAny;

use super::csv::Rows;
use super::filter;

/// The most that is read of one JSON text, in bytes.
const WHOLE: usize = 64 << 20;
/// The longest line of NDJSON, in bytes.
const LINE: usize = 16 << 20;

/// What is mapped at once.
#[derive(Debug)]
pub(crate) struct Document {
    pub(super) value: Val,
    /// The line that it begins on, where the input holds several.
    pub line: Option<usize>,
}

/// The documents of a file, in their order.
pub(crate) struct Documents {
    form: Form,
}

enum Form {
    Whole(Option<Box<dyn BufRead>>),
    Lines(Box<dyn BufRead>, usize),
    Rows(Box<Rows<Box<dyn BufRead>>>),
}

impl Documents {
    /// Opens a file, or the standard input for `-`.
    pub fn open(path: &Path) -> io::Result<Self> {
        let input: Box<dyn BufRead> = if path.as_os_str() == "-" {
            Box::new(BufReader::new(io::stdin()))
        } else {
            Box::new(BufReader::with_capacity(1 << 16, File::open(path)?))
        };
        Self::of(&path.to_string_lossy(), input)
    }

    /// Reads a text: one document, or one on each line.
    pub fn of_text(text: &str, in_lines: bool) -> Self {
        let text: Box<dyn BufRead> = Box::new(Cursor::new(text.as_bytes().to_vec()));
        Self { form: if in_lines { Form::Lines(text, 0) } else { Form::Whole(Some(text)) } }
    }

    /// The form is told by the name's ending, and else by how the text begins.
    fn of(name: &str, mut input: Box<dyn BufRead>) -> io::Result<Self> {
        let ending = Path::new(name).extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        let mut start = Vec::new();
        let limit = u64::try_from(LINE).unwrap_or(u64::MAX);
        while start.trim_ascii().is_empty() && start.len() < LINE && (&mut input).take(limit).read_until(b'\n', &mut start)? > 0 {}
        if start.starts_with(b"\xef\xbb\xbf") {
            start.drain(..3);
        }
        let first = start.trim_ascii();
        let is_json = first.starts_with(b"{") || first.starts_with(b"[");
        let is_line = first.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(first).is_ok();
        let skipped = start.len() - start.trim_ascii_start().len();
        let before = start.get(..skipped).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        let input: Box<dyn BufRead> = Box::new(Cursor::new(start).chain(input));
        let form = match ending.as_deref() {
            Some("ndjson" | "jsonl") => Form::Lines(input, 0),
            Some("csv" | "tsv") => Form::Rows(Box::new(Rows::of(input)?)),
            Some("json") if !is_line => Form::Whole(Some(input)),
            _ if is_line => Form::Lines(input, 0),
            _ if is_json || before > 0 => Form::Whole(Some(input)),
            _ => Form::Rows(Box::new(Rows::of(input)?)),
        };
        Ok(Self { form })
    }

    /// The next document; none at the end.
    ///
    /// # Errors
    /// What is wrong with the text, with its line, for people.
    pub fn next(&mut self) -> Result<Option<Document>, String> {
        match &mut self.form {
            Form::Whole(input) => {
                let Some(input) = input.take() else { return Ok(None) };
                let mut bytes = Vec::new();
                let most = u64::try_from(WHOLE).unwrap_or(u64::MAX).saturating_add(1);
                input.take(most).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
                if bytes.len() > WHOLE {
                    let most = WHOLE >> 20;
                    return Err(format!(
                        "it has more than {most} MiB, the most that is read at once: write each record on a line of its own, as NDJSON"
                    ));
                }
                Ok(Some(Document { value: filter::parse(&bytes)?, line: None }))
            }
            Form::Lines(input, number) => loop {
                let mut line = Vec::new();
                let most = u64::try_from(LINE).unwrap_or(u64::MAX).saturating_add(1);
                input.take(most).read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
                if line.is_empty() {
                    return Ok(None);
                }
                *number += 1;
                if line.len() > LINE {
                    return Err(format!("line {number} is longer than {} MiB, the most that is read at once", LINE >> 20));
                }
                if !line.trim_ascii().is_empty() {
                    let value = filter::parse(line.trim_ascii()).map_err(|why| format!("line {number}: {why}"))?;
                    return Ok(Some(Document { value, line: Some(*number) }));
                }
            },
            Form::Rows(rows) => Ok(rows.next()?.map(|(value, line)| Document { value, line: Some(line) })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(name: &str, text: &'static [u8]) -> Result<Vec<(String, Option<usize>)>, String> {
        let mut documents = Documents::of(name, Box::new(text)).map_err(|error| error.to_string())?;
        let mut all = Vec::new();
        while let Some(Document { value, line }) = documents.next()? {
            all.push((value.to_string(), line));
        }
        Ok(all)
    }

    #[test]
    fn forms_are_told_apart() {
        for (name, text, expected) in [
            ("a.json", b"{\"a\":\n1}".as_slice(), vec![(r#"{"a":1}"#, None)]),
            ("a.json", b"\n\n[1,\n2]", vec![("[1,2]", None)]),
            ("-", b"{\"a\":1}\n\n{\"a\":2}\n", vec![(r#"{"a":1}"#, Some(1)), (r#"{"a":2}"#, Some(3))]),
            (
                "a.csv",
                b"\xef\xbb\xbfName,Tag\nx,\"1\n2\"\ny,3\n",
                vec![(r#"{"Name":"x","Tag":"1\n2"}"#, Some(2)), (r#"{"Name":"y","Tag":"3"}"#, Some(4))],
            ),
            ("a.csv", b"Name;Tag\r\nx;1,5\r\n", vec![(r#"{"Name":"x","Tag":"1,5"}"#, Some(2))]),
            ("-", b"Name\tTag\nx\t1\n", vec![(r#"{"Name":"x","Tag":"1"}"#, Some(2))]),
            ("a.csv", b"", vec![]),
            ("a.csv", b"Name\n", vec![]),
        ] {
            let expected: Vec<(String, Option<usize>)> = expected.into_iter().map(|(text, line)| (text.to_owned(), line)).collect();
            assert_eq!(all(name, text), Ok(expected), "{name}");
        }
    }

    #[test]
    fn what_can_not_be_read_is_an_error_with_its_line() {
        for (name, text, expected) in [
            ("a.json", b"{\"a\": }".as_slice(), "not JSON"),
            ("a.ndjson", b"{}\n{\"a\"\n", "line 2: it is not JSON"),
            ("a.csv", b"a,b\n1\n", "row of line 2 has 1 cell, the head has 2"),
            ("a.csv", b"a,b\n1,2\n1,2,3\n", "row of line 3 has 3 cells, the head has 2"),
            ("a.csv", b"a,a\n1,2\n", "two columns are called `a`"),
            ("a.csv", b"a\n\xe4\n", "line 2 is not UTF-8"),
            ("a.csv", b"a\n\"1\n", "ends within quotes"),
        ] {
            let error = all(name, text).unwrap_err();
            assert!(error.contains(expected), "{name}: {error}");
        }
        let deep = "[".repeat(100_000).into_bytes().leak();
        assert!(all("a.json", deep).unwrap_err().contains("nested deeper than 100"));
    }
}
