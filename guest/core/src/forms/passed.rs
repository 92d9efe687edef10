//! `passed`: the item's history holds these states, in order; a state set by hand does not count (rule F6).

use serde::Deserialize;

use crate::case::Case;
use crate::code::Code;
use crate::outcome::{Gap, Outcome};
use crate::policy::names::{Named, Names};

/// `passed` as authors write it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Passed {
    /// The states, in order.
    pub passed: Vec<String>,
    /// Counted from the last entry into this state; from the beginning where none is said.
    pub after: Option<String>,
}

impl Passed {
    pub fn check(&self, names: &mut Names, path: &str) {
        if self.passed.is_empty() {
            names.problem("list-empty", format_args!("{path}/passed"), "no state is named", "name at least one");
        }
        for (index, state) in self.passed.iter().enumerate() {
            names.need(Named::State, state, crate::problem::pointer(&format!("{path}/passed"), &index.to_string()));
        }
        if let Some(state) = &self.after {
            names.need(Named::State, state, format_args!("{path}/after"));
        }
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let history = case.history();
        let path = case.path("history");
        let expected = self.passed.join(", then ");
        if !history.known {
            return Outcome::gap(Gap::unknown("the history", path).expected(expected));
        }
        let mut passages = history.passages.as_slice();
        let mut baseline = history.baseline;
        if let Some(after) = &self.after {
            match passages.iter().rposition(|passage| passage.state == after).zip(history.entered(after)) {
                Some((index, entered)) => {
                    passages = passages.get(index..).unwrap_or_default();
                    // What came before it was entered anew, over whichever way, is of another stay.
                    if passages.first().is_some_and(|passed| passed.at < entered.at) {
                        let index = passages.partition_point(|passage| passage.at <= entered.at);
                        passages = passages.get(index..).unwrap_or_default();
                    }
                    baseline = None;
                }
                None => {
                    let gap = Gap::unknown(format!("the entry into `{after}`, from which on it counts,"), path);
                    return Outcome::gap(gap.expected(expected));
                }
            }
        }
        // The baseline stands in for the states that lie on every way to it.
        let vouched: &[String] = match (baseline, case.workflow()) {
            (Some(state), Some(workflow)) => workflow.states.get(state).map(|state| state.dominators.as_slice()).unwrap_or_default(),
            _ => &[],
        };
        let mut rest = passages.iter();
        let mut missing = Vec::new();
        for state in &self.passed {
            if vouched.contains(state) {
                continue;
            }
            // A missing state does not hide the ones after it.
            let ahead = rest.clone();
            if !rest.any(|passage| passage.state == state) {
                missing.push(format!("`{state}`"));
                rest = ahead;
            }
        }
        if missing.is_empty() {
            return Outcome::met_until(history.baseline.and(case.setting.baseline_until()));
        }
        let found: Vec<&str> = passages.iter().map(|passage| passage.state).collect();
        let found = if found.is_empty() { "no entry".to_owned() } else { found.join(", ") };
        let message = format!("the history does not show that the item went through {}", missing.join(", "));
        Outcome::gap(Gap::wrong(Code::StateNotPassed, message).at(path).expected(expected).found(found))
    }
}
