//! What a filter answers, read: rows of facts, in which marks tell where each value was read, and what was not understood.

use std::collections::BTreeSet;

use jaq_json::{Num, Val};
use serde_json::{Map, Number, Value};

use super::filter::{shortened, text};
use super::{Row, Sort, Told, leaves};

/// One answer of a filter.
#[derive(Debug)]
pub(super) enum Answer {
    Rows(Vec<Row>),
    /// The payload is an error of the platform.
    Error(String),
    Nothing,
}

/// Reads answers, and keeps what their marks tell.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// The paths that were read.
    pub read: BTreeSet<Vec<String>>,
    /// What was not understood.
    pub unclear: Vec<Told>,
    /// Where the values that are being read stand.
    at: Vec<String>,
    /// The path of the value that is being read.
    of: Option<Vec<String>>,
}

/// What a mark says.
enum Mark<'a> {
    /// `is` was made of what stands at these paths.
    Read(Vec<&'a Val>, &'a Val),
    /// The paths in `is` begin here.
    At(&'a Val, &'a Val),
    /// This value was not understood.
    Unclear(&'a Val, String),
    /// There is none.
    None,
}

impl Reader {
    pub fn read(&mut self, answer: &Val) -> Result<Answer, String> {
        let Some(value) = self.value(answer) else { return Ok(Answer::Nothing) };
        let Value::Object(object) = value else { return Err(format!("`facts` answers `{}`, and no row", shortened(&value.to_string()))) };
        if let Some(message) = object.get("error") {
            return Ok(Answer::Error(message.as_str().map_or_else(|| message.to_string(), str::to_owned)));
        }
        let mut rows = Vec::new();
        for (key, value) in object {
            let sort = Sort::ALL.into_iter().find(|sort| sort.one() == key);
            let (Some(sort), Value::Object(mut fields)) = (sort, value) else {
                return Err(format!("`facts` answers `{key}`: rows are `asset`, `ticket`, `person`, `licence` or `exception`"));
            };
            let aliases = match fields.remove("aliases") {
                Some(Value::Array(all)) => all.into_iter().filter_map(|alias| alias.as_str().map(str::to_owned)).collect(),
                _ => Vec::new(),
            };
            rows.push(Row { sort, fields, aliases });
        }
        Ok(Answer::Rows(rows))
    }

    /// A value without its marks; none where nothing is said.
    fn value(&mut self, value: &Val) -> Option<Value> {
        match value {
            Val::Null => None,
            Val::Obj(object) => match mark(object) {
                Some(Mark::None) => Some(Value::Null),
                Some(Mark::Unclear(value, why)) => {
                    let path = self.of.as_ref().unwrap_or(&self.at);
                    self.unclear.push(Told::unclear(leaves::pointer(path), shortened(&shown(value)), why));
                    None
                }
                Some(Mark::Read(paths, is)) => {
                    let paths: Vec<Vec<String>> = paths.into_iter().map(|path| [self.at.as_slice(), &steps(path)].concat()).collect();
                    let outer = self.of.take();
                    self.of = paths.first().cloned().or_else(|| outer.clone());
                    self.read.extend(paths);
                    let value = self.value(is);
                    self.of = outer;
                    value
                }
                Some(Mark::At(path, is)) => {
                    let depth = self.at.len();
                    self.at.extend(steps(path));
                    let outer = self.of.take();
                    let value = self.value(is);
                    self.of = outer;
                    self.at.truncate(depth);
                    value
                }
                None => {
                    let entries = object.iter().filter_map(|(key, value)| Some((step(key), self.value(value)?)));
                    let entries: Map<String, Value> = entries.collect();
                    // Of what says nothing nothing is left.
                    (!entries.is_empty() || object.is_empty()).then_some(Value::Object(entries))
                }
            },
            Val::Arr(values) => {
                let list: Vec<Value> = values.iter().filter_map(|value| self.value(value)).collect();
                (!list.is_empty() || values.is_empty()).then_some(Value::Array(list))
            }
            other => Some(plain(other)),
        }
    }
}

fn mark(object: &jaq_json::Map) -> Option<Mark<'_>> {
    let get = |key: &str| object.get(&Val::from(key.to_owned()));
    let (first, value) = object.first()?;
    match text(first)?.as_str() {
        "$read" => Some(Mark::Read(items(value).collect(), get("is")?)),
        "$at" => Some(Mark::At(value, get("is")?)),
        "$unclear" => Some(Mark::Unclear(value, get("why").and_then(text).unwrap_or_default())),
        "$none" => Some(Mark::None),
        _ => None,
    }
}

/// Whether a value is marked as none, or as not understood.
pub(super) fn is_unknown(value: &Val) -> bool {
    matches!(value, Val::Obj(object) if matches!(mark(object), Some(Mark::Unclear(..) | Mark::None)))
}

/// A value of the filter's language as JSON. Numbers that no JSON number of the facts holds become texts.
pub(super) fn plain(value: &Val) -> Value {
    match value {
        Val::Null => Value::Null,
        Val::Bool(value) => Value::Bool(*value),
        Val::Num(number) => plain_number(number),
        Val::TStr(_) | Val::BStr(_) => Value::String(shown(value)),
        Val::Arr(values) => Value::Array(values.iter().map(plain).collect()),
        Val::Obj(object) => Value::Object(object.iter().map(|(key, value)| (step(key), plain(value))).collect()),
    }
}

fn plain_number(number: &Num) -> Value {
    const SAFE: i64 = (1 << 53) - 1;
    let written = number.to_string();
    // `970.00` is 970, and `12.50` is 12.5.
    let short = |written: &str| match written.contains(['e', 'E']) || !written.contains('.') {
        true => written.to_owned(),
        false => written.trim_end_matches('0').trim_end_matches('.').to_owned(),
    };
    let plain = short(&written);
    let whole = plain.parse::<i64>().ok().filter(|number| (-SAFE..=SAFE).contains(number)).map(|number| Value::Number(number.into()));
    let exact = || serde_json::from_str::<Number>(&plain).ok().filter(|read| plain.contains('.') && short(&read.to_string()) == plain);
    whole.or_else(|| exact().map(Value::Number)).unwrap_or(Value::String(written))
}

/// A value as people read it: texts without quotes.
pub(super) fn shown(value: &Val) -> String {
    match value {
        Val::TStr(text) | Val::BStr(text) => String::from_utf8_lossy(text).into_owned(),
        other => other.to_string(),
    }
}

/// The entries of a list.
pub(super) fn items(value: &Val) -> impl Iterator<Item = &Val> {
    match value {
        Val::Arr(values) => values.iter(),
        _ => [].iter(),
    }
}

/// One step of a path.
pub(super) fn step(value: &Val) -> String {
    shown(value)
}

/// The steps of a path.
pub(super) fn steps(path: &Val) -> Vec<String> {
    items(path).map(step).collect()
}

/// What stands at a path.
pub(super) fn at(value: &Val, path: &Val) -> Option<Val> {
    items(path).try_fold(value.clone(), |value, step| match (&value, step) {
        (Val::Obj(object), key) => object.get(key).cloned(),
        (Val::Arr(values), Val::Num(index)) => values.get(usize::try_from(index.as_isize()?).ok()?).cloned(),
        _ => None,
    })
}

/// Takes away what stands at a JSON pointer.
pub(super) fn take(value: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, key) = pointer.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent)? {
        Value::Object(object) => object.remove(&key),
        Value::Array(values) => key.parse::<usize>().ok().filter(|index| *index < values.len()).map(|index| values.remove(index)),
        _ => None,
    }
}
