//! Tracked links: what their tokens are sealed with, where they lead, and what was counted of them.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::access::{from_item, to_item, unavailable, written};
use super::count_keys::CountKey;
use super::link_keys::{LINKS, LinkKey};
use super::outreach_counts::{sort_end, whole};
use super::shards::CLICK_SHARDS;
use super::{Key, Store};
use crate::domain::outreach::{LinkId, TrackedLink};
use crate::error::AppResult;
use crate::ids::{AccountId, OutreachCampaignId};
use crate::secret::SealedSecret;

/// What was counted of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFigures {
    /// The link.
    pub link: TrackedLink,
    /// How often it was clicked.
    pub clicks: u64,
    /// By how many people.
    pub people: u64,
}

#[derive(Serialize, Deserialize)]
struct KeptKey {
    sealed: SealedSecret,
}

impl Store {
    /// What an account's links are sealed with; `None` before the first.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn link_key(&self, account: AccountId) -> AppResult<Option<SealedSecret>> {
        let kept: Option<KeptKey> = self.get(&Key::Link(LinkKey::Secret(account))).await?;
        Ok(kept.map(|kept| kept.sealed))
    }

    /// Keeps what an account's links are sealed with; `false` if something is kept already, which stays for ever.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn keep_link_key(&self, account: AccountId, sealed: &SealedSecret) -> AppResult<bool> {
        let item = to_item(&Key::Link(LinkKey::Secret(account)), &KeptKey { sealed: sealed.clone() })?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        written(put.condition_expression("attribute_not_exists(PK)").send().await)
    }

    /// Keeps where a link leads. Twice is the same as once, because its id is made of what is kept.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn keep_link(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        link: &TrackedLink,
    ) -> AppResult<()> {
        let item = to_item(&Key::target(account, campaign, link.id(campaign)), link)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(drop).map_err(unavailable)
    }

    /// A link that a campaign has or had.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn tracked_link(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        link: LinkId,
    ) -> AppResult<Option<TrackedLink>> {
        self.get(&Key::target(account, campaign, link)).await
    }

    /// The links that a campaign has or had, with what was counted of them from the beginning on, in no order.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn link_figures(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<Vec<LinkFigures>> {
        let of_campaign = Key::Count(CountKey::Total(account, campaign));
        let links = self.query_items(of_campaign.partition(), LINKS).await?;
        let shards = if links.is_empty() { 0 } else { CLICK_SHARDS };
        let shards = (0..shards).map(|shard| Key::clicked(shard, &of_campaign).partition());
        let counts = try_join_all(shards.map(|partition| self.query_items(partition, LINKS))).await?;
        let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for item in counts.iter().flatten() {
            let Some(name) = sort_end(item) else { continue };
            let (clicks, people) = sums.entry(name).or_default();
            *clicks += whole(item, "clicks").unwrap_or_default();
            *people += whole(item, "people").unwrap_or_default();
        }
        let figures = links.into_iter().map(|item| {
            let (clicks, people) = sort_end(&item).and_then(|name| sums.remove(&name)).unwrap_or_default();
            Ok(LinkFigures { link: from_item(item)?, clicks, people })
        });
        figures.collect()
    }
}
