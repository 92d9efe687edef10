//! What only a review tells: access taken too early, too late or not at all, returns, loans and tasks that are overdue (rule L3).

use std::collections::BTreeSet;

use crate::case::{Behind, Case, Setting};
use crate::code::Code;
use crate::custody;
use crate::decision::Item;
use crate::facts::{Asset, Fact, LinkRole, Ticket};
use crate::forms::assets;
use crate::outcome::Gap;
use crate::plan::{PlannedTask, Work, overdue_loan};
use crate::policy::document::{AccessWindow, Category, Identity};
use crate::problem::pointer;
use crate::time::{Date, Time};

/// What a review looks at, on the facts as they would be with all that the plan adds.
pub(super) struct Look<'a> {
    pub setting: Setting<'a>,
    pub person: &'a str,
    pub ticket: &'a Ticket,
    pub work: &'a Work<'a>,
    pub tasks: &'a [PlannedTask],
}

/// Whether access is still there.
enum Taken {
    /// It is there.
    No,
    /// Nobody knows where it stands.
    Perhaps,
    /// It was taken; none: nobody knows when.
    Yes(Option<Time>),
}

impl<'a> Look<'a> {
    /// All of it.
    pub fn gaps(&self, access: Option<&AccessWindow>) -> Vec<Gap> {
        let mut gaps = access.map(|window| self.access(window)).unwrap_or_default();
        let late = self.returns();
        let overdue: BTreeSet<&str> = late.iter().map(|(asset, _)| asset.id.as_str()).collect();
        gaps.extend(self.tasks_overdue(&overdue));
        gaps.extend(late.into_iter().map(|(_, gap)| gap));
        gaps.extend(self.shipment());
        gaps.extend(self.loans());
        gaps
    }

    fn today(&self) -> Date {
        Date::of(self.setting.at, self.work.offset)
    }

    /// What comes back under the ticket, and what is theirs of which nobody says what becomes of it.
    fn collected(&self) -> Vec<&'a Asset> {
        let concerned = assets::concerned(&Case::ticket(self.setting, self.ticket), self.ticket).assets;
        let comes_back = |one: &assets::Concerned<'_>| one.role.is_none_or(|role| role == LinkRole::Collect);
        concerned.into_iter().filter(comes_back).map(|one| one.asset).collect()
    }

    /// What gives access, against the days on which it is to be taken.
    fn access(&self, window: &AccessWindow) -> Vec<Gap> {
        let (Some(first), Some(last)) = (self.work.on(window.from), self.work.on(window.until)) else {
            let day = if self.work.on(window.from).is_none() { window.from.day } else { window.until.day };
            return vec![Gap::unknown(format!("the {day} of {}", self.person), pointer("/people", self.person))];
        };
        let (from, end) = (first.start(self.work.offset), last.next().start(self.work.offset));
        let setting = &self.setting;
        let gives_access = |asset: &Asset| {
            let class = asset.kind.text().and_then(|kind| setting.policy.kinds.get(kind)).map(|kind| kind.class.as_str());
            // What is of no known class may be of any.
            class.is_none_or(|class| window.classes.iter().any(|other| other == class))
        };
        let mut all = self.collected();
        // What was taken from them and carries neither their name nor a link counts where it was taken for this.
        let opened = self.ticket.opened.value().copied();
        let is_of_this = |at: &Time| opened.is_some_and(|opened| *at >= opened) || *at >= end;
        for asset in setting.facts.document().assets.rows() {
            let was_theirs = || custody::last_holder_ever(setting, asset).is_some_and(|id| setting.is_same_person(id, self.person));
            if setting.category(asset) == Some(Category::Gone)
                && !all.iter().any(|other| other.id == asset.id)
                && was_theirs()
                && matches!(self.taken(asset), Taken::Yes(Some(at)) if is_of_this(&at))
            {
                all.push(asset);
            }
        }
        let told = |code: Code, asset: &Asset, message: String| {
            Gap::wrong(code, message)
                .at(pointer("/assets", &asset.id))
                .expected(format!("taken from {first} to {last}"))
                .about(Item::Asset(asset.id.clone()))
        };
        let judge = |asset: &'a Asset| {
            let id = &asset.id;
            let show = |at: Time| setting.policy.show(at);
            // What was taken before this employment belongs to an earlier one.
            let before = self.work.first.filter(|_| self.work.last.is_some()).map(|day| day.start(self.work.offset));
            match self.taken(asset) {
                Taken::No | Taken::Perhaps if setting.at < end => None,
                Taken::No => Some(
                    told(Code::AccessActive, asset, format!("{} still has {id}", self.person))
                        .found(asset.state.text().unwrap_or(crate::outcome::NOT_RECORDED)),
                ),
                Taken::Perhaps => Some(
                    Gap::unknown(format!("whether {id} still gives access"), format!("{}/state", pointer("/assets", id)))
                        .expected(format!("taken from {first} to {last}"))
                        .about(Item::Asset(id.clone())),
                ),
                Taken::Yes(Some(at)) if before.is_some_and(|before| at < before && before < from) => None,
                Taken::Yes(Some(at)) if at < from => {
                    Some(told(Code::AccessRevokedEarly, asset, format!("{id} was taken from {} too early", self.person)).found(show(at)))
                }
                Taken::Yes(Some(at)) if at >= end => {
                    Some(told(Code::AccessRevokedLate, asset, format!("{id} was taken from {} too late", self.person)).found(show(at)))
                }
                Taken::Yes(Some(_)) => None,
                Taken::Yes(None) if setting.at < from => Some(
                    told(Code::AccessRevokedEarly, asset, format!("{id} is taken from {} already", self.person)).found("taken already"),
                ),
                Taken::Yes(None) => Some(
                    Gap::unknown(format!("when {id} was taken from {}", self.person), format!("{}/history", pointer("/assets", id)))
                        .expected(format!("taken from {first} to {last}"))
                        .about(Item::Asset(id.clone())),
                ),
            }
        };
        all.into_iter().filter(|asset| gives_access(asset)).filter_map(judge).collect()
    }

    /// Whether access was taken: it is gone, or it lies in stock or on the way back and nobody holds it for them any more (rule F4).
    fn taken(&self, asset: &'a Asset) -> Taken {
        let setting = &self.setting;
        let Some(category) = setting.category(asset) else { return Taken::Perhaps };
        let is_gone = category == Category::Gone;
        if !is_gone && (setting.is_held_by(asset, self.person) || category == Category::Held) {
            return Taken::No;
        }
        // Since when: the entry into the first of the states that it has not left since.
        let history = Case::asset(*setting, asset, Behind::None).history();
        let Some((workflow, present)) = setting.asset_state(asset) else { return Taken::Perhaps };
        let is_such = |state: &str| {
            let category = workflow.states.get(state).and_then(|state| state.category);
            if is_gone { category == Some(Category::Gone) } else { category.is_some_and(|category| category != Category::Held) }
        };
        let of_present = history.passages.last().is_some_and(|last| last.state == present);
        let run = history.passages.iter().rev().take_while(|passage| is_such(passage.state)).count();
        let first = history.passages.len().saturating_sub(run);
        // An imported state tells when it was imported.
        let is_imported = first == 0 && history.baseline.is_some();
        let entered = history.passages.get(first).filter(|_| of_present && !is_imported).map(|passage| passage.at);
        Taken::Yes(entered)
    }

    /// Things that should be back by the days of their tasks, and are still held.
    fn returns(&self) -> Vec<(&'a Asset, Gap)> {
        let today = self.today();
        let overdue = |asset: &Asset| {
            let of_asset = |task: &&PlannedTask| task.asset.as_deref() == Some(&asset.id) && self.collects(task);
            self.tasks.iter().filter(of_asset).filter_map(|task| task.due).filter(|due| *due < today).min()
        };
        let held = self.collected().into_iter().filter(|asset| self.setting.is_held_by(asset, self.person) && self.is_thing(asset));
        held.filter_map(|asset| {
            let due = overdue(asset)?;
            let message = format!("{} should be back since {due}, and {} still has it", asset.id, self.person);
            let gap = Gap::wrong(Code::ReturnOverdue, message)
                .at(pointer("/assets", &asset.id))
                .expected(format!("back by {due}"))
                .found(asset.state.text().unwrap_or(crate::outcome::NOT_RECORDED))
                .about(Item::Asset(asset.id.clone()));
            Some((asset, gap))
        })
        .collect()
    }

    /// Whether a task is there for what comes back.
    fn collects(&self, task: &PlannedTask) -> bool {
        let template = task.template.as_ref().and_then(|name| self.setting.policy.task_templates.get(name));
        let each = template.and_then(|template| template.each.as_ref());
        each.is_some_and(|each| each.roles.is_empty() || each.roles.contains(&LinkRole::Collect))
    }

    /// What is told apart by what is written on it is a thing that comes back; anything else ends.
    fn is_thing(&self, asset: &Asset) -> bool {
        let kind = asset.kind.text().and_then(|kind| self.setting.policy.kinds.get(kind));
        kind.is_none_or(|kind| matches!(kind.identified_by, Identity::Serial | Identity::Tag | Identity::Number))
    }

    /// The shipment by which things come back, as long as something is to come.
    fn shipment(&self) -> Option<Gap> {
        let shipment = self.ticket.return_shipment.value()?;
        let deadline = shipment.deadline.value().copied().filter(|deadline| *deadline < self.today())?;
        let is_out = |asset: &&Asset| self.setting.is_held_by(asset, self.person) && self.is_thing(asset);
        if !self.collected().iter().any(is_out) {
            return None;
        }
        let path = format!("{}/return_shipment/received", pointer("/tickets", &self.ticket.id));
        let gap = match shipment.received {
            Fact::Known(at) if !self.setting.is_future(at) => return None,
            Fact::Known(_) | Fact::None => {
                Gap::wrong(Code::ReturnOverdue, format!("the return shipment should be there since {deadline}")).found("none").at(path)
            }
            Fact::Unknown => Gap::unknown("whether the return shipment has arrived", path),
        };
        Some(gap.expected(format!("received by {deadline}")).about(Item::Ticket(self.ticket.id.clone())))
    }

    /// Loans that should be back, and those of which nobody knows when.
    fn loans(&self) -> Vec<Gap> {
        let (setting, today) = (&self.setting, self.today());
        let held = setting.facts.document().assets.rows().iter().filter(|asset| setting.is_held_by(asset, self.person));
        let told = |asset: &Asset| match asset.due_back {
            Fact::Unknown if assets::is_lent(setting, asset) => {
                let path = format!("{}/due_back", pointer("/assets", &asset.id));
                Some(Gap::unknown(format!("until when {} is lent", asset.id), path).about(Item::Asset(asset.id.clone())))
            }
            Fact::Known(_) | Fact::None | Fact::Unknown => overdue_loan(asset, self.person, today),
        };
        held.filter_map(told).collect()
    }

    /// Tasks whose day is over; a thing that is not back yet is told by itself.
    fn tasks_overdue(&self, overdue: &BTreeSet<&str>) -> Vec<Gap> {
        let today = self.today();
        let is_told = |task: &PlannedTask| task.asset.as_deref().is_some_and(|asset| overdue.contains(asset)) && self.collects(task);
        let open = self.tasks.iter().filter(|task| super::is_open(task) && !is_told(task));
        open.filter_map(|task| {
            let due = task.due.filter(|due| *due < today)?;
            let path = pointer(&format!("{}/tasks", pointer("/tickets", &self.ticket.id)), &task.id);
            let gap = Gap::wrong(Code::TaskOverdue, format!("the task `{}` should be done since {due}", task.title));
            Some(gap.at(path).expected(format!("done by {due}")).found(task.state.clone()).about(task.item.clone()))
        })
        .collect()
    }
}
