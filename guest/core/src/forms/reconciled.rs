//! `reconciled`: no exception on the item, its tickets or its linked assets is open, expired or unreconciled (rule D7).

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::case::{Case, Thing, reaches};
use crate::code::Code;
use crate::decision::Item;
use crate::exceptions;
use crate::facts::Fact;
use crate::outcome::{Gap, Outcome, earlier};
use crate::policy::names::Names;

/// `reconciled` as authors write it: `reconciled: true`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Reconciled {
    reconciled: bool,
}

impl Reconciled {
    pub fn check(&self, names: &mut Names, path: &str) {
        if !self.reconciled {
            names.problem("form-shape", path, "`reconciled: false` demands nothing", "write `reconciled: true`");
        }
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let mut items = BTreeSet::from([case.item()]);
        match (case.thing, case.behind) {
            (Thing::Ticket(ticket), _) => {
                // What it links counts, whether or not its record is there.
                items.extend(case.setting.links(ticket).map(|link| Item::Asset(link.asset.clone())));
                let concerned = super::assets::concerned(case, ticket);
                items.extend(concerned.assets.iter().map(|one| Item::Asset(one.asset.id.clone())));
                items.extend(concerned.gaps.into_iter().filter_map(|gap| gap.item));
            }
            (Thing::Asset(asset), behind) => {
                if let crate::case::Behind::Ticket(ticket, _) = behind {
                    items.insert(Item::Ticket(ticket.id.clone()));
                }
                let tickets = super::assets::tickets_perhaps_behind(&case.setting, &asset.id, &[]);
                items.extend(tickets.into_iter().map(|(ticket, _)| Item::Ticket(ticket.id.clone())));
            }
        }
        let mut outcome = Outcome::met();
        if let Thing::Ticket(ticket) = case.thing
            && ticket.links.is_unknown()
        {
            outcome.gaps.push(Gap::unknown("what the ticket links", case.path("links")));
        }
        for item in &items {
            let name = item.to_string();
            match case.coverage(&format!("the exceptions on {name}"), &case.facts().document().exceptions, |claim| {
                reaches(&claim.exceptions, &name)
            }) {
                Ok(until) => outcome.until = earlier(outcome.until, Some(until)),
                Err(gap) => outcome.gaps.push(gap),
            }
        }
        for exception in case.facts().document().exceptions.rows() {
            // One that does not say what it covers may cover anything.
            let concerns = match &exception.items {
                Fact::Unknown => true,
                Fact::None => false,
                Fact::Known(covered) => covered.iter().any(|item| items.contains(&ticket_of(item))),
            };
            if !concerns {
                continue;
            }
            match exceptions::settled(case, exception) {
                Ok(until) => outcome.until = earlier(outcome.until, until),
                Err(why) => outcome.gaps.push(
                    Gap::wrong(Code::ExceptionOpen, format!("exception {} is not reconciled: {why}", exception.id))
                        .at(crate::problem::pointer("/exceptions", &exception.id))
                        .expected("reconciled")
                        .found(why),
                ),
            }
        }
        outcome
    }
}

/// An exception on a task is one on its ticket.
fn ticket_of(item: &Item) -> Item {
    match item {
        Item::Task { ticket, .. } => Item::Ticket(ticket.clone()),
        other => other.clone(),
    }
}
