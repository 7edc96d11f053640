use super::access::{number, to_item, written};
use super::{Key, Store};
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

    /// Writes a segment under a fresh id; `false` if another one has it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn create_segment(&self, account: AccountId, segment: &Segment) -> AppResult<bool> {
        let item = to_item(&Key::Segment(account, &segment.id), segment)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        written(put.condition_expression("attribute_not_exists(PK)").send().await)
    }

    /// Replaces a segment that was read at the version before this one; `false` if it was changed since, or is gone.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn change_segment(&self, account: AccountId, segment: &Segment) -> AppResult<bool> {
        let item = to_item(&Key::Segment(account, &segment.id), segment)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression("version = :before");
        written(put.expression_attribute_values(":before", number(segment.version - 1)).send().await)
    }

    /// Deletes a segment; `false` if there is none.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn delete_segment(&self, account: AccountId, id: &SegmentId) -> AppResult<bool> {
        let delete = self.client.delete_item().table_name(&self.table);
        let delete = delete.set_key(Some(Key::Segment(account, id).attributes()));
        written(delete.condition_expression("attribute_exists(PK)").send().await)
    }
}
