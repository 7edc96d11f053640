//! Who is in a segment, before anything is sent to them.

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value};

use super::App;
use crate::domain::outreach::{AudienceCount, Segment, SegmentBody};
use crate::error::AppResult;
use crate::ids::{AccountId, SegmentId};
use crate::store::KnownPerson;

/// How long a call counts, about, in milliseconds: API Gateway waits for half a minute.
const COUNTED_MS: i64 = 15_000;

/// How many of the sample are read at the same time.
const READ_AT_ONCE: usize = 10;

/// Who is in a segment.
#[derive(Clone, Debug)]
pub struct Preview {
    /// How many.
    pub count: AudienceCount,
    /// Whether everybody was counted; else those who were stand for all.
    pub exact: bool,
    /// Some of them, the same as long as nothing changes.
    pub sample: Vec<KnownPerson>,
}

impl App {
    /// Who is in a segment of an account.
    ///
    /// # Errors
    ///
    /// - [`crate::AppError::NotFound`] if the account has none such.
    /// - [`crate::AppError::Unavailable`], safe to retry.
    pub async fn preview_segment(&self, account: AccountId, id: &SegmentId) -> AppResult<Preview> {
        let body = self.segment(account, id).await?.body()?;
        self.preview(account, id.clone(), &body).await
    }

    /// Who would be in a segment of this body, which needs no name.
    ///
    /// # Errors
    ///
    /// - [`crate::AppError::Invalid`], [`crate::AppError::UnsupportedFilter`] for what was sent.
    /// - [`crate::AppError::Unavailable`], safe to retry.
    pub async fn preview_body(&self, account: AccountId, document: Map<String, Value>) -> AppResult<Preview> {
        let mut document = Segment::own_fields(document);
        document.entry("name").or_insert_with(|| Value::from("Preview"));
        let (id, body) = (SegmentId::default(), SegmentBody::read(&document)?);
        self.check_exclusions(account, &id, &body).await?;
        self.preview(account, id, &body).await
    }

    async fn preview(&self, account: AccountId, id: SegmentId, body: &SegmentBody) -> AppResult<Preview> {
        let audience = self.segments(account).await?.audience_of(id, body);
        let mut count = self.count_audiences(account, &[audience], COUNTED_MS).await?;
        let sample = stream::iter(count.sample)
            .map(|user| self.store.known_person(account, user))
            .buffered(READ_AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        let mut sample: Vec<_> = sample.into_iter().flatten().collect();
        self.note_silence(account, &mut sample).await?;
        Ok(Preview { count: count.counts.pop().unwrap_or_default(), exact: count.exact, sample })
    }
}
