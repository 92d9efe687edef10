//! The embedded component, as a host uses it.

use std::collections::BTreeMap;

use handoff::{Component, Error, Instance, Policy};

use crate::conformance::{Door, Got, Texts};

/// So many policies an instance is given before another one takes its place.
const POLICIES: usize = 50;

/// The embedded component with the policies that it was given.
#[derive(Debug)]
pub struct Embedded {
    instance: Instance,
    policies: BTreeMap<String, Policy>,
}

impl Embedded {
    /// Starts the component.
    ///
    /// # Panics
    /// Where it can't be started.
    #[must_use]
    pub fn start() -> Self {
        Self { instance: Component::embedded().unwrap().start().unwrap(), policies: BTreeMap::new() }
    }

    fn policy(&mut self, text: &str) -> Result<Policy, Error> {
        if let Some(policy) = self.policies.get(text) {
            return Ok(*policy);
        }
        if self.policies.len() >= POLICIES {
            *self = Self::start();
        }
        let policy = self.instance.load_policy(text)?;
        self.policies.insert(text.to_owned(), policy);
        Ok(policy)
    }

    fn ask(&mut self, policy: &Policy, facts: &str, question: &str) -> Result<String, Error> {
        let facts = self.instance.parse_facts(facts)?;
        let answer = self.instance.ask(policy, &facts, question);
        self.instance.release(facts)?;
        answer
    }

    fn try_answer(&mut self, texts: &Texts) -> Result<Got, Error> {
        let policy = self.policy(&texts.policy)?;
        if texts.warnings {
            return self.instance.warnings(&policy).map(Got::Warnings);
        }
        if let Some(old) = &texts.old {
            let old = self.instance.load_policy(old)?;
            return self.instance.laxer(&policy, &old).map(Got::Laxer);
        }
        let Some(question) = &texts.question else { return Ok(Got::Nothing("nothing is asked".to_owned())) };
        let answer = self.ask(&policy, &texts.facts, question)?;
        let other = texts.other.as_ref().map(|other| self.ask(&policy, other, question)).transpose()?;
        Ok(Got::Answer(answer, other))
    }
}

impl Door for Embedded {
    fn answer(&mut self, texts: &Texts) -> Got {
        match self.try_answer(texts) {
            Ok(got) => got,
            Err(Error::Policy(problems) | Error::Facts(problems) | Error::Question(problems)) => Got::Problems(problems),
            Err(error) => {
                *self = Self::start();
                Got::Nothing(format!("{error:?}"))
            }
        }
    }
}
