//! Who has a thing: what the custody record tells (rules F4, R1, R5).

use crate::case::{Setting, identity_field};
use crate::decision::Item;
use crate::facts::{Asset, Change, Custody, Evidence, Fact, LinkRole, Means, Outcome, Party, SignatureKind, Ticket};
use crate::forms::assets::tickets_perhaps_behind;
use crate::outcome::Gap;
use crate::policy::document::{Category, Identity};
use crate::problem::pointer;
use crate::time::Time;

/// Changes of one sort that have happened, in order.
fn changes<'a>(
    setting: &Setting<'a>,
    asset: &'a Asset,
    sort: impl Fn(Change) -> bool + 'a,
) -> impl DoubleEndedIterator<Item = &'a Custody> {
    let now = setting.now();
    asset.custody.rows().iter().filter(move |entry| entry.at <= now && sort(entry.change))
}

fn is_handover(change: Change) -> bool {
    matches!(change, Change::Owner | Change::HeldBy)
}

/// The person that a custody entry names on one side. Both owners and holders may be written with the word in front, or by the bare id.
fn person(change: Change, side: &Fact<String>) -> Option<&str> {
    let text = side.text()?;
    let bare = || (is_handover(change) && !text.starts_with("department:")).then_some(text);
    text.strip_prefix("person:").or_else(bare).filter(|id| !id.is_empty())
}

/// The last person to whom the asset was handed, unless a return is proved since: a cleared record alone is not a return.
pub(crate) fn last_holder<'a>(setting: &Setting<'a>, asset: &'a Asset) -> Option<&'a str> {
    last_handover(setting, asset).filter(|(holder, since)| !is_returned(setting, asset, holder, *since)).map(|(holder, _)| holder)
}

/// The last person to whom the asset was handed, given back or not.
pub(crate) fn last_holder_ever<'a>(setting: &Setting<'a>, asset: &'a Asset) -> Option<&'a str> {
    last_handover(setting, asset).map(|(holder, _)| holder)
}

/// The last person to whom the asset was handed, and when; of one from whom it was taken without a recorded hand-over, from when at the least.
fn last_handover<'a>(setting: &Setting<'a>, asset: &'a Asset) -> Option<(&'a str, Time)> {
    let mut last: Option<(&str, Time)> = None;
    // Whether the record has the last holder no longer, and which of its fields told of them.
    let (mut taken_back, mut field) = (false, None);
    let mut before = Time::from_ms(i64::MIN);
    for entry in changes(setting, asset, is_handover) {
        if let Some(id) = person(entry.change, &entry.from).filter(|id| last.is_none_or(|(holder, _)| holder != *id)) {
            last = Some((id, before));
        }
        match person(entry.change, &entry.to) {
            // A second entry for the same person, who still has it, does not start a new issue.
            Some(id)
                if taken_back || last.is_none_or(|(holder, _)| holder != id) || entry.from == Fact::None && field == Some(entry.change) =>
            {
                last = Some((id, entry.at));
                (taken_back, field) = (false, Some(entry.change));
            }
            Some(_) => {}
            None => taken_back = true,
        }
        before = entry.at;
    }
    last
}

/// Whether nobody knows who has the asset: its owner is not recorded, or it was handed last to nobody knows whom, or it is with a department
/// that the policy does not declare, which proves a return by nobody (rule F8).
fn is_with_nobody_known(setting: &Setting<'_>, asset: &Asset) -> bool {
    let last = changes(setting, asset, is_handover).next_back().map(|entry| &entry.to);
    let department = last.and_then(Fact::text).and_then(|to| to.strip_prefix("department:"));
    let owner = match &asset.owner {
        Fact::Known(Party::Department(name)) => Some(name.as_str()),
        _ => None,
    };
    let is_undeclared = |name: &str| !setting.policy.departments.contains_key(name);
    asset.owner.is_unknown()
        || last.is_some_and(Fact::is_unknown)
        || department.is_some_and(is_undeclared)
        || owner.is_some_and(is_undeclared)
}

/// Why somebody may have the asset of whom the record doesn't say so: nobody is known to have it, or an open ticket hands it to them and the
/// record names nobody (rules F8, D6). None where they do have it, or it is gone.
pub(crate) fn perhaps_with<'a>(setting: &Setting<'a>, asset: &'a Asset, person: &str) -> Option<Gap> {
    if setting.is_gone(asset) || setting.is_held_by(asset, person) {
        return None;
    }
    let what = if is_with_nobody_known(setting, asset) {
        format!("in whose name or hands {} is", asset.id)
    } else {
        let ticket = handed_by_ticket(setting, asset, person)?;
        format!("who has {}, which {} hands out,", asset.id, ticket.id)
    };
    let path = format!("{}/owner", pointer("/assets", &asset.id));
    Some(Gap::unknown(what, path).about(Item::Asset(asset.id.clone())))
}

/// The open ticket that hands an asset to somebody, where it is in use or on its way back, the record names nobody, and no return is proved.
fn handed_by_ticket<'a>(setting: &Setting<'a>, asset: &'a Asset, person: &str) -> Option<&'a Ticket> {
    let is_out = matches!(setting.category(asset), None | Some(Category::Held | Category::Returning));
    if !is_out || !setting.holders(asset).is_empty() || is_back(setting, asset, Some(person)) {
        return None;
    }
    let handing = tickets_perhaps_behind(setting, &asset.id, &[LinkRole::Issue, LinkRole::Keep, LinkRole::Loan, LinkRole::Repair]);
    // One about nobody known may be about them (rule R11).
    let is_theirs = |ticket: &&Ticket| match &ticket.subject {
        Fact::Known(subject) => setting.is_same_person(subject, person),
        Fact::None => false,
        Fact::Unknown => true,
    };
    handing.into_iter().map(|(ticket, _)| ticket).find(is_theirs)
}

/// Whether a return is proved by the last person who had it, whoever that is by the custody record, else by the record's owner or these.
pub(crate) fn is_back(setting: &Setting<'_>, asset: &Asset, perhaps: Option<&str>) -> bool {
    let owner = match &asset.owner {
        Fact::Known(Party::Person(id)) => Some(id.as_str()),
        _ => None,
    };
    let ever = Time::from_ms(i64::MIN);
    let (holder, since) = last_handover(setting, asset).unwrap_or((owner.or(perhaps).unwrap_or_default(), ever));
    is_returned(setting, asset, holder, since)
}

/// Whether a return by this person is proved: signed by them, or checked in by evidence that proves returns, for the present identity.
pub(crate) fn is_returned(setting: &Setting<'_>, asset: &Asset, holder: &str, since: Time) -> bool {
    let binds = |seen: &Fact<String>| seen_is_identity(setting, asset, seen);
    let future = |at: &Fact<Time>| at.value().is_some_and(|at| setting.is_future(*at));
    let counts = |at: &Fact<Time>| at.value().is_some_and(|at| *at >= since && !is_before_identity(setting, asset, *at)) && !future(at);
    let proves = |check: &str| setting.policy.checks.get(check).is_some_and(|check| check.proves_return);
    // As for any evidence, what is latest decides, and a moment shared goes to the accuser (rule R1).
    let accused = |passed: &Evidence| {
        let accuses = |other: &Evidence| other.result == Fact::Known(Outcome::Failed) || other.seen.text().is_some() && !binds(&other.seen);
        let others = asset.evidence.rows().iter().filter(|other| other.check == passed.check && !future(&other.at) && accuses(other));
        others.into_iter().any(|other| other.at.value().is_none_or(|at| passed.at.value().is_none_or(|passed| at >= passed)))
    };
    let checked_in = asset.evidence.rows().iter().any(|evidence| {
        evidence.result == Fact::Known(Outcome::Passed)
            && proves(&evidence.check)
            && evidence.automation != Fact::Known(true)
            // Somebody else took it in (rule D2): an imported record only says that a record was there.
            && evidence.by.text().is_some_and(|by| !setting.is_same_person(by, holder))
            && evidence.means.value().is_some_and(|means| *means != Means::Imported)
            && counts(&evidence.at)
            && binds(&evidence.seen)
            && !accused(evidence)
    });
    let signed = || {
        setting.facts.signatures_for(&asset.id).any(|signature| {
            signature.kind == SignatureKind::Return
                && signature.by.text() == Some(holder)
                && signature.automation != Fact::Known(true)
                && counts(&signature.at)
                && binds(&signature.seen)
        })
    };
    checked_in || signed()
}

/// Whether what was seen is the asset's present identity; kinds without identity have nothing to see.
pub(crate) fn seen_is_identity(setting: &Setting<'_>, asset: &Asset, seen: &Fact<String>) -> bool {
    // What tells an asset apart from all others is not looked for where nothing was seen.
    let Some(seen) = seen.text() else { return setting.sort_of_identity(asset) == Some(Identity::None) };
    let identified = setting.identified(asset);
    match identified.sort {
        None => false,
        Some(Identity::None) => true,
        Some(sort) => {
            let same = |recorded| setting.policy.serials.same(sort, recorded, seen);
            !identified.is_placeholder && identity_field(asset, sort).text().is_some_and(same)
        }
    }
}

/// When the asset was last handed to this party.
pub(crate) fn last_issue(setting: &Setting<'_>, asset: &Asset, to: &Party) -> Option<Time> {
    let name = to.to_string();
    let mut since: Option<Time> = None;
    let mut held = false;
    for entry in changes(setting, asset, is_handover) {
        let is_to = entry.to.text() == Some(name.as_str()) || person(entry.change, &entry.to).is_some_and(|id| to.is_person(id));
        if is_to && !held {
            since = Some(entry.at);
        }
        // Owner and holder may change apart: only another party's name, or none, ends the issue.
        held = is_to;
    }
    since
}

/// The last change of identity: when, and by whom.
pub(crate) fn last_identity_change<'a>(setting: &Setting<'a>, asset: &'a Asset) -> Option<&'a Custody> {
    changes(setting, asset, |change| change == Change::Identity).next_back()
}

/// Whether a time lies before the present identity: what was signed or seen then was about what it was before (rules R1, R5).
pub(crate) fn is_before_identity(setting: &Setting<'_>, asset: &Asset, at: Time) -> bool {
    last_identity_change(setting, asset).is_some_and(|change| at <= change.at)
}

/// Whether the asset was handed out under a ticket.
pub(crate) fn was_issued_under(setting: &Setting<'_>, asset: &Asset, ticket: &str) -> bool {
    changes(setting, asset, is_handover).any(|entry| entry.ticket.text() == Some(ticket) && person(entry.change, &entry.to).is_some())
}
