//! Tables of words: what a platform calls a state or a kind, and what the policy calls it.

use serde_json::Value;

/// The tables that are known from the start: defaults of the platforms, and words of the reference policy.
pub(crate) const DEFAULT: &str = include_str!("tables.yaml");

/// Puts an admin's tables over others: entry by entry, so that only what differs needs to be written.
pub(crate) fn put(over: Value, under: &mut Value) {
    match (over, under) {
        (Value::Object(over), Value::Object(under)) => {
            for (key, value) in over {
                match under.get_mut(&key) {
                    Some(there) => put(value, there),
                    None => drop(under.insert(key, value)),
                }
            }
        }
        (over, under) => *under = over,
    }
}

/// What is wrong with tables: each platform has tables, each with words.
pub(crate) fn check(tables: &Value) -> Result<(), String> {
    let platforms = tables.as_object().ok_or("tables are an object of platforms")?;
    for (platform, tables) in platforms {
        let tables = tables.as_object().ok_or_else(|| format!("`{platform}` has tables, each by a name"))?;
        for (table, words) in tables {
            let words = words.as_object().ok_or_else(|| format!("`{platform}.{table}` has words, each with what the policy calls it"))?;
            let is_word = |value: &Value| value.is_string() || value.is_null() || value.is_boolean();
            let is_good = |value: &Value| is_word(value) || value.as_object().is_some_and(|by| by.values().all(is_word));
            if let Some((word, _)) = words.iter().find(|(_, value)| !is_good(value)) {
                return Err(format!("`{platform}.{table}.{word}` is no word, and no words by workflow"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_admins_entries_come_before() {
        let mut tables = json!({"a": {"states": {"1": "x", "2": "y"}, "kinds": {"l": "laptop"}}});
        put(json!({"a": {"states": {"2": null, "3": {"device": "z"}}}, "b": {"states": {}}}), &mut tables);
        let expected = json!({"a": {"states": {"1": "x", "2": null, "3": {"device": "z"}}, "kinds": {"l": "laptop"}}, "b": {"states": {}}});
        assert_eq!(tables, expected);
        assert_eq!(check(&tables), Ok(()));
        for wrong in [json!([]), json!({"a": 1}), json!({"a": {"states": "x"}}), json!({"a": {"states": {"1": 2}}})] {
            assert!(check(&wrong).is_err(), "{wrong}");
        }
    }
}
