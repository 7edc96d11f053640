use std::str::FromStr;

use futures::{StreamExt, stream};

use super::App;
use super::audiences::{SHARDS_AT_ONCE, is_meant};
use crate::domain::cursor::Cursor;
use crate::domain::outreach::{Audience, TargetAudience};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, SegmentId, UserId};
use crate::store::{CONTACT_SHARDS, KnownPerson, PEOPLE_ROWS, fingerprint};

/// How long a call looks for people whom filters let through, about, in milliseconds.
const SOUGHT_MS: i64 = 3_000;

/// How many rows are read for each person of a page without filters: what is said of them, and a few bots.
const ROWS_PER_PERSON: usize = 4;

/// So many bytes of a page are about people, about: a function answers with six million at most.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const PAGE_BYTES: usize = 4_000_000;

/// What is shown of a lead takes at most about so many bytes, its click among them.
const LEAD_BYTES: usize = 1_000;

/// Which subscribers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriberQuestion {
    /// Whom this bot knows.
    pub bot: Option<BotId>,
    /// With this tag.
    pub tag: Option<String>,
    /// In this segment, reachable or not.
    pub segment: Option<SegmentId>,
}

/// A place among all people of an account: a shard, and after whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PersonPlace {
    shard: u64,
    after: Option<UserId>,
}

impl FromStr for PersonPlace {
    type Err = AppError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (shard, after) = text.split_once('.').ok_or(AppError::InvalidCursor)?;
        let shard = shard.parse().ok().filter(|shard| *shard < CONTACT_SHARDS);
        let after = Some(after).filter(|after| !after.is_empty()).map(str::parse).transpose();
        let after = after.map_err(|_| AppError::InvalidCursor)?;
        Ok(Self { shard: shard.ok_or(AppError::InvalidCursor)?, after })
    }
}

impl SubscriberQuestion {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What stands for it in cursors.
    fn spell(&self) -> String {
        let Self { bot, tag, segment } = self;
        format!("{:016x}", fingerprint(&serde_json::json!([bot, tag, segment]).to_string()))
    }

    fn is_answered_by(&self, person: &KnownPerson, audience: Option<&Audience>, now: i64) -> bool {
        self.bot.is_none_or(|bot| person.contacts.iter().any(|known| known.contact.bot == bot))
            && self.tag.as_ref().is_none_or(|tag| person.tags.contains(tag))
            && audience.is_none_or(|audience| is_meant(audience.judge(&person.clone().into_audience(), now)))
    }
}

impl App {
    /// Some subscribers of an account, at most `limit`, in an order of their own, and where to go on; `None` at the end. A
    /// page of a question that few answer may have less, because a call looks for a few seconds only; so may one of people
    /// of whom much is said.
    ///
    /// # Errors
    ///
    /// - [`AppError::InvalidCursor`] for the cursor of another list.
    /// - [`AppError::NotFound`] if the account has no such segment.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn list_subscribers(
        &self,
        account: AccountId,
        question: &SubscriberQuestion,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> AppResult<(Vec<KnownPerson>, Option<Cursor>)> {
        let (mut people, next) = self.seek_subscribers(account, question, cursor, limit).await?;
        self.note_silence(account, &mut people).await?;
        Ok((people, next))
    }

    async fn seek_subscribers(
        &self,
        account: AccountId,
        question: &SubscriberQuestion,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> AppResult<(Vec<KnownPerson>, Option<Cursor>)> {
        let spelled = question.spell();
        let first = match cursor {
            Some(cursor) if cursor.question == spelled => cursor.place.parse()?,
            Some(_) => return Err(AppError::InvalidCursor),
            None => PersonPlace { shard: 0, after: None },
        };
        let target = question.segment.iter().cloned();
        let target = TargetAudience { segments: target.collect(), ..TargetAudience::default() };
        let audience = match question.segment {
            Some(_) => Some(self.audience(account, &target).await?),
            None => None,
        };
        let (begun_ms, now) = (self.clock.now_ms(), self.clock.now());
        let rows = match question.is_empty() {
            true => i32::try_from(limit.saturating_mul(ROWS_PER_PERSON)).unwrap_or(i32::MAX),
            false => PEOPLE_ROWS,
        };
        let shards = stream::iter(first.shard..CONTACT_SHARDS).map(|shard| async move {
            let after = first.after.filter(|_| shard == first.shard);
            (shard, self.store.people(account, shard, after, rows).await)
        });
        let mut shards = shards.buffered(SHARDS_AT_ONCE);
        let (mut found, mut bytes) = (Vec::<KnownPerson>::new(), 0);
        let cursor = |place: PersonPlace| Cursor {
            place: format!(
                "{}.{}",
                place.shard,
                place.after.map(|user| user.to_string()).unwrap_or_default()
            ),
            total: 0,
            question: spelled.clone(),
        };
        while let Some((shard, page)) = shards.next().await {
            let mut page = page?;
            loop {
                for person in page.people {
                    if question.is_answered_by(&person, audience.as_ref(), now) {
                        let place = PersonPlace { shard, after: Some(person.user) };
                        bytes += bytes_of(&person)?;
                        found.push(person);
                        if found.len() == limit || bytes >= PAGE_BYTES {
                            return Ok((found, Some(cursor(place))));
                        }
                    }
                }
                let place = match page.next {
                    Some(user) => PersonPlace { shard, after: Some(user) },
                    None => PersonPlace { shard: shard + 1, after: None },
                };
                if self.clock.now_ms() - begun_ms > SOUGHT_MS && place.shard < CONTACT_SHARDS {
                    return Ok((found, Some(cursor(place))));
                }
                let Some(after) = page.next else { break };
                page = self.store.people(account, shard, Some(after), rows).await?;
            }
        }
        Ok((found, None))
    }
}

/// How many bytes about a person takes in an answer.
fn bytes_of(person: &KnownPerson) -> AppResult<usize> {
    let said = serde_json::to_string(&(&person.attributes, &person.tags));
    let said = said.map_err(|error| AppError::unavailable(format!("attributes do not write: {error}")))?;
    let leads: usize = person.contacts.iter().map(|known| known.leads.len()).sum();
    Ok(said.len() + (1 + person.contacts.len() + leads) * LEAD_BYTES)
}
