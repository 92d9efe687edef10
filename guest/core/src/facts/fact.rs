//! What is known, known to be none, or not known; and the scalars and names that facts are made of.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::id;
use crate::time::text_form;

/// One fact. An absent key is unknown, `null` is known to be none. Unknown is never false: code that reads a fact matches all three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact<T> {
    /// Nothing is recorded.
    #[default]
    Unknown,
    /// It is recorded that there is none.
    None,
    /// The recorded value.
    Known(T),
}

impl<T> Fact<T> {
    /// Whether nothing is recorded; serde skips such fields, so that absent stays absent.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// The value, where there is one. Only for code to which unknown and none are the same.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown | Self::None => None,
        }
    }

    /// The value to be changed, where there is one.
    pub(crate) fn known_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown | Self::None => None,
        }
    }

    /// The same by reference.
    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Self::Unknown => Fact::Unknown,
            Self::None => Fact::None,
            Self::Known(value) => Fact::Known(value),
        }
    }

    /// The same with the value converted.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Unknown => Fact::Unknown,
            Self::None => Fact::None,
            Self::Known(value) => Fact::Known(convert(value)),
        }
    }
}

impl<T> Fact<Vec<T>> {
    /// The rows, none where the list is absent. Only for code that accuses: a negative claim asks for coverage first.
    pub fn rows(&self) -> &[T] {
        self.value().map_or(&[], Vec::as_slice)
    }
}

impl Fact<String> {
    /// The text, where there is one.
    pub fn text(&self) -> Option<&str> {
        self.value().map(String::as_str)
    }
}

impl<T: Serialize> Serialize for Fact<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fact<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer).map(|value| value.map_or(Self::None, Self::Known))
    }
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Fact<T> {
    fn inline_schema() -> bool {
        Option::<T>::inline_schema()
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Option::<T>::schema_name()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Option::<T>::json_schema(generator)
    }
}

/// The largest whole number that every JSON reader keeps exactly.
const WHOLE_LIMIT: i64 = (1 << 53) - 1;
const TOO_LARGE: &str = "a number beyond 9007199254740991 either way, which some readers round: write it as text";

/// The value of an attribute. Times are texts until a requirement reads them as times.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scalar {
    /// True or false.
    Bool(bool),
    /// A whole number within ±(2^53-1).
    Whole(i64),
    /// A number with a fraction, as its shortest decimal text.
    Decimal(String),
    /// A text.
    Text(String),
}

impl Scalar {
    /// What the value is called in messages.
    pub fn sort(&self) -> &'static str {
        match self {
            Self::Bool(_) => "boolean",
            Self::Whole(_) | Self::Decimal(_) => "number",
            Self::Text(_) => "text",
        }
    }

    /// The order of two numbers; none where one is no number.
    pub fn compare_numbers(&self, other: &Self) -> Option<Ordering> {
        Some(Digits::of(self)?.cmp(&Digits::of(other)?))
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Whole(value) => value.fmt(f),
            Self::Decimal(text) | Self::Text(text) => f.write_str(text),
        }
    }
}

/// A decimal number taken apart, so that two compare exactly.
struct Digits {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Digits {
    fn of(scalar: &Scalar) -> Option<Self> {
        let text = match scalar {
            Scalar::Whole(value) => value.to_string(),
            Scalar::Decimal(text) => text.clone(),
            Scalar::Bool(_) | Scalar::Text(_) => return None,
        };
        let (negative, text) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        Some(Self { negative, whole: whole.trim_start_matches('0').to_owned(), fraction: fraction.trim_end_matches('0').to_owned() })
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let size = |a: &Self, b: &Self| (a.whole.len(), &a.whole, &a.fraction).cmp(&(b.whole.len(), &b.whole, &b.fraction));
        match (self.negative, other.negative) {
            (false, false) => size(self, other),
            (true, true) => size(other, self),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

#[allow(clippy::disallowed_types, reason = "the text reads back as the same number; nothing is worked out with it")]
impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Whole(value) => serializer.serialize_i64(*value),
            // The text is the shortest that reads back as this number, so the way through a float loses nothing.
            Self::Decimal(text) => text.parse::<f64>().map_err(serde::ser::Error::custom)?.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// Reads a scalar; shared with attributes, which may also be objects.
pub(super) struct ScalarVisitor;

#[allow(clippy::disallowed_types, reason = "serde hands fractions over as floats; they become decimal text at once")]
impl de::Visitor<'_> for ScalarVisitor {
    type Value = Scalar;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true or false")
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(value))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Scalar, E> {
        if (-WHOLE_LIMIT..=WHOLE_LIMIT).contains(&value) {
            Ok(Scalar::Whole(value))
        } else {
            Err(E::custom(format!("{value} is {TOO_LARGE}")))
        }
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Scalar, E> {
        i64::try_from(value).map_err(|_| E::custom(format!("{value} is {TOO_LARGE}"))).and_then(|value| self.visit_i64(value))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Scalar, E> {
        let text = value.to_string(); // the shortest decimal that reads back as this number, never with an exponent
        match text.parse::<i64>() {
            Ok(whole) => self.visit_i64(whole),
            Err(_) if text.contains('.') => Ok(Scalar::Decimal(text)),
            Err(_) => Err(E::custom(format!("{text} is {TOO_LARGE}"))),
        }
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": ["string", "number", "boolean"]})
    }
}

/// Somebody or something that can own: `person:ID` or `department:ID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// A person, by id.
    Person(String),
    /// A department, by the policy's name.
    Department(String),
}

impl Party {
    /// Reads the text form.
    ///
    /// # Errors
    /// A sentence on what is wrong, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("person", id)) if !id.is_empty() => id::of(id).map(Self::Person),
            Some(("department", id)) if !id.is_empty() => id::of(id).map(Self::Department),
            _ => Err(format!("`{text}` names no owner: write `person:ID` or `department:ID`")),
        }
    }

    /// Whether this is the person of that id.
    pub fn is_person(&self, id: &str) -> bool {
        matches!(self, Self::Person(person) if person == id)
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Department(id) => write!(f, "department:{id}"),
        }
    }
}

text_form!(Party, "an owner: person:ID or department:ID", r"^(person|department):.+$");

/// What a claim of coverage reaches: `"all"`, or a list of names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Everything of its sort.
    All,
    /// These, sorted.
    Some(Vec<String>),
}

impl Extent {
    /// Whether it reaches this name.
    pub fn reaches(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(names) => names.iter().any(|n| n == name),
        }
    }
}

impl Serialize for Extent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Some(names) => names.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Extent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Extent;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`all` or a list of names")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Extent, E> {
                if text == "all" { Ok(Extent::All) } else { Err(E::invalid_value(de::Unexpected::Str(text), &self)) }
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut names: A) -> Result<Extent, A::Error> {
                let mut all = Vec::new();
                while let Some(name) = names.next_element()? {
                    all.push(name);
                }
                Ok(Extent::Some(all))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Extent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Extent".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"oneOf": [{"const": "all"}, {"type": "array", "items": {"type": "string"}}]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Scalar, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        assert_eq!(read("9007199254740991"), Ok(Scalar::Whole(WHOLE_LIMIT)));
        assert_eq!(read("1.0"), Ok(Scalar::Whole(1)));
        assert_eq!(read("1.10"), Ok(Scalar::Decimal("1.1".into())));
        for large in ["9007199254740992", "-9007199254740992", "18446744073709551615", "1e300", "12345678901234567890123"] {
            assert!(read(large).unwrap_err().contains("write it as text"), "{large}");
        }
    }

    #[test]
    fn decimals_compare_exactly() {
        let order = |a: &str, b: &str| read(a).unwrap().compare_numbers(&read(b).unwrap());
        assert_eq!(order("1.5", "1.25"), Some(Ordering::Greater));
        assert_eq!(order("-1.5", "-1.25"), Some(Ordering::Less));
        assert_eq!(order("10", "9.75"), Some(Ordering::Greater));
        assert_eq!(order("0.5", "-0.5"), Some(Ordering::Greater));
        assert_eq!(order("2", "2.0"), Some(Ordering::Equal));
        assert_eq!(order("\"2\"", "2"), None);
    }
}
