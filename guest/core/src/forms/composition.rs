//! `any` and `all`: requirements joined (rule R7).

use serde::Deserialize;

use super::Clauses;
use crate::case::Case;
use crate::code::Code;
use crate::outcome::{Gap, Judged, Outcome};
use crate::policy::names::Names;

/// `all` as authors write it: every one has to be met, and each is reported by itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct All {
    pub all: Clauses,
}

/// `any` as authors write it: one has to be met.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Any {
    pub any: Clauses,
}

fn some(clauses: &Clauses, names: &mut Names, path: &str) {
    if clauses.uses.is_empty() {
        names.problem("list-empty", path, "no requirement is listed", "list at least one");
    }
}

impl All {
    pub fn check(&self, names: &mut Names, path: &str) {
        some(&self.all, names, &format!("{path}/all"));
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let mut outcome = Outcome::met();
        outcome.nested.extend(self.all.indices.iter().filter_map(|index| case.judge(*index)));
        outcome
    }
}

impl Any {
    pub fn check(&self, names: &mut Names, path: &str) {
        some(&self.any, names, &format!("{path}/any"));
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        // An alternative that does not apply is none, and one of which that is unknown can't be the one that is met (rule R11).
        let alternatives: Vec<_> = self.any.indices.iter().filter_map(|index| case.judge(*index)).collect();
        let applies = |judged: &Judged<'_>| judged.requirement.when.as_ref().is_none_or(|when| when.evaluate(case).unwrap_or(false));
        let met = alternatives.iter().filter(|judged| judged.outcome.is_met() && applies(judged)).map(|judged| &judged.outcome);
        // It holds as long as the longest-lived alternative.
        if let Some(until) = met.clone().map(end).reduce(|a, b| a.zip(b).map(|(a, b)| a.max(b))) {
            let written_off = met.flat_map(written_off).cloned().collect();
            return Outcome { until, written_off, ..Outcome::met() };
        }
        let told = |outcome: &Outcome<'_>| {
            if outcome.is_met() { "whether it applies is not recorded".to_owned() } else { told(outcome).join("; ") }
        };
        let names: Vec<String> = alternatives
            .iter()
            .map(|judged| {
                judged
                    .requirement
                    .name
                    .clone()
                    .or_else(|| judged.requirement.terms.title.clone())
                    .unwrap_or_else(|| judged.requirement.form.key().to_owned())
            })
            .collect();
        let found: Vec<String> =
            alternatives.iter().zip(&names).map(|(judged, name)| format!("{name}: {}", told(&judged.outcome))).collect();
        let mut gap =
            Gap::wrong(Code::NoAlternativeMet, "none of the alternatives is met").expected(names.join(" or ")).found(found.join(" / "));
        gap.unknown = alternatives.iter().any(|judged| judged.outcome.is_met() || is_unknown(&judged.outcome));
        Outcome::gap(gap)
    }
}

fn end(outcome: &Outcome<'_>) -> Option<crate::time::Time> {
    outcome.nested.iter().fold(outcome.until, |until, judged| crate::outcome::earlier(until, end(&judged.outcome)))
}

fn written_off<'o>(outcome: &'o Outcome<'_>) -> Vec<&'o String> {
    outcome.written_off.iter().chain(outcome.nested.iter().flat_map(|judged| written_off(&judged.outcome))).collect()
}

fn told(outcome: &Outcome<'_>) -> Vec<String> {
    let mut all: Vec<String> = outcome.gaps.iter().map(|gap| gap.message.clone()).collect();
    all.extend(outcome.nested.iter().flat_map(|judged| told(&judged.outcome)));
    all
}

fn is_unknown(outcome: &Outcome<'_>) -> bool {
    outcome.gaps.iter().any(|gap| gap.unknown) || outcome.nested.iter().any(|judged| is_unknown(&judged.outcome))
}
