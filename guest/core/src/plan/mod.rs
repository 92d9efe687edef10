//! Plans for somebody who comes, moves or goes (rules L1 to L3).
//!
//! A plan is a ticket: the one that is open, or the one to be opened, with the links that it still lacks. Its tasks are those that the
//! policy's templates expect of exactly that ticket, as its closing gate will. What the plan would add has ids that follow from the facts,
//! so planning twice adds nothing twice.

mod answer;
mod items;
mod tasks;
mod work;

use crate::case::{Behind, Case, Setting, Views};
use crate::code::Code;
use crate::decision::{Context, Finding, Item, Severity};
use crate::engagements::{self, Engagements};
use crate::facts::{Asset, Document, Fact, Facts, Link, LinkRole, LinkRow, Lookup, Person, Ticket};
use crate::outcome::{Gap, NOT_RECORDED, counted};
use crate::policy::Policy;
use crate::policy::document::{Identity, PlanRules};
use crate::policy::due::WorkDay;
use crate::problem::pointer;
use crate::time::{Date, Time};

pub use answer::{Action, Direction, Plan, PlannedItem, PlannedLink, PlannedRequirement, PlannedTask, PlannedTicket, Source};
pub(crate) use items::overdue_loan;
pub(crate) use work::Work;

/// Whose plan is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The id of the person.
    pub person: &'a str,
    /// Which way they go.
    pub direction: Direction,
    /// The role profile that they come into, where it is not the one recorded.
    pub profile: Option<&'a str>,
    /// The first day, or the last one of somebody who leaves, where it is not the one recorded.
    pub day: Option<Date>,
    /// The id of the ticket that it is done under, closed or not, where it is not the open one.
    pub ticket: Option<&'a str>,
}

/// A plan with what it was made with.
pub(crate) struct Made<'a> {
    pub plan: Plan,
    /// The facts as they would be with all that the plan adds; none where nothing can be planned.
    pub planned: Option<(Facts, Work<'a>)>,
}

/// Plans. What can't be planned is told in the findings; the rest is planned all the same.
#[must_use]
pub fn plan(policy: &Policy, facts: &Facts, context: &Context, request: &Request<'_>) -> Plan {
    make(policy, facts, context, request).plan
}

/// As [`plan`], for what goes on from it.
pub(crate) fn make<'a>(policy: &'a Policy, facts: &'a Facts, context: &'a Context, request: &Request<'a>) -> Made<'a> {
    let views = Views::default();
    let setting = Setting::new(policy, facts, context, &views);
    let mut planner = Planner { setting, direction: request.direction, findings: Vec::new() };
    let mut plan = Plan::of(request);
    let person = match facts.person(request.person) {
        Lookup::Found(person) => person,
        lookup => {
            let what = if matches!(lookup, Lookup::Ambiguous) { "several people have the id" } else { "the facts hold no person" };
            let gap = Gap::wrong(Code::SubjectUnknown, format!("{what} {}", request.person)).at(pointer("/people", request.person));
            planner.tell(gap, Severity::Block);
            plan.findings = planner.findings;
            return Made { plan, planned: None };
        }
    };
    let Some(rules) = planner.rules() else {
        plan.findings = planner.findings;
        return Made { plan, planned: None };
    };
    let work = Work::of(&setting, person, facts, request);
    planner.contradictions(person, &work);
    plan.profile = work.profile.map(str::to_owned);
    plan.previous_profile = work.previous.map(str::to_owned);
    plan.day = work.of_direction(request.direction);
    let mut draft = planner.draft(person, rules, request.ticket);
    let chosen = planner.items(person, &work, &draft.ticket);
    draft.link(&chosen);
    planner.lead_time(&draft.ticket, rules, &work);
    planner.readiness(&chosen, &work);
    planner.return_shipment(person, &draft.ticket, &chosen);
    let document = draft.document(facts, &chosen);
    plan.ticket = Some(draft.shown(&setting, &chosen));
    plan.items = chosen.into_iter().map(|one| one.shown).collect();
    let planned = Facts::new(document);
    let views = Views::default();
    let setting = Setting::new(policy, &planned, context, &views);
    if let Some(ticket) = planned.ticket(&draft.ticket.id).found() {
        plan.tasks = tasks::tasks(&Case::ticket(setting, ticket), ticket, &work);
    }
    plan.findings = planner.findings;
    plan.findings.sort_by(|a, b| (a.severity, &a.item, &a.code, &a.path).cmp(&(b.severity, &b.item, &b.code, &b.path)));
    plan.findings.dedup();
    Made { plan, planned: Some((planned, work)) }
}

/// A plan in the making.
struct Planner<'a> {
    setting: Setting<'a>,
    direction: Direction,
    findings: Vec<Finding>,
}

/// The ticket of a plan.
struct Draft {
    ticket: Ticket,
    exists: bool,
}

impl<'a> Planner<'a> {
    fn tell(&mut self, gap: Gap, severity: Severity) {
        let charge = self.setting.policy.head.plans.rules(self.direction).and_then(|rules| self.opening(rules));
        self.findings.push(gap.finding(severity, charge));
    }

    /// The way by which tickets of a plan are opened: whoever opens them answers for the plan.
    fn opening(&self, rules: &PlanRules) -> Option<&'a crate::policy::Edge> {
        self.setting.policy.ticket_workflow(&rules.ticket)?.next(None).next().map(|(_, edge)| edge)
    }

    fn rules(&mut self) -> Option<&'a PlanRules> {
        let rules = self.setting.policy.head.plans.rules(self.direction);
        if rules.is_none() {
            let message = format!("the policy does not say how a {} is planned", self.direction);
            self.tell(Gap::wrong(Code::PlanUndeclared, message).expected(format!("`plans: {{{}: …}}`", self.direction)), Severity::Block);
        }
        rules
    }

    /// What a person's status and engagements say against their days (rule L1).
    fn contradictions(&mut self, person: &Person, work: &Work<'_>) {
        let today = Date::of(self.setting.at, work.offset);
        let path = pointer("/people", &person.id);
        if work.of_direction(self.direction).is_none() {
            let day = if self.direction == Direction::Leaver { WorkDay::Last } else { WorkDay::First };
            self.tell(Gap::unknown(format!("the {day} of {}", person.id), &path), Severity::Block);
        }
        let days = (work.first, work.last);
        let (comes, goes) = (self.direction == Direction::Joiner, self.direction == Direction::Leaver);
        let gaps = engagements::contradiction(person, today, days, comes, goes);
        for gap in gaps.into_iter().chain(Engagements::of(person).contradictions()) {
            self.tell(gap, Severity::Warn);
        }
    }

    /// The open ticket that is about this already, or the one to be opened.
    fn draft(&mut self, person: &Person, rules: &PlanRules, named: Option<&str>) -> Draft {
        let setting = self.setting;
        if let Some(ticket) = named.and_then(|id| setting.facts.ticket(id).found()) {
            return Draft { ticket: ticket.clone(), exists: true };
        }
        let is_theirs = |ticket: &&Ticket| {
            ticket.kind.text() == Some(rules.ticket.as_str())
                && setting.is_open(ticket) != Some(false)
                && ticket.subject.text().is_some_and(|subject| setting.is_same_person(subject, &person.id))
        };
        let mut open = setting.facts.document().tickets.rows().iter().filter(is_theirs);
        if let Some(ticket) = open.next() {
            let others: Vec<&str> = open.map(|ticket| ticket.id.as_str()).collect();
            if !others.is_empty() {
                let message = format!("several open tickets of the kind {} are about {}", rules.ticket, person.id);
                let gap = Gap::wrong(Code::TicketAmbiguous, message).expected("one").found(format!("{}, {}", ticket.id, others.join(", ")));
                let remedy = "close all but one of them as duplicates; the first is planned with";
                self.tell(gap.about(Item::Ticket(ticket.id.clone())).remedy(remedy), Severity::Warn);
            }
            return Draft { ticket: ticket.clone(), exists: true };
        }
        // A ticket that is closed was about an earlier time.
        let name = format!("{}-{}", self.direction, person.id);
        let is_free = |id: &String| matches!(setting.facts.ticket(id), Lookup::Missing);
        let ids = (1u32..).map(|count| if count == 1 { name.clone() } else { format!("{name}-{count}") });
        let id = ids.into_iter().find(is_free).unwrap_or(name);
        Draft { ticket: new_ticket(id, &rules.ticket, &person.id, setting.at), exists: false }
    }

    /// Whether the ticket was opened early enough (rule L3).
    fn lead_time(&mut self, ticket: &Ticket, rules: &PlanRules, work: &Work<'_>) {
        let (Some(lead), Some(day)) = (rules.lead_time, work.of_direction(self.direction)) else { return };
        let Some(opened) = ticket.opened.value().copied() else {
            let path = format!("{}/opened", pointer("/tickets", &ticket.id));
            let gap = Gap::unknown("when the ticket was opened", path).about(Item::Ticket(ticket.id.clone()));
            return self.tell(gap, Severity::Warn);
        };
        let left = day.start(work.offset).since(opened);
        if left < lead {
            let gap = Gap::wrong(
                Code::LeadTimeShort,
                format!("the lead time to {day} is {}, and has to be {}", counted(left.days(), "day"), counted(lead.days(), "day")),
            )
            .expected(format!("opened {} before", counted(lead.days(), "day")))
            .found(format!("{} before", counted(left.days(), "day")))
            .about(Item::Ticket(ticket.id.clone()));
            self.tell(gap, Severity::Warn);
        }
    }

    /// Whether the things of somebody who works elsewhere have a way back.
    fn return_shipment(&mut self, person: &Person, ticket: &Ticket, chosen: &[items::Chosen<'_>]) {
        // What is told apart by what is written on it can be sent.
        let is_thing = |kind: &str| {
            self.setting
                .policy
                .kinds
                .get(kind)
                .is_some_and(|kind| matches!(kind.identified_by, Identity::Serial | Identity::Tag | Identity::Number))
        };
        let comes_back = |one: &items::Chosen<'_>| one.link == Some(LinkRole::Collect) && is_thing(&one.shown.kind);
        if matches!(person.remote, Fact::Known(false) | Fact::None) || !chosen.iter().any(comes_back) {
            return;
        }
        let shipment = ticket.return_shipment.value();
        let missing: Vec<&str> = [
            ("label", shipment.is_some_and(|shipment| shipment.label_sent.value().is_some())),
            ("instructions", shipment.is_some_and(|shipment| shipment.instructions_sent.value().is_some())),
            ("deadline", shipment.is_some_and(|shipment| shipment.deadline.value().is_some())),
        ]
        .into_iter()
        .filter_map(|(part, there)| (!there).then_some(part))
        .collect();
        if !missing.is_empty() && person.remote.is_unknown() {
            let gap = Gap::unknown(format!("whether {} works elsewhere", person.id), format!("{}/remote", pointer("/people", &person.id)));
            self.tell(gap, Severity::Warn);
        } else if !missing.is_empty() {
            let message = format!("the return from {}, who works elsewhere, has no {}", person.id, missing.join(", no "));
            let gap = Gap::wrong(Code::ShipmentIncomplete, message)
                .at(format!("{}/return_shipment", pointer("/tickets", &ticket.id)))
                .expected("label, instructions and deadline")
                .found(NOT_RECORDED)
                .about(Item::Ticket(ticket.id.clone()));
            self.tell(gap, Severity::Warn);
        }
    }

    /// Whether what is to be handed out can be ready by the day: the usual stays that are left against the days that are left (rule L3).
    fn readiness(&mut self, chosen: &[items::Chosen<'_>], work: &Work<'_>) {
        let Some(day) = work.first else { return };
        for one in chosen.iter().filter(|one| matches!(one.link, Some(LinkRole::Issue | LinkRole::Loan))) {
            let Some(workflow) = self.setting.policy.asset_workflow(&one.shown.kind) else { continue };
            // What is only about to be created goes the whole way, as what is to be procured does.
            let present = match one.asset.map(|asset| (asset, self.setting.asset_state(asset))) {
                None => None,
                Some((asset, None)) if asset.state == Fact::None => None,
                Some((_, Some((_, state)))) => Some(state),
                Some((_, None)) => continue,
            };
            let Some(way) = items::way_to_a_person(workflow, present).filter(|way| !way.is_empty()) else { continue };
            let calendar = &self.setting.policy.head.calendar;
            let entered = present.zip(one.asset).and_then(|(state, asset)| self.entered(asset, state));
            let mut ready = self.setting.at;
            for (index, state) in way.iter().enumerate() {
                let Some(stay) = workflow.states.get(*state).and_then(|state| state.usual_stay) else { continue };
                // Of the present stay only what is left of it lies ahead.
                let since = entered.filter(|_| index == 0).unwrap_or(ready);
                ready = ready.max(calendar.after(since, stay));
            }
            if ready > day.start(work.offset) {
                let item = Item::Asset(one.shown.asset.clone().unwrap_or_default());
                let message = format!("{item} is usually not ready before {}, and the first day is {day}", Date::of(ready, work.offset));
                let gap = Gap::wrong(Code::ReadinessAtRisk, message)
                    .expected(format!("ready before {day}"))
                    .found(format!("still to pass: {}", way.join(", ")))
                    .about(item);
                self.tell(gap, Severity::Warn);
            }
        }
    }
}

impl Planner<'_> {
    /// When an asset entered the state in which it is; none where its history does not tell it.
    fn entered(&self, asset: &Asset, state: &str) -> Option<Time> {
        let history = Case::asset(self.setting, asset, Behind::None).history();
        let is_imported = history.passages.len() == 1 && history.baseline.is_some();
        history.passages.last().filter(|last| last.state == state && !is_imported).map(|last| last.at)
    }
}

impl Draft {
    /// Links what was chosen and is not linked yet.
    fn link(&mut self, chosen: &[items::Chosen<'_>]) {
        let new = chosen.iter().filter_map(|one| Some((one.shown.asset.as_ref()?, one.link.filter(|_| !one.shown.exists)?)));
        let mut links: Vec<Link> = self.ticket.links.rows().to_vec();
        links.extend(new.map(|(asset, role)| Link(LinkRow { role: Fact::Known(role), ..LinkRow::of(asset.clone()) })));
        self.ticket.links = Fact::Known(links);
    }

    /// The facts as they would be with this ticket and with what it is to procure.
    fn document(&self, facts: &Facts, chosen: &[items::Chosen<'_>]) -> Document {
        let mut document = facts.document().clone();
        let mut tickets: Vec<Ticket> = document.tickets.rows().iter().filter(|ticket| ticket.id != self.ticket.id).cloned().collect();
        tickets.push(self.ticket.clone());
        document.tickets = Fact::Known(tickets);
        let mut assets = document.assets.rows().to_vec();
        for one in chosen.iter().filter(|one| one.asset.is_none()) {
            if let Some(id) = &one.shown.asset {
                assets.push(Asset {
                    kind: Fact::Known(one.shown.kind.clone()),
                    state: Fact::None,
                    product: one.product.map_or(Fact::Unknown, |product| Fact::Known(product.to_owned())),
                    ..Asset::of(id.clone())
                });
            }
        }
        document.assets = Fact::Known(assets);
        document
    }

    fn shown(&self, setting: &Setting<'_>, chosen: &[items::Chosen<'_>]) -> PlannedTicket {
        // `link` has put what is new behind what there was.
        let is_new = |id: &str| chosen.iter().any(|one| one.shown.asset.as_deref() == Some(id) && one.link.is_some() && !one.shown.exists);
        let links = setting.links_of(&self.ticket).map(|link| PlannedLink {
            asset: link.asset.clone(),
            role: setting.link_role(&self.ticket, link),
            exists: !is_new(&link.asset),
        });
        PlannedTicket {
            id: self.ticket.id.clone(),
            kind: self.ticket.kind.text().unwrap_or_default().to_owned(),
            state: self.ticket.state.text().map(str::to_owned),
            exists: self.exists,
            links: links.collect(),
        }
    }
}

/// A ticket that is about to be opened.
fn new_ticket(id: String, kind: &str, subject: &str, opened: Time) -> Ticket {
    Ticket {
        kind: Fact::Known(kind.to_owned()),
        state: Fact::None,
        subject: Fact::Known(subject.to_owned()),
        opened: Fact::Known(opened),
        links: Fact::Known(Vec::new()),
        tasks: Fact::Known(Vec::new()),
        ..Ticket::of(id)
    }
}
