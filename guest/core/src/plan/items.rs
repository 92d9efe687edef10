//! The things of a plan: what a profile asks for against what there is (rule L2).

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Direction, PlannedItem, Planner, Source, Work};
use crate::case::Case;
use crate::code::Code;
use crate::decision::{Item, Severity};
use crate::facts::{Asset, LinkRole, Person, Ticket};
use crate::forms::availability;
use crate::outcome::Gap;
use crate::policy::document::Category;
use crate::policy::{ProfileItem, Workflow};
use crate::problem::pointer;

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
    /// What is free.
    stock: Vec<&'a Asset>,
    /// Free seats by product.
    seats: BTreeMap<String, u64>,
    /// The ids that are taken.
    ids: BTreeSet<String>,
}

impl<'a> Planner<'a> {
    /// What is issued, kept, returned, and to be found.
    pub(super) fn items(&mut self, person: &'a Person, work: &Work<'a>, ticket: &Ticket) -> Vec<Chosen<'a>> {
        let setting = self.setting;
        let assets = setting.facts.document().assets.rows();
        let role = |asset: &Asset| {
            let mut links = setting.links_of(ticket).filter(|link| link.asset == asset.id);
            links.next().and_then(|link| setting.link_role(ticket, link))
        };
        let wanted = if self.direction == Direction::Leaver { LinkRole::Collect } else { LinkRole::Issue };
        let mut register = Register {
            held: assets.iter().filter(|asset| setting.is_held_by(asset, &person.id)).collect(),
            linked: assets.iter().filter(|asset| role(asset) == Some(wanted)).collect(),
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
        register.stock.sort_by_cached_key(|asset| (self.steps_left(asset), asset.id.clone()));
        let linked: BTreeSet<String> = setting.links_of(ticket).map(|link| link.asset.clone()).collect();
        let link = |mut chosen: Chosen<'a>| {
            chosen.shown.exists = chosen.shown.asset.as_ref().is_some_and(|asset| linked.contains(asset));
            chosen
        };
        let mut all: Vec<Chosen<'a>> = Vec::new();
        for (name, item, count) in self.needed(person, work.profile, ticket) {
            for number in 1..=count {
                all.extend(self.choose(&mut register, ticket, name, item, number).map(&link));
            }
        }
        if self.direction == Direction::Mover && work.previous.is_none() {
            let path = format!("{}/engagements", pointer("/people", &person.id));
            self.tell(Gap::unknown(format!("the profile that {} comes from", person.id), path), Severity::Warn);
        }
        let of_before: Vec<&ProfileItem> = match work.previous.and_then(|profile| setting.policy.profiles.get(profile)) {
            Some(profile) => profile.items.values().collect(),
            None => Vec::new(),
        };
        self.coverage(person, ticket);
        for asset in register.held {
            let kind = asset.kind.text().unwrap_or_default().to_owned();
            let (action, role) = match self.direction {
                Direction::Leaver => (Action::Return, Some(LinkRole::Collect)),
                Direction::Mover if of_before.iter().any(|item| fits(item, asset)) => (Action::Return, Some(LinkRole::Collect)),
                Direction::Mover | Direction::Joiner => {
                    let gap =
                        Gap::wrong(Code::OutsideProfile, format!("{} has {}, which the profile does not ask for", person.id, asset.id))
                            .at(pointer("/assets", &asset.id))
                            .about(Item::Asset(asset.id.clone()));
                    self.tell(gap, Severity::Warn);
                    (Action::Keep, None)
                }
            };
            let shown = PlannedItem { action, item: None, kind, asset: Some(asset.id.clone()), source: None, exists: false };
            all.push(link(Chosen { shown, asset: Some(asset), product: None, link: role }));
        }
        for asset in register.linked {
            let (action, source) = match self.direction {
                Direction::Leaver => (Action::Return, None),
                Direction::Joiner | Direction::Mover => (Action::Issue, Some(Source::Ticket)),
            };
            let kind = asset.kind.text().unwrap_or_default().to_owned();
            let shown = PlannedItem { action, item: None, kind, asset: Some(asset.id.clone()), source, exists: false };
            all.push(link(Chosen { shown, asset: Some(asset), product: None, link: Some(wanted) }));
        }
        all
    }

    /// What the profile asks for, with how many of each.
    fn needed(&mut self, person: &Person, profile: Option<&'a str>, ticket: &Ticket) -> Vec<(&'a str, &'a ProfileItem, u32)> {
        let path = format!("{}/profile", pointer("/people", &person.id));
        let Some(name) = profile else {
            self.tell(Gap::unknown(format!("the role profile of {}", person.id), path), Severity::Block);
            return Vec::new();
        };
        let Some(profile) = self.setting.policy.profiles.get(name) else {
            let known: Vec<&str> = self.setting.policy.profiles.keys().map(String::as_str).collect();
            let gap = Gap::wrong(Code::ProfileUnknown, format!("the profile `{name}` is not declared")).at(path);
            self.tell(gap.expected(known.join(" or ")).found(name), Severity::Block);
            return Vec::new();
        };
        let applies = |item: &ProfileItem| Case::ticket(self.setting, ticket).applies(item.when.as_ref());
        profile.items.iter().filter(|(_, item)| applies(item)).map(|(name, item)| (name.as_str(), item, item.count)).collect()
    }

    /// One thing for an item of the profile: what the person has, what the ticket links, what is in stock, or a new one.
    fn choose(
        &mut self,
        register: &mut Register<'a>,
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
        if let Some(asset) = take(&mut register.held, item) {
            return Some(match self.direction {
                Direction::Leaver => chosen(Action::Return, asset, None, Some(LinkRole::Collect)),
                Direction::Mover => chosen(Action::Keep, asset, None, Some(LinkRole::Keep)),
                Direction::Joiner => chosen(Action::Keep, asset, None, None),
            });
        }
        let kind = item.kinds.first()?;
        if self.direction == Direction::Leaver {
            // What the ticket links and they no longer have has come back.
            if let Some(asset) = take(&mut register.linked, item) {
                return Some(chosen(Action::Return, asset, None, Some(LinkRole::Collect)));
            }
            let what = item.title.as_deref().unwrap_or(name);
            let gap =
                Gap::wrong(Code::ProfileItemUnaccounted, format!("the profile asks for {what}, and the register has none in their name"))
                    .at(format!("{}/profile", pointer("/people", ticket.subject.text().unwrap_or_default())))
                    .expected(item.kinds.join(" or "))
                    .found("none");
            self.tell(gap, Severity::Warn);
            return Some(Chosen { shown: shown(Action::Find, kind, None, None), asset: None, product: None, link: None });
        }
        if let Some(asset) = take(&mut register.linked, item) {
            return Some(chosen(Action::Issue, asset, Some(Source::Ticket), Some(LinkRole::Issue)));
        }
        if let Some(asset) = take(&mut register.stock, item) {
            return Some(chosen(Action::Issue, asset, Some(Source::Stock), Some(LinkRole::Issue)));
        }
        let setting = self.setting;
        let is_seat = item.product.as_ref().is_some_and(|product| {
            let left = register.seats.entry(product.clone()).or_insert_with(|| availability::free_seats(&setting, product).unwrap_or(0));
            let is_free = *left > 0;
            *left = left.saturating_sub(1);
            is_free
        });
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

    /// Whether an asset can be taken: it lies ready, is surely nobody's, no ticket may have promised it, and its way leads to a person.
    fn is_to_be_had(&self, asset: &'a Asset) -> bool {
        availability::is_free(&self.setting, asset)
            && !asset.owner.is_unknown()
            && !availability::may_be_promised(&self.setting, asset)
            && self.steps_left(asset) < usize::MAX
    }

    /// Whether the register claims to know all that the person has: else something may be left out.
    fn coverage(&mut self, person: &Person, ticket: &Ticket) {
        if self.direction == Direction::Joiner {
            return;
        }
        if let Err(gap) = Case::ticket(self.setting, ticket).holdings_covered(&person.id, self.setting.policy.classes.keys()) {
            self.tell(gap, Severity::Block);
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

fn fits(item: &ProfileItem, asset: &Asset) -> bool {
    let is_kind = asset.kind.text().is_some_and(|kind| item.kinds.iter().any(|other| other == kind));
    is_kind && item.product.as_ref().is_none_or(|product| asset.product.text().is_none_or(|other| other == product))
}

/// Takes the first asset that fits, of the kind that is named first.
fn take<'a>(assets: &mut Vec<&'a Asset>, item: &ProfileItem) -> Option<&'a Asset> {
    let of_kind = |kind: &String| assets.iter().position(|asset| asset.kind.text() == Some(kind.as_str()) && fits(item, asset));
    let place = item.kinds.iter().find_map(of_kind)?;
    Some(assets.remove(place))
}
