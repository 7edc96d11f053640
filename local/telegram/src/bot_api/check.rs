//! Every request is held against the specification before it is carried out.

use serde_json::{Map, Value};

use super::parameters::{Raw, Upload};
use crate::error::ApiError;
use crate::formatting::shows_nothing;
use crate::specification::{Field, Method, Specification};

const MAX_TEXT_CHARACTERS: usize = 4096;
const MAX_CAPTION_CHARACTERS: usize = 1024;
const ACTIONS: [&str; 10] = [
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
];

/// The parameters of one request, all of the specified types.
#[derive(Debug, Default)]
pub struct Parameters {
    values: Map<String, Value>,
    files: std::collections::BTreeMap<String, Upload>,
}

impl Parameters {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_str()
    }

    pub fn integer(&self, name: &str) -> Option<i64> {
        self.values.get(name)?.as_i64()
    }

    pub fn is_true(&self, name: &str) -> bool {
        self.values.get(name) == Some(&Value::Bool(true))
    }

    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// The file given under a name, directly or as `attach://part`.
    pub fn file(&self, name: &str) -> Option<&Upload> {
        let part = self.text(name).and_then(|text| text.strip_prefix("attach://")).unwrap_or(name);
        self.files.get(part)
    }
}

/// The names in a request that its method does not have, those of files left out that a parameter refers to.
pub fn unknown(method: &Method, raw: &Raw) -> Vec<String> {
    let is_known = |name: &&String| method.fields.iter().any(|field| field.name == **name);
    let attached = |name: &&String| {
        let reference = format!("attach://{name}");
        raw.values.values().any(|value| value.as_str().is_some_and(|text| text.contains(&reference)))
    };
    let names = raw.values.keys().filter(|name| !is_known(name));
    names.chain(raw.files.keys().filter(|name| !is_known(name) && !attached(name))).cloned().collect()
}

/// Reads and checks the parameters of a method; what it does not have is ignored, as Telegram does.
pub fn check(specification: &Specification, method: &Method, raw: Raw) -> Result<Parameters, ApiError> {
    let mut parameters = Parameters { files: raw.files, ..Parameters::default() };
    for (name, value) in raw.values {
        let Some(field) = method.fields.iter().find(|field| field.name == name) else {
            continue;
        };
        let value = typed(field, value)?;
        specification.check_any(&field.types, &value, &name).map_err(|problem| mistyped(field, &problem))?;
        parameters.values.insert(name, value);
    }
    for field in method.fields.iter().filter(|field| field.required) {
        let is_empty_text = parameters.text(&field.name) == Some("") && field.name != "url";
        let is_given =
            parameters.values.contains_key(&field.name) || parameters.files.contains_key(&field.name);
        // deleteWebhook may be spelt as setWebhook without a url.
        if (!is_given || is_empty_text) && field.name != "url" {
            return Err(missing(field));
        }
    }
    check_rules(&parameters)?;
    Ok(parameters)
}

/// A text becomes what the field wants: a number, a truth value or a JSON document.
fn typed(field: &Field, value: Value) -> Result<Value, ApiError> {
    let wants = |name: &str| field.types.iter().any(|own| own == name);
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) if wants("String") && !wants("Integer") => {
            return Ok(Value::String(number.to_string()));
        }
        other => return Ok(other),
    };
    if wants("Integer")
        && let Ok(number) = text.trim().parse::<i64>()
    {
        return Ok(Value::from(number));
    }
    if wants("String") || wants("InputFile") {
        return Ok(Value::String(text));
    }
    if wants("Boolean") {
        return Ok(Value::Bool(matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "1" | "yes" | "y" | "t"
        )));
    }
    if wants("Integer") {
        return Err(mistyped(field, &format!("{} must be Integer", field.name)));
    }
    serde_json::from_str(&text)
        .map_err(|_| ApiError::bad_request(format!("can't parse {} JSON object", words(&field.name))))
}

fn missing(field: &Field) -> ApiError {
    ApiError::bad_request(match field.name.as_str() {
        "text" => "message text is empty".to_owned(),
        "photo" | "video" | "animation" => format!("there is no {} in the request", field.name),
        "message_id" => "message identifier is not specified".to_owned(),
        "user_id" => "invalid user_id specified".to_owned(),
        "action" => "wrong parameter action in request".to_owned(),
        name => format!("{name} is empty"),
    })
}

fn mistyped(field: &Field, problem: &str) -> ApiError {
    if field.name == "reply_markup" {
        return ApiError::bad_request(format!("can't parse inline keyboard button: {problem}"));
    }
    ApiError::bad_request(format!("invalid {} specified: {problem}", field.name))
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// What the specification says in words only.
fn check_rules(parameters: &Parameters) -> Result<(), ApiError> {
    if let Some(rows) = parameters.value("reply_markup").and_then(|markup| markup.get("inline_keyboard")) {
        for button in rows.as_array().into_iter().flatten().flat_map(|row| row.as_array()).flatten() {
            check_button(button)?;
        }
    }
    if let Some(secret) = parameters.text("secret_token") {
        check_secret(secret)?;
    }
    if parameters.integer("max_connections").is_some_and(|count| !(1..=100).contains(&count)) {
        return Err(ApiError::bad_request("max_connections must be between 1 and 100"));
    }
    if parameters.integer("limit").is_some_and(|count| !(1..=100).contains(&count)) {
        return Err(ApiError::bad_request("limit must be between 1 and 100"));
    }
    Ok(())
}

fn check_secret(secret: &str) -> Result<(), ApiError> {
    if secret.len() > 256 {
        return Err(ApiError::bad_request("secret token is too long"));
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if secret.is_empty() || !secret.bytes().all(is_allowed) {
        return Err(ApiError::bad_request("secret token contains unallowed characters"));
    }
    Ok(())
}

fn check_button(button: &Value) -> Result<(), ApiError> {
    let actions = ACTIONS.iter().filter(|action| button.get(**action).is_some()).count();
    if button.get("text").and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) {
        return Err(ApiError::bad_request(
            "can't parse inline keyboard button: Button text must be non-empty",
        ));
    }
    if actions == 0 {
        return Err(ApiError::bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ));
    }
    if actions > 1 {
        return Err(ApiError::bad_request(
            "can't parse inline keyboard button: exactly one action is expected",
        ));
    }
    if let Some(data) = button.get("callback_data").and_then(Value::as_str)
        && !(1..=64).contains(&data.len())
    {
        return Err(ApiError::bad_request("BUTTON_DATA_INVALID"));
    }
    if let Some(link) = button.get("url").and_then(Value::as_str)
        && !is_button_url(link)
    {
        return Err(ApiError::bad_request(format!(
            "inline keyboard button URL '{link}' is invalid: BUTTON_URL_INVALID"
        )));
    }
    Ok(())
}

fn is_button_url(link: &str) -> bool {
    url::Url::parse(link).is_ok_and(|url| match (url.scheme(), url.host()) {
        // Telegram knows no names without a dot; addresses it takes.
        ("http" | "https", Some(url::Host::Domain(name))) => name.trim_end_matches('.').contains('.'),
        ("http" | "https" | "tg" | "ton", host) => host.is_some(),
        _ => false,
    })
}

/// 1–4096 characters, after formatting.
pub fn check_text_length(text: &str) -> Result<(), ApiError> {
    if shows_nothing(text) {
        return Err(ApiError::bad_request("text must be non-empty"));
    }
    if text.chars().count() > MAX_TEXT_CHARACTERS {
        return Err(ApiError::bad_request("message is too long"));
    }
    Ok(())
}

/// At most 1024 characters, after formatting.
pub fn check_caption_length(text: &str) -> Result<(), ApiError> {
    if text.chars().count() > MAX_CAPTION_CHARACTERS {
        return Err(ApiError::bad_request("message caption is too long"));
    }
    Ok(())
}
