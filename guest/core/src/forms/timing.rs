//! `timing`: not before, or not after, the subject's first or last day (rule R7).

use serde::Deserialize;

use crate::case::Case;
use crate::code::Code;
use crate::facts::Fact;
use crate::outcome::{Gap, Outcome};
use crate::policy::due::WorkDay;
use crate::policy::names::Names;
use crate::time::Duration;

/// `timing` as authors write it. Durations count from the beginning of the day, and may run back.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Timing {
    timing: WorkDay,
    not_before: Option<Duration>,
    not_after: Option<Duration>,
}

impl Timing {
    /// Whether it is about leaving.
    pub fn is_about_leaving(&self) -> bool {
        self.timing == WorkDay::Last
    }

    /// Whether no time lies within both.
    pub fn excludes(&self, other: &Self) -> bool {
        let ends_before = |one: &Self, other: &Self| one.not_after.zip(other.not_before).is_some_and(|(to, from)| to <= from);
        self.timing == other.timing && (ends_before(self, other) || ends_before(other, self))
    }

    pub fn check(&self, names: &mut Names, path: &str) {
        match (self.not_before, self.not_after) {
            (None, None) => names.problem("form-shape", path, "no bound is named", "write `not_before` or `not_after`"),
            (Some(from), Some(to)) if from >= to => {
                names.problem("gate-unsatisfiable", path, "the window ends before it begins", "exchange the bounds")
            }
            _ => {}
        }
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        let Some(person) = case.subject_record() else {
            return Outcome::gap(Gap::unknown("the record of the subject", "/people").expected(self.timing.to_string()));
        };
        let base = crate::problem::pointer("/people", &person.id);
        let (day, field) = match self.timing {
            WorkDay::First => (&person.first_day, "first_day"),
            WorkDay::Last => (&person.last_day, "last_day"),
        };
        let path = format!("{base}/{field}");
        let Fact::Known(day) = day else { return Outcome::gap(Gap::unknown(format!("the {}", self.timing), path)) };
        let offset = person.utc_offset.value().copied().unwrap_or_else(|| case.policy().offset());
        let start = day.start(offset);
        let at = case.setting.at;
        let show = |time: crate::time::Time| time.in_offset(offset);
        if let Some(from) = self.not_before.map(|duration| start.plus(duration))
            && at < from
        {
            return Outcome::gap(
                Gap::wrong(Code::TooEarly, format!("it is too early before the {}", self.timing))
                    .at(path)
                    .expected(format!("not before {}", show(from)))
                    .found(show(at)),
            );
        }
        match self.not_after.map(|duration| start.plus(duration)) {
            Some(to) if at >= to => Outcome::gap(
                Gap::wrong(Code::TooLate, format!("it is too late after the {}", self.timing))
                    .at(path)
                    .expected(format!("before {}", show(to)))
                    .found(show(at)),
            ),
            until => Outcome::met_until(until),
        }
    }
}
