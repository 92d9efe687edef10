//! Numbers, shares, amounts and times as people read them. Whole numbers throughout: the same figures give the same bytes.

use std::collections::BTreeMap;

use handoff::core::policy::document::Stay;
use handoff::core::{Date, Offset, Time};
use maud::{Markup, html};

/// A narrow space at which no line is broken.
const THIN: char = '\u{202f}';

/// What stands where there is nothing to tell.
pub(super) const NONE: &str = "–";

/// A number, its thousands parted.
pub(super) fn number(number: u64) -> String {
    grouped(&number.to_string())
}

/// Digits, in groups of three from the right.
fn grouped(digits: &str) -> String {
    let length = digits.chars().count();
    let mut text = String::with_capacity(length + length / 3 * THIN.len_utf8());
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (length - index).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// So many of something, in words.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// A number that may not be recorded.
pub(super) fn maybe(count: Option<u64>) -> String {
    count.map_or_else(|| NONE.to_owned(), number)
}

/// A name that may not be recorded.
pub(super) fn named(name: Option<&str>) -> &str {
    name.unwrap_or("not recorded")
}

/// What `count` is of `whole`, on a scale of `full`; never more than that.
pub(super) fn scaled(count: u64, whole: u64, full: u64) -> u64 {
    let wide = u128::from(count) * u128::from(full) / u128::from(whole.max(1));
    u64::try_from(wide).unwrap_or(full).min(full)
}

/// A share in per cent. None and all are told only where it is none and all.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return NONE.to_owned();
    }
    let rounded = scaled(part, whole, 1_000).saturating_add(5) / 10;
    match rounded {
        0 if part > 0 => "<1%".to_owned(),
        100 if part < whole => ">99%".to_owned(),
        rounded => format!("{rounded}%"),
    }
}

/// A longest stay.
pub(super) fn stay(stay: Stay) -> String {
    match stay {
        Stay::WorkingDays { working_days } => counted(u64::from(working_days), "working day", "working days"),
        Stay::Elapsed(duration) => {
            let days = u64::try_from(duration.days()).unwrap_or_default();
            let hours = u64::try_from(duration.ms() / 3_600_000).unwrap_or_default();
            match hours {
                0 => duration.to_string(),
                _ if days > 0 && hours % 24 == 0 => counted(days, "day", "days"),
                _ => counted(hours, "hour", "hours"),
            }
        }
    }
}

/// About how many days by the calendar a longest stay is: five working days are a week.
pub(super) fn calendar_days(stay: Stay) -> u64 {
    match stay {
        Stay::WorkingDays { working_days } => (u64::from(working_days) * 7).div_ceil(5),
        Stay::Elapsed(duration) => u64::try_from(duration.days()).unwrap_or_default(),
    }
}

/// A moment, to the minute.
pub(super) fn moment(time: Time, offset: Offset) -> Markup {
    let full = time.in_offset(offset);
    let day = Date::of(time, offset).to_string();
    let clock: String = full.chars().skip_while(|c| *c != 'T').skip(1).take(5).collect();
    html! { time datetime=(full) { (day) " " (clock) " (UTC" (zone(offset)) ")" } }
}

fn zone(offset: Offset) -> String {
    match offset.to_string() {
        utc if utc == "Z" => String::new(),
        zone => zone,
    }
}

/// The day of a moment.
pub(super) fn day(time: Time, offset: Offset) -> Markup {
    html! { time datetime=(time.in_offset(offset)) { (Date::of(time, offset).to_string()) } }
}

/// An amount of money, exactly as it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Amount {
    /// In the smallest unit that is written.
    units: i128,
    /// How many digits stand after the point.
    digits: u32,
}

impl Amount {
    const ZERO: Self = Self { units: 0, digits: 0 };

    /// Reads decimal text such as `24192.00`.
    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = u32::try_from(fraction.len()).ok()?;
        let plain = whole.strip_prefix('-').unwrap_or(whole);
        if plain.is_empty() || text.ends_with('.') || !plain.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit()) {
            return None;
        }
        Some(Self { units: format!("{whole}{fraction}").parse().ok()?, digits })
    }

    fn plus(self, other: Self) -> Option<Self> {
        let digits = self.digits.max(other.digits);
        let lifted = |amount: Self| amount.units.checked_mul(10_i128.checked_pow(digits.checked_sub(amount.digits)?)?);
        Some(Self { units: lifted(self)?.checked_add(lifted(other)?)?, digits })
    }

    /// The amount with its thousands parted; cents of nothing are left out.
    fn text(self) -> String {
        let sign = if self.units < 0 { "-" } else { "" };
        let part = 10_u128.checked_pow(self.digits).unwrap_or(1);
        let units = self.units.unsigned_abs();
        let whole = grouped(&(units / part).to_string());
        match units % part {
            0 => format!("{sign}{whole}"),
            fraction => {
                let width = usize::try_from(self.digits).unwrap_or_default();
                format!("{sign}{whole}.{fraction:0width$}")
            }
        }
    }
}

/// An amount in its currency; as it is written where it is no number.
pub(super) fn amount(text: &str, currency: Option<&str>) -> String {
    let shown = Amount::parse(text).map_or_else(|| text.to_owned(), Amount::text);
    currency.map_or_else(|| shown.clone(), |currency| format!("{currency}\u{a0}{shown}"))
}

/// The sums of amounts by currency, in its order; what is no number is left out.
pub(super) fn sums<'a>(amounts: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Vec<String> {
    let mut by_currency: BTreeMap<Option<&str>, Amount> = BTreeMap::new();
    for (text, currency) in amounts {
        let sum = by_currency.entry(currency).or_insert(Amount::ZERO);
        if let Some(more) = Amount::parse(text).and_then(|amount| sum.plus(amount)) {
            *sum = more;
        }
    }
    let told = by_currency.into_iter().filter(|(_, sum)| sum.units != 0);
    told.map(|(currency, sum)| currency.map_or_else(|| sum.text(), |currency| format!("{currency}\u{a0}{}", sum.text()))).collect()
}

#[cfg(test)]
mod tests {
    use handoff::core::Duration;

    use super::*;

    #[test]
    fn thousands_are_parted() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(number), ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]);
    }

    #[test]
    fn shares_tell_none_and_all_only_where_it_is_so() {
        let shares = [(0, 9), (1, 9_999), (1, 3), (2, 3), (9_998, 9_999), (9, 9), (0, 0), (u64::MAX, u64::MAX)];
        let told = shares.map(|(part, whole)| share(part, whole));
        assert_eq!(told, ["0%", "<1%", "33%", "67%", ">99%", "100%", "–", "100%"]);
    }

    #[test]
    fn stays_are_told_in_the_unit_that_fits() {
        let told = ["P14D", "P1D", "PT36H", "PT1H", "PT30M"].map(|text| stay(Stay::Elapsed(Duration::parse(text).expect("a duration"))));
        assert_eq!(told, ["14 days", "1 day", "36 hours", "1 hour", "PT30M"]);
        assert_eq!(stay(Stay::WorkingDays { working_days: 5 }), "5 working days");
        assert_eq!(calendar_days(Stay::WorkingDays { working_days: 3 }), 5);
    }

    #[test]
    fn amounts_are_added_exactly() {
        let amounts =
            [("24192.00", Some("EUR")), ("0.1", Some("EUR")), ("0.2", Some("EUR")), ("4320.00", Some("CHF")), ("free", Some("EUR"))];
        assert_eq!(sums(amounts.into_iter()), ["CHF\u{a0}4\u{202f}320", "EUR\u{a0}24\u{202f}192.30"]);
        assert_eq!(amount("free", Some("EUR")), "EUR\u{a0}free");
        assert_eq!(["-0.5", "7.", ".5", "1e3", ""].map(|text| amount(text, None)), ["-0.5", "7.", ".5", "1e3", ""]);
    }
}
