//! Conformance: cases that say what is asked and what has to be answered, put to any component (`tests/cases/README.md`).

mod candidate;
mod case;
mod change;
mod compare;
mod files;
#[path = "../source/part.rs"]
#[allow(dead_code, reason = "the command takes more of it")]
mod part;
mod shown;
#[path = "../source/yaml.rs"]
#[allow(dead_code, reason = "the command takes more of it")]
mod yaml;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use handoff_core::Problem;
use serde::Deserialize;
use serde_json::Value;

pub use candidate::Candidate;
pub use case::Case;
pub use shown::{shown, written};

use crate::{Component, REFERENCE_POLICY};

/// Cases, with the policies and facts that they name.
#[derive(Debug)]
pub struct Suite {
    cases: Vec<Case>,
    trees: Trees,
}

/// Policies and facts, by their names.
#[derive(Debug, Deserialize)]
struct Trees {
    policies: BTreeMap<String, Value>,
    facts: BTreeMap<String, Value>,
}

/// The texts that a case hands over.
#[derive(Clone, Debug)]
pub struct Texts {
    /// The policy.
    pub policy: String,
    /// The older policy.
    pub old: Option<String>,
    /// The facts.
    pub facts: String,
    /// The facts with every list the other way round; none where they are no tree.
    pub reversed: Option<String>,
    /// Other facts, for their digest.
    pub other: Option<String>,
    /// The question.
    pub question: Option<String>,
    /// Whether what is doubtful in the policy is asked for.
    pub warnings: bool,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// Problems of the policy, the facts or the question.
    Problems(Vec<Problem>),
    /// Warnings of a policy that loads.
    Warnings(Vec<Problem>),
    /// What became laxer.
    Laxer(Vec<Problem>),
    /// The answer, and that on the other facts.
    Answer(String, Option<String>),
    /// No answer, which is always wrong: why.
    Nothing(String),
}

/// What a case came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What had to come out.
    Agrees,
    /// Something else.
    Differs {
        /// Where it is not what had to come out.
        differences: Vec<String>,
        /// What came out.
        got: Got,
    },
    /// The component does not answer questions of this sort.
    NotOffered,
}

/// Questions that are younger than the world: a component may leave them out.
const LATER: [&str; 3] = ["audit", "plan", "review"];

/// The project's own cases, made into one tree by the build script.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/conformance.json"));

impl Suite {
    /// The project's own cases, which come with this library.
    ///
    /// # Errors
    /// What is wrong with them, which the project's tests rule out.
    pub fn embedded() -> Result<Self, Vec<String>> {
        Self::of(serde_json::from_str(EMBEDDED).map_err(|error| vec![error.to_string()])?)
    }

    /// The cases of a folder, with the policies and facts of the folders `policies` and `facts` beside it.
    ///
    /// # Errors
    /// What is wrong with each file that is no case.
    pub fn read(cases: &Path) -> Result<Self, Vec<String>> {
        Self::of(files::read(cases)?)
    }

    fn of(mut whole: Value) -> Result<Self, Vec<String>> {
        let cases = whole.get_mut("cases").map(Value::take);
        let trees: Trees = serde_json::from_value(whole).map_err(|error| vec![error.to_string()])?;
        let (mut read, mut faults) = (Vec::new(), Vec::new());
        for (name, tree) in cases.as_ref().and_then(Value::as_object).into_iter().flatten() {
            let case = Case::read(name.clone(), tree.clone()).and_then(|case| case.texts(&trees).map(|_| case));
            match case {
                Ok(case) => read.push(case),
                Err(fault) => faults.push(format!("{name}: {fault}")),
            }
        }
        if faults.is_empty() { Ok(Self { cases: read, trees }) } else { Err(faults) }
    }

    /// The cases, by name.
    #[must_use]
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The texts that one of the cases hands over.
    ///
    /// # Errors
    /// What can't be changed as the case says; none of a case of this suite.
    pub fn texts(&self, case: &Case) -> Result<Texts, String> {
        case.texts(&self.trees)
    }

    /// Puts every case to a component, on so many threads, and tells what each came to, in their order. `done` is called after each.
    #[must_use]
    pub fn run(&self, component: &Component, jobs: NonZeroUsize, done: &(dyn Fn() + Sync)) -> Vec<Outcome> {
        let part = |cases: &[Case]| {
            let mut candidate = Candidate::of(component.clone());
            let outcome = |case| {
                let outcome = self.outcome(&mut candidate, case);
                done();
                outcome
            };
            cases.iter().map(outcome).collect::<Vec<_>>()
        };
        let (part, share) = (&part, self.cases.len().div_ceil(jobs.get()).max(1));
        thread::scope(|scope| {
            let parts: Vec<_> = self.cases.chunks(share).map(|cases| scope.spawn(move || part(cases))).collect();
            // A thread that panicked takes this one with it.
            parts.into_iter().flat_map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        })
    }

    fn outcome(&self, candidate: &mut Candidate, case: &Case) -> Outcome {
        case.outcome(self.texts(case).map_or_else(Got::Nothing, |texts| candidate.answer(&texts)))
    }
}

impl Case {
    /// What the case came to.
    fn outcome(&self, got: Got) -> Outcome {
        let differences = self.differences(&got);
        match &got {
            _ if differences.is_empty() => Outcome::Agrees,
            Got::Problems(problems) if self.question().is_some_and(|sort| LATER.contains(&sort)) && is_unknown(problems) => {
                Outcome::NotOffered
            }
            _ => Outcome::Differs { differences, got },
        }
    }
}

/// Whether a question was refused because nobody knows questions of its sort.
fn is_unknown(problems: &[Problem]) -> bool {
    matches!(problems, [Problem { code, path, .. }] if code == "question-shape" && matches!(path.as_str(), "" | "/ask"))
}

impl Trees {
    fn policy(&self, name: &str) -> Result<Value, String> {
        match self.policies.get(name) {
            Some(tree) => Ok(tree.clone()),
            None if name == "reference" => serde_json::from_str(REFERENCE_POLICY).map_err(|error| error.to_string()),
            None => Err(format!("there is no policy `{name}` beside the cases")),
        }
    }

    fn facts(&self, name: &str) -> Result<Value, String> {
        self.facts.get(name).cloned().ok_or_else(|| format!("there are no facts `{name}` beside the cases"))
    }
}

/// The tree that a YAML document is, read as the command reads them.
///
/// # Errors
/// What is wrong, each with its place.
pub fn yaml(text: &str) -> Result<Value, Vec<String>> {
    files::tree(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn case(ask: &str) -> Case {
        let tree = json!({"title": "t", "policy": "reference", "ask": {"ask": ask}, "expect": {"problems": [{"code": "time-missing"}]}});
        Case::read("a/b".to_owned(), tree).expect("a case")
    }

    fn refused(code: &str, path: &str) -> Got {
        Got::Problems(vec![Problem::new(code, path, "no")])
    }

    #[test]
    fn what_may_be_left_out_is_told_apart_from_what_differs() {
        for sort in LATER {
            assert_eq!(case(sort).outcome(refused("time-missing", "/at")), Outcome::Agrees);
            for path in ["", "/ask"] {
                assert_eq!(case(sort).outcome(refused("question-shape", path)), Outcome::NotOffered, "{sort} {path}");
            }
            assert!(matches!(case(sort).outcome(refused("question-shape", "/person")), Outcome::Differs { .. }));
            assert!(matches!(case(sort).outcome(refused("facts-shape", "")), Outcome::Differs { .. }));
            assert!(matches!(case(sort).outcome(Got::Nothing("stopped".to_owned())), Outcome::Differs { .. }));
        }
        assert!(matches!(case("transition").outcome(refused("question-shape", "/ask")), Outcome::Differs { .. }));
    }

    #[test]
    fn every_row_stands_for_one() {
        let expect = |findings: Value| {
            let tree = json!({"title": "t", "policy": "reference", "ask": {}, "expect": {"decision": "deny", "findings": findings}});
            Case::read("a".to_owned(), tree).expect("a case")
        };
        let answer = |findings: Value| Got::Answer(json!({"decision": "deny", "findings": findings}).to_string(), None);
        let (a, b) = (json!({"code": "a", "item": "1"}), json!({"code": "a", "item": "2"}));
        let any = json!({"code": "a"});
        // The first wanted row fits both, and makes room for the second one.
        assert_eq!(expect(json!([any, a])).outcome(answer(json!([a, b]))), Outcome::Agrees);
        assert_eq!(expect(json!([a, any])).outcome(answer(json!([b, a]))), Outcome::Agrees);
        let differences = |findings: Value, got: Got| expect(findings).differences(&got).len();
        assert_eq!(differences(json!([any, a, a]), answer(json!([a, b]))), 1);
        assert_eq!(differences(json!([a, a]), answer(json!([a, b]))), 2);
        assert_eq!(differences(json!([]), answer(json!([a]))), 1);
        assert_eq!(differences(json!([]), answer(json!(null))), 1);
        assert_eq!(differences(json!([a]), answer(json!([7]))), 2);
        assert_eq!(differences(json!([]), Got::Answer("{".to_owned(), None)), 1);
        assert_eq!(differences(json!([]), Got::Answer("7".to_owned(), None)), 1);
    }
}
