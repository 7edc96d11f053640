use super::App;
use crate::domain::fact_clock::FactClock;
use crate::domain::owner_news::OwnerNews;
use crate::error::{AppError, AppResult};
use crate::ids::{BotKey, ChatId, TrackingCampaignId};
use crate::store::{Chat, ChatMove, ChatRights};
use crate::telegram::TelegramError;

/// How often a move is tried that meets others: Telegram tells it in the group and in the supergroup.
const MOVE_TRIES: usize = 5;

impl App {
    /// Takes note that a group of a bot became a supergroup. Twice is the same as once; the group's journal stays.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn move_chat(&self, bot: BotKey, from: ChatId, to: ChatId) -> AppResult<()> {
        for _ in 0..MOVE_TRIES {
            if to == from {
                return Ok(());
            }
            let Some(chat) = self.store.chat(bot, from).await? else {
                // What tells of the bot in the group may come after this.
                if self.store.note_move(bot, from, to).await? {
                    return Ok(());
                }
                continue;
            };
            if chat.moved_to.is_some() {
                return Ok(());
            }
            match self.store.move_chat(bot, &chat, to).await? {
                ChatMove::Moved => return Ok(()),
                ChatMove::Changed => {}
                ChatMove::Taken => {
                    tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, "another campaign has the supergroup");
                    return Ok(());
                }
            }
        }
        Err(AppError::unavailable("a group that became a supergroup keeps changing"))
    }

    /// Notes that Telegram refuses a bot in a chat, where it was administrator as far as was known. The owner hears of
    /// a chat that is lost, not of a right that is missing.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn note_lost_chat(
        &self,
        bot: BotKey,
        chat: ChatId,
        refusal: &TelegramError,
    ) -> AppResult<()> {
        let known = self.store.chat(bot, chat).await?;
        let Some(mut known) = known.filter(|known| known.rights == ChatRights::Admin) else { return Ok(()) };
        // What is known now is newer than what was, by a moment.
        let after = FactClock { update: known.seen.update + 1, ..known.seen };
        let seen = after.max(FactClock::first_of_second(self.clock.now()));
        known.rights = ChatRights::Lost;
        known.seen = seen;
        self.store.record_chat(bot, &known).await?;
        if refusal.is_lack_of_rights() || known.campaign.is_none() {
            return Ok(());
        }
        if let Err(error) =
            self.tell_owner(bot.account, OwnerNews::RightsLost { bot: bot.bot, chat, seen }).await
        {
            tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, ?error, "the owner is not told");
        }
        Ok(())
    }

    /// What a bot may do in a group that is a supergroup by now, it may do there, unless Telegram said otherwise.
    pub(super) async fn carry_rights_over(&self, bot: BotKey, group: &Chat) -> AppResult<()> {
        let moved_to = self.store.chat(bot, group.id).await?.and_then(|known| known.moved_to);
        match moved_to {
            Some(to) => self.store.arrive(bot, group, to).await,
            None => Ok(()),
        }
    }

    /// The campaign that tracks a chat of a bot, or the supergroup it became: what happened in the group may be told
    /// after that.
    pub(super) async fn claim_of_chat(
        &self,
        bot: BotKey,
        chat: ChatId,
    ) -> AppResult<Option<TrackingCampaignId>> {
        let Some(known) = self.store.chat(bot, chat).await? else { return Ok(None) };
        match (known.campaign, known.moved_to) {
            (None, Some(moved)) => Ok(self.store.chat(bot, moved).await?.and_then(|chat| chat.campaign)),
            (claim, _) => Ok(claim),
        }
    }
}
