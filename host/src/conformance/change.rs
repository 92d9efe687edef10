//! Trees with some values changed: what a case says of policy and facts beside their names.

use serde_json::{Map, Value, json};

/// Takes values out, then sets others, each by its JSON pointer.
///
/// # Errors
/// The pointer at which nothing stands, or can stand.
pub(super) fn change(tree: &mut Value, set: &Map<String, Value>, remove: &[String]) -> Result<(), String> {
    for path in remove {
        let (parent, key) = split(path)?;
        let gone = match walk(tree, parent, false)? {
            Value::Object(keys) => keys.remove(&key).is_some(),
            Value::Array(rows) => position(rows, &key).map(|index| rows.remove(index)).is_some(),
            _ => false,
        };
        if !gone {
            return Err(format!("nothing stands at `{path}`"));
        }
    }
    for (path, value) in set {
        let (parent, key) = split(path)?;
        match walk(tree, parent, true)? {
            Value::Object(keys) => {
                keys.insert(key, value.clone());
            }
            Value::Array(rows) if key == "-" => rows.push(value.clone()),
            Value::Array(rows) => {
                // The next place, or the row's own id, adds it.
                let is_new = key.parse() == Ok(rows.len()) || value.get("id").is_some_and(|id| *id == key);
                match position(rows, &key).and_then(|index| rows.get_mut(index)) {
                    Some(row) => row.clone_from(value),
                    None if is_new => rows.push(value.clone()),
                    None => return Err(format!("nothing stands at `{path}`; `-` adds a row")),
                }
            }
            _ => return Err(format!("nothing can stand at `{path}`")),
        }
    }
    Ok(())
}

/// The same tree with every list the other way round.
pub(super) fn reverse(tree: &mut Value) {
    match tree {
        Value::Array(rows) => {
            rows.reverse();
            rows.iter_mut().for_each(reverse);
        }
        Value::Object(keys) => keys.values_mut().for_each(reverse),
        _ => {}
    }
}

fn split(path: &str) -> Result<(&str, String), String> {
    path.rsplit_once('/').map(|(parent, key)| (parent, unescaped(key))).ok_or_else(|| format!("`{path}` is no pointer"))
}

/// The value at a pointer; rows are named by what they are called, or by their place. Objects that are missing are made.
fn walk<'a>(tree: &'a mut Value, path: &str, make: bool) -> Result<&'a mut Value, String> {
    let mut at = tree;
    for key in path.split('/').skip(1).map(unescaped) {
        let next = match at {
            Value::Object(keys) => {
                if make && !keys.contains_key(&key) {
                    keys.insert(key.clone(), json!({}));
                }
                keys.get_mut(&key)
            }
            Value::Array(rows) => position(rows, &key).and_then(|index| rows.get_mut(index)),
            _ => None,
        };
        at = next.ok_or_else(|| format!("nothing stands at `{path}`"))?;
    }
    Ok(at)
}

fn position(rows: &[Value], key: &str) -> Option<usize> {
    let called = |name: &str| rows.iter().position(|row| row.get(name).is_some_and(|called| *called == key));
    let plain = || rows.iter().position(|row| row == key);
    let place = || key.parse().ok().filter(|index| *index < rows.len());
    called("id").or_else(|| called("asset")).or_else(plain).or_else(place)
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}
