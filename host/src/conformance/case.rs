//! One case: what is asked, and what has to be answered.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::change::{change, reverse};
use super::{Texts, Trees};

pub(super) type Keys = Map<String, Value>;

/// One case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Where it stands, below the folder of cases.
    #[serde(skip)]
    pub name: String,
    /// What it shows, in one sentence.
    pub title: String,
    /// The rules that it shows, of `docs/semantics.md`.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Which outcome of a requirement form it shows: `FORM/met`, `FORM/unmet` or `FORM/unknown`.
    pub form: Option<String>,
    /// Which outcomes of finding codes it shows: `CODE/met`, `CODE/unmet` or `CODE/unknown`.
    #[serde(default)]
    pub codes: Vec<String>,
    /// The policy: a name in the folder of policies, or `reference`.
    policy: Option<String>,
    /// Values to set in the policy, by JSON pointer.
    #[serde(default)]
    policy_change: Keys,
    /// Values to take out of the policy.
    #[serde(default)]
    policy_remove: Vec<String>,
    /// The policy as text, where it is none that could be written as a tree.
    policy_text: Option<String>,
    /// So many spaces behind the policy's text.
    #[serde(default)]
    policy_padding: usize,
    /// An older policy, against which the first one is compared.
    policy_old: Option<String>,
    /// Values to set in the older policy.
    #[serde(default)]
    policy_old_change: Keys,
    /// The facts: a name in the folder of facts; without it, an empty object.
    facts: Option<String>,
    /// Values to set in the facts.
    #[serde(default)]
    facts_change: Keys,
    /// Values to take out of the facts.
    #[serde(default)]
    facts_remove: Vec<String>,
    /// The facts as text.
    facts_text: Option<String>,
    /// Values to set in the other facts, whose digest is compared.
    #[serde(default)]
    other_change: Keys,
    /// Values to take out of the other facts.
    #[serde(default)]
    other_remove: Vec<String>,
    /// Whether every list of the other facts runs the other way.
    #[serde(default)]
    other_reversed: bool,
    /// The question: a tree, or a text where it is none.
    ask: Option<Value>,
    /// What has to come out: exactly what is named is compared.
    pub expect: Map<String, Value>,
}

pub(super) const DECISION: [&str; 15] = [
    "decision",
    "by_exception",
    "item",
    "to",
    "at",
    "ready",
    "permitted",
    "findings",
    "waivers",
    "accountable",
    "inform",
    "next",
    "written_off",
    "valid_until",
    "record_version",
];
const FINDING: [&str; 13] = [
    "code",
    "severity",
    "follow_up",
    "requirement",
    "item",
    "path",
    "expected",
    "found",
    "message",
    "remedy",
    "responsible",
    "accountable",
    "sop",
];
const WAIVER: [&str; 5] = ["requirement", "item", "exception", "approved_by", "expires"];
const PROBLEM: [&str; 6] = ["path", "position", "code", "warning", "message", "help"];
const AUDIT: [&str; 2] = ["findings", "summary"];
const OTHERS: [&str; 8] = ["problems", "warnings", "laxer", "options", "decisions", "plan", "review", "digest"];
const PLAN: [&str; 9] = ["person", "direction", "profile", "previous_profile", "day", "ticket", "items", "tasks", "findings"];
const REVIEW: [&str; 8] = ["person", "direction", "profile", "day", "ticket", "closable", "tasks", "findings"];
/// What a review tells of a finding beside it.
const ENDED: [&str; 3] = ["task", "department", "due"];

impl Case {
    /// A case as it is written, or what is wrong with it.
    pub(super) fn read(name: String, tree: Value) -> Result<Self, String> {
        let case: Self = serde_json::from_value(tree).map_err(|error| error.to_string())?;
        case.fault().map_or(Ok(Self { name, ..case }), Err)
    }

    /// What is wrong with the case itself.
    fn fault(&self) -> Option<String> {
        let unknown =
            |keys: &Keys, known: &[&str]| keys.keys().find(|key| !known.contains(&key.as_str())).map(|key| format!("unknown key `{key}`"));
        let rows = |rows: Option<&Value>, known: &[&str], key: &str| {
            let Some(rows) = rows?.as_array() else { return Some(format!("`{key}` is no list")) };
            rows.iter().find_map(|row| match row.as_object() {
                None => Some(format!("an entry of `{key}` is no object")),
                Some(row) if known.contains(&"code") && !row.contains_key("code") => Some(format!("an entry of `{key}` names no code")),
                Some(row) => unknown(row, known),
            })
        };
        let decision = |keys: &Keys| {
            unknown(keys, &DECISION)
                .or_else(|| rows(keys.get("findings"), &FINDING, "findings"))
                .or_else(|| rows(keys.get("waivers"), &WAIVER, "waivers"))
                .or_else(|| match keys.get("decision").and_then(Value::as_str) {
                    Some("allow") => None,
                    Some("deny") if keys.contains_key("findings") => None,
                    Some("deny") => Some("a deny names its findings".to_owned()),
                    _ => Some("`decision` is allow or deny".to_owned()),
                })
        };
        if self.title.is_empty() || self.title.ends_with('.') {
            return Some("the title is one sentence without a full stop".to_owned());
        }
        if let Some(form) = &self.form {
            match form.split_once('/') {
                Some((form, "met" | "unmet" | "unknown")) if handoff_core::FORMS.contains(&form) => {}
                _ => return Some(format!("`{form}` is no form with met, unmet or unknown")),
            }
        }
        let named = self.named();
        for outcome in &self.codes {
            let is_so = outcome.split_once('/').is_some_and(|(code, outcome)| match outcome {
                "met" => !named.iter().any(|named| named == code),
                "unmet" => named.iter().any(|named| named == code),
                outcome => outcome == "unknown",
            });
            if !is_so {
                return Some(format!("it does not show `{outcome}`: met, unmet or unknown"));
            }
        }
        if self.is_audit() {
            let told: Vec<&str> = FINDING.iter().copied().chain(["stay"]).collect();
            return unknown(&self.expect, &AUDIT).or_else(|| match self.expect.get("findings") {
                None => Some("an audit names its findings".to_owned()),
                findings => rows(findings, &told, "findings"),
            });
        }
        let Some(other) = OTHERS.iter().find(|key| self.expect.contains_key(**key)) else { return decision(&self.expect) };
        if self.expect.len() > 1 {
            return Some(format!("beside `{other}` nothing else can be expected"));
        }
        match (*other, self.expect.get(*other).unwrap_or(&Value::Null)) {
            ("options", Value::Object(options)) => options.values().find_map(|option| option.as_object().and_then(decision)),
            ("decisions", Value::Array(decisions)) => {
                decisions.iter().find_map(|one| one.as_object().map_or(Some("a decision is an object".to_owned()), decision))
            }
            ("plan", Value::Object(plan)) => unknown(plan, &PLAN).or_else(|| {
                let findings = plan.get("findings");
                if findings.is_none() { Some("a plan names its findings".to_owned()) } else { rows(findings, &FINDING, "findings") }
            }),
            ("review", Value::Object(review)) => unknown(review, &REVIEW).or_else(|| {
                let findings = review.get("findings");
                let known: Vec<&str> = FINDING.into_iter().chain(ENDED).collect();
                if findings.is_none() { Some("a review names its findings".to_owned()) } else { rows(findings, &known, "findings") }
            }),
            ("digest", Value::String(word)) if word == "same" || word == "other" => None,
            ("problems" | "warnings" | "laxer", list) => rows(Some(list), &PROBLEM, other),
            _ => Some(format!("`{other}` is of another shape")),
        }
    }

    /// What sort of question is asked, where it is one.
    #[must_use]
    pub fn question(&self) -> Option<&str> {
        self.ask.as_ref()?.get("ask")?.as_str()
    }

    /// Whether the whole register is asked about, and an answer comes.
    pub(super) fn is_audit(&self) -> bool {
        self.question() == Some("audit") && !self.expect.contains_key("problems")
    }

    /// Every code that the expectation names.
    #[must_use]
    pub fn named(&self) -> Vec<String> {
        fn walk(value: &Value, codes: &mut Vec<String>) {
            match value {
                Value::Array(all) => all.iter().for_each(|one| walk(one, codes)),
                Value::Object(keys) => {
                    codes.extend(keys.get("code").and_then(Value::as_str).map(str::to_owned));
                    keys.values().for_each(|one| walk(one, codes));
                }
                _ => {}
            }
        }
        let mut codes = Vec::new();
        walk(&Value::Object(self.expect.clone()), &mut codes);
        codes
    }

    /// The texts that are handed over.
    ///
    /// # Errors
    /// What can't be changed as the case says.
    pub(super) fn texts(&self, trees: &Trees) -> Result<Texts, String> {
        let changed = |tree: Result<Value, String>, set, remove: &[String]| {
            let mut tree = tree?;
            change(&mut tree, set, remove).map(|()| tree)
        };
        let policy = match (&self.policy_text, &self.policy) {
            (Some(text), None) => text.clone(),
            (None, Some(name)) => changed(trees.policy(name), &self.policy_change, &self.policy_remove)?.to_string(),
            _ => return Err("it names a policy, or writes its text".to_owned()),
        };
        let old = self.policy_old.as_ref().map(|name| changed(trees.policy(name), &self.policy_old_change, &[])).transpose()?;
        let facts = self.facts.as_ref().map_or(Ok(json!({})), |name| trees.facts(name));
        let facts = changed(facts, &self.facts_change, &self.facts_remove)?;
        let mut reversed = facts.clone();
        reverse(&mut reversed);
        let has_other = self.other_reversed || !self.other_change.is_empty() || !self.other_remove.is_empty();
        let other = if self.other_reversed { &reversed } else { &facts };
        let other = has_other.then(|| changed(Ok(other.clone()), &self.other_change, &self.other_remove)).transpose()?;
        Ok(Texts {
            policy: policy + &" ".repeat(self.policy_padding),
            old: old.map(|tree| tree.to_string()),
            facts: self.facts_text.clone().unwrap_or_else(|| facts.to_string()),
            reversed: self.facts_text.is_none().then(|| reversed.to_string()),
            other: other.map(|tree| tree.to_string()),
            question: self.ask.as_ref().map(|ask| ask.as_str().map_or_else(|| ask.to_string(), str::to_owned)),
            warnings: self.expect.contains_key("warnings"),
        })
    }
}
