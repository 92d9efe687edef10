//! `nothing_held`: the register holds nothing in the subject's name or hands, whether the ticket links it or not (rule F4).

use serde::Deserialize;

use crate::case::Case;
use crate::code::Code;
use crate::custody;
use crate::decision::Item;
use crate::facts::{Extent, Fact, Party};
use crate::outcome::{Gap, Outcome};
use crate::policy::names::{Named, Names};

/// `nothing_held` as authors write it: `all`, or a list of classes.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct NothingHeld {
    pub nothing_held: Extent,
}

impl NothingHeld {
    pub fn check(&self, names: &mut Names, path: &str) {
        if let Extent::Some(classes) = &self.nothing_held {
            names.need_all(Named::Class, classes, format_args!("{path}/nothing_held"));
            if classes.is_empty() {
                names.problem("list-empty", format_args!("{path}/nothing_held"), "no class is named", "write `all`, or name at least one");
            }
        }
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let Fact::Known((subject, _)) = case.subject() else { return Outcome::gap(Gap::unknown("the subject", case.path("subject"))) };
        let setting = &case.setting;
        let mut outcome = Outcome::met();
        let classes: Vec<&String> = match &self.nothing_held {
            Extent::All => case.policy().classes.keys().collect(),
            Extent::Some(classes) => classes.iter().collect(),
        };
        match case.holdings_covered(subject, classes.into_iter()) {
            Ok(until) => outcome.until = until,
            Err(gap) => outcome.gaps.push(gap),
        }
        for asset in setting.facts.document().assets.rows() {
            let class = asset.kind.text().and_then(|kind| case.policy().kinds.get(kind)).map(|kind| kind.class.as_str());
            // What is of no known class may be of any.
            if class.is_some_and(|class| !self.nothing_held.reaches(class)) {
                continue;
            }
            let path = crate::problem::pointer("/assets", &asset.id);
            let item = Item::Asset(asset.id.clone());
            if setting.is_held_by(asset, subject) {
                let state = asset.state.text().unwrap_or(crate::outcome::NOT_RECORDED);
                let why = match &asset.owner {
                    Fact::Known(Party::Person(owner)) if setting.is_same_person(owner, subject) => "it stands in their name",
                    _ if asset.held_by.text().is_some_and(|holder| setting.is_same_person(holder, subject)) => "they have it at hand",
                    _ => "they had it last, and no return is proved",
                };
                let gap = Gap::wrong(Code::StillHeld, format!("{subject} still holds {}: {why}", asset.id));
                outcome.gaps.push(gap.at(format!("{path}/owner")).expected("nothing held").found(format!("`{state}`, {why}")).about(item));
            } else if let Some(gap) = custody::perhaps_with(setting, asset, subject) {
                outcome.gaps.push(gap.expected("nothing held"));
            }
        }
        outcome
    }
}
