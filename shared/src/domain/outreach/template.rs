use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::body::TEXT_CHARACTERS_MAX;
use super::campaign::changed;
use super::content::{Content, is_personal};
use super::json_text;
use super::reader::{Reader, required_name};
use crate::error::{AppError, AppResult};
use crate::ids::TemplateId;

/// The fields that a client cannot set: they are answered, and left out of what it sends.
const COMPUTED: [&str; 5] = ["id", "createdBy", "createdAt", "updatedAt", "version"];

/// The field of which a client may send a part.
const MERGED: [&str; 1] = ["personalization"];

/// Content that messages of campaigns are made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// What the client said of it, unknown fields included; stored as the text it is.
    #[serde(with = "json_text")]
    pub document: Map<String, Value>,
    /// How often it was changed; a change names the version that it was made of.
    pub version: u64,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds.
    pub updated: i64,
}

/// What a client says of a template, read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateBody {
    /// 1 to 200 characters.
    pub name: String,
    /// May be empty.
    pub description: String,
    /// What it says.
    pub content: Content,
    /// Whether its braces are fields; `None` if it does not say.
    pub is_personal: Option<bool>,
}

impl Template {
    /// What was said of it, read; it was checked when it was written.
    ///
    /// # Errors
    ///
    /// As [`TemplateBody::read`].
    pub fn body(&self) -> AppResult<TemplateBody> {
        TemplateBody::read(&self.document)
    }

    /// The document with some fields changed: what is null goes.
    #[must_use]
    pub fn changed(&self, changes: Map<String, Value>) -> Map<String, Value> {
        changed(&self.document, changes, &MERGED)
    }

    /// A client's document without what it cannot set.
    #[must_use]
    pub fn own_fields(mut document: Map<String, Value>) -> Map<String, Value> {
        document.retain(|name, _| !COMPUTED.contains(&name.as_str()));
        document
    }
}

impl TemplateBody {
    /// Reads a body; unknown fields are let be.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] with every fault.
    pub fn read(document: &Map<String, Value>) -> AppResult<Self> {
        let (body, mut faults) = (Reader::of_body(document), Vec::new());
        let name = required_name(&body, &mut faults);
        let description = body.text("description", TEXT_CHARACTERS_MAX, &mut faults).unwrap_or_default();
        let is_personal = is_personal(&body, &mut faults);
        let content = Content::read(&body, is_personal != Some(false), &mut faults);
        if content.is_empty()
            && !faults.iter().any(|fault| ["content", "media"].contains(&fault.field.as_str()))
        {
            body.refuse("content", "is required where there is no media", &mut faults);
        }
        match faults.is_empty() {
            true => Ok(Self { name, description, content, is_personal }),
            false => Err(AppError::Invalid(faults)),
        }
    }
}
