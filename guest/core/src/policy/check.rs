//! The checks of a policy as a whole (rules P1 to P3, D3, D4): they run once every name in it is known to stand.

mod flow;
mod people;
mod plans;
mod requirements;
#[cfg(test)]
pub(super) mod testing;

use std::collections::BTreeMap;

use super::graph::STATES;
use super::names::Names;
use super::{ConditionalSop, Policy, RequirementIndex, Sort, Table, Workflow};
use crate::case;
use crate::decision::Severity;
use crate::forms::Form;
use crate::problem::pointer;

/// Finds the workflow of every kind, and tells every problem that only the whole shows.
pub(super) fn check(policy: &mut Policy, names: &mut Names) {
    policy.asset_workflows = workflows_of_kinds(policy, Sort::Assets, names);
    policy.ticket_workflows = workflows_of_kinds(policy, Sort::Tickets, names);
    let policy = &*policy;
    if !are_of_bearable_size(policy, names) {
        return;
    }
    kinds_without_workflow(policy, names);
    settings(policy, names);
    for (name, workflow) in &policy.workflows {
        flow::check(workflow, &pointer("/workflows", name), names);
    }
    // What requirements lead to can only be followed where they lead on.
    if requirements::nest(policy, names) {
        for (name, workflow) in &policy.workflows {
            people::check(policy, workflow, &pointer("/workflows", name), names);
        }
        requirements::check(policy, names);
        exceptions(policy, names);
    }
    steps(policy, names);
    plans::check(policy, names);
}

fn are_of_bearable_size(policy: &Policy, names: &mut Names) -> bool {
    let before = names.problems.len();
    for (name, workflow) in policy.workflows.iter().filter(|(_, workflow)| workflow.states.len() > STATES) {
        let message = format!("the workflow has {} states, {STATES} is the most", workflow.states.len());
        names.problem("policy-too-large", pointer("/workflows", name), message, "split it into workflows for separate kinds");
    }
    names.problems.len() == before
}

fn workflows_of_kinds(policy: &Policy, sort: Sort, names: &mut Names) -> Table<String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, workflow) in policy.workflows.iter().filter(|(_, workflow)| workflow.sort == sort) {
        let list = format!("{}/{}", pointer("/workflows", name), if sort == Sort::Assets { "assets" } else { "tickets" });
        for (index, kind) in workflow.kinds.iter().enumerate() {
            match all.get(kind).filter(|other| *other != name) {
                Some(other) => {
                    names.problem(
                        "kind-in-two-workflows",
                        pointer(&list, &index.to_string()),
                        format!("`{kind}` is in the workflow `{other}` too"),
                        "leave it in one of the two",
                    );
                }
                None => {
                    all.insert(kind.clone(), name.clone());
                }
            }
        }
    }
    all.into_iter().collect()
}

fn kinds_without_workflow(policy: &Policy, names: &mut Names) {
    let assets = policy.kinds.keys().map(|kind| ("/kinds", kind, &policy.asset_workflows));
    let tickets = policy.ticket_kinds.keys().map(|kind| ("/ticket_kinds", kind, &policy.ticket_workflows));
    for (section, kind, workflows) in assets.chain(tickets) {
        if !workflows.contains_key(kind) {
            let help = "list it in a workflow: until then every step of such an item is denied";
            names.warn("kind-without-workflow", pointer(section, kind), format!("`{kind}` is in no workflow"), help);
        }
    }
}

fn settings(policy: &Policy, names: &mut Names) {
    let limits = &policy.head.limits;
    for (key, duration) in [("allow", limits.allow), ("coverage", limits.coverage)] {
        if let Some(duration) = duration.filter(|duration| duration.ms() <= 0) {
            names.problem(
                "duration-range",
                format_args!("/limits/{key}"),
                format!("`{duration}` is no time"),
                "write a duration such as `PT15M`, or leave it out",
            );
        }
    }
    let skew = policy.head.calendar.clock_skew;
    if skew.ms() < 0 {
        names.problem(
            "duration-range",
            "/calendar/clock_skew",
            format!("`{skew}` runs back"),
            "write a duration such as `PT5M`, or leave it out",
        );
    }
}

fn exceptions(policy: &Policy, names: &mut Names) {
    for (name, kind) in &policy.exception_kinds {
        let list = format!("{}/waives", pointer("/exception_kinds", name));
        for requirement in &policy.requirements {
            let is_listed = requirement.name.as_ref().is_some_and(|name| kind.waives.contains(name));
            if !is_listed {
                continue;
            }
            let called = requirement.name.as_deref().unwrap_or_default();
            let path = || place_in_list(policy, &list, called);
            if !requirement.waivable() {
                names.problem("waives-unwaivable", path(), format!("`{called}` can never be waived"), "take it off the list");
            } else if matches!(requirement.form, Form::All(_) | Form::Assets(_)) {
                let message = format!("`{called}` only joins others, each of which is judged, and waived, by itself");
                names.warn("waives-nothing", path(), message, "list those that it joins");
            } else if holds_unwaivable(policy, &requirement.form, case::DEPTH) {
                let message = format!("`{called}` would be waived with what is never waived in it");
                names.problem("waives-unwaivable", path(), message, "take it off the list");
            }
        }
    }
}

/// Whether a form can't be met without something that is never waived: each of its alternatives, or one of what it joins or tasks are for.
fn holds_unwaivable(policy: &Policy, form: &Form, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let never = |index: &RequirementIndex| {
        policy.requirement(*index).is_some_and(|requirement| {
            let terms = &requirement.terms;
            let is_marked = terms.waivable == Some(false) && terms.severity == Severity::Block;
            is_marked || holds_unwaivable(policy, &requirement.form, depth)
        })
    };
    match form {
        Form::Any(any) => any.any.indices.iter().all(never),
        Form::Tasks(tasks) => {
            let mut templates = policy.task_templates.values().filter(|template| tasks.tasks.reaches(&template.department));
            templates.any(|template| template.requirements.iter().any(never))
        }
        form => form.uses().iter().any(never),
    }
}

/// The pointer to a name in a list of the document: the compiled list is sorted, the author's is not.
fn place_in_list(policy: &Policy, list: &str, name: &str) -> String {
    let index = policy.source.pointer(list).and_then(|list| list.as_array()?.iter().position(|entry| entry.as_str() == Some(name)));
    index.map_or_else(|| list.to_owned(), |index| pointer(list, &index.to_string()))
}

/// Every step that a reference names is one that its procedure has.
fn steps(policy: &Policy, names: &mut Names) {
    let mut references: Vec<(&str, &[ConditionalSop])> = Vec::new();
    references.extend(policy.requirements.iter().map(|requirement| (requirement.path.as_str(), requirement.sop.as_slice())));
    references.extend(policy.workflows.values().flat_map(Workflow::edges).map(|(_, _, edge)| (edge.path.as_str(), edge.sop.as_slice())));
    for (path, choice) in references {
        check_steps(policy, path, choice, names);
    }
    for (name, workflow) in &policy.workflows {
        for (state, told) in &workflow.states {
            check_steps(policy, &pointer(&format!("{}/states", pointer("/workflows", name)), state), &told.sop, names);
        }
    }
    for (name, template) in &policy.task_templates {
        check_steps(policy, &pointer("/task_templates", name), &template.sop, names);
    }
}

fn check_steps(policy: &Policy, path: &str, choice: &[ConditionalSop], names: &mut Names) {
    for (sop, step) in choice.iter().filter_map(|one| one.sop.split_once('#')) {
        let Some(count) = policy.sops.get(sop).map(|sop| sop.steps.len()) else { continue };
        if !step.parse::<usize>().is_ok_and(|step| (1..=count).contains(&step)) {
            let help =
                if count == 0 { "it has no steps: name the procedure only".to_owned() } else { format!("steps count from 1 to {count}") };
            names.problem("undeclared-name", format_args!("{path}/sop"), format!("procedure `{sop}` has no step `{step}`"), help);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::testing::{found, policy};
    use crate::policy::Policy;

    #[test]
    fn the_small_policy_has_no_problem() {
        assert_eq!(found(&policy()), "");
    }

    #[test]
    fn a_workflow_has_a_bearable_number_of_states() {
        let mut policy = policy();
        for index in 0..256 {
            policy["workflows"]["device"]["states"][format!("state-{index}")] = json!({"category": "gone"});
        }
        assert_eq!(found(&policy), "policy-too-large /workflows/device");
    }

    #[test]
    fn kinds_find_their_workflow() {
        let policy = Policy::load(&policy().to_string()).unwrap();
        assert_eq!(policy.asset_workflows["laptop"], "device");
        assert_eq!(policy.ticket_workflows["offboarding"], "leaver");
    }

    #[test]
    fn a_kind_is_in_one_workflow() {
        let mut policy = policy();
        policy["workflows"]["other"] = policy["workflows"]["device"].clone();
        policy["workflows"]["other"]["assets"] = json!(["laptop"]);
        assert_eq!(found(&policy), "kind-in-two-workflows /workflows/other/assets/0");
    }

    #[test]
    fn a_kind_without_workflow_is_doubtful() {
        let mut policy = policy();
        policy["kinds"]["phone"] = json!({"title": "Phone", "class": "hardware", "identified_by": "serial"});
        assert_eq!(found(&policy), "kind-without-workflow /kinds/phone");
    }

    #[test]
    fn limits_are_in_range() {
        let mut policy = policy();
        policy["limits"] = json!({"allow": "P0D"});
        policy["calendar"] = json!({"clock_skew": "-PT5M"});
        assert_eq!(found(&policy), "duration-range /calendar/clock_skew, duration-range /limits/allow");
    }

    #[test]
    fn what_is_never_waived_is_in_no_list() {
        let mut policy = policy();
        policy["requirements"]["encrypted"]["waivable"] = json!(false);
        policy["exception_kinds"]["urgent"]["waives"] = json!(["scanned", "encrypted", "nothing-open"]);
        assert_eq!(
            found(&policy),
            "waives-unwaivable /exception_kinds/urgent/waives/1, waives-unwaivable /exception_kinds/urgent/waives/2"
        );
    }

    #[test]
    fn a_step_is_one_of_its_procedure() {
        let mut policy = policy();
        policy["requirements"]["encrypted"]["sop"] = json!("SOP-1#2");
        policy["workflows"]["device"]["states"]["ready"]["sop"] = json!([{"sop": "SOP-1#3"}]);
        policy["workflows"]["device"]["transitions"]["-> received"]["sop"] = json!("SOP-1#0");
        let expected = "undeclared-name /workflows/device/states/ready/sop, undeclared-name /workflows/device/transitions/-> received/sop";
        assert_eq!(found(&policy), expected);
    }
}
