//! `assets`: each asset that the ticket is about meets the requirements of its case (rules R9, D6).

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Clauses;
use crate::case::{Behind, Case, Thing};
use crate::code::Code;
use crate::decision::Item;
use crate::facts::{Asset, Fact, LinkRole, LinkRow, Lookup, Party, Ticket};
use crate::outcome::{Gap, Outcome};
use crate::policy::document::Selection;
use crate::policy::names::{Named, Names};
use crate::strict::by_keys;
use crate::{case, custody};

/// `assets` as authors write it: cases, of which the first that fits an asset counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assets {
    pub assets: Vec<AssetCase>,
    /// Whether a ticket that is about no asset at all passes.
    #[serde(default)]
    pub none_allowed: bool,
}

/// What assets of some kinds, classes and link roles have to meet.
#[derive(Clone, Debug, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, expecting = "an object")]
pub(crate) struct AssetCase {
    #[serde(default)]
    pub roles: Vec<LinkRole>,
    #[serde(default)]
    pub kinds: Vec<String>,
    #[serde(default)]
    pub classes: Vec<String>,
    #[serde(default)]
    pub requirements: Clauses,
}
by_keys!(AssetCase);

impl Assets {
    pub fn check(&self, names: &mut Names, path: &str) {
        if self.assets.is_empty() {
            names.problem("list-empty", format_args!("{path}/assets"), "no case is named", "name at least one");
        }
        for (index, case) in self.assets.iter().enumerate() {
            let path = crate::problem::pointer(&format!("{path}/assets"), &index.to_string());
            names.need_all(Named::Kind, &case.kinds, format_args!("{path}/kinds"));
            names.need_all(Named::Class, &case.classes, format_args!("{path}/classes"));
        }
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let (Thing::Ticket(ticket), setting) = (case.thing, &case.setting) else {
            return Outcome::gap(Gap::wrong(Code::NoLinkedAsset, "only tickets link assets").at(case.path("")));
        };
        let path = case.path("links");
        let mut outcome = Outcome::met();
        if ticket.links.is_unknown() {
            outcome.gaps.push(Gap::unknown("what the ticket links", &path));
        }
        for row in ticket.links.rows() {
            if !matches!(row.0.removed, Fact::Unknown | Fact::None) && setting.is_linked(&row.0) {
                outcome.gaps.push(
                    Gap::wrong(Code::LinkRemovalUnexplained, "a link was taken away without saying who did it, when and why")
                        .at(crate::problem::pointer(&path, &row.0.asset))
                        .expected("by, at and reason"),
                );
            }
        }
        let concerned = concerned(case, ticket);
        outcome.gaps.extend(concerned.gaps);
        outcome.until = concerned.until;
        if concerned.assets.is_empty() && outcome.gaps.is_empty() && !self.none_allowed {
            outcome.gaps.push(
                Gap::wrong(Code::NoLinkedAsset, "the ticket links no asset").at(&path).expected("at least one linked asset").found("none"),
            );
        }
        for Concerned { asset, link, role } in concerned.assets {
            let item = Item::Asset(asset.id.clone());
            // A case for any kind is not one for an unknown kind (rule R10).
            if !asset.kind.text().is_some_and(|kind| case.policy().kinds.contains_key(kind)) {
                let field = format!("{}/kind", crate::problem::pointer("/assets", &asset.id));
                let gap = match asset.kind.text() {
                    Some(kind) => Gap::wrong(Code::UnknownKind, format!("the kind `{kind}` is not declared")).at(field).found(kind),
                    None => Gap { code: Code::UnknownKind, ..Gap::unknown("the kind", field) },
                };
                outcome.gaps.push(gap.about(item));
                continue;
            }
            let Some(role) = role else {
                let message = "the link does not say what the ticket does with the asset";
                outcome.gaps.push(
                    Gap::wrong(Code::LinkRoleMissing, message)
                        .at(crate::problem::pointer(&path, &asset.id))
                        .expected("issue, collect, keep, loan or repair")
                        .about(item),
                );
                continue;
            };
            let inner = case.within(asset, ticket, link);
            if !setting.may_link(ticket, role) {
                let kind = ticket.kind.text().unwrap_or(crate::outcome::NOT_RECORDED);
                outcome.gaps.push(
                    Gap::wrong(Code::LinkWithoutCase, format!("tickets of the kind `{kind}` link nothing in the role {role}"))
                        .at(crate::problem::pointer(&path, &asset.id))
                        .found(role.to_string())
                        .about(item),
                );
                continue;
            }
            match self.assets.iter().find(|one| one.fits(case, asset, role)) {
                Some(one) => outcome.nested.extend(one.requirements.indices.iter().filter_map(|index| inner.judge(*index))),
                None => outcome.gaps.push(
                    Gap::wrong(Code::LinkWithoutCase, format!("the policy has no case for this asset in the role {role}"))
                        .at(inner.path(""))
                        .found(asset.kind.text().unwrap_or(crate::outcome::NOT_RECORDED))
                        .about(item),
                ),
            }
        }
        outcome
    }
}

impl AssetCase {
    fn fits(&self, case: &Case<'_>, asset: &Asset, role: LinkRole) -> bool {
        let selection = Selection { shared: false, roles: self.roles.clone(), kinds: self.kinds.clone(), classes: self.classes.clone() };
        fits(case, &selection, asset, Some(role))
    }
}

/// Whether a linked asset is chosen, by everything that the choice says. What is not known of it may be what is chosen.
pub(super) fn fits(case: &Case<'_>, selection: &Selection, asset: &Asset, role: Option<LinkRole>) -> bool {
    let kind = asset.kind.text();
    let class = kind.and_then(|kind| case.policy().kinds.get(kind)).map(|kind| kind.class.as_str());
    let among = |list: &[String], name: Option<&str>| list.is_empty() || name.is_none_or(|name| list.iter().any(|other| other == name));
    let in_role = selection.roles.is_empty() || role.is_none_or(|role| selection.roles.contains(&role));
    in_role && among(&selection.kinds, kind) && among(&selection.classes, class)
}

/// An asset that a ticket is about.
pub(crate) struct Concerned<'a> {
    pub asset: &'a Asset,
    pub link: Option<&'a LinkRow>,
    pub role: Option<LinkRole>,
}

/// The assets that a ticket is about, with what is wrong with its links.
#[derive(Default)]
pub(crate) struct ConcernedAssets<'a> {
    pub assets: Vec<Concerned<'a>>,
    pub gaps: Vec<Gap>,
    pub until: Option<crate::time::Time>,
}

/// The assets that a ticket is about: those that it links, those handed out under it, and, for kinds about the whole of a person, those in
/// that person's name; linked or not (rule D6). What else it has to do with has to be linked: what it promised of that is not known.
pub(crate) fn concerned<'a>(case: &Case<'a>, ticket: &'a Ticket) -> ConcernedAssets<'a> {
    let setting = &case.setting;
    let mut all = ConcernedAssets::default();
    let path = crate::problem::pointer("/tickets", &ticket.id);
    for link in setting.links(ticket) {
        let told = |code: Code, message: &str| {
            Gap::wrong(code, message)
                .at(crate::problem::pointer(&format!("{path}/links"), &link.asset))
                .about(Item::Asset(link.asset.clone()))
        };
        match setting.facts.asset(&link.asset) {
            Lookup::Found(asset) => all.assets.push(Concerned { asset, link: Some(link), role: setting.link_role(ticket, link) }),
            Lookup::Missing => {
                let mut gap = told(Code::LinkUnknownAsset, "the linked asset is not among the facts").found(crate::outcome::NOT_RECORDED);
                gap.unknown = true;
                all.gaps.push(gap);
            }
            Lookup::Ambiguous => all.gaps.push(told(Code::DuplicateItem, "several records have the id of the linked asset")),
        }
    }
    let kind = ticket.kind.text().and_then(|kind| setting.policy.ticket_kinds.get(kind));
    let whole_subject = kind.is_some_and(|kind| kind.whole_subject);
    if whole_subject {
        match &ticket.subject {
            Fact::Known(subject) => match case.holdings_covered(subject, case.policy().classes.keys()) {
                Ok(until) => all.until = until,
                Err(gap) => all.gaps.push(gap),
            },
            Fact::None | Fact::Unknown => all.gaps.push(Gap::unknown("the subject", format!("{path}/subject"))),
        }
    }
    let linked: BTreeSet<&str> = all.assets.iter().map(|one| one.asset.id.as_str()).collect();
    // Only a ticket about the whole of a person asks in whose name everything stands.
    let perhaps: Vec<&Asset> = match whole_subject {
        true => setting.facts.document().assets.rows().iter().collect(),
        false => setting.facts.tied_to(&ticket.id).collect(),
    };
    for asset in perhaps {
        let is_linked = linked.contains(asset.id.as_str());
        // What stands in their name counts, gone or not: a closed account needs its proof too.
        let is_theirs = |subject: &str| {
            setting.is_held_by(asset, subject)
                || matches!(&asset.owner, Fact::Known(Party::Person(owner)) if setting.is_same_person(owner, subject))
        };
        let counts = custody::was_issued_under(setting, asset, &ticket.id) || whole_subject && ticket.subject.text().is_some_and(is_theirs);
        if !is_linked && counts {
            all.assets.push(Concerned { asset, link: None, role: kind.and_then(|kind| kind.link_role) });
        }
    }
    let counted: BTreeSet<&str> = all.assets.iter().map(|one| one.asset.id.as_str()).collect();
    // Where the links are not known at all, that is what is told.
    let ties = if ticket.links.is_unknown() { BTreeSet::new() } else { tied(setting, ticket) };
    let missing: Vec<&str> = ties.into_iter().filter(|id| !counted.contains(id) && !has_link(ticket, id)).collect();
    for asset in missing {
        all.gaps.push(
            Gap::wrong(Code::LinkMissing, format!("the ticket has to do with {asset}, does not link it, and nobody took the link away"))
                .at(crate::problem::pointer(&format!("{path}/links"), asset))
                .expected("a link in its role, or a removal with by, at and reason")
                .found("no link")
                .about(Item::Asset(asset.to_owned())),
        );
    }
    all.assets.sort_by(|a, b| a.asset.id.cmp(&b.asset.id));
    all
}

/// The assets that something else than their link ties to a ticket: its tasks and signatures, what another link replaces, and the history and
/// custody of assets that name it.
fn tied<'a>(setting: &case::Setting<'a>, ticket: &'a Ticket) -> BTreeSet<&'a str> {
    let tasks = ticket.tasks.rows().iter().filter_map(|task| match &task.item {
        Fact::Known(Item::Asset(id)) => Some(id.as_str()),
        _ => None,
    });
    let signatures = ticket.signatures.rows().iter().map(|signature| signature.asset.as_str());
    let replaced = setting.links(ticket).filter_map(|link| link.replaces.text());
    let records = setting.facts.tied_to(&ticket.id).map(|asset| asset.id.as_str());
    tasks.chain(signatures).chain(replaced).chain(records).collect()
}

/// Whether a ticket has a row for its link to an asset: one that stands, or one that was taken away and says who did it, when and why.
fn has_link(ticket: &Ticket, asset: &str) -> bool {
    ticket.links.rows().iter().any(|link| link.0.asset == asset)
}

/// The open tickets that link an asset in one of these roles; in any where none is named.
pub(crate) fn tickets_behind<'a>(setting: &case::Setting<'a>, asset: &str, roles: &[LinkRole]) -> Vec<(&'a Ticket, &'a LinkRow)> {
    let surely = |(ticket, link): &(&Ticket, &LinkRow)| {
        setting.is_open(ticket) == Some(true) && (roles.is_empty() || setting.link_role(ticket, link).is_some())
    };
    let mut all = tickets_perhaps_behind(setting, asset, roles);
    all.retain(surely);
    all
}

/// Whether an open ticket lends something.
pub(crate) fn is_lent(setting: &case::Setting<'_>, asset: &Asset) -> bool {
    !tickets_behind(setting, &asset.id, &[LinkRole::Loan]).is_empty()
}

/// As [`tickets_behind`], and those of which it is not known whether they are open or in which role they link the asset: whom they are about
/// is not told of nobody (rule R11).
pub(crate) fn tickets_perhaps_behind<'a>(setting: &case::Setting<'a>, asset: &str, roles: &[LinkRole]) -> Vec<(&'a Ticket, &'a LinkRow)> {
    let mut all: Vec<(&'a Ticket, &'a LinkRow)> = Vec::new();
    for (ticket, link) in setting.facts.links_to(asset) {
        let fits = roles.is_empty() || setting.link_role(ticket, link).is_none_or(|role| roles.contains(&role));
        // The first link that fits stands for its ticket.
        let is_first = all.last().is_none_or(|(last, _)| !std::ptr::eq(*last, ticket));
        if fits && is_first && setting.is_linked(link) && setting.is_open(ticket) != Some(false) {
            all.push((ticket, link));
        }
    }
    all
}

/// The ticket behind an asset's step: the one that the caller names, else the one open ticket that fits (rule D8).
pub(crate) fn behind<'a>(setting: &case::Setting<'a>, asset: &str, roles: &[LinkRole], named: Option<&str>) -> Behind<'a> {
    let fitting = tickets_behind(setting, asset, roles);
    match named {
        // Two rows of one id contradict each other, and neither is taken.
        Some(id) => fitting
            .iter()
            .find(|(ticket, _)| ticket.id == id && setting.facts.ticket(id).found().is_some())
            .map_or(Behind::None, |(ticket, link)| Behind::Ticket(ticket, Some(link))),
        None => match fitting.as_slice() {
            [] => Behind::None,
            // One that may be open as well leaves it open which of the two is meant (rule R11).
            [(ticket, link)] if tickets_perhaps_behind(setting, asset, roles).len() == 1 => Behind::Ticket(ticket, Some(link)),
            _ => Behind::Several,
        },
    }
}
