//! Reading facts: the whole text at once where it is sound, row by row where it is not, so that every problem is told.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fact::{Extent, Fact};
use super::model::*;
use super::rows::*;
use crate::problem::{Problem, pointer};
use crate::shape;

pub(crate) fn parse(text: &str) -> Result<Document, Vec<Problem>> {
    let error = match serde_json::from_str::<Document>(text) {
        Ok(document) => return Ok(document),
        Err(error) => error,
    };
    let whole = |code: &str| {
        let mut problem = shape::problem(code, String::new(), &error.to_string());
        problem.position = shape::position(&error);
        problem
    };
    if !error.is_data() {
        return Err(vec![whole("facts-syntax").help("facts are one JSON object, in UTF-8")]);
    }
    let mut problems = Vec::new();
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(sections)) => {
            for (name, value) in sections {
                section(&name, value, &mut problems);
            }
        }
        Ok(_) => return Err(vec![whole("facts-shape").help("facts are one JSON object, with `assets`, `tickets`, `people` and so on")]),
        // The typed reader got past what the plain one refuses, or found it first.
        Err(_) => return Err(vec![whole("facts-syntax")]),
    }
    if problems.is_empty() {
        // A fault that only shows on the text itself: a key that stands there twice.
        problems.push(whole("facts-shape").help("write every key once"));
    }
    problems.sort();
    Err(problems)
}

fn section(name: &str, value: Value, problems: &mut Vec<Problem>) {
    let path = pointer("", name);
    match name {
        "assets" => rows::<Asset>(&path, value, problems),
        "tickets" => rows::<Ticket>(&path, value, problems),
        "people" => rows::<Person>(&path, value, problems),
        "exceptions" => rows::<Exception>(&path, value, problems),
        "licences" => rows::<Licence>(&path, value, problems),
        "decisions" => rows::<LoggedDecision>(&path, value, problems),
        "coverage" => rows::<Coverage>(&path, value, problems),
        "at" => row::<Fact<crate::time::Time>>(&path, &value, problems),
        "actor" => row::<Fact<crate::decision::Actor>>(&path, &value, problems),
        "$schema" => row::<Option<String>>(&path, &value, problems),
        _ => {
            problems.push(Problem::new("facts-shape", path, format!("unknown key `{name}`")).help(shape::choices(
                name,
                ["at", "actor", "assets", "tickets", "people", "exceptions", "licences", "decisions", "coverage"],
            )))
        }
    }
}

fn rows<T: DeserializeOwned>(path: &str, value: Value, problems: &mut Vec<Problem>) {
    match value {
        Value::Null => {}
        Value::Array(values) => {
            for (index, value) in values.into_iter().enumerate() {
                row::<T>(&pointer(path, &index.to_string()), &value, problems);
            }
        }
        _ => problems.push(Problem::new("facts-shape", path, "expected a list of rows, or `null`")),
    }
}

pub(crate) fn row<T: DeserializeOwned>(path: &str, value: &Value, problems: &mut Vec<Problem>) {
    problems.extend(shape::problems("facts-shape", path, value, |value| serde_path_to_error::deserialize::<_, T>(value)));
}

/// Sorts every list: facts are sets, whose order must not reach a decision.
pub(super) fn sort(document: &mut Document) {
    let Document { assets, tickets, people, exceptions, licences, decisions, coverage, actor, schema: _, at: _ } = document;
    each(assets, |Asset { evidence, history, custody, relations, .. }| {
        list(evidence);
        list(history);
        list(custody);
        list(relations);
    });
    each(tickets, |Ticket { links, tasks, marks, approvals, signatures, evidence, history, related, .. }| {
        list(links);
        list(tasks);
        list(marks);
        each(approvals, covered);
        list(signatures);
        list(evidence);
        list(history);
        list(related);
    });
    each(people, |Person { roles, engagements, same_as, .. }| {
        list(roles);
        list(engagements);
        list(same_as);
    });
    each(exceptions, |Exception { items, requirements, approvals, steps, .. }| {
        list(items);
        list(requirements);
        each(approvals, covered);
        list(steps);
    });
    list(licences);
    list(decisions);
    each(coverage, |Coverage { persons, classes, tickets, exceptions, licences, decisions, .. }| {
        for extent in [persons, classes, tickets, exceptions, licences, decisions] {
            if let Fact::Known(Extent::Some(names)) = extent {
                names.sort_unstable();
            }
        }
    });
    if let Fact::Known(actor) = actor {
        actor.roles.sort_unstable();
    }
}

fn covered(approval: &mut Approval) {
    if let Fact::Known(covered) = &mut approval.covers {
        list(&mut covered.assets);
    }
}

fn list<T: Ord>(rows: &mut Fact<Vec<T>>) {
    if let Fact::Known(rows) = rows {
        rows.sort_unstable();
    }
}

fn each<T: Ord>(rows: &mut Fact<Vec<T>>, mut inner: impl FnMut(&mut T)) {
    if let Fact::Known(rows) = rows {
        rows.iter_mut().for_each(&mut inner);
        rows.sort_unstable();
    }
}
