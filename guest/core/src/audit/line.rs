//! One line of a register: a record, a facts document, or what another audit kept.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::keep::Kept;
use super::{Asset, Document, Fact, Person, Ticket};
use crate::facts::{Coverage, Exception, Licence, LoggedDecision, read};
use crate::problem::Problem;

/// One line.
pub(super) enum Line {
    Asset(Box<Asset>),
    Ticket(Box<Ticket>),
    /// What comes before the items, or a whole case.
    Facts(Box<Document>),
    Kept(Box<Kept>),
}

/// What an audit keeps, as a line.
#[derive(Serialize)]
pub(super) struct Written<'a> {
    pub audited: &'a Kept,
}

/// A line that holds one record under the word for its sort.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum One {
    Asset(Box<Asset>),
    Ticket(Box<Ticket>),
    Person(Person),
    Licence(Licence),
    Exception(Exception),
    Decision(LoggedDecision),
    Coverage(Coverage),
    Audited(Box<Kept>),
}

/// Reads a line.
pub(super) fn read(line: &str) -> Result<Line, Vec<Problem>> {
    let Some(sort) = sort(line) else { return read::parse(line).map(|document| Line::Facts(Box::new(document))) };
    let nothing = Document::of(None);
    let record = if is_answer(line) { serde_json::from_str(line).map(One::Decision) } else { serde_json::from_str(line) };
    let ahead = match record {
        Ok(One::Asset(asset)) => return Ok(Line::Asset(asset)),
        Ok(One::Ticket(ticket)) => return Ok(Line::Ticket(ticket)),
        Ok(One::Audited(kept)) => return Ok(Line::Kept(kept)),
        Ok(One::Person(row)) => Document { people: one(row), ..nothing },
        Ok(One::Licence(row)) => Document { licences: one(row), ..nothing },
        Ok(One::Exception(row)) => Document { exceptions: one(row), ..nothing },
        Ok(One::Decision(row)) => Document { decisions: one(row), ..nothing },
        Ok(One::Coverage(row)) => Document { coverage: one(row), ..nothing },
        Err(_) => return Err(problems(line, sort)),
    };
    Ok(Line::Facts(Box::new(ahead)))
}

fn one<T>(row: T) -> Fact<Vec<T>> {
    Fact::Known(vec![row])
}

/// The words for the sorts of records.
const SORTS: [&str; 8] = ["asset", "ticket", "person", "licence", "exception", "decision", "coverage", "audited"];

/// The key with which a line begins, and what follows it.
fn first(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start().strip_prefix('{')?.trim_start().strip_prefix('"')?;
    let (key, rest) = rest.split_once('"')?;
    Some((key, rest.trim_start().strip_prefix(':')?.trim_start()))
}

/// Which sort of record a line begins with; none where it is a facts document. `coverage` is a list there, and one claim here.
fn sort(line: &str) -> Option<&'static str> {
    let (key, value) = first(line)?;
    SORTS.into_iter().find(|sort| *sort == key && !(key == "coverage" && value.starts_with('[')))
}

/// Whether a line is an answer that was logged as it came: it begins with its verdict.
fn is_answer(line: &str) -> bool {
    first(line).is_some_and(|(key, value)| key == "decision" && value.starts_with('"'))
}

/// Why a record can't be read.
fn problems(line: &str, sort: &str) -> Vec<Problem> {
    let value = match crate::policy::tree::parse(line, "facts-syntax") {
        Ok(Value::Object(value)) => value,
        Ok(_) => return vec![Problem::new("facts-shape", "", "a line is one JSON object")],
        Err(problem) => return vec![problem],
    };
    let mut problems = Vec::new();
    if is_answer(line) {
        read::row::<LoggedDecision>("", &Value::Object(value), &mut problems);
        return problems;
    }
    for (key, value) in value {
        let path = crate::problem::pointer("", &key);
        match key.as_str() {
            _ if key != sort => problems.push(
                Problem::new("facts-shape", path, format!("key `{key}` stands beside `{sort}`"))
                    .help("a line holds one record; several are a facts document, with lists such as `assets`"),
            ),
            "asset" => read::row::<Asset>(&path, &value, &mut problems),
            "ticket" => read::row::<Ticket>(&path, &value, &mut problems),
            "person" => read::row::<Person>(&path, &value, &mut problems),
            "licence" => read::row::<Licence>(&path, &value, &mut problems),
            "exception" => read::row::<Exception>(&path, &value, &mut problems),
            "decision" => read::row::<LoggedDecision>(&path, &value, &mut problems),
            "coverage" => read::row::<Coverage>(&path, &value, &mut problems),
            _ => read::row::<Kept>(&path, &value, &mut problems),
        }
    }
    if problems.is_empty() {
        problems.push(Problem::new("facts-shape", crate::problem::pointer("", sort), "expected a record, found null"));
    }
    problems
}
