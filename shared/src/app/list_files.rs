//! A list as a file. It is never held as a whole: what does not fit an answer goes to S3 in parts.

use super::App;
use super::draw::draw;
use crate::error::AppResult;
use crate::ids::AccountId;
use crate::objects::{ObjectKey, PART_BYTES, PartedObject};

/// What Lambda can answer: six megabytes, and the text grows as it is put into JSON.
const ANSWER_BYTES: usize = 2_500_000;

/// A client waits for half a minute at most.
const WRITTEN_MS: i64 = 24_000;

/// What a file is called, what it is, and how it begins.
#[derive(Clone, Debug)]
pub struct ListFile {
    /// Under which it is saved.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its first line.
    pub header: Vec<u8>,
}

/// A list as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListExport {
    /// All of it.
    Whole(Vec<u8>),
    /// Where it can be read for a quarter of an hour: it is longer than an answer may be.
    Link(String),
}

/// A file that is being written.
pub(super) struct ListWriter<'a> {
    app: &'a App,
    account: AccountId,
    file: ListFile,
    object_name: String,
    object: Option<PartedObject<'a>>,
    until_ms: i64,
    /// What is written of it and not put into a part yet.
    pub bytes: Vec<u8>,
}

impl<'a> ListWriter<'a> {
    /// With its first line.
    pub fn begin(app: &'a App, account: AccountId, file: ListFile) -> AppResult<Self> {
        let (object_name, until_ms) = (draw(24)?, app.clock.now_ms() + WRITTEN_MS);
        let bytes = file.header.clone();
        Ok(Self { app, account, file, object_name, object: None, until_ms, bytes })
    }

    /// Puts a part aside if there is enough for one; `false` if the client would not wait for more.
    pub async fn put_aside(&mut self) -> AppResult<bool> {
        if self.object.is_none() && self.bytes.len() > ANSWER_BYTES {
            let key = ObjectKey::Export(self.account, &self.object_name);
            self.object = Some(self.app.objects()?.begin(&key, self.file.content_type).await?);
        }
        if let Some(object) = self.object.as_mut().filter(|_| self.bytes.len() >= PART_BYTES) {
            object.write(std::mem::take(&mut self.bytes)).await?;
        }
        Ok(self.app.clock.now_ms() <= self.until_ms)
    }

    /// The whole, or where it is.
    pub async fn end(self) -> AppResult<ListExport> {
        let Some(mut object) = self.object else { return Ok(ListExport::Whole(self.bytes)) };
        if !self.bytes.is_empty() {
            object.write(self.bytes).await?;
        }
        object.complete().await?;
        let key = ObjectKey::Export(self.account, &self.object_name);
        Ok(ListExport::Link(self.app.objects()?.link(&key, self.file.name).await?))
    }
}
