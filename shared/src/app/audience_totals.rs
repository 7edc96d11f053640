//! How many people campaigns would reach now, as lists and details show it.

use super::App;
use crate::domain::outreach::OutreachCampaign;
use crate::error::AppResult;
use crate::ids::AccountId;
use crate::store::KeptCount;

/// How long a count is good, in seconds.
const KEPT_SECONDS: i64 = 60;

/// How long it is good for a campaign that is over, in seconds: nobody is reached by it any more.
const KEPT_OF_OVER_SECONDS: i64 = 30 * 86_400;

/// How long a call counts, about, in milliseconds.
const COUNTED_MS: i64 = 3_000;

/// How many people a campaign would reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudienceTotal {
    /// How many.
    pub reachable: u64,
    /// Whether everybody was counted; else those who were stand for all.
    pub exact: bool,
}

impl App {
    /// How many people campaigns of an account would reach, in this order: as counted less than a minute ago if the campaign
    /// is the same, else all counted in one walk of a few seconds. In a segment that is gone is nobody.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn audience_totals(
        &self,
        account: AccountId,
        campaigns: &[OutreachCampaign],
    ) -> AppResult<Vec<AudienceTotal>> {
        let now = self.clock.now();
        let ids: Vec<_> = campaigns.iter().map(|campaign| &campaign.id).collect();
        let mut kept = self.store.audience_counts(account, &ids, now).await?;
        for (kept, campaign) in kept.iter_mut().zip(campaigns) {
            kept.take_if(|kept| kept.version != campaign.version);
        }
        let open: Vec<_> = (0..campaigns.len()).filter(|index| kept[*index].is_none()).collect();
        if !open.is_empty() {
            let segments = self.segments(account).await?;
            let audience = |index: &usize| Ok(segments.audience(&campaigns[*index].body()?.audience));
            let audiences = open.iter().map(audience).collect::<AppResult<Vec<_>>>()?;
            let count = self.count_audiences(account, &audiences, COUNTED_MS).await?;
            let mut news = Vec::new();
            for (index, counted) in open.into_iter().zip(count.counts) {
                let (id, version) = (ids[index], campaigns[index].version);
                let counted = KeptCount { version, reachable: counted.reachable, exact: count.exact };
                kept[index] = Some(counted);
                news.push((campaigns[index].status.is_over(), (id, counted)));
            }
            for (is_over, seconds) in [(false, KEPT_SECONDS), (true, KEPT_OF_OVER_SECONDS)] {
                let some: Vec<_> =
                    news.iter().filter(|(over, _)| *over == is_over).map(|(_, kept)| *kept).collect();
                self.store.keep_audience_counts(account, &some, now + seconds).await?;
            }
        }
        let total = |kept: KeptCount| AudienceTotal { reachable: kept.reachable, exact: kept.exact };
        Ok(kept.into_iter().flatten().map(total).collect())
    }

    /// Keeps what was counted of a campaign before it was changed to this, so that showing it does not count again.
    pub(super) async fn keep_audience_total(
        &self,
        account: AccountId,
        campaign: &OutreachCampaign,
        AudienceTotal { reachable, exact }: AudienceTotal,
    ) {
        let counted = KeptCount { version: campaign.version, reachable, exact };
        let (kept, until) = ([(&campaign.id, counted)], self.clock.now() + KEPT_SECONDS);
        if let Err(error) = self.store.keep_audience_counts(account, &kept, until).await {
            tracing::warn!(campaign.id = %campaign.id, ?error, "an audience is counted once more");
        }
    }
}
