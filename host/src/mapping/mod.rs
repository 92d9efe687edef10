//! Payloads of real platforms, turned into facts: a filter of jq for each platform reads them, and what it did not understand or did not read is
//! told. `docs/mappings.md` tells admins how filters are written.

mod answer;
pub(crate) mod case;
#[cfg(feature = "serve")]
pub(crate) mod change;
mod csv;
mod filter;
mod input;
mod leaves;
mod platform;
pub(crate) mod tables;
#[cfg(test)]
#[allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test stops where it fails")]
mod tests;
mod texts;
mod time;

use std::collections::{BTreeMap, BTreeSet};

use handoff::core::{Facts, Offset};
use jaq_json::Val;
use serde::Serialize;
use serde_json::{Map, Value, json};

use answer::{Answer, Reader};
pub(crate) use filter::LIBRARY;
use filter::{Ask, Filter, text};
pub(crate) use input::{Document, Documents};
use leaves::Patterns;
pub(crate) use platform::platforms;

/// What platforms are mapped by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// The words of each platform, and what they are called in the policy.
    pub tables: Value,
    /// The offset of times that a platform writes without one.
    pub zone: Option<Offset>,
    /// The policy, as it is described.
    pub policy: Value,
}

/// What a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sort {
    Person,
    Licence,
    Exception,
    Asset,
    Ticket,
}

impl Sort {
    pub const ALL: [Self; 5] = [Self::Person, Self::Licence, Self::Exception, Self::Asset, Self::Ticket];

    /// The key of one, on a line of a register.
    pub fn one(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Licence => "licence",
            Self::Exception => "exception",
            Self::Asset => "asset",
            Self::Ticket => "ticket",
        }
    }

    /// The key of several, in a document.
    pub fn many(self) -> &'static str {
        match self {
            Self::Person => "people",
            Self::Licence => "licences",
            Self::Exception => "exceptions",
            Self::Asset => "assets",
            Self::Ticket => "tickets",
        }
    }
}

/// One row of facts, as a platform tells it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub sort: Sort,
    /// As in the facts.
    pub fields: Map<String, Value>,
    /// What else it is called: only for joining rows.
    pub aliases: Vec<String>,
}

/// Something that the facts don't say because it was not understood, or not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Told {
    /// Where it stands: a JSON pointer into the document, or into the facts.
    pub pointer: String,
    /// What stands there, shortened.
    pub value: String,
    /// Why it is told.
    pub why: String,
    /// Whether nothing is known of it but that it was not read.
    #[serde(skip)]
    pub is_unread: bool,
}

impl Told {
    /// Something that was read, and not understood.
    fn unclear(pointer: String, value: String, why: String) -> Self {
        Self { pointer, value, why, is_unread: false }
    }

    /// A row that stands beside assets or tickets, and has no place in a register.
    pub fn beside(row: &Row) -> Self {
        let id = row.fields.get("id").and_then(Value::as_str).unwrap_or_default();
        let why =
            format!("a {} beside assets and tickets is no row of a register: map it from where it is kept, before them", row.sort.one());
        Self::unclear(format!("/{}", row.sort.many()), filter::shortened(id), why)
    }
}

/// What a document comes to.
#[derive(Debug, Default)]
pub(crate) struct Mapped {
    pub rows: Vec<Row>,
    pub told: Vec<Told>,
    /// So many records became no row at all.
    pub dropped: usize,
}

/// The mapping of a platform.
pub(crate) struct Mapping {
    filter: Filter,
    ignored: BTreeMap<String, Patterns>,
    /// What the policy declares, by the field of a row.
    declared: Vec<(Sort, &'static str, BTreeSet<String>)>,
}

/// What is left out around the records.
const AROUND: &str = "document";
/// What is left out of every record.
const EVERY: &str = "*";

impl Mapping {
    /// The mapping of a platform by a filter.
    ///
    /// # Errors
    /// What is wrong with the filter, for people.
    pub fn new(platform: &str, name: &str, code: &str, settings: &Settings) -> Result<Self, String> {
        let tables = settings.tables.get(platform).cloned().unwrap_or_else(|| json!({}));
        let kinds = |section: &str| settings.policy.get(section).and_then(Value::as_object).into_iter().flatten();
        let workflows = |section: &str| -> Map<String, Value> {
            kinds(section).filter_map(|(kind, entry)| Some((kind.clone(), entry.get("workflow")?.clone()))).collect()
        };
        let workflows = json!({"assets": workflows("kinds"), "tickets": workflows("ticket_kinds")});
        let filter = Filter::compile(name, code, &tables, settings.zone, &workflows)?;
        let ignored = filter.ask(Ask::Ignored, Val::Null)?.pop().ok_or_else(|| format!("{name}: `ignored` is empty"))?;
        let ignored = answer::plain(&ignored);
        let ignored = ignored.as_object().ok_or_else(|| format!("{name}: `ignored` is no object of shapes"))?;
        let ignored =
            ignored.iter().map(|(shape, reasons)| Ok((shape.clone(), Patterns::of(reasons).map_err(|why| format!("{name}: {why}"))?)));
        let names = |section: &str| kinds(section).map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
        let declared = [(Sort::Asset, "kind", "kinds"), (Sort::Ticket, "kind", "ticket_kinds"), (Sort::Person, "profile", "profiles")];
        Ok(Self {
            ignored: ignored.collect::<Result<_, String>>()?,
            declared: declared.into_iter().map(|(sort, field, section)| (sort, field, names(section))).collect(),
            filter,
        })
    }

    /// Maps a document.
    ///
    /// # Errors
    /// Why nothing of it is facts: the platform answered an error, or the filter can't read it.
    pub fn map(&self, document: &Document) -> Result<Mapped, String> {
        let mut mapped = Mapped::default();
        let mut records: Vec<Vec<String>> = Vec::new();
        let paths = self.filter.ask(Ask::Records, document.value.clone())?;
        for path in paths.iter().flat_map(answer::items) {
            let record = answer::at(&document.value, path).ok_or("`records` leads out of the document")?;
            let path = answer::steps(path);
            self.record(&record, &path, &mut mapped)?;
            records.push(path);
        }
        if !records.iter().any(Vec::is_empty) {
            let records: BTreeSet<Vec<String>> = records.into_iter().collect();
            let around = self.ignored.get(AROUND);
            let is_read = |path: &[String]| around.is_some_and(|around| around.cover(path));
            mapped.told.extend(leaves::unread(&document.value, &self.filter.words().nothing, &is_read, &records));
        }
        Ok(mapped)
    }

    /// The document as it was before the change that it tells of: none where it tells of none, and `Some(None)` where the thing is new.
    ///
    /// # Errors
    /// What the filter could not do, for people.
    #[cfg(feature = "serve")]
    pub fn before(&self, document: &Document) -> Result<Option<Option<Document>>, String> {
        let told = self.filter.ask(Ask::Before, document.value.clone())?.pop().unwrap_or_default();
        let before = answer::items(&told).next().cloned();
        Ok(before.map(|value| (value != Val::Null).then_some(Document { value, line: None })))
    }

    /// The id of who made the change that a document tells of.
    ///
    /// # Errors
    /// What the filter could not do, for people.
    #[cfg(feature = "serve")]
    pub fn actor(&self, document: &Document) -> Result<Option<String>, String> {
        let told = self.filter.ask(Ask::Actor, document.value.clone())?.pop();
        Ok(told.filter(|id| *id != Val::Null).map(|id| answer::shown(&id)))
    }

    /// Maps one record.
    fn record(&self, record: &Val, path: &[String], mapped: &mut Mapped) -> Result<(), String> {
        let shape = self.filter.ask(Ask::Shape, record.clone())?.pop().and_then(|shape| text(&shape));
        let Some((ignored, every)) = shape.and_then(|shape| Some((self.ignored.get(&shape)?, self.ignored.get(EVERY)))) else {
            let why = "this is no record that the mapping knows".to_owned();
            mapped.told.push(Told::unclear(leaves::pointer(path), filter::shortened(&record.to_string()), why));
            mapped.dropped += 1;
            return Ok(());
        };
        let mut reader = Reader::default();
        let rows = mapped.rows.len();
        for answer in self.filter.ask(Ask::Facts, record.clone())? {
            match reader.read(&answer)? {
                Answer::Error(message) => return Err(format!("there are no facts in it: {message}")),
                Answer::Nothing => {}
                Answer::Rows(rows) => {
                    for mut row in rows {
                        self.undeclared(&row, &mut reader.unclear);
                        if sound(&mut row, &mut reader.unclear) {
                            mapped.rows.push(row);
                        }
                    }
                }
            }
        }
        let Reader { read, mut unclear, .. } = reader;
        if mapped.rows.len() == rows {
            mapped.dropped += 1;
        }
        // No record goes without a row and without a word.
        if mapped.rows.len() == rows && unclear.is_empty() {
            let why = ignored.whole.as_deref().unwrap_or("nothing in it is a fact");
            unclear.push(Told::unclear(String::new(), String::new(), format!("this record becomes no facts: {why}")));
        }
        let within = |pointer: String| format!("{}{pointer}", leaves::pointer(path));
        mapped.told.extend(unclear.into_iter().map(|told| Told { pointer: within(told.pointer), ..told }));
        let is_read = |path: &[String]| leaves::covers(&read, path) || ignored.cover(path) || every.is_some_and(|every| every.cover(path));
        let unread = leaves::unread(record, &self.filter.words().nothing, &is_read, &BTreeSet::new());
        mapped.told.extend(unread.into_iter().map(|told| Told { pointer: within(told.pointer), ..told }));
        Ok(())
    }

    /// Tells words of the tables that the policy does not know.
    fn undeclared(&self, row: &Row, told: &mut Vec<Told>) {
        for (_, field, names) in self.declared.iter().filter(|(sort, _, names)| *sort == row.sort && !names.is_empty()) {
            if let Some(Value::String(word)) = row.fields.get(*field).filter(|word| !word.as_str().is_some_and(|word| names.contains(word)))
            {
                told.push(Told::unclear(String::new(), word.clone(), format!("the policy has no such {field}")));
            }
        }
    }
}

/// Takes out of a row what the facts would refuse, and tells it; whether a row is left.
fn sound(row: &mut Row, told: &mut Vec<Told>) -> bool {
    /// So many values of one row are taken out one by one.
    const TRIES: usize = 50;
    for _ in 0..TRIES {
        let document = json!({row.sort.many(): [&row.fields]});
        let Err(problems) = Facts::parse(&document.to_string()) else { return true };
        let Some(problem) = problems.first() else { return true };
        let inside = problem.path.strip_prefix(&format!("/{}/0", row.sort.many())).unwrap_or_default().to_owned();
        let mut fields = Value::Object(std::mem::take(&mut row.fields));
        let taken = answer::take(&mut fields, &inside);
        if let Value::Object(rest) = fields {
            row.fields = rest;
        }
        let value = filter::shortened(&taken.as_ref().map(Value::to_string).unwrap_or_default());
        let why = format!("the facts refuse it as `{inside}` of {}: {}", row.sort.one(), problem.message);
        told.push(Told::unclear(String::new(), value, why));
        if taken.is_none() || inside == "/id" {
            return false;
        }
    }
    false
}
