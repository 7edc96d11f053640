//! Who would be reached: segments read together, and people counted shard by shard.

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};

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
        let now = self.clock.now();
        let (shards, exact) = self
            .walk_people(account, within_ms, |counts: &mut Vec<AudienceCount>, person| {
                counts.resize_with(audiences.len(), AudienceCount::default);
                for (audience, count) in audiences.iter().zip(counts) {
                    count.add(audience.judge(person, now));
                }
            })
            .await?;
        let mut counts = vec![AudienceCount::default(); audiences.len()];
        for of_shard in &shards {
            counts.iter_mut().zip(of_shard).for_each(|(count, more)| count.merge(more));
        }
        if !exact {
            let walked = shards_walked(&shards);
            counts.iter_mut().for_each(|count| count.scale(CONTACT_SHARDS, walked));
        }
        Ok(Count { counts, exact })
    }

    /// Shows every person of an account to `see`, with what it made of those before in the same shard. Answers that for
    /// each shard, and whether all were walked: none is begun when so many milliseconds are over.
    pub(super) async fn walk_people<T: Default + Send>(
        &self,
        account: AccountId,
        within_ms: i64,
        see: impl Fn(&mut T, &AudiencePerson) + Sync,
    ) -> AppResult<(Vec<T>, bool)> {
        let (begun_ms, see) = (self.clock.now_ms(), &see);
        let shards = stream::iter(0..CONTACT_SHARDS).map(|shard| async move {
            if self.clock.now_ms() - begun_ms > within_ms {
                return Ok(None);
            }
            let (mut seen, mut after) = (T::default(), None);
            loop {
                let PeoplePage { people, next } = self.store.people(account, shard, after, None).await?;
                people.into_iter().for_each(|person| see(&mut seen, &person.into_audience()));
                after = next;
                if after.is_none() {
                    return AppResult::Ok(Some(seen));
                }
            }
        });
        let shards = shards.buffer_unordered(SHARDS_AT_ONCE);
        let walked: Vec<T> = shards.try_filter_map(|seen| std::future::ready(Ok(seen))).try_collect().await?;
        let exact = u64::try_from(walked.len()) == Ok(CONTACT_SHARDS);
        Ok((walked, exact))
    }
}

/// How many shards a walk came to, for the one who divides by it.
pub(super) fn shards_walked<T>(shards: &[T]) -> u64 {
    u64::try_from(shards.len()).unwrap_or(CONTACT_SHARDS).max(1)
}
