//! What the targets share: policies to ask by, and changes of JSON that leave it JSON.

#[allow(dead_code, missing_docs, reason = "the tests take more of it")]
#[path = "../../tests/src/choices.rs"]
mod choices;

use std::collections::{BTreeMap, BTreeSet};

use choices::Choices;
use handoff_core::{Policy, Problem, codes};
use serde_json::{Value, json};

/// The policies of the tests and the reference policy, by name.
pub fn policies() -> BTreeMap<String, Policy> {
    let lines = include_str!(concat!(env!("OUT_DIR"), "/policies.ndjson")).lines();
    lines.map(|line| Policy::load(line).expect("the policies load")).map(|policy| (policy.name().to_owned(), policy)).collect()
}

/// What is refused has reasons, each with a code that is one.
pub fn check(problems: &[Problem]) {
    thread_local! { static CODES: BTreeSet<&'static str> = codes().iter().map(|one| one.code).collect(); }
    assert!(!problems.is_empty(), "refused without a reason");
    for problem in problems {
        assert!(CODES.with(|codes| codes.contains(problem.code.as_str())), "{problem:?}");
        assert!(!problem.message.is_empty(), "{problem:?}");
    }
}

/// The same data in another order: keys by name, and lists as they are or the other way round.
pub fn another_way(text: &str, reversed: bool) -> String {
    fn reverse(tree: &mut Value) {
        match tree {
            Value::Array(rows) => {
                rows.reverse();
                rows.iter_mut().for_each(reverse);
            }
            Value::Object(keys) => keys.values_mut().for_each(reverse),
            _ => {}
        }
    }
    let mut tree: Value = serde_json::from_str(text).expect("what was read is JSON");
    if reversed {
        reverse(&mut tree);
    }
    tree.to_string()
}

/// Changes one of several lines of JSON; none where it is no JSON, or to be changed as bytes this time.
pub fn changed(text: &[u8], seed: u32) -> Option<String> {
    let choices = &mut Choices(seed.into());
    let mut lines: Vec<String> = std::str::from_utf8(text).ok()?.lines().map(str::to_owned).collect();
    if lines.is_empty() || choices.one_in(5) {
        return None;
    }
    let at = choices.below(lines.len());
    match choices.below(12) {
        0 if lines.len() > 1 => drop(lines.remove(at)),
        1 if lines.len() > 1 => {
            let other = choices.below(lines.len());
            lines.insert(other, lines[at].clone());
        }
        2 if lines.len() > 1 => {
            let other = choices.below(lines.len());
            lines.swap(at, other);
        }
        _ => {
            let mut tree = serde_json::from_str(&lines[at]).ok()?;
            (0..=choices.below(3)).for_each(|_| change(&mut tree, choices));
            lines[at] = tree.to_string();
        }
    }
    Some(lines.join("\n"))
}

type Path = Vec<String>;

/// Takes a value away, doubles it, renames it, or puts another one in its place.
fn change(tree: &mut Value, choices: &mut Choices) {
    let mut paths = Vec::new();
    paths_of(tree, &mut Vec::new(), &mut paths);
    let Some(path) = (!paths.is_empty()).then(|| choices.of::<Path>(&paths).clone()) else {
        return *tree = anything(choices);
    };
    let other: &Path = choices.of(&paths);
    let other = find(tree, other).clone();
    // One of another key of that name.
    let namesakes: Vec<&Path> = paths.iter().filter(|one| one.last() == path.last()).collect();
    let namesake: &Path = choices.of::<&Path>(&namesakes);
    let namesake = find(tree, namesake).clone();
    let name = choices.of(&paths).last().cloned().unwrap_or_default();
    let (last, parent) = path.split_last().expect("a path has a name");
    match (find_mut(tree, parent), choices.below(8)) {
        (Value::Object(keys), 0) => drop(keys.remove(last)),
        (Value::Object(keys), 1) => drop(keys.insert(name, other)),
        (Value::Object(keys), 2) => {
            let value = keys.remove(last).unwrap_or_default();
            keys.insert(name, value);
        }
        (Value::Array(rows), 0) => drop(rows.remove(last.parse().unwrap_or_default())),
        (Value::Array(rows), 1) => rows.push(namesake),
        (Value::Array(rows), 2) => rows.push(other),
        (_, 3) => *find_mut(tree, &path) = other,
        (_, 4 | 5) => *find_mut(tree, &path) = namesake,
        (_, 6) => *find_mut(tree, &path) = near(find(tree, &path), choices),
        _ => *find_mut(tree, &path) = anything(choices),
    }
}

fn paths_of(tree: &Value, at: &mut Path, all: &mut Vec<Path>) {
    let keys: Vec<(String, &Value)> = match tree {
        Value::Object(keys) => keys.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(rows) => rows.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => return,
    };
    for (key, value) in keys {
        at.push(key);
        all.push(at.clone());
        paths_of(value, at, all);
        at.pop();
    }
}

fn find<'a>(tree: &'a Value, path: &[String]) -> &'a Value {
    path.iter().fold(tree, |tree, key| match tree {
        Value::Array(rows) => &rows[key.parse::<usize>().expect("a place")],
        tree => &tree[key],
    })
}

fn find_mut<'a>(tree: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(tree, |tree, key| match tree {
        Value::Array(rows) => &mut rows[key.parse::<usize>().expect("a place")],
        tree => &mut tree[key],
    })
}

/// Another value of the same sort.
fn near(value: &Value, choices: &mut Choices) -> Value {
    match value {
        Value::Bool(value) => json!(!value),
        Value::Number(number) => json!(number.as_i64().unwrap_or_default().wrapping_add(choices.between(-2, 3))),
        Value::String(text) => {
            let mut chars: Vec<char> = text.chars().collect();
            let at = choices.below(chars.len());
            match chars.get(at).copied() {
                // Mostly of a time or a number.
                Some(digit) if digit.is_ascii_digit() => chars[at] = char::from_digit(choices.below(10) as u32, 10).unwrap_or('0'),
                Some(_) if choices.one_in(3) => drop(chars.remove(at)),
                _ => chars
                    .insert(at, *choices.of(&['a', 'Z', '0', ' ', '-', '/', '~', ':', '.', '"', 'é', '\u{202e}', '\u{0}', '\u{10ffff}'])),
            }
            chars.into_iter().collect::<String>().into()
        }
        value => value.clone(),
    }
}

fn anything(choices: &mut Choices) -> Value {
    const TEXTS: [&str; 16] = [
        "",
        " ",
        "all",
        "none",
        "asset:LT-1",
        "ticket:T-1",
        "task:T-1/a",
        "person:ann",
        "2026-03-16T09:00:00+01:00",
        "2026-02-29",
        "P1D",
        "P99999D",
        "-P1D",
        "9999-12-31T23:59:59Z",
        "true && false",
        "\u{1f642}",
    ];
    match choices.below(9) {
        0 => Value::Null,
        1 => json!(choices.one_in(2)),
        2 => json!(choices.between(-3, 100)),
        3 => json!(choices.of(&[i64::MIN, i64::MAX, -1, 0, 1 << 53, u32::MAX.into()])),
        4 => json!(choices.of(&[0.5, -0.0, 1e300, 5e-324])),
        5 => json!([]),
        6 => json!({}),
        _ => json!(choices.of(&TEXTS)),
    }
}

/// Takes the mutations of lines of JSON, and sometimes those of bytes.
#[macro_export]
macro_rules! mutate_json {
    () => {
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            match $crate::changed(&data[..size], seed).filter(|changed| changed.len() <= max_size) {
                Some(changed) => {
                    data[..changed.len()].copy_from_slice(changed.as_bytes());
                    changed.len()
                }
                None => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
            }
        });
    };
}
