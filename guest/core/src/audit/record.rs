//! What is looked for in every record, of an asset or a ticket.

use crate::case::Setting;
use crate::code::Code;
use crate::facts::{Attributes, Fact};
use crate::forms::attribute;
use crate::outcome::Gap;
use crate::problem::pointer;
use crate::time::Time;

/// The latest time that rows tell.
pub(super) fn latest<T>(rows: &[T], at: impl Fn(&T) -> Fact<Time>) -> Option<Time> {
    rows.iter().filter_map(|row| at(row).value().copied()).max()
}

/// Fields that tell of something after the time of the audit, which can't have happened yet (rule F7).
pub(super) fn ahead<'s, const FIELDS: usize>(
    setting: &'s Setting<'_>,
    path: &'s str,
    fields: [(&'static str, Option<Time>); FIELDS],
) -> impl Iterator<Item = Gap> + 's {
    fields.into_iter().filter_map(move |(field, latest)| {
        let at = latest.filter(|at| setting.is_future(*at))?;
        let gap = Gap::wrong(Code::EvidenceFuture, "a record is dated after the time of the audit").at(format!("{path}/{field}"));
        Some(gap.expected(format!("at {} at the latest", setting.policy.show(setting.now()))).found(setting.policy.show(at)))
    })
}

/// Attributes whose values are not of the declared type; undeclared ones are not looked at (rule F8).
pub(super) fn mistyped<'s>(setting: &'s Setting<'_>, path: &'s str, attributes: &'s Fact<Attributes>) -> impl Iterator<Item = Gap> + 's {
    let all = attributes.value().into_iter().flat_map(Attributes::iter);
    all.filter_map(move |(name, attribute)| {
        let (value, declared) = (attribute.value.as_ref()?, setting.policy.attributes.get(name)?);
        if attribute::is_of(declared.r#type, value) {
            return None;
        }
        let gap = Gap::wrong(Code::AttributeType, format!("the attribute `{name}` is not of the declared type"));
        Some(gap.at(pointer(&format!("{path}/attributes"), name)).expected(declared.r#type.to_string()).found(value.to_string()))
    })
}
