//! Attributes of items: a value, plain or with where it came from.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::fact::{Fact, Scalar, ScalarVisitor};
use crate::time::Time;

/// The value of an attribute with where it came from. A plain value says nothing of that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attribute {
    /// The value; none: known to be none.
    pub value: Option<Scalar>,
    /// Who or what told it.
    pub source: Fact<String>,
    /// When it was seen.
    pub observed_at: Fact<Time>,
}

/// Attributes by name, in order. One that is absent is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attributes(Vec<(String, Attribute)>);

impl Attributes {
    /// The attribute of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        let index = self.0.binary_search_by(|(other, _)| other.as_str().cmp(name)).ok()?;
        self.0.get(index).map(|(_, attribute)| attribute)
    }

    /// Every attribute with its name, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Attribute)> {
        self.0.iter().map(|(name, attribute)| (name.as_str(), attribute))
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl Serialize for Attribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.source.is_unknown() && self.observed_at.is_unknown() {
            return self.value.serialize(serializer);
        }
        AttributeRow { value: self.value.clone(), source: self.source.clone(), observed_at: self.observed_at }.serialize(serializer)
    }
}

/// The long form of an attribute.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct AttributeRow {
    /// Has to be there: without it nothing is known, which is not the same as `null`.
    #[serde(deserialize_with = "Option::deserialize")]
    value: Option<Scalar>,
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    source: Fact<String>,
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    observed_at: Fact<Time>,
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl Visitor {
            fn plain<E>(value: Result<Scalar, E>) -> Result<Attribute, E> {
                Ok(Attribute { value: Some(value?), source: Fact::Unknown, observed_at: Fact::Unknown })
            }
        }
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Attribute;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, true, false, null, or an object with `value`")
            }
            fn visit_unit<E: de::Error>(self) -> Result<Attribute, E> {
                Ok(Attribute { value: None, source: Fact::Unknown, observed_at: Fact::Unknown })
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Attribute, E> {
                Self::plain(ScalarVisitor.visit_bool(value))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Attribute, E> {
                Self::plain(ScalarVisitor.visit_i64(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Attribute, E> {
                Self::plain(ScalarVisitor.visit_u64(value))
            }
            #[allow(clippy::disallowed_types, reason = "serde hands fractions over as floats; they become decimal text at once")]
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Attribute, E> {
                Self::plain(ScalarVisitor.visit_f64(value))
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Attribute, E> {
                Self::plain(ScalarVisitor.visit_str(value))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Attribute, A::Error> {
                let row = AttributeRow::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Attribute { value: row.value, source: row.source, observed_at: row.observed_at })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Attributes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of attributes by name")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry::<String, Attribute>()? {
                    all.push(entry);
                }
                all.sort_by(|(a, _), (b, _)| a.cmp(b));
                match all.array_windows().find(|[(a, _), (b, _)]| a == b) {
                    Some([(name, _), _]) => Err(de::Error::custom(format!("attribute `{name}` stands there twice"))),
                    None => Ok(Attributes(all)),
                }
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(feature = "schema")]
mod schema {
    use super::{Attribute, AttributeRow, Attributes, Scalar};
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use std::borrow::Cow;

    impl JsonSchema for Attribute {
        fn schema_name() -> Cow<'static, str> {
            "Attribute".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let (plain, long) = (generator.subschema_for::<Option<Scalar>>(), generator.subschema_for::<AttributeRow>());
            json_schema!({"anyOf": [plain, long]})
        }
    }

    impl JsonSchema for Attributes {
        fn schema_name() -> Cow<'static, str> {
            "Attributes".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let attribute = generator.subschema_for::<Attribute>();
            json_schema!({"type": "object", "additionalProperties": attribute})
        }
    }
}
