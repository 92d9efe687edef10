//! The things of a plan: what a profile asks for against what there is (rule L2).

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Direction, PlannedItem, Planner, Source, Work};
use crate::case::{Case, Views, reaches};
use crate::code::Code;
use crate::custody;
use crate::decision::{Item, Severity};
use crate::facts::{Asset, Coverage, Extent, Fact, LinkRole, LinkRow, Lookup, Party, Person, Ticket};
use crate::forms::{assets, availability};
use crate::outcome::{Gap, NOT_RECORDED};
use crate::policy::document::Category;
use crate::policy::{ProfileItem, Workflow};
use crate::problem::pointer;
use crate::time::Date;

/// What was chosen for a plan.
pub(super) struct Chosen<'a> {
    pub shown: PlannedItem,
    /// The record; none for what is to be procured or made.
    pub asset: Option<&'a Asset>,
    pub product: Option<&'a str>,
    /// How the ticket links it; none where it does not.
    pub link: Option<LinkRole>,
}

/// What of the register is still to be had.
struct Register<'a> {
    /// What the person holds.
    held: Vec<&'a Asset>,
    /// What the ticket links to be handed out, or to be returned by somebody who leaves.
    linked: Vec<&'a Asset>,
    /// What is gone and still in the person's name.
    ended: Vec<&'a Asset>,
    /// What is free.
    stock: Vec<&'a Asset>,
    /// Free seats by product.
    seats: BTreeMap<String, u64>,
    /// The ids that are taken.
    ids: BTreeSet<String>,
}

impl<'a> Planner<'a> {
    /// What is issued, kept, returned, handed over, and to be found.
    pub(super) fn items(&mut self, person: &'a Person, work: &Work<'a>, ticket: &Ticket) -> Vec<Chosen<'a>> {
        let setting = self.setting;
        let mut register = self.register(person, ticket);
        let linked: BTreeSet<String> = setting.links_of(ticket).map(|link| link.asset.clone()).collect();
        let link = |mut chosen: Chosen<'a>| {
            chosen.shown.exists = chosen.shown.asset.as_ref().is_some_and(|asset| linked.contains(asset));
            chosen
        };
        let mut all: Vec<Chosen<'a>> = Vec::new();
        // What they keep is theirs as well, so this comes before anything is chosen.
        let lost = if self.direction == Direction::Mover { self.unaccounted(&register, person, work, ticket) } else { Vec::new() };
        let (what, path) = (format!("the role profile of {}", person.id), format!("{}/profile", pointer("/people", &person.id)));
        for (name, item, count) in self.needed(work.profile, &what, path, Severity::Block, ticket) {
            for number in 1..=count {
                all.extend(self.choose(&mut register, person, ticket, name, item, number).map(&link));
            }
        }
        all.extend(lost);
        let of_before: Vec<&ProfileItem> = match work.previous.and_then(|profile| setting.policy.profiles.get(profile)) {
            Some(profile) => profile.items.values().collect(),
            None => Vec::new(),
        };
        let mut rest = |asset: &'a Asset, action: Action, source: Option<Source>, role: Option<LinkRole>| {
            let kind = asset.kind.text().unwrap_or_default().to_owned();
            let shown = PlannedItem { action, item: None, kind, asset: Some(asset.id.clone()), source, exists: false };
            all.push(link(Chosen { shown, asset: Some(asset), product: None, link: role }));
        };
        for asset in register.held {
            let (action, role) = match self.direction {
                Direction::Leaver => (Action::Return, Some(LinkRole::Collect)),
                // A loan has its own day, and its own ticket.
                Direction::Mover | Direction::Joiner if self.is_lent(asset) => {
                    if let Some(gap) = overdue_loan(asset, &person.id, Date::of(setting.at, work.offset)) {
                        self.tell(gap, Severity::Warn);
                    }
                    (Action::Keep, None)
                }
                Direction::Mover if self.comes_back(asset) || of_before.iter().any(|item| fits(item, asset)) => {
                    (Action::Return, Some(LinkRole::Collect))
                }
                Direction::Joiner if self.comes_back(asset) => (Action::Return, None),
                Direction::Mover | Direction::Joiner => {
                    if !self.is_old(asset, person, work) {
                        let message = format!("{} has {}, which the profile does not ask for", person.id, asset.id);
                        let gap = Gap::wrong(Code::OutsideProfile, message).at(pointer("/assets", &asset.id));
                        self.tell(gap.about(Item::Asset(asset.id.clone())), Severity::Warn);
                    }
                    (Action::Keep, None)
                }
            };
            rest(asset, action, None, role);
        }
        for asset in register.linked {
            match self.direction {
                Direction::Leaver => rest(asset, Action::Return, None, Some(LinkRole::Collect)),
                Direction::Joiner | Direction::Mover => rest(asset, Action::Issue, Some(Source::Ticket), Some(LinkRole::Issue)),
            }
        }
        for asset in register.ended.into_iter().filter(|_| self.direction == Direction::Leaver) {
            rest(asset, Action::Return, None, Some(LinkRole::Collect));
        }
        if self.direction == Direction::Leaver {
            for asset in setting.shared_with(&person.id) {
                rest(asset, Action::HandOver, None, None);
            }
            self.shared(person);
        } else {
            for asset in self.has_come_back(person, ticket) {
                rest(asset, Action::Return, None, Some(LinkRole::Collect));
            }
        }
        for one in &all {
            if let (Some(asset), true) = (one.asset, one.shown.item.is_some() && one.shown.action == Action::Keep) {
                self.is_old(asset, person, work);
            }
        }
        self.nobody_knows_whose(person, &all);
        self.duplicates(&all);
        self.coverage(person, ticket, &all);
        self.unknown(&all);
        all
    }

    /// What the register has that the plan may take or has to settle.
    fn register(&self, person: &'a Person, ticket: &Ticket) -> Register<'a> {
        let setting = self.setting;
        let assets = setting.facts.document().assets.rows();
        let role = |asset: &Asset| {
            let mut links = setting.links_of(ticket).filter(|link| link.asset == asset.id);
            links.next().and_then(|link| setting.link_role(ticket, link))
        };
        let wanted = if self.direction == Direction::Leaver { LinkRole::Collect } else { LinkRole::Issue };
        let is_ended = |asset: &&Asset| {
            let in_their_name = matches!(&asset.owner, Fact::Known(Party::Person(owner)) if setting.is_same_person(owner, &person.id));
            in_their_name && setting.category(asset) == Some(Category::Gone) && role(asset) != Some(wanted)
        };
        let mut register = Register {
            held: assets.iter().filter(|asset| setting.is_held_by(asset, &person.id)).collect(),
            linked: assets.iter().filter(|asset| role(asset) == Some(wanted)).collect(),
            ended: assets.iter().filter(is_ended).collect(),
            stock: assets.iter().filter(|asset| self.is_to_be_had(asset)).collect(),
            seats: BTreeMap::new(),
            ids: assets.iter().map(|asset| asset.id.clone()).collect(),
        };
        if self.direction == Direction::Leaver {
            register.linked.retain(|asset| !register.held.iter().any(|held| held.id == asset.id));
        } else {
            // What the ticket hands out it goes on handing out, unless it is lost on the way, or with somebody else by now.
            register.linked.retain(|asset| {
                let others = setting.holders(asset).into_iter().any(|holder| !setting.is_same_person(holder, &person.id));
                !others && setting.category(asset) != Some(Category::Gone)
            });
            register.held.retain(|asset| !register.linked.iter().any(|linked| linked.id == asset.id));
        }
        // Two records of one id contradict each other: neither is handed out, and what they say is somebody's is told of once.
        register.stock.retain(|asset| setting.facts.asset(&asset.id).found().is_some());
        for records in [&mut register.held, &mut register.linked, &mut register.ended] {
            records.dedup_by_key(|asset| &asset.id);
        }
        register.stock.sort_by_cached_key(|asset| (self.steps_left(asset), asset.id.clone()));
        register
    }

    /// What a profile asks for, with how many of each.
    fn needed(
        &mut self,
        profile: Option<&'a str>,
        what: &str,
        path: String,
        severity: Severity,
        ticket: &Ticket,
    ) -> Vec<(&'a str, &'a ProfileItem, u32)> {
        let Some(name) = profile else {
            self.tell(Gap::unknown(what, path), severity);
            return Vec::new();
        };
        let Some(profile) = self.setting.policy.profiles.get(name) else {
            let known: Vec<&str> = self.setting.policy.profiles.keys().map(String::as_str).collect();
            let gap = Gap::wrong(Code::ProfileUnknown, format!("the profile `{name}` is not declared")).at(path);
            self.tell(gap.expected(known.join(" or ")).found(name), severity);
            return Vec::new();
        };
        let views = Views::default();
        let case = Case::ticket(self.setting.apart(&views), ticket);
        let applies = |item: &ProfileItem| case.applies(item.when.as_ref());
        profile.items.iter().filter(|(_, item)| applies(item)).map(|(name, item)| (name.as_str(), item, item.count)).collect()
    }

    /// What the ticket of somebody who comes or moves collects and has come back: it stays with the ticket.
    fn has_come_back(&self, person: &Person, ticket: &Ticket) -> Vec<&'a Asset> {
        let setting = self.setting;
        let is_back = |link: &LinkRow| {
            let asset = setting.facts.asset(&link.asset).found();
            asset.filter(|asset| setting.link_role(ticket, link) == Some(LinkRole::Collect) && !setting.is_held_by(asset, &person.id))
        };
        setting.links_of(ticket).filter_map(is_back).collect()
    }

    /// What the old profile of somebody who moves asks for, and they neither have nor gave back.
    fn unaccounted(&mut self, register: &Register<'a>, person: &Person, work: &Work<'a>, ticket: &Ticket) -> Vec<Chosen<'a>> {
        let mut theirs = register.held.clone();
        theirs.extend(self.has_come_back(person, ticket));
        theirs.extend(&register.ended);
        let path = format!("{}/engagements", pointer("/people", &person.id));
        let what = format!("the profile that {} comes from", person.id);
        let mut all = Vec::new();
        for (name, item, count) in self.needed(work.previous, &what, path.clone(), Severity::Warn, ticket) {
            for _ in 0..count {
                if take(&mut theirs, item, |_| true).is_none() {
                    all.extend(self.find("the old profile", &path, name, item));
                }
            }
        }
        all
    }

    /// What a profile asks for and nobody knows of.
    fn find(&mut self, profile: &str, path: &str, name: &str, item: &'a ProfileItem) -> Option<Chosen<'a>> {
        let what = item.title.as_deref().unwrap_or(name);
        let gap = Gap::wrong(Code::ProfileItemUnaccounted, format!("{profile} asks for {what}, and the register has none in their name"));
        self.tell(gap.at(path).expected(item.kinds.join(" or ")).found("none"), Severity::Warn);
        let (item, kind) = (Some(name.to_owned()), item.kinds.first()?.clone());
        let shown = PlannedItem { action: Action::Find, item, kind, asset: None, source: None, exists: false };
        Some(Chosen { shown, asset: None, product: None, link: None })
    }

    /// One thing for an item of the profile: what the person has, what the ticket links, what is in stock, or a new one.
    fn choose(
        &mut self,
        register: &mut Register<'a>,
        person: &Person,
        ticket: &Ticket,
        name: &str,
        item: &'a ProfileItem,
        number: u32,
    ) -> Option<Chosen<'a>> {
        let shown = |action: Action, kind: &str, asset: Option<String>, source: Option<Source>| PlannedItem {
            action,
            item: Some(name.to_owned()),
            kind: kind.to_owned(),
            asset,
            source,
            exists: false,
        };
        let chosen = |action: Action, asset: &'a Asset, source: Option<Source>, link: Option<LinkRole>| Chosen {
            shown: shown(action, asset.kind.text().unwrap_or_default(), Some(asset.id.clone()), source),
            asset: Some(asset),
            product: None,
            link,
        };
        let kind = item.kinds.first()?;
        if self.direction == Direction::Leaver {
            // What the ticket links and they no longer have has come back; what is gone in their name needs its proof all the same.
            let sources = [&mut register.held, &mut register.linked, &mut register.ended];
            if let Some(asset) = sources.into_iter().find_map(|assets| take(assets, item, |_| true)) {
                return Some(chosen(Action::Return, asset, None, Some(LinkRole::Collect)));
            }
            return self.find("the profile", &format!("{}/profile", pointer("/people", &person.id)), name, item);
        }
        // What is lent to them, or on its way back, is not what the profile gives them.
        if let Some(asset) = take(&mut register.held, item, |asset| !self.is_lent(asset) && !self.comes_back(asset)) {
            let link = (self.direction == Direction::Mover).then_some(LinkRole::Keep);
            return Some(chosen(Action::Keep, asset, None, link));
        }
        if let Some(asset) = take(&mut register.linked, item, |_| true) {
            return Some(chosen(Action::Issue, asset, Some(Source::Ticket), Some(LinkRole::Issue)));
        }
        if let Some(asset) = take(&mut register.stock, item, |_| true) {
            return Some(chosen(Action::Issue, asset, Some(Source::Stock), Some(LinkRole::Issue)));
        }
        let is_seat = item.product.as_ref().is_some_and(|product| self.takes_seat(register, product));
        let name = format!("{}:{name}", ticket.id);
        let ids = (number..).map(|number| if number == 1 { name.clone() } else { format!("{name}-{number}") });
        let id = ids.into_iter().find(|id| register.ids.insert(id.clone())).unwrap_or(name);
        let source = if is_seat { Source::Seat } else { Source::New };
        Some(Chosen {
            shown: shown(Action::Issue, kind, Some(id), Some(source)),
            asset: None,
            product: item.product.as_deref(),
            link: Some(LinkRole::Issue),
        })
    }

    /// Takes a free seat of a product, where there is one.
    fn takes_seat(&mut self, register: &mut Register<'a>, product: &str) -> bool {
        let left = match register.seats.get(product) {
            Some(left) => *left,
            None => {
                let setting = &self.setting;
                let free = availability::free_seats(setting, product);
                // Where all licences are known, a product without one has no seats.
                let licences = setting.facts.document().licences.rows().iter();
                let has_none = || {
                    setting.covered(|claim| reaches(&claim.licences, product)).is_some()
                        && licences.clone().all(|licence| licence.product.text().is_some_and(|other| other != product))
                };
                if free.is_none() && !has_none() {
                    self.tell(Gap::unknown(format!("how many seats of {product} there are"), "/licences"), Severity::Warn);
                }
                // Whatever is asked for already, and whatever lies ready as a record of its own, takes one of them.
                let on_the_way = |asset: &&Asset| {
                    asset.product.text() == Some(product)
                        && matches!(self.setting.category(asset), Some(Category::Pending | Category::Stock))
                };
                let asked = self.setting.facts.document().assets.rows().iter().filter(on_the_way).count();
                free.unwrap_or(0).saturating_sub(u64::try_from(asked).unwrap_or(u64::MAX))
            }
        };
        register.seats.insert(product.to_owned(), left.saturating_sub(1));
        left > 0
    }

    /// Whether something is lent: it has a day to be back by, or an open ticket lends it.
    fn is_lent(&self, asset: &Asset) -> bool {
        asset.due_back.value().is_some() || assets::is_lent(&self.setting, asset)
    }

    /// Whether something is on its way back, or lost: it is theirs until a return is proved, and nothing that they work with.
    fn comes_back(&self, asset: &'a Asset) -> bool {
        self.setting.category(asset) == Some(Category::Returning)
    }

    /// Whether somebody who comes back has something since before, and not anew: told in either case (rule L1).
    fn is_old(&mut self, asset: &'a Asset, person: &Person, work: &Work<'a>) -> bool {
        if !work.came_before {
            return false;
        }
        let setting = self.setting;
        let ids = setting.facts.ids_of(&person.id);
        let issued = ids.into_iter().filter_map(|id| custody::last_issue(&setting, asset, &Party::Person(id.to_owned()))).max();
        let over = work.ended.map(|day| day.next().start(work.offset));
        if issued.zip(over).is_some_and(|(issued, over)| issued >= over) {
            return false;
        }
        let message = format!("{} has {} from an earlier employment, and never gave it back", person.id, asset.id);
        let gap = Gap::wrong(Code::ReturnOutstanding, message)
            .at(pointer("/assets", &asset.id))
            .expected("returned, or issued anew")
            .found(asset.state.text().unwrap_or(NOT_RECORDED))
            .about(Item::Asset(asset.id.clone()));
        self.tell(gap, Severity::Warn);
        true
    }

    /// Whether an asset can be taken: it lies ready, is surely nobody's, no ticket may have promised it, and its way leads to a person.
    fn is_to_be_had(&self, asset: &'a Asset) -> bool {
        availability::is_free(&self.setting, asset)
            && !asset.owner.is_unknown()
            && !availability::may_be_promised(&self.setting, asset)
            && self.steps_left(asset) < usize::MAX
    }

    /// Things that somebody who leaves uses, or looks after, for a department.
    fn shared(&mut self, person: &Person) {
        let setting = self.setting;
        for asset in setting.shared_with(&person.id) {
            if let Some(user) = asset.held_by.text().filter(|user| setting.is_same_person(user, &person.id)) {
                let gap = Gap::wrong(Code::SharedInUse, format!("{user} uses {}, which is shared, and leaves", asset.id))
                    .at(format!("{}/held_by", pointer("/assets", &asset.id)))
                    .expected("nobody who leaves")
                    .found(user)
                    .about(Item::Asset(asset.id.clone()));
                self.tell(gap, Severity::Warn);
            }
            if asset.steward.text().is_some_and(|steward| setting.is_same_person(steward, &person.id)) {
                let gap = Gap::wrong(Code::StewardDeparted, format!("{} looks after {}, and leaves", person.id, asset.id))
                    .at(format!("{}/steward", pointer("/assets", &asset.id)))
                    .expected("another steward")
                    .found(asset.steward.text().unwrap_or(NOT_RECORDED))
                    .about(Item::Asset(asset.id.clone()));
                self.tell(gap, Severity::Warn);
            }
        }
    }

    /// Ids under which the register has several things: what is planned for one may be meant for the other.
    fn duplicates(&mut self, chosen: &[Chosen<'a>]) {
        let same_id = |a: &Asset, b: &Asset| a.id == b.id;
        for records in self.setting.facts.document().assets.rows().chunk_by(same_id) {
            let [first, _, ..] = records else { continue };
            let is_chosen = chosen.iter().any(|one| one.shown.asset.as_ref() == Some(&first.id));
            if is_chosen || records.iter().any(|asset| self.is_to_be_had(asset)) {
                let gap = Gap::wrong(Code::DuplicateItem, format!("several records are called asset:{}", first.id))
                    .at(pointer("/assets", &first.id))
                    .expected("one record")
                    .found(records.len().to_string())
                    .about(Item::Asset(first.id.clone()));
                self.tell(gap, if is_chosen { Severity::Block } else { Severity::Warn });
            }
        }
    }

    /// Things of which nobody knows whose they are: they may be the person's, or free to be handed out.
    fn nobody_knows_whose(&mut self, person: &Person, chosen: &[Chosen<'a>]) {
        let setting = self.setting;
        let severity = if self.direction == Direction::Joiner { Severity::Warn } else { Severity::Block };
        let is_issued = |id: &str| chosen.iter().any(|one| one.shown.action == Action::Issue && one.shown.asset.as_deref() == Some(id));
        for asset in setting.facts.document().assets.rows() {
            let gap = custody::perhaps_with(&setting, asset, &person.id).filter(|_| !is_issued(&asset.id));
            if let Some(gap) = gap {
                self.tell(gap, severity);
            }
        }
    }

    /// Whether the register claims to know all that the plan relies on: else something may be left out, or be promised already (rule F1).
    fn coverage(&mut self, person: &Person, ticket: &Ticket, chosen: &[Chosen<'a>]) {
        let setting = self.setting;
        let document = setting.facts.document();
        let mut gaps = Vec::new();
        {
            let case = Case::ticket(setting, ticket);
            let severity = if self.direction == Direction::Joiner { Severity::Warn } else { Severity::Block };
            gaps.extend(case.holdings_covered(&person.id, setting.policy.classes.keys()).err().map(|gap| (gap, severity)));
            let from = |source: Source| chosen.iter().filter(move |one| one.shown.source == Some(source));
            // That a ticket is to be opened, or that nobody was promised what is taken, is a claim about the tickets.
            let mut kinds: BTreeSet<&str> = BTreeSet::new();
            if matches!(setting.facts.ticket(&ticket.id), Lookup::Missing) {
                kinds.extend(ticket.kind.text());
            }
            if from(Source::Stock).next().is_some() {
                kinds.extend(setting.policy.ticket_kinds.keys().map(String::as_str));
            }
            let is_open = |kind: &&str| case.coverage("", &document.tickets, |claim| reaches(&claim.tickets, kind)).is_err();
            let open: Vec<&str> = kinds.into_iter().filter(is_open).collect();
            if !open.is_empty() {
                let what = format!("the tickets of the kinds {}", open.join(", "));
                gaps.extend(case.coverage(&what, &document.tickets, |_| false).err().map(|gap| (gap, Severity::Warn)));
            }
            // That something has to be procured is one about the stock.
            let class = |one: &Chosen<'a>| setting.policy.kinds.get(&one.shown.kind).map(|kind| kind.class.as_str());
            let classes: BTreeSet<&str> = from(Source::New).filter_map(class).collect();
            let is_open = |class: &&str| {
                let whole = |claim: &Coverage| matches!(claim.persons.value(), Some(Extent::All)) && reaches(&claim.classes, class);
                case.coverage("", &document.assets, whole).is_err()
            };
            let open: Vec<&str> = classes.into_iter().filter(is_open).collect();
            if !open.is_empty() {
                let what = format!("the {} in stock", open.join(", "));
                gaps.extend(case.coverage(&what, &document.assets, |_| false).err().map(|gap| (gap, Severity::Warn)));
            }
            for product in from(Source::Seat).filter_map(|one| one.product) {
                let what = format!("the seats of {product}");
                let gap = case.coverage(&what, &document.licences, |claim| reaches(&claim.licences, product)).err();
                gaps.extend(gap.map(|gap| (gap, Severity::Warn)));
            }
        }
        for (gap, severity) in gaps {
            self.tell(gap, severity);
        }
    }

    /// What is handed out or kept, and nobody knows where it stands.
    fn unknown(&mut self, chosen: &[Chosen<'a>]) {
        let is_used = |one: &&Chosen<'a>| matches!(one.shown.action, Action::Issue | Action::Keep);
        for asset in chosen.iter().filter(is_used).filter_map(|one| one.asset) {
            let field = if asset.kind.is_unknown() { "kind" } else { "state" };
            if asset.kind.is_unknown() || asset.state.is_unknown() {
                let path = format!("{}/{field}", pointer("/assets", &asset.id));
                let gap = Gap::unknown(format!("the {field} of {}", asset.id), path).about(Item::Asset(asset.id.clone()));
                self.tell(gap, Severity::Warn);
            }
        }
    }

    /// How many steps an asset is away from a person's hands.
    fn steps_left(&self, asset: &Asset) -> usize {
        let way = self.setting.asset_state(asset).and_then(|(workflow, state)| way_to_a_person(workflow, Some(state)));
        way.map_or(usize::MAX, |way| way.len())
    }
}

/// The states on the main way from one, itself included, to the first in which a person holds the asset; none where it does not lead there.
pub(super) fn way_to_a_person<'w>(workflow: &'w Workflow, from: Option<&'w str>) -> Option<Vec<&'w str>> {
    let mut way = Vec::new();
    let mut at = match from {
        Some(state) => state,
        None => workflow.next(None).find(|(_, edge)| !edge.correction)?.0,
    };
    while workflow.states.get(at)?.category != Some(Category::Held) {
        if way.contains(&at) {
            return None;
        }
        way.push(at);
        at = workflow.main(at)?.0;
    }
    Some(way)
}

/// A loan whose day is over.
pub(crate) fn overdue_loan(asset: &Asset, person: &str, today: Date) -> Option<Gap> {
    let day = asset.due_back.value().filter(|day| **day < today)?;
    let gap = Gap::wrong(Code::LoanOverdue, format!("{} was lent until {day}, and {person} still has it", asset.id))
        .at(format!("{}/due_back", pointer("/assets", &asset.id)))
        .expected(format!("back by {day}"))
        .found(asset.state.text().unwrap_or(NOT_RECORDED));
    Some(gap.about(Item::Asset(asset.id.clone())))
}

fn fits(item: &ProfileItem, asset: &Asset) -> bool {
    let is_kind = asset.kind.text().is_some_and(|kind| item.kinds.iter().any(|other| other == kind));
    is_kind && item.product.as_ref().is_none_or(|product| asset.product.text().is_none_or(|other| other == product))
}

/// Takes the first asset that fits and will do, of the kind that is named first.
fn take<'a>(assets: &mut Vec<&'a Asset>, item: &ProfileItem, will_do: impl Fn(&'a Asset) -> bool) -> Option<&'a Asset> {
    let is_meant = |kind: &String, asset: &'a Asset| asset.kind.text() == Some(kind.as_str()) && fits(item, asset) && will_do(asset);
    let of_kind = |kind: &String| assets.iter().position(|asset| is_meant(kind, asset));
    let place = item.kinds.iter().find_map(of_kind)?;
    Some(assets.remove(place))
}
