//! Objects are read by their keys only.
//!
//! What serde derives for a struct reads a list as well, each value for the key that is declared in its place: `["LT-1", "laptop"]` would
//! be an asset, and would mean something else once a key is added.

use serde::de::{Deserializer, Visitor};

/// Hands over an object, or fails.
pub(crate) struct Object<D>(pub D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Object<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

/// Reads a type from objects only. What serde derives for it stands behind that, under the same name but outside the trait, which is what
/// `#[serde(remote = "Self")]` on the type is for. The attribute is about writing as well: a type that is also written says `written`, and
/// may name what tells what is wrong with a value as a whole.
macro_rules! by_keys {
    (@written $type:ident) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }
    };
    ($type:ident $(, $written:ident $(, $check:ident)?)?) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = Self::deserialize($crate::strict::Object(deserializer))?;
                $($($check(&value).map_err(serde::de::Error::custom)?;)?)?
                Ok(value)
            }
        }
        $($crate::strict::by_keys!(@$written $type);)?
    };
}
pub(crate) use by_keys;

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(remote = "Self", deny_unknown_fields, expecting = "an object")]
    struct Row {
        id: String,
        #[serde(default)]
        inner: Option<Box<Row>>,
    }
    by_keys!(Row, written);

    fn read(text: &str) -> Result<String, String> {
        let row = serde_json::from_str::<Row>(text).map_err(|error| error.to_string())?;
        let tree: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        assert_eq!(serde_json::from_value::<Row>(tree).map_err(|error| error.to_string()).as_ref(), Ok(&row));
        serde_json::to_string(&row).map_err(|error| error.to_string())
    }

    #[test]
    fn objects_are_read_by_their_keys_only() {
        assert_eq!(read(r#"{"inner":{"id":"b"},"id":"a"}"#).as_deref(), Ok(r#"{"id":"a","inner":{"id":"b","inner":null}}"#));
        for (text, fault) in [
            (r#"["a"]"#, "expected an object"),
            (r#"{"id":"a","inner":["b"]}"#, "expected an object"),
            (r#""a""#, "expected an object"),
            (r#"{"id":"a","id":"b"}"#, "duplicate field `id`"),
            (r#"{"id":"a","key":1}"#, "unknown field `key`"),
            (r#"{"inner":null}"#, "missing field `id`"),
        ] {
            let told = read(text).unwrap_err();
            assert!(told.contains(fault), "{text}: {told}");
        }
    }
}
