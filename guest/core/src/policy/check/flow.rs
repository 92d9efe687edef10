//! The shape of a workflow: where it begins and ends, what is on every way, and which way is the main one.

use crate::policy::document::{Category, Stay};
use crate::policy::graph::{path_round, reachable};
use crate::policy::names::Names;
use crate::policy::{Edge, Sort, State, Workflow};
use crate::problem::pointer;

pub(super) fn check(workflow: &Workflow, path: &str, names: &mut Names) {
    for (name, state) in &workflow.states {
        let path = pointer(&format!("{path}/states"), name);
        standing(workflow.sort, name, state, &path, names);
        protective(name, state, &path, names);
        main(workflow, name, state, &path, names);
        if workflow.gates_required && state.gate.is_empty() {
            names.warn(
                "gate-missing",
                &path,
                format!("`{name}` has no gate, and this workflow demands one"),
                "write its `gate`: until then nothing enters it",
            );
        }
        if state.longest_stay.is_some_and(is_no_time) {
            names.problem(
                "duration-range",
                format_args!("{path}/longest_stay"),
                "a longest stay of no time",
                "say how long an item may stay, such as `P2D`",
            );
        }
    }
    closing(workflow, path, names);
    if workflow.next(None).next().is_none() {
        names.problem("no-initial-state", path, "nothing is ever created in this workflow", "declare a creation, `-> STATE`");
    } else {
        unreachable_states(workflow, path, names);
    }
    dead_ends(workflow, path, names);
    must_pass(workflow, path, names);
}

fn is_no_time(stay: Stay) -> bool {
    match stay {
        Stay::Elapsed(duration) => duration.ms() <= 0,
        Stay::WorkingDays { working_days } => working_days == 0,
    }
}

/// Whether nothing has to follow: the asset is gone, or the ticket closed.
pub(super) fn is_end(state: &State) -> bool {
    state.category == Some(Category::Gone) || state.closing.is_some()
}

/// The edges out of a state by which work goes on: a correction undoes, and leads nowhere.
pub(super) fn ways_on<'a>(workflow: &'a Workflow, state: &str) -> impl Iterator<Item = (&'a str, &'a Edge)> {
    workflow.next(Some(state)).filter(|(_, edge)| !edge.correction)
}

fn standing(sort: Sort, name: &str, state: &State, path: &str, names: &mut Names) {
    match sort {
        Sort::Assets if state.category.is_none() => {
            names.problem(
                "category-missing",
                path,
                format!("`{name}` does not say where an asset in it stands"),
                "write `category`: pending, stock, held, returning or gone",
            );
        }
        Sort::Tickets if state.category.is_some() => {
            names.problem(
                "category-unfit",
                format_args!("{path}/category"),
                "a ticket stands nowhere",
                "only states of assets have a `category`; a ticket's may be `closing`",
            );
        }
        Sort::Assets | Sort::Tickets => {}
    }
    if sort == Sort::Assets && state.closing.is_some() {
        names.problem(
            "category-unfit",
            format_args!("{path}/closing"),
            "an asset does not close",
            "only states of tickets are `closing`; an asset's end is the category `gone`",
        );
    }
}

/// Rule D4: stopping a risk needs no paperwork, so that nothing else may be had without it.
fn protective(name: &str, state: &State, path: &str, names: &mut Names) {
    let what = match (state.protective, state.closing, state.category) {
        (true, Some(_), _) => "closes a ticket",
        (true, _, Some(Category::Held)) => "hands something to a person",
        (true, _, Some(Category::Pending | Category::Stock)) => "makes something ready to be handed out",
        _ => return,
    };
    names.problem(
        "protective-unfit",
        format_args!("{path}/protective"),
        format!("`{name}` {what}, which never goes without its gate"),
        "mark only states that stop a risk",
    );
}

/// Rule D3. Nobody waits for an end to go on, so that it needs no main way.
fn main(workflow: &Workflow, name: &str, state: &State, path: &str, names: &mut Names) {
    let ways: Vec<String> = ways_on(workflow, name).map(|(to, _)| format!("`{to}`")).collect();
    let help = if ways.is_empty() { "leave it out: no way leads out".to_owned() } else { format!("one of {}", ways.join(", ")) };
    match &state.main {
        Some(main) if !ways_on(workflow, name).any(|(to, _)| to == main) => {
            names.problem("main-unfit", format_args!("{path}/main"), format!("no way leads from `{name}` on to `{main}`"), help);
        }
        None if ways.len() > 1 && !is_end(state) => {
            names.problem(
                "main-missing",
                path,
                format!("{} ways lead out of `{name}`, and none is the main one", ways.len()),
                format!("name it under `main`: {help}"),
            );
        }
        _ => {}
    }
}

fn closing(workflow: &Workflow, path: &str, names: &mut Names) {
    let closes = |state: &String| workflow.states.get(state).is_some_and(|state| state.closing.is_some());
    if let Some(state) = workflow.closes_in.as_ref().filter(|state| !closes(state)) {
        names.problem(
            "closing-default",
            format_args!("{path}/closes_in"),
            format!("`{state}` does not close anything"),
            "name a state that is `closing`",
        );
    }
    if workflow.sort == Sort::Tickets && !workflow.states.keys().any(closes) {
        names.problem(
            "no-closing-state",
            path,
            "no ticket of this workflow can ever close",
            "mark a state `closing`: fulfilled, cancelled or duplicate",
        );
    }
}

fn unreachable_states(workflow: &Workflow, path: &str, names: &mut Names) {
    let reached = reachable(workflow, None, |_, _, edge| !edge.correction);
    for name in workflow.states.keys().filter(|name| !reached.contains(name.as_str())) {
        let message = match workflow.edges().any(|(_, to, edge)| to == name && edge.correction) {
            true => format!("only corrections lead to `{name}`, and they lead back to where an item was"),
            false => format!("no way leads from a creation to `{name}`"),
        };
        names.problem("unreachable", pointer(&format!("{path}/states"), name), message, "declare a transition to it, or remove it");
    }
}

fn dead_ends(workflow: &Workflow, path: &str, names: &mut Names) {
    let open = |state: &&String| workflow.states.get(*state).is_some_and(|state| !is_end(state));
    let some_state_closes = workflow.states.values().any(|state| state.closing.is_some());
    for name in workflow.states.keys().filter(open) {
        let closes =
            || reachable(workflow, Some(name), |_, _, edge| !edge.correction).iter().any(|to| workflow.states.get(*to).is_some_and(is_end));
        let (message, help) = match workflow.sort {
            Sort::Assets if ways_on(workflow, name).next().is_none() => {
                (format!("no way leads out of `{name}`"), "declare one, or give it the category `gone`")
            }
            // A ticket that goes in circles can't be closed either. Where nothing closes at all, that is told once.
            Sort::Tickets if some_state_closes && !closes() => {
                (format!("no way leads from `{name}` to a closing state"), "declare one, or mark it `closing`")
            }
            Sort::Assets | Sort::Tickets => continue,
        };
        names.problem("dead-end", pointer(&format!("{path}/states"), name), message, help);
    }
}

/// Rule P1: the path that goes round is told, so that its author sees which transition opens it.
fn must_pass(workflow: &Workflow, path: &str, names: &mut Names) {
    for (index, rule) in workflow.must_pass.iter().enumerate() {
        if rule.pass == rule.before {
            continue;
        }
        if let Some(round) = path_round(workflow, rule.since.as_deref(), &rule.before, &rule.pass) {
            let start = if rule.since.is_none() { "nothing -> " } else { "" };
            let message = format!("a path goes round `{}`: {start}{}", rule.pass, round.join(" -> "));
            names.problem(
                "must-pass",
                pointer(&format!("{path}/must_pass"), &index.to_string()),
                message,
                "remove one of its transitions, or lead it through the state",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::policy::check::testing::{found, message, policy};

    const EDGE: fn() -> Value = || json!({"responsible": ["desk", "stores"], "accountable": "lead"});

    fn device(change: impl FnOnce(&mut Value)) -> Value {
        let mut policy = policy();
        change(&mut policy["workflows"]["device"]);
        policy
    }

    fn leaver(change: impl FnOnce(&mut Value)) -> Value {
        let mut policy = policy();
        change(&mut policy["workflows"]["leaver"]);
        policy
    }

    fn without(value: &mut Value, key: &str) {
        value.as_object_mut().unwrap().remove(key);
    }

    #[test]
    fn states_say_where_an_item_stands() {
        assert_eq!(
            found(&device(|device| without(&mut device["states"]["ready"], "category"))),
            "category-missing /workflows/device/states/ready"
        );
        assert_eq!(
            found(&device(|device| device["states"]["retired"]["closing"] = json!("fulfilled"))),
            "category-unfit /workflows/device/states/retired/closing"
        );
        assert_eq!(
            found(&leaver(|leaver| leaver["states"]["open"]["category"] = json!("stock"))),
            "category-unfit /workflows/leaver/states/open/category"
        );
    }

    #[test]
    fn a_protective_state_hands_nothing_out() {
        assert_eq!(
            found(&device(|device| device["states"]["issued"]["protective"] = json!(true))),
            "protective-unfit /workflows/device/states/issued/protective"
        );
        assert_eq!(
            found(&leaver(|leaver| leaver["states"]["stays"]["protective"] = json!(true))),
            "protective-unfit /workflows/leaver/states/stays/protective"
        );
    }

    #[test]
    fn several_ways_have_a_main_one() {
        assert_eq!(
            found(&device(|device| without(&mut device["states"]["returned"], "main"))),
            "main-missing /workflows/device/states/returned"
        );
        // A correction is no way on.
        assert_eq!(found(&device(|device| without(&mut device["states"]["ready"], "main"))), "");
        assert_eq!(
            found(&device(|device| device["states"]["ready"]["main"] = json!("received"))),
            "main-unfit /workflows/device/states/ready/main"
        );
    }

    #[test]
    fn a_workflow_begins_and_closes() {
        assert_eq!(found(&leaver(|leaver| without(&mut leaver["transitions"], "-> open"))), "no-initial-state /workflows/leaver");
        assert_eq!(found(&leaver(|leaver| leaver["closes_in"] = json!("open"))), "closing-default /workflows/leaver/closes_in");
        let nothing_closes = leaver(|leaver| {
            without(leaver, "closes_in");
            without(&mut leaver["states"]["done"], "closing");
            without(&mut leaver["states"]["stays"], "closing");
        });
        assert_eq!(found(&nothing_closes), "no-closing-state /workflows/leaver");
    }

    #[test]
    fn every_state_is_reached() {
        assert_eq!(
            found(&device(|device| device["states"]["limbo"] = json!({"category": "gone"}))),
            "unreachable /workflows/device/states/limbo"
        );
    }

    #[test]
    fn every_state_but_an_end_leads_on() {
        let stuck = device(|device| {
            device["states"]["stuck"] = json!({"category": "stock"});
            device["transitions"]["ready -> stuck"] = EDGE();
        });
        assert_eq!(found(&stuck), "dead-end /workflows/device/states/stuck");
        let circle = leaver(|leaver| {
            leaver["states"]["a"] = json!({});
            leaver["states"]["b"] = json!({});
            leaver["transitions"]["open, b -> a"] = EDGE();
            leaver["transitions"]["a -> b"] = EDGE();
        });
        assert_eq!(found(&circle), "dead-end /workflows/leaver/states/a, dead-end /workflows/leaver/states/b");
    }

    #[test]
    fn the_path_round_is_told() {
        let round = device(|device| device["transitions"]["received -> issued"] = EDGE());
        assert_eq!(found(&round), "must-pass /workflows/device/must_pass/0");
        assert_eq!(message(&round, "must-pass"), "a path goes round `ready`: nothing -> received -> issued");
    }

    #[test]
    fn a_demanded_gate_is_there() {
        let policy = device(|device| device["gates_required"] = json!(true));
        let states = ["issued", "retired", "returned"].map(|state| format!("gate-missing /workflows/device/states/{state}"));
        assert_eq!(found(&policy), states.join(", "));
    }

    #[test]
    fn a_stay_takes_time() {
        assert_eq!(
            found(&device(|device| device["states"]["ready"]["longest_stay"] = json!({"working_days": 0}))),
            "duration-range /workflows/device/states/ready/longest_stay"
        );
    }
}
