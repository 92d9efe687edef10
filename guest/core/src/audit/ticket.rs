//! What one ticket's record says of itself; of one that came with what it links, also what closing it would say.

use super::decisions::{self, Taken};
use super::{Out, Ticket, asset, people, record};
use crate::case::{Case, Setting};
use crate::code::Code;
use crate::decide::{Claim, Reach, claim, decide, is_about_actor};
use crate::decision::{Context, Finding, Item, Question, Severity, Step};
use crate::facts::{Fact, TaskState};
use crate::outcome::{Gap, NOT_RECORDED};
use crate::policy::document::Closing;
use crate::policy::{Edge, State, Workflow};
use crate::problem::pointer;
use crate::time::{Date, Time};

/// A record in front of the policy.
struct Record<'a, 'o> {
    setting: Setting<'a>,
    ticket: &'a Ticket,
    item: Item,
    charge: Option<&'a Edge>,
    out: &'o mut Out,
}

pub(super) fn judge<'a>(setting: Setting<'a>, ticket: &'a Ticket, whole: bool, out: &mut Out) {
    let item = Item::Ticket(ticket.id.clone());
    out.tallies.tickets += 1;
    out.rows.add(&["t", &ticket.id]);
    for link in setting.links(ticket) {
        out.rows.add(&["a", &link.asset, ">", &item.to_string(), "link"]);
    }
    for related in ticket.related.rows() {
        out.rows.add(&["t", &related.ticket, ">", &item.to_string(), &related.relation.to_string()]);
    }
    let place = ticket
        .kind
        .text()
        .and_then(|kind| setting.policy.ticket_workflow(kind))
        .and_then(|workflow| workflow.state(ticket.state.text()?).map(|(name, state)| (workflow, name, state)));
    let charge = place.and_then(|(workflow, name, _)| workflow.main(name)).map(|(_, edge)| edge);
    let mut record = Record { setting, ticket, item, charge, out };
    let is_judged = whole && place.is_some_and(|(_, _, state)| record.closed_lately(state));
    let Claim { findings, history, unsupported } = claim(setting, &record.item, if is_judged { Reach::Gate } else { Reach::History });
    for finding in findings.into_iter().chain(history) {
        if finding.code != Code::DuplicateItem.as_str() {
            record.out.tell(finding, None);
        }
    }
    record.subject();
    record.content();
    record.steps();
    let Some((workflow, name, state)) = place else { return };
    let sop = Case::ticket(setting, ticket).sop(&state.sop);
    asset::stay(setting, &record.item, (workflow, name, state), (&ticket.history, &ticket.baseline), sop, record.out);
    record.reopened(workflow);
    if state.closing.is_none() {
        if let (Some(kind), Some(subject)) = (ticket.kind.text(), ticket.subject.text()) {
            record.out.rows.add(&["o", kind, subject]);
        }
        record.open();
        if whole {
            record.would_close();
        }
    }
    if let (Some(Closing::Fulfilled), Some(kind), Some(subject)) = (state.closing, ticket.kind.text(), ticket.subject.text())
        && let Some(at) = record.last_entry()
    {
        record.out.rows.add(&["o", kind, subject, &Date::of(at, setting.policy.offset()).to_string()]);
    }
    record.closed(name, unsupported);
}

impl<'a> Record<'a, '_> {
    fn path(&self, field: &str) -> String {
        format!("{}/{field}", pointer("/tickets", &self.ticket.id))
    }

    fn tell(&mut self, gap: Gap, severity: Severity) {
        self.out.tell_gap(gap, severity, self.charge, Some(&self.item));
    }

    /// Whom it is about has to be known; a ticket may be known to be about nobody.
    fn subject(&mut self) {
        let people_known = !self.setting.facts.document().people.is_unknown();
        let gap = match &self.ticket.subject {
            Fact::None => return,
            Fact::Unknown => Gap { code: Code::SubjectUnknown, ..Gap::unknown("whom the ticket is about", self.path("subject")) },
            Fact::Known(id) if people_known && matches!(people::standing(&self.setting, id), people::Standing::Unknown) => {
                Gap::wrong(Code::SubjectUnknown, format!("{id}, whom the ticket is about, is not among the people"))
                    .at(self.path("subject"))
                    .expected("somebody among the people")
                    .found(id)
            }
            Fact::Known(_) => return,
        };
        self.tell(gap, Severity::Block);
    }

    /// What lies ahead, or is of another type than declared.
    fn content(&mut self) {
        let (setting, ticket) = (self.setting, self.ticket);
        let times = [
            ("evidence", record::latest(ticket.evidence.rows(), |row| row.at)),
            ("history", record::latest(ticket.history.rows(), |row| Fact::Known(row.at))),
            ("approvals", record::latest(ticket.approvals.rows(), |row| row.at)),
            ("signatures", record::latest(ticket.signatures.rows(), |row| row.at)),
            ("marks", record::latest(ticket.marks.rows(), |row| row.at)),
            ("tasks", record::latest(ticket.tasks.rows(), |row| row.at)),
            ("updated_at", ticket.updated_at.value().copied()),
        ];
        let path = pointer("/tickets", &ticket.id);
        for gap in record::ahead(&setting, &path, times).chain(record::mistyped(&setting, &path, &ticket.attributes)) {
            self.tell(gap, Severity::Block);
        }
    }

    /// What it and its tasks went through, against the log of decisions.
    fn steps(&mut self) {
        let (setting, ticket, item, path) = (self.setting, self.ticket, self.item.clone(), self.path("history"));
        let kind = &ticket.kind;
        let workflow = kind.text().and_then(|kind| setting.policy.ticket_workflow(kind));
        for (entry, kind) in decisions::steps(&setting, kind, workflow, &ticket.history) {
            let taken = Taken { item: &item, kind, to: &entry.to, at: entry.at, path: path.clone() };
            if let Some(gap) = decisions::undecided(&setting, taken) {
                self.tell(gap, Severity::Block);
            }
        }
        for task in ticket.tasks.rows() {
            let (Some(state @ (TaskState::Done | TaskState::Skipped)), Some(at)) = (task.state.value(), task.at.value()) else { continue };
            let item = Item::Task { ticket: ticket.id.clone(), task: task.id.clone() };
            let path = pointer(&self.path("tasks"), &task.id);
            let taken = Taken { item: &item, kind, to: &state.to_string(), at: *at, path };
            if let Some(gap) = decisions::undecided(&setting, taken) {
                self.tell(gap, Severity::Block);
            }
        }
    }

    /// Whether it was opened again after it had closed.
    fn reopened(&mut self, workflow: &'a Workflow) {
        let closes = |state: Option<&str>| state.and_then(|state| workflow.state(state)).is_some_and(|(_, state)| state.closing.is_some());
        let again: Vec<_> = self
            .ticket
            .history
            .rows()
            .iter()
            .filter(|entry| !self.setting.is_future(entry.at) && closes(entry.from.text()) && !closes(Some(&entry.to)))
            .map(|entry| entry.at)
            .collect();
        if let Some(last) = again.last() {
            let times = if again.len() == 1 { "once".to_owned() } else { format!("{} times", again.len()) };
            let gap = Gap::wrong(Code::TicketReopened, format!("it was opened again {times}, last at {}", self.setting.policy.show(*last)));
            self.tell(gap.at(self.path("history")).expected("closed for good").found(times), Severity::Warn);
        }
    }

    /// What is late or in the wrong hands while it is open.
    fn open(&mut self) {
        let (setting, ticket) = (self.setting, self.ticket);
        let today = Date::of(setting.at, setting.policy.offset());
        if let Some(due) = ticket.due.value().filter(|due| **due < today) {
            let gap = Gap::wrong(Code::TicketOverdue, format!("it was due on {due}"));
            self.tell(gap.at(self.path("due")).expected(format!("closed by {due}")).found("open"), Severity::Warn);
        }
        for task in ticket.tasks.rows().iter().filter(|task| !matches!(task.state, Fact::Known(TaskState::Done | TaskState::Skipped))) {
            if let Some(due) = task.due.value().filter(|due| **due < today) {
                let about = Item::Task { ticket: ticket.id.clone(), task: task.id.clone() };
                let gap = Gap::wrong(Code::TaskOverdue, format!("the task `{}` was due on {due}", task.id))
                    .at(pointer(&self.path("tasks"), &task.id))
                    .expected(format!("done by {due}"))
                    .found("open")
                    .about(about);
                self.tell(gap, Severity::Warn);
            }
        }
        self.assignee();
    }

    /// Whether whoever works on it may take its next step, or answers for it.
    fn assignee(&mut self) {
        let (setting, ticket) = (self.setting, self.ticket);
        let (Some(charge), Some(id)) = (self.charge, ticket.assignee.text()) else { return };
        let Some(person) = setting.facts.person(id).found().filter(|person| !person.roles.is_unknown()) else { return };
        let subject = ticket.subject.text().and_then(|subject| setting.facts.person(subject).found());
        let holds = |role: &str| setting.holds_role(id, person.roles.rows(), role, subject);
        if !charge.responsible.iter().any(|role| holds(role)) && !holds(&charge.accountable) {
            let mut roles: Vec<&str> = charge.responsible.iter().map(String::as_str).chain([charge.accountable.as_str()]).collect();
            roles.dedup();
            let found = if person.roles.rows().is_empty() {
                format!("{id} without a role")
            } else {
                format!("{id} as {}", person.roles.rows().join(", "))
            };
            let gap = Gap::wrong(Code::AssigneeNotInCharge, format!("{id}, who works on it, may not take its next step"));
            self.tell(gap.at(self.path("assignee")).expected(roles.join(" or ")).found(found), Severity::Audit);
        }
    }

    /// What closing it in the usual way would say.
    fn would_close(&mut self) {
        let kind = self.ticket.kind.text().unwrap_or_default();
        let workflow = self.setting.policy.ticket_workflow(kind);
        if workflow.is_none_or(|workflow| workflow.closes_in.is_none()) {
            return;
        }
        let question = Question { item: self.item.clone(), step: Step::Closure(None), ticket: None };
        let context = Context { at: self.setting.at, actor: None };
        let decision = decide(self.setting.policy, self.setting.facts, &context, std::slice::from_ref(&question)).into_iter().next();
        let closing = self.out.tallies.closures.entry(kind.to_owned()).or_default();
        closing.open += 1;
        let Some(decision) = decision.filter(|decision| !decision.ready) else { return };
        closing.refused += 1;
        let blocks = |finding: &&Finding| finding.severity == Severity::Block && !is_about_actor(finding);
        let codes: std::collections::BTreeSet<String> =
            decision.findings.iter().filter(blocks).map(|finding| finding.code.clone()).collect();
        for code in codes {
            *closing.reasons.entry(code).or_default() += 1;
        }
    }

    /// When it last went anywhere.
    fn last_entry(&self) -> Option<Time> {
        let entries = self.ticket.history.rows().iter().filter(|entry| !self.setting.is_future(entry.at));
        entries.map(|entry| entry.at).max()
    }

    /// Whether it was closed as fulfilled so lately that its gate is judged again.
    fn closed_lately(&self, state: &State) -> bool {
        let closed_for = self.setting.policy.head.register.closed_for;
        let lately = closed_for.zip(self.last_entry()).is_some_and(|(closed_for, at)| at.plus(closed_for) >= self.setting.at);
        state.closing == Some(Closing::Fulfilled) && lately
    }

    /// What a closed ticket's gate would refuse today, as far as it is known to be wrong.
    fn closed(&mut self, name: &str, unsupported: Vec<Finding>) {
        let is_silent = |finding: &Finding| {
            finding.found.as_deref() == Some(NOT_RECORDED)
                || [Code::NotRecorded, Code::RegisterNotCovered].iter().any(|code| code.as_str() == finding.code)
        };
        for finding in unsupported {
            if finding.severity == Severity::Block && !is_silent(&finding) {
                let message = format!("it is closed as `{name}`, and {}", finding.message);
                self.out.tell(Finding { code: Code::ClosedUnsupported.as_str().to_owned(), message, ..finding }, None);
            }
        }
    }
}
