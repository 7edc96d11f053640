use std::ops::Range;

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use serde::{Deserialize, Serialize};

use super::access::{Expiring, from_item, number, text, to_attribute, to_item, written};
use super::ranges::{RowRange, RowReader};
use super::registers::refused_item;
use super::{Item, Key, Order, Store};
use crate::domain::course::Course;
use crate::domain::fact_clock::FactClock;
use crate::domain::postback_id::PostbackId;
use crate::domain::postback_log::{ANSWERS_KEPT, PostbackAttempt, PostbackError, PostbackState};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, CampaignKey, UserId};

/// A postback is kept this long after its last attempt: thirty days.
const KEPT_SECONDS: i64 = 30 * 86_400;

/// One postback as the log has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedPostback {
    /// Its id, which names campaign, lead and event.
    pub id: PostbackId,
    /// The person it tells of.
    pub subscriber: UserId,
    /// Where it stands.
    pub state: PostbackState,
    /// The URL as last sent, secret-looking values masked; empty if it was never sent.
    #[serde(default)]
    pub url: String,
    /// What went wrong last, or why it was skipped.
    #[serde(default)]
    pub error: Option<PostbackError>,
    /// First to last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<PostbackAttempt>,
    /// What is planned for it.
    #[serde(flatten)]
    pub course: Course,
}

/// What became of an attempt in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptWrite {
    /// It is written.
    Logged,
    /// Somebody else tried the postback at the same time, and it stands as they left it; this attempt is not written.
    Overtaken(PostbackState),
}

/// How an attempt is added to those before it.
pub(super) struct Addition {
    pub attempts: String,
    /// What is removed besides.
    pub silenced: String,
    pub values: Item,
}

impl Addition {
    /// Whatever was said to the last attempt but [`ANSWERS_KEPT`] goes. Two paths of one expression must not overlap, so
    /// that nothing can be removed from a list that is appended to: the new attempt takes its place by number.
    pub fn of(attempt: &PostbackAttempt, known: usize) -> AppResult<Self> {
        let named = |name: &str, value| (name.to_owned(), value);
        Ok(match known.checked_sub(ANSWERS_KEPT) {
            None => Self {
                attempts: "attempts = list_append(if_not_exists(attempts, :none), :attempt)".to_owned(),
                silenced: String::new(),
                values: Item::from([
                    named(":none", to_attribute::<[PostbackAttempt; 0]>(&[])?),
                    named(":attempt", to_attribute(&[attempt])?),
                ]),
            },
            Some(old) => Self {
                attempts: format!("attempts[{known}] = :attempt"),
                silenced: format!(", attempts[{old}].answer"),
                values: Item::from([named(":attempt", to_attribute(attempt)?)]),
            },
        })
    }
}

impl Store {
    /// One postback of an account.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn postback(&self, account: AccountId, id: PostbackId) -> AppResult<Option<LoggedPostback>> {
        let campaign = CampaignKey { account, campaign: id.campaign };
        self.get(&Key::Postback(campaign, id.event.clock, &id.to_string())).await
    }

    /// Up to 100 different postbacks, in this order.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn postbacks_of(
        &self,
        ids: &[(AccountId, PostbackId)],
    ) -> AppResult<Vec<Option<LoggedPostback>>> {
        let spelled: Vec<_> = ids.iter().map(|(_, id)| id.to_string()).collect();
        let keys = ids.iter().zip(&spelled).map(|((account, id), spelled)| {
            let campaign = CampaignKey { account: *account, campaign: id.campaign };
            Key::Postback(campaign, id.event.clock, spelled)
        });
        self.get_many(&keys.collect::<Vec<_>>()).await
    }

    /// Adds the last attempt of `postback` to the log, with its state, URL, error and course, if the log knows all the
    /// attempts before it and no other; a lease is over then, and so is what was said to the last attempt but ten. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn log_attempt(
        &self,
        account: AccountId,
        postback: &LoggedPostback,
    ) -> AppResult<AttemptWrite> {
        let Some((attempt, known)) = postback.attempts.split_last() else {
            return Err(AppError::unavailable("a postback without an attempt"));
        };
        let id = postback.id.to_string();
        let campaign = CampaignKey { account, campaign: postback.id.campaign };
        let (next, gone) = match postback.course.next_ms {
            Some(_) => (", next_ms = :next_ms", ""),
            None => ("", ", next_ms"),
        };
        let Addition { attempts, silenced, mut values } = Addition::of(attempt, known.len())?;
        values.extend(postback.course.next_ms.map(|next_ms| (":next_ms".to_owned(), number(next_ms))));
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Postback(campaign, postback.id.event.clock, &id).attributes()))
            .update_expression(format!(
                "SET id = :id, subscriber = :subscriber, #state = :state, #url = :url, #error = :error, \
                 {attempts}, expires_at = :expires_at, \
                 since_ms = :since_ms{next} REMOVE #hold, lease_until_ms{gone}{silenced}"
            ))
            .set_expression_attribute_values(Some(values))
            .expression_attribute_names("#hold", "hold")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#url", "url")
            .expression_attribute_names("#error", "error")
            .expression_attribute_values(":id", text(&id))
            .expression_attribute_values(":subscriber", number(postback.subscriber))
            .expression_attribute_values(":state", to_attribute(&postback.state)?)
            .expression_attribute_values(":url", text(&postback.url))
            .expression_attribute_values(":error", to_attribute(&postback.error)?)
            .expression_attribute_values(":expires_at", number(kept_until(attempt.started_ms / 1000)))
            .expression_attribute_values(
                ":since_ms",
                number(postback.course.since_ms.unwrap_or(attempt.started_ms)),
            )
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = if known.is_empty() {
            update.condition_expression("attribute_not_exists(attempts)")
        } else {
            let update = update.condition_expression("size(attempts) = :known");
            update.expression_attribute_values(":known", number(known.len()))
        };
        let Err(error) = update.send().await else { return Ok(AttemptWrite::Logged) };
        let stored = refused_item(error)?.map(from_item::<LoggedPostback>).transpose()?;
        let stored = stored.ok_or_else(|| AppError::unavailable("an attempt was refused for no reason"))?;
        // A retry inside the SDK of a write that succeeded is refused by its own work.
        let own = stored.attempts.get(known.len()) == Some(attempt);
        Ok(if own { AttemptWrite::Logged } else { AttemptWrite::Overtaken(stored.state) })
    }

    /// Writes that a postback is not told, unless the log knows it. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn skip_postback(
        &self,
        account: AccountId,
        skipped: &LoggedPostback,
        now: i64,
    ) -> AppResult<()> {
        let (id, campaign) = (skipped.id.to_string(), CampaignKey { account, campaign: skipped.id.campaign });
        let key = Key::Postback(campaign, skipped.id.event.clock, &id);
        let stored = Expiring { value: skipped, expires_at: kept_until(now) };
        let put = self.client.put_item().table_name(&self.table).set_item(Some(to_item(&key, &stored)?));
        written(put.condition_expression("attribute_not_exists(PK)").send().await).map(drop)
    }

    /// Writes that a pending postback is not tried again, and why if there is more to say than its attempts do. One that is
    /// not pending, because a replay of it was put off, stays as it is, with nothing planned any more. Twice is the same as
    /// once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn end_postback(
        &self,
        account: AccountId,
        id: PostbackId,
        state: PostbackState,
        error: Option<PostbackError>,
    ) -> AppResult<()> {
        let campaign = CampaignKey { account, campaign: id.campaign };
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Postback(campaign, id.event.clock, &id.to_string()).attributes()))
            .update_expression("SET #state = :state REMOVE #hold, next_ms")
            .condition_expression("#state = :pending")
            .expression_attribute_names("#hold", "hold")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", to_attribute(&state)?)
            .expression_attribute_values(":pending", to_attribute(&PostbackState::Pending)?);
        let update = match error {
            None => update,
            Some(error) => update
                .update_expression("SET #state = :state, #error = :error REMOVE #hold, next_ms")
                .expression_attribute_names("#error", "error")
                .expression_attribute_values(":error", to_attribute(&error)?),
        };
        if !written(update.send().await)? {
            self.forget_plan(account, id).await?;
        }
        Ok(())
    }

    /// Forgets what is planned for a postback that is not pending.
    async fn forget_plan(&self, account: AccountId, id: PostbackId) -> AppResult<()> {
        let campaign = CampaignKey { account, campaign: id.campaign };
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Postback(campaign, id.event.clock, &id.to_string()).attributes()))
            .update_expression("REMOVE #hold, next_ms")
            .condition_expression("attribute_exists(PK) AND #state <> :pending")
            .expression_attribute_names("#hold", "hold")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":pending", to_attribute(&PostbackState::Pending)?);
        written(update.send().await).map(drop)
    }

    /// The postbacks of a campaign whose events fall into these seconds of one month: at most `limit`, beyond `after`
    /// in this order, and whether there may be more. `after` may be a postback of another campaign or of none.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn postbacks(
        &self,
        campaign: CampaignKey,
        seconds: &Range<i64>,
        after: Option<PostbackId>,
        limit: usize,
        order: Order,
    ) -> AppResult<(Vec<LoggedPostback>, bool)> {
        let bound = |date| Key::Postback(campaign, FactClock { date, update: 0 }, "");
        let after = after.map(|id| (id.event.clock, id.to_string()));
        let after = after.as_ref().map(|(clock, id)| Key::Postback(campaign, *clock, id));
        let range = RowRange::between(&bound(seconds.start), &bound(seconds.end));
        let mut reader = RowReader::new([range.read_from(order, after.as_ref())]);
        let postbacks = self.next_rows(&mut reader, limit).await?;
        Ok((postbacks, !reader.is_at_end()))
    }
}

/// When a postback that was last tried at `since` is forgotten, both in Unix seconds.
pub(super) fn kept_until(since: i64) -> i64 {
    since.saturating_add(KEPT_SECONDS)
}
