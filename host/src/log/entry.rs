//! What is noted of a question and its answer.

use handoff::core::ask::{AllowOrDeny, DecisionAnswer, DecisionsAnswer, NextAnswer, PolicyName, WaiverAnswer};
use handoff::core::{Item, Time};
use serde::{Deserialize, Serialize};

use crate::source::members::{Masks, compact};

/// One decision of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decided {
    pub item: Item,
    pub to: Option<String>,
    pub verdict: AllowOrDeny,
    pub by_exception: bool,
    /// The codes of its findings, in their order.
    pub findings: Vec<String>,
    pub waivers: Vec<WaiverAnswer>,
}

impl Decided {
    fn of(answer: DecisionAnswer) -> Self {
        let DecisionAnswer { decision, by_exception, item, to, findings, waivers, .. } = answer;
        let findings = findings.into_iter().map(|finding| finding.code).collect();
        Self { item, to, verdict: decision, by_exception, findings, waivers }
    }
}

/// The decisions that an answer holds, with their time and policy; none of an answer to another sort of question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Logged {
    pub decisions: Vec<Decided>,
    pub at: Option<Time>,
    pub policy: Option<PolicyName>,
}

/// Reads the decisions of an answer to `transition`, `closure`, `decide` or `next`.
pub(crate) fn decided(ask: &str, answer: &str) -> serde_json::Result<Logged> {
    let all = match ask {
        "transition" | "closure" => vec![serde_json::from_str(answer)?],
        "decide" => serde_json::from_str::<DecisionsAnswer>(answer)?.decisions,
        "next" => serde_json::from_str::<NextAnswer>(answer)?.items.into_iter().flat_map(|item| item.options).collect(),
        _ => Vec::new(),
    };
    let first = all.first();
    let (at, policy) = (first.map(|answer: &DecisionAnswer| answer.at), first.map(|answer| answer.policy.clone()));
    Ok(Logged { decisions: all.into_iter().map(Decided::of).collect(), at, policy })
}

/// What a line says, but for its place in the log.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Entry<'a> {
    /// What asked: `serve`, or the command.
    pub by: &'a str,
    /// The request, of a server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<&'a str>,
    /// The name of the token, of a server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<&'a str>,
    pub ask: &'a str,
    pub at: Option<Time>,
    pub decisions: &'a [Decided],
    pub policy: Option<&'a PolicyName>,
    /// The SHA-256 of the component.
    pub component: &'a str,
    /// The SHA-256 of the facts in canonical form (rule D11).
    pub facts_digest: &'a str,
    /// Whether something of the facts is masked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
}

impl Entry<'_> {
    /// The members of the line, with the question, and with the facts where they are kept. Both are JSON texts.
    pub fn text(&self, question: &str, facts: Option<(&str, &Masks)>) -> serde_json::Result<String> {
        let mut text = serde_json::to_string(self)?;
        // The braces: place and hash come around it.
        text.pop();
        text.remove(0);
        let mut add = |key: &str, value: Option<String>| {
            text.push_str(&format!(",\"{key}\":{}", value.as_deref().unwrap_or("null")));
        };
        add("question", compact(question, &Masks::default()));
        if let Some((facts, masks)) = facts {
            add("facts", compact(facts, masks));
        }
        Ok(text)
    }
}
