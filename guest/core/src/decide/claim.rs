//! What is to be said of an item as it stands, without a step and without an actor: what audits ask.

use super::finding::in_order;
use super::place::{Place, Position, Target};
use super::{Draft, Way, judge};
use crate::case::{Behind, Case, Setting};
use crate::decision::{Decision, Finding, Item, Question, Step};
use crate::forms::assets;
use crate::history::History;
use crate::policy::{Edge, Workflow};

/// How far the present state of an item is looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Whether it is known, and what the history tells.
    History,
    /// That, and whether what has to hold all the time does (rule R4).
    Kept,
    /// That, and whether its gate would let the item in today.
    Gate,
}

/// What is to be said of an item as it stands: blocking ones first, each once.
#[derive(Debug, Default)]
pub(crate) struct Claim {
    /// Why it can't be told where the item stands: there is not exactly one record, or its kind or state is unknown.
    pub findings: Vec<Finding>,
    /// What is wrong with its history, and what is odd about it.
    pub history: Vec<Finding>,
    /// What the gate of the present state demands, and what is kept from gates behind it, and is not met now (rule R4).
    pub unsupported: Vec<Finding>,
}

/// What is to be said of an item as it stands. The gate of its state is judged as for an item that comes into it now, whatever way it came.
pub(crate) fn claim(setting: Setting<'_>, item: &Item, reach: Reach) -> Claim {
    let mut draft = Draft::new(setting, item);
    let (mut case, Position { workflow, present }) = match draft.locate() {
        Some(Place::Asset(asset, position)) => (Case::asset(setting, asset, Behind::None), position),
        Some(Place::Ticket(ticket, position)) => (Case::ticket(setting, ticket), position),
        // The gate of its ticket judges a task.
        Some(Place::Task(..)) | None => return Claim { findings: in_order(draft.findings), ..Claim::default() },
    };
    let history = case.history();
    // Where no way leads on, those take care of the item who brought it there.
    if let (None, Some(edge)) = (draft.accountable, present.and_then(|present| way_in(workflow, &history, present))) {
        draft.accountable = Some(&edge.accountable);
        draft.responsible = &edge.responsible;
    }
    draft.history(&case, &history);
    let told = in_order(std::mem::take(&mut draft.findings));
    if let (Reach::Kept | Reach::Gate, Some((name, state))) = (reach, present.and_then(|present| workflow.state(present))) {
        if let Item::Asset(id) = item {
            case.behind = assets::behind(&setting, id, &[], None);
        }
        draft.way = Some(Way {
            to: name.to_owned(),
            responsible: draft.responsible,
            accountable: draft.accountable,
            protective: state.protective,
            closing: state.closing,
            ..Way::default()
        });
        let target = Target { workflow, name, state };
        match reach {
            Reach::Gate => draft.demands(&case, &target, &history, None),
            Reach::Kept | Reach::History => draft.keeps(&case, &target, &history),
        }
    }
    Claim { findings: Vec::new(), history: told, unsupported: in_order(draft.findings) }
}

/// The edge on which an item came into its present state: the one that its history tells, else the first that leads there.
fn way_in<'a>(workflow: &'a Workflow, history: &History<'a>, present: &str) -> Option<&'a Edge> {
    let mut back = history.passages.iter().rev();
    let told = back.next().filter(|last| last.state == present);
    let told = told.and_then(|_| workflow.edge(back.next().map(|before| before.state).or(history.begins), present));
    let first = || workflow.edges().find(|(_, to, edge)| *to == present && !edge.correction).map(|(.., edge)| edge);
    told.or_else(first)
}

/// The decision for the main way on from where an item stands; none where it is not known where that is, or no main way leads on.
pub(crate) fn onward(setting: Setting<'_>, item: &Item) -> Option<Decision> {
    let (workflow, state) = match item {
        Item::Asset(id) => setting.asset_state(setting.facts.asset(id).found()?)?,
        Item::Ticket(id) => setting.ticket_state(setting.facts.ticket(id).found()?)?,
        Item::Task { .. } => return None,
    };
    let (to, _) = workflow.main(state)?;
    Some(judge(setting, &Question { item: item.clone(), step: Step::Transition(to.to_owned()), ticket: None }))
}
