//! Somebody presses the button of a contest.

use std::time::Duration;

use tokio::time::timeout;

use super::App;
use super::sending::Verdict;
use crate::domain::outreach::{ContestButton, Entered, OutreachStatus};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotKey, ChatId, UserId};
use crate::store::{Bot, EntryFate, HeldContest};
use crate::telegram::{Membership, TelegramError};

/// How long somebody waits who pressed, before they are asked to press again.
const PATIENCE: Duration = Duration::from_millis(800);

/// Telegram's words for somebody who never was in a chat.
const NO_MEMBER: [&str; 3] = ["user not found", "member not found", "PARTICIPANT_ID_INVALID"];

impl App {
    /// Enters somebody in a contest, once, and answers what they are shown. What does not answer in time has them press
    /// again: who is entered by then hears their number.
    pub(super) async fn press_contest(&self, bot: BotKey, user: UserId, button: &ContestButton) -> String {
        let entered = timeout(PATIENCE, self.enter_contest(bot, user, button)).await;
        let entered = entered.unwrap_or_else(|_| Err(AppError::unavailable("it takes too long")));
        entered.unwrap_or_else(|error| {
            tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, ?error, "nobody is entered");
            Entered::Unclear.notice(None)
        })
    }

    /// Counts somebody who takes part in a contest as one who clicked, once. What is not counted now is with the next press.
    pub(super) async fn count_entrant(&self, bot: BotKey, user: UserId, button: &ContestButton) {
        let campaign = &button.campaign;
        let counted = async {
            if self.store.entry_of(bot.account, campaign, user).await?.is_some() {
                self.store.count_press(bot, user, campaign, self.clock.now()).await?;
            }
            AppResult::Ok(())
        };
        if let Err(error) = counted.await {
            tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, ?error, "a press is not counted");
        }
    }

    async fn enter_contest(&self, bot: BotKey, user: UserId, button: &ContestButton) -> AppResult<String> {
        let (account, id) = (bot.account, &button.campaign);
        if button.test {
            return Ok(Entered::Test.notice(None));
        }
        if let Some(number) = self.store.entry_of(account, id, user).await? {
            return Ok(Entered::Before(number).notice(None));
        }
        let closed = || Ok(Entered::Closed.notice(None));
        let Some(campaign) = self.store.outreach_campaign(account, id).await? else { return closed() };
        let Some(contest) = campaign.taking_part()?.contest else { return closed() };
        let is_over = contest.draw_at.is_some_and(|at| at <= self.clock.now());
        if is_over || campaign.status == OutreachStatus::Cancelled {
            return closed();
        }
        let held = self.store.contest(account, id).await?.filter(|held| held.closed.is_none());
        let Some(held) = held else { return closed() };
        match self.is_contest_member(account, &held, user).await? {
            Some(true) => {}
            Some(false) => return Ok(Entered::NotMember.notice(None)),
            None => return Ok(Entered::Unclear.notice(None)),
        }
        let entered = match self.store.enter_contest(bot, id, user, self.clock.now()).await? {
            EntryFate::Made(number) => Entered::Now(number),
            EntryFate::Known(number) => Entered::Before(number),
            EntryFate::Closed => Entered::Closed,
            EntryFate::Stranger => Entered::Unclear,
        };
        Ok(entered.notice(contest.thanks.as_deref()))
    }

    /// Whether somebody is a member of the chat that a contest is for, anybody being one where it is for none; `None` if its
    /// bot may not ask, or Telegram answers nothing that helps.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`] if storage or Telegram does not answer now; safe to retry.
    pub(super) async fn is_contest_member(
        &self,
        account: AccountId,
        held: &HeldContest,
        user: UserId,
    ) -> AppResult<Option<bool>> {
        let (Some(chat), Some(asker)) = (held.chat, held.asker) else { return Ok(Some(true)) };
        let asker = BotKey { account, bot: asker };
        match self.cached_bot(asker).await? {
            Some(known) => self.is_member((asker, &known), chat, user).await,
            None => Ok(None),
        }
    }

    async fn is_member(
        &self,
        (bot, known): (BotKey, &Bot),
        chat: ChatId,
        user: UserId,
    ) -> AppResult<Option<bool>> {
        let Some(token) = self.usable_token(bot, known).await? else { return Ok(None) };
        let telegram = self.telegram()?;
        let mut answer = telegram.get_chat_member(&token, chat, user).await;
        if let Err(TelegramError::ChatMigrated(to)) = answer {
            answer = telegram.get_chat_member(&token, ChatId(to), user).await;
        }
        let error = match answer {
            Ok(member) => {
                return Ok(match member.membership() {
                    Membership::Present => Some(true),
                    Membership::Absent | Membership::Banned => Some(false),
                    Membership::Unknown => None,
                });
            }
            Err(error) => error,
        };
        match self.judge_refusal(bot, known, error).await {
            Verdict::Waits(_) | Verdict::Other(TelegramError::Ambiguous(_)) => {
                Err(AppError::unavailable("Telegram does not say now who is a member"))
            }
            Verdict::Over => Ok(None),
            Verdict::Other(TelegramError::PersonUnreachable(_)) => Ok(Some(false)),
            Verdict::Other(TelegramError::Refused { description, .. })
                if NO_MEMBER.iter().any(|words| description.contains(words)) =>
            {
                Ok(Some(false))
            }
            Verdict::Other(error) => {
                tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, %error, "a bot cannot ask who is a member");
                Ok(None)
            }
        }
    }
}
