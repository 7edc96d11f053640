//! Winners of a contest are told, each once: that it is about to happen is written down before, and what came of it after.

use super::App;
use super::sending::{Pause, Verdict as Refused};
use crate::domain::gate::seconds_until;
use crate::domain::outreach::{Contest, Pick, Told};
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, ChatId, OutreachCampaignId, UserId};
use crate::secret::BotToken;
use crate::store::{Bot, ContestEntry, HeldContest};
use crate::telegram::{Note, TelegramError};

/// For how long telling one winner is nobody else's, in milliseconds: longer than a function may run. Who is being told for
/// longer than that is never told again.
const TELLING_MS: i64 = 90_000;

/// Between two winners, in milliseconds: a lane leaves five of the bot's thirty messages a second to others.
const SPACING_MS: i64 = 250;

/// After how many seconds a winner is told whom no connection was found for.
const NO_CONNECTION_SECONDS: u64 = 5;

impl App {
    /// Tells the winners of a drawn contest what they are to be told. Answers after how many seconds it is to go on; `None`
    /// once everybody was told, or never will be.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub(super) async fn tell_winners(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        (contest, held): (&Contest, &HeldContest),
        until_ms: i64,
    ) -> AppResult<Option<u64>> {
        let won: Vec<_> = held.picks.iter().filter(|pick| pick.verdict.has_won()).collect();
        let numbers: Vec<_> = won.iter().map(|pick: &&Pick| pick.number).collect();
        let mut later: Option<u64> = None;
        for entry in self.store.contest_entries(account, id, &numbers).await?.into_iter().flatten() {
            if self.clock.now_ms() > until_ms {
                return Ok(Some(0));
            }
            let waits = self.tell_winner(account, id, (&contest.winner_text, &entry), until_ms).await?;
            later = [later, waits].into_iter().flatten().min();
        }
        Ok(later)
    }

    /// Tells one winner, unless that was done. Answers after how many seconds it may be tried.
    async fn tell_winner(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        (text, entry): (&str, &ContestEntry),
        until_ms: i64,
    ) -> AppResult<Option<u64>> {
        let now_ms = self.clock.now_ms();
        let Some(user) = entry.user else { return Ok(None) };
        match (entry.told, entry.telling_until_ms) {
            (None, _) => {}
            (Some(Told::Sending), Some(begun_ms)) if begun_ms > now_ms => {
                return Ok(Some(seconds_until(begun_ms, now_ms).max(1)));
            }
            (Some(Told::Sending), Some(begun_ms)) => {
                // Whoever began it is dead, and nobody knows what left.
                let unknown = Some(Told::Unknown);
                return self
                    .store
                    .end_telling(account, id, (entry.number, begun_ms), unknown)
                    .await
                    .map(|()| None);
            }
            (Some(_), _) => return Ok(None),
        }
        let bot = BotKey { account, bot: entry.bot };
        let gate = self.store.gate(bot).await?;
        if !gate.is_open(now_ms) {
            return Ok(Some(seconds_until(gate.closed_until_ms, now_ms).max(1)));
        }
        let known = self.cached_bot(bot).await?;
        let token = match &known {
            Some(known) => self.usable_token(bot, known).await?,
            None => None,
        };
        let contact = self.store.contact(bot, user).await?;
        let is_subscribed = contact.is_some_and(|contact| contact.is_subscribed());
        let end_ms = now_ms + TELLING_MS;
        if !self.store.begin_telling(account, id, entry.number, end_ms).await? {
            return Ok(Some(1));
        }
        let (told, later) = match (&known, token) {
            _ if !is_subscribed => (Some(Told::Unsubscribed), None),
            (Some(known), Some(token)) => {
                self.clock.sleep_until_ms(now_ms + SPACING_MS).await;
                self.send_to_winner((bot, known), &token, user, text).await
            }
            _ => (Some(Told::Failed), None),
        };
        let end = || self.store.end_telling(account, id, (entry.number, end_ms), told);
        self.insist(until_ms, end).await.map(|()| later)
    }

    /// What came of it; nothing if it did not leave, with the seconds after which it may.
    async fn send_to_winner(
        &self,
        (bot, known): (BotKey, &Bot),
        token: &BotToken,
        user: UserId,
        text: &str,
    ) -> (Option<Told>, Option<u64>) {
        let note = Note { chat: ChatId(user.0), text: text.to_owned(), button: None };
        let Ok(telegram) = self.telegram() else { return (None, Some(NO_CONNECTION_SECONDS)) };
        let Err(error) = telegram.send_note(token, &note).await else { return (Some(Told::Delivered), None) };
        match self.judge_refusal(bot, known, error).await {
            Refused::Waits(Pause::Gate(gate)) => {
                (None, Some(seconds_until(gate.closed_until_ms, self.clock.now_ms()).max(1)))
            }
            Refused::Waits(Pause::Turn | Pause::Connection) => (None, Some(NO_CONNECTION_SECONDS)),
            Refused::Over => (Some(Told::Failed), None),
            Refused::Other(TelegramError::Ambiguous(_)) => (Some(Told::Unknown), None),
            Refused::Other(TelegramError::PersonUnreachable(_)) => (Some(Told::Unreachable), None),
            Refused::Other(_) => (Some(Told::Failed), None),
        }
    }
}
