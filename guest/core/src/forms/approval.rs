//! `approval`: enough people in the named roles have approved, none of them for themselves (rule R5).

use serde::Deserialize;

use crate::approvals::Tally;
use crate::case::Case;
use crate::code::Code;
use crate::facts::model::words;
use crate::facts::{Approval as Row, Fact, Ticket};
use crate::outcome::{Gap, Outcome};
use crate::policy::names::{Named, Names};

/// `approval` as authors write it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Approval {
    /// By people in any of these roles.
    pub approval: Vec<String>,
    /// By how many; 1 where nothing is said.
    pub count: Option<u32>,
    /// What each approval has to tell, and what has to be the same still.
    #[serde(default)]
    pub covers: Vec<Covers>,
}

words! {
    /// Something that an approval covers.
    Covers {
        /// The subject of the ticket.
        Subject = "subject",
        /// Its destination.
        Destination = "destination",
        /// Its linked assets.
        Assets = "assets",
        /// Its attributes, as far as the approval names them.
        Attributes = "attributes",
    }
}

impl Approval {
    pub fn check(&self, names: &mut Names, path: &str) {
        names.need_all(Named::Role, &self.approval, format_args!("{path}/approval"));
        if self.approval.is_empty() {
            names.problem("list-empty", format_args!("{path}/approval"), "nobody may approve", "name at least one role");
        }
        if self.count == Some(0) {
            names.problem("count-range", format_args!("{path}/count"), "an approval by nobody approves nothing", "ask for 1 at least");
        }
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let (ticket, _) = match case.ticket_behind() {
            Ok(behind) => behind,
            Err(gap) => return Outcome::gap(gap),
        };
        let base = crate::problem::pointer("/tickets", &ticket.id);
        let path = format!("{base}/approvals");
        let count = usize::try_from(self.count.unwrap_or(1)).unwrap_or(usize::MAX);
        let expected = format!("{count} by {}", self.approval.join(" or "));
        let Fact::Known(rows) = &ticket.approvals else { return Outcome::gap(Gap::unknown("the approval", path).expected(expected)) };
        // Nobody approves for themselves: whoever that would be has to be known.
        for (field, who) in [("requester", &ticket.requester), ("subject", &ticket.subject)] {
            if who.is_unknown() {
                return Outcome::gap(
                    Gap::unknown(format!("the {field}, who may not approve,"), format!("{base}/{field}")).expected(expected),
                );
            }
        }
        let mut barred: Vec<&str> = [ticket.requester.text(), ticket.subject.text()].into_iter().flatten().collect();
        barred.extend(case.setting.actor.map(|actor| actor.id.as_str()));
        barred.extend(case.setting.actor.and_then(|actor| actor.on_behalf_of.as_deref()));
        let stands = |row: &Row| stands(case, Some(ticket), row, &self.covers);
        let tally = Tally::count(&case.setting, rows, &self.approval, &barred, case.subject_record(), stands);
        if tally.is_enough(count) {
            return Outcome::met();
        }
        let names = |people: &mut dyn Iterator<Item = &str>| people.collect::<Vec<_>>().join(", ");
        let found = format!("{} of {count}", tally.approved.len());
        let mut gaps = Vec::new();
        let mut tell =
            |code: Code, message: &str, found: String| gaps.push(Gap::wrong(code, message).at(&path).expected(&expected).found(found));
        if !tally.refused.is_empty() {
            tell(Code::ApprovalRefused, "somebody has refused", names(&mut tally.refused.iter().copied()));
        }
        if !tally.lapsed.is_empty() {
            tell(Code::ApprovalLapsed, "what was approved has changed since", names(&mut tally.lapsed.iter().copied()));
        }
        if !tally.barred.is_empty() {
            tell(
                Code::ApprovalSelf,
                "an approval by the requester, the actor, the subject or software does not count",
                names(&mut tally.barred.iter().copied()),
            );
        }
        if gaps.is_empty() {
            let mut gap = Gap::wrong(Code::ApprovalMissing, "too few people in the required roles have approved")
                .at(&path)
                .expected(&expected)
                .found(found);
            if tally.undated {
                gap = Gap::unknown("when the approval was given", &path).expected(&expected);
            }
            gaps.push(gap);
        }
        Outcome::of(gaps)
    }
}

/// Whether what the approver saw of the ticket is still so. What is wanted to be covered has to be told; what is told has to hold, which it
/// does of no ticket that is not known.
pub(crate) fn stands(case: &Case<'_>, ticket: Option<&Ticket>, row: &Row, wanted: &[Covers]) -> bool {
    let Some(covered) = row.covers.value() else { return wanted.is_empty() };
    let same_subject = |ticket: &Ticket| covered.subject == ticket.subject;
    let same_destination = |ticket: &Ticket| covered.destination == ticket.destination;
    let attributes = covered.attributes.value().filter(|told| told.iter().len() > 0);
    let same_attributes = |ticket: &Ticket| {
        let now = |name: &str| ticket.attributes.value().and_then(|now| now.get(name));
        attributes.is_some_and(|told| told.iter().all(|(name, told)| now(name).is_some_and(|now| now.value == told.value)))
    };
    let same_assets = |ticket: &Ticket| {
        let mut linked: Vec<&str> = case.setting.links_of(ticket).map(|link| link.asset.as_str()).collect();
        linked.dedup();
        covered.assets.value().is_some_and(|told| told.iter().map(String::as_str).eq(linked.iter().copied()))
    };
    let holds = |covers: Covers, told: bool, same: &dyn Fn(&Ticket) -> bool| match told {
        true => ticket.is_some_and(same),
        false => !wanted.contains(&covers),
    };
    holds(Covers::Subject, !covered.subject.is_unknown(), &same_subject)
        && holds(Covers::Destination, !covered.destination.is_unknown(), &same_destination)
        && holds(Covers::Assets, !covered.assets.is_unknown(), &same_assets)
        && holds(Covers::Attributes, attributes.is_some(), &same_attributes)
}
