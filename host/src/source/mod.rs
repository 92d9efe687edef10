//! Documents that users hand over: read within limits, as YAML or JSON, and what is wrong in them shown where it stands.

mod json;
pub(crate) mod members;
pub(crate) mod notice;
mod part;
mod place;
mod register;
mod yaml;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use handoff::core::Problem;
use part::Mark;
use place::Places;
pub(crate) use register::RegisterSource;
use serde::Serialize;
use yaml::{Empty, Fault};

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Policy,
    Facts,
    /// Facts that are a whole register, in one document.
    Register,
}

impl Sort {
    /// The most that is read, in bytes.
    fn limit(self) -> usize {
        match self {
            Self::Policy => 4 << 20,
            Self::Facts | Self::Register => 64 << 20,
        }
    }

    fn codes(self) -> (&'static str, &'static str) {
        match self {
            Self::Policy => ("policy-syntax", "policy-too-large"),
            Self::Facts | Self::Register => ("facts-syntax", "facts-too-large"),
        }
    }

    /// What to do about one that is too large.
    fn when_too_large(self) -> &'static str {
        match self {
            Self::Policy | Self::Facts => "hand over what the question is about, and leave the rest out",
            Self::Register => "write each asset and each ticket on a line of its own, as NDJSON: such a register may be of any size",
        }
    }
}

/// The form that a text is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Yaml,
}

/// A document as it was handed over.
#[derive(Debug)]
pub(crate) struct Source {
    /// What to call it.
    name: String,
    text: String,
    form: Form,
    sort: Sort,
    /// The document as JSON text, or what is wrong with the text; none where the text is JSON already.
    converted: Option<Result<String, Vec<Located>>>,
}

/// A problem, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Located {
    /// The document.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    pub column: Option<usize>,
    /// How many characters of the line it is about.
    #[serde(skip)]
    pub length: usize,
    /// The line itself, for people.
    #[serde(skip)]
    pub excerpt: Option<String>,
    /// What is wrong.
    #[serde(flatten)]
    pub problem: Problem,
}

impl Source {
    /// Reads a file, or the standard input for `-`. Only what can't be read at all is an error here.
    pub fn read(path: &Path, sort: Sort) -> io::Result<Self> {
        let (name, bytes) = if path.as_os_str() == "-" {
            ("<stdin>".to_owned(), at_most(io::stdin().lock(), sort.limit())?)
        } else {
            (path.display().to_string(), at_most(File::open(path)?, sort.limit())?)
        };
        Ok(Self::of(name, &bytes, sort))
    }

    /// A document of bytes.
    pub fn of(name: String, bytes: &[u8], sort: Sort) -> Self {
        let (syntax, too_large) = sort.codes();
        let refused = |name: String, text: String, mark: Option<Mark>, problem: Problem| {
            let source = Self { name, text, form: Form::Yaml, sort, converted: None };
            let located = source.located(problem, mark);
            Self { converted: Some(Err(vec![located])), ..source }
        };
        if bytes.len() > sort.limit() {
            let message = format!("it has more than {} MiB, the most that is read", sort.limit() >> 20);
            return refused(name, String::new(), None, Problem::new(too_large, "", message).help(sort.when_too_large()));
        }
        let text = match str::from_utf8(bytes) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
            Err(error) => {
                let before = bytes.get(..error.valid_up_to()).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                let utf_16 = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
                let message = if utf_16 { "the text is UTF-16" } else { "the text is not UTF-8" };
                let problem = Problem::new(syntax, "", message).help("save it as UTF-8");
                let text = if utf_16 { String::new() } else { String::from_utf8_lossy(bytes).into_owned() };
                return refused(name, text, Some(Mark { line, column, length: 1 }), problem);
            }
        };
        let form = form(&name, &text);
        let mut source = Self { name, text, form, sort, converted: None };
        if form == Form::Yaml {
            source.converted = Some(yaml::to_json(&source.text, source.empty()).map_err(|faults| {
                let fault = |Fault { mark, message, help }: Fault| source.located(Problem::new(syntax, "", message).help(help), Some(mark));
                faults.into_iter().map(fault).collect()
            }));
        }
        source
    }

    /// A line of a register, which is JSON or nothing.
    fn line(name: String, text: String) -> Self {
        Self { name, text, form: Form::Json, sort: Sort::Register, converted: None }
    }

    /// The name that it goes by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The document as JSON text.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn json(&self) -> Result<&str, Vec<Located>> {
        match &self.converted {
            None => Ok(&self.text),
            Some(Ok(json)) => Ok(json),
            Some(Err(problems)) => Err(problems.clone()),
        }
    }

    /// Finds where problems stand, and sorts them by that.
    pub fn locate(&self, problems: Vec<Problem>) -> Vec<Located> {
        let mut places = Places::of(problems.iter().map(|problem| problem.path.as_str()));
        match self.form {
            Form::Json => json::walk(&self.text, |part, mark| places.take(part, mark)),
            Form::Yaml => yaml::walk(&self.text, self.empty(), &mut Vec::new(), |part, mark| places.take(part, mark)),
        }
        let mut all: Vec<Located> = problems
            .into_iter()
            .map(|mut problem| {
                let place = places.get(&problem.path);
                let told = problem.position.take().filter(|_| self.form == Form::Json).map(|position| self.mark_of(position));
                if let Some(word) = place.and_then(|place| place.word.as_deref())
                    && problem.message.starts_with("expected a text, ")
                {
                    problem.help.get_or_insert_with(|| format!("write `\"{word}\"`: without the quotes it is no text"));
                }
                let about_key = problem.message.starts_with("unknown key");
                let place = place.map(|place| place.key.filter(|_| about_key).unwrap_or(place.mark));
                self.located(problem, told.or(place))
            })
            .collect();
        all.sort_by_key(|located| (located.line, located.column));
        all
    }

    fn located(&self, problem: Problem, mark: Option<Mark>) -> Located {
        let excerpt = mark.and_then(|mark| self.text.lines().nth(mark.line.saturating_sub(1))).map(str::to_owned);
        let (line, column, length) = mark.map_or((None, None, 1), |mark| (Some(mark.line), Some(mark.column), mark.length));
        Located { file: self.name.clone(), line, column, length, excerpt, problem }
    }

    /// A position that the component tells: its columns count bytes.
    fn mark_of(&self, position: handoff::core::Position) -> Mark {
        let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let (line, column) = (number(position.line).max(1), number(position.column).max(1));
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        let before = text.char_indices().take_while(|(at, _)| *at < column - 1).count();
        Mark { line, column: before + 1, length: 1 }
    }

    fn empty(&self) -> Empty {
        match self.sort {
            Sort::Policy => Empty::Null,
            Sort::Facts | Sort::Register => Empty::Refused,
        }
    }
}

/// By the name's ending, and else by how the text begins.
fn form(name: &str, text: &str) -> Form {
    let ending = Path::new(name).extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("json") => Form::Json,
        Some("yaml" | "yml") => Form::Yaml,
        _ if text.trim_start().starts_with(['{', '[']) => Form::Json,
        _ => Form::Yaml,
    }
}

/// Reads one byte more than the limit at most, so that a device or a huge file ends there.
fn at_most(reader: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A line as much of it as fits around a column, and the column in that.
pub(crate) fn window(line: &str, column: usize, width: usize) -> (Cow<'_, str>, usize) {
    let length = line.chars().count();
    if length <= width {
        return (Cow::Borrowed(line), column);
    }
    let start = column.saturating_sub(width / 2).min(length.saturating_sub(width));
    let cut: String = line.chars().skip(start).take(width).collect();
    (Cow::Owned(cut), column - start)
}
