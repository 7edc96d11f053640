//! The erasure of a person, as far as it is.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::access::{
    Expiring, from_item, number, put_step, text, to_attribute, to_item, unavailable, update_step, written,
};
use super::{Item, Key, Store};
use crate::domain::click::ClickToken;
use crate::domain::erasure::{ErasedLead, ErasedList, ErasurePass, ErasurePlace};
use crate::domain::fact_clock::FactClock;
use crate::domain::postback_id::PostbackId;
use crate::error::AppResult;
use crate::ids::{AccountId, BotId, BotKey, CampaignKey, UserId};
use crate::secret::{fingerprint, hex};

/// The erasure of one person; gone when it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Who.
    pub user: UserId,
    /// When it was last asked for, in Unix seconds.
    pub requested: i64,
    /// Which of its passes is under way.
    pub pass: ErasurePass,
    /// When that begins, in Unix seconds.
    #[serde(default)]
    pub begins: i64,
    /// Where they were a lead or an organic person.
    #[serde(default)]
    pub leads: Vec<ErasedLead>,
    /// From where to go on; `None` at the beginning of a pass.
    #[serde(default)]
    pub place: Option<ErasurePlace>,
    /// How often this was written; a change names the version that it was made of.
    pub version: u64,
}

/// What a page of a list has of a person.
#[derive(Clone, Debug, Default)]
pub struct ListedOfPerson {
    /// The postbacks among it that are to be tried again.
    pub planned: Vec<PlannedPostback>,
    rows: Vec<Item>,
    next: Option<String>,
}

/// A postback that is to be tried again.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct PlannedPostback {
    /// The postback.
    pub id: PostbackId,
    /// When, in Unix milliseconds.
    pub next_ms: i64,
}

/// That somebody was erased.
#[derive(Serialize, Deserialize)]
struct ErasedMark {
    requested: i64,
}

/// How long it is known that somebody was erased, in seconds: a stream keeps its records for a day, and who was erased may
/// block the bot long after that.
const MARK_SECONDS: i64 = 400 * 86_400;

/// What stands for somebody who is to be named nowhere.
fn nameless(user: UserId) -> String {
    hex(&fingerprint(&format!("erased {user}")))
}

impl Store {
    /// The erasure of a person; `None` if none is under way.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn erasure(&self, account: AccountId, user: UserId) -> AppResult<Option<Erasure>> {
        self.get(&Key::Erasure(account, user)).await
    }

    /// Notes that a person is to be erased, from the beginning, and marks it for [`Store::erased`]. What an earlier erasure
    /// found out stays.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn begin_erasure(&self, account: AccountId, user: UserId, now: i64) -> AppResult<()> {
        let update = self
            .update(&Key::Erasure(account, user))
            .update_expression(
                "SET #user = :user, requested = :now, pass = :first, begins = :now, \
                 leads = if_not_exists(leads, :none) REMOVE place ADD version :one",
            )
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", to_attribute(&user)?)
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":first", to_attribute(&ErasurePass::First)?)
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":one", number(1));
        let mark = Expiring { value: ErasedMark { requested: now }, expires_at: now + MARK_SECONDS };
        let mark = self.new_item(&Key::Erased(account, &nameless(user)), &mark)?;
        self.transact([update_step(update)?, put_step(mark)?]).await.map(drop)
    }

    /// Whether a person was erased within about a year.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn was_erased(&self, account: AccountId, user: UserId) -> AppResult<bool> {
        let mark: Option<ErasedMark> = self.get(&Key::Erased(account, &nameless(user))).await?;
        Ok(mark.is_some())
    }

    /// When some people were last asked to be erased, in Unix seconds, if that is less than about a year ago.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn erased(
        &self,
        account: AccountId,
        users: impl IntoIterator<Item = UserId>,
    ) -> AppResult<BTreeMap<UserId, i64>> {
        let users: BTreeMap<UserId, String> = users.into_iter().map(|user| (user, nameless(user))).collect();
        let mut erased = BTreeMap::new();
        for some in users.iter().collect::<Vec<_>>().chunks(100) {
            let keys: Vec<_> = some.iter().map(|(_, name)| Key::Erased(account, name)).collect();
            let marks: Vec<Option<ErasedMark>> = self.get_many(&keys).await?;
            let marks = some.iter().zip(marks);
            erased.extend(marks.filter_map(|((user, _), mark)| Some((**user, mark?.requested))));
        }
        Ok(erased)
    }

    /// Writes how far an erasure is, and moves its version; `false` if it was written by others since it was read.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn save_erasure(&self, account: AccountId, erasure: &mut Erasure) -> AppResult<bool> {
        let before = number(erasure.version);
        erasure.version += 1;
        let item = to_item(&Key::Erasure(account, erasure.user), erasure)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression("version = :before");
        written(put.expression_attribute_values(":before", before).send().await)
    }

    /// Forgets an erasure that is done; `false` if it was asked for again since it was read.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn end_erasure(&self, account: AccountId, erasure: &Erasure) -> AppResult<bool> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(Key::Erasure(account, erasure.user).attributes()))
            .condition_expression("version = :version");
        written(delete.expression_attribute_values(":version", number(erasure.version)).send().await)
    }

    /// Deletes what bots know of a person, and what the account says of them. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn erase_contacts(
        &self,
        account: AccountId,
        user: UserId,
        bots: &[BotId],
        with_person: bool,
    ) -> AppResult<()> {
        let contacts = bots.iter().map(|bot| Key::Contact(account, *bot, user).attributes());
        let person = with_person.then(|| Key::Person(account, user).attributes());
        self.batch_delete(contacts.chain(person).collect()).await
    }

    /// Deletes leads and organic people, and their lines in lists. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn erase_leads(
        &self,
        account: AccountId,
        user: UserId,
        lines: &[ErasedLead],
        leads: &[CampaignKey],
    ) -> AppResult<()> {
        let lines = lines.iter().filter_map(|erased| {
            let campaign = CampaignKey { account, campaign: erased.campaign };
            Some(Key::LeadRow(campaign, erased.lead?).attributes())
        });
        let leads = leads.iter().map(|campaign| Key::Lead(*campaign, user).attributes());
        self.batch_delete(lines.chain(leads).collect()).await
    }

    /// Deletes clicks behind tokens, and who visited under them. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn erase_clicks(&self, tokens: &[ClickToken]) -> AppResult<()> {
        for token in tokens {
            let delete = self.client.delete_item().table_name(self.visit_table()?);
            let delete = delete.set_key(Some(Key::Visit(token.as_str()).attributes()));
            delete.send().await.map_err(unavailable)?;
        }
        let clicks = tokens.iter().map(|token| Key::ClickToken(token.as_str()).attributes());
        self.batch_delete(clicks.collect()).await
    }

    /// What a megabyte of a list has of a person up to `until`, in Unix seconds, beyond `after`.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn listed_of_person(
        &self,
        account: AccountId,
        user: UserId,
        list: &ErasedList,
        until: i64,
        after: Option<&str>,
    ) -> AppResult<ListedOfPerson> {
        let end = FactClock::first_of_second(until.saturating_add(1));
        let (partition, end, who) = match *list {
            ErasedList::Journal { bot, chat, month } => {
                let (bot, month) = (BotKey { account, bot }, FactClock::first_of_second(month));
                (Key::Journal(bot, chat, month).partition(), Key::Journal(bot, chat, end).sort(), "user")
            }
            ErasedList::Postbacks { campaign, month } => {
                let (campaign, month) =
                    (CampaignKey { account, campaign }, FactClock::first_of_second(month));
                let end = Key::Postback(campaign, end, "").sort();
                (Key::Postback(campaign, month, "").partition(), end, "subscriber")
            }
            // They have no rows of their own for anybody, or not by months.
            ErasedList::Execution { .. } | ErasedList::Webhook { .. } => return Ok(ListedOfPerson::default()),
        };
        let start = after
            .map(|after| Item::from([("PK".to_owned(), text(&partition)), ("SK".to_owned(), text(after))]));
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND SK < :end")
            .filter_expression("#who = :user")
            .projection_expression("PK, SK, id, next_ms")
            .expression_attribute_names("#who", who)
            .expression_attribute_values(":pk", text(&partition))
            .expression_attribute_values(":end", text(end))
            .expression_attribute_values(":user", number(user))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(unavailable)?;
        let last = answer.last_evaluated_key.and_then(|key| key.get("SK").cloned());
        let mut found =
            ListedOfPerson { next: last.and_then(|last| last.as_s().ok().cloned()), ..Default::default() };
        for mut row in answer.items.unwrap_or_default() {
            if row.contains_key("next_ms") {
                found.planned.push(from_item(row.clone())?);
            }
            row.retain(|name, _| matches!(name.as_str(), "PK" | "SK"));
            found.rows.push(row);
        }
        Ok(found)
    }

    /// Deletes what was found in a list. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn erase_listed(&self, found: ListedOfPerson) -> AppResult<Option<String>> {
        self.batch_delete(found.rows).await?;
        Ok(found.next)
    }
}
