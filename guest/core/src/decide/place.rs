//! Where an item stands, and the way that a question asks for.

use super::{Draft, Way};
use crate::case::{Behind, Case, Thing};
use crate::code::Code;
use crate::decision::{Item, Question, Step};
use crate::facts::{Asset, Fact, Lookup, Ticket};
use crate::forms::{FoundTask, find_task};
use crate::outcome::{Gap, NOT_RECORDED};
use crate::policy::document::Category;
use crate::policy::{Edge, Sort, State, Workflow};
use crate::problem;
use crate::time::Time;

/// Where an item stands, as far as its next states follow from it.
pub(super) enum Place<'a> {
    Asset(&'a Asset, Position<'a>),
    Ticket(&'a Ticket, Position<'a>),
    Task(&'a Ticket, FoundTask<'a>),
}

/// A place in a workflow; before its creation an item is in no state.
#[derive(Clone, Copy)]
pub(super) struct Position<'a> {
    pub workflow: &'a Workflow,
    pub present: Option<&'a str>,
}

/// A state whose gate is judged: one that a step leads to, or that an item is in.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub workflow: &'a Workflow,
    pub name: &'a str,
    pub state: &'a State,
}

/// An edge with the state that it leads to.
pub(super) struct Passage<'a> {
    pub target: Target<'a>,
    pub edge: &'a Edge,
}

impl<'a> Draft<'a> {
    /// Where the item stands, and with it its next states; none, with the reason told, where that is not known.
    pub(super) fn locate(&mut self) -> Option<Place<'a>> {
        let setting = self.setting;
        match self.item.clone() {
            Item::Asset(id) => {
                let asset = self.find(setting.facts.asset(&id))?;
                self.record_version = record_version(&asset.version, &asset.updated_at);
                let position = self.position(&Case::asset(setting, asset, Behind::None))?;
                Some(Place::Asset(asset, position))
            }
            Item::Ticket(id) => {
                let ticket = self.find(setting.facts.ticket(&id))?;
                self.record_version = record_version(&ticket.version, &ticket.updated_at);
                let position = self.position(&Case::ticket(setting, ticket))?;
                Some(Place::Ticket(ticket, position))
            }
            Item::Task { ticket: id, task } => {
                let ticket = self.find(setting.facts.ticket(&id))?;
                self.record_version = record_version(&ticket.version, &ticket.updated_at);
                let Some(found) = find_task(&setting, ticket, &task) else {
                    let path = problem::pointer(&Case::ticket(setting, ticket).path("tasks"), &task);
                    self.refuse(
                        Gap::wrong(Code::UnknownItem, format!("the ticket has no task `{task}`, and none is expected of it"))
                            .at(path)
                            .found(NOT_RECORDED),
                    );
                    return None;
                };
                if found.is_open() {
                    self.next = found.ways();
                }
                Some(Place::Task(ticket, found))
            }
        }
    }

    /// The one record of the item; none, with the reason told, where there is none or several.
    fn find<T>(&mut self, lookup: Lookup<'a, T>) -> Option<&'a T> {
        let item = &self.item;
        let gap = match lookup {
            Lookup::Found(record) => return Some(record),
            Lookup::Ambiguous => Gap::wrong(Code::DuplicateItem, format!("several records are called {item}")).expected("one record"),
            Lookup::Missing => Gap::wrong(Code::UnknownItem, format!("the facts hold no {item}")).found(NOT_RECORDED),
        };
        self.refuse(gap);
        None
    }

    /// Where the item stands in its workflow; none, with the reason told, where its kind or state is not known.
    pub(super) fn position(&mut self, case: &Case<'a>) -> Option<Position<'a>> {
        let Some(workflow) = case.workflow() else {
            let path = case.path("kind");
            let declared = |kind: &str| match case.thing {
                Thing::Asset(_) => self.setting.policy.kinds.contains_key(kind),
                Thing::Ticket(_) => self.setting.policy.ticket_kinds.contains_key(kind),
            };
            self.refuse(match case.kind() {
                Fact::Known(kind) if declared(kind) => {
                    Gap::wrong(Code::UndefinedWorkflow, format!("no workflow is for `{kind}`")).at(path).found(kind)
                }
                Fact::Known(kind) => Gap::wrong(Code::UnknownKind, format!("the kind `{kind}` is not declared")).at(path).found(kind),
                Fact::None | Fact::Unknown => Gap { code: Code::UnknownKind, ..Gap::unknown("the kind", path) },
            });
            return None;
        };
        let present = match case.state() {
            Fact::None => None,
            Fact::Known(name) => match workflow.state(name) {
                Some((name, _)) => Some(name),
                None => {
                    let states: Vec<&str> = workflow.states.keys().map(String::as_str).collect();
                    self.refuse(
                        Gap::wrong(Code::UnknownState, format!("the state `{name}` is not declared"))
                            .at(case.path("state"))
                            .expected(states.join(", "))
                            .found(name),
                    );
                    return None;
                }
            },
            Fact::Unknown => {
                self.refuse(Gap { code: Code::UnknownState, ..Gap::unknown("the present state", case.path("state")) });
                return None;
            }
        };
        if let Some((_, edge)) = present.and_then(|present| workflow.main(present)) {
            self.accountable = Some(&edge.accountable);
            self.responsible = &edge.responsible;
        }
        self.next = workflow.next(present).map(|(to, _)| to.to_owned()).collect();
        Some(Position { workflow, present })
    }

    /// The edge that a question asks for; none, with the reason told, where there is no such way.
    pub(super) fn passage(&mut self, case: &Case<'a>, position: Position<'a>, question: &Question) -> Option<Passage<'a>> {
        let Position { workflow, present } = position;
        // A change of kind enters another workflow as a creation does, where the present state lets it out.
        let (into, from, name) = match &question.step {
            Step::Transition(to) => (workflow, present, Some(to.as_str())),
            Step::Closure(to) => (workflow, present, to.as_deref().or(workflow.closes_in.as_deref())),
            Step::Reclassify { kind, state } => {
                let allowed = present.and_then(|present| workflow.states.get(present)).is_some_and(|state| state.exits.contains(kind));
                let into = match workflow.sort {
                    Sort::Assets => self.setting.policy.asset_workflow(kind),
                    Sort::Tickets => self.setting.policy.ticket_workflow(kind),
                };
                match into.filter(|_| allowed) {
                    Some(into) => (into, None, Some(state.as_str())),
                    None => {
                        let exits = present
                            .and_then(|present| workflow.states.get(present))
                            .map(|state| state.exits.join(", "))
                            .filter(|exits| !exits.is_empty());
                        self.to = Some(state.clone());
                        self.refuse(
                            Gap::wrong(Code::KindChangeNotAllowed, format!("there is no way from here to the kind `{kind}`"))
                                .at(case.path("kind"))
                                .expected(exits.unwrap_or_else(|| "no other kind".to_owned()))
                                .found(kind),
                        );
                        return None;
                    }
                }
            }
        };
        let Some(name) = name else {
            let closing: Vec<&str> =
                workflow.states.iter().filter(|(_, state)| state.closing.is_some()).map(|(name, _)| name.as_str()).collect();
            self.refuse(Gap::wrong(Code::ClosingStateNotNamed, "the workflow has no default closing state").expected(closing.join(" or ")));
            return None;
        };
        self.to = Some(name.to_owned());
        let legal = || if self.next.is_empty() { "no next state".to_owned() } else { self.next.join(", ") };
        let Some((to, target)) = into.state(name) else {
            let gap = Gap::wrong(Code::UnknownTarget, format!("the workflow has no state `{name}`")).expected(legal()).found(name);
            self.refuse(gap);
            return None;
        };
        self.to = Some(to.to_owned());
        if matches!(question.step, Step::Closure(_)) && target.closing.is_none() {
            let closing: Vec<&str> =
                into.states.iter().filter(|(_, state)| state.closing.is_some()).map(|(name, _)| name.as_str()).collect();
            self.refuse(
                Gap::wrong(Code::NotAClosingState, format!("`{to}` does not close the ticket")).expected(closing.join(" or ")).found(to),
            );
            return None;
        }
        let Some(edge) = into.edge(from, to) else {
            let from = present.unwrap_or("nothing");
            let gap = Gap::wrong(Code::NoSuchTransition, format!("no transition leads from `{from}` to `{to}`"))
                .at(case.path("state"))
                .expected(legal())
                .found(to);
            self.refuse(gap);
            return None;
        };
        if self.accountable.is_none() {
            self.accountable = Some(&edge.accountable);
            self.responsible = &edge.responsible;
        }
        self.way = Some(Way {
            to: to.to_owned(),
            responsible: &edge.responsible,
            accountable: Some(&edge.accountable),
            informed: &edge.informed,
            automation: edge.automation,
            self_service: edge.self_service,
            protective: target.protective,
            closing: target.closing,
            // At an end nobody answers for a next step, though a way may lead on from there.
            accountable_after: into
                .main(to)
                .filter(|_| target.closing.is_none() && target.category != Some(Category::Gone))
                .map(|(_, edge)| edge.accountable.as_str()),
        });
        Some(Passage { target: Target { workflow: into, name: to, state: target }, edge })
    }
}

/// By which a caller commits: the record's version, else when it last changed.
fn record_version(version: &Fact<String>, updated_at: &Fact<Time>) -> Option<String> {
    version.text().map(str::to_owned).or_else(|| updated_at.value().map(ToString::to_string))
}
