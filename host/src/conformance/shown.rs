//! What came out, in the form of a case.

use std::fmt::Write as _;

use handoff_core::Problem;
use serde_json::{Map, Value, json};

use super::Got;
use super::case::{DECISION, Keys};
use super::compare::{at, flat, list, told};

/// What came out, ready to be pasted into a case.
#[must_use]
pub fn shown(got: &Got) -> String {
    let problems = |key: &str, problems: &[Problem]| {
        let rows = problems.iter().map(|problem| json!({"code": problem.code, "path": problem.path}));
        let told: String = problems.iter().map(|problem| format!("\n    # {}", problem.message)).collect();
        format!("{}{told}", shown_list(key, rows, "  "))
    };
    match got {
        Got::Problems(got) => problems("problems", got),
        Got::Warnings(got) => problems("warnings", got),
        Got::Laxer(got) => problems("laxer", got),
        Got::Nothing(why) => format!("  {why}"),
        Got::Answer(answer, _) => serde_json::from_str(answer).map_or_else(|_| format!("  {answer}"), |tree| shown_answer(&tree)),
    }
}

/// What has to come out, as it stands in a case.
#[must_use]
pub fn written(expected: &Map<String, Value>) -> String {
    lines(expected, "  ")
}

fn lines(keys: &Keys, indent: &str) -> String {
    let line = |(key, value): (&String, &Value)| match value.as_array() {
        Some(rows) => shown_list(key, rows.iter().cloned(), indent),
        None => format!("{indent}{key}: {value}"),
    };
    keys.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn shown_answer(tree: &Value) -> String {
    if let Some(items) = at(tree, "items").as_array() {
        let options = items.iter().flat_map(|item| list(at(item, "options")));
        options.map(|option| format!("  {}:\n{}\n", at(option, "to"), shown_decision(option, "    "))).collect()
    } else if let Some(decisions) = at(tree, "decisions").as_array() {
        decisions.iter().map(|decision| format!("  -\n{}\n", shown_decision(decision, "    "))).collect()
    } else if let Some(plan) = at(tree, "plan").as_object().or(flat(at(tree, "review")).as_object()) {
        lines(plan, "    ")
    } else if let Some(summary) = at(tree, "summary").as_object() {
        let findings = list(at(tree, "findings")).iter().map(|found| Value::Object(short(&told(found), &["stay"])));
        let summary = summary.iter().map(|(key, value)| format!("\n    {key}: {value}"));
        format!("{}\n  summary:{}", shown_list("findings", findings, "  "), summary.collect::<String>())
    } else {
        shown_decision(tree, "  ")
    }
}

fn shown_decision(tree: &Value, indent: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{indent}decision: {}", at(tree, "decision").as_str().unwrap_or_default());
    for key in DECISION {
        let value = at(tree, key);
        let is_default = value.is_null() || *value == json!([]) || *value == json!(false) && key == "by_exception";
        let line = match key {
            "decision" | "item" | "at" | "to" => continue,
            "findings" => shown_list(key, list(value).iter().map(|row| Value::Object(short(row, &[]))), indent),
            _ if is_default => continue,
            "waivers" => shown_list(key, list(value).iter().cloned(), indent),
            _ => format!("{indent}{key}: {value}"),
        };
        let _ = writeln!(text, "{line}");
    }
    text.trim_end().to_owned()
}

/// Of a finding what tells it from others, and more keys.
fn short(row: &Value, more: &[&str]) -> Keys {
    let keys = ["code", "severity", "requirement", "item", "path", "expected", "found", "sop"];
    let named = keys.iter().chain(more).map(|key| (*key, at(row, key)));
    named.filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.to_owned(), value.clone())).collect()
}

fn shown_list(key: &str, rows: impl Iterator<Item = Value>, indent: &str) -> String {
    let pairs = |row: &Value| match row.as_object() {
        Some(keys) => format!("{{{}}}", keys.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join(", ")),
        None => row.to_string(),
    };
    let lines: String = rows.map(|row| format!("\n{indent}  - {}", pairs(&row))).collect();
    if lines.is_empty() { format!("{indent}{key}: []") } else { format!("{indent}{key}:{lines}") }
}
