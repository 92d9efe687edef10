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

/// What is about to change.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// The case: the keys of a facts document.
    pub document: Map<String, Value>,
    pub steps: Vec<Step>,
    /// Items that go to where nobody knows: their new state was not understood.
    pub lost: Vec<String>,
    pub told: Vec<Told>,
}

/// Joins the rows of what will be. An item that has another state or kind in `before` moves: it is put back, and its step is asked for. What
/// `before` does not mention stays as it is. Where there is no `before` at all, what the first row is about is being made.
pub(crate) fn between(before: Option<Vec<From>>, after: Vec<From>) -> Change {
    let made = after.iter().find(|from| matches!(from.row.sort, Sort::Asset | Sort::Ticket));
    let made = made.and_then(|from| Some((from.row.sort, from.row.fields.get("id")?.as_str()?.to_owned())));
    let (document, told) = case::join(after);
    let before = before.map(|rows| by_id(case::join(rows).0));
    let mut change = Change { document, told, ..Change::default() };
    let from_nothing = Map::from_iter([("state".to_owned(), Value::Null), ("history".to_owned(), json!([]))]);
    for sort in [Sort::Asset, Sort::Ticket] {
        let rows = change.document.get_mut(sort.many()).and_then(Value::as_array_mut);
        for row in rows.into_iter().flatten().filter_map(Value::as_object_mut) {
            let Some(id) = row.get("id").and_then(Value::as_str).map(str::to_owned) else { continue };
            let item = format!("{}:{id}", sort.one());
            let key = (sort, id);
            let was = match &before {
                None => Some(&from_nothing).filter(|_| made.as_ref() == Some(&key)),
                Some(all) => all.get(&key),
            };
            let Some(was) = was else { continue };
            let kind = row.get("kind").filter(|kind| before.is_some() && was.get("kind") != Some(kind)).cloned();
            let to = match row.get("state") {
                Some(to @ Value::String(_)) => to.clone(),
                state => {
                    if before.is_none() || kind.is_some() || was.get("state") != state {
                        change.lost.push(item);
                    }
                    continue;
                }
            };
            if was.get("state") == Some(&to) && kind.is_none() {
                continue;
            }
            let mut step = Map::from_iter([("item".to_owned(), json!(item)), ("to".to_owned(), to)]);
            if let Some(kind) = kind {
                step.insert("kind".to_owned(), kind);
                put_back(row, was, "kind");
            }
            put_back(row, was, "state");
            // The change itself may stand in it already.
            put_back(row, was, "history");
            change.steps.push(Step(step));
        }
    }
    change
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
        let Change { document, steps, lost, told } = between(before, after.into_iter().map(asset).collect());
        assert!(told.is_empty() && lost.is_empty(), "{told:?} {lost:?}");
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
        let (document, steps) =
            changed(None, vec![json!({"id": "1", "kind": "laptop", "state": "assigned"}), json!({"id": "2", "state": "assigned"})]);
        assert_eq!(steps, json!([{"item": "asset:1", "to": "assigned"}]), "what it refers to is there already");
        assert_eq!(
            document,
            json!({"assets": [{"id": "1", "kind": "laptop", "state": null, "history": []}, {"id": "2", "state": "assigned"}]})
        );
    }

    #[test]
    fn what_was_not_known_stays_unknown() {
        let (document, steps) = changed(Some(vec![json!({"id": "1"})]), vec![json!({"id": "1", "state": "a", "history": []})]);
        assert_eq!((document, steps), (json!({"assets": [{"id": "1"}]}), json!([{"item": "asset:1", "to": "a"}])));
    }

    #[test]
    fn what_goes_to_where_nobody_knows_is_told_whatever_else_moves() {
        let (was, will) = (json!({"id": "1", "state": "a"}), json!({"id": "1"}));
        let (other, moved) = (json!({"id": "2", "state": "a"}), json!({"id": "2", "state": "b"}));
        let before = Some(vec![asset(was), asset(other)]);
        let change = between(before, vec![asset(will.clone()), asset(moved)]);
        assert_eq!((change.steps.len(), change.lost), (1, vec!["asset:1".to_owned()]));
        assert_eq!(between(None, vec![asset(will)]).lost, ["asset:1"]);
        assert!(between(Some(vec![asset(json!({"id": "1"}))]), vec![asset(json!({"id": "1"}))]).lost.is_empty());
    }
}
