//! Days that count from an employment.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::facts::model::words;
use crate::time::{Duration, text_form};

words! {
    /// A day of an employment.
    WorkDay {
        /// The first day of work.
        First = "first-day",
        /// The last day of work.
        Last = "last-day",
    }
}

/// A day that counts from the first or last day of work. As JSON: `first-day`, `first-day - P3D`, `last-day + P7D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The day that it counts from.
    pub day: WorkDay,
    /// How many days later; negative: earlier.
    pub days: i64,
}

impl Due {
    /// Reads the text form.
    ///
    /// # Errors
    /// A sentence on what is wrong, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no day such as `first-day`, `first-day - P3D` or `last-day + P7D`");
        let mut words = text.split(' ');
        let day = match words.next() {
            Some("first-day") => WorkDay::First,
            Some("last-day") => WorkDay::Last,
            _ => return Err(wrong()),
        };
        let sign = match words.next() {
            None => return Ok(Self { day, days: 0 }),
            Some("+") => 1,
            Some("-") => -1,
            Some(_) => return Err(wrong()),
        };
        let duration = words.next().filter(|_| words.next().is_none()).ok_or_else(wrong).and_then(Duration::parse)?;
        match Duration::from_days(duration.days()) == duration && duration.ms() >= 0 {
            true => Ok(Self { day, days: sign * duration.days() }),
            false => Err(format!("`{text}` does not count whole days: write weeks or days, such as `P3D`")),
        }
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.days {
            0 => write!(f, "{}", self.day),
            days => write!(f, "{} {} P{}D", self.day, if days < 0 { '-' } else { '+' }, days.unsigned_abs()),
        }
    }
}

text_form!(Due, "a day counted from the first or last day of work, such as first-day - P3D", r"^(first|last)-day( [+-] P(\d+W)?(\d+D)?)?$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_they_are_read() {
        for (text, day, days) in
            [("first-day", WorkDay::First, 0), ("last-day + P7D", WorkDay::Last, 7), ("first-day - P3D", WorkDay::First, -3)]
        {
            assert_eq!(Due::parse(text), Ok(Due { day, days }));
            assert_eq!(Due { day, days }.to_string(), text);
        }
        assert_eq!(Due::parse("last-day + P1W").map(|due| due.days), Ok(7));
        for wrong in [
            "",
            "monday",
            "first-day -",
            "first-day P3D",
            "first-day - P3D now",
            "first-day - PT1H",
            "first-day + -P3D",
            "first-day  - P3D",
        ] {
            assert!(Due::parse(wrong).is_err(), "{wrong}");
        }
    }
}
