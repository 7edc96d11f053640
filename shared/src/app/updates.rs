use std::sync::Arc;

use super::App;
use crate::domain::fact_clock::FactClock;
use crate::error::{AppError, AppResult};
use crate::ids::BotKey;
use crate::store::{Bot, BotStatus};
use crate::telegram::Update;

/// Telegram's own limit on an update.
const UPDATE_BYTES: usize = 64 * 1024;

/// The last second that a fact clock can spell, in the year 5138.
const DATE_MAX: i64 = 99_999_999_999;

/// Why an update was not taken.
#[derive(Debug, thiserror::Error)]
pub enum UpdateRefusal {
    /// The secret is not that of a connected bot. Nothing was read of the body.
    #[error("the secret is wrong")]
    Unauthorized,
    /// The body is no update.
    #[error("the body is no update")]
    NotAnUpdate,
    /// Something the update needs does not answer; Telegram shall bring it again after so many seconds.
    #[error("try again in {retry_after_seconds} s")]
    Later {
        /// Seconds.
        retry_after_seconds: u64,
        /// For the log.
        internal: String,
    },
}

impl From<AppError> for UpdateRefusal {
    fn from(error: AppError) -> Self {
        let internal = match error {
            AppError::Unavailable { internal } => internal,
            other => other.to_string(),
        };
        Self::Later { retry_after_seconds: 1, internal }
    }
}

impl App {
    /// Takes one update of a bot: one durable write, then, for a press of Start, the welcome.
    ///
    /// The same update twice changes nothing the second time. Kinds that are not known are taken and dropped.
    ///
    /// # Errors
    ///
    /// [`UpdateRefusal`]; after [`UpdateRefusal::Later`] Telegram brings the update again.
    pub async fn receive_update(&self, bot: BotKey, secret: &str, body: &[u8]) -> Result<(), UpdateRefusal> {
        let known = self.bot_with_secret(bot, secret).await?.ok_or(UpdateRefusal::Unauthorized)?;
        if body.len() > UPDATE_BYTES {
            return Err(UpdateRefusal::NotAnUpdate);
        }
        let update: Update = serde_json::from_slice(body).map_err(|_| UpdateRefusal::NotAnUpdate)?;
        if known.status == BotStatus::Deleted {
            return Ok(());
        }
        let date = update.date();
        if !(0..=DATE_MAX).contains(&date) || update.update_id < 0 {
            return Err(UpdateRefusal::NotAnUpdate);
        }
        let clock = FactClock { date, update: update.update_id };
        if let Some(message) = &update.message {
            self.receive_any_message(bot, &known, message, clock).await
        } else if let Some(change) = &update.chat_member {
            Ok(self.receive_chat_member(bot, change, clock).await?)
        } else if let Some(request) = &update.chat_join_request {
            Ok(self.receive_join_request(bot, &known, request, clock).await?)
        } else if let Some(change) = &update.my_chat_member {
            Ok(self.receive_my_chat_member(bot, change, clock).await?)
        } else if let Some(press) = &update.callback_query {
            Ok(self.receive_press(bot, &known, press, update.update_id).await?)
        } else {
            Ok(())
        }
    }

    /// The bot, if the secret is its own; a secret that was just renewed is seen within a second.
    async fn bot_with_secret(&self, key: BotKey, secret: &str) -> AppResult<Option<Arc<Bot>>> {
        let matching = |bot: &Arc<Bot>| bot.knows_secret(secret);
        match self.cached_bot(key).await?.filter(matching) {
            None if self.webhook_cache.bots.forget_older(&key) => {
                Ok(self.cached_bot(key).await?.filter(matching))
            }
            known => Ok(known),
        }
    }
}
