use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use serde::Deserialize;

use super::access::{from_item, number, text, unavailable, written};
use super::notice_windows::NoticeWindow;
use super::registers::refused_item;
use super::shards::fingerprint;
use super::{Item, Key, Store};
use crate::domain::lead_event::LeadStatus;
use crate::error::{AppError, AppResult};
use crate::ids::BotId;

/// How many held notices of one window are told apart, so that a repeated one counts once; more are only counted.
const HELD_APART_MAX: u32 = 100;

/// How long a window is kept after its beginning, in seconds: longer than its tasks may come again.
const KEPT_SECONDS: i64 = 3 * 86_400;

/// Whether a notice may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticePlace {
    /// It may from this second on, and has one of the window's places.
    Taken {
        /// In Unix seconds.
        due: i64,
    },
    /// It may, and has had its place since an earlier try.
    Kept,
    /// It was sent, or is held for a digest that was asked for.
    Settled,
    /// It is held for a digest that nobody is known to have asked for.
    Held,
    /// All places are taken.
    Full {
        /// When the last of them is due, in Unix seconds.
        last_due: i64,
    },
}

/// What a window knows of a notice that may have been carried out in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeTrace {
    /// Nothing, or that it has a place.
    Absent,
    /// It is held, and whoever was to ask for the digest may have failed before that.
    Held,
    /// It was sent, or the digest will tell it.
    Settled,
}

/// Whether somebody has to ask for the digest of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestDebt {
    /// This one has: it is the first that is held.
    Owed,
    /// Somebody else has, or did.
    Settled,
}

/// An item of the table.
#[derive(Default, Deserialize)]
struct WindowItem {
    #[serde(default, with = "serde_dynamo::string_set")]
    taken: BTreeSet<String>,
    #[serde(default, with = "serde_dynamo::string_set")]
    settled: BTreeSet<String>,
    #[serde(default, with = "serde_dynamo::string_set")]
    held: BTreeSet<String>,
    next_due: Option<i64>,
    #[serde(default)]
    digest_asked: bool,
    #[serde(default)]
    closed: bool,
    #[serde(default)]
    beyond_wait: u64,
    #[serde(default)]
    beyond_hold: u64,
    #[serde(default)]
    beyond_approve: u64,
    #[serde(default)]
    beyond_cancel: u64,
    #[serde(default)]
    beyond_trash: u64,
}

impl WindowItem {
    fn trace(&self, id: &str) -> NoticeTrace {
        let is_held = || self.held.iter().any(|held| held.split('.').next() == Some(id));
        if self.settled.contains(id) {
            NoticeTrace::Settled
        } else if !is_held() {
            NoticeTrace::Absent
        } else if self.digest_asked || self.closed {
            NoticeTrace::Settled
        } else {
            NoticeTrace::Held
        }
    }

    /// `None` if it has no place and may take one.
    fn place_of(&self, id: &str, places: u32) -> Option<NoticePlace> {
        match self.trace(id) {
            NoticeTrace::Settled => Some(NoticePlace::Settled),
            NoticeTrace::Held => Some(NoticePlace::Held),
            NoticeTrace::Absent if self.taken.contains(id) => Some(NoticePlace::Kept),
            NoticeTrace::Absent if self.taken.len() >= usize::try_from(places).unwrap_or(usize::MAX) => {
                Some(NoticePlace::Full { last_due: self.next_due.unwrap_or_default() - 1 })
            }
            NoticeTrace::Absent => None,
        }
    }

    fn counts(&self) -> BTreeMap<LeadStatus, u64> {
        let mut counts = BTreeMap::from([
            (LeadStatus::Wait, self.beyond_wait),
            (LeadStatus::Hold, self.beyond_hold),
            (LeadStatus::Approve, self.beyond_approve),
            (LeadStatus::Cancel, self.beyond_cancel),
            (LeadStatus::Trash, self.beyond_trash),
        ]);
        let statuses = self.held.iter().filter_map(|held| held.split_once('.')?.1.parse().ok());
        for status in statuses {
            *counts.entry(status).or_default() += 1;
        }
        counts
    }
}

/// How often a place is tried for that meets others.
const PLACE_TRIES: usize = 5;

const PLACE_IS_FREE: &str =
    "(attribute_not_exists(taken) OR (NOT contains(taken, :id) AND size(taken) < :places))";

impl Store {
    /// Takes one of the window's `places` for the notice `id`, a second after the one before. Twice is the same as
    /// once, until it is settled.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn take_notice_place(
        &self,
        window: NoticeWindow,
        id: &str,
        places: u32,
        now: i64,
    ) -> AppResult<NoticePlace> {
        let id = short(id);
        for _ in 0..PLACE_TRIES {
            // The place is due now if the last one was due before; else a second after it.
            for (condition, next_due) in [
                ("(attribute_not_exists(next_due) OR next_due <= :now)", ":now + :one"),
                ("next_due > :now", "next_due + :one"),
            ] {
                let taken = self
                    .update_window(window)
                    .update_expression(format!(
                        "SET expires_at = :expires_at, next_due = {next_due} ADD taken :ids"
                    ))
                    .condition_expression(format!("{condition} AND {PLACE_IS_FREE}"))
                    .expression_attribute_values(":expires_at", number(window.begun + KEPT_SECONDS))
                    .expression_attribute_values(":ids", AttributeValue::Ss(vec![id.clone()]))
                    .expression_attribute_values(":id", text(&id))
                    .expression_attribute_values(":places", number(places))
                    .expression_attribute_values(":now", number(now))
                    .expression_attribute_values(":one", number(1))
                    .return_values(ReturnValue::AllNew)
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
                let item = match taken.send().await {
                    Ok(answer) => {
                        let item = read_window(answer.attributes)?;
                        return Ok(match item.trace(&id) {
                            NoticeTrace::Absent => {
                                NoticePlace::Taken { due: item.next_due.unwrap_or(now + 1) - 1 }
                            }
                            NoticeTrace::Held => NoticePlace::Held,
                            NoticeTrace::Settled => NoticePlace::Settled,
                        });
                    }
                    Err(error) => read_window(refused_item(error)?)?,
                };
                if let Some(place) = item.place_of(&id, places) {
                    return Ok(place);
                }
            }
        }
        Err(AppError::unavailable("a window of notices keeps changing"))
    }

    /// Notes that a notice is done with. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn settle_notice(&self, window: NoticeWindow, id: &str) -> AppResult<()> {
        self.update_window(window)
            .update_expression("SET expires_at = :expires_at ADD settled :ids")
            .expression_attribute_values(":expires_at", number(window.begun + KEPT_SECONDS))
            .expression_attribute_values(":ids", AttributeValue::Ss(vec![short(id)]))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    /// What became of a notice in a window.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn notice_trace(&self, window: NoticeWindow, id: &str) -> AppResult<NoticeTrace> {
        let item: Option<WindowItem> = self.get(&Key::Notices(window)).await?;
        Ok(item.map_or(NoticeTrace::Absent, |item| item.trace(&short(id))))
    }

    /// Holds a notice for the window's digest. Twice is the same as once for the first hundred of a window; of more
    /// only the number is kept.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`] also if the digest is being told already: what comes again finds the next window.
    pub async fn hold_notice(
        &self,
        window: NoticeWindow,
        id: &str,
        status: LeadStatus,
    ) -> AppResult<DigestDebt> {
        let entry = format!("{}.{status}", short(id));
        let held = self
            .update_window(window)
            .update_expression("SET expires_at = :expires_at ADD held :entries")
            .condition_expression(
                "attribute_not_exists(closed) AND \
                 (attribute_not_exists(held) OR size(held) < :max OR contains(held, :entry))",
            )
            .expression_attribute_values(":expires_at", number(window.begun + KEPT_SECONDS))
            .expression_attribute_values(":entries", AttributeValue::Ss(vec![entry.clone()]))
            .expression_attribute_values(":entry", text(&entry))
            .expression_attribute_values(":max", number(HELD_APART_MAX))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match held {
            Ok(answer) => {
                let before = read_window(answer.attributes)?;
                let first = before.held.is_empty() || before.held.contains(&entry);
                return Ok(if first && !before.digest_asked {
                    DigestDebt::Owed
                } else {
                    DigestDebt::Settled
                });
            }
            Err(error) => error,
        };
        if !read_window(refused_item(error)?)?.closed && self.count_held(window, status).await? {
            return Ok(DigestDebt::Settled);
        }
        Err(AppError::unavailable("the digest of this minute is being told"))
    }

    /// `false` if the window is closed.
    async fn count_held(&self, window: NoticeWindow, status: LeadStatus) -> AppResult<bool> {
        let update = self
            .update_window(window)
            .update_expression("ADD #beyond :one")
            .condition_expression("attribute_not_exists(closed)")
            .expression_attribute_names("#beyond", format!("beyond_{status}"))
            .expression_attribute_values(":one", number(1));
        written(update.send().await)
    }

    /// Notes that the digest of a window was asked for.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn settle_digest_debt(&self, window: NoticeWindow) -> AppResult<()> {
        self.set_flag(window, "digest_asked", "attribute_exists(PK)").await.map(drop)
    }

    /// Closes a window and says what it holds; `None` if that was told already, or there is nothing.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn close_notices(&self, window: NoticeWindow) -> AppResult<Option<BTreeMap<LeadStatus, u64>>> {
        if !self.set_flag(window, "closed", "attribute_exists(held) AND attribute_not_exists(told)").await? {
            return Ok(None);
        }
        let item: Option<WindowItem> = self.get(&Key::Notices(window)).await?;
        Ok(item.map(|item| item.counts()))
    }

    /// Notes that the digest of a window was told.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn settle_digest(&self, window: NoticeWindow) -> AppResult<()> {
        self.set_flag(window, "told", "attribute_exists(PK)").await.map(drop)
    }

    /// Notes that a bot may not write to the owner's chat; whether that is news in this window.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`]; after a retry the answer may be `false` by the first attempt.
    pub async fn note_notice_refusal(&self, window: NoticeWindow, bot: BotId) -> AppResult<bool> {
        let update = self
            .update_window(window)
            .update_expression("SET expires_at = :expires_at ADD refused :bots")
            .condition_expression("attribute_not_exists(refused) OR NOT contains(refused, :bot)")
            .expression_attribute_values(":expires_at", number(window.begun + KEPT_SECONDS))
            .expression_attribute_values(":bots", AttributeValue::Ns(vec![bot.to_string()]))
            .expression_attribute_values(":bot", number(bot));
        written(update.send().await)
    }

    async fn set_flag(&self, window: NoticeWindow, flag: &str, condition: &str) -> AppResult<bool> {
        let update = self
            .update_window(window)
            .update_expression("SET #flag = :yes")
            .condition_expression(condition)
            .expression_attribute_names("#flag", flag)
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        written(update.send().await)
    }

    fn update_window(&self, window: NoticeWindow) -> UpdateItemFluentBuilder {
        let key = Key::Notices(window).attributes();
        self.client.update_item().table_name(&self.table).set_key(Some(key))
    }
}

/// What stands for an id in a window, so that a window stays small.
fn short(id: &str) -> String {
    format!("{:016x}", fingerprint(id))
}

fn read_window(item: Option<Item>) -> AppResult<WindowItem> {
    item.filter(|item| !item.is_empty()).map_or_else(|| Ok(WindowItem::default()), from_item)
}
