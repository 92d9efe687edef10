//! What came out, compared with what has to: exactly what a case names.

use std::collections::BTreeMap;

use handoff_core::Problem;
use serde_json::{Value, json};

use super::Got;
use super::case::{Case, Keys};

impl Case {
    /// Where what came out is not what has to; nothing where it is.
    #[must_use]
    pub fn differences(&self, got: &Got) -> Vec<String> {
        let mut faults = Vec::new();
        let mut problems = |key: &str, got: &[Problem], otherwise: &str| match self.expect.get(key).and_then(Value::as_array) {
            Some(wanted) => rows(key, wanted, &got.iter().map(|problem| json!(problem)).collect::<Vec<_>>(), &mut faults),
            None => faults.push(otherwise.to_owned()),
        };
        match got {
            Got::Problems(got) => problems("problems", got, "it was refused"),
            Got::Warnings(got) => problems("warnings", got, "no warnings were meant"),
            Got::Laxer(got) => problems("laxer", got, "no comparison was meant"),
            Got::Answer(answer, other) => match (serde_json::from_str(answer), other.as_deref().map(serde_json::from_str).transpose()) {
                (Ok(answer), Ok(other)) => self.answer(&answer, other.as_ref().unwrap_or(&Value::Null), &mut faults),
                _ => faults.push("the answer is no JSON".to_owned()),
            },
            Got::Nothing(why) => faults.push(why.clone()),
        }
        faults
    }

    fn answer(&self, tree: &Value, other: &Value, faults: &mut Vec<String>) {
        let wanted = |key: &str| self.expect.get(key);
        if let Some(word) = wanted("digest") {
            let (digest, other) = (at(tree, "facts"), at(other, "facts"));
            if digest.is_null() || other.is_null() || (digest == other) != (*word == "same") {
                faults.push(format!("the digests are {digest} and {other}"));
            }
        } else if let Some(Value::Object(options)) = wanted("options") {
            let [item] = list(at(tree, "items")) else { return faults.push("one item was meant".to_owned()) };
            let got: BTreeMap<&str, &Value> =
                list(at(item, "options")).iter().map(|option| (at(option, "to").as_str().unwrap_or_default(), option)).collect();
            if !got.keys().copied().eq(options.keys().map(String::as_str)) {
                faults.push(format!("the options are {}", got.keys().copied().collect::<Vec<_>>().join(", ")));
            }
            for (to, option) in options {
                let Some(got) = got.get(to.as_str()) else { continue };
                match option.as_object() {
                    Some(keys) => decision(&format!("{to}: "), keys, got, faults),
                    None => same(to, option, at(got, "decision"), faults),
                }
            }
        } else if let Some(Value::Array(decisions)) = wanted("decisions") {
            let got = list(at(tree, "decisions"));
            if got.len() != decisions.len() {
                faults.push(format!("{} decisions came", got.len()));
            }
            for (index, (wanted, got)) in decisions.iter().zip(got).enumerate() {
                wanted.as_object().into_iter().for_each(|wanted| decision(&format!("{index}: "), wanted, got, faults));
            }
        } else if let Some(Value::Object(plan)) = wanted("plan") {
            parts(plan, at(tree, "plan"), faults);
        } else if let Some(Value::Object(review)) = wanted("review") {
            parts(review, &flat(at(tree, "review")), faults);
        } else if self.is_audit() {
            let found = at(tree, "findings").as_array().map(|found| found.iter().map(told).collect());
            compare("findings", wanted("findings").unwrap_or(&Value::Null), &found.unwrap_or(Value::Null), faults);
            for (key, wanted) in wanted("summary").and_then(Value::as_object).into_iter().flatten() {
                let got = at(at(tree, "summary"), key);
                if wanted.is_array() || !fits(wanted, got) {
                    compare(key, wanted, got, faults);
                }
            }
        } else if at(tree, "decision").is_string() {
            decision("", &self.expect, tree, faults);
        } else {
            faults.push("no decision came".to_owned());
        }
    }
}

/// The value of a key; null where there is none.
pub(super) fn at<'a>(tree: &'a Value, key: &str) -> &'a Value {
    tree.get(key).unwrap_or(&Value::Null)
}

/// The rows of a list; none of what is no list.
pub(super) fn list(tree: &Value) -> &[Value] {
    tree.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Compares a plan or a review: of a list every row, of an object what is named.
fn parts(wanted: &Keys, got: &Value, faults: &mut Vec<String>) {
    for (key, wanted) in wanted {
        match (wanted, at(got, key)) {
            (Value::Object(wanted), got @ Value::Object(_)) => {
                for (name, wanted) in wanted {
                    let (label, got) = (format!("{key}: {name}"), at(got, name));
                    let has_rows = list(wanted).iter().all(Value::is_object);
                    if has_rows { compare(&label, wanted, got, faults) } else { same(&label, wanted, got, faults) }
                }
            }
            (wanted, got) => compare(key, wanted, got, faults),
        }
    }
}

/// A review with the keys of each finding beside what is told of it.
pub(super) fn flat(review: &Value) -> Value {
    let mut review = review.clone();
    for row in review.get_mut("findings").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(beside) = row.as_object_mut() else { continue };
        let mut finding = beside.remove("finding").unwrap_or(Value::Null);
        if let Some(all) = finding.as_object_mut() {
            all.append(beside);
        }
        *row = finding;
    }
    review
}

/// What an audit found of one thing, in one: the finding, and how long the item has stayed.
pub(super) fn told(found: &Value) -> Value {
    let mut told = at(found, "finding").clone();
    if let Some(keys) = told.as_object_mut() {
        keys.insert("stay".to_owned(), at(found, "stay").clone());
    }
    told
}

fn decision(label: &str, wanted: &Keys, got: &Value, faults: &mut Vec<String>) {
    for (key, wanted) in wanted {
        let (label, got) = (format!("{label}{key}"), at(got, key));
        match key.as_str() {
            "findings" | "waivers" => compare(&label, wanted, got, faults),
            _ => same(&label, wanted, got, faults),
        }
    }
}

/// Compares lists row by row, and anything else as it is.
fn compare(label: &str, wanted: &Value, got: &Value, faults: &mut Vec<String>) {
    match (wanted, got) {
        (Value::Array(wanted), Value::Array(got)) => rows(label, wanted, got, faults),
        _ => same(label, wanted, got, faults),
    }
}

fn same(label: &str, wanted: &Value, got: &Value, faults: &mut Vec<String>) {
    if wanted != got {
        faults.push(format!("{label} is {got}, not {wanted}"));
    }
}

/// Whether a value is the wanted one; of an object, on the keys that are named.
fn fits(wanted: &Value, got: &Value) -> bool {
    match wanted.as_object() {
        Some(keys) => keys.iter().all(|(key, value)| fits(value, at(got, key))),
        None => wanted == got,
    }
}

/// Compares a list of rows, in any order: every wanted row stands for one row that came, and none is left.
fn rows(label: &str, wanted: &[Value], got: &[Value], faults: &mut Vec<String>) {
    // Which wanted row stands for each that came: a later one may move the earlier ones on to others.
    let mut taken: Vec<Option<&Value>> = vec![None; got.len()];
    for row in wanted {
        if !place(row, got, &mut taken, &mut vec![false; got.len()]) {
            faults.push(format!("{label}: missing {row}"));
        }
    }
    for (row, _) in got.iter().zip(&taken).filter(|(_, taken)| taken.is_none()) {
        let about = ["requirement", "item", "path"].into_iter().map(|key| at(row, key)).find(|value| !value.is_null());
        faults.push(format!("{label}: unexpected {} {}", at(row, "code"), about.unwrap_or(&Value::Null)));
    }
}

fn place<'a>(one: &'a Value, got: &[Value], taken: &mut [Option<&'a Value>], seen: &mut [bool]) -> bool {
    for (index, row) in got.iter().enumerate() {
        if !fits(one, row) || seen.get_mut(index).is_none_or(|seen| std::mem::replace(seen, true)) {
            continue;
        }
        let other = taken.get(index).copied().flatten();
        if other.is_none_or(|other| place(other, got, taken, seen)) {
            taken.get_mut(index).into_iter().for_each(|taken| *taken = Some(one));
            return true;
        }
    }
    false
}
