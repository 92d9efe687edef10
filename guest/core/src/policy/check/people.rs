//! Who acts: handing over between teams, software that acts, and a second pair of eyes on corrections (rules P2, P3).

use super::flow::is_end;
use super::requirements::{conjuncts, reached};
use crate::decision::Severity;
use crate::forms::Form;
use crate::policy::graph::reachable;
use crate::policy::names::Names;
use crate::policy::{Edge, Policy, State, Workflow};
use crate::problem::pointer;

pub(super) fn check(policy: &Policy, workflow: &Workflow, path: &str, names: &mut Names) {
    for (name, state) in &workflow.states {
        handover(workflow, name, state, &pointer(&format!("{path}/states"), name), names);
    }
    for (from, to, edge) in workflow.edges() {
        if edge.automation {
            automation(policy, workflow, to, edge, names);
        }
        if edge.correction {
            correction(policy, workflow, from, to, edge, names);
        }
    }
}

fn overlap(a: &[String], b: &[String]) -> bool {
    a.iter().any(|role| b.contains(role))
}

fn list(roles: &[String]) -> String {
    let roles: Vec<String> = roles.iter().map(|role| format!("`{role}`")).collect();
    roles.join(", ")
}

/// Rule P2: where one team ends and another goes on, both have to know how, by when, and that it is their turn.
fn handover(workflow: &Workflow, name: &str, state: &State, path: &str, names: &mut Names) {
    // An end waits for nobody, unless its author says how it goes on.
    if is_end(state) && state.main.is_none() {
        return;
    }
    let Some((next, onward)) = workflow.main(name) else { return };
    let before = workflow.edges().filter(|(_, to, edge)| *to == name && !overlap(&edge.responsible, &onward.responsible));
    let before: Vec<&Edge> = before.map(|(_, _, edge)| edge).collect();
    let Some(first) = before.first() else { return };
    let change = format!("over `{name}` the responsible roles change from {} to {}", list(&first.responsible), list(&onward.responsible));
    if state.sop.is_empty() {
        names.problem("handover-sop", path, format!("{change}, and it has no procedure"), "name one under `sop`");
    }
    if state.longest_stay.is_none() {
        names.problem("handover-stay", path, format!("{change}, and it has no longest stay"), "write `longest_stay`, such as `P2D`");
    }
    for edge in before {
        let knows = |role: &String| edge.informed.contains(role) || edge.consulted.contains(role) || edge.accountable == *role;
        if !onward.responsible.iter().any(knows) {
            let message =
                format!("{} goes on from `{name}` to `{next}`, and does not learn that it is its turn", list(&onward.responsible));
            names.problem("handover-inform", &edge.path, message, "list one of its roles under `informed`");
        }
    }
}

/// Rule P2: what software does by itself leaves a procedure, evidence and a term behind, by which people can follow it.
fn automation(policy: &Policy, workflow: &Workflow, to: &str, edge: &Edge, names: &mut Names) {
    let Some(state) = workflow.states.get(to) else { return };
    let mut missing = Vec::new();
    if edge.sop.is_empty() {
        missing.push("a procedure");
    }
    let demanded = || reached(policy, &edge.requirements).into_iter().chain(reached(policy, &state.gate));
    if !demanded().any(|requirement| matches!(requirement.form, Form::Evidence(_)) && requirement.terms.severity == Severity::Block) {
        missing.push("evidence");
    }
    if state.longest_stay.is_none() && !is_end(state) {
        missing.push("a longest stay in the state that follows");
    }
    if !missing.is_empty() {
        let message = format!("software may act here without {}", missing.join(", without "));
        names.problem(
            "automation-unfit",
            &edge.path,
            message,
            "add `sop`, an `evidence` requirement and the state's `longest_stay`, or take `automation` away",
        );
    }
}

/// Rule P3: a correction undoes an honest mistake, and somebody else has seen it.
fn correction(policy: &Policy, workflow: &Workflow, from: Option<&str>, to: &str, edge: &Edge, names: &mut Names) {
    let independent = |form: &Form| matches!(form, Form::Evidence(evidence) if evidence.other_than.actor);
    if !conjuncts(policy, &edge.requirements).iter().any(|requirement| independent(&requirement.form)) {
        names.problem(
            "correction-unfit",
            &edge.path,
            "a correction that nobody else has to confirm",
            "require evidence with `other_than: {actor: true}`",
        );
    }
    let leads_back = from.is_some_and(|from| reachable(workflow, Some(to), |_, _, edge| !edge.correction).contains(from));
    if !leads_back {
        let from = from.unwrap_or("nothing");
        names.problem(
            "correction-forward",
            &edge.path,
            format!("no item ever came from `{to}` to `{from}`, so this undoes nothing"),
            "declare it as a transition like any other",
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::policy::check::testing::{found, message, policy};

    fn device(change: impl FnOnce(&mut Value)) -> Value {
        let mut policy = policy();
        change(&mut policy["workflows"]["device"]);
        policy
    }

    #[test]
    fn a_handover_has_a_procedure_a_term_and_a_word() {
        let bare = device(|device| {
            device["states"]["ready"] = json!({"category": "stock", "main": "issued", "gate": ["encrypted"]});
            device["transitions"]["received -> ready"] = json!({"responsible": ["stores"], "accountable": "lead"});
        });
        let expected = "handover-sop /workflows/device/states/ready, handover-stay /workflows/device/states/ready, handover-inform /workflows/device/transitions/received -> ready";
        assert_eq!(found(&bare), expected);
        assert_eq!(
            message(&bare, "handover-sop"),
            "over `ready` the responsible roles change from `stores` to `desk`, and it has no procedure"
        );
        assert_eq!(message(&bare, "handover-inform"), "`desk` goes on from `ready` to `issued`, and does not learn that it is its turn");
    }

    #[test]
    fn whoever_is_asked_or_answers_knows() {
        for known in [json!({"consulted": ["desk"], "accountable": "lead"}), json!({"accountable": "desk"})] {
            let policy = device(|device| {
                let mut edge = known;
                edge["responsible"] = json!(["stores"]);
                device["transitions"]["received -> ready"] = edge;
            });
            assert_eq!(found(&policy), "");
        }
    }

    #[test]
    fn one_team_needs_no_handover() {
        let policy = device(|device| {
            device["states"]["received"] = json!({"category": "stock", "main": "ready", "gate": ["scanned"]});
        });
        assert_eq!(found(&policy), "");
    }

    #[test]
    fn software_acts_where_it_leaves_a_trace() {
        let fit = device(|device| {
            device["states"]["ready"]["gate"] = json!([{"any": ["encrypted", "scanned"]}]);
            device["transitions"]["returned -> ready"] =
                json!({"responsible": ["stores"], "accountable": "lead", "informed": ["desk"], "automation": true, "sop": "SOP-1"});
        });
        assert_eq!(found(&fit), "");
        let unfit = device(|device| {
            device["states"]["issued"]["longest_stay"] = Value::Null;
            device["transitions"]["ready -> issued"]["automation"] = json!(true);
        });
        assert_eq!(found(&unfit), "automation-unfit /workflows/device/transitions/ready -> issued");
        assert_eq!(
            message(&unfit, "automation-unfit"),
            "software may act here without a procedure, without evidence, without a longest stay in the state that follows"
        );
    }

    #[test]
    fn a_correction_has_a_second_person() {
        for requirements in [json!([]), json!(["scanned"]), json!([{"any": ["confirmed", "scanned"]}])] {
            let policy = device(|device| {
                device["transitions"]["ready -> received"]["requirements"] = requirements;
                device["states"]["retired"]["gate"] = json!(["confirmed"]);
            });
            assert_eq!(found(&policy), "correction-unfit /workflows/device/transitions/ready -> received");
        }
    }

    #[test]
    fn a_correction_leads_back() {
        let policy = device(|device| {
            device["transitions"]["received -> issued"] =
                json!({"responsible": ["desk"], "accountable": "lead", "correction": true, "requirements": ["confirmed"]});
            device["must_pass"] = json!([]);
        });
        assert_eq!(found(&policy), "correction-forward /workflows/device/transitions/received -> issued");
    }
}
