//! A ticket as it has to stand for its closing gate to be asked: open.

use crate::case::Setting;
use crate::facts::{Fact, Facts, Ticket};
use crate::policy::Workflow;

/// A ticket that is closed as it stood before that, with the state in which it closed.
pub(super) fn closing<'a>(setting: &Setting<'a>, ticket: &Ticket) -> Option<(Ticket, &'a str)> {
    let workflow = setting.policy.ticket_workflow(ticket.kind.text()?)?;
    let (state, told) = workflow.state(ticket.state.text()?)?;
    told.closing?;
    let is_open = |name: &str| workflow.states.get(name).is_some_and(|state| state.closing.is_none());
    let is_closing = |to: &str| workflow.state(to).is_some_and(|(name, _)| name == state);
    let mut before = ticket.clone();
    let mut left = None;
    if let Fact::Known(history) = &mut before.history
        && let Some(last) = history.iter().rposition(|entry| is_closing(&entry.to))
    {
        left = history.remove(last).from.text().and_then(|from| workflow.state(from)).map(|(name, _)| name);
    }
    // What was imported as closed has no history that tells where it stood.
    if before.baseline.value().is_some_and(|baseline| is_closing(&baseline.state)) {
        before.baseline = Fact::Unknown;
    }
    before.state = Fact::Known(left.filter(|from| is_open(from)).or_else(|| way_in(workflow, state))?.to_owned());
    Some((before, state))
}

/// A ticket that is to be opened, as it will stand before it closes in the usual way.
pub(super) fn opened(setting: &Setting<'_>, ticket: &Ticket) -> Option<Ticket> {
    let workflow = setting.policy.ticket_workflow(ticket.kind.text()?)?;
    let last = workflow.closes_in.as_deref().and_then(|to| way_in(workflow, to));
    let state = last.or_else(|| workflow.next(None).next().map(|(state, _)| state))?;
    Some(Ticket { state: Fact::Known(state.to_owned()), ..ticket.clone() })
}

/// An open state from which a way leads to a closing one.
fn way_in<'a>(workflow: &'a Workflow, closing: &str) -> Option<&'a str> {
    let is_open = |name: &&str| workflow.states.get(*name).is_some_and(|state| state.closing.is_none());
    workflow.edges().find_map(|(from, to, _)| from.filter(is_open).filter(|_| to == closing))
}

/// The same facts with another record of one ticket.
pub(super) fn with(facts: &Facts, ticket: Ticket) -> Facts {
    let mut document = facts.document().clone();
    if let Fact::Known(tickets) = &mut document.tickets {
        tickets.retain(|other| other.id != ticket.id);
        tickets.push(ticket);
    }
    Facts::new(document)
}
