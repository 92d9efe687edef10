//! One line of a register: a record, a facts document, or what another audit kept.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::keep::Kept;
use super::{Asset, Document, Fact, Person, Ticket};
use crate::facts::{Coverage, Exception, Licence, read};
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
#[serde(deny_unknown_fields)]
struct One {
    asset: Option<Box<Asset>>,
    ticket: Option<Box<Ticket>>,
    person: Option<Box<Person>>,
    licence: Option<Box<Licence>>,
    exception: Option<Box<Exception>>,
    coverage: Option<Box<Coverage>>,
    audited: Option<Box<Kept>>,
}

/// Reads a line.
pub(super) fn read(line: &str) -> Result<Line, Vec<Problem>> {
    let Some(sort) = sort(line) else { return read::parse(line).map(|document| Line::Facts(Box::new(document))) };
    if let Ok(one) = serde_json::from_str::<One>(line) {
        match one {
            One { asset: Some(asset), ticket: None, person: None, licence: None, exception: None, coverage: None, audited: None } => {
                return Ok(Line::Asset(asset));
            }
            One { asset: None, ticket: Some(ticket), person: None, licence: None, exception: None, coverage: None, audited: None } => {
                return Ok(Line::Ticket(ticket));
            }
            One { asset: None, ticket: None, person: None, licence: None, exception: None, coverage: None, audited: Some(kept) } => {
                return Ok(Line::Kept(kept));
            }
            One { asset: None, ticket: None, person, licence, exception, coverage, audited: None }
                if [person.is_some(), licence.is_some(), exception.is_some(), coverage.is_some()].iter().filter(|is| **is).count() == 1 =>
            {
                return Ok(Line::Facts(Box::new(Document {
                    people: row(person),
                    licences: row(licence),
                    exceptions: row(exception),
                    coverage: row(coverage),
                    ..Document::of(None)
                })));
            }
            _ => {}
        }
    }
    Err(problems(line, sort))
}

fn row<T>(record: Option<Box<T>>) -> Fact<Vec<T>> {
    record.map_or(Fact::Unknown, |record| Fact::Known(vec![*record]))
}

/// The words for the sorts of records.
const SORTS: [&str; 7] = ["asset", "ticket", "person", "licence", "exception", "coverage", "audited"];

/// Which sort of record a line begins with; none where it is a facts document. `coverage` is a list there, and one claim here.
fn sort(line: &str) -> Option<&'static str> {
    let rest = line.trim_start().strip_prefix('{')?.trim_start().strip_prefix('"')?;
    let (key, rest) = rest.split_once('"')?;
    let is_list = || rest.trim_start().strip_prefix(':').is_some_and(|value| value.trim_start().starts_with('['));
    SORTS.into_iter().find(|sort| *sort == key && !(key == "coverage" && is_list()))
}

/// Why a record can't be read.
fn problems(line: &str, sort: &str) -> Vec<Problem> {
    let value = match crate::policy::tree::parse(line, "facts-syntax") {
        Ok(Value::Object(value)) => value,
        Ok(_) => return vec![Problem::new("facts-shape", "", "a line is one JSON object")],
        Err(problem) => return vec![problem],
    };
    let mut problems = Vec::new();
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
            "coverage" => read::row::<Coverage>(&path, &value, &mut problems),
            _ => read::row::<Kept>(&path, &value, &mut problems),
        }
    }
    if problems.is_empty() {
        problems.push(Problem::new("facts-shape", crate::problem::pointer("", sort), "expected a record, found null"));
    }
    problems
}
