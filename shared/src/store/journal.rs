use serde::{Deserialize, Serialize};

use super::access::to_item;
use super::{Key, Store};
use crate::domain::fact_clock::FactClock;
use crate::domain::journal::JournalAction;
use crate::error::AppResult;
use crate::ids::{BotKey, ChatId, LeadId, TrackingCampaignId, UserId};

/// Journal entries are kept this long: thirteen months.
const KEPT_SECONDS: i64 = 400 * 86_400;

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
}

#[derive(Serialize)]
struct StoredRow<'a> {
    #[serde(flatten)]
    row: &'a JournalRow,
    expires_at: i64,
}

impl<'a> StoredRow<'a> {
    fn of(row: &'a JournalRow) -> Self {
        Self { row, expires_at: row.clock.date.saturating_add(KEPT_SECONDS) }
    }
}

impl Store {
    /// Writes one journal row of a bot; writing it again changes nothing.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn write_journal_row(&self, bot: BotKey, row: &JournalRow) -> AppResult<()> {
        self.put(&Key::Journal(bot, row.chat, row.clock), &StoredRow::of(row)).await
    }

    /// Writes journal rows of a bot; writing one again changes nothing or corrects it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn write_journal(&self, bot: BotKey, rows: &[JournalRow]) -> AppResult<()> {
        let items =
            rows.iter().map(|row| to_item(&Key::Journal(bot, row.chat, row.clock), &StoredRow::of(row)));
        self.batch_put(items.collect::<AppResult<_>>()?).await
    }

    /// The journal of one chat in the month of `within`, oldest first.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn journal_month(&self, bot: BotKey, chat: ChatId, within: i64) -> AppResult<Vec<JournalRow>> {
        let clock = FactClock { date: within, update: 0 };
        self.query(Key::Journal(bot, chat, clock).partition(), "0").await
    }
}
