use super::{HeldWrite, HoldingChange, Key, Store};
use crate::domain::outreach::Segment;
use crate::error::AppResult;
use crate::ids::{AccountId, SegmentId};

impl Store {
    /// One segment of an account.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn segment(&self, account: AccountId, id: &SegmentId) -> AppResult<Option<Segment>> {
        self.get(&Key::Segment(account, id)).await
    }

    /// Every segment of an account.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn segments(&self, account: AccountId) -> AppResult<Vec<Segment>> {
        let any = SegmentId::default();
        self.query(Key::Segment(account, &any).partition(), "SEG#").await
    }

    /// Writes a segment under a fresh id, with what the account keeps.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`HeldWrite::Overtaken`] by the first attempt.
    pub async fn create_segment(
        &self,
        account: AccountId,
        segment: &Segment,
        held: HoldingChange,
    ) -> AppResult<HeldWrite> {
        self.make_held(account, (&Key::Segment(account, &segment.id), segment), held, None).await
    }

    /// Replaces a segment that was read at the version before this one, with what the account keeps.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`HeldWrite::Overtaken`] by the first attempt.
    pub async fn change_segment(
        &self,
        account: AccountId,
        segment: &Segment,
        held: HoldingChange,
    ) -> AppResult<HeldWrite> {
        let key = Key::Segment(account, &segment.id);
        self.change_held(account, (&key, segment, segment.version), held).await
    }

    /// Deletes a segment that was read at this version, with what the account keeps.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`HeldWrite::Overtaken`] by the first attempt.
    pub async fn delete_segment(
        &self,
        account: AccountId,
        segment: &Segment,
        held: HoldingChange,
    ) -> AppResult<HeldWrite> {
        self.delete_held(account, (&Key::Segment(account, &segment.id), segment.version), held).await
    }
}
