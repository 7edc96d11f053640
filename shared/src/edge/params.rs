//! Parameters of the User API: from the query, a form or a JSON object, all as text; and at most one file.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::Value;

use super::http::Request;
use super::multipart::{self, Form};
use crate::domain::cursor::Cursor;
use crate::domain::journal::JournalAction;
use crate::domain::lead_event::LeadStatus;
use crate::domain::owner_news::NotifyChat;
use crate::error::{AppError, AppResult};
use crate::ids::ChatId;
use crate::secret::ApiKey;

/// A body without a file is no longer than this, in bytes.
const BODY_BYTES: usize = 256 * 1024;

/// The parameters of one call. A name given twice counts by its last value; the body counts before the query.
#[derive(Clone, Debug, Default)]
pub struct Params {
    values: BTreeMap<String, Given>,
    file: Option<Vec<u8>>,
}

/// A parameter as it came.
#[derive(Clone, Debug)]
enum Given {
    /// Text, or a number as text.
    Plain(String),
    /// JSON's `true` or `false`, which only a flag takes.
    Flag(bool),
    /// A JSON array or object, which nothing takes.
    Compound,
}

/// Typed parameters of one route.
pub trait FromParams: Sized {
    /// Takes the route's parameters.
    ///
    /// # Errors
    ///
    /// [`AppError::Parameter`] for the first one that is missing or malformed.
    fn from_params(params: &Params) -> AppResult<Self>;
}

impl FromParams for () {
    fn from_params(_: &Params) -> AppResult<Self> {
        Ok(())
    }
}

/// The one parameter of many routes: `id`, required.
#[derive(Clone, Copy, Debug)]
pub struct Id<T>(pub T);

impl<T: Parameter> FromParams for Id<T> {
    fn from_params(params: &Params) -> AppResult<Self> {
        params.required("id").map(Self)
    }
}

impl Params {
    /// Reads a request's parameters, and the API key that its query may carry as `id`.
    ///
    /// # Errors
    ///
    /// - [`AppError::Parameter`] for `body` if it is too long or malformed.
    /// - [`AppError::MediaSize`] for a file that is too long for a request.
    pub async fn read(request: &Request) -> AppResult<(Self, Option<ApiKey>)> {
        let mut params = Self::default();
        let mut key = None;
        for (name, value) in url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
        {
            match ApiKey::parse(&value).filter(|_| name == "id") {
                Some(found) => key = Some(found),
                None => drop(params.values.insert(name.into_owned(), Given::Plain(value.into_owned()))),
            }
        }
        params.read_body(request).await?;
        Ok((params, key))
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    ///
    /// [`AppError::Parameter`] if it is missing or malformed.
    pub fn required<T: Parameter>(&self, name: &'static str) -> AppResult<T> {
        self.optional(name)?.ok_or_else(|| AppError::parameter(name, "is required"))
    }

    /// A parameter that may be left out.
    ///
    /// # Errors
    ///
    /// [`AppError::Parameter`] if it is malformed.
    pub fn optional<T: Parameter>(&self, name: &'static str) -> AppResult<Option<T>> {
        let Some(given) = self.values.get(name) else { return Ok(None) };
        let value = match given {
            Given::Plain(text) => T::parse(text),
            Given::Flag(flag) => T::of_flag(*flag),
            Given::Compound => None,
        };
        value.map(Some).ok_or_else(|| AppError::parameter(name, T::EXPECTED))
    }

    /// The bytes of the field `file` of a multipart form.
    ///
    /// # Errors
    ///
    /// [`AppError::FileMissing`] if there is no such field.
    pub fn file(&self) -> AppResult<&[u8]> {
        self.file.as_deref().ok_or(AppError::FileMissing)
    }

    async fn read_body(&mut self, request: &Request) -> AppResult<()> {
        let body: &[u8] = request.body().as_ref();
        let media_type =
            request.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if multipart::is_multipart(media_type) {
            let Form { fields, file } = multipart::read(media_type, body, BODY_BYTES).await?;
            self.values.extend(fields.into_iter().map(|(name, text)| (name, Given::Plain(text))));
            self.file = file;
            return Ok(());
        }
        if body.len() > BODY_BYTES {
            return Err(AppError::parameter("body", "must have at most 262144 bytes"));
        }
        let is_json =
            media_type.to_ascii_lowercase().contains("json") || body.trim_ascii_start().starts_with(b"{");
        if body.is_empty() {
            return Ok(());
        }
        if is_json {
            return self.read_json(body);
        }
        let pairs = url::form_urlencoded::parse(body);
        self.values.extend(pairs.map(|(name, value)| (name.into_owned(), Given::Plain(value.into_owned()))));
        Ok(())
    }

    fn read_json(&mut self, body: &[u8]) -> AppResult<()> {
        let refused = || AppError::parameter("body", "must be a JSON object");
        let fields: serde_json::Map<String, Value> = serde_json::from_slice(body).map_err(|_| refused())?;
        for (name, value) in fields {
            let given = match value {
                Value::Null => continue,
                Value::Bool(flag) => Given::Flag(flag),
                Value::Number(number) => Given::Plain(number.to_string()),
                Value::String(text) => Given::Plain(text),
                Value::Array(_) | Value::Object(_) => Given::Compound,
            };
            self.values.insert(name, given);
        }
        Ok(())
    }
}

/// A type that a parameter's text can be read as.
pub trait Parameter: Sized {
    /// What the text must be, for the error.
    const EXPECTED: &'static str;

    /// Reads the text; `None` if it is something else.
    fn parse(text: &str) -> Option<Self>;

    /// Takes JSON's `true` or `false`; `None` but for flags.
    fn of_flag(_: bool) -> Option<Self> {
        None
    }
}

impl Parameter for String {
    const EXPECTED: &'static str = "must be text";

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Parameter for bool {
    const EXPECTED: &'static str = "must be 0 or 1";

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        }
    }

    fn of_flag(flag: bool) -> Option<Self> {
        Some(flag)
    }
}

macro_rules! spelled_parameter {
    ($($type:ty: $expected:literal),+ $(,)?) => {$(
        impl Parameter for $type {
            const EXPECTED: &'static str = $expected;

            fn parse(text: &str) -> Option<Self> {
                <$type>::from_str(text.trim()).ok()
            }
        }
    )+};
}

spelled_parameter!(
    u8: "must be a small whole number, 0 or more",
    u64: "must be a whole number, 0 or more",
    usize: "must be a whole number, 0 or more",
    i64: "must be a whole number",
    crate::ids::BotId: "must be the number of a bot",
    crate::ids::TrackingCampaignId: "must be the number of a campaign",
    ChatId: "must be the number of a chat",
    Cursor: "must be the `next` of another page",
    crate::ids::LeadId: "must be the number of a lead",
);

impl Parameter for LeadStatus {
    const EXPECTED: &'static str = "must be 0 to 4";

    fn parse(text: &str) -> Option<Self> {
        let number: u8 = text.trim().parse().ok()?;
        Self::ALL.into_iter().find(|status| status.number() == number)
    }
}

impl Parameter for NotifyChat {
    const EXPECTED: &'static str = "must be the id of a chat, or empty";

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "" => Some(Self::Nowhere),
            id => id.parse().ok().filter(|id| *id != ChatId(0)).map(Self::To),
        }
    }
}

impl Parameter for JournalAction {
    const EXPECTED: &'static str = "must be 1 to 4";

    fn parse(text: &str) -> Option<Self> {
        let number: u8 = text.trim().parse().ok()?;
        Self::ALL.into_iter().find(|action| action.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use lambda_http::Body;

    use super::*;

    fn read(query: &str, media_type: &str, body: &str) -> AppResult<(Params, Option<ApiKey>)> {
        let request = http::Request::post(format!("https://api.example/api/camp/get.json?{query}"))
            .header("content-type", media_type)
            .body(Body::from(body))
            .unwrap();
        Params::read(&request).now_or_never().unwrap()
    }

    #[test]
    fn numbers_come_as_numbers_or_as_text_from_json_forms_and_queries() {
        let form = "application/x-www-form-urlencoded";
        for (query, media_type, body) in [
            ("chat=-1001234567890", "", ""),
            ("", form, "chat=-1001234567890"),
            ("", "application/json; charset=utf-8", r#"{"chat":-1001234567890}"#),
            ("", "", r#" {"chat":"-1001234567890"}"#),
            ("chat=1", form, "chat=-1001234567890"),
        ] {
            let (params, key) = read(query, media_type, body).unwrap();
            assert_eq!(params.required::<i64>("chat").unwrap(), -1_001_234_567_890, "{query} {body}");
            assert!(key.is_none());
        }
    }

    #[test]
    fn an_id_of_key_shape_is_the_key_and_the_other_one_the_resource() {
        let secret = "0".repeat(64);
        for query in [format!("id=7-{secret}&id=12"), format!("id=12&id=7-{secret}")] {
            let (params, key) = read(&query, "", "").unwrap();
            assert_eq!(key.unwrap().account().0, 7);
            assert_eq!(params.required::<u64>("id").unwrap(), 12);
        }
        let (params, key) = read(&format!("id=7-{secret}"), "application/json", r#"{"id":12}"#).unwrap();
        assert_eq!((key.unwrap().account().0, params.required::<u64>("id").unwrap()), (7, 12));
    }

    #[test]
    fn what_cannot_be_read_names_the_parameter() {
        let name = |outcome: AppResult<u64>| match outcome {
            Err(AppError::Parameter { name, .. }) => name,
            other => panic!("{other:?}"),
        };
        let (params, _) = read("bot=x&empty=", "", "").unwrap();
        assert_eq!(name(params.required("bot")), "bot");
        assert_eq!(name(params.required("absent")), "absent");
        assert_eq!(name(params.required("empty")), "empty");
        let (params, _) = read("", "", r#"{"bot":true,"list":[1],"pause":true,"gone":null}"#).unwrap();
        assert_eq!(name(params.required("bot")), "bot");
        assert_eq!(name(params.required("list")), "list");
        assert_eq!(name(params.required("gone")), "gone");
        assert!(params.required::<bool>("pause").unwrap());
        for (media_type, body) in [("application/json", "[1]"), ("application/json", "{"), ("", r#"{"a"}"#)] {
            assert_eq!(name(read("", media_type, body).map(|_| 0)), "body");
        }
        assert_eq!(name(read("", "", &"x".repeat(BODY_BYTES + 1)).map(|_| 0)), "body");
    }
}
