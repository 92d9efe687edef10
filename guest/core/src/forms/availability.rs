//! `availability`: before something is procured, stock and free seats were looked at; before a seat is given, one is free (rule R7).

use serde::Deserialize;

use crate::case::{Case, Setting, Thing, reaches};
use crate::code::Code;
use crate::facts::model::words;
use crate::facts::{Asset, Extent, Fact};
use crate::outcome::{Gap, Outcome};
use crate::policy::document::Category;
use crate::policy::names::Names;

/// `availability` as authors write it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Availability {
    availability: Demand,
}

words! {
    /// What has to be so.
    Demand {
        /// Nothing of this kind is in stock, and no seat of this product is free.
        NoneFree = "none-free",
        /// A seat of this product is free.
        Free = "free",
    }
}

impl Availability {
    #[allow(clippy::unused_self, reason = "every form has the same face")]
    pub fn check(&self, _: &mut Names, _: &str) {}

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let Thing::Asset(asset) = case.thing else {
            return Outcome::gap(Gap::wrong(Code::NoneAvailable, "only assets are in stock").at(case.path("")));
        };
        let setting = &case.setting;
        let Fact::Known(kind) = &asset.kind else { return Outcome::gap(Gap::unknown("the kind", case.path("kind"))) };
        // A licence seat says of which product it is one; everything else is counted by kind.
        if let Fact::Known(product) = &asset.product {
            let covered = match case
                .coverage(&format!("the seats of {product}"), &setting.facts.document().licences, |claim| reaches(&claim.licences, product))
            {
                Ok(until) => until,
                Err(gap) => return Outcome::gap(gap.expected(self.availability.to_string())),
            };
            return match (free_seats(setting, product), self.availability) {
                (None, _) => Outcome::gap(Gap::unknown(format!("how many seats of {product} there are"), "/licences")),
                (Some(0), Demand::NoneFree) | (Some(1..), Demand::Free) => Outcome::met_until(Some(covered)),
                (Some(0), Demand::Free) => Outcome::gap(
                    Gap::wrong(Code::NoneAvailable, format!("no seat of {product} is free"))
                        .at("/licences")
                        .expected("a free seat")
                        .found("0 free"),
                ),
                (Some(free), Demand::NoneFree) => Outcome::gap(
                    Gap::wrong(Code::StockAvailable, format!("seats of {product} are free"))
                        .at("/licences")
                        .expected("no free seat")
                        .found(format!("{free} free")),
                ),
            };
        }
        let class = case.policy().kinds.get(kind).map(|kind| kind.class.as_str()).unwrap_or_default();
        let whole = |claim: &crate::facts::Coverage| matches!(claim.persons.value(), Some(Extent::All)) && reaches(&claim.classes, class);
        let covered = match case.coverage(&format!("the class {class}"), &setting.facts.document().assets, whole) {
            Ok(until) => until,
            Err(gap) => return Outcome::gap(gap.expected(self.availability.to_string())),
        };
        let in_stock = |other: &&Asset| {
            let doubtful = self.availability == Demand::Free && may_be_promised(setting, other);
            other.id != asset.id && other.kind == asset.kind && is_free(setting, other) && !doubtful
        };
        let free: Vec<&str> = setting.facts.document().assets.rows().iter().filter(in_stock).map(|other| other.id.as_str()).collect();
        // What may be of this kind, or may lie ready, may be free.
        let may_be_free = |other: &&Asset| {
            other.id != asset.id && (other.kind.is_unknown() || other.kind == asset.kind && setting.category(other).is_none())
        };
        if let (None, Demand::NoneFree, Some(other)) =
            (free.first(), &self.availability, setting.facts.document().assets.rows().iter().find(may_be_free))
        {
            let path = crate::problem::pointer("/assets", &other.id);
            return Outcome::gap(Gap::unknown(format!("what {} is, or where it stands,", other.id), path).expected("none in stock"));
        }
        match (free.first(), self.availability) {
            (None, Demand::NoneFree) | (Some(_), Demand::Free) => Outcome::met_until(Some(covered)),
            (None, Demand::Free) => Outcome::gap(
                Gap::wrong(Code::NoneAvailable, format!("no {kind} is free")).at("/assets").expected("one in stock").found("0 free"),
            ),
            (Some(_), Demand::NoneFree) => Outcome::gap(
                Gap::wrong(Code::StockAvailable, format!("a {kind} is in stock"))
                    .at("/assets")
                    .expected("none in stock")
                    .found(free.join(", ")),
            ),
        }
    }
}

/// Whether an asset lies ready: in stock, in nobody's hands, and promised by no open ticket.
pub(crate) fn is_free<'a>(setting: &Setting<'a>, asset: &'a Asset) -> bool {
    setting.category(asset) == Some(Category::Stock)
        && setting.holders(asset).is_empty()
        && super::assets::tickets_behind(setting, &asset.id, &[]).is_empty()
}

/// Whether an open ticket may have been promised an asset that lies ready.
pub(crate) fn may_be_promised(setting: &Setting<'_>, asset: &Asset) -> bool {
    !super::assets::tickets_perhaps_behind(setting, &asset.id, &[]).is_empty()
}

/// Seats of a product that nobody has: those bought less those held by persons, or less those that the vendor counts where that is more. None
/// where not all counts are known.
pub(crate) fn free_seats(setting: &Setting<'_>, product: &str) -> Option<u64> {
    let mut bought = 0u64;
    let mut allocated = 0u64;
    let mut known = false;
    let licences = setting.facts.document().licences.rows();
    for licence in licences.iter().filter(|licence| licence.product.text() == Some(product)) {
        // Two rows of one id contradict each other, and neither is taken.
        if licences.iter().filter(|other| other.id == licence.id).count() > 1 {
            return None;
        }
        bought += u64::from(*licence.seats.value()?);
        allocated += u64::from(licence.allocated.value().copied().unwrap_or_default());
        known = true;
    }
    // A seat in an unknown state is taken (rule F4).
    let is_held =
        |seat: &&Asset| seat.product.text() == Some(product) && setting.category(seat).is_none_or(|category| category == Category::Held);
    let held = setting.facts.document().assets.rows().iter().filter(is_held).count();
    known.then(|| bought.saturating_sub(allocated.max(u64::try_from(held).unwrap_or(u64::MAX))))
}
