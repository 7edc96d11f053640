use serde::{Deserialize, Serialize};

use super::access::{Expiring, to_attribute, to_item};
use super::ranges::{RowRange, RowReader};
use super::{Key, Store};
use crate::domain::calendar;
use crate::domain::fact_clock::FactClock;
use crate::domain::journal::JournalAction;
use crate::error::AppResult;
use crate::ids::{BotKey, ChatId, LeadId, TrackingCampaignId, UserId};

/// Journal entries are kept this long: thirteen months.
pub const JOURNAL_KEPT_SECONDS: i64 = 400 * 86_400;

/// One join, leave, removal or request seen in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalRow {
    /// The chat.
    pub chat: ChatId,
    /// When, and its place in the journal.
    pub clock: FactClock,
    /// What happened.
    pub action: JournalAction,
    /// Who.
    pub user: UserId,
    /// Their username then.
    pub username: String,
    /// The campaign that tracks the chat; `None` in an untracked chat.
    pub campaign: Option<TrackingCampaignId>,
    /// The lead, if the person came through the campaign.
    pub lead: Option<LeadId>,
    /// Whether no update told of it, so that it happened at some time before.
    #[serde(default)]
    pub reconciled: bool,
}

/// Which rows of a chat's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalRange {
    /// The bot that saw them.
    pub bot: BotKey,
    /// The chat.
    pub chat: ChatId,
    /// Only rows of this kind.
    pub action: Option<JournalAction>,
    /// The earliest.
    pub first: FactClock,
    /// The latest.
    pub last: FactClock,
}

/// A place in a chat's journal, from the newest row to the oldest.
#[derive(Clone, Debug)]
pub struct JournalReader(RowReader);

impl JournalReader {
    /// Begins at the newest row of a range.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`] if the action does not write; a fault of this crate.
    pub fn new(range: JournalRange) -> AppResult<Self> {
        let JournalRange { bot, chat, action, first, last } = range;
        let wanted = action.map(|action| to_attribute(&action)).transpose()?;
        let months = calendar::months_back(first.date, last.date).into_iter().map(|(from, to)| {
            let from = FactClock::first_of_second(from).max(first);
            let to = FactClock::last_of_second(to).min(last);
            let rows = RowRange::between(&Key::Journal(bot, chat, from), &Key::Journal(bot, chat, to));
            wanted.iter().fold(rows, |rows, action| rows.filtered("action", action.clone()))
        });
        Ok(Self(RowReader::new(months)))
    }
}

/// A row with its end.
fn kept(row: &JournalRow) -> Expiring<&JournalRow> {
    Expiring { value: row, expires_at: row.clock.date.saturating_add(JOURNAL_KEPT_SECONDS) }
}

impl Store {
    /// Writes one journal row of a bot; writing it again changes nothing.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn write_journal_row(&self, bot: BotKey, row: &JournalRow) -> AppResult<()> {
        self.put(&Key::Journal(bot, row.chat, row.clock), &kept(row)).await
    }

    /// Writes journal rows of a bot; writing one again changes nothing or corrects it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn write_journal(&self, bot: BotKey, rows: &[JournalRow]) -> AppResult<()> {
        let items = rows.iter().map(|row| to_item(&Key::Journal(bot, row.chat, row.clock), &kept(row)));
        self.batch_put(items.collect::<AppResult<_>>()?).await
    }

    /// The next rows of a chat's journal, at most `limit`; fewer come only at the end.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry with a new reader.
    pub async fn next_journal_rows(
        &self,
        reader: &mut JournalReader,
        limit: usize,
    ) -> AppResult<Vec<JournalRow>> {
        self.next_rows(&mut reader.0, limit).await
    }

    /// Passes over rows, `count` at most, and answers how many of them are still to be read and dropped.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry with a new reader.
    pub async fn pass_journal_rows(&self, reader: &mut JournalReader, count: u64) -> AppResult<u64> {
        self.pass_rows(&mut reader.0, count).await
    }

    /// How many rows are left; reads all of them. `None` if they are too many to be counted.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn count_journal_rows(&self, reader: &JournalReader) -> AppResult<Option<u64>> {
        self.count_rows(&reader.0).await
    }
}
