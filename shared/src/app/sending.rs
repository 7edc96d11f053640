//! Sends one message of a bot, and does what its outcome means.

use super::App;
use super::message_tasks::Receipt;
use super::shown_media::ShownMedia;
use crate::domain::fact_clock::FactClock;
use crate::domain::gate::{Gate, seconds_until};
use crate::domain::owner_news::OwnerNews;
use crate::domain::person::Person;
use crate::error::AppResult;
use crate::ids::BotKey;
use crate::queue::{HOLD_MAX_SECONDS, MessageTask, QueuedMessage};
use crate::secret::BotToken;
use crate::store::{Bot, BotStatus};
use crate::telegram::{NewMessage, TelegramError};

/// After how long a message that found no connection is tried again at first, and at most, in seconds.
const NO_CONNECTION_SECONDS: u64 = 5;
const NO_CONNECTION_MAX_SECONDS: u64 = 600;

/// To whom a bot writes, and why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addressee<'a> {
    pub bot: BotKey,
    pub known: &'a Bot,
    pub person: &'a Person,
    /// When they did what the message answers.
    pub cause: FactClock,
    /// What that was.
    pub grounds: Grounds,
}

/// What lets a bot write to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grounds {
    /// They pressed Start.
    Start,
    /// They asked to join, and nobody has decided it yet.
    Request,
}

/// What became of a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sent {
    /// It left, or nothing would make it arrive.
    Done,
    /// Telegram does not take its formatting or its button.
    ContentRefused,
    /// It did not leave, and may later.
    Waits(Pause),
}

/// What a message waits for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pause {
    /// Nothing but whoever may be at it.
    Turn,
    /// Its turn in the line of the bot's gate.
    Gate(Gate),
    /// A connection to Telegram.
    Connection,
}

/// What a refusal means for whatever was asked of Telegram.
pub(super) enum Verdict {
    /// It may be asked again later.
    Waits(Pause),
    /// The bot cannot be used any more.
    Over,
    /// The meaning depends on what was asked.
    Other(TelegramError),
}

impl App {
    /// Sends a message, below its media if it has one, if the bot has a usable token. Whether its gate is open is the caller's to see to.
    ///
    /// A person who turns out not to be reachable is noted as such.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]: the message did not leave.
    pub(super) async fn send_message(
        &self,
        to: &Addressee<'_>,
        message: &NewMessage,
        media: Option<ShownMedia<'_>>,
    ) -> AppResult<Sent> {
        let Addressee { bot, known, .. } = *to;
        let Some(token) = self.usable_token(bot, known).await? else { return Ok(Sent::Done) };
        let Err(error) = self.send_shown(bot, &token, message, media).await? else { return Ok(Sent::Done) };
        let error = match self.judge_refusal(bot, known, error).await {
            Verdict::Waits(pause) => return Ok(Sent::Waits(pause)),
            Verdict::Over => return Ok(Sent::Done),
            Verdict::Other(error) => error,
        };
        tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, %error, "a message was not delivered");
        match error {
            TelegramError::ContentRefused(_) => return Ok(Sent::ContentRefused),
            // The request was decided meanwhile; the next one may be answered.
            error if to.grounds == Grounds::Request && error.is_want_of_start() => {}
            TelegramError::PersonUnreachable(_) => self.note_unreachable(to).await,
            _ => {}
        }
        Ok(Sent::Done)
    }

    /// The token of a bot that may send; remembered once it was opened.
    pub(super) async fn usable_token(&self, bot: BotKey, known: &Bot) -> AppResult<Option<BotToken>> {
        if known.status != BotStatus::Active {
            return Ok(None);
        }
        self.bot_token(bot, known).await
    }

    /// Does what a refusal means for the whole bot: closes its gate, or disables it. What cannot be written down now
    /// is met again by the next message, so that this never fails.
    pub(super) async fn judge_refusal(&self, bot: BotKey, known: &Bot, error: TelegramError) -> Verdict {
        match error {
            TelegramError::Flood { retry_after_seconds } => {
                Verdict::Waits(Pause::Gate(self.close_gate(bot, retry_after_seconds).await))
            }
            TelegramError::NotSent => Verdict::Waits(Pause::Connection),
            TelegramError::TokenRefused => {
                self.disable_bot(bot, known).await;
                Verdict::Over
            }
            other => Verdict::Other(other),
        }
    }

    /// Notes that Telegram refuses a bot's token, and has the owner told. What cannot be written down now is met again by
    /// the next call, so that this never fails.
    pub(super) async fn disable_bot(&self, bot: BotKey, known: &Bot) {
        tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, "Telegram refuses the bot's token");
        let disabled = async {
            self.store.disable_bot(bot, &known.token).await?;
            self.tell_owner(bot.account, OwnerNews::TokenRefused { bot: bot.bot }).await
        };
        if let Err(error) = disabled.await {
            tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, ?error, "a bot is not disabled, or nobody told");
        }
        self.webhook_cache.bots.forget(&bot);
    }

    async fn close_gate(&self, bot: BotKey, seconds: u64) -> Gate {
        let silence_ms = i64::try_from(seconds.max(1)).unwrap_or(i64::MAX).saturating_mul(1_000);
        let until_ms = self.clock.now_ms().saturating_add(silence_ms);
        tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, seconds, "Telegram wants silence");
        if let Err(error) = self.store.close_gate(bot, until_ms).await {
            tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, ?error, "a gate stays open");
        }
        Gate { closed_until_ms: until_ms, line_end_ms: until_ms }
    }

    /// A start or a request proves that the person could be reached; what is known now is newer by a moment.
    pub(super) async fn note_unreachable(&self, to: &Addressee<'_>) {
        let after = FactClock { update: to.cause.update + 1, ..to.cause };
        let clock = after.max(FactClock::first_of_second(self.clock.now()));
        if let Err(error) = self.store.record_unreached(to.bot, to.person, clock).await {
            tracing::warn!(account.id = %to.bot.account, bot.id = %to.bot.bot, ?error, "reach is not noted");
        }
    }

    /// Leaves a task to the queue that waits for `pause`.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry: at worst the task is there twice.
    pub(super) async fn hand_over(&self, bot: BotKey, pause: Pause, task: &MessageTask) -> AppResult<()> {
        let queue = self.welcome_queue()?;
        match pause {
            Pause::Gate(gate) => {
                let turn_ms = self.join_line(bot, gate).await?;
                let queued = QueuedMessage { task: *task, turn_ms: Some(turn_ms) };
                queue.send_in_line(&queued, seconds_until(turn_ms, self.clock.now_ms())).await
            }
            Pause::Turn => queue.send_later(task, 0).await,
            Pause::Connection => queue.send_later(task, NO_CONNECTION_SECONDS).await,
        }
    }

    /// For how long a task is to be held by its bot's gate, in seconds; `None` if its turn has come. One that comes for
    /// the first time without a turn comes as late as whoever comes now; one that was held was held for its turn.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub(super) async fn wait_at_gate(&self, bot: BotKey, receipt: Receipt<'_>) -> AppResult<Option<u64>> {
        let (gate, now_ms) = (self.store.gate(bot).await?, self.clock.now_ms());
        let turn_ms = receipt.turn_ms.or((receipt.count > 1).then_some(0));
        if gate.admits(turn_ms, now_ms) {
            return Ok(None);
        }
        match turn_ms.filter(|turn_ms| *turn_ms > now_ms.max(gate.closed_until_ms)) {
            Some(turn_ms) => Ok(Some(seconds_until(turn_ms, now_ms).min(HOLD_MAX_SECONDS))),
            None => self.hold_seconds(bot, Pause::Gate(gate), receipt.count).await.map(Some),
        }
    }

    /// For how long a task is held that was received so many times and waits for `pause`, in seconds.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub(super) async fn hold_seconds(&self, bot: BotKey, pause: Pause, receives: u32) -> AppResult<u64> {
        match pause {
            // Who cannot be held that long in one go takes a place next time: no place is kept for them here.
            Pause::Gate(gate)
                if seconds_until(gate.last_turn_ms(), self.clock.now_ms()) > HOLD_MAX_SECONDS =>
            {
                Ok(HOLD_MAX_SECONDS)
            }
            Pause::Gate(gate) => {
                let turn_ms = self.join_line(bot, gate).await?;
                Ok(seconds_until(turn_ms, self.clock.now_ms()))
            }
            Pause::Turn | Pause::Connection => Ok(backoff_seconds(receives)),
        }
    }

    /// The turn of a new place in line, in Unix milliseconds. What is known of the gate counts as well, because its
    /// closing may not have been written down.
    async fn join_line(&self, bot: BotKey, known: Gate) -> AppResult<i64> {
        Ok(self.store.join_line(bot).await?.max(known.last_turn_ms()))
    }
}

/// Five seconds, doubled with each receipt, up to ten minutes.
pub(super) fn backoff_seconds(receives: u32) -> u64 {
    let doublings = receives.saturating_sub(1).min(10);
    (NO_CONNECTION_SECONDS << doublings).min(NO_CONNECTION_MAX_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_connection_five_seconds_double_up_to_ten_minutes() {
        let waits = [0, 1, 2, 3, 7, 8, 100].map(backoff_seconds);
        assert_eq!(waits, [5, 5, 10, 20, 320, 600, 600]);
    }
}
