use std::time::Duration;

use super::App;
use crate::domain::media::{MediaFormat, MediaRef, TelegramFile};
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, CampaignKey};
use crate::objects::{Fetched, ObjectKey};
use crate::secret::BotToken;
use crate::store::{UploadClaim, UploadLease};
use crate::telegram::{NewMessage, SentMessage, TelegramError};

/// How long a message may take from its beginning to the end of its upload. API Gateway waits 30 s for the webhook, and
/// the text alone may take another eight.
const UPLOAD_MS: u64 = 18_000;

/// How long whoever uploads a media alone does so, in seconds: longer than any function that sends may run.
const UPLOADING_SECONDS: i64 = 35;

/// How long a media that could not be uploaded is not tried again, in seconds.
const IN_VAIN_SECONDS: i64 = 60;

/// What stands above a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownMedia<'a> {
    pub media: &'a MediaRef,
    pub otherwise: Otherwise,
}

/// What becomes of a message whose media is gone, or is not taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Otherwise {
    /// The text goes alone, and the owner is told of this campaign's welcome.
    TextAlone(CampaignKey),
    /// Nothing goes.
    Nothing,
}

impl App {
    /// Sends a message, below its media if it has one. What Telegram keeps of a media for this bot is sent again by its
    /// id; the first time, and once more where Telegram does not know the id, the file is uploaded, by one message alone.
    /// A media that is gone, or that Telegram refuses, leaves the text alone, or nothing, and for a minute that of others
    /// too.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`] where storage does not answer: nothing has left then.
    pub(super) async fn send_shown(
        &self,
        bot: BotKey,
        token: &BotToken,
        message: &NewMessage,
        shown: Option<ShownMedia<'_>>,
    ) -> AppResult<Result<SentMessage, TelegramError>> {
        let (telegram, began_ms) = (self.telegram()?, self.clock.now_ms());
        let Some(ShownMedia { media, otherwise }) = shown else {
            return Ok(telegram.send_message(token, message).await);
        };
        let known = self.store.telegram_file(bot, media).await?;
        if let Some(file) = &known {
            match telegram.send_file(token, message, file).await {
                Err(TelegramError::MediaRefused(reason)) => note_refusal(bot, media, &reason),
                outcome => return Ok(outcome),
            }
        }
        let now = self.clock.now();
        let lease = UploadLease { now, until: now + UPLOADING_SECONDS };
        match self.store.claim_upload(bot, media, known.as_ref(), lease).await? {
            UploadClaim::Granted => {}
            // Another message takes it along; what Telegram keeps of that is worth the wait.
            UploadClaim::Leased => return Ok(Err(TelegramError::NotSent)),
            UploadClaim::InVain => return self.without_media(token, message, otherwise).await,
        }
        let Some((format, bytes)) = self.media_file(bot.account, media).await? else {
            note_refusal(bot, media, "the file is gone");
            self.suspend_upload(bot, media, lease).await;
            self.tell_of_refused_media(bot, otherwise).await;
            return self.without_media(token, message, otherwise).await;
        };
        let timeout = upload_timeout(self.clock.now_ms() - began_ms);
        match telegram.upload_file(token, message, format, bytes, timeout).await {
            Ok((sent, Some(file))) => {
                self.keep_file(bot, media, &file, known.as_ref()).await;
                Ok(Ok(sent))
            }
            Ok((sent, None)) => {
                note_refusal(bot, media, "Telegram does not say what it keeps");
                self.suspend_upload(bot, media, lease).await;
                Ok(Ok(sent))
            }
            Err(TelegramError::MediaRefused(reason)) => {
                note_refusal(bot, media, &reason);
                self.suspend_upload(bot, media, lease).await;
                self.tell_of_refused_media(bot, otherwise).await;
                self.without_media(token, message, otherwise).await
            }
            Err(error @ TelegramError::ContentRefused(_)) => {
                self.suspend_upload(bot, media, lease).await;
                Ok(Err(error))
            }
            Err(error) => {
                self.release_upload(bot, media, lease).await;
                Ok(Err(error))
            }
        }
    }

    async fn without_media(
        &self,
        token: &BotToken,
        message: &NewMessage,
        otherwise: Otherwise,
    ) -> AppResult<Result<SentMessage, TelegramError>> {
        Ok(match otherwise {
            Otherwise::TextAlone(_) => self.telegram()?.send_message(token, message).await,
            Otherwise::Nothing => {
                Err(TelegramError::MediaRefused("the media is gone or not taken".to_owned()))
            }
        })
    }

    async fn tell_of_refused_media(&self, bot: BotKey, otherwise: Otherwise) {
        if let Otherwise::TextAlone(campaign) = otherwise {
            self.tell_of_refused_welcome(bot, campaign).await;
        }
    }

    /// Has nobody upload a media for a while. A failure has others wait for the end of the lease, and try then.
    async fn suspend_upload(&self, bot: BotKey, media: &MediaRef, lease: UploadLease) {
        let until = self.clock.now() + IN_VAIN_SECONDS;
        if let Err(error) = self.store.suspend_upload(bot, media, lease, until).await {
            let (account, id) = (bot.account, bot.bot);
            tracing::warn!(account.id = %account, bot.id = %id, %media, ?error, "a media will be tried again soon");
        }
    }

    /// Lets others upload a media at once. The message may have left: a failure has others wait for the end of the lease.
    async fn release_upload(&self, bot: BotKey, media: &MediaRef, lease: UploadLease) {
        if let Err(error) = self.store.release_upload(bot, media, lease).await {
            let (account, id) = (bot.account, bot.bot);
            tracing::warn!(account.id = %account, bot.id = %id, %media, ?error, "a media will be tried again later");
        }
    }

    /// A media that Telegram keeps for a bot; `None` if it would have to be uploaded, for which no function has the time
    /// twice.
    pub(super) async fn kept_media<'a>(
        &self,
        bot: BotKey,
        shown: Option<ShownMedia<'a>>,
    ) -> AppResult<Option<ShownMedia<'a>>> {
        let Some(shown) = shown else { return Ok(None) };
        Ok(self.store.telegram_file(bot, shown.media).await?.map(|_| shown))
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
        file: &TelegramFile,
        wrong: Option<&TelegramFile>,
    ) {
        if let Err(error) = self.store.keep_telegram_file(bot, media, file, wrong).await {
            let (account, id) = (bot.account, bot.bot);
            tracing::warn!(account.id = %account, bot.id = %id, %media, ?error, "a media will be uploaded again");
        }
    }
}

/// How long an upload may take that comes so many milliseconds after the message was begun: 50 MB at 22 Mbit/s, less what
/// a wrong file id and the bucket have taken.
fn upload_timeout(passed_ms: i64) -> Duration {
    Duration::from_millis(UPLOAD_MS.saturating_sub(passed_ms.max(0).unsigned_abs()))
}

fn note_refusal(bot: BotKey, media: &MediaRef, reason: &str) {
    tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, %media, reason, "a media was not shown");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_has_what_the_message_has_left() {
        let left = [-1, 0, 3_000, 18_000, 60_000].map(|passed_ms| upload_timeout(passed_ms).as_millis());
        assert_eq!(left, [18_000, 18_000, 15_000, 0, 0]);
    }
}
