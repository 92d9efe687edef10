//! Records as expressions see them: their JSON form, read lazily.

use serde::Serialize;
use serde_json::Value;

/// A record as a tree. Records always serialise; null would make every read of a field an error, which is not met.
pub(crate) fn of<T: Serialize>(record: &T) -> Value {
    serde_json::to_value(record).unwrap_or(Value::Null)
}
