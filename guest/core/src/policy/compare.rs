//! What a new policy allows that the old one denied (rule P4). What can't be told apart for certain is reported as changed: a reader decides.

mod demands;
mod parts;
mod ways;

use serde_json::Value;

use super::Policy;
use crate::problem::Problem;

/// What became laxer, one warning each, at its place in the new document, or in the old one where it is gone.
pub(super) fn laxer(new: &Policy, old: &Policy) -> Vec<Problem> {
    let sides = Sides { old, new };
    let mut report = Report(Vec::new());
    parts::settings(sides, &mut report);
    parts::declarations(sides, &mut report);
    parts::checklists(sides, &mut report);
    parts::task_templates(sides, &mut report);
    parts::exception_kinds(sides, &mut report);
    demands::requirements(sides, &mut report);
    ways::workflows(sides, &mut report);
    let mut problems = report.0;
    problems.sort();
    problems.dedup();
    problems
}

/// The two policies that are compared.
#[derive(Clone, Copy)]
struct Sides<'a> {
    old: &'a Policy,
    new: &'a Policy,
}

struct Report(Vec<Problem>);

impl Report {
    fn add(&mut self, code: &str, path: &str, message: impl Into<String>) {
        self.0.push(Problem::new(code, path, message).help("make sure that it is meant").warning());
    }

    /// Reports where the new value is greater than the old one, as in a longer time.
    fn greater<T: PartialOrd + std::fmt::Display>(&mut self, code: &str, path: &str, key: &str, old: T, new: T) {
        if new > old {
            self.add(code, &format!("{path}/{key}"), format!("`{key}` {old} → {new}"));
        }
    }

    fn switched_on(&mut self, code: &str, path: &str, key: &str, old: bool, new: bool) {
        if new && !old {
            self.add(code, &format!("{path}/{key}"), format!("`{key}` false → true"));
        }
    }

    fn switched_off(&mut self, code: &str, path: &str, key: &str, old: bool, new: bool) {
        if old && !new {
            self.add(code, &format!("{path}/{key}"), format!("`{key}` true → false"));
        }
    }

    /// Reports what is different, where nobody can tell from it alone whether it is laxer.
    fn changed<T: PartialEq + serde::Serialize>(&mut self, code: &str, path: &str, key: &str, old: &T, new: &T) {
        if old != new {
            self.add(code, &format!("{path}/{key}"), format!("`{key}` changed: {} → {}", shown(old), shown(new)));
        }
    }

    /// Reports the entries that are new in a list that permits.
    fn grown(&mut self, code: &str, path: &str, key: &str, old: &[String], new: &[String]) {
        let added = missing_in(new, old);
        if !added.is_empty() {
            self.add(code, &format!("{path}/{key}"), format!("`{key}` also names {}", quoted(&added)));
        }
    }

    /// Reports the entries that are gone from a list that demands.
    fn shrunk(&mut self, code: &str, path: &str, key: &str, old: &[String], new: &[String]) {
        let gone = missing_in(old, new);
        if !gone.is_empty() {
            self.add(code, &format!("{path}/{key}"), format!("`{key}` no longer names {}", quoted(&gone)));
        }
    }
}

/// The entries of the first list that are not in the second.
fn missing_in<'a>(of: &'a [String], list: &[String]) -> Vec<&'a str> {
    of.iter().filter(|entry| !list.contains(entry)).map(String::as_str).collect()
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A value as people read it.
fn shown(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::Null) | Err(_) => "none".to_owned(),
        Ok(Value::String(text)) => text,
        Ok(value) => value.to_string(),
    }
}

#[cfg(test)]
mod testing {
    use serde_json::Value;

    use crate::policy::Policy;
    use crate::policy::check::testing::policy;

    /// What became laxer when the small policy, changed by the first, is changed by the second too.
    pub(super) fn laxer_after(before: impl FnOnce(&mut Value), change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut document = policy();
        before(&mut document);
        let old = Policy::load(&document.to_string()).unwrap();
        change(&mut document);
        let new = Policy::load(&document.to_string()).unwrap();
        new.laxer(&old).into_iter().map(|problem| format!("{} {}: {}", problem.code, problem.path, problem.message)).collect()
    }

    /// What became laxer when the small policy is changed.
    pub(super) fn laxer(change: impl FnOnce(&mut Value)) -> Vec<String> {
        laxer_after(|_| {}, change)
    }

    pub(super) const NOTHING: [&str; 0] = [];
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::testing::{NOTHING, laxer};

    /// Turns round every list of which the order means nothing.
    fn turn(value: &mut Value, key: &str) {
        match value {
            Value::Array(entries) => {
                if !["steps", "passed", "assets", "sop"].contains(&key) {
                    entries.reverse();
                }
                entries.iter_mut().for_each(|entry| turn(entry, ""));
            }
            Value::Object(entries) => entries.iter_mut().for_each(|(key, entry)| turn(entry, key)),
            _ => {}
        }
    }

    #[test]
    fn a_policy_is_not_laxer_than_itself() {
        assert_eq!(laxer(|_| {}), NOTHING);
        assert_eq!(laxer(|policy| turn(policy, "")), NOTHING);
    }

    #[test]
    fn a_stricter_policy_is_not_laxer() {
        let stricter = laxer(|policy| {
            policy["requirements"]["scanned"] =
                json!({"evidence": "scan", "by": ["stores"], "means": ["scanned"], "within": "P1D", "waivable": false});
            policy["exception_kinds"]["urgent"]["waives"] = json!(["encrypted"]);
            policy["workflows"]["device"]["states"]["issued"]["gate"] = json!(["encrypted"]);
            policy["limits"] = json!({"allow": "PT1M"});
        });
        assert_eq!(stricter, ["laxer-exception /exception_kinds/urgent/waives: `waives` also names `encrypted`"]);
    }
}
