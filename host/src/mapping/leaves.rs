//! Which values of a record reached the facts, or are left out for a reason: all others are told.

use std::collections::{BTreeMap, BTreeSet};

use jaq_json::Val;
use serde_json::Value;

use super::Told;
use super::answer::{shown, step};
use super::filter::{shortened, text};

/// Paths of values that are left out: JSON pointers, in which `*` stands for any one step. They cover all that is below.
#[derive(Debug)]
pub(super) struct Patterns {
    by_first_step: BTreeMap<String, Vec<Vec<String>>>,
    /// Why the whole record is left out, where it is.
    pub whole: Option<String>,
}

impl Patterns {
    /// Of an object of reasons, each with its pointers.
    pub fn of(reasons: &Value) -> Result<Self, String> {
        let reasons = reasons.as_object().ok_or("a shape in `ignored` has reasons, each with a list of pointers")?;
        let (mut all, mut whole) = (BTreeMap::<String, Vec<Vec<String>>>::new(), None);
        for (reason, pointers) in reasons {
            for pointer in pointers.as_array().ok_or_else(|| format!("`{reason}` in `ignored` has no list of pointers"))? {
                let pointer = pointer.as_str().and_then(|pointer| pointer.strip_prefix('/'));
                let pointer = pointer.ok_or_else(|| format!("`{reason}` in `ignored` has what is no pointer: they begin with `/`"))?;
                let steps: Vec<String> = pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
                if steps == ["*"] {
                    whole = Some(reason.clone());
                }
                all.entry(steps.first().cloned().unwrap_or_default()).or_default().push(steps);
            }
        }
        Ok(Self { by_first_step: all, whole })
    }

    pub fn cover(&self, path: &[String]) -> bool {
        let fits = |pattern: &Vec<String>| {
            pattern.len() <= path.len() && pattern.iter().zip(path).all(|(wanted, step)| wanted == "*" || wanted == step)
        };
        let of = |first: &str| self.by_first_step.get(first).into_iter().flatten();
        path.first().is_some_and(|first| of(first).chain(of("*")).any(fits))
    }
}

/// Whether a path, or what it is part of, was read.
pub(super) fn covers(read: &BTreeSet<Vec<String>>, path: &[String]) -> bool {
    (0..=path.len()).filter_map(|steps| path.get(..steps)).any(|path| read.contains(path))
}

/// The values that say something and are not read; what stands at `skipped` is not looked at.
pub(super) fn unread(
    value: &Val,
    null_words: &BTreeSet<String>,
    is_read: &dyn Fn(&[String]) -> bool,
    skipped: &BTreeSet<Vec<String>>,
) -> Vec<Told> {
    let mut told = Vec::new();
    walk(value, &mut Vec::new(), &mut |path, value| {
        if skipped.contains(path) {
            return false;
        }
        let says_something = match value {
            Val::Null => false,
            Val::Obj(_) | Val::Arr(_) => return true,
            value => text(value).is_none_or(|text| !null_words.contains(text.trim())),
        };
        if says_something && !is_read(path) {
            let why = "the mapping does not read it".to_owned();
            told.push(Told { pointer: pointer(path), value: shortened(&shown(value)), why, is_unread: true });
        }
        true
    });
    told
}

/// Walks through a value, as deep as is asked for.
fn walk(value: &Val, path: &mut Vec<String>, take: &mut dyn FnMut(&[String], &Val) -> bool) {
    if !take(path, value) {
        return;
    }
    match value {
        Val::Obj(object) => {
            for (key, value) in object.iter() {
                path.push(step(key));
                walk(value, path, take);
                path.pop();
            }
        }
        Val::Arr(values) => {
            for (index, value) in values.iter().enumerate() {
                path.push(index.to_string());
                walk(value, path, take);
                path.pop();
            }
        }
        _ => {}
    }
}

/// A path as a JSON pointer.
pub(super) fn pointer(path: &[String]) -> String {
    path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
}
