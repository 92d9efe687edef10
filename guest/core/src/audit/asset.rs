//! What one asset's record says of itself.

use super::answer::{Oldest, Overstay};
use super::decisions::{self, Taken};
use super::keep::Seats;
use super::people::{self, Standing};
use super::{Asset, Out, record};
use crate::case::{Behind, Case, Setting};
use crate::code::Code;
use crate::custody;
use crate::decide::{Claim, Reach, claim, is_about_actor, onward};
use crate::decision::{Finding, Item, Severity};
use crate::facts::{Attributes, Entry, Fact, Metric, Party};
use crate::outcome::{Gap, NOT_RECORDED, counted};
use crate::policy::document::{Category, Identity, Stay};
use crate::policy::{Edge, State, Workflow};
use crate::problem::pointer;
use crate::serials;
use crate::time::{Date, Time};

/// A record in front of the policy.
struct Record<'a, 'o> {
    setting: Setting<'a>,
    asset: &'a Asset,
    item: Item,
    category: Option<Category>,
    /// Who answers for its next step.
    charge: Option<&'a Edge>,
    out: &'o mut Out,
}

pub(super) fn judge<'a>(setting: Setting<'a>, asset: &'a Asset, out: &mut Out) {
    let item = Item::Asset(asset.id.clone());
    out.tallies.assets += 1;
    out.rows.add(&["a", &asset.id]);
    let place = setting.asset_state(asset);
    let charge = place.and_then(|(workflow, state)| workflow.main(state)).map(|(_, edge)| edge);
    let category = setting.category(asset);
    let mut record = Record { setting, asset, item, category, charge, out };
    record.recorded(place.is_some());
    record.identity();
    record.relations();
    record.dates();
    record.attributes();
    record.owner();
    record.seat();
    record.steps();
    // Of what lies in stock the whole gate has to hold; of what is out what is marked to hold all the time.
    let reach = match category {
        Some(Category::Stock) => Reach::Gate,
        Some(Category::Held) => Reach::Kept,
        _ => Reach::History,
    };
    let Claim { findings, history, unsupported } = claim(setting, &record.item, reach);
    for finding in findings.into_iter().chain(history) {
        // Two records of one id are told of once, at the end.
        if finding.code != Code::DuplicateItem.as_str() {
            record.out.tell(finding, None);
        }
    }
    if let Some((workflow, name)) = place
        && let Some(state) = workflow.states.get(name)
    {
        record.claim(name, unsupported);
        let sop = Case::asset(setting, asset, Behind::None).sop(&state.sop);
        stay(setting, &record.item, (workflow, name, state), (&asset.history, &asset.baseline), sop, record.out);
    }
}

/// How long an item has been where it is: counted, and told where it is too long.
pub(super) fn stay<'a>(
    setting: Setting<'a>,
    item: &Item,
    (workflow, name, state): (&'a Workflow, &'a str, &'a State),
    (history, baseline): (&Fact<Vec<Entry>>, &Fact<crate::facts::Baseline>),
    sop: Option<&str>,
    out: &mut Out,
) {
    let since = entered(&setting, workflow, name, history, baseline);
    let workflow_name = match item {
        Item::Asset(_) => &setting.policy.asset_workflows,
        Item::Ticket(_) | Item::Task { .. } => &setting.policy.ticket_workflows,
    };
    let workflow_name = workflow.kinds.first().and_then(|kind| workflow_name.get(kind)).cloned().unwrap_or_default();
    let stand = out.tallies.standing.entry(workflow_name).or_default().entry(name.to_owned()).or_default();
    stand.items += 1;
    let Some(since) = since else {
        stand.ages.unknown += 1;
        return;
    };
    let days = u64::try_from(setting.at.since(since).days()).unwrap_or_default();
    let age = match days {
        0..7 => &mut stand.ages.week,
        7..30 => &mut stand.ages.month,
        30..90 => &mut stand.ages.quarter,
        90..365 => &mut stand.ages.year,
        _ => &mut stand.ages.longer,
    };
    *age += 1;
    stand.see(Oldest { item: item.clone(), since });
    let Some(longest) = state.longest_stay.filter(|longest| setting.policy.head.calendar.after(since, *longest) < setting.at) else {
        return;
    };
    stand.stalled += 1;
    let onward = onward(setting, item);
    let mut missing: Vec<String> = onward
        .iter()
        .flat_map(|decision| &decision.findings)
        .filter(|finding| finding.severity == Severity::Block && !is_about_actor(finding))
        .map(|finding| finding.requirement.clone().unwrap_or_else(|| finding.code.clone()))
        .collect();
    missing.sort_unstable();
    missing.dedup();
    let main = workflow.main(name);
    let gap = Gap::wrong(Code::Stalled, format!("{item} has been in `{name}` for {}", counted(days, "day")))
        .at(match item {
            Item::Asset(id) => format!("{}/state", pointer("/assets", id)),
            Item::Ticket(id) | Item::Task { ticket: id, .. } => format!("{}/state", pointer("/tickets", id)),
        })
        .expected(format!("at most {}", stay_text(longest)))
        .found(counted(days, "day"))
        .about(item.clone());
    let stay = Overstay {
        state: name.to_owned(),
        since,
        days,
        longest,
        to: main.map(|(to, _)| to.to_owned()),
        escalate_to: state.escalate_to.clone(),
        missing,
    };
    let mut finding = gap.finding(Severity::Warn, main.map(|(_, edge)| edge));
    finding.sop = sop.map(str::to_owned);
    out.tell(finding, Some(stay));
}

fn stay_text(stay: Stay) -> String {
    match stay {
        Stay::Elapsed(duration) => duration.to_string(),
        Stay::WorkingDays { working_days } => counted(working_days, "working day"),
    }
}

/// When an item last entered the state that it is in, whichever way it came; what is imported counts from then.
fn entered(
    setting: &Setting<'_>,
    workflow: &Workflow,
    name: &str,
    history: &Fact<Vec<Entry>>,
    baseline: &Fact<crate::facts::Baseline>,
) -> Option<Time> {
    let is_here = |state: &str| workflow.state(state).is_some_and(|(state, _)| state == name);
    let entries = history.rows().iter().filter(|entry| is_here(&entry.to) && !setting.is_future(entry.at));
    let imported = baseline.value().filter(|baseline| is_here(&baseline.state)).and_then(|baseline| baseline.at.value().copied());
    entries.map(|entry| entry.at).chain(imported.filter(|at| !setting.is_future(*at))).max()
}

impl<'a> Record<'a, '_> {
    fn path(&self, field: &str) -> String {
        let base = pointer("/assets", &self.asset.id);
        if field.is_empty() { base } else { format!("{base}/{field}") }
    }

    fn tell(&mut self, gap: Gap, severity: Severity) {
        self.out.tell_gap(gap, severity, self.charge, Some(&self.item));
    }

    fn is_gone(&self) -> bool {
        self.category == Some(Category::Gone)
    }

    /// Counts what is recorded.
    fn recorded(&mut self, stands: bool) {
        let Self { setting, asset, out, category, .. } = self;
        let tallies = &mut out.tallies;
        tallies.see("kind", asset.kind.value().is_some());
        tallies.see("state", stands);
        let (identity, value) = setting.identity(asset);
        if identity != Identity::None && !matches!(category, Some(Category::Pending)) {
            tallies.see("identity", value.text().is_some());
        }
        if matches!(category, Some(Category::Held) | None) {
            tallies.see("owner", asset.owner.value().is_some());
        }
        if !matches!(category, Some(Category::Gone | Category::Pending)) {
            tallies.see("location", !asset.location.is_unknown());
        }
        tallies.see("history", asset.history.value().is_some());
        tallies.see("updated_at", asset.updated_at.value().is_some());
    }

    /// Whether it says what tells it from others; whether nothing else says the same is judged at the end.
    fn identity(&mut self) {
        let (identity, value) = self.setting.identity(self.asset);
        let is_placeholder = |text: &str| identity == Identity::Serial && self.setting.policy.serials.is_placeholder(text);
        let path = self.path(&identity.to_string());
        match value.text().filter(|text| !text.trim().is_empty()) {
            _ if identity == Identity::None => {}
            Some(text) if is_placeholder(text) => {
                let gap = Gap::wrong(Code::IdentityPlaceholder, "a placeholder stands where the serial should be");
                self.tell(gap.at(path).expected("a serial").found(format!("{text:?}")), Severity::Block);
            }
            Some(text) => {
                let kind = self.asset.kind.text().unwrap_or_default();
                // Serials tell devices of all kinds apart; a login, a tag or a number may name one thing of each kind.
                match identity {
                    Identity::Serial => self.out.rows.add(&["i", "serial", "", &serials::normalise(text), &self.asset.id]),
                    _ => self.out.rows.add(&["i", &identity.to_string(), kind, text.trim(), &self.asset.id]),
                }
            }
            None if matches!(self.category, Some(Category::Pending | Category::Gone) | None) => {}
            None => self.tell(Gap::unknown(format!("the {identity}"), path).expected(format!("a {identity}")), Severity::Block),
        }
    }

    fn relations(&mut self) {
        let relations = self.asset.relations.rows();
        for relation in relations {
            let by = self.item.to_string();
            match &relation.item {
                Item::Asset(id) => self.out.rows.add(&["a", id, ">", &by, &relation.relation]),
                Item::Ticket(id) | Item::Task { ticket: id, .. } => self.out.rows.add(&["t", id, ">", &by, &relation.relation]),
            }
        }
        if self.is_gone() || self.category == Some(Category::Pending) {
            return;
        }
        let wanted = self.asset.kind.text().and_then(|kind| self.setting.policy.head.register.relations.get(kind));
        for name in wanted.into_iter().flatten() {
            if !relations.iter().any(|relation| relation.relation == *name) {
                let gap = Gap::wrong(Code::RelationMissing, format!("the record has no relation `{name}`, which its kind has to have"));
                let found = if self.asset.relations.is_unknown() { NOT_RECORDED } else { "none" };
                self.tell(gap.at(self.path("relations")).expected(name).found(found), Severity::Block);
            }
        }
    }

    /// What lies ahead, is too old, or is overdue.
    fn dates(&mut self) {
        let (setting, asset) = (self.setting, self.asset);
        let observed =
            || asset.attributes.value().into_iter().flat_map(Attributes::iter).filter_map(|(_, one)| one.observed_at.value().copied());
        let times = [
            ("attributes", observed().max()),
            ("evidence", record::latest(asset.evidence.rows(), |row| row.at)),
            ("history", record::latest(asset.history.rows(), |row| Fact::Known(row.at))),
            ("custody", record::latest(asset.custody.rows(), |row| Fact::Known(row.at))),
            ("last_used", asset.last_used.value().copied()),
            ("updated_at", asset.updated_at.value().copied()),
        ];
        for gap in record::ahead(&setting, &self.path(""), times) {
            self.tell(gap, Severity::Block);
        }
        if self.is_gone() {
            return;
        }
        if let Some(stale_after) = setting.policy.head.register.stale_after {
            let seen = observed().chain(asset.evidence.rows().iter().filter_map(|row| row.at.value().copied()));
            let seen = seen.chain(asset.updated_at.value().copied()).chain(asset.last_used.value().copied());
            let gap = match seen.filter(|at| !setting.is_future(*at)).max() {
                Some(at) if at.plus(stale_after) >= setting.at => None,
                Some(at) => Some(format!("{} ago", counted(setting.at.since(at).days(), "day"))),
                None => Some(NOT_RECORDED.to_owned()),
            };
            if let Some(found) = gap {
                let gap = Gap::wrong(Code::RecordStale, "nothing has touched or seen the record for too long");
                self.tell(gap.at(self.path("updated_at")).expected(format!("within {stale_after}")).found(found), Severity::Warn);
            }
        }
        let today = Date::of(setting.at, setting.policy.offset());
        if let Some(due) = asset.due_back.value().filter(|due| **due < today && self.category != Some(Category::Stock)) {
            let gap = Gap::wrong(Code::LoanOverdue, format!("it was due back on {due}"));
            self.tell(gap.at(self.path("due_back")).expected(format!("back by {due}")).found("still out"), Severity::Warn);
        }
    }

    fn attributes(&mut self) {
        let (setting, asset) = (self.setting, self.asset);
        for gap in record::mistyped(&setting, &self.path(""), &asset.attributes) {
            self.tell(gap, Severity::Block);
        }
    }

    /// Which field tells that somebody has it.
    fn where_held(&self, id: &str) -> String {
        match &self.asset.owner {
            Fact::Known(owner) if owner.is_person(id) => self.path("owner"),
            _ if self.asset.held_by.text() == Some(id) => self.path("held_by"),
            _ => self.path("custody"),
        }
    }

    /// In whose name it stands and in whose hands it is, against where it stands.
    fn owner(&mut self) {
        let (setting, asset) = (self.setting, self.asset);
        if asset.shared == Fact::Known(true) && !self.is_gone() {
            self.shared();
        }
        let owner = match &asset.owner {
            Fact::Known(Party::Person(id)) => Some(id.as_str()),
            _ => None,
        };
        if self.is_gone() {
            if let Some(id) = owner.or(asset.held_by.text()) {
                let gap = Gap::wrong(Code::RecordContradicted, format!("it is gone, and still in the name or the hands of {id}"));
                self.tell(gap.at(self.where_held(id)).expected("nobody").found(id), Severity::Warn);
            }
            return;
        }
        if let Fact::Known(Party::Department(name)) = &asset.owner
            && !setting.policy.departments.contains_key(name)
        {
            let gap = Gap::wrong(Code::OwnerUnknown, format!("the department `{name}` is not declared"));
            self.tell(gap.at(self.path("owner")).expected("a declared department").found(name), Severity::Block);
        }
        let holders = setting.holders(asset);
        match self.category {
            // A cleared record is no return: whoever had it last by its custody does not stand in for the owner.
            Some(Category::Held) if asset.owner.value().is_none() => {
                let gap = Gap::wrong(Code::OwnerMissing, "it is in use, and has no owner on record");
                let found = if asset.owner.is_unknown() { NOT_RECORDED } else { "none" };
                self.tell(gap.at(self.path("owner")).expected("a person or a department").found(found), Severity::Block);
            }
            // What is not here yet may be meant for somebody.
            Some(Category::Stock) => {
                for id in &holders {
                    let gap = Gap::wrong(Code::StockInAName, format!("it is in stock, and in the name or the hands of {id}"));
                    self.tell(gap.at(self.where_held(id)).expected("nobody").found(*id), Severity::Block);
                }
            }
            _ => {}
        }
        if setting.facts.document().people.is_unknown() {
            self.out.tallies.owners_not_judged += u64::from(!holders.is_empty());
            return;
        }
        for id in holders {
            match people::standing(&setting, id) {
                Standing::Here => {}
                Standing::Unknown => {
                    let gap = Gap::wrong(Code::OwnerUnknown, format!("{id}, who has it by the record, is not among the people"));
                    self.tell(gap.at(self.where_held(id)).expected("somebody among the people").found(id), Severity::Block);
                }
                Standing::Left => {
                    let gap = Gap::wrong(Code::OwnerDeparted, format!("{id}, who has it by the record, has left"));
                    self.tell(gap.at(self.where_held(id)).expected("nobody who has left").found(id), Severity::Block);
                }
            }
        }
    }

    /// What is shared: it stands in a department's name, somebody looks after it, and nobody uses it who has left.
    fn shared(&mut self) {
        if !self.setting.is_department(&self.asset.owner) {
            let gap = Gap::wrong(Code::RecordContradicted, "it is shared, and in no department's name").at(self.path("owner"));
            let found = match &self.asset.owner {
                Fact::Known(owner) => owner.to_string(),
                Fact::None => "none".to_owned(),
                Fact::Unknown => NOT_RECORDED.to_owned(),
            };
            self.tell(gap.expected("a declared department").found(found), Severity::Block);
        }
        self.steward();
        let (setting, asset) = (self.setting, self.asset);
        // Whom it stands in the name of without being a department's is told as any owner.
        if setting.holders(asset).is_empty()
            && let Some(user) = asset.held_by.text().or_else(|| custody::last_holder(&setting, asset))
            && !setting.facts.document().people.is_unknown()
        {
            let gap = match people::standing(&setting, user) {
                Standing::Here => return,
                Standing::Unknown => {
                    let message = format!("it is shared, and {user}, who uses it by the record, is not among the people");
                    Gap::wrong(Code::OwnerUnknown, message).expected("somebody among the people")
                }
                Standing::Left => {
                    let message = format!("it is shared, and {user}, who uses it by the record, has left");
                    let gap = Gap::wrong(Code::OwnerDeparted, message).expected("nobody who has left");
                    gap.remedy("change its secret, and take them off its record")
                }
            };
            self.tell(gap.at(self.where_held(user)).found(user), Severity::Block);
        }
    }

    fn steward(&mut self) {
        let people_known = !self.setting.facts.document().people.is_unknown();
        let (message, found) = match &self.asset.steward {
            Fact::Known(id) if people_known => match people::standing(&self.setting, id) {
                Standing::Here => {
                    // Another has to be found while this one is still there.
                    if let Some(day) = people::leaves_soon(&self.setting, id) {
                        let gap = Gap::wrong(Code::StewardDeparted, format!("its steward {id} leaves on {day}")).at(self.path("steward"));
                        self.tell(gap.expected("somebody who stays").found(format!("{id} until {day}")), Severity::Warn);
                    }
                    return;
                }
                Standing::Unknown => (format!("its steward {id} is not among the people"), id.as_str()),
                Standing::Left => (format!("its steward {id} has left"), id.as_str()),
            },
            Fact::Known(_) => return,
            Fact::None => ("it is shared, and has no steward".to_owned(), "none"),
            Fact::Unknown => ("it is shared, and its steward is not recorded".to_owned(), NOT_RECORDED),
        };
        let gap = Gap::wrong(Code::StewardDeparted, message).at(self.path("steward")).expected("somebody among the people").found(found);
        self.tell(gap, Severity::Block);
    }

    /// A seat of a product: taken, idle, of somebody who has left.
    fn seat(&mut self) {
        let (setting, asset) = (self.setting, self.asset);
        // A seat in an unknown state is taken (rule F4).
        let Some(product) = asset.product.text().filter(|_| self.category.is_none_or(|category| category == Category::Held)) else {
            return;
        };
        let mut of_product = setting.facts.licences_of(product).peekable();
        if of_product.peek().is_none() {
            self.out.rows.add(&["p", product, &asset.id]);
        }
        let is_of_a_user = of_product.all(|licence| matches!(licence.metric, Fact::Known(Metric::User) | Fact::Unknown));
        let idle_after = setting.policy.head.register.idle_after.filter(|_| is_of_a_user);
        let unused =
            idle_after.and_then(|after| asset.last_used.value().filter(|used| used.plus(after) < setting.at).map(|used| (after, *used)));
        let is_of_leaver = setting.holders(asset).into_iter().any(|id| matches!(people::standing(&setting, id), Standing::Left));
        let Seats { taken, idle, of_leavers, reclaimable } = self.out.tallies.seats.entry(product.to_owned()).or_default();
        *taken += 1;
        *idle += u64::from(unused.is_some());
        *of_leavers += u64::from(is_of_leaver);
        *reclaimable += u64::from(unused.is_some() || is_of_leaver);
        if let Some((after, used)) = unused {
            let found = format!("{} ago", counted(setting.at.since(used).days(), "day"));
            let gap = Gap::wrong(Code::SeatIdle, format!("the seat was last used {found}"));
            self.tell(gap.at(self.path("last_used")).expected(format!("within {after}")).found(found), Severity::Warn);
        }
    }

    /// What it went through, against the log of decisions.
    fn steps(&mut self) {
        let (setting, asset, path) = (self.setting, self.asset, self.path("history"));
        let workflow = asset.kind.text().and_then(|kind| setting.policy.asset_workflow(kind));
        for (entry, kind) in decisions::steps(&setting, &asset.kind, workflow, &asset.history) {
            let taken = Taken { item: &self.item, kind, to: &entry.to, at: entry.at, path: path.clone() };
            if let Some(gap) = decisions::undecided(&setting, taken) {
                self.tell(gap, Severity::Block);
            }
        }
    }

    /// What the present state claims, and does not hold.
    fn claim(&mut self, state: &str, unsupported: Vec<Finding>) {
        // That no other has the same identity is judged at the end, over all records.
        let later =
            |finding: &Finding| [Code::RegisterNotCovered, Code::DuplicateIdentity].iter().any(|code| code.as_str() == finding.code);
        for finding in unsupported.into_iter().filter(|finding| finding.severity != Severity::Audit && !later(finding)) {
            // Why an exception does not support the state is no claim of the state's own.
            if finding.code == Code::ExceptionInactive.as_str() {
                self.out.tell(finding, None);
                continue;
            }
            let message = format!("`{state}` is claimed, and {}", finding.message);
            self.out.tell(Finding { code: Code::StateUnsupported.as_str().to_owned(), message, ..finding }, None);
        }
    }
}
