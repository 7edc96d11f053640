//! A client's document as the text it is, because DynamoDB spells numbers and empty values otherwise.

use serde::{Deserialize, Deserializer, Serializer, de, ser};
use serde_json::{Map, Value};

pub(super) fn serialize<S: Serializer>(
    document: &Map<String, Value>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&serde_json::to_string(document).map_err(ser::Error::custom)?)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<String, Value>, D::Error> {
    serde_json::from_str(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}
