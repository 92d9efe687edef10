//! Writes what fuzzing begins with, a folder for each target of `fuzz/`, from the policies, facts and questions of the conformance cases, and
//! the words in them as a dictionary: `cargo run --release --example seeds -- FOLDER`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use handoff::conformance::Texts;
use handoff_tests::chosen;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let folder = std::env::args().nth(1).ok_or("name the folder")?;
    let (mut seeds, mut words) = (BTreeSet::new(), BTreeSet::new());
    for (_, texts) in chosen() {
        // Longer ones are about their length.
        if texts.policy.len() + texts.facts.len() < 200_000 {
            of_case(texts, &mut seeds, &mut words);
        }
    }
    for (index, (target, text)) in seeds.iter().enumerate() {
        let folder = Path::new(&folder).join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{index}")), text)?;
    }
    let entry = |word: &String| format!("\"{}\"\n", word.replace('\\', "\\\\").replace('"', "\\\""));
    Ok(fs::write(Path::new(&folder).join("words.dict"), words.iter().map(entry).collect::<String>())?)
}

fn of_case(texts: Texts, seeds: &mut BTreeSet<(&'static str, String)>, words: &mut BTreeSet<String>) {
    let Texts { policy, old, facts, other, question, .. } = texts;
    let (tree, about) = (tree(&policy), tree(&facts));
    words_of(&tree, words);
    words_of(&about, words);
    expressions(&tree, &mut |source| {
        seeds.insert(("expression", source.to_owned()));
    });
    if let Some(question) = question.filter(|question| !question.contains('\n')) {
        let name = tree.get("name").unwrap_or(&Value::Null);
        seeds.insert(("question", format!("{name}\n{question}\n{about}")));
        if question.contains("\"audit\"") {
            seeds.insert(("audit", format!("{name}\n{}", lines(&about))));
        }
    }
    seeds.extend([Some(policy), old].into_iter().flatten().map(|policy| ("policy", policy)));
    seeds.extend([Some(facts), other].into_iter().flatten().map(|facts| ("facts", facts)));
}

/// Null where the text is none.
fn tree(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// Facts as the lines of a register.
fn lines(facts: &Value) -> String {
    let sorts = [
        ("people", "person"),
        ("licences", "licence"),
        ("exceptions", "exception"),
        ("decisions", "decision"),
        ("coverage", "coverage"),
        ("assets", "asset"),
        ("tickets", "ticket"),
    ];
    let rows = |(list, sort): (&str, &str)| {
        facts.get(list).and_then(Value::as_array).into_iter().flatten().map(|row| json!({sort: row}).to_string()).collect::<Vec<_>>()
    };
    sorts.into_iter().flat_map(rows).collect::<Vec<_>>().join("\n")
}

fn expressions(tree: &Value, take: &mut dyn FnMut(&str)) {
    match tree {
        Value::Array(rows) => rows.iter().for_each(|row| expressions(row, take)),
        Value::Object(keys) => keys.iter().for_each(|(key, value)| match value.as_str() {
            Some(source) if matches!(key.as_str(), "expression" | "when") => take(source),
            _ => expressions(value, take),
        }),
        _ => {}
    }
}

/// Keys, and texts that are no sentences.
fn words_of(tree: &Value, words: &mut BTreeSet<String>) {
    let mut take = |word: &str| {
        if word.len() < 40 && word.bytes().all(|byte| byte.is_ascii_graphic()) && !word.is_empty() {
            words.insert(word.to_owned());
        }
    };
    match tree {
        Value::String(text) => take(text),
        Value::Array(rows) => rows.iter().for_each(|row| words_of(row, words)),
        Value::Object(keys) => {
            keys.keys().for_each(|key| take(key));
            keys.values().for_each(|value| words_of(value, words));
        }
        _ => {}
    }
}
