//! What a platform is about to change, or has just changed: the case as it will be, with each item that moves in the state that it leaves.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::case::{self, From};
use super::{Sort, Told};

/// A step of an item, as `decide` asks for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step(Map<String, Value>);

impl Step {
    /// The members of the question that asks for it.
    pub fn members(self) -> Map<String, Value> {
        self.0
    }
}

/// Joins the rows of what will be. An item that has another state or kind in `before` moves: it is put back, and its step is asked for. What
/// `before` does not mention stays as it is; where there is no `before` at all, everything is being made.
pub(crate) fn between(before: Option<Vec<From>>, after: Vec<From>) -> (Map<String, Value>, Vec<Step>, Vec<Told>) {
    let (mut document, told) = case::join(after);
    let before = before.map(|rows| by_id(case::join(rows).0));
    let mut steps = Vec::new();
    for sort in [Sort::Asset, Sort::Ticket] {
        for row in document.get_mut(sort.many()).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
            let Some(id) = row.get("id").and_then(Value::as_str).map(str::to_owned) else { continue };
            let was = match &before {
                None => Map::from_iter([("state".to_owned(), Value::Null), ("history".to_owned(), json!([]))]),
                Some(all) => match all.get(&(sort, id.clone())) {
                    Some(was) => was.clone(),
                    None => continue,
                },
            };
            let Some(to) = row.get("state").filter(|state| state.is_string()).cloned() else { continue };
            let kind = row.get("kind").filter(|kind| before.is_some() && was.get("kind") != Some(kind)).cloned();
            if was.get("state") == Some(&to) && kind.is_none() {
                continue;
            }
            let mut step = Map::from_iter([("item".to_owned(), json!(format!("{}:{id}", sort.one()))), ("to".to_owned(), to)]);
            if let Some(kind) = kind {
                step.insert("kind".to_owned(), kind);
                put_back(row, &was, "kind");
            }
            put_back(row, &was, "state");
            // The change itself may stand in it already.
            put_back(row, &was, "history");
            steps.push(Step(step));
        }
    }
    (document, steps, told)
}

fn put_back(row: &mut Map<String, Value>, was: &Map<String, Value>, key: &str) {
    match was.get(key) {
        Some(value) => drop(row.insert(key.to_owned(), value.clone())),
        None => drop(row.remove(key)),
    }
}

fn by_id(document: Map<String, Value>) -> BTreeMap<(Sort, String), Map<String, Value>> {
    let mut all = BTreeMap::new();
    for sort in [Sort::Asset, Sort::Ticket] {
        for row in document.get(sort.many()).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object) {
            if let Some(id) = row.get("id").and_then(Value::as_str) {
                all.insert((sort, id.to_owned()), row.clone());
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Row;

    fn asset(fields: Value) -> From {
        let Value::Object(fields) = fields else { panic!("no row") };
        From { platform: "a".to_owned(), row: Row { sort: Sort::Asset, fields, aliases: Vec::new() } }
    }

    fn changed(before: Option<Vec<Value>>, after: Vec<Value>) -> (Value, Value) {
        let before = before.map(|rows| rows.into_iter().map(asset).collect());
        let (document, steps, told) = between(before, after.into_iter().map(asset).collect());
        assert!(told.is_empty(), "{told:?}");
        (Value::Object(document), steps.into_iter().map(|step| Value::Object(step.members())).collect())
    }

    #[test]
    fn what_moves_is_put_back_and_its_other_fields_are_the_new_ones() {
        let history = json!([{"to": "received", "at": "2026-01-01T00:00:00Z"}]);
        let (document, steps) = changed(
            Some(vec![json!({"id": "1", "kind": "laptop", "state": "received", "serial": "old", "history": history})]),
            vec![
                json!({"id": "1", "kind": "laptop", "state": "verified", "serial": "new", "history": []}),
                json!({"id": "2", "state": "assigned"}),
            ],
        );
        assert_eq!(steps, json!([{"item": "asset:1", "to": "verified"}]));
        assert_eq!(
            document,
            json!({"assets": [
                {"id": "1", "kind": "laptop", "state": "received", "serial": "new", "history": history},
                {"id": "2", "state": "assigned"},
            ]})
        );
    }

    #[test]
    fn another_kind_is_a_step_as_well() {
        let (document, steps) = changed(
            Some(vec![json!({"id": "1", "kind": "laptop", "state": "a"})]),
            vec![json!({"id": "1", "kind": "phone", "state": "a"})],
        );
        assert_eq!(steps, json!([{"item": "asset:1", "to": "a", "kind": "phone"}]));
        assert_eq!(document, json!({"assets": [{"id": "1", "kind": "laptop", "state": "a"}]}));
    }

    #[test]
    fn what_is_made_comes_from_no_state() {
        let (document, steps) = changed(None, vec![json!({"id": "1", "kind": "laptop", "state": "assigned"})]);
        assert_eq!(steps, json!([{"item": "asset:1", "to": "assigned"}]));
        assert_eq!(document, json!({"assets": [{"id": "1", "kind": "laptop", "state": null, "history": []}]}));
    }

    #[test]
    fn what_was_not_known_stays_unknown() {
        let (document, steps) = changed(Some(vec![json!({"id": "1"})]), vec![json!({"id": "1", "state": "a", "history": []})]);
        assert_eq!((document, steps), (json!({"assets": [{"id": "1"}]}), json!([{"item": "asset:1", "to": "a"}])));
        let (_, steps) = changed(Some(vec![json!({"id": "1", "state": "a"})]), vec![json!({"id": "1"})]);
        assert_eq!(steps, json!([]));
    }
}
