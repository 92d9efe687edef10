//! Policies: the document as authors write it, and the compiled policy that decisions are made from.

mod check;
mod compare;
mod describe;
pub mod document;
pub mod due;
mod graph;
mod load;
pub(crate) mod names;
pub(crate) mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use document::{
    AttributeDeclaration, Category, Check, Checklist, Class, Closing, Department, ExceptionApproval, Head, Kind, MustPass, Reconcile, Role,
    Selection, Sop, Stay, Terms, TicketKind,
};

use due::Due;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::canonical;
use crate::expression::Expression;
use crate::facts::LinkRole;
use crate::forms::Form;
use crate::problem::Problem;
use crate::serials;
use crate::time::{Duration, Offset, Time};

/// A compiled policy: every name in it is declared, every expression compiled. It never changes after it was loaded.
#[derive(Debug)]
pub struct Policy {
    pub(crate) head: Head,
    pub(crate) serials: serials::Rules,
    pub(crate) roles: Table<Role>,
    pub(crate) departments: Table<Department>,
    pub(crate) classes: Table<Class>,
    pub(crate) kinds: Table<Kind>,
    pub(crate) ticket_kinds: Table<TicketKind>,
    pub(crate) checks: Table<Check>,
    pub(crate) attributes: Table<AttributeDeclaration>,
    pub(crate) sops: Table<Sop>,
    pub(crate) checklists: Table<Checklist>,
    pub(crate) exception_kinds: Table<ExceptionKind>,
    pub(crate) task_templates: Table<TaskTemplate>,
    pub(crate) profiles: Table<Profile>,
    pub(crate) workflows: Table<Workflow>,
    /// Sorted by name, the inline ones behind.
    pub(crate) requirements: Vec<Requirement>,
    /// The workflow of each kind of asset, and of each kind of ticket.
    pub(crate) asset_workflows: Table<String>,
    pub(crate) ticket_workflows: Table<String>,
    pub(crate) warnings: Vec<Problem>,
    /// The document, for the digest.
    source: serde_json::Value,
    digest: OnceLock<String>,
}

/// What a policy declares, by name and in the order of the names: a decision looks dozens of names up.
pub(crate) type Table<T> = IndexMap<String, T, FxBuildHasher>;

/// A place in `Policy::requirements`.
pub(crate) type RequirementIndex = usize;

/// A requirement with its form.
#[derive(Clone, Debug)]
pub(crate) struct Requirement {
    /// None where it is written out where it is used.
    pub name: Option<String>,
    /// Where it stands in the document, a JSON pointer.
    pub path: String,
    pub terms: Terms,
    pub when: Option<Expression>,
    pub sop: Vec<ConditionalSop>,
    pub form: Form,
}

/// A reference to a procedure with its condition.
#[derive(Clone, Debug)]
pub(crate) struct ConditionalSop {
    pub sop: String,
    pub when: Option<Expression>,
}

/// A kind of exception.
#[derive(Clone, Debug)]
pub(crate) struct ExceptionKind {
    pub title: String,
    /// Sorted.
    pub waives: Vec<String>,
    pub approvals: Vec<(ExceptionApproval, Option<Expression>)>,
    pub longest: Duration,
    pub reconcile: Reconcile,
    pub at_closure: bool,
}

/// A task template.
#[derive(Clone, Debug)]
pub(crate) struct TaskTemplate {
    pub title: String,
    pub tickets: Vec<String>,
    pub department: String,
    pub responsible: Vec<String>,
    pub accountable: String,
    pub each: Option<Selection>,
    pub requirements: Vec<RequirementIndex>,
    pub may_skip: bool,
    pub sop: Vec<ConditionalSop>,
    pub when: Option<Expression>,
    pub due: Option<Due>,
    pub after: Vec<String>,
}

/// What people of a role profile need.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub title: String,
    pub items: Table<ProfileItem>,
}

/// One thing that people of a profile need.
#[derive(Clone, Debug)]
pub(crate) struct ProfileItem {
    pub title: Option<String>,
    pub kinds: Vec<String>,
    pub count: u32,
    pub product: Option<String>,
    pub when: Option<Expression>,
}

/// A workflow.
#[derive(Clone, Debug)]
pub(crate) struct Workflow {
    pub title: String,
    pub sort: Sort,
    pub kinds: Vec<String>,
    pub closes_in: Option<String>,
    pub gates_required: bool,
    pub must_pass: Vec<MustPass>,
    pub states: Table<State>,
    /// By the state that they leave, and the one that they lead to. A creation leaves nothing, `""`, which no state is called.
    edges: Table<Table<Edge>>,
    /// Old names of states.
    pub renamed: Table<String>,
}

/// What a workflow is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Assets,
    Tickets,
}

/// A state.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub title: Option<String>,
    pub category: Option<Category>,
    pub closing: Option<Closing>,
    pub gate: Vec<RequirementIndex>,
    pub longest_stay: Option<Stay>,
    pub usual_stay: Option<Stay>,
    pub escalate_to: Option<String>,
    pub sop: Vec<ConditionalSop>,
    pub protective: bool,
    pub main: Option<String>,
    pub exits: Vec<String>,
    /// States without which this one can't be reached, itself included, sorted.
    pub dominators: Vec<String>,
    /// Those without which it can't be reached since the item was created or last came back.
    pub fresh_dominators: Vec<String>,
}

/// A transition between two states, or a creation.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    /// Where it stands in the document, a JSON pointer; transitions that are written as one share it.
    pub path: String,
    pub title: Option<String>,
    pub responsible: Vec<String>,
    pub accountable: String,
    pub consulted: Vec<String>,
    pub informed: Vec<String>,
    pub requirements: Vec<RequirementIndex>,
    pub automation: bool,
    pub self_service: bool,
    pub correction: bool,
    pub changes_identity: bool,
    pub link_roles: Vec<LinkRole>,
    pub sop: Vec<ConditionalSop>,
}

impl Policy {
    /// Compiles a policy document (JSON text, `docs/policy.md`).
    ///
    /// # Errors
    /// Every problem of the document at once. What is only doubtful is in [`Policy::warnings`] of a policy that loads.
    pub fn load(document: &str) -> Result<Self, Vec<Problem>> {
        load::load(document)
    }

    /// What is doubtful in this policy.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// What became laxer against an older policy, one warning each.
    #[must_use]
    pub fn laxer(&self, than: &Self) -> Vec<Problem> {
        compare::laxer(self, than)
    }

    /// The policy as JSON text: name, version, digest, workflows with states and transitions, roles, requirements.
    #[must_use]
    pub fn describe(&self) -> String {
        describe::describe(self)
    }

    /// The policy's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.head.name
    }

    /// The policy's version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.head.version
    }

    /// SHA-256 over the document in canonical JSON (RFC 8785), in lower-case hex; made once.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| canonical::digest(&self.source))
    }

    /// The offset in which the policy's days begin.
    #[must_use]
    pub fn offset(&self) -> Offset {
        self.head.calendar.utc_offset
    }

    /// A time as this policy's users read it.
    pub(crate) fn show(&self, time: Time) -> String {
        time.in_offset(self.offset())
    }

    pub(crate) fn requirement(&self, index: RequirementIndex) -> Option<&Requirement> {
        self.requirements.get(index)
    }

    /// The requirement of that name.
    pub(crate) fn named(&self, name: &str) -> Option<&Requirement> {
        let index = self.requirements.partition_point(|requirement| requirement.name.as_deref().is_some_and(|other| other < name));
        self.requirements.get(index).filter(|requirement| requirement.name.as_deref() == Some(name))
    }

    pub(crate) fn asset_workflow(&self, kind: &str) -> Option<&Workflow> {
        self.asset_workflows.get(kind).and_then(|name| self.workflows.get(name))
    }

    pub(crate) fn ticket_workflow(&self, kind: &str) -> Option<&Workflow> {
        self.ticket_workflows.get(kind).and_then(|name| self.workflows.get(name))
    }
}

impl Requirement {
    /// Whether an exception can ever waive it: it has a name, and is not marked otherwise. `reconciled` never is (rule D7).
    pub fn waivable(&self) -> bool {
        self.name.is_some() && self.terms.waivable.unwrap_or(true) && !matches!(self.form, Form::Reconciled(_))
    }
}

impl Workflow {
    /// The state of that name, present or former.
    pub fn state(&self, name: &str) -> Option<(&str, &State)> {
        let name = self.renamed.get(name).map_or(name, String::as_str);
        self.states.get_key_value(name).map(|(name, state)| (name.as_str(), state))
    }

    pub fn edge(&self, from: Option<&str>, to: &str) -> Option<&Edge> {
        self.ways(from)?.get(to)
    }

    /// Every edge with where it comes from and leads to, sorted; none: a creation.
    pub fn edges(&self) -> impl Iterator<Item = (Option<&str>, &str, &Edge)> {
        self.edges.iter().flat_map(|(from, ways)| {
            let from = Some(from.as_str()).filter(|from| !from.is_empty());
            ways.iter().map(move |(to, edge)| (from, to.as_str(), edge))
        })
    }

    /// Where edges lead from here, by name.
    pub fn next(&self, from: Option<&str>) -> impl Iterator<Item = (&str, &Edge)> {
        self.ways(from).into_iter().flatten().map(|(to, edge)| (to.as_str(), edge))
    }

    fn ways(&self, from: Option<&str>) -> Option<&Table<Edge>> {
        // A state without a name in the facts is not the nothing that a creation leaves.
        (from != Some("")).then(|| self.edges.get(from.unwrap_or_default())).flatten()
    }

    /// The states that an item may have passed since it last came back, where it is in this one; itself among them.
    pub fn perhaps_passed(&self, present: &str) -> Vec<&str> {
        let is_back = |state: &str| self.states.get(state).is_some_and(State::is_back);
        let Some((present, _)) = self.states.get_key_value(present).filter(|(_, state)| !state.is_back()) else { return Vec::new() };
        let present = present.as_str();
        let mut leads_to: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (from, to, _) in self.edges() {
            if let Some(from) = from.filter(|from| !is_back(from)) {
                leads_to.entry(to).or_default().push(from);
            }
        }
        let mut passed = BTreeSet::from([present]);
        let mut open = vec![present];
        while let Some(at) = open.pop() {
            open.extend(leads_to.get(at).into_iter().flatten().copied().filter(|from| passed.insert(from)));
        }
        passed.into_iter().collect()
    }

    /// The edge that is the main way on from a state (rule D3): the marked one, or the only one that corrects nothing.
    pub fn main(&self, from: &str) -> Option<(&str, &Edge)> {
        match self.states.get(from).and_then(|state| state.main.as_deref()) {
            Some(main) => self.next(Some(from)).find(|(to, _)| *to == main),
            None => {
                let mut ways = self.next(Some(from)).filter(|(_, edge)| !edge.correction);
                ways.next().filter(|_| ways.next().is_none())
            }
        }
    }
}

impl State {
    /// Whether an asset in this state has come back, is on its way back, or is gone: what held before has to be shown anew.
    pub fn is_back(&self) -> bool {
        matches!(self.category, Some(Category::Returning | Category::Gone))
    }

    /// Whether an asset in this state moves on towards a person, and not back.
    pub fn is_forward(&self) -> bool {
        matches!(self.category, Some(Category::Pending | Category::Stock | Category::Held))
    }
}
