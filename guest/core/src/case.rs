//! One item in front of the policy: everything that judging a requirement on it may read.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::code::Code;
use crate::decision::{Actor, Context, Item, Severity};
use crate::expression::{self, Expression, Fields, Value, Variable, Variables};
use crate::facts::{
    Asset, Attribute, Attributes, Baseline, Coverage, Entry, Evidence, Extent, Fact, Facts, LinkRole, LinkRow, Party, Person, Ticket,
};
use crate::history::{self, History};
use crate::outcome::{Gap, Judged, Outcome};
use crate::policy::document::{Category, Closing, Identity};
use crate::policy::{ConditionalSop, Policy, Requirement, RequirementIndex, Workflow};
use crate::problem::pointer;
use crate::time::{Date, Duration, Time};

/// How deep requirements that use each other are followed; loading refuses cycles, so this is never reached by a policy that loads.
pub(crate) const DEPTH: u32 = 32;
/// How old a claim of coverage may be where the policy says nothing.
const COVERAGE_AGE: Duration = Duration::from_ms(24 * 60 * 60 * 1_000);
/// How long an allow holds at most where the policy says nothing.
const ALLOW_HOLDS: Duration = Duration::from_ms(15 * 60 * 1_000);

/// What a decision is made on, whatever the item.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub policy: &'a Policy,
    pub facts: &'a Facts,
    pub at: Time,
    pub actor: Option<&'a Actor>,
    views: &'a Views,
}

/// What is made of records once and read often.
#[derive(Default)]
pub(crate) struct Views {
    /// Items of which states were renamed since, as expressions see them.
    renamed: RefCell<BTreeMap<Record, Rc<dyn Fields>>>,
    /// What becomes of an asset's identity: every piece of evidence binds to it.
    identities: RefCell<BTreeMap<Record, Identified>>,
}

/// What tells an asset from others, and whether it does (rule F5).
#[derive(Clone, Copy)]
pub(crate) struct Identified {
    /// What of it does, by its kind; none where the kind is not known.
    pub sort: Option<Identity>,
    /// A placeholder stands where its serial should be.
    pub is_placeholder: bool,
    /// Where the first other asset with the same identity stands.
    twin: Option<usize>,
}

/// A record among the facts, by where it stands.
type Record = *const ();

/// The item that requirements are judged on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Thing<'a> {
    Asset(&'a Asset),
    Ticket(&'a Ticket),
}

impl Thing<'_> {
    pub fn item(&self) -> Item {
        match self {
            Self::Asset(asset) => Item::Asset(asset.id.clone()),
            Self::Ticket(ticket) => Item::Ticket(ticket.id.clone()),
        }
    }
}

/// The ticket from which an asset's approvals, owner and signatures are taken (rule D8).
#[derive(Clone, Copy)]
pub(crate) enum Behind<'a> {
    /// It is not known.
    None,
    /// Several open ones fit, and the caller named none.
    Several,
    /// This one, and its link to the asset.
    Ticket(&'a Ticket, Option<&'a LinkRow>),
}

/// One item in front of the policy.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub setting: Setting<'a>,
    pub thing: Thing<'a>,
    pub behind: Behind<'a>,
    depth: u32,
    /// The item's history, where it was read already.
    history: Option<&'a History<'a>>,
}

impl<'a> Setting<'a> {
    pub fn new(policy: &'a Policy, facts: &'a Facts, context: &'a Context, views: &'a Views) -> Self {
        Self { policy, facts, at: context.at, actor: context.actor.as_ref(), views }
    }

    /// The same with views of their own: those of items that are no rows of the facts must not outlive them, for views are found by place.
    pub fn apart<'b>(&self, views: &'b Views) -> Setting<'b>
    where
        'a: 'b,
    {
        Setting { views, ..*self }
    }

    /// An item as expressions see it: with the names that its states have now. An expression knows no others, and would take an old one
    /// for another state.
    fn present<T: Named>(&self, item: &'a T, workflow: Option<&Workflow>) -> Variable<'a> {
        let Some(workflow) = workflow.filter(|workflow| !workflow.renamed.is_empty()) else { return Variable::Record(item) };
        let place: Record = std::ptr::from_ref(item).cast();
        if let Some(renamed) = self.views.renamed.borrow().get(&place) {
            return Variable::Made(Rc::clone(renamed));
        }
        let mut renamed = item.clone();
        let (state, baseline, history) = renamed.states();
        let entries = history.known_mut().into_iter().flatten().flat_map(|entry| [Some(&mut entry.to), entry.from.known_mut()]);
        let states = [state.known_mut(), baseline.known_mut().map(|baseline| &mut baseline.state)].into_iter().chain(entries).flatten();
        for state in states {
            if let Some(now) = workflow.renamed.get(state) {
                state.clone_from(now);
            }
        }
        let renamed: Rc<dyn Fields> = Rc::new(renamed);
        self.views.renamed.borrow_mut().insert(place, Rc::clone(&renamed));
        Variable::Made(renamed)
    }

    /// The latest moment that counts as past (rule F7).
    pub fn now(&self) -> Time {
        self.at.plus(self.policy.head.calendar.clock_skew)
    }

    /// Whether something that happened then lies in the future, and so does not count.
    pub fn is_future(&self, time: Time) -> bool {
        time > self.now()
    }

    /// Until when some claim of coverage holds; none where none reaches.
    pub fn covered(&self, reaches: impl Fn(&Coverage) -> bool) -> Option<Time> {
        let claims = self.facts.document().coverage.rows().iter().filter(|claim| self.is_fresh(claim) && reaches(claim));
        claims.map(|claim| claim.as_of.plus(self.coverage_age())).max()
    }

    /// Whether a claim of coverage was made neither ahead nor too long ago.
    pub fn is_fresh(&self, claim: &Coverage) -> bool {
        !self.is_future(claim.as_of) && claim.as_of.plus(self.coverage_age()) > self.at
    }

    fn coverage_age(&self) -> Duration {
        self.policy.head.limits.coverage.unwrap_or(COVERAGE_AGE)
    }

    /// Whether the facts claim to hold every decision of that moment on items of a kind. What was decided after the log was read is not in it.
    pub fn is_logged(&self, kind: &Fact<String>, at: Time) -> bool {
        let is_then = |claim: &Coverage| claim.decisions_since.value().is_some_and(|since| *since <= at) && at < claim.as_of;
        let reaches = |claim: &Coverage| is_then(claim) && reaches(&claim.decisions, kind.text().unwrap_or_default());
        !self.facts.document().decisions.is_unknown() && self.covered(reaches).is_some()
    }

    /// How long an allow holds at most (rule D9).
    pub fn allow_holds(&self) -> Duration {
        self.policy.head.limits.allow.unwrap_or(ALLOW_HOLDS)
    }

    /// Until when a baseline stands in for a history that is not there.
    pub fn baseline_until(&self) -> Option<Time> {
        self.policy.head.limits.baseline_until.map(|day| day.start(self.policy.offset()))
    }

    /// The present state of an asset by its workflow, where both are known.
    pub fn asset_state(&self, asset: &'a Asset) -> Option<(&'a Workflow, &'a str)> {
        let workflow = self.policy.asset_workflow(asset.kind.text()?)?;
        Some((workflow, workflow.state(asset.state.text()?)?.0))
    }

    /// Where an asset stands; none where its state is unknown.
    pub fn category(&self, asset: &'a Asset) -> Option<Category> {
        let (workflow, state) = self.asset_state(asset)?;
        workflow.states.get(state)?.category
    }

    /// Whether an asset is gone: a state that its history does not bear out takes nothing out of anybody's hands (rules F4, F6).
    pub fn is_gone(&self, asset: &'a Asset) -> bool {
        self.asset_state(asset).is_some_and(|(workflow, state)| {
            workflow.states.get(state).and_then(|state| state.category) == Some(Category::Gone)
                && !history::ends_elsewhere(self, workflow, state, &asset.history, &asset.baseline)
        })
    }

    /// The present state of a ticket by its workflow, where both are known.
    pub fn ticket_state(&self, ticket: &Ticket) -> Option<(&'a Workflow, &'a str)> {
        let workflow = self.policy.ticket_workflow(ticket.kind.text()?)?;
        Some((workflow, workflow.state(ticket.state.text()?)?.0))
    }

    /// Whether a ticket is open; none where its state is unknown, or its history ends in another one (rule F8).
    pub fn is_open(&self, ticket: &Ticket) -> Option<bool> {
        let (workflow, state) = self.ticket_state(ticket)?;
        let is_open = workflow.states.get(state)?.closing.is_none();
        (!history::ends_elsewhere(self, workflow, state, &ticket.history, &ticket.baseline)).then_some(is_open)
    }

    /// How a ticket closed; none where it is open, or its state is unknown.
    pub fn closing(&self, ticket: &Ticket) -> Option<Closing> {
        let (workflow, state) = self.ticket_state(ticket)?;
        workflow.states.get(state)?.closing
    }

    /// The roles that somebody holds: those that were given, and those that come from what they are to the subject.
    pub fn holds_role(&self, who: &str, given: &[String], role: &str, subject: Option<&Person>) -> bool {
        match self.policy.roles.get(role) {
            None => false,
            Some(declared) if declared.relation.is_some() => subject.is_some_and(|person| person.manager.text() == Some(who)),
            Some(_) => given.iter().any(|name| name == role),
        }
    }

    /// Whether two ids mean the same human being (rule L1).
    pub fn is_same_person(&self, a: &str, b: &str) -> bool {
        self.facts.human_being(a) == self.facts.human_being(b)
    }

    /// Whether a link still stands: one taken away needs who, when and why (rule F3).
    pub fn is_linked(&self, link: &LinkRow) -> bool {
        match link.removed.value() {
            None => true,
            Some(removal) => {
                let told = removal.by.text().is_some_and(|by| !by.is_empty())
                    && removal.reason.text().is_some_and(|why| !crate::id::is_blank(why));
                !(told && removal.at.value().is_some_and(|at| !self.is_future(*at)))
            }
        }
    }

    /// The links of a ticket that stand.
    pub fn links(&self, ticket: &'a Ticket) -> impl Iterator<Item = &'a LinkRow> + use<'a> {
        let setting = *self;
        ticket.links.rows().iter().map(|link| &link.0).filter(move |link| setting.is_linked(link))
    }

    /// The links that stand, of a ticket that may not be among the facts.
    pub fn links_of<'t>(&self, ticket: &'t Ticket) -> impl Iterator<Item = &'t LinkRow> + use<'a, 't> {
        let setting = *self;
        ticket.links.rows().iter().map(|link| &link.0).filter(move |link| setting.is_linked(link))
    }

    /// The role of a link, by itself or by the ticket's kind.
    pub fn link_role(&self, ticket: &Ticket, link: &LinkRow) -> Option<LinkRole> {
        let of_kind = || ticket.kind.text().and_then(|kind| self.policy.ticket_kinds.get(kind)).and_then(|kind| kind.link_role);
        link.role.value().copied().or_else(of_kind)
    }

    /// Whether tickets of this kind are for links in a role.
    pub fn may_link(&self, ticket: &Ticket, role: LinkRole) -> bool {
        let kind = ticket.kind.text().and_then(|kind| self.policy.ticket_kinds.get(kind));
        kind.is_none_or(|kind| kind.link_roles.is_empty() || kind.link_roles.contains(&role))
    }

    /// By what assets of its kind are told apart; none where the kind is not known.
    pub fn sort_of_identity(&self, asset: &Asset) -> Option<Identity> {
        asset.kind.text().and_then(|kind| self.policy.kinds.get(kind)).map(|kind| kind.identified_by)
    }

    /// The value by which an asset is identified, by its kind.
    pub fn identity(&self, asset: &'a Asset) -> (Identity, &'a Fact<String>) {
        let identity = self.sort_of_identity(asset).unwrap_or(Identity::None);
        (identity, identity_field(asset, identity))
    }

    /// What becomes of that by which an asset is identified.
    pub fn identified(&self, asset: &Asset) -> Identified {
        let place: Record = std::ptr::from_ref(asset).cast();
        if let Some(identified) = self.views.identities.borrow().get(&place) {
            return *identified;
        }
        let sort = self.sort_of_identity(asset);
        let recorded = sort.and_then(|sort| Some((sort, identity_field(asset, sort).text()?)));
        let (is_placeholder, twin) = recorded.map_or((false, None), |(sort, value)| self.told_apart(asset, sort, value));
        let identified = Identified { sort, is_placeholder, twin };
        self.views.identities.borrow_mut().insert(place, identified);
        identified
    }

    /// Whether a placeholder stands where the identity should be, and where the first other asset with the same one stands.
    fn told_apart(&self, asset: &Asset, sort: Identity, value: &str) -> (bool, Option<usize>) {
        let is_placeholder = sort == Identity::Serial && self.policy.serials.is_placeholder(value);
        // Serials tell devices of all kinds apart; a login, a tag or a number may name one thing of each kind.
        // What is of no known kind may be of any (rule R11).
        let same_sort = |kind: &str| match (sort, self.policy.kinds.get(kind)) {
            (_, None) => true,
            (Identity::Serial, Some(kind)) => kind.identified_by == sort,
            _ => asset.kind.text() == Some(kind),
        };
        let is_other = |other: &Asset| other.id != asset.id && other.kind.text().is_none_or(same_sort);
        // Two records: what a scanner puts before a serial stands in neither.
        let mut same = self.facts.with_identity(sort, value);
        let twin =
            if is_placeholder || value.trim().is_empty() { None } else { same.find(|(_, other)| is_other(other)).map(|(index, _)| index) };
        (is_placeholder, twin)
    }

    /// The id of the first other asset with the same identity.
    pub fn twin(&self, identified: Identified) -> Option<&'a str> {
        self.facts.document().assets.rows().get(identified.twin?).map(|twin| twin.id.as_str())
    }

    /// Every id of a person who holds the asset (rule F4): its owner, whoever has it at hand, and the last holder who never gave it back.
    /// Nobody holds what is gone.
    pub fn holders(&self, asset: &'a Asset) -> Vec<&'a str> {
        let mut all = Vec::new();
        // What a department shares is collected from nobody; what stands in no department's name is not known to be shared.
        let shared = asset.shared == Fact::Known(true) && self.is_department(&asset.owner);
        if shared || self.is_gone(asset) {
            return all;
        }
        if let Fact::Known(Party::Person(id)) = &asset.owner {
            all.push(id.as_str());
        }
        all.extend(asset.held_by.text());
        all.extend(crate::custody::last_holder(self, asset));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether an owner is a department that the policy declares.
    pub fn is_department(&self, owner: &Fact<Party>) -> bool {
        matches!(owner, Fact::Known(Party::Department(name)) if self.policy.departments.contains_key(name))
    }

    /// What departments share and a person looks after or uses: it is not collected from them, and is to be settled all the same (rule F4).
    pub fn shared_with(&self, person: &str) -> Vec<&'a Asset> {
        let is_theirs = |id: &Fact<String>| id.text().is_some_and(|id| self.is_same_person(id, person));
        let is_shared = |asset: &&Asset| match asset.shared {
            // A cleared record alone is no return here either.
            Fact::Known(true) => {
                let had_it = || crate::custody::last_holder(self, asset).is_some_and(|id| self.is_same_person(id, person));
                is_theirs(&asset.steward) || is_theirs(&asset.held_by) || had_it()
            }
            Fact::Unknown => is_theirs(&asset.steward),
            Fact::Known(false) | Fact::None => false,
        };
        let all = self.facts.document().assets.rows().iter().filter(is_shared);
        all.filter(|asset| !self.is_gone(asset) && !self.is_held_by(asset, person)).collect()
    }

    /// Whether a person holds the asset, under whichever of their ids.
    pub fn is_held_by(&self, asset: &'a Asset, person: &str) -> bool {
        self.holders(asset).into_iter().any(|holder| self.is_same_person(holder, person))
    }
}

/// The field of an asset that a kind of identity means.
pub(crate) fn identity_field(asset: &Asset, identity: Identity) -> &Fact<String> {
    const NOTHING: &Fact<String> = &Fact::None;
    match identity {
        Identity::Serial => &asset.serial,
        Identity::Tag => &asset.tag,
        Identity::Number => &asset.number,
        Identity::Login => &asset.login,
        Identity::None => NOTHING,
    }
}

impl<'a> Case<'a> {
    pub fn ticket(setting: Setting<'a>, ticket: &'a Ticket) -> Self {
        Self { setting, thing: Thing::Ticket(ticket), behind: Behind::Ticket(ticket, None), depth: 0, history: None }
    }

    pub fn asset(setting: Setting<'a>, asset: &'a Asset, behind: Behind<'a>) -> Self {
        Self { setting, thing: Thing::Asset(asset), behind, depth: 0, history: None }
    }

    /// The same case for an asset within it.
    pub fn within(&self, asset: &'a Asset, ticket: &'a Ticket, link: Option<&'a LinkRow>) -> Self {
        Self { thing: Thing::Asset(asset), behind: Behind::Ticket(ticket, link), history: None, ..*self }
    }

    /// The same case with its history, which every requirement would read again.
    pub fn with_history<'b>(&self, history: &'b History<'a>) -> Case<'b>
    where
        'a: 'b,
    {
        Case { history: Some(history), ..*self }
    }

    pub fn policy(&self) -> &'a Policy {
        self.setting.policy
    }

    pub fn facts(&self) -> &'a Facts {
        self.setting.facts
    }

    pub fn item(&self) -> Item {
        self.thing.item()
    }

    /// The JSON pointer, by id, of a field of the item.
    pub fn path(&self, field: &str) -> String {
        let mut path = match self.thing {
            Thing::Asset(asset) => pointer("/assets", &asset.id),
            Thing::Ticket(ticket) => pointer("/tickets", &ticket.id),
        };
        if !field.is_empty() {
            path.push('/');
            path.push_str(field);
        }
        path
    }

    pub fn attributes(&self) -> &'a Fact<Attributes> {
        match self.thing {
            Thing::Asset(asset) => &asset.attributes,
            Thing::Ticket(ticket) => &ticket.attributes,
        }
    }

    pub fn evidence(&self) -> &'a Fact<Vec<Evidence>> {
        match self.thing {
            Thing::Asset(asset) => &asset.evidence,
            Thing::Ticket(ticket) => &ticket.evidence,
        }
    }

    pub fn entries(&self) -> (&'a Fact<Vec<Entry>>, &'a Fact<Baseline>) {
        match self.thing {
            Thing::Asset(asset) => (&asset.history, &asset.baseline),
            Thing::Ticket(ticket) => (&ticket.history, &ticket.baseline),
        }
    }

    pub fn kind(&self) -> &'a Fact<String> {
        match self.thing {
            Thing::Asset(asset) => &asset.kind,
            Thing::Ticket(ticket) => &ticket.kind,
        }
    }

    pub fn state(&self) -> &'a Fact<String> {
        match self.thing {
            Thing::Asset(asset) => &asset.state,
            Thing::Ticket(ticket) => &ticket.state,
        }
    }

    pub fn workflow(&self) -> Option<&'a Workflow> {
        let kind = self.kind().text()?;
        match self.thing {
            Thing::Asset(_) => self.policy().asset_workflow(kind),
            Thing::Ticket(_) => self.policy().ticket_workflow(kind),
        }
    }

    /// The item's history as far as it counts.
    pub fn history(&self) -> Cow<'a, History<'a>> {
        let read = || {
            let (entries, baseline) = self.entries();
            History::read(&self.setting, self.workflow(), entries, baseline, self.state())
        };
        self.history.map_or_else(|| Cow::Owned(read()), Cow::Borrowed)
    }

    /// Whether it is the item that is asked about, whose history is judged as a whole.
    pub fn is_of_the_item(&self) -> bool {
        self.history.is_some() || matches!(self.thing, Thing::Ticket(_))
    }

    /// The ticket whose approvals, owner and signatures count, with its link to the asset; none where it is not known.
    pub fn known_ticket(&self) -> Option<(&'a Ticket, Option<&'a LinkRow>)> {
        match self.behind {
            Behind::Ticket(ticket, link) => Some((ticket, link)),
            Behind::None | Behind::Several => None,
        }
    }

    /// The same, or the gap that there is none.
    pub fn ticket_behind(&self) -> Result<(&'a Ticket, Option<&'a LinkRow>), Gap> {
        match self.behind {
            Behind::Ticket(ticket, link) => Ok((ticket, link)),
            Behind::None => Err(Gap::unknown("the ticket that this is done under", self.path(""))
                .expected("one open ticket that links the asset in a fitting role")
                .remedy("link the asset in the ticket, with its role")),
            Behind::Several => Err(Gap::wrong(Code::TicketAmbiguous, "several open tickets link the asset in a fitting role")
                .at(self.path(""))
                .expected("one open ticket, or the one that the caller names")
                .remedy("name the ticket in the question")),
        }
    }

    /// The person whom the ticket is about: unknown, none, or known with the record where there is exactly one.
    pub fn subject(&self) -> Fact<(&'a str, Option<&'a Person>)> {
        match self.behind {
            Behind::Ticket(ticket, _) => ticket.subject.as_ref().map(|id| (id.as_str(), self.facts().person(id).found())),
            Behind::None | Behind::Several => Fact::Unknown,
        }
    }

    pub fn subject_record(&self) -> Option<&'a Person> {
        self.subject().value().and_then(|(_, person)| *person)
    }

    /// Judges a requirement that the policy lists; none where its condition says that it does not apply.
    pub fn judge(&self, index: RequirementIndex) -> Option<Judged<'a>> {
        let requirement = self.policy().requirement(index)?;
        self.applies(requirement.when.as_ref()).then(|| self.judge_form(requirement))
    }

    fn judge_form(&self, requirement: &'a Requirement) -> Judged<'a> {
        let deeper = Self { depth: self.depth + 1, ..*self };
        let outcome = if deeper.depth > DEPTH {
            Outcome::gap(Gap::wrong(Code::ExpressionError, "requirements use each other without end"))
        } else {
            requirement.form.judge(&deeper)
        };
        Judged { requirement, thing: self.thing, outcome, sop: self.sop(&requirement.sop) }
    }

    /// What a requirement does where it is not met: before the day from which it is enforced it only warns.
    pub fn severity(&self, requirement: &Requirement) -> Severity {
        let severity = requirement.terms.severity;
        if self.enforced_later(requirement).is_some() { severity.max(Severity::Warn) } else { severity }
    }

    /// From when a requirement is enforced that is not yet.
    pub fn enforced_later(&self, requirement: &Requirement) -> Option<Time> {
        requirement.terms.enforced_from.map(|day| day.start(self.policy().offset())).filter(|start| self.setting.at < *start)
    }

    /// Whether a condition lets something apply: unless it is known to be false (rule R7).
    pub fn applies(&self, when: Option<&Expression>) -> bool {
        when.is_none_or(|when| when.evaluate(self).unwrap_or(true))
    }

    /// The first procedure that applies.
    pub fn sop(&self, choice: &'a [ConditionalSop]) -> Option<&'a str> {
        choice.iter().find(|one| self.applies(one.when.as_ref())).map(|one| one.sop.as_str())
    }

    /// Until when the facts claim to hold everything of these classes that a person has, under each of their ids (rule F1).
    pub fn holdings_covered<'c>(&self, person: &str, classes: impl Iterator<Item = &'c String>) -> Result<Option<Time>, Gap> {
        if self.facts().document().assets.is_unknown() {
            return Err(not_covered("the assets"));
        }
        let people = self.facts().ids_of(person);
        let mut until = None;
        let mut open = Vec::new();
        for class in classes {
            let claims = |id: &&str| self.setting.covered(|claim| reaches(&claim.persons, id) && reaches(&claim.classes, class));
            match people.iter().map(claims).min().flatten() {
                Some(end) => until = crate::outcome::earlier(until, Some(end)),
                None => open.push(class.as_str()),
            }
        }
        if open.is_empty() {
            return Ok(until);
        }
        Err(not_covered(&format!("the {} that {person} holds", open.join(", "))))
    }

    /// Until when coverage of a sort holds for the subject of a negative claim, or the gap that there is none. A list that is not there holds
    /// nothing completely, whatever is claimed of it (rule F1).
    pub fn coverage<T>(&self, what: &str, rows: &Fact<Vec<T>>, reaches: impl Fn(&Coverage) -> bool) -> Result<Time, Gap> {
        self.setting.covered(reaches).filter(|_| !rows.is_unknown()).ok_or_else(|| not_covered(what))
    }
}

fn not_covered(what: &str) -> Gap {
    let mut gap = Gap::wrong(Code::RegisterNotCovered, format!("the facts do not claim to hold {what} completely"))
        .at("/coverage")
        .expected(format!("fresh coverage of {what}"))
        .found(crate::outcome::NOT_RECORDED)
        .remedy(format!("export {what} completely, and say so in `coverage` with the time of the export"));
    gap.unknown = true;
    gap
}

/// Whether a claim of coverage reaches these names of a sort.
pub(crate) fn reaches(extent: &Fact<Extent>, name: &str) -> bool {
    extent.value().is_some_and(|extent| extent.reaches(name))
}

impl Variables for Case<'_> {
    fn variable(&self, name: &str) -> Option<Variable<'_>> {
        match (name, self.thing, self.behind) {
            ("at", ..) => Some(Variable::Time(self.setting.at)),
            ("today", ..) => Some(Variable::Day(Date::of(self.setting.at, self.policy().offset()))),
            ("asset", Thing::Asset(asset), _) => {
                Some(self.setting.present(asset, asset.kind.text().and_then(|kind| self.policy().asset_workflow(kind))))
            }
            ("ticket", Thing::Ticket(ticket), _) | ("ticket", _, Behind::Ticket(ticket, _)) => {
                Some(self.setting.present(ticket, ticket.kind.text().and_then(|kind| self.policy().ticket_workflow(kind))))
            }
            ("subject", ..) => self.subject_record().map(|person| Variable::Record(person)),
            ("link", _, Behind::Ticket(_, Some(link))) => Some(Variable::Record(link)),
            _ => None,
        }
    }

    fn attribute<'a>(&self, name: &str, attribute: &'a Attribute) -> Result<Value<'a>, &'static str> {
        let declared = self.policy().attributes.get(name).ok_or("is not declared by the policy")?;
        expression::declared(attribute, declared.r#type, self.setting.now())
    }
}

/// An item whose record names states.
trait Named: Fields + Clone + 'static {
    fn states(&mut self) -> (&mut Fact<String>, &mut Fact<Baseline>, &mut Fact<Vec<Entry>>);
}

impl Named for Asset {
    fn states(&mut self) -> (&mut Fact<String>, &mut Fact<Baseline>, &mut Fact<Vec<Entry>>) {
        (&mut self.state, &mut self.baseline, &mut self.history)
    }
}

impl Named for Ticket {
    fn states(&mut self) -> (&mut Fact<String>, &mut Fact<Baseline>, &mut Fact<Vec<Entry>>) {
        (&mut self.state, &mut self.baseline, &mut self.history)
    }
}
