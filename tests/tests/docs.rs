//! The documents say what the code does: every key, word, form, function, code and limit is described, and every example loads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use handoff_core::policy::document::Terms;
use handoff_core::{FORMS, Facts, Policy, Problem, Stage, codes, expression};
use handoff_tests::{root, yaml};
use serde_json::{Value, json};

use crate::readme::{bless, blocks, run};

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The texts in backticks.
pub(crate) fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Rows of the tables below each heading: the key in the first cell, and the whole row.
fn tables(document: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut heading = String::new();
    for line in document.lines() {
        if line.starts_with('#') {
            heading = line.trim_start_matches('#').trim().replace('`', "");
        } else if let Some(key) = line.strip_prefix("| `").and_then(|rest| rest.split('`').next()) {
            all.entry(heading.clone()).or_default().insert(key.to_owned(), line.to_owned());
        }
    }
    all
}

/// What a reader expects in place of a key or a word that is not there.
fn expected(problems: &[Problem]) -> BTreeSet<String> {
    let told = |problem: &Problem| format!("{} {}", problem.message, problem.help.clone().unwrap_or_default());
    let texts: Vec<String> = problems.iter().filter(|problem| problem.message.contains("zzz")).map(told).collect();
    texts.iter().flat_map(|text| quoted(text)).filter(|word| !matches!(*word, "zzz" | "$schema")).map(str::to_owned).collect()
}

pub(crate) fn policy_problems(policy: &Value) -> Vec<Problem> {
    Policy::load(&policy.to_string()).err().unwrap_or_default()
}

pub(crate) fn facts_problems(facts: &Value) -> Vec<Problem> {
    Facts::parse(&facts.to_string()).err().unwrap_or_default()
}

/// Sets a value, by a pointer whose last key may be new.
fn set(tree: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = tree.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {pointer}"));
    parent.as_object_mut().unwrap_or_else(|| panic!("no object at {pointer}")).insert(key.replace("~1", "/"), value);
}

/// Puts the keys of one tree over those of another.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// A requirement is one thing: the other form of an earlier example does not shine through.
fn part_of(policy: &Value, part: &Value) -> Value {
    let mut whole = policy.clone();
    if let (Some(all), Some(new)) = (whole["requirements"].as_object_mut(), part["requirements"].as_object()) {
        all.retain(|name, _| !new.contains_key(name));
    }
    merge(&mut whole, part);
    whole
}

/// The examples of `docs/policy.md`: the whole policy first, then parts that go into it.
fn examples() -> Vec<Value> {
    let text = read("docs/policy.md");
    blocks(&text, "yaml").into_iter().map(yaml).collect()
}

/// The whole policy with all parts in it.
pub(crate) fn merged() -> Value {
    let all = examples();
    all.iter().skip(1).fold(all[0].clone(), |whole, part| part_of(&whole, part))
}

#[test]
fn every_example_of_the_policy_format_loads() {
    let all = examples();
    let whole = Policy::load(&all[0].to_string()).expect("the whole policy loads");
    assert_eq!(whole.warnings(), [], "the whole policy is sound");
    for part in &all[1..] {
        let problems = policy_problems(&part_of(&all[0], part));
        assert!(problems.is_empty(), "{problems:#?}\nin {part:#}");
    }
    assert!(all.len() > FORMS.len());
}

#[test]
fn every_key_of_the_policy_format_is_described() {
    let tables = tables(&read("docs/policy.md"));
    let policy = merged();
    let mut places: Vec<(String, String)> = [
        ("The document", ""),
        ("Calendar", "/calendar"),
        ("Limits", "/limits"),
        ("Serials", "/serials"),
        ("Role", "/roles/desk"),
        ("Department", "/departments/it"),
        ("Class", "/classes/hardware"),
        ("Kind", "/kinds/laptop"),
        ("Ticket kind", "/ticket_kinds/onboarding"),
        ("Check", "/checks/wipe"),
        ("Attribute declaration", "/attributes/build"),
        ("Procedure", "/sops/SOP-1"),
        ("Other than", "/requirements/looked-over/other_than"),
        ("Checklist", "/checklists/joiner"),
        ("Checklist entry", "/checklists/joiner/entries/signed-in"),
        ("Exception kind", "/exception_kinds/urgent-hire"),
        ("Plans", "/plans"),
        ("Plan rules", "/plans/joiner"),
        ("Access window", "/plans/leaver/access"),
        ("Register", "/register"),
        ("Recurring", "/register/recurring"),
        ("Profile", "/profiles/office"),
        ("Profile item", "/profiles/office/items/computer"),
        ("Exception approval", "/exception_kinds/urgent-hire/approvals/0"),
        ("Reconcile", "/exception_kinds/urgent-hire/reconcile"),
        ("Task template", "/task_templates/hand-over"),
        ("Selection", "/task_templates/hand-over/each"),
        ("Must pass", "/workflows/device/must_pass/0"),
        ("State", "/workflows/device/states/ready"),
        ("Transition", "/workflows/device/transitions/-> received"),
        ("Conditional procedure", "/requirements/receipt-signed/sop/0"),
        ("Workflow", "/workflows/device"),
    ]
    .map(|(heading, place)| (heading.to_owned(), place.to_owned()))
    .into();
    for form in FORMS {
        let requirements = policy["requirements"].as_object().unwrap();
        let (name, _) = requirements.iter().find(|(_, keys)| keys.get(form).is_some()).unwrap_or_else(|| panic!("no example of `{form}`"));
        places.push(((*form).to_owned(), format!("/requirements/{name}")));
    }
    for (heading, place) in places {
        let mut changed = policy.clone();
        set(&mut changed, &format!("{place}/zzz"), json!("zzz"));
        let mut keys = expected(&policy_problems(&changed));
        if heading == "Workflow" {
            // Read one by one, before the rest.
            keys.extend(["states", "transitions"].map(str::to_owned));
        }
        assert_described(&tables, &heading, &keys);
    }
    let terms = serde_json::to_value(Terms::default()).unwrap();
    assert_described(&tables, "Requirement", &terms.as_object().unwrap().keys().cloned().collect());
}

#[test]
fn every_word_of_the_policy_format_is_described() {
    let tables = tables(&read("docs/policy.md"));
    let policy = merged();
    for (heading, key, place) in [
        ("Role", "relation", "/roles/manager/relation"),
        ("Kind", "identified_by", "/kinds/laptop/identified_by"),
        ("Ticket kind", "link_role", "/ticket_kinds/onboarding/link_role"),
        ("Attribute declaration", "type", "/attributes/build/type"),
        ("Requirement", "severity", "/requirements/battery-holds/severity"),
        ("approval", "covers", "/requirements/request-approved/covers/0"),
        ("availability", "availability", "/requirements/a-seat-is-free/availability"),
        ("category", "category", "/requirements/is-with-nobody/category/0"),
        ("evidence", "means", "/requirements/wiped/means/0"),
        ("identity", "identity", "/requirements/serial-unique/identity"),
        ("location", "location", "/requirements/on-a-shelf/location"),
        ("owner", "owner", "/requirements/in-nobodys-name/owner"),
        ("return_shipment", "return_shipment", "/requirements/return-arranged/return_shipment/0"),
        ("signature", "signature", "/requirements/return-signed/signature"),
        ("signature", "by", "/requirements/return-signed/by"),
        ("timing", "timing", "/requirements/announced-in-time/timing"),
        ("Calendar", "working_days", "/calendar/working_days/0"),
        ("State", "category", "/workflows/device/states/ready/category"),
        ("State", "closing", "/workflows/leaver/states/completed/closing"),
    ] {
        let mut changed = policy.clone();
        *changed.pointer_mut(place).unwrap_or_else(|| panic!("nothing at {place}")) = json!("zzz");
        assert_words(&tables, heading, key, &expected(&policy_problems(&changed)));
    }
}

fn assert_described(tables: &BTreeMap<String, BTreeMap<String, String>>, heading: &str, keys: &BTreeSet<String>) {
    let described: BTreeSet<String> = tables.get(heading).map(|rows| rows.keys().cloned().collect()).unwrap_or_default();
    assert!(!keys.is_empty(), "no key was told for `{heading}`");
    assert_eq!(&described, keys, "the keys below the heading `{heading}`, and those that are read");
}

fn assert_words(tables: &BTreeMap<String, BTreeMap<String, String>>, heading: &str, key: &str, words: &BTreeSet<String>) {
    let row = &tables[heading][key];
    assert!(words.len() > 1 || key == "relation", "no words were told for `{key}` of `{heading}`: {words:?}");
    for word in words {
        assert!(quoted(row).contains(&word.as_str()), "`{heading}` does not tell `{word}` of `{key}`");
    }
}

/// Facts with one row of everything.
pub(crate) fn one_of_each() -> Value {
    json!({
        "at": "2026-01-05T09:00:00Z",
        "actor": {"id": "a"},
        "assets": [{
            "id": "A", "attributes": {"build": {"value": 1}}, "evidence": [{"check": "c"}], "history": [{"at": "2026-01-05T09:00:00Z", "to": "s"}],
            "baseline": {"state": "s"}, "custody": [{"at": "2026-01-05T09:00:00Z", "change": "owner"}], "relations": [{"relation": "r", "item": "asset:B"}],
        }],
        "tickets": [{
            "id": "T", "links": [{"asset": "A", "removed": {}}], "tasks": [{"id": "t"}], "marks": [{"checklist": "c", "entry": "e"}],
            "approvals": [{"covers": {}}], "signatures": [{"kind": "receipt", "asset": "A"}], "return_shipment": {},
            "related": [{"relation": "part-of", "ticket": "U"}],
        }],
        "people": [{"id": "p", "engagements": [{}]}],
        "exceptions": [{"id": "x", "steps": [{"step": "s"}], "reconciled": {}, "handed_to": {}}],
        "licences": [{"id": "l"}],
        "decisions": [{"item": "asset:A"}],
        "coverage": [{"as_of": "2026-01-05T09:00:00Z"}],
    })
}

const FACTS: [(&str, &str); 28] = [
    ("Document", ""),
    ("Actor", "/actor"),
    ("Asset", "/assets/0"),
    ("Attribute", "/assets/0/attributes/build"),
    ("Evidence", "/assets/0/evidence/0"),
    ("History entry", "/assets/0/history/0"),
    ("Baseline", "/assets/0/baseline"),
    ("Custody", "/assets/0/custody/0"),
    ("Relation", "/assets/0/relations/0"),
    ("Ticket", "/tickets/0"),
    ("Link", "/tickets/0/links/0"),
    ("Removal", "/tickets/0/links/0/removed"),
    ("Task", "/tickets/0/tasks/0"),
    ("Mark", "/tickets/0/marks/0"),
    ("Approval", "/tickets/0/approvals/0"),
    ("Covered", "/tickets/0/approvals/0/covers"),
    ("Signature", "/tickets/0/signatures/0"),
    ("Return shipment", "/tickets/0/return_shipment"),
    ("Related ticket", "/tickets/0/related/0"),
    ("Person", "/people/0"),
    ("Engagement", "/people/0/engagements/0"),
    ("Exception", "/exceptions/0"),
    ("Reconciliation step", "/exceptions/0/steps/0"),
    ("Reconciliation", "/exceptions/0/reconciled"),
    ("Handover", "/exceptions/0/handed_to"),
    ("Licence", "/licences/0"),
    ("Logged decision", "/decisions/0"),
    ("Coverage", "/coverage/0"),
];

#[test]
fn every_key_of_the_facts_format_is_described() {
    let tables = tables(&read("docs/facts.md"));
    let facts = one_of_each();
    assert_eq!(facts_problems(&facts), []);
    for (heading, place) in FACTS {
        let mut changed = facts.clone();
        set(&mut changed, &format!("{place}/zzz"), json!("zzz"));
        let keys = expected(&facts_problems(&changed));
        assert_described(&tables, heading, &keys);
        // A key marked as required is one that a row can't do without, and no other is.
        for (key, row) in &tables[heading] {
            let mut without = facts.clone();
            without.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(key);
            assert_eq!(row.contains("*required*"), !facts_problems(&without).is_empty(), "`{key}` of `{heading}`");
        }
    }
}

#[test]
fn every_word_of_the_facts_format_is_described() {
    let tables = tables(&read("docs/facts.md"));
    for (heading, key) in [
        ("Evidence", "result"),
        ("Evidence", "means"),
        ("Custody", "change"),
        ("Link", "role"),
        ("Task", "state"),
        ("Mark", "state"),
        ("Approval", "verdict"),
        ("Signature", "kind"),
        ("Related ticket", "relation"),
        ("Person", "status"),
        ("Licence", "metric"),
        ("Logged decision", "decision"),
    ] {
        let (_, place) = FACTS.iter().find(|(other, _)| *other == heading).unwrap();
        let mut changed = one_of_each();
        set(&mut changed, &format!("{place}/{key}"), json!("zzz"));
        assert_words(&tables, heading, key, &expected(&facts_problems(&changed)));
    }
}

#[test]
fn the_example_of_the_facts_format_is_read() {
    let text = read("docs/facts.md");
    for block in blocks(&text, "json") {
        assert_eq!(Facts::parse(block).err(), None, "{block}");
    }
}

#[test]
fn expressions_are_described() {
    let text = read("docs/policy.md");
    for (_, form) in expression::FUNCTIONS {
        assert!(text.contains(&format!("| `{form}` |")), "`{form}` is not described");
    }
    let functions =
        text.split("| Function |").nth(1).unwrap().split("\n\n").next().unwrap().lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(functions, expression::FUNCTIONS.len());
    for limit in [
        format!("{} bytes, {} words", expression::SOURCE_MAX, expression::TOKEN_MAX),
        format!("{} brackets, {} operations", expression::DEPTH_MAX, expression::TREE_MAX),
        format!("{} entries, {} within", expression::LIST_MAX, expression::NESTING_MAX),
        format!("puts together | {} bytes", expression::TEXT_MAX),
        format!("{} steps", expression::COST_MAX),
    ] {
        assert!(text.contains(&limit), "the limit of {limit} is not described");
    }
}

/// Every word that a form's section gives as a code is one.
#[test]
fn codes_that_forms_yield_are_codes() {
    let known: BTreeSet<&str> = codes().iter().map(|one| one.code).collect();
    let text = read("docs/policy.md");
    for sentence in text.split("Unmet:").skip(1).filter_map(|rest| rest.split('.').next()) {
        for code in quoted(sentence).into_iter().filter(|word| word.contains('-')) {
            assert!(known.contains(code), "`{code}` is no code");
        }
    }
}

#[test]
fn every_code_is_listed() {
    let title = |stage| match stage {
        Stage::Decision => "Reasons in decisions",
        Stage::Plan => "Findings of plans and reviews",
        Stage::PlanOrAudit => "Findings of plans and reviews, and of audits",
        Stage::Audit => "Findings of audits",
        Stage::Policy => "Problems of policies",
        Stage::Facts => "Problems of facts",
        Stage::Question => "Problems of questions",
    };
    let mut page = "# Codes\n\nEvery reason and every problem has a code, which never changes its meaning and is never used for another. Programs read codes; the sentences beside\nthem may change. `handoff explain CODE` tells the same. This page is written from the table in the code.\n".to_owned();
    let mut stage = None;
    for one in codes() {
        if stage.replace(one.stage) != Some(one.stage) {
            page.push_str(&format!("\n## {}\n\n| Code | Means | Put right |\n| --- | --- | --- |\n", title(one.stage)));
        }
        page.push_str(&format!("| `{}` | {} | {} |\n", one.code, one.means, one.remedy));
    }
    bless("docs/codes.md", &page);
}

/// A meaning that names a file stands there, as the documentation of something.
#[test]
fn the_glossary_stands_in_the_code() {
    let mut rows = 0;
    for line in read("docs/glossary.md").lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, term, meaning, source, _] = cells.as_slice() else { continue };
        let Some(path) = source.split_once("](../").and_then(|(_, rest)| rest.strip_suffix(')')) else { continue };
        let text = read(path);
        let told: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("///")).map(str::trim).collect();
        assert!(told.join(" ").contains(meaning), "{term}: `{meaning}` does not stand in {path}");
        rows += 1;
    }
    assert!(rows > 20);
}

/// The commands below one, as its help lists them; of one without any itself.
fn commands(above: &str) -> Vec<String> {
    let (help, _) = run(format!("handoff {above} --help").as_str());
    let Some(listed) = help.split("\nCommands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()) else {
        return vec![above.to_owned()];
    };
    let named = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).filter(|word| !matches!(*word, "" | "help"));
    named.flat_map(|name| commands(format!("{above} {name}").trim())).collect()
}

#[test]
fn every_command_has_examples_and_exit_statuses_and_every_option_is_described() {
    let text = read("docs/cli.md");
    let mut told = BTreeSet::new();
    for command in commands("") {
        assert!(text.contains(&format!("| `{command}` |")), "`{command}` is not described");
        let (help, status) = run(&format!("handoff {command} --help"));
        assert_eq!(status, 0);
        assert!(help.contains("Examples:\n  handoff") && help.contains("Exit status:\n  0  ") && help.contains("\n  2  "), "{help}");
        let options = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        told.extend(options.filter_map(|line| Some(line.get(line.find("--")?..)?.split([' ', '=']).next()?.to_owned())));
    }
    told.remove("--help");
    let described: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `--"))
        .map(|rest| format!("--{}", rest.split(['`', ' ']).next().unwrap()))
        .collect();
    assert_eq!(described, told);
}

/// The filter that shows how filters are written is one that the command runs.
#[test]
fn the_filter_of_a_house_is_shown_as_it_is() {
    let shown = blocks(&read("docs/mappings.md"), "jq").concat();
    let file = read("tests/mappings/house.jq");
    assert_eq!(file.split_once('\n').map(|(_, rest)| rest), Some(shown.as_str()));
}

/// A command in a block of its own is followed by what it prints.
#[test]
fn the_commands_output_is_real() {
    let mut text = read("docs/cli.md");
    for (language, shown) in
        [("text", "next examples"), ("text", "plan examples"), ("text", "audit tests"), ("json", "transition examples")]
    {
        let command = blocks(&text, "sh").into_iter().find(|block| block.contains(shown)).unwrap().trim().to_owned();
        let (output, _) = run(&command);
        let output = if language == "json" { pretty(&output) } else { output };
        let start = text.find(&command).unwrap();
        let block = text[start..].find(&format!("```{language}\n")).unwrap() + start + language.len() + 4;
        let end = text[block..].find("```").unwrap() + block;
        text.replace_range(block..end, &output);
    }
    bless("docs/cli.md", &text);
}

fn pretty(line: &str) -> String {
    let mut value: Value = serde_json::from_str(line).unwrap();
    // It changes with every word of the reference policy.
    value["policy"]["digest"] = json!("…");
    format!("{}\n", serde_json::to_string_pretty(&value).unwrap())
}

#[test]
fn the_smallest_program_is_shown_as_it_is() {
    let document = read("docs/embedding.md");
    assert_eq!(blocks(&document, "rust"), [read("examples/embed/main.rs")]);
    let (output, status) = run("handoff close examples/monday-laptop/facts.json --item ticket:REQ-2041 --format json");
    let answer: Value = serde_json::from_str(&output).unwrap();
    let told = format!("{}, for {} reasons\n", answer["decision"].as_str().unwrap(), answer["findings"].as_array().unwrap().len());
    assert_eq!(blocks(&document, "text"), [told]);
    assert_eq!(status, 1);
}
