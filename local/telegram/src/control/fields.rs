//! The body of a request, field by field, so that an error can name the field.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::ControlError;
use crate::simulator::Simulator;

/// A JSON object; an empty body is an empty one.
pub struct Fields(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = ControlError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ControlError> {
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|_| ControlError::invalid("body", "too large or cut short"))?;
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(&body) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            Ok(_) => Err(ControlError::invalid("body", "must be a JSON object")),
            Err(error) => Err(ControlError::invalid("body", error.to_string())),
        }
    }
}

impl Fields {
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    fn given(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub fn has(&self, name: &str) -> bool {
        self.given(name).is_some()
    }

    /// A value of any type, or its default if it is not there.
    pub fn optional<T: DeserializeOwned + Default>(&self, name: &'static str) -> Result<T, ControlError> {
        let Some(value) = self.given(name) else { return Ok(T::default()) };
        serde_json::from_value(value.clone()).map_err(|error| ControlError::invalid(name, error.to_string()))
    }

    /// A value of any type that has to be there.
    pub fn required<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, ControlError> {
        let value = self.given(name).ok_or_else(|| ControlError::invalid(name, "is missing"))?;
        serde_json::from_value(value.clone()).map_err(|error| ControlError::invalid(name, error.to_string()))
    }

    /// A text with something in it.
    pub fn text(&self, name: &'static str) -> Result<String, ControlError> {
        let text: String = self.required(name)?;
        if text.trim().is_empty() {
            return Err(ControlError::invalid(name, "is empty"));
        }
        Ok(text.trim().to_owned())
    }

    /// A text, where an empty one is none.
    pub fn optional_text(&self, name: &'static str) -> Result<Option<String>, ControlError> {
        let text: Option<String> = self.optional(name)?;
        Ok(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// An id, as a number or a text.
    fn id_or_name(&self, name: &'static str) -> Result<Result<i64, String>, ControlError> {
        match self.required(name)? {
            Value::Number(number) => {
                number.as_i64().map(Ok).ok_or_else(|| ControlError::invalid(name, "must be an id"))
            }
            Value::String(text) => {
                let text = text.trim().trim_start_matches('@').to_owned();
                Ok(text.parse::<i64>().map_err(|_| text))
            }
            _ => Err(ControlError::invalid(name, "must be an id or a username")),
        }
    }

    /// A person's id.
    pub fn user(&self, name: &'static str) -> Result<i64, ControlError> {
        self.id_or_name(name)?.map_err(|_| ControlError::invalid(name, "must be an id"))
    }

    /// A bot, by id or username.
    pub fn bot(&self, simulator: &Simulator) -> Result<i64, ControlError> {
        let found = self.id_or_name("bot")?;
        found.or_else(|username| {
            let id = simulator.read(|world| world.bot_by_username(&username).map(|bot| bot.bot.id));
            id.ok_or_else(|| ControlError::unknown("bot", username))
        })
    }

    /// A chat, by id or username.
    pub fn chat(&self, simulator: &Simulator) -> Result<i64, ControlError> {
        let found = self.id_or_name("chat")?;
        found.or_else(|username| {
            let id = simulator.read(|world| world.chat_by_username(&username).map(|chat| chat.id));
            id.ok_or_else(|| ControlError::unknown("chat", username))
        })
    }
}
