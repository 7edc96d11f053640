//! Who would be reached: segments read together, and people counted shard by shard.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};

use super::App;
use crate::domain::outreach::{
    Audience, AudienceCount, AudiencePerson, CHAIN_MAX, Criteria, Exclusion, Judgement, Match, SegmentBody,
    Selection, TargetAudience,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, SegmentId, UserId};
use crate::store::{BotStatus, CONTACT_SHARDS, PEOPLE_ROWS, PeoplePage};

/// How many shards are walked at the same time.
pub(super) const SHARDS_AT_ONCE: usize = 8;

/// How many people are shown of an audience.
const SAMPLE_MAX: usize = 10;

/// How many people audiences have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// One for each audience that was asked about.
    pub counts: Vec<AudienceCount>,
    /// Whether everybody was counted. Else those who were, who are in their shards by chance, stand for all.
    pub exact: bool,
    /// Up to ten of those whom the first audience means: the first in the order of the table.
    pub sample: Vec<UserId>,
}

/// What was counted of one shard.
#[derive(Default)]
struct ShardCount {
    counts: Vec<AudienceCount>,
    sample: Vec<UserId>,
}

/// What a walk over people saw of one shard.
struct WalkedShard<T> {
    seen: T,
    people: u64,
    whole: bool,
}

/// How far a walk over an account's people came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WalkReach {
    /// How many people it saw; 1 where it saw none.
    pub seen: u64,
    /// How many there are: if it did not see all, as many in each shard as in those that it saw whole.
    pub people: u64,
    /// Whether it saw all.
    pub exact: bool,
}

impl WalkReach {
    /// Of people in shards that were seen whole, and in all.
    fn of(shards: impl Iterator<Item = (u64, bool)> + Clone) -> Self {
        let seen: u64 = shards.clone().map(|(people, _)| people).sum();
        let whole = shards.filter(|(_, whole)| *whole).map(|(people, _)| people);
        let (count, known) = whole.fold((0, 0), |(count, known), people| (count + 1, known + people));
        let exact = count == CONTACT_SHARDS;
        let people = match count {
            // Nothing says how many more there are: what was seen is the least.
            0 => seen,
            _ => (known.saturating_mul(CONTACT_SHARDS) / count).max(seen),
        };
        Self { seen: seen.max(1), people: people.max(1), exact }
    }
}

/// What audiences of an account are made of, as it is now.
pub(super) struct Segments {
    bodies: BTreeMap<SegmentId, SegmentBody>,
    silent: BTreeSet<BotId>,
}

impl Segments {
    /// A segment with those that it leaves out; `None` if it is gone. One that is gone has nobody to leave out.
    fn selection(&self, id: &SegmentId) -> Option<Selection> {
        self.bodies.get(id).map(|body| self.selection_of(body, CHAIN_MAX))
    }

    /// Those of a segment of this body.
    pub fn audience_of(&self, id: SegmentId, body: &SegmentBody) -> Audience {
        let segments = vec![(id, self.selection_of(body, CHAIN_MAX))];
        Audience { segments, silent: self.silent.clone(), ..Audience::default() }
    }

    /// What a body selects.
    fn selection_of(&self, body: &SegmentBody, steps: usize) -> Selection {
        let excluded = body.exclude.iter().filter(|_| steps > 0).filter_map(|id| self.bodies.get(id));
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
        let silent = self.silent.clone();
        Audience { segments: segments.collect(), filters, bots: target.bots.clone(), silent }
    }
}

impl App {
    /// A campaign's audience, with its segments and the account's bots as they are now.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such segment.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn audience(&self, account: AccountId, target: &TargetAudience) -> AppResult<Audience> {
        let segments = match target.segments.is_empty() {
            true => Segments { bodies: BTreeMap::new(), silent: self.silent_bots(account).await? },
            false => self.segments(account).await?,
        };
        match target.segments.iter().any(|id| !segments.bodies.contains_key(id)) {
            true => Err(AppError::NotFound("segment")),
            false => Ok(segments.audience(target)),
        }
    }

    /// Every segment of an account, read, and the bots that reach nobody.
    pub(super) async fn segments(&self, account: AccountId) -> AppResult<Segments> {
        let segments = self.store.segments(account).await?.into_iter();
        let read = segments.map(|segment| Ok((segment.id.clone(), segment.body()?)));
        let bodies = read.collect::<AppResult<_>>()?;
        Ok(Segments { bodies, silent: self.silent_bots(account).await? })
    }

    /// The bots that are disconnected, or whose token Telegram refuses.
    pub(super) async fn silent_bots(&self, account: AccountId) -> AppResult<BTreeSet<BotId>> {
        let bots = self.store.bots(account).await?.into_iter();
        Ok(bots.filter(|bot| bot.status != BotStatus::Active).map(|bot| bot.id).collect())
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
        let (shards, reach) = self
            .walk_people(account, within_ms, |seen: &mut ShardCount, person| {
                seen.counts.resize_with(audiences.len(), AudienceCount::default);
                for (index, (audience, count)) in audiences.iter().zip(&mut seen.counts).enumerate() {
                    let judgement = audience.judge(person, now);
                    count.add(judgement);
                    if index == 0 && seen.sample.len() < SAMPLE_MAX && is_meant(judgement) {
                        seen.sample.push(person.user);
                    }
                }
            })
            .await?;
        let mut counts = vec![AudienceCount::default(); audiences.len()];
        for of_shard in &shards {
            counts.iter_mut().zip(&of_shard.counts).for_each(|(count, more)| count.merge(more));
        }
        if !reach.exact {
            counts.iter_mut().for_each(|count| count.scale(reach.people, reach.seen));
        }
        let sample = shards.iter().flat_map(|of_shard| &of_shard.sample).copied().take(SAMPLE_MAX).collect();
        Ok(Count { counts, exact: reach.exact, sample })
    }

    /// Shows every person of an account to `see`, with what it made of those before in the same shard. Answers that for
    /// each shard in their order, and how far it came: no page is read when so many milliseconds are over.
    pub(super) async fn walk_people<T: Default + Send>(
        &self,
        account: AccountId,
        within_ms: i64,
        see: impl Fn(&mut T, &AudiencePerson) + Sync,
    ) -> AppResult<(Vec<T>, WalkReach)> {
        let (begun_ms, see) = (self.clock.now_ms(), &see);
        let shards = stream::iter(0..CONTACT_SHARDS).map(|shard| async move {
            let (mut walked, mut after) = (WalkedShard { seen: T::default(), people: 0, whole: false }, None);
            while !walked.whole && self.clock.now_ms() - begun_ms <= within_ms {
                let PeoplePage { people, next } =
                    self.store.people(account, shard, after, PEOPLE_ROWS).await?;
                walked.people += u64::try_from(people.len()).unwrap_or_default();
                people.into_iter().for_each(|person| see(&mut walked.seen, &person.into_audience()));
                (after, walked.whole) = (next, next.is_none());
            }
            AppResult::Ok(walked)
        });
        let walked: Vec<WalkedShard<T>> = shards.buffered(SHARDS_AT_ONCE).try_collect().await?;
        let reach = WalkReach::of(walked.iter().map(|shard| (shard.people, shard.whole)));
        Ok((walked.into_iter().map(|shard| shard.seen).collect(), reach))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_that_ends_early_knows_how_many_people_it_did_not_see() {
        let reach = |shards: &[(u64, bool)]| {
            let WalkReach { seen, people, exact } = WalkReach::of(shards.iter().copied());
            (seen, people, exact)
        };
        let all = vec![(10, true); 64];
        assert_eq!(reach(&all), (640, 640, true));
        assert_eq!(reach(&[(10, true), (30, true), (5, false), (0, false)]), (45, 1_280, false));
        assert_eq!(reach(&[(500, false), (0, false)]), (500, 500, false), "the least");
        assert_eq!(reach(&[(0, false)]), (1, 1, false), "nobody is divided by");
        assert_eq!(reach(&[(0, true), (70, false)]), (70, 70, false));
    }
}
