//! What an answer must be before it is passed on (rule D12): a component that contradicts itself is not believed.

use serde_json::{Map, Value};

use crate::error::Error;

/// Checks every decision in an answer, wherever in it they stand.
pub(crate) fn check(answer: &str) -> Result<(), Error> {
    let answer = serde_json::from_str(answer).map_err(|error| Error::Garbled(format!("the answer is not JSON: {error}")))?;
    decisions(&answer)
}

fn decisions(value: &Value) -> Result<(), Error> {
    match value {
        Value::Array(values) => values.iter().try_for_each(decisions),
        Value::Object(object) => {
            if let Some(verdict) = object.get("decision") {
                decision(object, verdict)?;
            }
            object.values().try_for_each(decisions)
        }
        _ => Ok(()),
    }
}

fn decision(decision: &Map<String, Value>, verdict: &Value) -> Result<(), Error> {
    let contradiction = |reason: String| Err(Error::Contradiction(reason));
    match verdict.as_str() {
        Some("deny") => return Ok(()),
        Some("allow") => {}
        _ => return Err(Error::Garbled(format!("`{verdict}` is no verdict"))),
    }
    if decision.get("permitted") != Some(&Value::Bool(true)) {
        return contradiction("it allows an actor that is not permitted".to_owned());
    }
    let list = |key: &str| decision.get(key).and_then(Value::as_array).map(Vec::as_slice);
    let Some(findings) = list("findings") else { return Err(Error::Garbled("a decision has no list of findings".to_owned())) };
    let waivers = list("waivers").unwrap_or_default();
    let by_exception = decision.get("by_exception") == Some(&Value::Bool(true));
    if waivers.is_empty() == by_exception {
        return contradiction(format!("it names {} exceptions and says `by_exception`: {by_exception}", waivers.len()));
    }
    let waived = |finding: &Value| {
        let same =
            |waiver: &&Value| ["requirement", "item"].iter().all(|key| finding.get(key).is_some() && finding.get(key) == waiver.get(key));
        waivers.iter().any(|waiver| same(&waiver))
    };
    let harmless = |finding: &Value| matches!(finding.get("severity").and_then(Value::as_str), Some("warn" | "audit"));
    match findings.iter().find(|finding| !harmless(finding) && !waived(finding)) {
        Some(finding) => {
            contradiction(format!("it allows what `{}` denies", finding.get("code").and_then(Value::as_str).unwrap_or("a finding")))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allow_must_bear_itself_out() {
        let finding = |severity| format!(r#"{{"code":"gate","severity":"{severity}","requirement":"wiped","item":"asset:1"}}"#);
        let answer = |verdict: &str, by_exception: bool, findings: &str, waivers: &str| {
            check(&format!(
                r#"{{"decision":"{verdict}","by_exception":{by_exception},"permitted":true,"findings":[{findings}],"waivers":[{waivers}]}}"#
            ))
        };
        let waiver = r#"{"requirement":"wiped","item":"asset:1"}"#;
        let other = r#"{"requirement":"wiped","item":"asset:2"}"#;
        assert_eq!(answer("deny", false, &finding("block"), ""), Ok(()));
        assert_eq!(answer("allow", false, "", ""), Ok(()));
        assert_eq!(answer("allow", false, &finding("warn"), ""), Ok(()));
        assert_eq!(answer("allow", true, &finding("block"), waiver), Ok(()));
        for (by_exception, findings, waivers) in [
            (false, finding("block"), ""),
            (false, finding("bloc"), ""),
            (false, finding("block"), waiver),
            (false, String::new(), waiver),
            (true, finding("block"), ""),
            (true, finding("block"), other),
        ] {
            assert!(
                matches!(answer("allow", by_exception, &findings, waivers), Err(Error::Contradiction(_))),
                "{by_exception} {findings} {waivers}"
            );
        }
        assert!(matches!(check(r#"{"options":[{"decision":"allow","findings":[]}]}"#), Err(Error::Contradiction(_))));
        assert!(matches!(answer("Allow", false, "", ""), Err(Error::Garbled(_))));
        assert!(matches!(check("{"), Err(Error::Garbled(_))));
    }
}
