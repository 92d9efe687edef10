//! The ways through a workflow: what can be reached, what lies on every way, and a way round a state.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Edge, Workflow};

/// The most states that a workflow may have: what lies on every way takes time and room that grow with their square.
pub(super) const STATES: usize = 256;

/// Marks for every state the states that lie on every way to it from a creation, itself included. Corrections are ways like any others
/// here: an imported baseline vouches for these states, so that none may be among them that some way leaves out.
pub(super) fn mark_dominators(workflow: &mut Workflow) {
    // Loading refuses such a workflow; until then it must not be worked on.
    if workflow.states.len() > STATES {
        return;
    }
    let ways = Ways::of(workflow);
    let back: Vec<usize> = workflow.states.values().enumerate().filter(|(_, state)| state.is_back()).map(|(index, _)| index).collect();
    let (ever, fresh) = (ways.dominators(&[]), ways.dominators(&back));
    let names: Vec<String> = workflow.states.keys().cloned().collect();
    let named = |indices: Vec<usize>| indices.into_iter().filter_map(|index| names.get(index).cloned()).collect();
    for ((state, ever), fresh) in workflow.states.values_mut().zip(ever).zip(fresh) {
        state.dominators = named(ever);
        state.fresh_dominators = named(fresh);
    }
}

/// The ways by the states' places among their names: each state is left out once, and names would be compared over and over.
struct Ways {
    /// Where an item may begin.
    starts: Vec<usize>,
    /// Where each state leads.
    next: Vec<Vec<usize>>,
}

impl Ways {
    fn of(workflow: &Workflow) -> Self {
        let places: BTreeMap<&str, usize> = workflow.states.keys().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
        let next = |from: Option<&str>| workflow.next(from).filter_map(|(to, _)| places.get(to).copied()).collect();
        Self { starts: next(None), next: workflow.states.keys().map(|name| next(Some(name))).collect() }
    }

    /// Which states are reached from a creation, or from one of these, without one that is left out.
    fn reached(&self, sources: &[usize], without: Option<usize>) -> Vec<bool> {
        let mut reached = vec![false; self.next.len()];
        let leads_to = |from: usize| self.next.get(from).into_iter().flatten();
        let mut open: Vec<usize> = sources.iter().flat_map(|source| leads_to(*source)).chain(&self.starts).copied().collect();
        while let Some(at) = open.pop() {
            if let Some(seen) = reached.get_mut(at).filter(|seen| !**seen && Some(at) != without) {
                *seen = true;
                open.extend(leads_to(at));
            }
        }
        reached
    }

    /// For each state the states that lie on every way to it from a creation, or from one of these; in order.
    fn dominators(&self, sources: &[usize]) -> Vec<Vec<usize>> {
        let reached = self.reached(sources, None);
        let mut all: Vec<Vec<usize>> = vec![Vec::new(); self.next.len()];
        for (gate, is_reached) in reached.iter().enumerate() {
            // What is no longer reached without a state has that state on every way to it.
            let without = if *is_reached { self.reached(sources, Some(gate)) } else { reached.clone() };
            for (state, dominators) in all.iter_mut().enumerate() {
                let was = reached.get(state) == Some(&true);
                if state == gate || (was && without.get(state) == Some(&false)) {
                    dominators.push(gate);
                }
            }
        }
        all
    }
}

/// The states that are reached by one way or more over the edges that count, from a state or from nothing. The start is among them only
/// where a way leads back to it.
pub(super) fn reachable<'a>(
    workflow: &'a Workflow,
    from: Option<&'a str>,
    counts: impl Fn(Option<&str>, &str, &Edge) -> bool,
) -> BTreeSet<&'a str> {
    let mut open = vec![from];
    let mut reached = BTreeSet::new();
    while let Some(at) = open.pop() {
        for (to, edge) in workflow.next(at) {
            if counts(at, to, edge) && reached.insert(to) {
                open.push(Some(to));
            }
        }
    }
    reached
}

/// Whether a correction leads back to a state that the item was in before, whichever way it came. Such a one undoes: the history is cut
/// back to that state, and what is left of it is a way that the item could have come without the detour.
pub(super) fn undoes(workflow: &Workflow, from: Option<&str>, to: &str, edge: &Edge) -> bool {
    let source = from.and_then(|from| workflow.states.get(from));
    edge.correction && source.is_some_and(|source| source.dominators.iter().any(|state| state == to))
}

/// The shortest way from a state, or from a creation, to a state that leaves another one out; the first of them by name.
///
/// A correction that undoes is no way: on it the item gains nothing, it stands where it stood before. Any other correction may lead to a state
/// that the item was never in, and so past everything before it: that one counts as the edge that it is. The dominators have to be marked.
pub(super) fn path_round(workflow: &Workflow, from: Option<&str>, to: &str, avoid: &str) -> Option<Vec<String>> {
    let start = from.map(str::to_owned);
    let mut came_from: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    let mut open: VecDeque<Option<&str>> = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        for (next, edge) in workflow.next(at) {
            if next == avoid || undoes(workflow, at, next, edge) || came_from.contains_key(next) {
                continue;
            }
            came_from.insert(next, at);
            if next == to {
                return Some(walk_back(&came_from, to, start));
            }
            open.push_back(Some(next));
        }
    }
    None
}

fn walk_back(came_from: &BTreeMap<&str, Option<&str>>, to: &str, start: Option<String>) -> Vec<String> {
    let mut path = vec![to.to_owned()];
    let mut at = came_from.get(to).copied().flatten();
    // A way holds each state once, the start perhaps twice; so this ends.
    while let Some(state) = at.filter(|state| start.as_deref() != Some(state)) {
        path.push(state.to_owned());
        at = came_from.get(state).copied().flatten();
    }
    path.extend(start);
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::path_round;
    use crate::policy::{Policy, Workflow};

    /// A workflow of these transitions, the last state gone; corrections have a `!` in front.
    fn workflow(transitions: &[&str]) -> Workflow {
        let mut states = serde_json::Map::new();
        let mut edges = serde_json::Map::new();
        for transition in transitions {
            let (correction, key) = transition.strip_prefix('!').map_or((false, *transition), |key| (true, key));
            let (from, to) = key.split_once("->").unwrap();
            for state in from.split(',').chain([to]).map(str::trim).filter(|state| !state.is_empty()) {
                states.insert(state.to_owned(), json!({"category": "gone", "main": first(transitions, state)}));
            }
            let requirements: Vec<Value> = if correction { vec!["second".into()] } else { Vec::new() };
            let edge = json!({"responsible": ["clerk"], "accountable": "clerk", "correction": correction, "requirements": requirements});
            edges.insert(key.to_owned(), edge);
        }
        let policy = json!({
            "format": 1, "name": "test", "version": "1",
            "roles": {"clerk": {"title": "Clerk"}},
            "classes": {"hardware": {"title": "Hardware"}},
            "kinds": {"laptop": {"title": "Laptop", "class": "hardware", "identified_by": "serial"}},
            "checks": {"second": {"title": "Confirmed"}},
            "sops": {"S": {"title": "S", "owner": "clerk", "reviewed_at": "2026-01-01", "steps": []}},
            "requirements": {"second": {"evidence": "second", "other_than": {"actor": true}}},
            "workflows": {"w": {"title": "W", "assets": ["laptop"], "states": states, "transitions": edges}},
        });
        Policy::load(&policy.to_string()).unwrap().workflows.swap_remove("w").unwrap()
    }

    fn first(transitions: &[&str], state: &str) -> Option<String> {
        let ways = transitions.iter().filter(|key| !key.starts_with('!')).filter_map(|key| key.split_once("->"));
        let mut ways = ways.filter(|(from, _)| from.split(',').any(|from| from.trim() == state));
        ways.next().map(|(_, to)| to.trim().to_owned())
    }

    fn dominators(workflow: &Workflow, state: &str) -> String {
        workflow.states[state].dominators.join(" ")
    }

    fn round(workflow: &Workflow, from: Option<&str>, to: &str, avoid: &str) -> String {
        path_round(workflow, from, to, avoid).map(|path| path.join(" ")).unwrap_or_default()
    }

    #[test]
    fn dominators_lie_on_every_way() {
        let workflow = workflow(&["-> a", "a -> b", "a -> c", "b -> d", "c -> d", "d -> a"]);
        assert_eq!(dominators(&workflow, "a"), "a");
        assert_eq!(dominators(&workflow, "b"), "a b");
        assert_eq!(dominators(&workflow, "d"), "a d");
    }

    #[test]
    fn a_second_creation_is_a_way_of_its_own() {
        let workflow = workflow(&["-> a", "-> b", "a -> b"]);
        assert_eq!(dominators(&workflow, "b"), "b");
        assert_eq!(round(&workflow, None, "b", "a"), "b");
    }

    #[test]
    fn a_way_round_is_the_shortest() {
        let workflow = workflow(&["-> a", "a -> b", "b -> e", "a -> c", "c -> d", "d -> e", "c -> e"]);
        assert_eq!(round(&workflow, None, "e", "b"), "a c e");
        assert_eq!(round(&workflow, Some("b"), "e", "a"), "b e");
        assert_eq!(round(&workflow, None, "e", "a"), "");
    }

    #[test]
    fn a_way_may_lead_back_to_its_start() {
        let workflow = workflow(&["-> a", "a -> b", "b -> c", "c -> a", "b -> a"]);
        assert_eq!(round(&workflow, Some("a"), "a", "c"), "a b a");
        assert_eq!(round(&workflow, Some("a"), "a", "b"), "");
    }

    #[test]
    fn a_correction_that_undoes_leads_round_nothing() {
        // Lost by mistake, and back to where it was: it was never lost, so that nothing has to be wiped.
        let workflow = workflow(&[
            "-> stock",
            "stock -> issued",
            "issued -> lost",
            "lost -> wiped",
            "wiped -> stock",
            "!lost -> issued",
            "issued -> stock",
        ]);
        assert_eq!(round(&workflow, Some("lost"), "stock", "wiped"), "");
    }

    #[test]
    fn a_correction_to_where_the_item_never_was_leads_round() {
        let workflow = workflow(&["-> stock", "stock -> wiped", "wiped -> issued", "stock -> lost", "issued -> lost", "!lost -> issued"]);
        assert_eq!(round(&workflow, None, "issued", "wiped"), "stock lost issued");
    }
}
