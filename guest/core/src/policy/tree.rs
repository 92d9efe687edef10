//! JSON text as a tree that holds no key twice.

use serde::de::{self, DeserializeSeed};
use serde_json::{Map, Value};
use std::fmt;

use crate::problem::Problem;
use crate::shape;

/// Reads JSON text; a key that stands twice in one object is an error, because one of the two would be lost.
pub(crate) fn parse(text: &str, code: &str) -> Result<Value, Problem> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Strict.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value)).map_err(|error| {
        let mut problem = shape::problem(code, String::new(), &error.to_string());
        problem.position = shape::position(&error);
        problem
    })
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> de::Visitor<'de> for Strict {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    #[allow(clippy::disallowed_types, reason = "a tree holds what it was given; no float takes part in a decision")]
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(value) = seq.next_element_seed(Strict)? {
            all.push(value);
        }
        Ok(Value::Array(all))
    }
    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(Strict)?;
            if all.contains_key(&key) {
                return Err(de::Error::custom(format!("key `{key}` stands there twice")));
            }
            all.insert(key, value);
        }
        Ok(Value::Object(all))
    }
}
