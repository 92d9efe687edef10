//! Decisions. There is one path: a question of any sort becomes a [`Step`] of an item along an edge, which `judge` decides.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::case::{Behind, Case, Setting, Thing, Views};
use crate::code::Code;
use crate::decision::{Context, Decision, Finding, Item, NextSteps, Question, Severity, Step, Verdict, Waiver};
use crate::exceptions::{self, Standing};
use crate::facts::{Asset, Fact, Facts, Lookup, Ticket, TicketRelation};
use crate::forms::{Form, FoundTask, assets, expected_tasks, find_task, judge_task};
use crate::outcome::{Gap, Judged, NOT_RECORDED, Outcome, earlier};
use crate::policy::document::{Category, Closing};
use crate::policy::{Edge, Policy, RequirementIndex, Sort, State, TaskTemplate, Workflow};
use crate::time::{Duration, Time};
use crate::{batch, custody, problem};

/// How long an allow holds at most, where the policy says nothing (rule D9).
const ALLOW_HOLDS: Duration = Duration::from_ms(15 * 60 * 1_000);

/// Decides questions on the same facts, each by itself; a limit that only their sum breaks is a conflict in each that takes part (rule D10).
#[must_use]
pub fn decide(policy: &Policy, facts: &Facts, context: &Context, questions: &[Question]) -> Vec<Decision> {
    let views = Views::default();
    let setting = Setting::new(policy, facts, context, &views);
    let alone: Vec<Decision> = questions.iter().map(|question| Draft::new(setting, &question.item).answer(question)).collect();
    let conflicts = batch::conflicts(&setting, questions, &alone);
    let decide = |((decision, conflict), question): ((Decision, Option<Gap>), &Question)| match conflict {
        None => decision,
        Some(gap) => {
            let mut draft = Draft::new(setting, &question.item);
            draft.conflict = Some(gap);
            draft.answer(question)
        }
    };
    alone.into_iter().zip(conflicts).zip(questions).map(decide).collect()
}

/// Every legal next state of an item with the decision that a question for it would get, or why none can be told.
#[must_use]
pub fn next(policy: &Policy, facts: &Facts, context: &Context, item: &Item) -> NextSteps {
    let views = Views::default();
    let setting = Setting::new(policy, facts, context, &views);
    let mut draft = Draft::new(setting, item);
    draft.locate();
    let answer = |step: String| {
        let question = Question { item: item.clone(), step: Step::Transition(step.clone()), ticket: None };
        (step, Draft::new(setting, item).answer(&question))
    };
    NextSteps { options: draft.next.into_iter().map(answer).collect(), findings: draft.findings }
}

/// Where an item stands, as far as its next states follow from it.
enum Place<'a> {
    Asset(&'a Asset, Position<'a>),
    Ticket(&'a Ticket, Position<'a>),
    Task(&'a Ticket, FoundTask<'a>),
}

/// A place in a workflow; before its creation an item is in no state.
#[derive(Clone, Copy)]
struct Position<'a> {
    workflow: &'a Workflow,
    present: Option<&'a str>,
}

/// What one step is judged by, whatever the item.
struct Way<'a> {
    /// The state that it leads to, as the policy names it.
    to: String,
    responsible: &'a [String],
    accountable: Option<&'a str>,
    informed: &'a [String],
    automation: bool,
    self_service: bool,
    /// Stopping a risk is not held up by paperwork (rule D4).
    protective: bool,
    closing: Option<Closing>,
    /// Who answers for the item once the step is taken.
    accountable_after: Option<&'a str>,
}

/// A decision in the making.
struct Draft<'a> {
    setting: Setting<'a>,
    item: Item,
    way: Option<Way<'a>>,
    behind: Behind<'a>,
    /// The tickets that say whom an asset's step is about, the one behind it among them.
    about: Vec<&'a Ticket>,
    findings: Vec<Finding>,
    waivers: Vec<Waiver>,
    written_off: Vec<String>,
    until: Option<Time>,
    /// Who answers for the item as it stands, and who can do what it lacks.
    accountable: Option<&'a str>,
    responsible: &'a [String],
    next: Vec<String>,
    to: Option<String>,
    record_version: Option<String>,
    permitted: Option<bool>,
    conflict: Option<Gap>,
    /// The tasks of the ticket that the question is about, by id: findings on them name who does them.
    tasks: OnceCell<BTreeMap<String, &'a TaskTemplate>>,
}

impl<'a> Draft<'a> {
    fn new(setting: Setting<'a>, item: &Item) -> Self {
        Self {
            setting,
            item: item.clone(),
            way: None,
            behind: Behind::None,
            about: Vec::new(),
            findings: Vec::new(),
            waivers: Vec::new(),
            written_off: Vec::new(),
            until: None,
            accountable: None,
            responsible: &[],
            next: Vec::new(),
            to: None,
            record_version: None,
            permitted: setting.actor.map(|_| true),
            conflict: None,
            tasks: OnceCell::new(),
        }
    }

    fn answer(mut self, question: &Question) -> Decision {
        match self.locate() {
            Some(Place::Asset(asset, position)) => self.asset(asset, position, question),
            Some(Place::Ticket(ticket, position)) => self.ticket(ticket, position, question),
            Some(Place::Task(ticket, found)) => self.task(ticket, &found, question),
            None => {}
        }
        if let Some(gap) = self.conflict.take() {
            self.refuse(gap);
        }
        self.actor();
        self.finish()
    }

    /// Where the item stands, and with it its next states; none, with the reason told, where that is not known.
    fn locate(&mut self) -> Option<Place<'a>> {
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
    fn position(&mut self, case: &Case<'a>) -> Option<Position<'a>> {
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

    fn asset(&mut self, asset: &'a Asset, position: Position<'a>, question: &Question) {
        let case = Case::asset(self.setting, asset, Behind::None);
        let Some(passage) = self.passage(&case, position, question) else { return };
        self.behind = assets::behind(&self.setting, &asset.id, &passage.edge.link_roles, question.ticket.as_deref());
        // A ticket that is named in vain would take the place of the one that counts.
        if let (Some(named), false) = (&question.ticket, matches!(self.behind, Behind::Ticket(..))) {
            self.refuse(
                Gap::wrong(Code::TicketUnfit, "the ticket that is named is not an open one that links the asset in a fitting role")
                    .at(problem::pointer("/tickets", named))
                    .expected("an open ticket that links the asset in a fitting role")
                    .found(named),
            );
        }
        let case = Case::asset(self.setting, asset, self.behind);
        let named = |ticket: &Ticket| question.ticket.as_ref().is_none_or(|named| *named == ticket.id);
        let about = assets::tickets_perhaps_behind(&self.setting, &asset.id, &passage.edge.link_roles);
        self.about = about.into_iter().map(|(ticket, _)| ticket).filter(|ticket| named(ticket)).collect();
        for ticket in self.about.clone() {
            self.subject(ticket);
        }
        if let (Err(gap), false, None) = (case.ticket_behind(), passage.edge.link_roles.is_empty(), &question.ticket) {
            self.tell(gap, None);
        }
        self.gate(&case, &passage);
    }

    fn ticket(&mut self, ticket: &'a Ticket, position: Position<'a>, question: &Question) {
        let case = Case::ticket(self.setting, ticket);
        self.behind = case.behind;
        let Some(passage) = self.passage(&case, position, question) else { return };
        self.subject(ticket);
        match passage.target.closing {
            Some(Closing::Cancelled) => self.nothing_out(&case, ticket),
            Some(Closing::Duplicate) => self.survivor(&case, ticket),
            Some(Closing::Fulfilled) | None => {}
        }
        self.gate(&case, &passage);
    }

    /// An unknown subject always denies (rule R10); a ticket may be known to be about nobody.
    fn subject(&mut self, ticket: &Ticket) {
        let path = format!("{}/subject", problem::pointer("/tickets", &ticket.id));
        let gap = match &ticket.subject {
            Fact::None => return,
            Fact::Unknown => Gap::unknown("whom the ticket is about", path),
            Fact::Known(id) => match self.setting.facts.person(id) {
                Lookup::Found(_) => return,
                Lookup::Missing => {
                    Gap::wrong(Code::SubjectUnknown, format!("{id}, whom the ticket is about, is not among the people")).at(path).found(id)
                }
                Lookup::Ambiguous => Gap::wrong(Code::SubjectUnknown, format!("several people have the id {id}")).at(path).found(id),
            },
        };
        self.tell(Gap { code: Code::SubjectUnknown, ..gap }, None);
    }

    /// The edge that a question asks for; none, with the reason told, where there is no such way.
    fn passage(&mut self, case: &Case<'a>, position: Position<'a>, question: &Question) -> Option<Passage<'a>> {
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
        Some(Passage { workflow: into, to, target, edge })
    }

    /// The gate of the target state, the transition's own requirements, what is kept from earlier gates, and the history.
    fn gate(&mut self, case: &Case<'a>, passage: &Passage<'a>) {
        let history = case.history();
        for fault in &history.faults {
            let path = fault.path.clone().unwrap_or_else(|| case.path("history"));
            self.tell(Gap { path: Some(path), ..fault.clone() }, None);
        }
        for oddity in &history.oddities {
            let gap = Gap { path: Some(case.path("history")), ..oddity.clone() };
            let finding = self.finding(gap, None, Severity::Audit);
            self.findings.push(finding);
        }
        // A correction takes back a step that was taken: it leads only to where the item was (rule P3).
        if passage.edge.correction && history.last(passage.to).is_none() {
            let gap = match history.known {
                true => Gap::wrong(Code::StateNotPassed, format!("a correction leads back, and the item never was in `{}`", passage.to)),
                false => Gap::unknown(format!("whether the item was in `{}`, to which the correction leads back,", passage.to), ""),
            };
            self.tell(gap.at(case.path("history")).expected(format!("an earlier entry into `{}`", passage.to)), None);
        }
        if passage.workflow.gates_required && passage.target.gate.is_empty() {
            self.tell(
                Gap::wrong(Code::GateEmpty, format!("the state `{}` has no gate", passage.to)).expected("a gate for every state"),
                None,
            );
        }
        if history.baseline.is_some() {
            self.until = earlier(self.until, self.setting.baseline_until());
        }
        let mut listed: Vec<RequirementIndex> = Vec::new();
        // Where nothing tells what was passed, or only from some state on, it may be whatever a way leads on from (rule R11).
        let mut passed = history.since_return(passage.workflow);
        let present = case.state().text().and_then(|state| passage.workflow.state(state)).map(|(name, _)| name);
        if let Some(state) = if history.known { history.begins } else { present } {
            passed.extend(passage.workflow.perhaps_passed(state));
        }
        let kept = self.kept(case, passage, &passed);
        for index in passage.target.gate.iter().chain(&passage.edge.requirements).copied().chain(kept) {
            if !listed.contains(&index) {
                listed.push(index);
            }
        }
        for judged in listed.into_iter().filter_map(|index| case.judge(index)) {
            self.requirement(case, judged, Severity::Block);
        }
    }

    /// Requirements marked `keeps` in the gates of states that lie behind the item since it last came back: on every way to the target, or
    /// passed (rule R4). A correction is no step forward.
    fn kept(&self, case: &Case<'a>, passage: &Passage<'a>, passed: &[&str]) -> Vec<RequirementIndex> {
        let forward = |state: &State| {
            state.is_forward()
                || (passage.workflow.sort == Sort::Tickets && !matches!(state.closing, Some(Closing::Cancelled | Closing::Duplicate)))
        };
        if !forward(passage.target) || passage.edge.correction {
            return Vec::new();
        }
        let behind = passage.workflow.states.iter().filter(|(name, state)| {
            forward(state)
                && name.as_str() != passage.to
                && (passage.target.fresh_dominators.contains(name) || passed.contains(&name.as_str()))
        });
        let mut kept = Vec::new();
        let mut open: Vec<RequirementIndex> = behind.flat_map(|(_, state)| state.gate.iter().copied()).collect();
        open.reverse();
        while let Some(index) = open.pop() {
            let Some(requirement) = self.setting.policy.requirement(index) else { continue };
            match &requirement.form {
                _ if requirement.terms.keeps => kept.push(index),
                // What is joined by `all` keeps by itself, as far as the whole denies and applies.
                Form::All(all) if case.severity(requirement) == Severity::Block && case.applies(requirement.when.as_ref()) => {
                    open.extend(all.all.indices.iter().rev())
                }
                _ => {}
            }
        }
        kept
    }

    /// Turns what a requirement came to into findings, waivers and the end of the allow.
    fn requirement(&mut self, case: &Case<'a>, judged: Judged<'a>, outer: Severity) {
        let terms = &judged.requirement.terms;
        let severity = case.severity(judged.requirement).max(outer);
        let Judged { requirement, item, outcome, sop } = judged;
        // What only warns today denies from the day on which it is enforced.
        if !outcome.is_met() {
            self.until = earlier(self.until, case.enforced_later(requirement));
        }
        let Outcome { gaps, nested, until, written_off } = outcome;
        if severity == Severity::Block && gaps.is_empty() {
            self.until = earlier(self.until, until);
        }
        self.written_off.extend(written_off);
        let protective = self.way.as_ref().is_some_and(|way| way.protective);
        let waived = severity == Severity::Block && !protective && !gaps.is_empty() && self.waive(case, requirement, &item);
        if !waived {
            for gap in gaps {
                let about = Requirement { name: requirement.name.as_deref(), terms, sop, item: &item };
                let finding = self.finding(gap, Some(&about), severity);
                self.findings.push(finding);
            }
        }
        for judged in nested {
            self.requirement(case, judged, severity);
        }
    }

    /// Looks for an exception that lets a requirement pass on an item (rule D7). Those that are meant for it and can't are told.
    fn waive(&mut self, case: &Case<'a>, requirement: &'a crate::policy::Requirement, item: &Item) -> bool {
        let Some(name) = &requirement.name else { return false };
        let closing = self.way.as_ref().is_some_and(|way| way.closing.is_some());
        let mut best: Option<(Time, &str, Vec<&str>)> = None;
        let mut told: Vec<Gap> = Vec::new();
        for exception in case.facts().exceptions_on(item) {
            let kind = exception.kind.text().and_then(|kind| case.policy().exception_kinds.get(kind));
            let lists = kind.is_some_and(|kind| kind.waives.contains(name));
            let names = exception.requirements.rows().contains(name);
            // One that names requirements is meant for those, any other for all that its kind lists.
            let is_meant = names || exception.requirements.value().is_none() && (lists || kind.is_none());
            if !is_meant {
                continue;
            }
            let why = match exceptions::standing(case, exception) {
                Standing::Inactive(why) => why,
                Standing::Active { .. } if !requirement.waivable() => "the requirement is never waived".to_owned(),
                Standing::Active { .. } if !lists => "its kind does not waive the requirement".to_owned(),
                Standing::Active { .. } if closing && !kind.is_some_and(|kind| kind.at_closure) => {
                    "its kind does not count in a closing gate".to_owned()
                }
                // Of several that fit the one that lasts longest, then the one of the first id.
                Standing::Active { until, approved_by } => {
                    if best.as_ref().is_none_or(|(longest, ..)| until > *longest) {
                        best = Some((until, &exception.id, approved_by));
                    }
                    continue;
                }
            };
            let path = problem::pointer("/exceptions", &exception.id);
            let message = format!("exception {} does not waive `{name}`: {why}", exception.id);
            told.push(Gap::wrong(Code::ExceptionInactive, message).at(path).found(why).about(item.clone()));
        }
        if let Some((expires, exception, approved_by)) = best {
            self.until = earlier(self.until, Some(expires));
            self.waivers.push(Waiver {
                requirement: name.clone(),
                item: item.clone(),
                exception: exception.to_owned(),
                approved_by: approved_by.into_iter().map(str::to_owned).collect(),
                expires,
            });
            return true;
        }
        for gap in told {
            let finding = self.finding(gap, None, Severity::Warn);
            self.findings.push(finding);
        }
        false
    }

    /// A cancelled ticket leaves nothing half handed over (rule D6).
    fn nothing_out(&mut self, case: &Case<'a>, ticket: &'a Ticket) {
        let setting = self.setting;
        let path = problem::pointer("/tickets", &ticket.id);
        if ticket.links.is_unknown() {
            self.tell(Gap::unknown("what the ticket links", format!("{path}/links")), None);
        }
        let concerned = assets::concerned(case, ticket);
        self.until = earlier(self.until, concerned.until);
        let mut gaps = concerned.gaps;
        // That nothing more is out is a claim about all that the subject has (rule F1).
        if let Fact::Known(subject) = &ticket.subject {
            match case.holdings_covered(subject, setting.policy.classes.keys()) {
                Ok(until) => self.until = earlier(self.until, until),
                Err(gap) if !gaps.contains(&gap) => gaps.push(gap),
                Err(_) => {}
            }
        }
        for gap in gaps {
            self.tell(gap, None);
        }
        for one in concerned.assets {
            use crate::facts::LinkRole::{Issue, Loan};
            let issued =
                one.role.is_none_or(|role| matches!(role, Issue | Loan)) || custody::was_issued_under(&setting, one.asset, &ticket.id);
            let out = match setting.category(one.asset) {
                None | Some(Category::Held) => true,
                Some(Category::Returning) => !custody::is_back(&setting, one.asset, ticket.subject.text()),
                Some(_) => !setting.holders(one.asset).is_empty(),
            };
            if issued && out {
                let state = one.asset.state.text().unwrap_or(NOT_RECORDED).to_owned();
                let gap = Gap::wrong(Code::IssuedStillOut, format!("{} was issued under the ticket and is not back", one.asset.id));
                self.tell(
                    gap.at(problem::pointer("/assets", &one.asset.id))
                        .expected("back, or written off")
                        .found(state)
                        .about(Item::Asset(one.asset.id.clone())),
                    None,
                );
            }
        }
    }

    /// A duplicate closes only into an open ticket about the same person that holds all that it is about (rule D6).
    fn survivor(&mut self, case: &Case<'a>, ticket: &'a Ticket) {
        let setting = self.setting;
        let concerned = assets::concerned(case, ticket);
        for gap in concerned.gaps {
            self.tell(gap, None);
        }
        self.until = earlier(self.until, concerned.until);
        let whole_subject =
            ticket.kind.text().and_then(|kind| setting.policy.ticket_kinds.get(kind)).is_some_and(|kind| kind.whole_subject);
        let links = |other: &'a Ticket, one: &assets::Concerned<'a>| {
            let mut links = setting.links(other).filter(|link| link.asset == one.asset.id);
            links.any(|link| one.link.is_none() || one.role.is_some() && setting.link_role(other, link) == one.role)
        };
        let holds = |other: &'a Ticket| {
            other.id != ticket.id
                && setting.is_open(other) == Some(true)
                && other.subject == ticket.subject
                && (!whole_subject || other.kind == ticket.kind)
                && concerned.assets.iter().all(|one| links(other, one))
        };
        let related = ticket.related.rows().iter().filter(|related| related.relation == TicketRelation::DuplicateOf);
        let survives = related.into_iter().any(|related| setting.facts.ticket(&related.ticket).found().is_some_and(holds));
        if !survives || ticket.links.is_unknown() {
            let path = format!("{}/related", problem::pointer("/tickets", &ticket.id));
            self.tell(
                Gap::wrong(Code::SurvivorMissing, "no open ticket about the same person holds all links of this duplicate")
                    .at(path)
                    .expected("an open ticket as `duplicate-of`, with the same subject and all links in their roles"),
                None,
            );
        }
    }

    fn task(&mut self, ticket: &'a Ticket, found: &FoundTask<'a>, question: &Question) {
        let setting = self.setting;
        let case = Case::ticket(setting, ticket);
        self.behind = case.behind;
        if let Some(expected) = &found.expected {
            self.accountable = Some(&expected.template.accountable);
            self.responsible = &expected.template.responsible;
        }
        let to = match &question.step {
            Step::Transition(to) => to.as_str(),
            Step::Closure(_) | Step::Reclassify { .. } => "done",
        };
        self.to = Some(to.to_owned());
        let legal = self.next.join(", ");
        if !matches!(to, "done" | "skipped") {
            self.refuse(Gap::wrong(Code::UnknownTarget, format!("a task can't be marked as `{to}`")).expected("done, skipped").found(to));
            return;
        }
        if !found.is_open() || setting.is_open(ticket) != Some(true) || !self.next.iter().any(|next| next == to) {
            let why = if setting.is_open(ticket) == Some(true) { "the task can't take this step" } else { "the ticket is not open" };
            self.refuse(
                Gap::wrong(Code::NoSuchTransition, why)
                    .expected(if legal.is_empty() { "no next state".to_owned() } else { legal })
                    .found(to),
            );
            return;
        }
        self.way = Some(Way {
            to: to.to_owned(),
            responsible: self.responsible,
            accountable: self.accountable,
            informed: &[],
            automation: false,
            self_service: false,
            protective: false,
            closing: None,
            accountable_after: None,
        });
        self.subject(ticket);
        if let Some(expected) = found.expected.as_ref().filter(|_| to == "done") {
            for judged in judge_task(&case, ticket, expected).nested {
                self.requirement(&case, judged, Severity::Block);
            }
        }
    }

    /// Whether the actor may take the step (rules D1, D2).
    fn actor(&mut self) {
        let roles = self.way.as_ref().map(|way| {
            let mut roles: Vec<&str> = way.responsible.iter().map(String::as_str).chain(way.accountable).collect();
            roles.dedup();
            roles.join(" or ")
        });
        let Some(actor) = self.setting.actor else {
            let gap = Gap::wrong(Code::ActorMissing, "nobody is named who acts");
            self.refuse(match roles {
                Some(roles) => gap.expected(roles),
                None => gap,
            });
            return;
        };
        let Some(way) = &self.way else {
            self.permitted = Some(false);
            return;
        };
        let (expected, to) = (roles.unwrap_or_default(), way.to.clone());
        let subject = match (self.behind, &self.item) {
            (Behind::Ticket(ticket, _), _) => ticket.subject.text(),
            (_, Item::Asset(id)) => self.setting.facts.asset(id).found().and_then(|asset| match &asset.owner {
                Fact::Known(crate::facts::Party::Person(id)) => Some(id.as_str()),
                _ => None,
            }),
            _ => None,
        };
        // Whomever else the step may be about does not act either, and is not served.
        let served = subject.is_some() && self.about.iter().all(|ticket| ticket.subject.text() == subject);
        let holders = match &self.item {
            Item::Asset(id) => self.setting.facts.asset(id).found().map(|asset| self.setting.holders(asset)).unwrap_or_default(),
            Item::Ticket(_) | Item::Task { .. } => Vec::new(),
        };
        let mut subjects = subject.into_iter().chain(holders).chain(self.about.iter().filter_map(|ticket| ticket.subject.text()));
        let is_subject = subjects.any(|subject| {
            let same = |id: &str| self.setting.is_same_person(id, subject);
            same(&actor.id) || actor.on_behalf_of.as_deref().is_some_and(same)
        });
        let record = subject.and_then(|subject| self.setting.facts.person(subject).found());
        let holds = |role: &str| self.setting.holds_role(&actor.id, &actor.roles, role, record);
        let entitled = way.responsible.iter().any(|role| holds(role)) || way.accountable.is_some_and(holds);
        let mut gaps = Vec::new();
        let found = if actor.roles.is_empty() {
            format!("{} without a role", actor.id)
        } else {
            format!("{} as {}", actor.id, actor.roles.join(", "))
        };
        if actor.automation {
            if !way.automation {
                gaps.push(
                    Gap::wrong(Code::AutomationNotAllowed, format!("software may not take the step to `{to}` by itself"))
                        .expected(&expected)
                        .found(&actor.id),
                );
            }
            if actor.on_behalf_of.as_deref().is_none_or(crate::id::is_blank) {
                gaps.push(
                    Gap::wrong(Code::AutomationWithoutPrincipal, "the automation does not say on whose behalf it acts").found(&actor.id),
                );
            }
        }
        match (is_subject, way.self_service && served && !actor.automation) {
            (true, true) => {}
            (true, false) => gaps.push(
                Gap::wrong(Code::ActorIsSubject, format!("{} is the person that the handoff is about", actor.id))
                    .expected(&expected)
                    .found(&actor.id),
            ),
            (false, _) if !entitled => gaps.push(
                Gap::wrong(Code::ActorNotResponsible, format!("{} may not take the step to `{to}`", actor.id))
                    .expected(&expected)
                    .found(found),
            ),
            (false, _) => {}
        }
        for gap in gaps {
            self.permitted = Some(false);
            self.refuse(gap);
        }
    }

    /// A reason that always blocks.
    fn refuse(&mut self, gap: Gap) {
        let mut finding = self.finding(gap, None, Severity::Block);
        (finding.severity, finding.follow_up) = (Severity::Block, false);
        self.findings.push(finding);
    }

    /// A built-in reason: it blocks, except towards a protective state.
    fn tell(&mut self, gap: Gap, about: Option<&Requirement<'_>>) {
        let finding = self.finding(gap, about, Severity::Block);
        self.findings.push(finding);
    }

    fn finding(&self, gap: Gap, about: Option<&Requirement<'_>>, severity: Severity) -> Finding {
        let Gap { code, item, path, expected, found, message, remedy, unknown } = gap;
        let protective = severity == Severity::Block && self.way.as_ref().is_some_and(|way| way.protective);
        let item = item.or_else(|| about.map(|about| about.item.clone())).unwrap_or_else(|| self.item.clone());
        let (responsible, accountable) = self.in_charge(&item);
        let terms = about.map(|about| about.terms);
        let own = terms.map(|terms| terms.responsible.as_slice()).filter(|roles| !roles.is_empty());
        let usual = remedy.unwrap_or_else(|| code.remedy().to_owned());
        let is_silent = unknown && code != Code::NoAlternativeMet;
        let remedy = match terms.and_then(|terms| terms.remedy.as_deref()) {
            // Where the facts are silent all may be well, and only the record missing. Of alternatives the policy says which to take.
            Some(remedy) if is_silent => format!("{usual}; then, where needed: {remedy}"),
            Some(remedy) => remedy.to_owned(),
            None => usual,
        };
        Finding {
            code: code.as_str().to_owned(),
            severity: if protective { Severity::Warn } else { severity },
            follow_up: protective,
            requirement: about.and_then(|about| about.name).map(str::to_owned),
            path: path.filter(|path| !path.is_empty()),
            expected,
            found,
            // The policy's words are for what is wrong, and what is not recorded may be right. Of alternatives they say what they have in common.
            message: terms.and_then(|terms| terms.message.clone()).filter(|_| !is_silent).unwrap_or(message),
            remedy: Some(remedy),
            responsible: own.unwrap_or(responsible).to_vec(),
            accountable: accountable.map(str::to_owned),
            sop: about.and_then(|about| about.sop).map(str::to_owned),
            item: Some(item),
        }
    }

    /// Who can put an item right and who answers for it: by the step asked for, or for another item by where that one stands.
    fn in_charge(&self, item: &Item) -> (&'a [String], Option<&'a str>) {
        let of_question = || match &self.way {
            Some(way) => (way.responsible, way.accountable),
            None => (self.responsible, self.accountable),
        };
        let edge: Option<&'a Edge> = match item {
            Item::Asset(id) if *item != self.item => {
                let asset = self.setting.facts.asset(id).found();
                asset
                    .and_then(|asset| self.setting.asset_state(asset))
                    .and_then(|(workflow, state)| workflow.main(state))
                    .map(|(_, edge)| edge)
            }
            Item::Task { ticket, task } if *item != self.item => {
                let expected = |ticket| expected_tasks(&Case::ticket(self.setting, ticket), ticket);
                let tasks = self.tasks.get_or_init(|| {
                    let all = self.setting.facts.ticket(ticket).found().map(expected).unwrap_or_default();
                    all.into_iter().map(|expected| (expected.id, expected.template)).collect()
                });
                if let Some(template) = tasks.get(task) {
                    return (&template.responsible, Some(&template.accountable));
                }
                None
            }
            _ => None,
        };
        edge.map_or_else(of_question, |edge| (edge.responsible.as_slice(), Some(edge.accountable.as_str())))
    }

    fn finish(mut self) -> Decision {
        let blocks = |finding: &Finding| finding.severity == Severity::Block;
        let about_actor = |finding: &Finding| ACTOR_CODES.iter().any(|code| code.as_str() == finding.code);
        let denied = self.findings.iter().any(blocks);
        let ready = !self.findings.iter().any(|finding| blocks(finding) && !about_actor(finding));
        let verdict = match (denied, self.waivers.is_empty()) {
            (true, _) => Verdict::Deny,
            (false, true) => Verdict::Allow,
            (false, false) => Verdict::AllowByException,
        };
        let accountable = if denied { self.accountable } else { self.way.as_ref().and_then(|way| way.accountable_after) };
        if let Some(gap) = accountable.and_then(|role| self.vacancy(role)) {
            let finding = self.finding(gap, None, Severity::Warn);
            self.findings.push(finding);
        }
        let inform = match (&self.way, denied) {
            (Some(way), false) => way.informed.to_vec(),
            _ => accountable.map(str::to_owned).into_iter().collect(),
        };
        let limit = self.setting.policy.head.limits.allow.unwrap_or(ALLOW_HOLDS);
        // Blocking ones first; within one severity the order is that of the policy.
        self.findings.sort_by_key(|finding| finding.severity);
        // Of the same reason the first stands. There may be thousands, so they are not compared each with each.
        let mut told: BTreeSet<&Finding> = BTreeSet::new();
        let mut is_first = self.findings.iter().map(|finding| told.insert(finding)).collect::<Vec<_>>().into_iter();
        self.findings.retain(|_| is_first.next().unwrap_or_default());
        self.waivers.sort_by(|a, b| (&a.requirement, &a.item).cmp(&(&b.requirement, &b.item)));
        self.waivers.dedup();
        self.written_off.sort_unstable();
        self.written_off.dedup();
        Decision {
            verdict,
            to: self.to,
            ready,
            permitted: self.permitted,
            findings: self.findings,
            waivers: self.waivers,
            accountable: accountable.map(str::to_owned),
            inform,
            next: self.next,
            written_off: self.written_off,
            valid_until: (!denied).then(|| self.until.map_or(self.setting.at.plus(limit), |until| until.min(self.setting.at.plus(limit)))),
            record_version: self.record_version,
        }
    }

    /// Where nobody active holds a role, as far as the people are all known (rule D3).
    fn vacancy(&self, role: &str) -> Option<Gap> {
        let declared = self.setting.policy.roles.get(role)?;
        let all = |claim: &crate::facts::Coverage| matches!(claim.persons.value(), Some(crate::facts::Extent::All));
        let people = &self.setting.facts.document().people;
        if declared.relation.is_some() || people.is_unknown() || self.setting.covered(all).is_none() {
            return None;
        }
        // Whoever might be active and might hold it keeps the role from being known to be vacant.
        let may_hold = |person: &&crate::facts::Person| {
            let active = matches!(person.status, Fact::Known(crate::facts::PersonStatus::Active) | Fact::Unknown);
            active && (person.roles.is_unknown() || person.roles.rows().iter().any(|other| other == role))
        };
        if people.rows().iter().any(|person| may_hold(&person)) {
            return None;
        }
        Some(
            Gap::wrong(Code::RoleVacant, format!("nobody active holds the role {role}"))
                .at("/people")
                .expected(format!("somebody active as {role}"))
                .found("nobody"),
        )
    }
}

/// By which a caller commits: the record's version, else when it last changed.
fn record_version(version: &Fact<String>, updated_at: &Fact<Time>) -> Option<String> {
    version.text().map(str::to_owned).or_else(|| updated_at.value().map(ToString::to_string))
}

/// Codes that speak of the actor, and not of the gate.
const ACTOR_CODES: [Code; 5] =
    [Code::ActorMissing, Code::ActorNotResponsible, Code::ActorIsSubject, Code::AutomationNotAllowed, Code::AutomationWithoutPrincipal];

/// A requirement as far as a finding tells of it.
struct Requirement<'r> {
    name: Option<&'r str>,
    terms: &'r crate::policy::document::Terms,
    sop: Option<&'r str>,
    item: &'r Item,
}

/// An edge with the state that it leads to.
struct Passage<'a> {
    workflow: &'a Workflow,
    to: &'a str,
    target: &'a State,
    edge: &'a Edge,
}
