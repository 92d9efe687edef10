//! Points in time, civil days, offsets and durations: whole milliseconds, no clock, no time zone data.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::format_description::well_known::Rfc3339;
use time::{Date as CivilDate, Month, OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z. As JSON: RFC 3339 text with an offset; written in UTC with milliseconds, so that
/// such texts order as times do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

const MS_PER_SECOND: i64 = 1_000;
const MS_PER_MINUTE: i64 = 60 * MS_PER_SECOND;
const MS_PER_DAY: i64 = 24 * 60 * MS_PER_MINUTE;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z.
const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

impl Time {
    /// Takes milliseconds since 1970-01-01T00:00:00Z, clamped to the years 0001 to 9999.
    #[must_use]
    pub fn from_ms(ms: i64) -> Self {
        Self(ms.clamp(*RANGE.start(), *RANGE.end()))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn ms(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 text.
    ///
    /// # Errors
    /// A sentence on what is wrong, for people: most often a missing offset.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(time) = Self::usual(text) {
            return Ok(time);
        }
        let parsed = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| {
            let naive = OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339).is_ok();
            if naive {
                format!("`{text}` has no offset from UTC: write `{text}Z`, or the offset that holds there, such as `{text}+01:00`")
            } else {
                format!("`{text}` is not an RFC 3339 time such as `2026-01-05T09:00:00+01:00`")
            }
        })?;
        let ms = i64::try_from(parsed.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX);
        if !RANGE.contains(&ms) {
            return Err(format!("`{text}` is outside the years 0001 to 9999"));
        }
        Ok(Self(ms))
    }

    /// Reads the forms in which nearly all times are written, many times faster; none: the whole of RFC 3339 is to be tried.
    fn usual(text: &str) -> Option<Self> {
        let (clock, rest) = text.as_bytes().split_first_chunk::<19>()?;
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2] = *clock else { return None };
        let (ms, rest) = match *rest {
            [b'.', f1, f2, f3, ref rest @ ..] => (number(&[f1, f2, f3])?, rest),
            _ => (0, rest),
        };
        let offset = match *rest {
            [b'Z'] => 0,
            [sign @ (b'+' | b'-'), h1, h2, b':', n1, n2] => {
                let (hours, minutes) = (number(&[h1, h2])?, number(&[n1, n2])?);
                let minutes = (hours <= 23 && minutes <= 59).then_some(hours * 60 + minutes)?;
                if sign == b'-' { -minutes } else { minutes }
            }
            _ => return None,
        };
        let month = Month::try_from(u8::try_from(number(&[m1, m2])?).ok()?).ok()?;
        let day = u8::try_from(number(&[d1, d2])?).ok()?;
        let date = CivilDate::from_calendar_date(i32::try_from(number(&[y1, y2, y3, y4])?).ok()?, month, day).ok()?;
        let (hour, minute, second) = (number(&[h1, h2])?, number(&[n1, n2])?, number(&[s1, s2])?);
        let days = i64::from(date.to_julian_day() - CivilDate::from_ordinal_date(1970, 1).ok()?.to_julian_day());
        let minutes = days * 24 * 60 + hour * 60 + minute - offset;
        let ms = minutes * MS_PER_MINUTE + second * MS_PER_SECOND + ms;
        (hour <= 23 && minute <= 59 && second <= 59 && RANGE.contains(&ms)).then_some(Self(ms))
    }

    /// This time plus a duration, which may be negative; clamped to the years 0001 to 9999.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self::from_ms(self.0.saturating_add(duration.0))
    }

    /// This time less a duration.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self::from_ms(self.0.saturating_sub(duration.0))
    }

    /// The span from `earlier` to this time; negative where `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    /// RFC 3339 text in the given offset, with milliseconds only where there are any.
    #[must_use]
    pub fn in_offset(self, offset: Offset) -> String {
        let local = self.0.saturating_add(i64::from(offset.0) * MS_PER_MINUTE);
        // Near the ends of the range the offset could leave it: UTC is then as good.
        let (local, offset) = if RANGE.contains(&local) { (local, offset) } else { (self.0, Offset(0)) };
        let Ok(at) = OffsetDateTime::from_unix_timestamp(local.div_euclid(MS_PER_SECOND)) else { return local.to_string() };
        let ms = local.rem_euclid(MS_PER_SECOND);
        let (date, hour, minute, second) = (at.date(), at.hour(), at.minute(), at.second());
        let fraction = if ms == 0 { String::new() } else { format!(".{ms:03}") };
        format!("{}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}", Date(date))
    }

    /// RFC 3339 text in UTC with exactly three digits of a second, so that texts order as times do.
    #[must_use]
    pub fn sortable(self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(at) = OffsetDateTime::from_unix_timestamp(self.0.div_euclid(MS_PER_SECOND)) else { return self.0.fmt(f) };
        let [f1, f2, f3] = digits(self.0.rem_euclid(MS_PER_SECOND));
        let [y1, y2, y3, y4] = digits(i64::from(at.year()));
        let [m1, m2] = digits(i64::from(u8::from(at.month())));
        let ([d1, d2], [h1, h2]) = (digits(i64::from(at.day())), digits(i64::from(at.hour())));
        let ([n1, n2], [s1, s2]) = (digits(i64::from(at.minute())), digits(i64::from(at.second())));
        let text = [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'.', f1, f2, f3, b'Z'];
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// The number that some digits are.
fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

/// The last digits of a number that is not negative.
fn digits<const COUNT: usize>(mut number: i64) -> [u8; COUNT] {
    let mut all = [b'0'; COUNT];
    for digit in all.iter_mut().rev() {
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    all
}

/// A day on the calendar, without time or zone. As JSON: `2026-01-05`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(CivilDate);

impl Date {
    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// A sentence on what is wrong, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a day such as `2026-01-05`");
        let digits = |range: std::ops::Range<usize>| -> Option<u16> {
            let part = text.get(range)?;
            part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok()).flatten()
        };
        let shaped = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
        let (Some(year), Some(month), Some(day)) = (digits(0..4), digits(5..7), digits(8..10)) else { return Err(wrong()) };
        let month = u8::try_from(month).ok().and_then(|m| Month::try_from(m).ok());
        match (shaped && year > 0, month, u8::try_from(day)) {
            (true, Some(month), Ok(day)) => CivilDate::from_calendar_date(i32::from(year), month, day).map(Self).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }

    /// The first moment of this day at the given offset.
    #[must_use]
    pub fn start(self, offset: Offset) -> Time {
        let utc = PrimitiveDateTime::new(self.0, time::Time::MIDNIGHT).assume_offset(UtcOffset::UTC).unix_timestamp();
        Time::from_ms(utc.saturating_mul(MS_PER_SECOND).saturating_sub(i64::from(offset.0) * MS_PER_MINUTE))
    }

    /// The day on which a moment falls at the given offset.
    #[must_use]
    pub fn of(time: Time, offset: Offset) -> Self {
        let local = time.0.saturating_add(i64::from(offset.0) * MS_PER_MINUTE).clamp(*RANGE.start(), *RANGE.end());
        OffsetDateTime::from_unix_timestamp(local.div_euclid(MS_PER_SECOND)).map_or(Self(CivilDate::MAX), |at| Self(at.date()))
    }

    /// The next day, or this one at the end of the calendar.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.next_day().unwrap_or(self.0))
    }

    /// The day so many days later, or earlier; at the ends of the calendar its last or first day.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        let days = Duration::from_ms(days.saturating_mul(24 * 60 * 60 * MS_PER_SECOND));
        Self::of(self.start(Offset(0)).plus(days), Offset(0))
    }

    /// The weekday, Monday first.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        match self.0.weekday() {
            time::Weekday::Monday => Weekday::Mon,
            time::Weekday::Tuesday => Weekday::Tue,
            time::Weekday::Wednesday => Weekday::Wed,
            time::Weekday::Thursday => Weekday::Thu,
            time::Weekday::Friday => Weekday::Fri,
            time::Weekday::Saturday => Weekday::Sat,
            time::Weekday::Sunday => Weekday::Sun,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}

/// A day of the week, as policies list their working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// An offset from UTC in whole minutes. As JSON: `+01:00` or `Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(i16);

impl Offset {
    /// Reads `Z` or `±HH:MM`, up to 18 hours either way.
    ///
    /// # Errors
    /// A sentence on what is wrong, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an offset from UTC such as `+01:00` or `Z`; names of time zones are not taken");
        if text == "Z" {
            return Ok(Self(0));
        }
        let sign = match text.as_bytes() {
            [b'+', ..] => 1,
            [b'-', ..] => -1,
            _ => return Err(wrong()),
        };
        let digits =
            |range: std::ops::Range<usize>| text.get(range).filter(|p| p.bytes().all(|b| b.is_ascii_digit())).and_then(|p| p.parse().ok());
        match (text.len(), digits(1..3), text.get(3..4), digits(4..6)) {
            (6, Some(hours @ 0..=18), Some(":"), Some(minutes @ 0..=59i16)) => Ok(Self(sign * (hours * 60 + minutes))),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("Z");
        }
        let sign = if self.0 < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", self.0.abs() / 60, self.0.abs() % 60)
    }
}

/// A span of time in weeks, days of 24 hours and smaller. As JSON: ISO 8601 such as `P14D` or `PT36H`, with `-` in front where it runs back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// Takes milliseconds.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Takes days of 24 hours.
    #[must_use]
    pub const fn from_days(days: i64) -> Self {
        Self(days.saturating_mul(MS_PER_DAY))
    }

    /// Milliseconds.
    #[must_use]
    pub fn ms(self) -> i64 {
        self.0
    }

    /// Whole days, rounded down.
    #[must_use]
    pub fn days(self) -> i64 {
        self.0.div_euclid(MS_PER_DAY)
    }

    /// Reads ISO 8601 text.
    ///
    /// # Errors
    /// A sentence on what is wrong, for people: years and months are refused, because their length varies.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an ISO 8601 duration such as `P14D`, `PT36H` or `P2W`");
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let rest = rest.strip_prefix('P').ok_or_else(wrong)?;
        let (days, clock) = rest.split_once('T').map_or((rest, None), |(days, clock)| (days, Some(clock)));
        if days.contains(['Y', 'M']) {
            return Err(format!("`{text}` counts years or months, whose length varies: write weeks or days, such as `P30D`"));
        }
        let mut total = 0i64;
        let mut parts = 0;
        for (mut part, units) in [
            (days, [('W', 7 * MS_PER_DAY), ('D', MS_PER_DAY), ('\0', 0)].as_slice()),
            (clock.unwrap_or_default(), [('H', 60 * MS_PER_MINUTE), ('M', MS_PER_MINUTE), ('S', MS_PER_SECOND)].as_slice()),
        ] {
            for (unit, ms) in units {
                let Some((number, rest)) = part.split_once(*unit) else { continue };
                if number.is_empty() || number.len() > 9 || !number.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(wrong());
                }
                total = number.parse::<i64>().ok().and_then(|n| n.checked_mul(*ms)).and_then(|n| total.checked_add(n)).ok_or_else(wrong)?;
                part = rest;
                parts += 1;
            }
            if !part.is_empty() {
                return Err(wrong());
            }
        }
        if parts == 0 || clock.is_some_and(str::is_empty) {
            return Err(wrong());
        }
        Ok(Self(if negative { -total } else { total }))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.unsigned_abs();
        let mut take = |unit: i64| {
            let unit = unit.unsigned_abs();
            let count = rest / unit;
            rest %= unit;
            count
        };
        let (days, hours, minutes, seconds) = (take(MS_PER_DAY), take(60 * MS_PER_MINUTE), take(MS_PER_MINUTE), take(MS_PER_SECOND));
        f.write_str(if self.0 < 0 { "-P" } else { "P" })?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if hours + minutes + seconds > 0 || days == 0 {
            f.write_str("T")?;
        }
        for (count, unit) in [(hours, 'H'), (minutes, 'M'), (seconds, 'S')] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        if days + hours + minutes + seconds == 0 { f.write_str("0S") } else { Ok(()) }
    }
}

/// Serde and schema of a type that is a text in JSON, by its `parse` and `Display`.
macro_rules! text_form {
    ($type:ty, $format:literal, $pattern:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl de::Visitor<'_> for Text {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("a text: ", $format))
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$type, E> {
                        <$type>::parse(text).map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "description": $format, "pattern": $pattern})
            }
        }
    };
}
pub(crate) use text_form;

text_form!(
    Time,
    "an RFC 3339 time with an offset, such as 2026-01-05T09:00:00+01:00",
    r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$"
);
text_form!(Date, "a day, such as 2026-01-05", r"^\d{4}-\d\d-\d\d$");
text_form!(Offset, "an offset from UTC, such as +01:00 or Z", r"^(Z|[+-]\d\d:\d\d)$");
text_form!(
    Duration,
    "an ISO 8601 duration of weeks, days or smaller, such as P14D or PT36H",
    r"^-?P(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_the_instant_and_need_an_offset() {
        let berlin = Time::parse("2026-01-05T09:00:00+01:00").unwrap();
        assert_eq!(berlin, Time::parse("2026-01-05T08:00:00Z").unwrap());
        assert_eq!(berlin.in_offset(Offset::parse("+01:00").unwrap()), "2026-01-05T09:00:00+01:00");
        assert_eq!(berlin.sortable(), "2026-01-05T08:00:00.000Z");
        assert!(Time::parse("2026-01-05T09:00:00").unwrap_err().contains("no offset"));
        for wrong in [
            "",
            "2026-01-05",
            "2026-13-05T09:00:00Z",
            "2026-01-05 09:00 CET",
            "99999-01-05T09:00:00Z",
            "2026-01-05T09:00:00[Europe/Berlin]",
        ] {
            assert!(Time::parse(wrong).is_err(), "{wrong}");
        }
        for ms in [i64::MIN, i64::MAX, 0, *RANGE.start(), *RANGE.end()] {
            let time = Time::from_ms(ms);
            assert_eq!(Time::parse(&time.to_string()), Ok(time));
            assert!(!time.in_offset(Offset::parse("-12:00").unwrap()).is_empty());
        }
    }

    #[test]
    fn days_begin_at_midnight_of_their_offset() {
        let offset = Offset::parse("+02:00").unwrap();
        let day = Date::parse("2026-03-01").unwrap();
        assert_eq!(day.start(offset).to_string(), "2026-02-28T22:00:00.000Z");
        assert_eq!(Date::of(day.start(offset), offset), day);
        assert_eq!(day.weekday(), Weekday::Sun);
        for wrong in ["2026-02-30", "2026-2-3", "0000-00-00", "20260301", "2026-03-01T00:00:00Z", "2026-0x-01", "２０２６-01-01"] {
            assert!(Date::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_read_and_write() {
        for (text, ms) in [
            ("P1D", MS_PER_DAY),
            ("P2W", 14 * MS_PER_DAY),
            ("PT36H", 36 * 60 * MS_PER_MINUTE),
            ("-P1DT1S", -MS_PER_DAY - 1_000),
            ("PT0S", 0),
        ] {
            let duration = Duration::parse(text).unwrap();
            assert_eq!(duration.ms(), ms, "{text}");
            assert_eq!(Duration::parse(&duration.to_string()), Ok(duration), "{text}");
        }
        assert!(Duration::parse("P1M").unwrap_err().contains("length varies"));
        for wrong in ["", "P", "PT", "P1", "1D", "P1.5D", "PT5M3H", "P-1D", "P1D2W", "P9999999999D", "P1Y", "P1DT"] {
            assert!(Duration::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn offsets_read_and_write() {
        for text in ["Z", "+05:30", "-03:00"] {
            assert_eq!(Offset::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["CET", "Europe/Berlin", "+1", "+25:00", "+01:60", "01:00", ""] {
            assert!(Offset::parse(wrong).is_err(), "{wrong}");
        }
    }
}
