//! What people read: decisions, plans, reviews and problems as text. Programs read JSON.

pub(crate) mod audit;
pub(crate) mod card;
pub(crate) mod decision;
pub(crate) mod exceptions;
mod page;
pub(crate) mod plan;
pub(crate) mod problem;
pub(crate) mod report;
pub(crate) mod review;
pub(crate) mod stalled;
mod table;

use handoff::core::policy::document::Stay;
use handoff::core::visible;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use page::{Page, TOGETHER, Tone};

/// Reads an answer for people: in every text of it, what would act on the terminal or turn the direction of writing is written out.
pub(crate) fn legible<T: DeserializeOwned>(answer: &str) -> serde_json::Result<T> {
    fn write_out(tree: &mut Value) {
        match tree {
            Value::String(text) => *text = visible(text).into_owned(),
            Value::Array(values) => values.iter_mut().for_each(write_out),
            Value::Object(entries) => entries.values_mut().for_each(write_out),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut tree = serde_json::from_str(answer)?;
    write_out(&mut tree);
    serde_json::from_value(tree)
}

/// How long something may stay.
pub(crate) fn stay(stay: Stay) -> String {
    match stay {
        Stay::Elapsed(duration) => duration.to_string(),
        Stay::WorkingDays { working_days } => {
            problem::count(usize::try_from(working_days).unwrap_or(usize::MAX), "working day", "working days")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_in_an_answer_acts_on_the_terminal() {
        let answer = json!({"findings": [{"found": "14\n\u{1b}[31m\u{202e}2", "message": "größer\u{a0}\u{1f642}"}], "ready": true});
        let shown: Value = legible(&answer.to_string()).expect("an answer");
        let expected = json!({"findings": [{"found": r"14\n\u{1b}[31m\u{202e}2", "message": "größer\u{a0}\u{1f642}"}], "ready": true});
        assert_eq!(shown, expected);
    }
}
