//! Conformance cases: data that says what is asked and what has to be answered, one file each (`tests/cases/README.md`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use handoff_core::{Facts, Policy, Problem};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{root, yaml};

type Keys = Map<String, Value>;

/// One case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Where it stands, below `tests/cases`.
    #[serde(skip)]
    pub name: String,
    /// What it shows, in one sentence.
    pub title: String,
    /// The rules that it shows.
    pub rules: Vec<String>,
    /// Which outcome of a requirement form it shows: `FORM/met`, `FORM/unmet` or `FORM/unknown`.
    pub form: Option<String>,
    /// Which outcomes of finding codes it shows: `CODE/met`, `CODE/unmet` or `CODE/unknown`.
    #[serde(default)]
    pub codes: Vec<String>,
    /// The policy: a name in `tests/policies`, or `reference`.
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
    /// The facts: a name in `tests/facts`; without it, an empty object.
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
    pub expect: Keys,
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
    /// No answer, which is always wrong.
    Nothing(String),
}

/// Something that answers: the native core, or a component.
pub trait Door {
    /// Does what a case asks.
    fn answer(&mut self, texts: &Texts) -> Got;
}

/// The core as a library.
#[derive(Debug, Default)]
pub struct Native {
    policies: BTreeMap<String, Policy>,
}

impl Door for Native {
    fn answer(&mut self, texts: &Texts) -> Got {
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

/// All cases, or those whose path holds what `CASES` says, by path.
///
/// # Panics
/// Where a file is no case: all such files are told.
#[must_use]
pub fn cases() -> Vec<Case> {
    let base = root().join("tests/cases");
    let mut files = Vec::new();
    collect(&base, &mut files);
    files.sort();
    let mut faults = Vec::new();
    let mut cases = Vec::new();
    for file in files {
        let name = file.strip_prefix(&format!("{}/", base.display())).unwrap_or(&file).to_owned();
        let text = fs::read_to_string(&file).unwrap();
        match yaml::read(&text).and_then(|tree| serde_json::from_value::<Case>(tree).map_err(|error| error.to_string())) {
            Ok(case) => match case.fault() {
                Some(fault) => faults.push(format!("{name}: {fault}")),
                None => cases.push(Case { name, ..case }),
            },
            Err(error) => faults.push(format!("{name}: {error}")),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    cases
}

/// Whether `CASES` leaves a case in.
#[must_use]
pub fn is_chosen(case: &Case) -> bool {
    std::env::var("CASES").map_or(true, |part| case.name.contains(&part))
}

fn collect(folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path.display().to_string());
        }
    }
}

const DECISION: [&str; 15] = [
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
        if self.rules.is_empty() {
            return Some("it cites no rule".to_owned());
        }
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
        match (*other, &self.expect[*other]) {
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

    /// Whether the whole register is asked about, and an answer comes.
    fn is_audit(&self) -> bool {
        let asks = self.ask.as_ref().is_some_and(|ask| ask["ask"] == "audit");
        asks && !self.expect.contains_key("problems")
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
    pub fn texts(&self) -> Result<Texts, String> {
        let policy = match (&self.policy_text, &self.policy) {
            (Some(text), None) => text.clone(),
            (None, Some(name)) => {
                let mut tree = policy(name)?;
                change(&mut tree, &self.policy_change, &self.policy_remove)?;
                tree.to_string()
            }
            _ => return Err("it names a policy, or writes its text".to_owned()),
        };
        let old = match &self.policy_old {
            None => None,
            Some(name) => {
                let mut tree = self::policy(name)?;
                change(&mut tree, &self.policy_old_change, &[])?;
                Some(tree.to_string())
            }
        };
        let mut tree = match &self.facts {
            None => json!({}),
            Some(name) => file(&format!("tests/facts/{name}.yaml"))?,
        };
        change(&mut tree, &self.facts_change, &self.facts_remove)?;
        let facts = self.facts_text.clone().unwrap_or_else(|| tree.to_string());
        let mut reversed = tree.clone();
        reverse(&mut reversed);
        let has_other = self.other_reversed || !self.other_change.is_empty() || !self.other_remove.is_empty();
        if self.other_reversed {
            tree.clone_from(&reversed);
        }
        change(&mut tree, &self.other_change, &self.other_remove)?;
        Ok(Texts {
            policy: policy + &" ".repeat(self.policy_padding),
            old,
            facts,
            reversed: self.facts_text.is_none().then(|| reversed.to_string()),
            other: has_other.then(|| tree.to_string()),
            question: self.ask.as_ref().map(|ask| ask.as_str().map_or_else(|| ask.to_string(), str::to_owned)),
            warnings: self.expect.contains_key("warnings"),
        })
    }

    /// Where what came out is not what has to; nothing where it is.
    #[must_use]
    pub fn differences(&self, got: &Got) -> Vec<String> {
        let mut faults = Vec::new();
        let wanted = |key: &str| self.expect.get(key);
        match got {
            Got::Problems(problems) => match wanted("problems") {
                Some(list) => rows("problems", list, &json!(problems), &mut faults),
                None => faults.push("it was refused".to_owned()),
            },
            Got::Warnings(warnings) => match wanted("warnings") {
                Some(list) => rows("warnings", list, &json!(warnings), &mut faults),
                None => faults.push("no warnings were meant".to_owned()),
            },
            Got::Laxer(laxer) => match wanted("laxer") {
                Some(list) => rows("laxer", list, &json!(laxer), &mut faults),
                None => faults.push("no comparison was meant".to_owned()),
            },
            Got::Answer(answer, other) => self.answer(answer, other.as_deref(), &mut faults),
            Got::Nothing(why) => faults.push(why.clone()),
        }
        faults
    }

    fn answer(&self, answer: &str, other: Option<&str>, faults: &mut Vec<String>) {
        let tree: Value = serde_json::from_str(answer).unwrap();
        if let Some(word) = self.expect.get("digest") {
            let other: Value = other.map_or(Value::Null, |other| serde_json::from_str(other).unwrap());
            if tree["facts"].is_null() || other["facts"].is_null() || (tree["facts"] == other["facts"]) != (*word == "same") {
                faults.push(format!("the digests are {} and {}", tree["facts"], other["facts"]));
            }
        } else if let Some(Value::Object(options)) = self.expect.get("options") {
            let Some([item]) = tree["items"].as_array().map(Vec::as_slice) else { return faults.push("one item was meant".to_owned()) };
            let got: BTreeMap<&str, &Value> =
                item["options"].as_array().unwrap().iter().map(|option| (option["to"].as_str().unwrap(), option)).collect();
            if !got.keys().copied().eq(options.keys().map(String::as_str)) {
                faults.push(format!("the options are {}", got.keys().copied().collect::<Vec<_>>().join(", ")));
            }
            for (to, option) in options {
                let Some(got) = got.get(to.as_str()) else { continue };
                match option.as_object() {
                    Some(keys) => decision(&format!("{to}: "), keys, got, faults),
                    None if got["decision"] == *option => {}
                    None => faults.push(format!("{to} is {}", got["decision"])),
                }
            }
        } else if let Some(Value::Array(decisions)) = self.expect.get("decisions") {
            let got = tree["decisions"].as_array().cloned().unwrap_or_default();
            if got.len() != decisions.len() {
                faults.push(format!("{} decisions came", got.len()));
            }
            for (index, (wanted, got)) in decisions.iter().zip(&got).enumerate() {
                decision(&format!("{index}: "), wanted.as_object().unwrap(), got, faults);
            }
        } else if let Some(Value::Object(plan)) = self.expect.get("plan") {
            parts(plan, &tree["plan"], faults);
        } else if let Some(Value::Object(review)) = self.expect.get("review") {
            parts(review, &flat(&tree["review"]), faults);
        } else if self.is_audit() {
            let told: Vec<Value> = tree["findings"].as_array().unwrap().iter().map(told).collect();
            rows("findings", &self.expect["findings"], &json!(told), faults);
            for (key, wanted) in self.expect.get("summary").and_then(Value::as_object).into_iter().flatten() {
                match (wanted, &tree["summary"][key]) {
                    (Value::Array(_), got @ Value::Array(_)) => rows(key, wanted, got, faults),
                    (wanted, got) if fits(wanted, got) => {}
                    (wanted, got) => faults.push(format!("{key} is {got}, not {wanted}")),
                }
            }
        } else if tree["decision"].is_string() {
            decision("", &self.expect, &tree, faults);
        } else {
            faults.push("no decision came".to_owned());
        }
    }
}

/// Compares a plan or a review: of a list every row, of an object what is named.
fn parts(wanted: &Keys, got: &Value, faults: &mut Vec<String>) {
    for (key, wanted) in wanted {
        match (wanted, &got[key]) {
            (Value::Array(_), Value::Array(_)) => rows(key, wanted, &got[key], faults),
            (Value::Object(wanted), Value::Object(_)) => {
                for (name, wanted) in wanted {
                    match (wanted, &got[key][name]) {
                        (Value::Array(list), Value::Array(_)) if list.iter().all(Value::is_object) => {
                            rows(&format!("{key}: {name}"), wanted, &got[key][name], faults);
                        }
                        (wanted, got) if wanted == got => {}
                        (wanted, got) => faults.push(format!("{key}: {name} is {got}, not {wanted}")),
                    }
                }
            }
            (wanted, got) if wanted == got => {}
            (wanted, got) => faults.push(format!("{key} is {got}, not {wanted}")),
        }
    }
}

/// A review with the keys of each finding beside what is told of it.
fn flat(review: &Value) -> Value {
    let mut review = review.clone();
    for row in review["findings"].as_array_mut().into_iter().flatten() {
        let mut finding = row["finding"].take();
        if let (Some(all), Some(beside)) = (finding.as_object_mut(), row.as_object()) {
            all.extend(beside.iter().filter(|(key, _)| *key != "finding").map(|(key, value)| (key.clone(), value.clone())));
        }
        *row = finding;
    }
    review
}

fn decision(at: &str, wanted: &Keys, got: &Value, faults: &mut Vec<String>) {
    for (key, value) in wanted {
        match key.as_str() {
            "findings" | "waivers" => rows(&format!("{at}{key}"), value, &got[key], faults),
            _ if got[key] == *value => {}
            _ => faults.push(format!("{at}{key} is {}, not {value}", got[key])),
        }
    }
}

/// What an audit found of one thing, in one: the finding, and how long the item has stayed.
fn told(found: &Value) -> Value {
    let mut told = found["finding"].clone();
    told["stay"] = found["stay"].clone();
    told
}

/// Whether a value is the wanted one; of an object, on the keys that are named.
fn fits(wanted: &Value, got: &Value) -> bool {
    match wanted.as_object() {
        Some(keys) => keys.iter().all(|(key, value)| fits(value, got.get(key).unwrap_or(&Value::Null))),
        None => wanted == got,
    }
}

/// Compares a list of rows, in any order: every wanted row stands for one row that came, and none is left.
fn rows(at: &str, wanted: &Value, got: &Value, faults: &mut Vec<String>) {
    let (wanted, got) = (wanted.as_array().unwrap(), got.as_array().unwrap());
    // Who stands for whom: each wanted row may move the earlier ones on to others.
    let mut taken: Vec<Option<usize>> = vec![None; got.len()];
    fn place(one: usize, fits: &dyn Fn(usize, usize) -> bool, taken: &mut Vec<Option<usize>>, seen: &mut Vec<bool>) -> bool {
        for row in 0..taken.len() {
            if fits(one, row) && !seen[row] {
                seen[row] = true;
                if taken[row].is_none_or(|other| place(other, fits, taken, seen)) {
                    taken[row] = Some(one);
                    return true;
                }
            }
        }
        false
    }
    let fits = |one: usize, row: usize| fits(&wanted[one], &got[row]);
    for (one, row) in wanted.iter().enumerate() {
        if !place(one, &fits, &mut taken, &mut vec![false; got.len()]) {
            faults.push(format!("{at}: missing {row}"));
        }
    }
    for (row, _) in got.iter().zip(&taken).filter(|(_, taken)| taken.is_none()) {
        faults.push(format!("{at}: unexpected {} {}", row["code"], row.get("requirement").unwrap_or(&Value::Null)));
    }
}

/// What came out, ready to be pasted into a case.
#[must_use]
pub fn shown(got: &Got) -> String {
    let list = |key: &str, problems: &[Problem]| {
        let rows = problems.iter().map(|problem| json!({"code": problem.code, "path": problem.path}));
        let told: String = problems.iter().map(|problem| format!("\n    # {}", problem.message)).collect();
        format!("{}{told}", shown_list(key, rows, "  "))
    };
    match got {
        Got::Problems(problems) => list("problems", problems),
        Got::Warnings(problems) => list("warnings", problems),
        Got::Laxer(problems) => list("laxer", problems),
        Got::Nothing(why) => why.clone(),
        Got::Answer(answer, _) => {
            let tree: Value = serde_json::from_str(answer).unwrap();
            if let Some(items) = tree["items"].as_array() {
                items
                    .iter()
                    .flat_map(|item| item["options"].as_array().unwrap())
                    .map(|option| format!("  {}:\n{}\n", option["to"], shown_decision(option, "    ")))
                    .collect()
            } else if let Some(decisions) = tree["decisions"].as_array() {
                decisions.iter().map(|decision| format!("  -\n{}\n", shown_decision(decision, "    "))).collect()
            } else if let Some(plan) = tree["plan"].as_object().or(flat(&tree["review"]).as_object()) {
                let line = |(key, value): (&String, &Value)| match value.as_array() {
                    Some(rows) => shown_list(key, rows.iter().cloned(), "    "),
                    None => format!("    {key}: {value}"),
                };
                plan.iter().map(line).collect::<Vec<_>>().join("\n")
            } else if let Some(found) = tree["findings"].as_array().filter(|_| tree["summary"].is_object()) {
                let findings = found.iter().map(|found| Value::Object(short(&told(found), &["stay"])));
                let summary = tree["summary"].as_object().unwrap().iter().map(|(key, value)| format!("\n    {key}: {value}"));
                format!("{}\n  summary:{}", shown_list("findings", findings, "  "), summary.collect::<String>())
            } else {
                shown_decision(&tree, "  ")
            }
        }
    }
}

fn shown_decision(tree: &Value, indent: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{indent}decision: {}", tree["decision"].as_str().unwrap_or_default());
    for key in DECISION {
        let value = &tree[key];
        let is_default = value.is_null() || *value == json!([]) || *value == json!(false) && key == "by_exception";
        match key {
            "decision" | "item" | "at" | "to" => {}
            "findings" => {
                text.push_str(&shown_list(key, value.as_array().unwrap().iter().map(|row| Value::Object(short(row, &[]))), indent));
                text.push('\n');
            }
            "waivers" if !is_default => {
                text.push_str(&shown_list(key, value.as_array().unwrap().iter().cloned(), indent));
                text.push('\n');
            }
            _ if is_default => {}
            _ => {
                let _ = writeln!(text, "{indent}{key}: {value}");
            }
        }
    }
    text.trim_end().to_owned()
}

/// Of a finding what tells it from others, and more keys.
fn short(row: &Value, more: &[&str]) -> Keys {
    let keys = ["code", "severity", "requirement", "item", "path", "expected", "found", "sop"];
    let there = keys.iter().chain(more).filter(|key| !row[**key].is_null());
    there.map(|key| ((*key).to_owned(), row[*key].clone())).collect()
}

fn shown_list(key: &str, rows: impl Iterator<Item = Value>, indent: &str) -> String {
    let lines: Vec<String> = rows
        .map(|row| {
            let pairs: Vec<String> = row.as_object().unwrap().iter().map(|(key, value)| format!("{key}: {value}")).collect();
            format!("\n{indent}  - {{{}}}", pairs.join(", "))
        })
        .collect();
    if lines.is_empty() { format!("{indent}{key}: []") } else { format!("{indent}{key}:{}", lines.concat()) }
}

fn policy(name: &str) -> Result<Value, String> {
    if name == "reference" { file("examples/reference-policy/policy.yaml") } else { file(&format!("tests/policies/{name}.yaml")) }
}

fn file(path: &str) -> Result<Value, String> {
    let text = fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
    yaml::read(&text).map_err(|error| format!("{path}: {error}"))
}

fn change(tree: &mut Value, set: &Keys, remove: &[String]) -> Result<(), String> {
    for path in remove {
        let (parent, key) = path.rsplit_once('/').ok_or_else(|| format!("`{path}` is no pointer"))?;
        let gone = match walk(tree, parent, false)? {
            Value::Object(keys) => keys.remove(&unescaped(key)).is_some(),
            Value::Array(rows) => position(rows, &unescaped(key)).map(|index| rows.remove(index)).is_some(),
            _ => false,
        };
        if !gone {
            return Err(format!("nothing stands at `{path}`"));
        }
    }
    for (path, value) in set {
        let (parent, key) = path.rsplit_once('/').ok_or_else(|| format!("`{path}` is no pointer"))?;
        let key = unescaped(key);
        match walk(tree, parent, true)? {
            Value::Object(keys) => {
                keys.insert(key, value.clone());
            }
            Value::Array(rows) if key == "-" => rows.push(value.clone()),
            Value::Array(rows) => match position(rows, &key) {
                Some(index) => rows[index] = value.clone(),
                // The next place, or the row's own id, adds it.
                None if key.parse() == Ok(rows.len()) || value["id"] == key => rows.push(value.clone()),
                None => return Err(format!("nothing stands at `{path}`; `-` adds a row")),
            },
            _ => return Err(format!("nothing can stand at `{path}`")),
        }
    }
    Ok(())
}

/// The value at a pointer; rows are named by what they are called, or by their place. Objects that are missing are made.
fn walk<'a>(tree: &'a mut Value, path: &str, make: bool) -> Result<&'a mut Value, String> {
    let mut at = tree;
    for key in path.split('/').skip(1).map(unescaped) {
        at = match at {
            Value::Object(keys) => {
                if make && !keys.contains_key(&key) {
                    keys.insert(key.clone(), json!({}));
                }
                keys.get_mut(&key).ok_or_else(|| format!("nothing stands at `{path}`"))?
            }
            Value::Array(rows) => {
                position(rows, &key).and_then(|index| rows.get_mut(index)).ok_or_else(|| format!("nothing stands at `{path}`"))?
            }
            _ => return Err(format!("nothing stands at `{path}`")),
        };
    }
    Ok(at)
}

fn position(rows: &[Value], key: &str) -> Option<usize> {
    let called = |name: &str| rows.iter().position(|row| row[name] == key);
    let plain = || rows.iter().position(|row| row == key);
    let place = || key.parse().ok().filter(|index| *index < rows.len());
    called("id").or_else(|| called("asset")).or_else(plain).or_else(place)
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}

fn reverse(tree: &mut Value) {
    match tree {
        Value::Array(rows) => {
            rows.reverse();
            rows.iter_mut().for_each(reverse);
        }
        Value::Object(keys) => keys.values_mut().for_each(reverse),
        _ => {}
    }
}
