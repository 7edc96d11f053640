//! How much of outreach an account may keep.

use serde_json::{Map, Value};

use crate::error::{AppError, AppResult, Fault};

/// What a client says of one object takes no more than this as JSON, in bytes: an item takes 400 kB, and a page of twenty
/// has to fit the six megabytes of an answer.
pub const DOCUMENT_BYTES_MAX: u64 = 256 * 1024;

/// Something that an account keeps many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// Outreach campaigns; those that are completed stay for good.
    Campaigns,
    /// Segments.
    Segments,
    /// Templates.
    Templates,
    /// Webhooks.
    Webhooks,
}

impl Holding {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Campaigns, Self::Segments, Self::Templates, Self::Webhooks];

    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Campaigns => "campaigns",
            Self::Segments => "segments",
            Self::Templates => "templates",
            Self::Webhooks => "webhooks",
        }
    }

    /// How many an account has at most.
    #[must_use]
    pub const fn count_max(self) -> u64 {
        match self {
            Self::Campaigns => 10_000,
            Self::Segments => 500,
            Self::Templates => 1_000,
            Self::Webhooks => 20,
        }
    }

    /// How many bytes of JSON they take together at most: a list reads all of them.
    #[must_use]
    pub const fn bytes_max(self) -> u64 {
        match self {
            Self::Campaigns => 32 * 1024 * 1024,
            Self::Segments | Self::Templates => 8 * 1024 * 1024,
            Self::Webhooks => 1024 * 1024,
        }
    }

    /// What an account hears that has as much as it may.
    #[must_use]
    pub fn full(self) -> AppError {
        let (count, bytes) = (self.count_max(), self.bytes_max());
        let reason = format!("an account has at most {count}, of {bytes} bytes of JSON together");
        AppError::Invalid(vec![Fault { field: self.name().to_owned(), reason }])
    }
}

/// How many bytes a document takes as JSON.
///
/// # Errors
///
/// [`AppError::Invalid`] if that is more than is kept of one object.
pub fn document_bytes(document: &Map<String, Value>) -> AppResult<u64> {
    let text = serde_json::to_string(document);
    let text = text.map_err(|error| AppError::unavailable(format!("a document does not write: {error}")))?;
    let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
    if bytes <= DOCUMENT_BYTES_MAX {
        return Ok(bytes);
    }
    let reason = format!(
        "must take at most {DOCUMENT_BYTES_MAX} bytes as JSON, with the fields that stay as they are"
    );
    Err(AppError::Invalid(vec![Fault { field: "body".to_owned(), reason }]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_measured_as_it_is_kept() {
        let document = |characters: usize| {
            let text = "x".repeat(characters);
            json!({"a": text}).as_object().cloned().unwrap()
        };
        assert_eq!(document_bytes(&document(5)).unwrap(), 13);
        let most = usize::try_from(DOCUMENT_BYTES_MAX).unwrap() - 8;
        assert_eq!(document_bytes(&document(most)).unwrap(), DOCUMENT_BYTES_MAX);
        let Err(AppError::Invalid(faults)) = document_bytes(&document(most + 1)) else { panic!() };
        assert_eq!(faults[0].field, "body");
    }
}
