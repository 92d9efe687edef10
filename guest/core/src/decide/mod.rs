//! Decisions. There is one path: a question of any sort becomes a [`Step`] of an item along an edge, which `judge` decides.

mod actor;
mod claim;
mod closing;
mod finding;
mod gate;
mod place;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::batch;
use crate::case::{Behind, Case, Setting, Views};
use crate::code::Code;
use crate::decision::{Context, Decision, Finding, Item, NextSteps, Question, Severity, Step, Verdict, Waiver};
use crate::facts::{Asset, Fact, Facts, Lookup, Ticket};
use crate::forms::{FoundTask, assets, judge_task};
use crate::outcome::Gap;
use crate::policy::document::Closing;
use crate::policy::{Policy, TaskTemplate};
use crate::problem;
use crate::time::Time;

pub(crate) use actor::is_about_actor;
pub(crate) use claim::{Claim, Reach, claim, onward};
use place::{Place, Position, Target};

/// Decides questions on the same facts, each by itself; a limit that only their sum breaks is a conflict in each that takes part (rule D10).
#[must_use]
pub fn decide(policy: &Policy, facts: &Facts, context: &Context, questions: &[Question]) -> Vec<Decision> {
    let views = Views::default();
    let setting = Setting::new(policy, facts, context, &views);
    let alone: Vec<Decision> = questions.iter().map(|question| judge(setting, question)).collect();
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
        (step, judge(setting, &question))
    };
    NextSteps { options: draft.next.into_iter().map(answer).collect(), findings: draft.findings }
}

/// One question by itself.
pub(crate) fn judge(setting: Setting<'_>, question: &Question) -> Decision {
    Draft::new(setting, &question.item).answer(question)
}

/// What one step is judged by, whatever the item.
#[derive(Default)]
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
        let place = self.locate();
        // It would be passed over without a word.
        if let (Some(named), Some(Place::Ticket(..) | Place::Task(..))) = (&question.ticket, &place) {
            let gap = Gap::wrong(Code::TicketUnfit, "the ticket behind a step is named for assets, and not for tickets and their tasks");
            self.refuse(gap.expected("no ticket").found(named));
        }
        match place {
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
        if !passage.edge.link_roles.is_empty()
            && question.ticket.is_none()
            && let Err(gap) = case.ticket_behind()
        {
            self.tell(gap, None);
        }
        self.gate(&case, &passage);
    }

    fn ticket(&mut self, ticket: &'a Ticket, position: Position<'a>, question: &Question) {
        let case = Case::ticket(self.setting, ticket);
        self.behind = case.behind;
        match self.passage(&case, position, question) {
            Some(passage) => {
                self.ends(&case, ticket, passage.target.state.closing);
                self.gate(&case, &passage);
            }
            None => self.out_of_reach(&case, ticket, position, question),
        }
    }

    /// What is built in of a ticket's steps: whom it is about, and what the way in which it closes leaves behind.
    fn ends(&mut self, case: &Case<'a>, ticket: &'a Ticket, closing: Option<Closing>) {
        self.subject(ticket);
        match closing {
            Some(Closing::Cancelled) => self.nothing_out(case, ticket),
            Some(Closing::Duplicate) => self.survivor(case, ticket),
            Some(Closing::Fulfilled) | None => {}
        }
    }

    /// What closing an open ticket demands, though no way leads there from where it stands: every reason is told at once.
    fn out_of_reach(&mut self, case: &Case<'a>, ticket: &'a Ticket, Position { workflow, present }: Position<'a>, question: &Question) {
        let is_open = present.and_then(|present| workflow.states.get(present)).is_none_or(|state| state.closing.is_none());
        let target = self.to.as_deref().and_then(|to| workflow.state(to)).filter(|(_, state)| state.closing.is_some());
        let Some((name, state)) = target.filter(|_| is_open && !matches!(question.step, Step::Reclassify { .. })) else { return };
        let (responsible, accountable) = (self.responsible, self.accountable);
        self.way = Some(Way { to: name.to_owned(), responsible, accountable, closing: state.closing, ..Way::default() });
        self.ends(case, ticket, state.closing);
        let history = case.history();
        self.history(case, &history);
        self.demands(case, &Target { workflow, name, state }, &history, None);
        // Nobody may take a step that is not there (rule D1).
        self.way = None;
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
            Step::Closure(to) => to.as_deref().unwrap_or("done"),
            Step::Reclassify { kind, .. } => {
                let gap = Gap::wrong(Code::UnknownTarget, "a task has no kind that could change");
                return self.refuse(gap.expected("done, skipped").found(kind));
            }
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
        self.way = Some(Way { to: to.to_owned(), responsible: self.responsible, accountable: self.accountable, ..Way::default() });
        self.subject(ticket);
        if let Some(expected) = found.expected.as_ref().filter(|_| to == "done") {
            for judged in judge_task(&case, ticket, expected).nested {
                self.requirement(&case, judged, Severity::Block);
            }
        }
    }

    fn finish(mut self) -> Decision {
        let blocks = |finding: &Finding| finding.severity == Severity::Block;
        let denied = self.findings.iter().any(blocks);
        let ready = !self.findings.iter().any(|finding| blocks(finding) && !is_about_actor(finding));
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
        let longest = self.setting.at.plus(self.setting.allow_holds());
        self.waivers.sort_by(|a, b| (&a.requirement, &a.item).cmp(&(&b.requirement, &b.item)));
        self.waivers.dedup();
        self.written_off.sort_unstable();
        self.written_off.dedup();
        Decision {
            verdict,
            to: self.to,
            ready,
            permitted: self.permitted,
            findings: finding::in_order(self.findings),
            waivers: self.waivers,
            accountable: accountable.map(str::to_owned),
            inform,
            next: self.next,
            written_off: self.written_off,
            valid_until: (!denied).then(|| self.until.map_or(longest, |until| until.min(longest))),
            record_version: self.record_version,
        }
    }
}
