//! `identity`: what tells the asset from others is recorded, is no placeholder, and belongs to no other asset (rule F5).

use serde::Deserialize;

use crate::case::{Case, Thing, reaches};
use crate::code::Code;
use crate::facts::Fact;
use crate::facts::model::words;
use crate::outcome::{Gap, Outcome};
use crate::policy::document::Identity as Sort;
use crate::policy::names::Names;

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
        if sort == Sort::None {
            return Outcome::met();
        }
        let (path, identified) = (case.path(&sort.to_string()), case.setting.identified(asset));
        match recorded {
            Fact::Known(value) if identified.is_placeholder => {
                let gap = Gap::wrong(Code::IdentityPlaceholder, "a placeholder stands where the serial should be");
                return Outcome::gap(gap.at(path).expected("a serial").found(format!("{value:?}")));
            }
            Fact::Known(value) if !value.trim().is_empty() => {}
            _ => return Outcome::gap(Gap::unknown(format!("the {sort}"), path).expected(format!("a {sort}"))),
        }
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
        if let Some(other) = case.setting.twin(identified) {
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
