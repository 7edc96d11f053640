//! Reads the properties of one resource or event, strictly.

use serde_json::{Map, Value};

use super::TemplateError;
use super::document::below;
use super::reference::scalar;

/// A mapping and its place in the template.
#[derive(Debug)]
pub struct Properties<'a> {
    entries: Option<&'a Map<String, Value>>,
    path: String,
}

impl<'a> Properties<'a> {
    /// A mapping; an absent one counts as empty.
    ///
    /// # Errors
    ///
    /// [`TemplateError::Invalid`] if `value` is something else.
    pub fn new(value: Option<&'a Value>, path: impl Into<String>) -> Result<Self, TemplateError> {
        let path = path.into();
        match value {
            None | Some(Value::Null) => Ok(Self { entries: None, path }),
            Some(Value::Object(entries)) => Ok(Self { entries: Some(entries), path }),
            Some(_) => Err(TemplateError::invalid(path, "a mapping")),
        }
    }

    /// Where `key` stands.
    pub fn path(&self, key: &str) -> String {
        below(&self.path, key)
    }

    /// Refuses every key that is neither acted on nor without effect on one machine.
    ///
    /// # Errors
    ///
    /// [`TemplateError::Unsupported`] with the first other key.
    pub fn only(&self, acted_on: &[&str], inert: &[&str]) -> Result<(), TemplateError> {
        let stranger = self
            .entries
            .into_iter()
            .flat_map(Map::keys)
            .find(|key| !acted_on.contains(&key.as_str()) && !inert.contains(&key.as_str()));
        match stranger {
            Some(key) => Err(TemplateError::unsupported(self.path(key), "this property")),
            None => Ok(()),
        }
    }

    /// The value of `key`, whatever it is.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.entries?.get(key)
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.entries.into_iter().flatten()
    }

    /// A nested mapping.
    pub fn nested(&self, key: &str) -> Result<Self, TemplateError> {
        Self::new(self.get(key), self.path(key))
    }

    /// Text; a number counts as its digits.
    pub fn text(&self, key: &str) -> Result<Option<String>, TemplateError> {
        self.get(key)
            .map(|value| scalar(value).ok_or_else(|| TemplateError::invalid(self.path(key), "text")))
            .transpose()
    }

    /// Text that must be there.
    pub fn required_text(&self, key: &str) -> Result<String, TemplateError> {
        self.text(key)?.ok_or_else(|| TemplateError::Missing { path: self.path(key) })
    }

    /// A whole number, also as text (a parameter's override is text).
    pub fn integer(&self, key: &str) -> Result<Option<i64>, TemplateError> {
        self.text(key)?
            .map(|text| text.parse().map_err(|_| TemplateError::invalid(self.path(key), "a whole number")))
            .transpose()
    }

    /// A whole number within `range`.
    pub fn number(
        &self,
        key: &str,
        range: std::ops::RangeInclusive<u32>,
    ) -> Result<Option<u32>, TemplateError> {
        let Some(number) = self.integer(key)? else { return Ok(None) };
        match u32::try_from(number) {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => {
                let expected = format!("a whole number from {} to {}", range.start(), range.end());
                Err(TemplateError::invalid(self.path(key), expected))
            }
        }
    }

    /// A truth value, also as text; absent is false.
    pub fn flag(&self, key: &str) -> Result<bool, TemplateError> {
        match self.text(key)?.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(TemplateError::invalid(self.path(key), "true or false")),
        }
    }

    /// A list; absent is empty.
    pub fn list(&self, key: &str) -> Result<&'a [Value], TemplateError> {
        match self.get(key) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(TemplateError::invalid(self.path(key), "a list")),
        }
    }

    /// Refuses a value other than `only`; absent is fine.
    pub fn fixed(&self, key: &str, only: &str) -> Result<(), TemplateError> {
        match self.text(key)? {
            Some(other) if other != only => Err(TemplateError::unsupported(self.path(key), other)),
            _ => Ok(()),
        }
    }
}
