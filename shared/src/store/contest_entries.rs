//! Entries of contests: one for each person, under a number that nobody else has.

use serde::{Deserialize, Serialize};

use super::access::{from_item, number, put_step, to_attribute, unavailable, update_step, written};
use super::contention::let_others_ahead;
use super::contest_keys::{ContestKey, ENTRIES};
use super::shards::number_row;
use super::{Key, Store};
use crate::domain::outreach::{NUMBER_ROWS, Told, number_at};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, BotKey, OutreachCampaignId, UserId};

/// How often somebody is entered anew whose row moved meanwhile.
const ENTRY_TRIES: usize = 20;

/// An entry of a contest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContestEntry {
    /// Its number.
    pub number: u64,
    /// Whose; `None` of somebody who was erased.
    #[serde(default)]
    pub user: Option<UserId>,
    /// By which bot.
    pub bot: BotId,
    /// When, in Unix seconds.
    pub time: i64,
    /// What became of telling them that they won; `None` before that.
    #[serde(default)]
    pub told: Option<Told>,
    /// Until when somebody may be telling them, in Unix milliseconds.
    #[serde(default)]
    pub telling_until_ms: Option<i64>,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryFate {
    /// It is made, under this number.
    Made(u64),
    /// The person had one, under this number.
    Known(u64),
    /// No more are made.
    Closed,
    /// The bot does not know the person.
    Stranger,
}

#[derive(Default, Deserialize)]
struct Row {
    #[serde(default)]
    entries: u64,
    #[serde(default)]
    closed: bool,
}

#[derive(Serialize, Deserialize)]
struct Entrant {
    number: u64,
}

impl Store {
    /// Enters somebody in the contest of a campaign, once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn enter_contest(
        &self,
        bot: BotKey,
        campaign: &OutreachCampaignId,
        user: UserId,
        time: i64,
    ) -> AppResult<EntryFate> {
        let account = bot.account;
        let row_key = Key::Contest(ContestKey::Row(account, campaign, number_row(user)));
        let entrant = Key::Contest(ContestKey::Entrant(account, campaign, user));
        for tries in 1..=ENTRY_TRIES {
            let row: Row = self.get(&row_key).await?.unwrap_or_default();
            if row.closed {
                return Ok(match self.entry_of(account, campaign, user).await? {
                    Some(number) => EntryFate::Known(number),
                    None => EntryFate::Closed,
                });
            }
            let fresh = number_at(number_row(user), row.entries);
            let mark = self.new_item(&entrant, &Entrant { number: fresh })?;
            let entry = ContestEntry {
                number: fresh,
                user: Some(user),
                bot: bot.bot,
                time,
                told: None,
                telling_until_ms: None,
            };
            let key = Key::Contest(ContestKey::Entry(account, campaign, fresh));
            let count = self
                .update(&row_key)
                .update_expression("SET entries = :after")
                .condition_expression(
                    "attribute_not_exists(closed) AND (entries = :before OR attribute_not_exists(entries))",
                )
                .expression_attribute_values(":before", number(row.entries))
                .expression_attribute_values(":after", number(row.entries + 1));
            let steps = [
                put_step(mark.condition_expression("attribute_not_exists(PK)"))?,
                update_step(count)?,
                put_step(self.new_item(&key, &entry)?.condition_expression("attribute_not_exists(PK)"))?,
                self.is_there(&Key::Contact(account, bot.bot, user))?,
            ];
            match self.transact(steps).await?.map(|refusal| refusal.step) {
                None => return Ok(EntryFate::Made(fresh)),
                Some(0) => {
                    if let Some(known) = self.entry_of(account, campaign, user).await? {
                        return Ok(EntryFate::Known(known));
                    }
                }
                Some(3) => return Ok(EntryFate::Stranger),
                // Another one of the row was quicker, or it was closed.
                Some(_) => let_others_ahead(tries).await,
            }
        }
        Err(AppError::unavailable("many people are entered in a contest at the same time"))
    }

    /// The number of somebody's entry; `None` if they have none.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn entry_of(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        user: UserId,
    ) -> AppResult<Option<u64>> {
        let entrant: Option<Entrant> =
            self.get(&Key::Contest(ContestKey::Entrant(account, campaign, user))).await?;
        Ok(entrant.map(|entrant| entrant.number))
    }

    /// The entry of a number.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn contest_entry(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        number: u64,
    ) -> AppResult<Option<ContestEntry>> {
        self.get(&Key::Contest(ContestKey::Entry(account, campaign, number))).await
    }

    /// The entries of some numbers, a hundred at most, in their order.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn contest_entries(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        numbers: &[u64],
    ) -> AppResult<Vec<Option<ContestEntry>>> {
        let keys: Vec<_> = numbers
            .iter()
            .map(|number| Key::Contest(ContestKey::Entry(account, campaign, *number)))
            .collect();
        self.get_many(&keys).await
    }

    /// How many entries each row has.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn entries_by_row(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<Vec<u64>> {
        let keys: Vec<_> =
            (0..NUMBER_ROWS).map(|row| Key::Contest(ContestKey::Row(account, campaign, row))).collect();
        let rows: Vec<Option<Row>> = self.get_many(&keys).await?;
        Ok(rows.into_iter().map(|row| row.unwrap_or_default().entries).collect())
    }

    /// Some entries of a row from a number on, that one included, at most so many, in the order of their numbers.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn entries_of_row(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        from: u64,
        limit: usize,
    ) -> AppResult<Vec<ContestEntry>> {
        let first = Key::Contest(ContestKey::Entry(account, campaign, from));
        let query = self
            .between(first.partition(), first.sort(), format!("{ENTRIES}~"))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let items = query.send().await.map_err(unavailable)?.items.unwrap_or_default();
        items.into_iter().map(from_item).collect()
    }

    /// Takes an entry away from its person: its number stays, and names nobody. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn forget_entry(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        user: UserId,
    ) -> AppResult<()> {
        let Some(known) = self.entry_of(account, campaign, user).await? else { return Ok(()) };
        let key = Key::Contest(ContestKey::Entry(account, campaign, known));
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression("REMOVE #user")
            .condition_expression("#user = :user")
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", to_attribute(&user)?);
        written(update.send().await)?;
        let entrant = Key::Contest(ContestKey::Entrant(account, campaign, user));
        self.batch_delete(vec![entrant.attributes()]).await
    }

    /// Notes that a winner is being told until a moment, in Unix milliseconds; `false` if somebody did or does that, or the
    /// entry is nobody's.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn begin_telling(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        winner: u64,
        until_ms: i64,
    ) -> AppResult<bool> {
        let key = Key::Contest(ContestKey::Entry(account, campaign, winner));
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression("SET told = :sending, telling_until_ms = :until")
            .condition_expression("attribute_exists(#user) AND attribute_not_exists(told)")
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":sending", to_attribute(&Told::Sending)?)
            .expression_attribute_values(":until", number(until_ms));
        written(update.send().await)
    }

    /// Notes what became of telling a winner, by whoever began it until that moment; nothing stands for: it was not tried.
    /// Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn end_telling(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        (winner, until_ms): (u64, i64),
        told: Option<Told>,
    ) -> AppResult<()> {
        let key = Key::Contest(ContestKey::Entry(account, campaign, winner));
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .condition_expression("told = :sending AND telling_until_ms = :until")
            .expression_attribute_values(":sending", to_attribute(&Told::Sending)?)
            .expression_attribute_values(":until", number(until_ms));
        let update = match told {
            Some(told) => update
                .update_expression("SET told = :told REMOVE telling_until_ms")
                .expression_attribute_values(":told", to_attribute(&told)?),
            None => update.update_expression("REMOVE told, telling_until_ms"),
        };
        written(update.send().await).map(drop)
    }
}
