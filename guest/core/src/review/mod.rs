//! Reviews: what is still open of somebody's coming, moving or going, who ends it by when, and what may be closed now (rule L3).
//!
//! A review is a plan, and the decision on closing its ticket: it judges no requirement itself. On top come the days that no gate asks for.

mod answer;
mod before;
mod days;
mod whose;

use std::collections::BTreeSet;

use crate::case::{Setting, Views};
use crate::code::Code;
use crate::decide::decide;
use crate::decision::{Context, Decision, Finding, Item, Question, Severity, Step};
use crate::facts::{Facts, Ticket};
use crate::forms::Form;
use crate::outcome::Gap;
use crate::plan::{self, Made, Plan, PlannedTask};
use crate::policy::document::Closing;
use crate::policy::{Edge, Policy};
use crate::problem::{Problem, pointer};

pub use answer::{ClosableTask, OpenTask, Review, ReviewFinding, ReviewTasks};
use whose::{Whose, goes_without_ticket, whose};

/// Whose review is asked for: that of a person, or that of the person whom a ticket is about.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The id of the person.
    pub person: Option<&'a str>,
    /// The id of the ticket.
    pub ticket: Option<&'a str>,
    /// Which way they go, where neither ticket nor status and days tell it.
    pub direction: Option<plan::Direction>,
}

/// Reviews somebody's coming, moving or going.
///
/// # Errors
/// What the question leaves open and the facts don't tell: whom it is about, or which way they go.
pub fn review(policy: &Policy, facts: &Facts, context: &Context, request: &Request<'_>) -> Result<Review, Problem> {
    // A review tells what is there to be done, whoever does it (rule D1).
    let context = Context { at: context.at, actor: None };
    let views = Views::default();
    let setting = Setting::new(policy, facts, &context, &views);
    let Whose { person, direction, ticket } = whose(&setting, request)?;
    let named = ticket.map(|ticket| ticket.id.as_str());
    let Some(person) = person else {
        let findings = named.map(|id| closing(policy, facts, &context, id, None).findings).unwrap_or_default();
        let findings = findings.into_iter().map(|finding| shown(policy, finding, None)).collect();
        let tasks = ReviewTasks::default();
        return Ok(Review { person: None, direction, profile: None, day: None, ticket: None, closable: false, findings, tasks });
    };
    let request = plan::Request { person, direction, profile: None, day: None, ticket: named };
    let Made { plan, planned } = plan::make(policy, facts, &context, &request);
    let Plan { profile, day, ticket, tasks, findings: of_plan, .. } = plan;
    let mut of_plan = of_plan.into_iter();
    let mut review = Review {
        person: Some(person.to_owned()),
        direction,
        profile,
        day,
        ticket,
        closable: false,
        findings: Vec::new(),
        tasks: ReviewTasks::default(),
    };
    let mut told = Told::default();
    if let (Some((planned, work)), Some(ticket)) = (&planned, &review.ticket)
        && let Some(record) = planned.ticket(&ticket.id).found()
    {
        let on = Closings::of(&setting, facts, planned, record, ticket.exists);
        if ticket.exists {
            // What closing tells is what counts; what it would tell of things that the ticket lacks does not keep it from closing.
            let decision = closing(policy, on.present.as_ref().unwrap_or(facts), &context, &ticket.id, on.closed_in);
            review.closable = decision.ready;
            told.all(decision.findings);
            // What was called off has no work left.
            if setting.closing(record).is_some_and(|closing| closing != Closing::Fulfilled) {
                let charge = Charge { setting, ticket: record };
                let unsupported = (!decision.ready).then(|| closed_unsupported(record));
                for gap in unsupported.into_iter().chain(goes_without_ticket(&setting, person, direction)) {
                    told.one(charge.finding(gap));
                }
                review.findings = told.findings.into_iter().map(|finding| shown(policy, finding, None)).collect();
                return Ok(review);
            }
            told.all(on.lowered(closing(policy, on.planned.as_ref().unwrap_or(planned), &context, &ticket.id, on.closed_in).findings));
        } else {
            told.all(closing(policy, on.planned.as_ref().unwrap_or(planned), &context, &ticket.id, None).findings);
        }
        // What keeps a plan from being made does not keep its ticket from closing.
        let weight = if ticket.exists { Severity::Warn } else { Severity::Block };
        for finding in of_plan.by_ref() {
            told.one(Finding { severity: finding.severity.max(weight), ..finding });
        }
        let views = Views::default();
        let setting = Setting::new(policy, planned, &context, &views);
        let charge = Charge { setting, ticket: record };
        if on.closed_in.is_some() && !review.closable {
            told.one(charge.finding(closed_unsupported(record)));
        }
        let look = days::Look { setting, person, ticket: record, work, tasks: &tasks };
        let access = policy.head.plans.rules(direction).and_then(|rules| rules.access.as_ref());
        for gap in look.gaps(access) {
            told.one(charge.finding(gap));
        }
        review.tasks = by_step(policy, on.tasks(planned), &context, &tasks, &told.findings);
    }
    of_plan.for_each(|finding| told.one(finding));
    told.findings.sort_by_key(|finding| finding.severity);
    review.findings = told
        .findings
        .into_iter()
        .map(|finding| {
            let task = ended_by(policy, &finding, &tasks);
            shown(policy, finding, task)
        })
        .collect();
    Ok(review)
}

fn closed_unsupported(ticket: &Ticket) -> Gap {
    let gap = Gap::wrong(Code::ClosedUnsupported, "the ticket is closed, and its closing gate would refuse it now");
    gap.at(pointer("/tickets", &ticket.id)).about(Item::Ticket(ticket.id.clone()))
}

/// The facts on which the closing gate is asked, where the ticket as it stands can't be: closed already, or not open yet.
struct Closings<'a> {
    /// The facts as they are.
    present: Option<Facts>,
    /// The facts with all that the plan adds.
    planned: Option<Facts>,
    /// The state in which the ticket closed.
    closed_in: Option<&'a str>,
}

impl<'a> Closings<'a> {
    fn of(setting: &Setting<'a>, facts: &Facts, planned: &Facts, record: &Ticket, exists: bool) -> Self {
        if !exists {
            let open = before::opened(setting, record).map(|ticket| before::with(planned, ticket));
            return Self { present: None, planned: open, closed_in: None };
        }
        let Some((open, closed_in)) = before::closing(setting, record) else {
            return Self { present: None, planned: None, closed_in: None };
        };
        let present = facts.ticket(&record.id).found().and_then(|ticket| before::closing(setting, ticket));
        Self {
            present: present.map(|(ticket, _)| before::with(facts, ticket)),
            planned: Some(before::with(planned, open)),
            closed_in: Some(closed_in),
        }
    }

    /// What the plan adds to a ticket that is there does not keep it from closing.
    fn lowered(&self, findings: Vec<Finding>) -> impl Iterator<Item = Finding> + use<> {
        findings.into_iter().map(|finding| Finding { severity: finding.severity.max(Severity::Warn), ..finding })
    }

    /// The facts on which tasks are asked: of a closed ticket none can be ended.
    fn tasks<'f>(&'f self, planned: &'f Facts) -> &'f Facts {
        self.planned.as_ref().filter(|_| self.closed_in.is_none()).unwrap_or(planned)
    }
}

/// The decision on closing a ticket, whoever closes it.
fn closing(policy: &Policy, facts: &Facts, context: &Context, ticket: &str, closed_in: Option<&str>) -> Decision {
    let step = closed_in.map_or(Step::Closure(None), |state| Step::Transition(state.to_owned()));
    one(policy, facts, context, Item::Ticket(ticket.to_owned()), step)
}

/// One decision, without what it says of the actor: nobody acts.
fn one(policy: &Policy, facts: &Facts, context: &Context, item: Item, step: Step) -> Decision {
    let question = Question { item, step, ticket: None };
    let mut decisions = decide(policy, facts, context, std::slice::from_ref(&question));
    // One question has one decision; were there none, nothing would be ready.
    let mut decision = decisions.pop().unwrap_or_else(|| Decision {
        verdict: crate::decision::Verdict::Deny,
        to: None,
        ready: false,
        permitted: None,
        findings: Vec::new(),
        waivers: Vec::new(),
        accountable: None,
        inform: Vec::new(),
        next: Vec::new(),
        written_off: Vec::new(),
        valid_until: None,
        record_version: None,
    });
    decision.findings.retain(|finding| finding.code != Code::ActorMissing.as_str());
    decision
}

/// What was found, each once.
#[derive(Default)]
struct Told {
    findings: Vec<Finding>,
    same: BTreeSet<Finding>,
    places: BTreeSet<(String, Option<String>)>,
}

impl Told {
    /// The findings of a decision; what another one tells alike is left out, though it weighs less there.
    fn all(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            let alike = Finding { severity: Severity::Block, ..finding.clone() };
            if self.same.insert(alike) {
                self.places.insert(place(&finding));
                self.findings.push(finding);
            }
        }
    }

    /// A finding beside them, unless one of them says the same of the same place.
    fn one(&mut self, finding: Finding) {
        if self.places.insert(place(&finding)) {
            self.findings.push(finding);
        }
    }
}

fn place(finding: &Finding) -> (String, Option<String>) {
    // Coverage stands in one place, whatever it is of.
    if finding.code == Code::RegisterNotCovered.as_str() {
        return (finding.code.clone(), Some(finding.message.clone()));
    }
    (finding.code.clone(), finding.path.clone().or_else(|| finding.item.as_ref().map(ToString::to_string)))
}

/// Who is in charge of what a review finds.
struct Charge<'a> {
    setting: Setting<'a>,
    ticket: &'a Ticket,
}

impl Charge<'_> {
    /// A finding that does not keep the ticket from closing.
    fn finding(&self, gap: Gap) -> Finding {
        let edge = gap.item.as_ref().and_then(|item| self.edge(item));
        gap.finding(Severity::Warn, edge)
    }

    /// The main way on of an item.
    fn edge(&self, item: &Item) -> Option<&Edge> {
        let (workflow, state) = match item {
            Item::Asset(id) => self.setting.asset_state(self.setting.facts.asset(id).found()?)?,
            Item::Ticket(_) | Item::Task { .. } => {
                let workflow = self.setting.policy.ticket_workflow(self.ticket.kind.text()?)?;
                (workflow, self.ticket.state.text()?)
            }
        };
        workflow.main(state).map(|(_, edge)| edge)
    }
}

/// Whether a task is neither done nor skipped.
fn is_open(task: &PlannedTask) -> bool {
    !matches!(task.state.as_str(), "done" | "skipped")
}

/// Whether an item of a finding is this task: rows may have an id of their own.
fn is_task(item: &Item, task: &PlannedTask) -> bool {
    let by_template = |id: &str| match (&task.template, &task.asset) {
        (Some(template), Some(asset)) => id.strip_prefix(template.as_str()).and_then(|rest| rest.strip_prefix('@')) == Some(asset.as_str()),
        (Some(template), None) => id == template,
        (None, _) => false,
    };
    match (item, &task.item) {
        (Item::Task { ticket, task: id }, Item::Task { ticket: other, .. }) => ticket == other && (*id == task.id || by_template(id)),
        _ => false,
    }
}

/// The tasks by what can be done with them now.
fn by_step(policy: &Policy, facts: &Facts, context: &Context, tasks: &[PlannedTask], told: &[Finding]) -> ReviewTasks {
    let mut all = ReviewTasks::default();
    for task in tasks {
        if !task.exists {
            all.create.push(task.clone());
            continue;
        }
        if !is_open(task) {
            if told.iter().any(|finding| finding.item.as_ref().is_some_and(|item| is_task(item, task))) {
                all.reopen.push(task.item.clone());
            }
            continue;
        }
        let decision = one(policy, facts, context, task.item.clone(), Step::Transition("done".to_owned()));
        match decision.ready {
            true => all.close.push(ClosableTask { item: task.item.clone(), shown: !task.requirements.is_empty() }),
            false => all.open.push(OpenTask { item: task.item.clone(), findings: decision.findings }),
        }
    }
    all
}

/// The task that ends what was found: the one that it is about, one that demands what is not met, or the next that is for the same thing.
fn ended_by<'t>(policy: &Policy, finding: &Finding, tasks: &'t [PlannedTask]) -> Option<&'t PlannedTask> {
    let item = finding.item.as_ref()?;
    if matches!(item, Item::Task { .. }) {
        return tasks.iter().find(|task| is_task(item, task));
    }
    let asset = match item {
        Item::Asset(id) => Some(id.as_str()),
        _ => None,
    };
    // What is done comes last, and of the rest what is due first.
    let mut of_item: Vec<&PlannedTask> = tasks.iter().filter(|task| task.template.is_some() && task.asset.as_deref() == asset).collect();
    of_item.sort_by_key(|task| (!is_open(task), task.due.is_none(), task.due, &task.id));
    let demands = |task: &PlannedTask| match &finding.requirement {
        Some(name) => task.requirements.iter().any(|one| one.requirement.as_ref() == Some(name)),
        None => finding.code == Code::ShipmentIncomplete.as_str() && is_for_shipment(policy, task),
    };
    let demanding = of_item.iter().copied().find(|task| demands(task));
    // About the ticket itself there is work of all sorts, so that only what demands it ends it.
    demanding.or_else(|| of_item.first().copied().filter(|_| asset.is_some()))
}

fn is_for_shipment(policy: &Policy, task: &PlannedTask) -> bool {
    let template = task.template.as_ref().and_then(|name| policy.task_templates.get(name));
    let mut requirements = template.into_iter().flat_map(|template| &template.requirements).filter_map(|index| policy.requirement(*index));
    requirements.any(|requirement| matches!(requirement.form, Form::ReturnShipment(_)))
}

/// A finding with who ends it.
fn shown(policy: &Policy, finding: Finding, task: Option<&PlannedTask>) -> ReviewFinding {
    let of_role = |role: &String| policy.roles.get(role).and_then(|role| role.department.clone());
    let responsible = task.map(|task| &task.responsible).filter(|roles| !roles.is_empty()).unwrap_or(&finding.responsible).clone();
    ReviewFinding {
        task: task.map(|task| task.item.clone()),
        department: task.and_then(|task| task.department.clone()).or_else(|| responsible.iter().find_map(of_role)),
        accountable: task.and_then(|task| task.accountable.clone()).or_else(|| finding.accountable.clone()),
        due: task.and_then(|task| task.due),
        responsible,
        finding,
    }
}
