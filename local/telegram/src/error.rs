//! What can go wrong, by who has to act: the one who starts the simulator, the one who plays on it, or a bot.

use std::path::PathBuf;

use serde_json::{Value, json};

/// The simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `Simulator::start` was called outside a tokio runtime.
    #[error("the simulator needs a tokio runtime")]
    NoRuntime,
    /// The data file exists but cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The data file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The data file is not a state of this simulator.
    #[error("{path} is not a state of the simulator: {source}")]
    Parse {
        /// The data file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The built-in specification of the Bot API cannot be read.
    #[error("the Bot API specification cannot be read: {0}")]
    Specification(serde_json::Error),
    /// The HTTP client for webhooks could not be built.
    #[error("the HTTP client could not be built: {0}")]
    Client(String),
}

/// An operation of the control interface was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// The input, or the state of things, does not allow it.
    #[error("{field}: {problem}")]
    Invalid {
        /// The field at fault.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The thing named does not exist.
    #[error("no such {kind}: {id}")]
    Unknown {
        /// `bot`, `chat`, `user`, `message`, `update` or `file`.
        kind: &'static str,
        /// What was asked for.
        id: String,
    },
}

impl ControlError {
    pub(crate) fn invalid(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Invalid { field, problem: problem.into() }
    }

    pub(crate) fn unknown(kind: &'static str, id: impl ToString) -> Self {
        Self::Unknown { kind, id: id.to_string() }
    }
}

/// A refusal in Telegram's shape.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiError {
    pub code: u16,
    pub description: String,
    pub parameters: Option<Value>,
    /// The answer is a page of a proxy instead of JSON.
    pub is_html: bool,
}

impl ApiError {
    pub fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), parameters: None, is_html: false }
    }

    /// 400, with Telegram's prefix.
    pub fn bad_request(problem: impl AsRef<str>) -> Self {
        Self::new(400, format!("Bad Request: {}", problem.as_ref()))
    }

    /// 403, with Telegram's prefix.
    pub fn forbidden(problem: impl AsRef<str>) -> Self {
        Self::new(403, format!("Forbidden: {}", problem.as_ref()))
    }

    /// 429: nothing more for `retry_after_s` seconds.
    pub fn too_many_requests(retry_after_s: i64) -> Self {
        Self {
            parameters: Some(json!({ "retry_after": retry_after_s })),
            ..Self::new(429, format!("Too Many Requests: retry after {retry_after_s}"))
        }
    }

    pub fn chat_not_found() -> Self {
        Self::bad_request("chat not found")
    }
}

/// The result of a Bot API method.
pub type ApiResult = Result<Value, ApiError>;
