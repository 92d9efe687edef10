//! Whatever is an object is read by its keys, wherever it stands: a list of the same values is refused there.

use handoff_core::{Problem, pointer};
use serde_json::{Value, json};

use crate::docs::{facts_problems, merged, one_of_each, policy_problems};

/// Reads a document, and tells what is wrong with it.
type Read = fn(&Value) -> Vec<Problem>;

/// The places of all objects, each with a list of its values.
fn objects(value: &Value, at: &str, all: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(keys) => {
            all.push((at.to_owned(), keys.values().cloned().collect()));
            keys.iter().for_each(|(key, inner)| objects(inner, &pointer(at, key), all));
        }
        Value::Array(rows) => rows.iter().enumerate().for_each(|(index, inner)| objects(inner, &pointer(at, &index.to_string()), all)),
        _ => {}
    }
}

#[test]
fn no_list_is_read_as_an_object() {
    let documents: [(Value, Read); 2] = [(merged(), policy_problems), (one_of_each(), facts_problems)];
    for (document, problems) in documents {
        let mut all = Vec::new();
        objects(&document, "", &mut all);
        assert!(all.len() > 20, "{} objects", all.len());
        for (place, values) in all {
            for list in [json!([]), values] {
                let mut changed = document.clone();
                *changed.pointer_mut(&place).unwrap() = list.clone();
                let told = problems(&changed);
                // Who counts the elements has taken them for keys.
                let refused = |problem: &Problem| problem.path == place && !problem.warning && !problem.message.contains("element");
                assert!(told.iter().any(refused), "{list} at `{place}`: {told:#?}");
            }
        }
    }
}
