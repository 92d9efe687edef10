//! Times and days as platforms write them, read as the facts take them.

use handoff::core::{Date, Offset, Time};
use jaq_json::{Num, Val};

use super::filter::text;

/// What stands where no time was set.
const UNSET: [&str; 5] = ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0000-00-00", "0000-00-00 00:00:00", "9999-12-31"];

/// A time, as RFC 3339 text; none where none is set. One without an offset is of the declared zone.
pub(super) fn time(value: &Val, zone: Option<Offset>) -> Result<Option<String>, String> {
    let written = match value {
        Val::Null => return Ok(None),
        Val::Num(number) => return epoch(number).map(Some),
        value => text(value).ok_or("this is no time")?,
    };
    let written = written.trim();
    if written.is_empty() || UNSET.contains(&written) {
        return Ok(None);
    }
    let mut rfc = written.to_owned();
    if written.as_bytes().get(10) == Some(&b' ') {
        rfc.replace_range(10..11, "T");
    }
    // `-0700` and ` +0100` are offsets as well.
    let bytes = rfc.as_bytes();
    if let Some(sign) = bytes.iter().rposition(|byte| matches!(byte, b'+' | b'-')).filter(|at| *at > 10) {
        let digits = rfc.get(sign + 1..).unwrap_or_default();
        if digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            rfc.insert(sign + 3, ':');
        }
        rfc = rfc.replacen(" +", "+", 1).replacen(" -", "-", 1);
    }
    // Without seconds.
    if rfc.len() == 16 && rfc.as_bytes().get(13) == Some(&b':') {
        rfc.push_str(":00");
    }
    if let Ok(time) = Time::parse(&rfc) {
        return Ok((!is_unset(time)).then_some(rfc));
    }
    let zoned = |zone: &str| format!("{rfc}{zone}");
    if Time::parse(&zoned("Z")).is_err() {
        return Err("this is no time that can be read".to_owned());
    }
    let Some(zone) = zone else {
        return Err("this time has no offset: declare the platform's zone with `--zone`".to_owned());
    };
    Ok(Some(zoned(&zone.to_string())))
}

fn is_unset(time: Time) -> bool {
    UNSET.iter().any(|unset| Time::parse(unset).is_ok_and(|unset| unset == time))
}

/// Seconds or milliseconds since 1970; `-1` and `0` stand where none was set.
fn epoch(number: &Num) -> Result<String, String> {
    const SECONDS: i64 = 100_000_000_000;
    let number =
        number.as_isize().and_then(|number| i64::try_from(number).ok()).filter(|number| *number > 0).ok_or("this number is no time")?;
    let time = Time::from_ms(if number < SECONDS { number.saturating_mul(1000) } else { number });
    Ok(time.to_string())
}

/// A day, as `2026-01-05`; of a time, the day that it is written with. None where none is set.
pub(super) fn day(value: &Val) -> Result<Option<String>, String> {
    let written = match value {
        Val::Null => return Ok(None),
        value => text(value).ok_or("this is no day")?,
    };
    let written = written.trim();
    if written.is_empty() || UNSET.contains(&written) {
        return Ok(None);
    }
    let (day, rest) = written.split_at_checked(10).ok_or("this is no day that can be read: write it as `2026-01-05`")?;
    if Date::parse(day).is_err() || !(rest.is_empty() || rest.starts_with(['T', ' '])) {
        return Err("this is no day that can be read: write it as `2026-01-05`".to_owned());
    }
    Ok((!UNSET.contains(&day)).then(|| day.to_owned()))
}

/// The day that a time is in a zone, or a day as it stands.
pub(super) fn day_in(value: &Val, written: Option<Offset>, read: Option<Offset>) -> Result<Option<String>, String> {
    if text(value).is_some_and(|text| text.trim().len() <= 10) {
        return day(value);
    }
    let Some(time) = time(value, written)? else { return Ok(None) };
    let time = Time::parse(&time).map_err(|_| "this is no time that can be read")?;
    let read = read.ok_or("which day this is depends on the zone: declare the platform's with `--zone`")?;
    Ok(Some(Date::of(time, read).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_real_platforms_are_read() {
        let zone = Offset::parse("+01:00").ok();
        for (written, expected) in [
            ("2026-01-05T09:00:00Z", Some("2026-01-05T09:00:00Z")),
            ("2026-01-05 09:00:00", Some("2026-01-05T09:00:00+01:00")),
            ("2026-01-05 09:00", Some("2026-01-05T09:00:00+01:00")),
            ("2019-02-15T19:07:41.418-0800", Some("2019-02-15T19:07:41.418-08:00")),
            ("2026-01-31T18:42:00+0000", Some("2026-01-31T18:42:00+00:00")),
            ("2021-03-30T17:46:31.864498Z", Some("2021-03-30T17:46:31.864498Z")),
            ("1970-01-01T00:00:00Z", None),
            ("1970-01-01T00:00:00+00:00", None),
            ("0001-01-01T00:00:00Z", None),
            ("0000-00-00", None),
            ("", None),
        ] {
            let read = time(&Val::from(written.to_owned()), zone).unwrap();
            assert_eq!(read.as_deref(), expected, "{written}");
            assert!(read.is_none_or(|read| Time::parse(&read).is_ok()), "{written}");
        }
        assert!(time(&Val::from("2026-01-05 09:00:00".to_owned()), None).unwrap_err().contains("--zone"));
        for wrong in ["2026-02-30 09:00:00", "5/1/26", "4/Jan/16", "soon", "2026-01-05"] {
            assert!(time(&Val::from(wrong.to_owned()), zone).is_err(), "{wrong}");
        }
        assert_eq!(time(&Val::from(1_452_276_966_000_isize), None).unwrap().as_deref(), Some("2016-01-08T18:16:06.000Z"));
        assert!(time(&Val::from(-1_isize), None).is_err());
    }

    #[test]
    fn days_are_read() {
        for (written, expected) in [
            ("2026-01-05", Some("2026-01-05")),
            ("1835-02-01T00:00:00+00:53", Some("1835-02-01")),
            ("0000-00-00", None),
            ("9999-12-31", None),
        ] {
            assert_eq!(day(&Val::from(written.to_owned())).unwrap().as_deref(), expected, "{written}");
        }
        let utc = Offset::parse("Z").ok();
        let late = Val::from("2026-03-01 23:00:00".to_owned());
        assert_eq!(day_in(&late, utc, Offset::parse("+01:00").ok()).unwrap().as_deref(), Some("2026-03-02"));
        assert_eq!(day_in(&Val::from("2026-03-01".to_owned()), utc, None).unwrap().as_deref(), Some("2026-03-01"));
        assert!(day_in(&late, utc, None).unwrap_err().contains("--zone"));
        for wrong in ["1/23/23", "05.01.2026", "2026-1-5", "2026-02-30", "2026-01-05x", "äöüäöü"] {
            assert!(day(&Val::from(wrong.to_owned())).is_err(), "{wrong}");
        }
    }
}
