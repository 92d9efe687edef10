//! What a platform is about to change, or has just changed: the case as it will be, with each item that moves in the state that it leaves.

use serde_json::{Map, Value, json};

use super::case::{self, From, Sides};
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

/// Joins the rows of what will be, and of what was. An item that had another state or kind moves: it is put back, and its step is asked for.
/// What stands in none of the rows of what was stays as it is. Where there is nothing of what was, what the first row is about is being made.
/// `doubtful` says that what will be holds something that was not understood, and that was not there before: then whatever has no state, or
/// no kind, may be moving.
pub(crate) fn between(rows: Vec<From>, is_new: bool, doubtful: bool) -> Change {
    let made = rows.iter().find(|from| matches!(from.row.sort, Sort::Asset | Sort::Ticket));
    let made = made.and_then(|from| Some((from.row.sort, from.row.fields.get("id")?.as_str()?.to_owned()))).filter(|_| is_new);
    let Sides { document, was, gone, told } = case::sides(rows);
    let is_item = |item: &String| [Sort::Asset, Sort::Ticket].iter().any(|sort| item.starts_with(&format!("{}:", sort.one())));
    let mut change = Change { document, told, lost: gone.into_iter().filter(is_item).collect(), steps: Vec::new() };
    let from_nothing = Map::from_iter([("state".to_owned(), Value::Null), ("history".to_owned(), json!([]))]);
    for sort in [Sort::Asset, Sort::Ticket] {
        let rows = change.document.get_mut(sort.many()).and_then(Value::as_array_mut);
        for row in rows.into_iter().flatten().filter_map(Value::as_object_mut) {
            let Some(id) = row.get("id").and_then(Value::as_str).map(str::to_owned) else { continue };
            let item = format!("{}:{id}", sort.one());
            let key = (sort, id);
            let was = if made.as_ref() == Some(&key) { Some(&from_nothing) } else { was.get(&key) };
            let Some(was) = was else { continue };
            // A thing that is being made has no other kind than the one that it is made with.
            let changes = |field: &str| (field == "state" || !is_new) && was.get(field) != row.get(field);
            let is_clear = |field: &str| row.get(field).is_some_and(Value::is_string) || !(changes(field) || doubtful || is_new);
            if !is_clear("state") || !is_clear("kind") {
                change.lost.push(item);
                continue;
            }
            let (to, kind) = (row.get("state").cloned(), row.get("kind").filter(|_| changes("kind")).cloned());
            if !changes("state") && kind.is_none() {
                continue;
            }
            let mut step = Map::from_iter([("item".to_owned(), json!(item)), ("to".to_owned(), json!(to))]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Row;

    fn asset(fields: Value, before: bool) -> From {
        let Value::Object(mut fields) = fields else { panic!("no row") };
        let aliases = fields.remove("aliases").and_then(|alias| Some(vec![alias.as_str()?.to_owned()])).unwrap_or_default();
        From { before, ..From::new("a", Row { sort: Sort::Asset, fields, aliases }) }
    }

    fn change(before: Option<Vec<Value>>, after: Vec<Value>, doubtful: bool) -> Change {
        let is_new = before.is_none();
        let before = before.into_iter().flatten().map(|fields| asset(fields, true));
        between(after.into_iter().map(|fields| asset(fields, false)).chain(before).collect(), is_new, doubtful)
    }

    fn changed(before: Option<Vec<Value>>, after: Vec<Value>) -> (Value, Value) {
        let Change { document, steps, lost, told } = change(before, after, false);
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
        let (document, steps) =
            changed(Some(vec![json!({"id": "1", "kind": "k"})]), vec![json!({"id": "1", "kind": "k", "state": "a", "history": []})]);
        assert_eq!((document, steps), (json!({"assets": [{"id": "1", "kind": "k"}]}), json!([{"item": "asset:1", "to": "a"}])));
    }

    #[test]
    fn a_thing_is_found_by_whatever_it_is_called() {
        let row = |id: &str, alias: &str, state: &str| json!({"id": id, "aliases": alias, "kind": "k", "state": state});
        let (document, steps) = changed(Some(vec![row("P1", "x", "a")]), vec![row("P2", "x", "b")]);
        assert_eq!(steps, json!([{"item": "asset:P2", "to": "b"}]));
        assert_eq!(document, json!({"assets": [{"id": "P2", "kind": "k", "state": "a"}]}));
        // What was there has to be somewhere, and be one thing.
        for after in [vec![row("P2", "y", "b")], vec![], vec![row("P2", "x", "a"), row("P1", "y", "b")]] {
            let change = change(Some(vec![row("P1", "x", "a"), row("P2", "y", "b")]), after, false);
            assert!(!change.lost.is_empty(), "{change:?}");
        }
    }

    #[test]
    fn what_goes_to_where_nobody_knows_is_told_whatever_else_moves() {
        let row = |id: &str, state: &str| json!({"id": id, "kind": "k", "state": state});
        let lost = change(Some(vec![row("1", "a"), row("2", "a")]), vec![json!({"id": "1", "kind": "k"}), row("2", "b")], false);
        assert_eq!((lost.steps.len(), lost.lost), (1, vec!["asset:1".to_owned()]));
        assert_eq!(change(Some(vec![row("1", "a")]), vec![json!({"id": "1", "state": "a"})], false).lost, ["asset:1"], "so is a kind");
        assert_eq!(change(None, vec![json!({"id": "1"})], false).lost, ["asset:1"]);
        // From one unknown state to the other: only what was not understood may tell.
        let unknown = || vec![json!({"id": "1", "kind": "k"})];
        assert!(change(Some(unknown()), unknown(), false).lost.is_empty());
        assert_eq!(change(Some(unknown()), unknown(), true).lost, ["asset:1"]);
    }
}
