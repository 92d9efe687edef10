//! `attribute`: an attribute is present, none, equal, one of, at least, at most, a version at least, or a time not long ago.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde::Deserialize;

use crate::case::Case;
use crate::code::Code;
use crate::facts::{Fact, Scalar};
use crate::outcome::{Gap, NOT_RECORDED, Outcome, earlier};
use crate::policy::document::AttributeType;
use crate::policy::names::{Named, Names};
use crate::problem::pointer;
use crate::time::{Duration, Time};

/// `attribute` as authors write it: the name, exactly one predicate, and how fresh and from where the value has to be.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Attribute {
    attribute: String,
    /// Any value.
    present: Option<bool>,
    /// Known to be none.
    none: Option<bool>,
    equals: Option<Scalar>,
    one_of: Option<Vec<Scalar>>,
    at_least: Option<Scalar>,
    at_most: Option<Scalar>,
    version_at_least: Option<String>,
    /// A time, not in the future and not longer ago than this.
    within: Option<Duration>,
    observed_within: Option<Duration>,
    sources: Option<Vec<String>>,
}

enum Predicate<'a> {
    Present,
    None,
    OneOf(&'a [Scalar]),
    AtLeast(&'a Scalar),
    AtMost(&'a Scalar),
    VersionAtLeast(&'a str),
    Within(Duration),
}

impl Predicate<'_> {
    /// Whether no value can meet both, as far as one side tells.
    fn excludes(&self, other: &Self) -> bool {
        let below = |value: &Scalar, bound: &Scalar| value.compare_numbers(bound).is_some_and(Ordering::is_lt);
        let older = |value: &Scalar, bound: &str| matches!(value, Scalar::Text(text) if parts(text).zip(parts(bound)).is_some_and(|(text, bound)| text < bound));
        match (self, other) {
            (Self::None, other) => !matches!(other, Self::None),
            (Self::OneOf(values), Self::OneOf(others)) => !values.iter().any(|value| others.iter().any(|other| equal(value, other))),
            (Self::OneOf(values), Self::AtLeast(bound)) => values.iter().all(|value| below(value, bound)),
            (Self::OneOf(values), Self::AtMost(bound)) => values.iter().all(|value| below(bound, value)),
            (Self::OneOf(values), Self::VersionAtLeast(bound)) => values.iter().all(|value| older(value, bound)),
            (Self::AtMost(highest), Self::AtLeast(lowest)) => below(highest, lowest),
            _ => false,
        }
    }
}

impl Attribute {
    fn predicates(&self) -> impl Iterator<Item = Predicate<'_>> {
        let Self {
            attribute: _,
            present,
            none,
            equals,
            one_of,
            at_least,
            at_most,
            version_at_least,
            within,
            observed_within: _,
            sources: _,
        } = self;
        let all = [
            present.map(|_| Predicate::Present),
            none.map(|_| Predicate::None),
            equals.as_ref().map(|value| Predicate::OneOf(std::slice::from_ref(value))),
            one_of.as_deref().map(Predicate::OneOf),
            at_least.as_ref().map(Predicate::AtLeast),
            at_most.as_ref().map(Predicate::AtMost),
            version_at_least.as_deref().map(Predicate::VersionAtLeast),
            within.map(Predicate::Within),
        ];
        all.into_iter().flatten()
    }

    pub fn check(&self, names: &mut Names, path: &str) {
        names.need(Named::Attribute, &self.attribute, format_args!("{path}/attribute"));
        if self.predicates().count() != 1 || self.present == Some(false) || self.none == Some(false) {
            let help = "one of `present: true`, `none: true`, `equals`, `one_of`, `at_least`, `at_most`, `version_at_least`, `within`";
            names.problem("form-shape", path, "an attribute requirement has exactly one predicate", help);
        }
        if self.one_of.as_ref().is_some_and(Vec::is_empty) {
            names.problem("list-empty", format_args!("{path}/one_of"), "the list is empty", "name at least one value");
        }
        if self.sources.as_ref().is_some_and(Vec::is_empty) {
            names.problem("list-empty", format_args!("{path}/sources"), "the list is empty", "name at least one source");
        }
        for (key, number) in [("at_least", &self.at_least), ("at_most", &self.at_most)] {
            if number.as_ref().is_some_and(|number| number.sort() != "number") {
                names.problem("form-shape", format_args!("{path}/{key}"), "the bound is no number", "write a number");
            }
        }
        if self.version_at_least.as_deref().is_some_and(|version| parts(version).is_none()) {
            names.problem(
                "form-shape",
                format_args!("{path}/version_at_least"),
                "not a version",
                "write numbers with dots as text, such as \"14.10.2\"",
            );
        }
    }

    /// Checks that the predicate fits the declared type; a mismatch could never be met.
    pub fn fits(&self, r#type: AttributeType) -> bool {
        let fits = |value: &Scalar| match r#type {
            AttributeType::Text => matches!(value, Scalar::Text(_)),
            AttributeType::Number => value.sort() == "number",
            AttributeType::Boolean => matches!(value, Scalar::Bool(_)),
            AttributeType::Time | AttributeType::Version => matches!(value, Scalar::Text(_)),
        };
        self.predicates().all(|predicate| match predicate {
            Predicate::Present | Predicate::None => true,
            Predicate::OneOf(values) => values.iter().all(fits),
            Predicate::AtLeast(_) | Predicate::AtMost(_) => r#type == AttributeType::Number,
            Predicate::VersionAtLeast(_) => r#type == AttributeType::Version,
            Predicate::Within(_) => r#type == AttributeType::Time,
        })
    }

    /// Whether no value can meet both.
    pub fn excludes(&self, other: &Self) -> bool {
        let no_value = || self.predicates().any(|one| other.predicates().any(|two| one.excludes(&two) || two.excludes(&one)));
        let no_source = || self.sources.iter().zip(&other.sources).any(|(one, other)| !one.iter().any(|source| other.contains(source)));
        self.attribute == other.attribute && (no_value() || no_source())
    }

    pub fn name(&self) -> &str {
        &self.attribute
    }

    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Outcome<'a> {
        // What only a gap tells is made for gaps only.
        let path = || pointer(&case.path("attributes"), &self.attribute);
        let what = || case.policy().attributes.get(&self.attribute).map_or(self.attribute.as_str(), |declared| declared.title.as_str());
        let Some(attribute) = case.attributes().value().and_then(|attributes| attributes.get(&self.attribute)) else {
            return Outcome::gap(Gap::unknown(what(), path()).expected(self.expectation()));
        };
        let mut until = None;
        let mut gaps = Vec::new();
        if let Some(age) = self.observed_within {
            match attribute.observed_at {
                // One that lies ahead is told below.
                Fact::Known(at) if case.setting.is_future(at) => {}
                Fact::Known(at) if at.plus(age) > case.setting.at => until = Some(at.plus(age)),
                Fact::Known(at) => gaps.push(
                    Gap::wrong(Code::AttributeStale, format!("{} was observed too long ago", what()))
                        .at(path())
                        .expected(format!("observed within {age}"))
                        .found(case.policy().show(at)),
                ),
                Fact::None | Fact::Unknown => {
                    gaps.push(Gap::unknown(format!("when {} was observed", what()), path()).expected(format!("observed within {age}")))
                }
            }
        }
        if let Some(at) = attribute.observed_at.value().filter(|at| case.setting.is_future(**at)) {
            gaps.push(
                Gap::wrong(Code::AttributeStale, format!("{} was observed at a time still to come", what()))
                    .at(path())
                    .expected(format!("observed by {}", case.policy().show(case.setting.at)))
                    .found(case.policy().show(*at)),
            );
        }
        if let Some(sources) = &self.sources {
            let expected = || format!("from {}", sources.join(" or "));
            match &attribute.source {
                Fact::Known(source) if sources.contains(source) => {}
                Fact::Known(source) => gaps.push(
                    Gap::wrong(Code::AttributeSource, format!("{} comes from a source that does not count", what()))
                        .at(path())
                        .expected(expected())
                        .found(source),
                ),
                Fact::None | Fact::Unknown => gaps.push(Gap::unknown(format!("where {} comes from", what()), path()).expected(expected())),
            }
        }
        match self.holds(case, attribute.value.as_ref()) {
            Ok(end) => until = earlier(until, end),
            Err(code) => {
                let found = attribute.value.as_ref().map_or("none".into(), |value| self.shown(value));
                let message = match code {
                    Code::AttributeType => format!("{} is not of the declared type", what()),
                    _ => format!("{} is not as required", what()),
                };
                gaps.push(Gap::wrong(code, message).at(path()).expected(self.expectation()).found(found));
            }
        }
        Outcome { gaps, until, ..Outcome::default() }
    }

    fn holds(&self, case: &Case<'_>, value: Option<&Scalar>) -> Result<Option<Time>, Code> {
        let Some(predicate) = self.predicates().next() else { return Err(Code::AttributeMismatch) };
        let value = match (&predicate, value) {
            (Predicate::None, None) => return Ok(None),
            (_, None) | (Predicate::None, Some(_)) => return Err(Code::AttributeMismatch),
            (_, Some(value)) => value,
        };
        let declared = case.policy().attributes.get(&self.attribute).map(|declared| declared.r#type);
        if !declared.is_some_and(|declared| is_of(declared, value)) {
            return Err(Code::AttributeType);
        }
        let met = |met: bool| if met { Ok(None) } else { Err(Code::AttributeMismatch) };
        match predicate {
            Predicate::Present | Predicate::None => Ok(None),
            Predicate::OneOf(values) => met(values.iter().any(|other| equal(value, other))),
            Predicate::AtLeast(bound) => met(value.compare_numbers(bound).is_some_and(Ordering::is_ge)),
            Predicate::AtMost(bound) => met(value.compare_numbers(bound).is_some_and(Ordering::is_le)),
            Predicate::VersionAtLeast(bound) => match (value, parts(bound)) {
                (Scalar::Text(text), Some(bound)) => met(parts(text).is_some_and(|parts| parts >= bound)),
                _ => Err(Code::AttributeMismatch),
            },
            Predicate::Within(age) => match value {
                Scalar::Text(text) => match Time::parse(text) {
                    Ok(at) if !case.setting.is_future(at) && at.plus(age) > case.setting.at => Ok(Some(at.plus(age))),
                    _ => Err(Code::AttributeStale),
                },
                _ => Err(Code::AttributeType),
            },
        }
    }

    fn expectation(&self) -> String {
        let list = |values: &[Scalar]| values.iter().map(|value| self.shown(value)).collect::<Vec<_>>().join(" or ");
        match self.predicates().next() {
            Some(Predicate::Present) | None => "any value".to_owned(),
            Some(Predicate::None) => "none".to_owned(),
            Some(Predicate::OneOf(values)) => list(values),
            Some(Predicate::AtLeast(bound)) => format!("at least {bound}"),
            Some(Predicate::AtMost(bound)) => format!("at most {bound}"),
            Some(Predicate::VersionAtLeast(bound)) => format!("version {bound} or later"),
            Some(Predicate::Within(age)) => format!("a time within {age}"),
        }
    }

    /// A value as people read it: texts that could be taken for something else stand in quotes.
    fn shown<'v>(&self, value: &'v Scalar) -> Cow<'v, str> {
        match value {
            Scalar::Text(text)
                if text.is_empty()
                    || text == NOT_RECORDED
                    || text == "none"
                    || matches!(self.equals, Some(Scalar::Bool(_) | Scalar::Whole(_))) =>
            {
                format!("{text:?}").into()
            }
            Scalar::Text(text) | Scalar::Decimal(text) => text.into(),
            Scalar::Bool(_) | Scalar::Whole(_) => value.to_string().into(),
        }
    }
}

fn equal(a: &Scalar, b: &Scalar) -> bool {
    a == b || a.compare_numbers(b) == Some(Ordering::Equal)
}

/// Whether a value is of the type that is declared.
pub(crate) fn is_of(declared: AttributeType, value: &Scalar) -> bool {
    match (declared, value) {
        (AttributeType::Text, Scalar::Text(_))
        | (AttributeType::Number, Scalar::Whole(_) | Scalar::Decimal(_))
        | (AttributeType::Boolean, Scalar::Bool(_)) => true,
        (AttributeType::Time, Scalar::Text(text)) => Time::parse(text).is_ok(),
        (AttributeType::Version, Scalar::Text(text)) => parts(text).is_some(),
        _ => false,
    }
}

/// The numbers of a version, without zeros at its end; none where it is no version.
fn parts(version: &str) -> Option<Vec<u64>> {
    let mut parts = Vec::new();
    for part in version.trim().split('.') {
        if part.is_empty() || part.len() > 15 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        parts.push(part.parse().ok()?);
    }
    while parts.len() > 1 && parts.last() == Some(&0) {
        parts.pop();
    }
    Some(parts)
}
