use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use serde::Deserialize;

use super::access::{from_item, number, text, to_item, written};
use super::registers::refused_item;
use super::{Key, Store};
use crate::domain::media::{MediaRef, ShownAs, TelegramFile};
use crate::error::AppResult;
use crate::ids::BotKey;

/// The time for which nobody else uploads a media of a bot, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadLease {
    /// From now.
    pub now: i64,
    /// To then, unless it is over before.
    pub until: i64,
}

/// Whether a media may be uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadClaim {
    /// It may, by nobody else until the lease ends.
    Granted,
    /// Somebody is at it, or has just done it.
    Leased,
    /// It was tried in vain a moment ago.
    InVain,
}

/// An item of the table: what Telegram keeps, who uploads it, or both.
#[derive(Default, Deserialize)]
struct FileItem {
    file_id: Option<String>,
    shown_as: Option<ShownAs>,
    #[serde(default)]
    in_vain: bool,
}

impl Store {
    /// What Telegram keeps of a media for a bot.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn telegram_file(&self, bot: BotKey, media: &MediaRef) -> AppResult<Option<TelegramFile>> {
        let item: Option<FileItem> = self.get(&Key::FileId(bot, media)).await?;
        let known = item.and_then(|item| item.file_id.zip(item.shown_as));
        Ok(known.map(|(file_id, shown_as)| TelegramFile { file_id, shown_as }))
    }

    /// Leases the upload of a media of which Telegram keeps nothing for a bot, or what proved `wrong`.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; after a retry the answer may be [`UploadClaim::Leased`] by the first attempt.
    pub async fn claim_upload(
        &self,
        bot: BotKey,
        media: &MediaRef,
        wrong: Option<&TelegramFile>,
        lease: UploadLease,
    ) -> AppResult<UploadClaim> {
        let free = "(attribute_not_exists(leased_until) OR leased_until <= :now)";
        let update = self
            .update_file(bot, media)
            .update_expression("SET leased_until = :until REMOVE in_vain")
            .expression_attribute_values(":until", number(lease.until))
            .expression_attribute_values(":now", number(lease.now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = match wrong {
            None => update.condition_expression(format!("attribute_not_exists(file_id) AND {free}")),
            Some(wrong) => update
                .condition_expression(format!("file_id = :wrong AND {free}"))
                .expression_attribute_values(":wrong", text(&wrong.file_id)),
        };
        let Err(error) = update.send().await else { return Ok(UploadClaim::Granted) };
        let item: FileItem = refused_item(error)?.map(from_item).transpose()?.unwrap_or_default();
        Ok(if item.in_vain { UploadClaim::InVain } else { UploadClaim::Leased })
    }

    /// Ends one's own lease of an upload that did not come about: others may try at once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn release_upload(&self, bot: BotKey, media: &MediaRef, lease: UploadLease) -> AppResult<()> {
        let update = self
            .update_file(bot, media)
            .update_expression("REMOVE leased_until")
            .condition_expression("leased_until = :own")
            .expression_attribute_values(":own", number(lease.until));
        written(update.send().await).map(drop)
    }

    /// Notes of one's own lease that the upload was in vain, and that nobody need try until then, in Unix seconds.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn suspend_upload(
        &self,
        bot: BotKey,
        media: &MediaRef,
        lease: UploadLease,
        until: i64,
    ) -> AppResult<()> {
        let update = self
            .update_file(bot, media)
            .update_expression("SET leased_until = :until, in_vain = :yes")
            .condition_expression("leased_until = :own")
            .expression_attribute_values(":until", number(until))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":own", number(lease.until));
        written(update.send().await).map(drop)
    }

    /// Notes what Telegram keeps of a media for a bot: where nothing is known, or in place of `wrong`, and ends the lease.
    /// Of two that are noted at once the first stays. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn keep_telegram_file(
        &self,
        bot: BotKey,
        media: &MediaRef,
        file: &TelegramFile,
        wrong: Option<&TelegramFile>,
    ) -> AppResult<()> {
        let item = to_item(&Key::FileId(bot, media), file)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = match wrong {
            None => put.condition_expression("attribute_not_exists(file_id)"),
            Some(wrong) => put
                .condition_expression("file_id = :wrong")
                .expression_attribute_values(":wrong", text(&wrong.file_id)),
        };
        written(put.send().await).map(drop)
    }

    fn update_file(&self, bot: BotKey, media: &MediaRef) -> UpdateItemFluentBuilder {
        let key = Key::FileId(bot, media).attributes();
        self.client.update_item().table_name(&self.table).set_key(Some(key))
    }
}
