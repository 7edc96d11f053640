//! The Bot API as data, and the check of a value against one of its types.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

const TEXT: &str = include_str!("api.subset.json");

/// Methods and types of the Bot API.
#[derive(Debug, Deserialize)]
pub struct Specification {
    methods: BTreeMap<String, Method>,
    types: BTreeMap<String, Type>,
}

#[derive(Debug, Deserialize)]
pub struct Method {
    pub name: String,
    #[serde(default)]
    pub fields: Vec<Field>,
    #[cfg_attr(not(test), expect(dead_code, reason = "only the tests check answers"))]
    pub returns: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Type {
    #[serde(default)]
    fields: Vec<Field>,
    #[serde(default)]
    subtypes: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct Field {
    pub name: String,
    pub types: Vec<String>,
    pub required: bool,
}

impl Specification {
    pub fn load() -> Result<Self, serde_json::Error> {
        serde_json::from_str(TEXT)
    }

    /// A method by its name, in any case, as the Bot API server takes it.
    pub fn method(&self, name: &str) -> Option<&Method> {
        self.methods
            .get(name)
            .or_else(|| self.methods.values().find(|method| method.name.eq_ignore_ascii_case(name)))
    }

    /// Whether the value is of one of the types. The error names the path to the first fault.
    ///
    /// Types that the subset does not describe take any object.
    pub fn check_any(&self, types: &[String], value: &Value, path: &str) -> Result<(), String> {
        let fitting: Vec<&String> = types.iter().filter(|name| self.looks_like(name, value)).collect();
        let known: Vec<&&String> = fitting.iter().filter(|name| self.is_known(name)).collect();
        let candidates = if known.is_empty() { fitting.iter().collect() } else { known };
        if candidates.is_empty() {
            return Err(format!("{path} must be {}", types.join(" or ")));
        }
        let mut first_problem = None;
        for name in candidates {
            match self.check(name, value, path) {
                Ok(()) => return Ok(()),
                Err(problem) => first_problem = first_problem.or(Some(problem)),
            }
        }
        Err(first_problem.unwrap_or_default())
    }

    /// Whether the value is of the type.
    pub fn check(&self, name: &str, value: &Value, path: &str) -> Result<(), String> {
        if let Some(item) = name.strip_prefix("Array of ") {
            let Some(items) = value.as_array() else { return Err(format!("{path} must be an array")) };
            let mut indexed = items.iter().enumerate();
            return indexed
                .try_for_each(|(index, value)| self.check(item, value, &format!("{path}[{index}]")));
        }
        let is_fitting = match name {
            "Integer" => value.is_i64() || value.is_u64(),
            "Float" => value.is_number(),
            "String" | "InputFile" => value.is_string(),
            "Boolean" => value.is_boolean(),
            "True" => value == &Value::Bool(true),
            _ => return self.check_object(name, value, path),
        };
        if is_fitting { Ok(()) } else { Err(format!("{path} must be {name}")) }
    }

    fn check_object(&self, name: &str, value: &Value, path: &str) -> Result<(), String> {
        let Some(object) = value.as_object() else { return Err(format!("{path} must be an object")) };
        let Some(described) = self.types.get(name) else { return Ok(()) };
        if !described.subtypes.is_empty() {
            return self.check_any(&described.subtypes, value, path);
        }
        for field in &described.fields {
            let path = format!("{path}.{}", field.name);
            match object.get(&field.name) {
                Some(value) => self.check_any(&field.types, value, &path)?,
                None if field.required => return Err(format!("{path} is missing")),
                None => {}
            }
        }
        Ok(())
    }

    fn is_known(&self, name: &str) -> bool {
        match name.strip_prefix("Array of ") {
            Some(item) => self.is_known(item),
            None => {
                matches!(name, "Integer" | "Float" | "String" | "InputFile" | "Boolean" | "True")
                    || self.types.contains_key(name)
            }
        }
    }

    /// A quick test that tells the members of a union apart: by JSON type, and `status` of chat members.
    fn looks_like(&self, name: &str, value: &Value) -> bool {
        match (name, value) {
            ("Integer" | "Float", Value::Number(_)) | ("String" | "InputFile", Value::String(_)) => true,
            ("Boolean" | "True", Value::Bool(_)) => true,
            (array, Value::Array(_)) => array.starts_with("Array of "),
            (name, Value::Object(object)) => {
                let is_scalar =
                    matches!(name, "Integer" | "Float" | "String" | "InputFile" | "Boolean" | "True");
                let status = object.get("status").and_then(Value::as_str);
                !is_scalar
                    && !name.starts_with("Array of ")
                    && status_of(name).is_none_or(|own| status == Some(own))
                    && self.has_a_field_of(name, object)
            }
            _ => false,
        }
    }

    fn has_a_field_of(&self, name: &str, object: &serde_json::Map<String, Value>) -> bool {
        let Some(described) = self.types.get(name) else { return true };
        let mut required = described.fields.iter().filter(|field| field.required).peekable();
        required.peek().is_none() || required.any(|field| object.contains_key(&field.name))
    }
}

fn status_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "ChatMemberOwner" => "creator",
        "ChatMemberAdministrator" => "administrator",
        "ChatMemberMember" => "member",
        "ChatMemberRestricted" => "restricted",
        "ChatMemberLeft" => "left",
        "ChatMemberBanned" => "kicked",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_missing_required_field_is_named_with_its_path() {
        let specification = Specification::load().unwrap();
        let update =
            json!({ "update_id": 1, "message": { "message_id": 1, "date": 1, "chat": { "id": 1 } } });
        let problem = specification.check("Update", &update, "update").unwrap_err();
        assert_eq!(problem, "update.message.chat.type is missing");
    }

    #[test]
    fn a_chat_member_is_checked_as_the_kind_its_status_says() {
        let specification = Specification::load().unwrap();
        let user = json!({ "id": 1, "is_bot": false, "first_name": "A" });
        let banned = json!({ "status": "kicked", "user": user });
        let problem = specification.check("ChatMember", &banned, "member").unwrap_err();
        assert_eq!(problem, "member.until_date is missing");
        assert!(specification.check("ChatMember", &json!({ "status": "left", "user": user }), "m").is_ok());
        assert!(specification.check("ChatMember", &json!({ "status": "guest", "user": user }), "m").is_err());
    }

    #[test]
    fn an_inline_keyboard_is_checked_although_other_keyboards_are_unknown() {
        let specification = Specification::load().unwrap();
        let types: Vec<String> = ["InlineKeyboardMarkup", "ReplyKeyboardRemove"].map(String::from).to_vec();
        let bad = json!({ "inline_keyboard": [[{ "url": "https://a" }]] });
        assert!(specification.check_any(&types, &bad, "reply_markup").is_err());
        assert!(specification.check_any(&types, &json!({ "remove_keyboard": true }), "reply_markup").is_ok());
    }
}
