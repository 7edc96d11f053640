use super::App;
use crate::domain::media::{MediaFormat, MediaRef, TelegramFile};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotKey, CampaignKey};
use crate::objects::{Fetched, ObjectKey};
use crate::secret::BotToken;
use crate::telegram::{NewMessage, TelegramError};

/// What stands above a welcome.
#[derive(Clone, Copy, Debug)]
pub(super) struct WelcomeMedia<'a> {
    pub media: &'a MediaRef,
    pub campaign: CampaignKey,
}

impl App {
    /// Sends a message, below its media if it has one. What Telegram keeps of a media for this bot is sent again by its
    /// id; the first time, and once more where Telegram does not know the id, the file is uploaded. A media that is
    /// gone, or that Telegram refuses, leaves the text alone, and the owner is told.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`] where storage does not answer: nothing has left then.
    pub(super) async fn send_shown(
        &self,
        bot: BotKey,
        token: &BotToken,
        message: &NewMessage,
        shown: Option<WelcomeMedia<'_>>,
    ) -> AppResult<Result<(), TelegramError>> {
        let telegram = self.telegram()?;
        let Some(WelcomeMedia { media, campaign }) = shown else {
            return Ok(telegram.send_message(token, message).await);
        };
        let known = self.store.telegram_file(bot, media).await?;
        if let Some(file) = &known {
            match telegram.send_file(token, message, file).await {
                Err(TelegramError::MediaRefused(reason)) => note_refusal(bot, media, &reason),
                outcome => return Ok(outcome),
            }
        }
        let Some((format, bytes)) = self.media_file(bot.account, media).await? else {
            note_refusal(bot, media, "the file is gone");
            self.tell_of_refused_welcome(bot, campaign).await;
            return Ok(telegram.send_message(token, message).await);
        };
        match telegram.upload_file(token, message, format, bytes).await {
            Ok(file) => {
                self.keep_file(bot, media, file, known.as_ref()).await;
                Ok(Ok(()))
            }
            Err(TelegramError::MediaRefused(reason)) => {
                note_refusal(bot, media, &reason);
                self.tell_of_refused_welcome(bot, campaign).await;
                Ok(telegram.send_message(token, message).await)
            }
            Err(error) => Ok(Err(error)),
        }
    }

    /// The format and the bytes of a media; `None` if it is gone.
    async fn media_file(
        &self,
        account: AccountId,
        media: &MediaRef,
    ) -> AppResult<Option<(MediaFormat, Vec<u8>)>> {
        let Some(known) = self.store.media(account, media).await? else { return Ok(None) };
        let key = ObjectKey::Media(account, media);
        Ok(match self.objects()?.fetch(&key, media.kind().limit_bytes()).await? {
            Fetched::Whole { bytes, .. } => Some((known.format, bytes)),
            Fetched::Absent | Fetched::TooLong => None,
        })
    }

    /// Notes what Telegram keeps. The message has left: a failure costs another upload, not the message.
    async fn keep_file(
        &self,
        bot: BotKey,
        media: &MediaRef,
        file: Option<TelegramFile>,
        wrong: Option<&TelegramFile>,
    ) {
        let kept = match file {
            Some(file) => self.store.keep_telegram_file(bot, media, &file, wrong).await,
            None => Err(AppError::unavailable("Telegram does not say what it keeps")),
        };
        if let Err(error) = kept {
            let (account, id) = (bot.account, bot.bot);
            tracing::warn!(account.id = %account, bot.id = %id, %media, ?error, "a media will be uploaded again");
        }
    }
}

fn note_refusal(bot: BotKey, media: &MediaRef, reason: &str) {
    tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, %media, reason, "a media was not shown");
}
