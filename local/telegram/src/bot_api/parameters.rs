//! Parameters as they come: query, JSON, form or multipart.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::error::ApiError;

/// The most a whole request may weigh: a file of 50 MB and its parameters.
pub const MAX_REQUEST_BYTES: usize = 51 * 1024 * 1024;

/// A file of a multipart request.
#[derive(Debug, Clone)]
pub struct Upload {
    pub file_name: Option<String>,
    pub content_type: String,
    pub bytes: Bytes,
}

/// Values by name, not checked yet; texts stay texts.
#[derive(Debug, Default)]
pub struct Raw {
    pub values: Map<String, Value>,
    pub files: BTreeMap<String, Upload>,
}

impl Raw {
    pub async fn read(request: Request) -> Result<Self, ApiError> {
        let mut raw = Self::default();
        raw.add_form(request.uri().query().unwrap_or_default().as_bytes());
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        match kind.to_ascii_lowercase().as_str() {
            "multipart/form-data" => raw.add_multipart(request).await?,
            "application/json" => raw.add_json(&read_body(request).await?)?,
            "application/x-www-form-urlencoded" => raw.add_form(&read_body(request).await?),
            _ => {}
        }
        Ok(raw)
    }

    /// As recorded: a file is its name and size.
    pub fn recorded(&self) -> Map<String, Value> {
        let mut recorded = self.values.clone();
        for (name, file) in &self.files {
            let summary = json!({ "file_name": file.file_name, "size_bytes": file.bytes.len() });
            recorded.insert(name.clone(), summary);
        }
        recorded
    }

    fn add_form(&mut self, text: &[u8]) {
        for (name, value) in url::form_urlencoded::parse(text) {
            self.values.insert(name.into_owned(), Value::String(value.into_owned()));
        }
    }

    fn add_json(&mut self, body: &[u8]) -> Result<(), ApiError> {
        if body.is_empty() {
            return Ok(());
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => {
                self.values.extend(object.into_iter().filter(|(_, value)| !value.is_null()));
                Ok(())
            }
            Ok(_) | Err(_) => Err(ApiError::bad_request("can't parse JSON object")),
        }
    }

    async fn add_multipart(&mut self, request: Request) -> Result<(), ApiError> {
        let malformed = |_| ApiError::bad_request("can't parse multipart/form-data request");
        let mut parts = Multipart::from_request(request, &()).await.map_err(malformed)?;
        loop {
            let part = parts.next_field().await.map_err(|error| rejected(&error))?;
            let Some(part) = part else { return Ok(()) };
            let Some(name) = part.name().map(str::to_owned) else { continue };
            let file_name = part.file_name().map(str::to_owned);
            let content_type = part.content_type().map(str::to_owned);
            let bytes = part.bytes().await.map_err(|error| rejected(&error))?;
            if file_name.is_some() {
                let content_type = content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
                self.files.insert(name, Upload { file_name, content_type, bytes });
            } else {
                self.values.insert(name, Value::String(String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
}

fn rejected(error: &axum::extract::multipart::MultipartError) -> ApiError {
    if error.status().as_u16() == 413 {
        too_large()
    } else {
        ApiError::bad_request("can't parse multipart/form-data request")
    }
}

async fn read_body(request: Request) -> Result<Bytes, ApiError> {
    axum::body::to_bytes(request.into_body(), MAX_REQUEST_BYTES).await.map_err(|_| too_large())
}

pub fn too_large() -> ApiError {
    ApiError::new(413, "Request Entity Too Large")
}
