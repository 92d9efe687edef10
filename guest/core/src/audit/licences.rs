//! Licences over the whole register: what was bought, what is taken, what could be taken back, and what that costs.

use std::collections::{BTreeMap, BTreeSet};

use super::Out;
use super::answer::LicenceUse;
use super::keep::Seats;
use crate::case::{Setting, reaches};
use crate::code::Code;
use crate::decision::Severity;
use crate::facts::{Licence, Metric};
use crate::outcome::{Gap, counted};
use crate::problem::pointer;

/// The use of every product, with what is wrong with it told.
pub(super) fn judge(setting: Setting<'_>, out: &mut Out) -> Vec<LicenceUse> {
    let licences = &setting.facts.document().licences;
    let mut products: BTreeMap<&str, Vec<&Licence>> = BTreeMap::new();
    for licence in licences.rows() {
        if let Some(product) = licence.product.text() {
            products.entry(product).or_default().push(licence);
        }
    }
    let seats = std::mem::take(&mut out.tallies.seats);
    let names: BTreeSet<&str> = products.keys().copied().chain(seats.keys().map(String::as_str)).collect();
    let nothing = Seats::default();
    let mut all = Vec::new();
    for product in names {
        let of_product = products.get(product).map(Vec::as_slice).unwrap_or_default();
        let used = product_use(product, of_product, seats.get(product).unwrap_or(&nothing));
        if of_product.is_empty() && licences.is_unknown() {
            let gap = Gap::wrong(Code::RegisterNotCovered, format!("seats of {product} are taken, and no licences were passed"));
            out.tell_gap(gap.at("/licences").expected("the licences").found("not recorded"), Severity::Warn, None, None);
        }
        // Who uses it at one time says nothing of who has it (rule L2).
        if used.metric == Some(Metric::Concurrent) {
            all.push(used);
            continue;
        }
        let place = of_product.first().map_or_else(|| "/licences".to_owned(), |licence| pointer("/licences", &licence.id));
        if let Some(seats) = used.seats.filter(|seats| used.taken > *seats) {
            let gap =
                Gap::wrong(Code::LicenceOverAllocated, format!("{product} has {} taken, and {seats} bought", counted(used.taken, "seat")));
            let gap = gap.at(format!("{place}/seats")).expected(format!("at most {seats}")).found(used.taken.to_string());
            out.tell_gap(gap, Severity::Block, None, None);
        }
        // A count that is higher than the records accuses only where the records are all here (rule F1).
        let covered = || out.tallies.assets > 0 && setting.covered(|claim| reaches(&claim.licences, product)).is_some();
        if let Some(allocated) = used.allocated.filter(|allocated| *allocated < used.taken || *allocated > used.taken && covered()) {
            let message = format!("{product} has {} counted, and {} on record", counted(allocated, "seat"), used.taken);
            let gap = Gap::wrong(Code::LicenceCountMismatch, message).at(format!("{place}/allocated"));
            out.tell_gap(gap.expected(used.taken.to_string()).found(allocated.to_string()), Severity::Warn, None, None);
        }
        all.push(used);
    }
    all
}

fn product_use(product: &str, licences: &[&Licence], seats: &Seats) -> LicenceUse {
    let sum = |of: &dyn Fn(&Licence) -> Option<u32>| -> Option<u64> {
        let counts: Option<Vec<u64>> = licences.iter().map(|licence| of(licence).map(u64::from)).collect();
        counts.filter(|counts| !counts.is_empty()).map(|counts| counts.iter().sum())
    };
    let one = |of: &dyn Fn(&Licence) -> Option<String>| -> Option<String> {
        let mut all: Vec<Option<String>> = licences.iter().map(|licence| of(licence)).collect();
        all.dedup();
        match all.as_slice() {
            [one] => one.clone(),
            _ => None,
        }
    };
    let mut metrics: Vec<Option<Metric>> = licences.iter().map(|licence| licence.metric.value().copied()).collect();
    metrics.dedup();
    let cost = one(&|licence| licence.cost.text().map(str::to_owned));
    LicenceUse {
        product: product.to_owned(),
        metric: if let [metric] = metrics.as_slice() { *metric } else { None },
        seats: sum(&|licence| licence.seats.value().copied()),
        taken: seats.taken,
        allocated: sum(&|licence| licence.allocated.value().copied()),
        idle: seats.idle,
        of_leavers: seats.of_leavers,
        reclaimable: seats.reclaimable,
        reclaimable_cost: cost.and_then(|cost| times(&cost, seats.reclaimable)),
        currency: one(&|licence| licence.currency.text().map(str::to_owned)),
    }
}

/// A decimal text so many times, with as many places; none where it is no plain decimal, or too large.
fn times(text: &str, count: u64) -> Option<String> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(places) {
        return None;
    }
    let digits: u128 = format!("{whole}{places}").parse().ok()?;
    let product = digits.checked_mul(u128::from(count))?.to_string();
    if places.is_empty() {
        return Some(product);
    }
    let padded = format!("{product:0>width$}", width = places.len() + 1);
    let (whole, places) = padded.split_at_checked(padded.len() - places.len())?;
    Some(format!("{whole}.{places}"))
}

#[cfg(test)]
mod tests {
    use super::times;

    #[test]
    fn costs_are_multiplied_to_the_digit() {
        for (cost, count, product) in
            [("120", 3, "360"), ("12.50", 3, "37.50"), ("0.05", 1, "0.05"), ("9.99", 0, "0.00"), ("99.9", 1000, "99900.0")]
        {
            assert_eq!(times(cost, count).as_deref(), Some(product));
        }
        for none in ["", ".5", "1,20", "12 EUR", "-1", "1e3", "99999999999999999999999999999999999999999"] {
            assert_eq!(times(none, 2), None, "{none}");
        }
    }
}
