use serde::{Deserialize, Serialize};

use super::access::{number, to_attribute, to_item, written};
use super::{Key, Store};
use crate::domain::media::{MediaFacts, MediaFormat, MediaRef};
use crate::error::AppResult;
use crate::ids::AccountId;

/// A media of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// What campaigns name it by.
    pub reference: MediaRef,
    /// As announced while it is awaited, as judged afterwards.
    pub format: MediaFormat,
    /// Bytes; as announced while it is awaited, as judged afterwards.
    pub size: u64,
    /// Pixels; `None` for a video and while it is awaited.
    pub width: Option<u32>,
    /// Pixels; `None` for a video and while it is awaited.
    pub height: Option<u32>,
    /// Whether it was judged.
    pub state: MediaState,
    /// Unix seconds.
    pub created: i64,
    /// When one that nobody used is forgotten, in Unix seconds; `None` once it was judged.
    pub expires_at: Option<i64>,
}

/// Whether a media was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaState {
    /// The client was given a form to upload it with; it is judged when a campaign first names it.
    Awaited,
    /// It may be shown.
    Checked,
}

impl Store {
    /// One media of an account.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn media(&self, account: AccountId, reference: &MediaRef) -> AppResult<Option<Media>> {
        self.get(&Key::Media(account, reference.as_str())).await
    }

    /// Writes a media under a fresh reference; `false` if another media has it. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn create_media(&self, account: AccountId, media: &Media) -> AppResult<bool> {
        let key = Key::Media(account, media.reference.as_str());
        let item = to_item(&key, media)?;
        let same = "created = :created AND #size = :size AND #format = :format AND #state = :state";
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(format!("attribute_not_exists(PK) OR ({same})"))
            .expression_attribute_names("#size", "size")
            .expression_attribute_names("#format", "format")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":created", number(media.created))
            .expression_attribute_values(":size", number(media.size))
            .expression_attribute_values(":format", to_attribute(&media.format)?)
            .expression_attribute_values(":state", to_attribute(&media.state)?);
        written(put.send().await)
    }

    /// Notes that an awaited media was judged, and keeps it. Nothing happens if that is noted already.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn mark_media_checked(
        &self,
        account: AccountId,
        reference: &MediaRef,
        facts: &MediaFacts,
    ) -> AppResult<()> {
        let mut set = "SET #state = :checked, #format = :format, #size = :size".to_owned();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Media(account, reference.as_str()).attributes()))
            .condition_expression("#state = :awaited")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#format", "format")
            .expression_attribute_names("#size", "size")
            .expression_attribute_values(":awaited", to_attribute(&MediaState::Awaited)?)
            .expression_attribute_values(":checked", to_attribute(&MediaState::Checked)?)
            .expression_attribute_values(":format", to_attribute(&facts.format)?)
            .expression_attribute_values(":size", number(facts.size_bytes));
        if let Some((width, height)) = facts.pixels {
            set.push_str(", width = :width, height = :height");
            update = update.expression_attribute_values(":width", number(width));
            update = update.expression_attribute_values(":height", number(height));
        }
        written(update.update_expression(format!("{set} REMOVE expires_at")).send().await).map(drop)
    }
}
