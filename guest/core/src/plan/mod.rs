//! Plans for somebody who comes, moves or goes (rules L1 to L3).
//!
//! A plan is a ticket: the one that is open, or the one to be opened, with the links that it still lacks. Its tasks are those that the
//! policy's templates expect of exactly that ticket, as its closing gate will. What the plan would add has ids that follow from the facts,
//! so planning twice adds nothing twice.

mod answer;
mod items;
mod tasks;

use crate::case::{Case, Setting, Views};
use crate::code::Code;
use crate::decision::{Context, Finding, Item, Severity};
use crate::facts::{Asset, Document, Engagement, Fact, Facts, Link, LinkRole, LinkRow, Lookup, Person, PersonStatus, Ticket};
use crate::outcome::{Gap, NOT_RECORDED};
use crate::policy::Policy;
use crate::policy::document::{Identity, PlanRules};
use crate::policy::due::WorkDay;
use crate::problem::pointer;
use crate::time::{Date, Offset, Time};

pub use answer::{Action, Direction, Plan, PlannedItem, PlannedLink, PlannedRequirement, PlannedTask, PlannedTicket, Source};

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
}

/// Plans. What can't be planned is told in the findings; the rest is planned all the same.
#[must_use]
pub fn plan(policy: &Policy, facts: &Facts, context: &Context, request: &Request<'_>) -> Plan {
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
            return plan;
        }
    };
    let Some(rules) = planner.rules() else {
        plan.findings = planner.findings;
        return plan;
    };
    let work = Work::of(person, facts, request, policy.offset());
    planner.contradictions(person, &work);
    plan.profile = work.profile.map(str::to_owned);
    plan.previous_profile = work.previous.map(str::to_owned);
    plan.day = work.of_direction(request.direction);
    let mut draft = planner.draft(person, rules);
    let chosen = planner.items(person, &work, &draft.ticket);
    draft.link(&chosen);
    planner.lead_time(&draft.ticket, rules, &work);
    planner.readiness(&chosen, &work);
    planner.return_shipment(person, &draft.ticket, &chosen);
    let document = draft.document(facts, &chosen);
    plan.ticket = Some(draft.shown(&chosen));
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
    plan
}

/// What is known of somebody's work: the latest engagement rules (rule L1).
struct Work<'a> {
    profile: Option<&'a str>,
    previous: Option<&'a str>,
    first: Option<Date>,
    last: Option<Date>,
    offset: Offset,
}

impl<'a> Work<'a> {
    fn of(person: &'a Person, facts: &'a Facts, request: &Request<'a>, offset: Offset) -> Self {
        let mut engagements: Vec<&Engagement> = person.engagements.rows().iter().collect();
        engagements.sort_by_key(|engagement| engagement.first_day.value().copied());
        let latest = engagements.pop();
        let before = engagements.pop();
        let of_latest = latest.and_then(|latest| latest.profile.text()).or_else(|| person.profile.text());
        // Who has another record has come from there (rule L1).
        let others = || facts.ids_of(&person.id).into_iter().filter(|id| *id != person.id).filter_map(|id| facts.person(id).found());
        let of_other_record = || others().find_map(|other| other.profile.text());
        let (profile, previous) = match (request.direction, request.profile) {
            (Direction::Mover, Some(profile)) => (Some(profile), of_latest),
            (Direction::Mover, None) => (of_latest, before.and_then(|before| before.profile.text()).or_else(of_other_record)),
            (Direction::Joiner | Direction::Leaver, profile) => (profile.or(of_latest), None),
        };
        let day = |of: fn(&Engagement) -> &Fact<Date>, or: &Fact<Date>| {
            latest.and_then(|latest| of(latest).value().copied()).or_else(|| or.value().copied())
        };
        let (first, last) = match request.direction {
            // Who moves leaves the place before: the day before the new one begins, where no other is told. Of a move that no engagement
            // tells of, the first day that is recorded is that of the place before.
            Direction::Mover => {
                let is_told = request.profile.is_none() && (before.is_some() || others().next().is_some());
                let first = request.day.or_else(|| day(|engagement| &engagement.first_day, &person.first_day).filter(|_| is_told));
                let last = before.filter(|_| is_told).and_then(|before| before.last_day.value().copied());
                (first, last.or_else(|| first.map(|first| first.plus_days(-1))))
            }
            Direction::Joiner => (
                request.day.or_else(|| day(|engagement| &engagement.first_day, &person.first_day)),
                day(|engagement| &engagement.last_day, &person.last_day),
            ),
            Direction::Leaver => (
                day(|engagement| &engagement.first_day, &person.first_day),
                request.day.or_else(|| day(|engagement| &engagement.last_day, &person.last_day)),
            ),
        };
        Self { profile, previous, first, last, offset: person.utc_offset.value().copied().unwrap_or(offset) }
    }

    /// The day that a plan is about.
    fn of_direction(&self, direction: Direction) -> Option<Date> {
        match direction {
            Direction::Joiner | Direction::Mover => self.first,
            Direction::Leaver => self.last,
        }
    }

    fn day(&self, day: WorkDay) -> Option<Date> {
        match day {
            WorkDay::First => self.first,
            WorkDay::Last => self.last,
        }
    }
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
        let Gap { code, item, path, expected, found, message, remedy, .. } = gap;
        let charge = self.setting.policy.head.plans.rules(self.direction).and_then(|rules| self.opening(rules));
        self.findings.push(Finding {
            code: code.as_str().to_owned(),
            severity,
            follow_up: false,
            requirement: None,
            item,
            path,
            expected,
            found,
            message,
            remedy: Some(remedy.unwrap_or_else(|| code.remedy().to_owned())),
            responsible: charge.map(|edge| edge.responsible.clone()).unwrap_or_default(),
            accountable: charge.map(|edge| edge.accountable.clone()),
            sop: None,
        });
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

    /// What a person's status says against their days (rule L1).
    fn contradictions(&mut self, person: &Person, work: &Work<'_>) {
        let today = Date::of(self.setting.at, work.offset);
        let path = pointer("/people", &person.id);
        if work.of_direction(self.direction).is_none() {
            let day = if self.direction == Direction::Leaver { WorkDay::Last } else { WorkDay::First };
            self.tell(Gap::unknown(format!("the {day} of {}", person.id), &path), Severity::Block);
        }
        let Fact::Known(status) = person.status else { return };
        let against = match (status, work.first, work.last) {
            (PersonStatus::Expected, Some(first), _) if first < today => format!("the first day was {first}"),
            (PersonStatus::Active, Some(first), _) if first > today && self.direction == Direction::Joiner => {
                format!("the first day is {first}")
            }
            (PersonStatus::Left, _, Some(last)) if last > today => format!("the last day is {last}"),
            (PersonStatus::Active, _, Some(last)) if last < today && self.direction == Direction::Leaver => {
                format!("the last day was {last}")
            }
            _ => return,
        };
        let gap = Gap::wrong(Code::StatusContradicted, format!("{} is recorded as {status}, and {against}", person.id));
        self.tell(gap.at(format!("{path}/status")).found(status.to_string()), Severity::Warn);
    }

    /// The open ticket that is about this already, or the one to be opened.
    fn draft(&mut self, person: &Person, rules: &PlanRules) -> Draft {
        let setting = self.setting;
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
        let opened = ticket.opened.value().copied().unwrap_or(self.setting.at);
        let left = day.start(work.offset).since(opened);
        if left < lead {
            let gap = Gap::wrong(Code::LeadTimeShort, format!("{} days are left until {day}, and {} are needed", left.days(), lead.days()))
                .expected(format!("opened {} days before", lead.days()))
                .found(format!("{} days before", left.days()))
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
        if person.remote != Fact::Known(true) || !chosen.iter().any(comes_back) {
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
        if !missing.is_empty() {
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
            let present = match one.asset {
                None => None,
                Some(asset) => match self.setting.asset_state(asset) {
                    Some((_, state)) => Some(state),
                    None => continue,
                },
            };
            let Some(way) = items::way_to_a_person(workflow, present) else { continue };
            let calendar = &self.setting.policy.head.calendar;
            let stays = way.iter().filter_map(|state| workflow.states.get(*state)?.usual_stay);
            let ready = stays.fold(self.setting.at, |at, stay| calendar.after(at, stay));
            if ready > day.start(work.offset) {
                let item = Item::Asset(one.shown.asset.clone().unwrap_or_default());
                let message = format!("{item} is usually ready on {}, and the first day is {day}", Date::of(ready, work.offset));
                let gap = Gap::wrong(Code::ReadinessAtRisk, message)
                    .expected(format!("ready before {day}"))
                    .found(format!("still to pass: {}", way.join(", ")))
                    .about(item);
                self.tell(gap, Severity::Warn);
            }
        }
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

    fn shown(&self, chosen: &[items::Chosen<'_>]) -> PlannedTicket {
        let links = chosen
            .iter()
            .filter_map(|one| Some(PlannedLink { asset: one.shown.asset.clone()?, role: one.link?, exists: one.shown.exists }));
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
