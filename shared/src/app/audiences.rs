//! Who would be reached: segments read together, and people counted shard by shard.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};

use super::App;
use crate::domain::outreach::{
    Audience, AudienceCount, AudiencePerson, CHAIN_MAX, Criteria, Exclusion, Judgement, Match, SegmentBody,
    Selection, TargetAudience,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, SegmentId, UserId};
use crate::store::{CONTACT_SHARDS, PeoplePage};

/// How many shards are walked at the same time.
pub(super) const SHARDS_AT_ONCE: usize = 8;

/// How many people are shown of an audience.
const SAMPLE_MAX: usize = 10;

/// How many people audiences have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// One for each audience that was asked about.
    pub counts: Vec<AudienceCount>,
    /// Whether everybody was counted. Else the shards that were, which have people by chance, stand for all.
    pub exact: bool,
    /// Up to ten of those whom the first audience means: the first in the order of the table.
    pub sample: Vec<UserId>,
}

/// What was counted of one shard.
struct ShardCount {
    counts: Vec<AudienceCount>,
    sample: Vec<UserId>,
}

/// The segments of an account as they are now.
pub(super) struct Segments(BTreeMap<SegmentId, SegmentBody>);

impl Segments {
    /// A segment with those that it leaves out; `None` if it is gone. One that is gone has nobody to leave out.
    pub fn selection(&self, id: &SegmentId) -> Option<Selection> {
        self.0.get(id).map(|body| self.selection_of(body, CHAIN_MAX))
    }

    /// What a body selects.
    pub fn selection_of(&self, body: &SegmentBody, steps: usize) -> Selection {
        let excluded = body.exclude.iter().filter(|_| steps > 0).filter_map(|id| self.0.get(id));
        let exclude = excluded.map(|other| self.selection_of(other, steps - 1)).collect();
        Selection { criteria: body.criteria.clone(), exclude }
    }

    /// The audience of a campaign; in a segment that is gone is nobody.
    pub fn audience(&self, target: &TargetAudience) -> Audience {
        let nobody = || Selection {
            criteria: Criteria { matching: Match::Any, rules: Vec::new() },
            exclude: Vec::new(),
        };
        let segments = target.segments.iter();
        let segments = segments.map(|id| (id.clone(), self.selection(id).unwrap_or_else(nobody)));
        let filters = Criteria { matching: Match::All, rules: target.filters.clone() };
        Audience { segments: segments.collect(), filters, bots: target.bots.clone() }
    }
}

impl App {
    /// A campaign's audience, with its segments as they are now.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such segment.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn audience(&self, account: AccountId, target: &TargetAudience) -> AppResult<Audience> {
        if target.segments.is_empty() {
            return Ok(Segments(BTreeMap::new()).audience(target));
        }
        let segments = self.segments(account).await?;
        match target.segments.iter().any(|id| !segments.0.contains_key(id)) {
            true => Err(AppError::NotFound("segment")),
            false => Ok(segments.audience(target)),
        }
    }

    /// Every segment of an account, read.
    pub(super) async fn segments(&self, account: AccountId) -> AppResult<Segments> {
        let segments = self.store.segments(account).await?.into_iter();
        let read = segments.map(|segment| Ok((segment.id.clone(), segment.body()?)));
        Ok(Segments(read.collect::<AppResult<_>>()?))
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
        let begun_ms = self.clock.now_ms();
        let shards = stream::iter(0..CONTACT_SHARDS).map(|shard| async move {
            match self.clock.now_ms() - begun_ms > within_ms {
                true => Ok(None),
                false => self.count_shard(account, shard, audiences).await.map(Some),
            }
        });
        let mut shards = shards.buffered(SHARDS_AT_ONCE);
        let (mut counts, mut sample) = (vec![AudienceCount::default(); audiences.len()], Vec::new());
        let mut counted = 0;
        while let Some(shard) = shards.next().await {
            let Some(of_shard) = shard? else { continue };
            counted += 1;
            counts.iter_mut().zip(&of_shard.counts).for_each(|(count, more)| count.merge(more));
            sample.extend(of_shard.sample);
            sample.truncate(SAMPLE_MAX);
        }
        let exact = counted == CONTACT_SHARDS;
        if !exact {
            counts.iter_mut().for_each(|count| count.scale(CONTACT_SHARDS, counted.max(1)));
        }
        Ok(Count { counts, exact, sample })
    }

    async fn count_shard(
        &self,
        account: AccountId,
        shard: u64,
        audiences: &[Audience],
    ) -> AppResult<ShardCount> {
        let now = self.clock.now();
        let (mut counts, mut sample) = (vec![AudienceCount::default(); audiences.len()], Vec::new());
        let mut after = None;
        loop {
            let PeoplePage { people, next } = self.store.people(account, shard, after, None).await?;
            for person in people {
                let person: AudiencePerson = person.into_audience();
                for (index, (audience, count)) in audiences.iter().zip(&mut counts).enumerate() {
                    let judgement = audience.judge(&person, now);
                    count.add(judgement);
                    if index == 0 && sample.len() < SAMPLE_MAX && is_meant(judgement) {
                        sample.push(person.user);
                    }
                }
            }
            after = next;
            if after.is_none() {
                return Ok(ShardCount { counts, sample });
            }
        }
    }
}

/// Whether somebody is in an audience, reachable or not.
pub(super) fn is_meant(judgement: Judgement) -> bool {
    match judgement {
        Judgement::Chosen(_) => true,
        Judgement::LeftOut(why) => why != Exclusion::AttributeMissing,
        Judgement::Unmatched => false,
    }
}
