//! The policy as JSON, for people and programs that show it.

use serde_json::{Map, Value, json};

use super::{ConditionalSop, Edge, Policy, Requirement, RequirementIndex, State, Workflow};

pub(super) fn describe(policy: &Policy) -> String {
    let head = &policy.head;
    let kinds = policy.kinds.iter().map(|(name, kind)| {
        let workflow = policy.asset_workflows.get(name);
        (name.clone(), json!({"title": kind.title, "class": kind.class, "identified_by": kind.identified_by, "workflow": workflow}))
    });
    let ticket_kinds = policy.ticket_kinds.iter().map(|(name, kind)| {
        let workflow = policy.ticket_workflows.get(name);
        let value = json!({
            "title": kind.title, "link_role": kind.link_role, "link_roles": kind.link_roles, "whole_subject": kind.whole_subject, "workflow": workflow
        });
        (name.clone(), value)
    });
    let exception_kinds = policy.exception_kinds.iter().map(|(name, kind)| {
        let value = json!({"title": kind.title, "waives": kind.waives, "longest": kind.longest, "at_closure": kind.at_closure});
        (name.clone(), value)
    });
    let profiles = policy.profiles.iter().map(|(name, profile)| {
        let items = profile.items.iter().map(|(name, item)| {
            let when = item.when.as_ref().map(|when| when.source());
            (name.clone(), json!({"title": item.title, "kinds": item.kinds, "count": item.count, "product": item.product, "when": when}))
        });
        (name.clone(), json!({"title": profile.title, "items": object(items)}))
    });
    let named =
        policy.requirements.iter().filter_map(|requirement| requirement.name.clone().map(|name| (name, requirement_value(requirement))));
    let description = json!({
        "format": head.format,
        "name": head.name,
        "version": head.version,
        "title": head.title,
        "digest": policy.digest(),
        "utc_offset": head.calendar.utc_offset,
        "departments": policy.departments,
        "roles": policy.roles,
        "classes": policy.classes,
        "kinds": object(kinds),
        "ticket_kinds": object(ticket_kinds),
        "workflows": object(policy.workflows.iter().map(|(name, workflow)| (name.clone(), workflow_value(policy, workflow)))),
        "requirements": object(named),
        "exception_kinds": object(exception_kinds),
        "profiles": object(profiles),
        "plans": head.plans,
        "register": head.register,
    });
    description.to_string()
}

fn object(entries: impl Iterator<Item = (String, Value)>) -> Value {
    Value::Object(entries.collect::<Map<_, _>>())
}

/// The names of requirements; one that is written out has none, and is shown by its title or its form in brackets.
fn uses(policy: &Policy, indices: &[RequirementIndex]) -> Vec<String> {
    let name = |requirement: &Requirement| match &requirement.name {
        Some(name) => name.clone(),
        None => format!("({})", requirement.terms.title.as_deref().unwrap_or(requirement.form.key())),
    };
    indices.iter().filter_map(|index| policy.requirement(*index)).map(name).collect()
}

/// Procedures with their conditions, the first that applies counts.
fn sops(choice: &[ConditionalSop]) -> Vec<Value> {
    choice.iter().map(|one| json!({"sop": one.sop, "when": one.when.as_ref().map(|when| when.source())})).collect()
}

fn workflow_value(policy: &Policy, workflow: &Workflow) -> Value {
    let initial: Vec<&str> = workflow.next(None).map(|(to, _)| to).collect();
    let states = workflow.states.iter().map(|(name, state)| (name.clone(), state_value(policy, workflow, name, state)));
    let transitions: Vec<Value> = workflow.edges().map(|(from, to, edge)| edge_value(policy, from, to, edge)).collect();
    json!({
        "title": workflow.title,
        "sort": match workflow.sort { super::Sort::Assets => "assets", super::Sort::Tickets => "tickets" },
        "kinds": workflow.kinds,
        "closes_in": workflow.closes_in,
        "gates_required": workflow.gates_required,
        "must_pass": workflow.must_pass,
        "initial": initial,
        "states": object(states),
        "transitions": transitions,
    })
}

fn state_value(policy: &Policy, workflow: &Workflow, name: &str, state: &State) -> Value {
    let next: Vec<&str> = workflow.next(Some(name)).map(|(to, _)| to).collect();
    json!({
        "title": state.title,
        "category": state.category,
        "closing": state.closing,
        "protective": state.protective,
        "gate": uses(policy, &state.gate),
        "sop": sops(&state.sop),
        "longest_stay": state.longest_stay,
        "usual_stay": state.usual_stay,
        "escalate_to": state.escalate_to,
        "main": workflow.main(name).map(|(to, _)| to),
        "next": next,
        "exits": state.exits,
    })
}

fn edge_value(policy: &Policy, from: Option<&str>, to: &str, edge: &Edge) -> Value {
    json!({
        "from": from,
        "to": to,
        "title": edge.title,
        "responsible": edge.responsible,
        "accountable": edge.accountable,
        "consulted": edge.consulted,
        "informed": edge.informed,
        "requirements": uses(policy, &edge.requirements),
        "automation": edge.automation,
        "self_service": edge.self_service,
        "correction": edge.correction,
        "changes_identity": edge.changes_identity,
        "link_roles": edge.link_roles,
        "sop": sops(&edge.sop),
    })
}

fn requirement_value(requirement: &Requirement) -> Value {
    let terms = &requirement.terms;
    json!({
        "form": requirement.form.key(),
        "title": terms.title,
        "severity": terms.severity,
        "waivable": requirement.waivable(),
        "enforced_from": terms.enforced_from,
        "keeps": terms.keeps,
        "when": requirement.when.as_ref().map(|when| when.source()),
        "remedy": terms.remedy,
        "responsible": terms.responsible,
        "sop": sops(&requirement.sop),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::policy::Policy;
    use crate::policy::check::testing;

    fn described(policy: &Value) -> Value {
        serde_json::from_str(&Policy::load(&policy.to_string()).unwrap().describe()).unwrap()
    }

    #[test]
    fn a_policy_is_told_whole() {
        let told = described(&testing::policy());
        assert_eq!(told["digest"].as_str().map(str::len), Some(64));
        assert_eq!(told["kinds"]["laptop"]["workflow"], "device");
        assert_eq!(told["workflows"]["device"]["initial"], json!(["received"]));
        assert_eq!(told["workflows"]["device"]["states"]["ready"]["next"], json!(["issued", "received"]));
        assert_eq!(told["workflows"]["device"]["states"]["issued"]["main"], "returned");
        assert_eq!(told["workflows"]["leaver"]["states"]["done"]["closing"], "fulfilled");
        assert_eq!(told["requirements"]["nothing-open"]["waivable"], false);
        assert_eq!(told["exception_kinds"]["urgent"]["longest"], "P7D");
    }

    #[test]
    fn a_requirement_without_a_name_is_shown_in_brackets() {
        let mut policy = testing::policy();
        policy["workflows"]["device"]["states"]["ready"]["gate"] =
            json!(["encrypted", {"owner": "none"}, {"owner": "none", "title": "Unowned"}]);
        assert_eq!(described(&policy)["workflows"]["device"]["states"]["ready"]["gate"], json!(["encrypted", "(owner)", "(Unowned)"]));
    }

    #[test]
    fn transitions_of_one_key_stand_apart() {
        let told = described(&testing::policy());
        let edges = told["workflows"]["device"]["transitions"].as_array().unwrap();
        let to_retired: Vec<&Value> = edges.iter().filter(|edge| edge["to"] == "retired").map(|edge| &edge["from"]).collect();
        assert_eq!(to_retired, [&json!("received"), &json!("returned")]);
        assert_eq!(edges[0]["from"], Value::Null);
    }
}
