use super::App;
use super::pages::{Page, PageRequest, too_many};
use crate::domain::cursor::spell_question;
use crate::domain::fact_clock::FactClock;
use crate::domain::journal::JournalAction;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, BotKey, ChatId};
use crate::store::{JOURNAL_KEPT_SECONDS, JournalRange, JournalReader, JournalRow};

/// Which rows of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalQuestion {
    /// Seen by this bot, deleted or not.
    pub bot: BotId,
    /// In this chat.
    pub chat: ChatId,
    /// Of this kind.
    pub action: Option<JournalAction>,
    /// At this Unix second or later.
    pub from: Option<i64>,
    /// At this Unix second or earlier.
    pub to: Option<i64>,
}

impl App {
    /// One page of a chat's journal, newest first. Rows are counted once; the cursor carries the total.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account never had the bot, or the bot was never seen in the chat.
    /// - [`AppError::Parameter`] for a cursor of another list, or for `from` if there are too many to count.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn list_journal(
        &self,
        account: AccountId,
        question: JournalQuestion,
        page: &PageRequest,
    ) -> AppResult<Page<JournalRow>> {
        let JournalQuestion { bot, chat, action, from, to } = question;
        let bot_number = i64::try_from(bot.0).unwrap_or(i64::MAX);
        let action_number = action.map(|action| i64::from(action.number()));
        let spelled = spell_question([Some(bot_number), Some(chat.0), action_number, from, to]);
        let after: Option<(FactClock, u64)> = page.after(&spelled)?;
        let bot = BotKey { account, bot };
        self.store.bot(bot).await?.ok_or(AppError::NotFound("bot"))?;
        self.store.chat(bot, chat).await?.ok_or(AppError::NotFound("chat"))?;

        let now = self.clock.now();
        let oldest = now - JOURNAL_KEPT_SECONDS;
        let first = FactClock::first_of_second(from.unwrap_or(oldest).max(oldest));
        // Telegram's clock may be a little ahead of this one.
        let newest = FactClock::last_of_second(to.unwrap_or(i64::MAX).min(now + 86_400));
        let whole = JournalRange { bot, chat, action, first, last: newest };
        let (total, last) = match after {
            Some((place, total)) => (total, newest.min(place.before())),
            None => {
                let counted = self.store.count_journal_rows(&JournalReader::new(whole)?).await?;
                (counted.ok_or_else(too_many)?, newest)
            }
        };
        let mut reader = JournalReader::new(JournalRange { last, ..whole })?;
        let left = self.store.pass_journal_rows(&mut reader, page.offset()).await?;
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let mut rows = self.store.next_journal_rows(&mut reader, page.limit.saturating_add(left)).await?;
        rows.drain(..left.min(rows.len()));
        Ok(Page::new(rows, total, page.limit, spelled, |row| row.clock.to_string()))
    }
}
