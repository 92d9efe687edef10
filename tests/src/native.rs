//! The core as a library, asked as the cases ask a component.

use std::collections::BTreeMap;

use handoff::conformance::{Got, Texts};
use handoff_core::{Facts, Policy};

/// The core, with the policies that it was given.
#[derive(Debug, Default)]
pub struct Native {
    policies: BTreeMap<String, Policy>,
}

impl Native {
    /// Does what a case asks.
    pub fn answer(&mut self, texts: &Texts) -> Got {
        if !self.policies.contains_key(&texts.policy) {
            match Policy::load(&texts.policy) {
                Ok(policy) => self.policies.insert(texts.policy.clone(), policy),
                Err(problems) => return Got::Problems(problems),
            };
        }
        let policy = &self.policies[&texts.policy];
        if texts.warnings {
            return Got::Warnings(policy.warnings().to_vec());
        }
        if let Some(old) = &texts.old {
            return match Policy::load(old) {
                Ok(old) => Got::Laxer(policy.laxer(&old)),
                Err(problems) => Got::Problems(problems),
            };
        }
        let Some(question) = &texts.question else { return Got::Nothing("nothing is asked".to_owned()) };
        let ask = |facts: &str| Facts::parse(facts).and_then(|facts| handoff_core::ask(policy, &facts, question));
        match (ask(&texts.facts), texts.other.as_deref().map(ask).transpose()) {
            (Ok(answer), Ok(other)) => Got::Answer(answer, other),
            (Err(problems), _) | (_, Err(problems)) => Got::Problems(problems),
        }
    }
}
