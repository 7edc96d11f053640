use super::access::{text, to_item, written};
use super::{Key, Store};
use crate::domain::media::{MediaRef, TelegramFile};
use crate::error::AppResult;
use crate::ids::BotKey;

impl Store {
    /// What Telegram keeps of a media for a bot.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn telegram_file(&self, bot: BotKey, media: &MediaRef) -> AppResult<Option<TelegramFile>> {
        self.get(&Key::FileId(bot, media)).await
    }

    /// Notes what Telegram keeps of a media for a bot: where nothing is known, or in place of `wrong`. Of two that are
    /// noted at once the first stays. Twice is the same as once.
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
            None => put.condition_expression("attribute_not_exists(PK)"),
            Some(wrong) => put
                .condition_expression("file_id = :wrong")
                .expression_attribute_values(":wrong", text(&wrong.file_id)),
        };
        written(put.send().await).map(drop)
    }
}
