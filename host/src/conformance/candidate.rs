//! A component that cases are put to.

use std::collections::BTreeMap;

use super::{Got, Texts};
use crate::{Component, Error, Instance, Policy};

/// So many policies an instance is given before another one takes its place.
const POLICIES: usize = 50;

/// A component that cases are put to, one by one. Whatever one of them does to an instance, the next one is answered.
#[derive(Debug)]
pub struct Candidate {
    component: Component,
    running: Option<Running>,
}

/// An instance with the policies that it was given.
#[derive(Debug)]
struct Running {
    instance: Instance,
    policies: BTreeMap<String, Policy>,
}

impl Candidate {
    /// One of a component, which is started when it is asked.
    #[must_use]
    pub fn of(component: Component) -> Self {
        Self { component, running: None }
    }

    /// Does what a case asks.
    pub fn answer(&mut self, texts: &Texts) -> Got {
        let kept = self.running.take().filter(|running| running.policies.len() < POLICIES);
        let started = || self.component.start().map(|instance| Running { instance, policies: BTreeMap::new() });
        let mut running = match kept.map_or_else(started, Ok) {
            Ok(running) => running,
            Err(error) => return Got::Nothing(error.to_string()),
        };
        match running.answer(texts) {
            Err(Error::Policy(problems) | Error::Facts(problems) | Error::Question(problems)) => {
                self.running = Some(running);
                Got::Problems(problems)
            }
            Err(error) => Got::Nothing(error.to_string()),
            Ok(got) => {
                self.running = Some(running);
                got
            }
        }
    }
}

impl Running {
    fn answer(&mut self, texts: &Texts) -> Result<Got, Error> {
        let policy = match self.policies.get(&texts.policy) {
            Some(policy) => *policy,
            None => {
                let policy = self.instance.load_policy(&texts.policy)?;
                self.policies.insert(texts.policy.clone(), policy);
                policy
            }
        };
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

    fn ask(&mut self, policy: &Policy, facts: &str, question: &str) -> Result<String, Error> {
        let facts = self.instance.parse_facts(facts)?;
        let answer = self.instance.ask(policy, &facts, question);
        self.instance.release(facts)?;
        answer
    }
}
