//! Who would be reached: segments read together, and people counted shard by shard.

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};

use super::App;
use crate::domain::outreach::{
    Audience, AudienceCount, AudiencePerson, Criteria, Match, Selection, TargetAudience,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, SegmentId};
use crate::store::{CONTACT_SHARDS, PeoplePage};

/// How many shards are walked at the same time.
const SHARDS_AT_ONCE: usize = 8;

/// How deep segments leave out segments that leave out segments.
const DEPTH_MAX: usize = 5;

/// How many people audiences have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// One for each audience that was asked about.
    pub counts: Vec<AudienceCount>,
    /// Whether everybody was counted. Else the shards that were, which have people by chance, stand for all.
    pub exact: bool,
}

impl App {
    /// A campaign's audience, with its segments as they are now.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such segment.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn audience(&self, account: AccountId, target: &TargetAudience) -> AppResult<Audience> {
        let mut segments = Vec::with_capacity(target.segments.len());
        for id in &target.segments {
            segments.push((id.clone(), self.selection(account, id, DEPTH_MAX).await?));
        }
        let filters = Criteria { matching: Match::All, rules: target.filters.clone() };
        Ok(Audience { segments, filters, bots: target.bots.clone() })
    }

    /// A segment with those that it leaves out.
    pub(super) fn selection<'a>(
        &'a self,
        account: AccountId,
        id: &'a SegmentId,
        depth: usize,
    ) -> BoxFuture<'a, AppResult<Selection>> {
        async move {
            let segment = self.store.segment(account, id).await?.ok_or(AppError::NotFound("segment"))?;
            let body = segment.body()?;
            let mut exclude = Vec::new();
            for other in body.exclude.iter().filter(|_| depth > 0) {
                match self.selection(account, other, depth - 1).await {
                    Ok(selection) => exclude.push(selection),
                    // A segment that is gone has nobody to leave out.
                    Err(AppError::NotFound(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(Selection { criteria: body.criteria, exclude })
        }
        .boxed()
    }

    /// Counts audiences of an account in one walk over its people, in about this time at most, in milliseconds.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn count_audiences(
        &self,
        account: AccountId,
        audiences: &[Audience],
        within_ms: i64,
    ) -> AppResult<Count> {
        let (begun_ms, now) = (self.clock.now_ms(), self.clock.now());
        let shards = stream::iter(0..CONTACT_SHARDS).map(|shard| async move {
            if self.clock.now_ms() - begun_ms > within_ms {
                return Ok(None);
            }
            let mut counts = vec![AudienceCount::default(); audiences.len()];
            let mut after = None;
            loop {
                let PeoplePage { people, next } = self.store.people(account, shard, after, None).await?;
                for person in people {
                    let person: AudiencePerson = person.into_audience();
                    for (audience, count) in audiences.iter().zip(&mut counts) {
                        count.add(audience.judge(&person, now));
                    }
                }
                after = next;
                if after.is_none() {
                    return AppResult::Ok(Some(counts));
                }
            }
        });
        let mut shards = shards.buffer_unordered(SHARDS_AT_ONCE);
        let (mut counts, mut counted) = (vec![AudienceCount::default(); audiences.len()], 0);
        while let Some(shard) = shards.next().await {
            let Some(of_shard) = shard? else { continue };
            counted += 1;
            counts.iter_mut().zip(&of_shard).for_each(|(count, more)| count.merge(more));
        }
        let exact = counted == CONTACT_SHARDS;
        if !exact {
            counts.iter_mut().for_each(|count| count.scale(CONTACT_SHARDS, counted.max(1)));
        }
        Ok(Count { counts, exact })
    }
}
