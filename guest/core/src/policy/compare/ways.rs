//! Workflows: ways that open, states that stop demanding, and who may act.

use std::collections::{BTreeMap, BTreeSet};

use super::demands::lost_uses;
use super::{Report, Sides, missing_in, quoted, shown};
use crate::policy::document::{MustPass, Stay};
use crate::policy::graph::path_round;
use crate::policy::{Edge, Policy, Sort, State, Workflow};
use crate::problem::pointer;

const SETTING: &str = "laxer-setting";
const DEMAND: &str = "laxer-requirement";
const WAY: &str = "laxer-edge";

/// A workflow in both policies, with its place in each.
struct Pair<'a> {
    sides: Sides<'a>,
    old: &'a Workflow,
    new: &'a Workflow,
    old_path: String,
    path: String,
}

pub(super) fn workflows(sides: Sides<'_>, report: &mut Report) {
    for (name, old) in &sides.old.workflows {
        moved(sides.new, name, old, report);
        let Some(now) = successor(sides.new, name, old) else { continue };
        let Some(new) = sides.new.workflows.get(now) else { continue };
        let pair = Pair { sides, old, new, old_path: pointer("/workflows", name), path: pointer("/workflows", now) };
        workflow(&pair, report);
    }
}

/// Where items of the old workflow are now: under its name, or else wherever its kinds went.
fn successor<'a>(new: &'a Policy, name: &'a str, old: &Workflow) -> Option<&'a str> {
    match new.workflows.get(name) {
        Some(workflow) if workflow.sort == old.sort => Some(name),
        _ => old.kinds.iter().find_map(|kind| workflow_of(new, old.sort, kind)),
    }
}

fn workflow_of<'a>(policy: &'a Policy, sort: Sort, kind: &str) -> Option<&'a str> {
    let workflows = if sort == Sort::Assets { &policy.asset_workflows } else { &policy.ticket_workflows };
    workflows.get(kind).map(String::as_str)
}

/// A kind that left its workflow while that one is still there: what guarded it there is not what guards it now.
fn moved(new: &Policy, name: &str, old: &Workflow, report: &mut Report) {
    for kind in &old.kinds {
        let Some(now) = workflow_of(new, old.sort, kind).filter(|now| *now != name && new.workflows.contains_key(name)) else { continue };
        let list = if old.sort == Sort::Assets { "assets" } else { "tickets" };
        report.add(WAY, &format!("{}/{list}", pointer("/workflows", now)), format!("`{kind}` moved here from the workflow `{name}`"));
    }
}

fn workflow(pair: &Pair<'_>, report: &mut Report) {
    let (old, new, path) = (pair.old, pair.new, pair.path.as_str());
    report.switched_off(SETTING, path, "gates_required", old.gates_required, new.gates_required);
    let closes_in = old.closes_in.as_deref().map(|state| pair.renamed(state));
    if new.closes_in.is_some() {
        report.changed(SETTING, path, "closes_in", &closes_in, &new.closes_in.as_deref());
    }
    for rule in old.must_pass.iter().filter(|rule| !new.must_pass.contains(&pair.renamed_rule(rule))) {
        let since = rule.since.as_ref().map(|since| format!(" since `{since}`")).unwrap_or_default();
        report.add(
            SETTING,
            &format!("{path}/must_pass"),
            format!("nothing checks any more that `{}` comes before `{}`{since}", rule.pass, rule.before),
        );
    }
    for (name, before) in &old.states {
        let now = pair.renamed(name);
        if let Some(state) = new.states.get(now) {
            self::state(pair, name, before, now, state, report);
        }
    }
    gates_gone_round(pair, report);
    edges(pair, report);
}

impl<'a> Pair<'a> {
    /// What a state of the old workflow is called in the new one.
    fn renamed(&self, state: &'a str) -> &'a str {
        match self.new.states.contains_key(state) {
            true => state,
            false => self.new.renamed.get(state).map_or(state, String::as_str),
        }
    }

    fn renamed_rule(&self, rule: &'a MustPass) -> MustPass {
        let renamed = |state: &'a String| self.renamed(state).to_owned();
        MustPass { before: renamed(&rule.before), pass: renamed(&rule.pass), since: rule.since.as_ref().map(renamed) }
    }

    fn state_path(&self, state: &str) -> String {
        pointer(&format!("{}/states", self.path), state)
    }
}

fn state(pair: &Pair<'_>, old_name: &str, old: &State, name: &str, new: &State, report: &mut Report) {
    let path = pair.state_path(name);
    let old_gate = format!("{}/gate", pointer(&format!("{}/states", pair.old_path), old_name));
    for lost in lost_uses(pair.sides, &old_gate, &format!("{path}/gate")) {
        report.add(DEMAND, &lost.path, lost.message);
    }
    report.switched_on(WAY, &path, "protective", old.protective, new.protective);
    report.changed(SETTING, &path, "category", &old.category, &new.category);
    report.changed(SETTING, &path, "closing", &old.closing, &new.closing);
    report.grown(WAY, &path, "exits", &old.exits, &new.exits);
    if stays_longer(old.longest_stay, new.longest_stay) {
        report.add(
            SETTING,
            &format!("{path}/longest_stay"),
            format!("`longest_stay` {} → {}", shown(&old.longest_stay), shown(&new.longest_stay)),
        );
    }
}

/// Whether an item may stay longer, or perhaps: days and working days don't compare.
fn stays_longer(old: Option<Stay>, new: Option<Stay>) -> bool {
    match (old, new) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(Stay::Elapsed(old)), Some(Stay::Elapsed(new))) => new > old,
        (Some(Stay::WorkingDays { working_days: old }), Some(Stay::WorkingDays { working_days: new })) => new > old,
        (Some(_), Some(_)) => true,
    }
}

/// States with a gate that lay on every way to another, and no longer do.
fn gates_gone_round(pair: &Pair<'_>, report: &mut Report) {
    let mut removed: BTreeMap<&str, &str> = BTreeMap::new();
    let mut opened: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, before) in &pair.old.states {
        let name = pair.renamed(name);
        let Some(now) = pair.new.states.get(name) else { continue };
        for gate in &before.dominators {
            let guards = |workflow: &Workflow, state: &str| workflow.states.get(state).is_some_and(|state| !state.gate.is_empty());
            let kept = pair.renamed(gate);
            if !pair.new.states.contains_key(kept) {
                if guards(pair.old, gate) {
                    removed.entry(gate).or_insert(name);
                }
            } else if !now.dominators.iter().any(|state| state == kept) && (guards(pair.new, kept) || guards(pair.old, gate)) {
                opened.entry(kept).or_default().insert(name);
            }
        }
    }
    for (gate, states) in &opened {
        for name in states {
            let round = path_round(pair.new, None, name, gate).unwrap_or_default();
            // What lies behind the state to which the way leads first is not told again.
            if round.iter().any(|state| state != name && states.contains(state.as_str())) {
                continue;
            }
            let message = format!("a way leads to `{name}` past the gate of `{gate}` now: nothing -> {}", round.join(" -> "));
            report.add(WAY, &pair.state_path(name), message);
        }
    }
    for (gate, name) in removed {
        let path = pointer(&format!("{}/states", pair.old_path), gate);
        report.add(WAY, &path, format!("`{gate}` is gone, whose gate lay on every way to `{name}`"));
    }
}

fn edges(pair: &Pair<'_>, report: &mut Report) {
    let before: BTreeMap<(Option<&str>, &str), &Edge> =
        pair.old.edges().map(|(from, to, edge)| ((from.map(|from| pair.renamed(from)), pair.renamed(to)), edge)).collect();
    // Ways that are written as one are told as one.
    let mut opened: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to, edge) in pair.new.edges() {
        match before.get(&(from, to)) {
            Some(old) => self::edge(pair, old, edge, report),
            None => opened.entry(&edge.path).or_default().push(from.unwrap_or("nothing")),
        }
    }
    for (path, from) in opened {
        report.add(WAY, path, format!("a new way, from {}", quoted(&from)));
    }
}

fn edge(pair: &Pair<'_>, old: &Edge, new: &Edge, report: &mut Report) {
    let path = new.path.as_str();
    for lost in lost_uses(pair.sides, &format!("{}/requirements", old.path), &format!("{path}/requirements")) {
        report.add(DEMAND, &lost.path, lost.message);
    }
    // Whoever answers for a step may take it too.
    let actors = |edge: &Edge| [edge.responsible.as_slice(), std::slice::from_ref(&edge.accountable)].concat();
    let (before, now) = (actors(old), actors(new));
    let added = missing_in(&now, &before);
    if !added.is_empty() {
        report.add(WAY, path, format!("{} may act now", quoted(&added)));
    }
    report.switched_on(WAY, path, "automation", old.automation, new.automation);
    report.switched_on(WAY, path, "self_service", old.self_service, new.self_service);
    report.switched_on(WAY, path, "changes_identity", old.changes_identity, new.changes_identity);
    // What a correction undoes has to be checked anew; another transition leaves it.
    report.switched_off(WAY, path, "correction", old.correction, new.correction);
    let added: Vec<String> = new.link_roles.iter().filter(|role| !old.link_roles.contains(role)).map(ToString::to_string).collect();
    if !old.link_roles.is_empty() && (new.link_roles.is_empty() || !added.is_empty()) {
        let also = if new.link_roles.is_empty() { "any".to_owned() } else { added.join(", ") };
        report.add(WAY, &format!("{path}/link_roles"), format!("a ticket counts that links the asset in the role {also}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::policy::compare::testing::{NOTHING, laxer, laxer_after};

    fn device(change: impl FnOnce(&mut Value)) -> Vec<String> {
        laxer(|policy| change(&mut policy["workflows"]["device"]))
    }

    #[test]
    fn a_way_round_a_gate_is_told() {
        let told = device(|device| {
            device["transitions"]["received -> issued"] = json!({"responsible": ["desk", "stores"], "accountable": "lead"});
            device["states"]["received"]["longest_stay"] = json!("P2D");
            device["must_pass"] = json!([]);
        });
        let expected = [
            "laxer-setting /workflows/device/must_pass: nothing checks any more that `ready` comes before `issued`",
            "laxer-edge /workflows/device/states/issued: a way leads to `issued` past the gate of `ready` now: nothing -> received -> issued",
            "laxer-edge /workflows/device/transitions/received -> issued: a new way, from `received`",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn more_people_and_programs_act() {
        let told = device(|device| {
            let edge = &mut device["transitions"]["returned -> ready"];
            *edge = json!({"responsible": ["stores", "desk"], "accountable": "lead", "self_service": true, "changes_identity": true});
        });
        let at = "laxer-edge /workflows/device/transitions/returned -> ready";
        let expected = [
            format!("{at}: `desk` may act now"),
            format!("{at}/changes_identity: `changes_identity` false → true"),
            format!("{at}/self_service: `self_service` false → true"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn link_roles_widen() {
        let roles =
            |roles: Value| move |policy: &mut Value| policy["workflows"]["device"]["transitions"]["ready -> issued"]["link_roles"] = roles;
        let at = "laxer-edge /workflows/device/transitions/ready -> issued/link_roles: a ticket counts that links the asset in the role";
        assert_eq!(laxer_after(roles(json!(["issue"])), roles(json!([]))), [format!("{at} any")]);
        assert_eq!(laxer_after(roles(json!(["issue"])), roles(json!(["loan", "issue"]))), [format!("{at} loan")]);
        assert_eq!(laxer_after(roles(json!([])), roles(json!(["issue"]))), NOTHING);
    }

    #[test]
    fn states_demand_less() {
        let told = device(|device| {
            device["states"]["ready"]["longest_stay"] = json!({"working_days": 2});
            device["states"]["retired"]["protective"] = json!(true);
            device["states"]["received"]["gate"] = json!([{"owner": "none"}]);
            device["states"]["ready"]["gate"] = json!(["encrypted", "scanned"]);
        });
        let expected = [
            "laxer-setting /workflows/device/states/ready/longest_stay: `longest_stay` P2D → {\"working_days\":2}",
            "laxer-requirement /workflows/device/states/received/gate: `scanned` is no longer required",
            "laxer-edge /workflows/device/states/retired/protective: `protective` false → true",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_renamed_state_is_the_same() {
        let rename = |device: &mut Value| {
            let text = device
                .to_string()
                .replace("\"ready\"", "\"prepared\"")
                .replace("ready ->", "prepared ->")
                .replace("-> ready", "-> prepared");
            *device = serde_json::from_str(&text).unwrap();
            device["states"]["prepared"]["renamed_from"] = json!(["ready"]);
        };
        assert_eq!(device(rename), NOTHING);
    }

    #[test]
    fn a_state_that_guarded_is_missed() {
        let told = device(|device| {
            for key in ["received -> ready", "ready -> issued", "ready -> received", "returned -> ready"] {
                device["transitions"].as_object_mut().unwrap().remove(key);
            }
            device["states"].as_object_mut().unwrap().remove("ready");
            device["states"]["received"]["main"] = json!("issued");
            device["states"]["returned"]["main"] = json!("retired");
            device["must_pass"] = json!([]);
            device["transitions"]["received -> issued"] = json!({"responsible": ["desk", "stores"], "accountable": "lead"});
        });
        assert!(
            told.contains(
                &"laxer-edge /workflows/device/states/ready: `ready` is gone, whose gate lay on every way to `issued`".to_owned()
            ),
            "{told:?}"
        );
    }

    #[test]
    fn a_kind_moves() {
        let told = laxer(|policy| {
            policy["kinds"]["phone"] = json!({"title": "Phone", "class": "hardware", "identified_by": "serial"});
            let mut other = policy["workflows"]["device"].clone();
            other["assets"] = json!(["laptop"]);
            policy["workflows"]["device"]["assets"] = json!(["phone"]);
            policy["workflows"]["other"] = other;
        });
        assert_eq!(told, ["laxer-edge /workflows/other/assets: `laptop` moved here from the workflow `device`"]);
        // Under another name it is the same workflow.
        let renamed = laxer(|policy| {
            let workflows = policy["workflows"].as_object_mut().unwrap();
            let device = workflows.remove("device").unwrap();
            workflows.insert("machine".to_owned(), device);
        });
        assert_eq!(renamed, NOTHING);
    }
}
