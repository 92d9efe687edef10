//! A register as users hand it over: NDJSON, which is read line by line, or one document in JSON or YAML, which becomes one line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use handoff::Refused;
use handoff::core::Position;
use serde::de::IgnoredAny;

use super::{Form, Located, Sort, Source, at_most};

/// A register, ready to be read line by line.
pub(crate) struct RegisterSource {
    name: String,
    /// The document, where it is one.
    document: Option<Source>,
    input: Option<Box<dyn BufRead>>,
}

impl RegisterSource {
    /// Opens a file, or the standard input for `-`; tells how long it is, in bytes, where that can be told.
    pub fn open(path: &Path) -> io::Result<(Self, Option<u64>)> {
        if path.as_os_str() == "-" {
            return Ok((Self::of("<stdin>".to_owned(), Box::new(BufReader::new(io::stdin())))?, None));
        }
        let file = File::open(path)?;
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|file| file.len());
        Ok((Self::of(path.display().to_string(), Box::new(BufReader::with_capacity(1 << 16, file)))?, length))
    }

    /// Lines are told from a document by the name's ending, and else by the first line: of NDJSON it is a whole object.
    fn of(name: String, mut input: Box<dyn BufRead>) -> io::Result<Self> {
        let ending = Path::new(&name).extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        let limit = Sort::Register.limit();
        let line = u64::try_from(limit).unwrap_or(u64::MAX);
        let mut start = Vec::new();
        let is_lines = match ending.as_deref() {
            Some("ndjson" | "jsonl") => true,
            Some("yaml" | "yml") => false,
            _ => {
                let is_empty = |text: &[u8]| text.trim_ascii().is_empty() && text.len() < limit;
                while is_empty(&start) && (&mut input).take(line).read_until(b'\n', &mut start)? > 0 {}
                is_object(&start)
            }
        };
        let mut input = Cursor::new(start).chain(input);
        if is_lines {
            return Ok(Self { name, document: None, input: Some(Box::new(input)) });
        }
        let document = Source::of(name.clone(), &at_most(&mut input, Sort::Register.limit())?, Sort::Register);
        Ok(Self { name, document: Some(document), input: None })
    }

    /// The name that it goes by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The lines.
    ///
    /// # Errors
    /// What is wrong with a text that is one document.
    pub fn lines(&mut self) -> Result<Box<dyn BufRead>, Vec<Located>> {
        match &self.document {
            // A tab stands where a line ended: in the text between values it is as good, and within a text it is as wrong.
            Some(document) => Ok(Box::new(Cursor::new(document.json()?.replace(['\n', '\r'], "\t")))),
            None => Ok(self.input.take().unwrap_or_else(|| Box::new(io::empty()))),
        }
    }

    /// Finds where the problems of a line stand.
    pub fn locate(&self, Refused { line, text, problems }: Refused) -> Vec<Located> {
        if let Some(document) = &self.document {
            let problems = problems.into_iter().map(|mut problem| {
                problem.position = problem.position.filter(|_| document.form == Form::Json).map(|position| document.unfolded(position));
                problem
            });
            return document.locate(problems.collect());
        }
        let number = usize::try_from(line).unwrap_or(usize::MAX);
        let mut located = Source::line(self.name.clone(), text).locate(problems);
        for located in &mut located {
            located.line = Some(number);
            located.column = located.column.or(Some(1));
        }
        located
    }
}

impl Source {
    /// A position in the text as one line, in the text as it is.
    fn unfolded(&self, Position { column, .. }: Position) -> Position {
        let offset = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1).min(self.text.len());
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len).saturating_add(1);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(line), column: number(column) }
    }
}

/// Whether a text is one whole JSON object.
fn is_object(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii();
    text.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &'static str) -> RegisterSource {
        RegisterSource::of(name.to_owned(), Box::new(text.as_bytes())).expect("a text is read")
    }

    fn lines(name: &str, text: &'static str) -> Vec<String> {
        of(name, text).lines().expect("it is well formed").lines().map(|line| line.expect("a line")).collect()
    }

    #[test]
    fn lines_and_documents_are_told_apart() {
        for (name, text, expected) in [
            ("a.json", "{\"at\": 1}\n{\"asset\": 2}\n", vec!["{\"at\": 1}", "{\"asset\": 2}"]),
            ("<stdin>", "\u{feff}{\"at\": 1}\n{\"asset\": 2}", vec!["\u{feff}{\"at\": 1}", "{\"asset\": 2}"]),
            ("a.ndjson", "{\"at\": \n{}", vec!["{\"at\": ", "{}"]),
            ("a.json", "{\n  \"at\": 1\r\n}\n", vec!["{\t  \"at\": 1\t\t}\t"]),
            ("a.yaml", "at: x\nassets: []\n", vec![r#"{"at":"x","assets":[]}"#]),
            ("<stdin>", "at: x\n", vec![r#"{"at":"x"}"#]),
            ("a.json", "", vec![]),
        ] {
            assert_eq!(lines(name, text), expected, "{name} {text}");
        }
        assert!(of("a.yaml", "at: *x\n").lines().is_err());
    }

    #[test]
    fn problems_stand_where_the_reader_sees_them() {
        let problem = |path: &str, column: Option<u32>| {
            let position = column.map(|column| Position { line: 1, column });
            handoff::core::Problem { position, ..handoff::core::Problem::new("facts-shape", path, "wrong") }
        };
        let place = |source: &RegisterSource, line: u64, text: &str, problem| {
            let all = source.locate(Refused { line, text: text.to_owned(), problems: vec![problem] });
            all.first().map(|located| (located.line.unwrap_or(0), located.column.unwrap_or(0))).expect("a problem")
        };
        let text = r#"{"asset": {"id": 1}}"#;
        let many = of("a.ndjson", "");
        assert_eq!(place(&many, 7, text, problem("/asset/id", None)), (7, 18));
        assert_eq!(place(&many, 7, text, problem("", Some(12))), (7, 12));
        assert_eq!(place(&many, 9, "", problem("", None)), (9, 1));
        let one = of("a.json", "{\"at\": 1,\n \"assets\": [{\"id\": 1}]}");
        assert_eq!(place(&one, 1, "", problem("/assets/0/id", None)), (2, 20));
        assert_eq!(place(&one, 1, "", problem("", Some(12))), (2, 2));
        let yaml = of("a.yaml", "at: 1\nassets:\n- id: 1\n");
        assert_eq!(place(&yaml, 1, "", problem("/assets/0/id", Some(20))), (3, 7));
    }
}
