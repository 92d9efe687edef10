//! `identity`: what tells the asset from others is recorded, is no placeholder, and belongs to no other asset (rule F5).

use serde::Deserialize;

use crate::case::{Case, Thing, identity_field, reaches};
use crate::code::Code;
use crate::facts::Fact;
use crate::facts::model::words;
use crate::outcome::{Gap, Outcome};
use crate::policy::document::Identity as Sort;
use crate::policy::names::Names;
use crate::serials;

/// `identity` as authors write it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    identity: Demand,
}

words! {
    /// What is demanded of an identity.
    Demand {
        /// It is recorded and no placeholder.
        Recorded = "recorded",
        /// And no other asset has it; needs coverage of the asset's class.
        Unique = "unique",
    }
}

impl Identity {
    #[allow(clippy::unused_self, reason = "every form has the same face")]
    pub fn check(&self, _: &mut Names, _: &str) {}

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let Thing::Asset(asset) = case.thing else {
            return Outcome::gap(Gap::wrong(Code::NotRecorded, "only assets have an identity").at(case.path("")));
        };
        let (sort, recorded) = case.setting.identity(asset);
        let serials_of = &case.policy().head.serials;
        if sort == Sort::None {
            return Outcome::met();
        }
        let path = case.path(&sort.to_string());
        let value = match recorded {
            Fact::Known(value) if sort == Sort::Serial && serials::is_placeholder(serials_of, value) => {
                let gap = Gap::wrong(Code::IdentityPlaceholder, "a placeholder stands where the serial should be");
                return Outcome::gap(gap.at(path).expected("a serial").found(format!("{value:?}")));
            }
            Fact::Known(value) if !value.trim().is_empty() => value,
            _ => return Outcome::gap(Gap::unknown(format!("the {sort}"), path).expected(format!("a {sort}"))),
        };
        if self.identity == Demand::Recorded {
            return Outcome::met();
        }
        let class = asset.kind.text().and_then(|kind| case.policy().kinds.get(kind)).map(|kind| kind.class.as_str()).unwrap_or_default();
        let mut outcome = Outcome::met();
        match case.coverage(&format!("the class {class}"), &case.facts().document().assets, |claim| {
            matches!(claim.persons.value(), Some(crate::facts::Extent::All)) && reaches(&claim.classes, class)
        }) {
            Ok(until) => outcome.until = Some(until),
            Err(gap) => outcome.gaps.push(gap),
        }
        if let Some(other) = twin(case, asset, sort, value) {
            outcome.gaps.push(
                Gap::wrong(Code::DuplicateIdentity, format!("{other} is recorded under the same {sort}"))
                    .at(path)
                    .expected("one asset")
                    .found(other),
            );
        }
        outcome
    }
}

/// The id of the first other asset with the same identity.
pub(crate) fn twin<'a>(case: &Case<'a>, asset: &crate::facts::Asset, sort: Sort, value: &str) -> Option<&'a str> {
    // Serials tell devices of all kinds apart; a login, a tag or a number may name one thing of each kind.
    let same_sort = |kind: &str| match sort {
        Sort::Serial => case.policy().kinds.get(kind).is_some_and(|kind| kind.identified_by == sort),
        _ => asset.kind.text() == Some(kind),
    };
    let is_other = |other: &&crate::facts::Asset| other.id != asset.id && other.kind.text().is_some_and(same_sort);
    let other = match sort {
        // Two records: what a scanner puts before a serial stands in neither.
        Sort::Serial if serials::is_placeholder(&case.policy().head.serials, value) => None,
        Sort::Serial => case.facts().with_serial(&serials::normalise(value)).find(is_other),
        _ => {
            let is_same = |other: &&crate::facts::Asset| {
                identity_field(other, sort).text().is_some_and(|other| !value.trim().is_empty() && other.trim() == value.trim())
            };
            case.facts().document().assets.rows().iter().filter(is_other).find(is_same)
        }
    };
    other.map(|other| other.id.as_str())
}
