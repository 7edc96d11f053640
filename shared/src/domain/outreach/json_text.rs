//! JSON as text within another format, which would spell its numbers otherwise.

use serde::{Deserialize, Deserializer, Serializer, de, ser};
use serde_json::{Map, Value};

pub fn serialize<S: Serializer>(document: &Map<String, Value>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&serde_json::to_string(document).map_err(ser::Error::custom)?)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    serde_json::from_str(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}
