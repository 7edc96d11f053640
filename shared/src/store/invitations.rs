//! Invite links of campaigns, and who joined by them.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::try_join_all;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::access::{from_item, number, put_step, text, to_attribute, written};
use super::count_keys::CountKey;
use super::link_keys::{INVITATIONS, LinkKey};
use super::outreach_counts::{sort_end, whole};
use super::shards::{CLICK_SHARDS, click_shard};
use super::{Item, Key, Store};
use crate::domain::outreach::InvitationName;
use crate::error::AppResult;
use crate::ids::{AccountId, BotId, OutreachCampaignId, UserId};

/// The invite link of one text of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Invitation {
    /// The id of a variation, or the message's own.
    #[serde(default)]
    pub text: String,
    /// The link; empty while it is made.
    #[serde(default)]
    pub link: String,
    /// Who made it: to others Telegram does not show it whole.
    #[serde(default)]
    pub bot: BotId,
}

impl Store {
    /// The invite link of a text; `None` before anybody asked for it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn invitation(
        &self,
        account: AccountId,
        name: &InvitationName,
    ) -> AppResult<Option<Invitation>> {
        self.get(&key_of(account, name)).await
    }

    /// Takes it on to have the link of a text made, until a second; `false` if it is there, or another call is at it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`].
    pub async fn claim_invitation(
        &self,
        account: AccountId,
        name: &InvitationName,
        (now, until): (i64, i64),
    ) -> AppResult<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_of(account, name).attributes()))
            .update_expression("SET leased_until = :until")
            .condition_expression(
                "attribute_not_exists(link) AND (attribute_not_exists(leased_until) OR leased_until <= :now)",
            )
            .expression_attribute_values(":until", number(until))
            .expression_attribute_values(":now", number(now));
        written(update.send().await)
    }

    /// Keeps the link of a text; `false` if one is kept already, which stays.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn keep_invitation(
        &self,
        account: AccountId,
        name: &InvitationName,
        invitation: &Invitation,
    ) -> AppResult<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_of(account, name).attributes()))
            .update_expression("SET link = :link, #text = :text, bot = :bot REMOVE leased_until")
            .condition_expression("attribute_not_exists(link)")
            .expression_attribute_names("#text", "text")
            .expression_attribute_values(":link", text(&invitation.link))
            .expression_attribute_values(":text", text(&invitation.text))
            .expression_attribute_values(":bot", to_attribute(&invitation.bot)?);
        written(update.send().await)
    }

    /// Counts somebody who joined by the link of a text, once for each campaign; `false` if they were counted.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn count_invited(
        &self,
        account: AccountId,
        name: &InvitationName,
        user: UserId,
    ) -> AppResult<bool> {
        let shard = click_shard(user);
        let counter = key_of(account, name);
        let joined = Key::Link(LinkKey::Joined(account, &name.campaign, user));
        let mark = self.new_item(&Key::clicked(shard, &joined), &BTreeMap::<String, String>::new())?;
        let mark = put_step(mark.condition_expression("attribute_not_exists(PK)"))?;
        let one = std::iter::once(("joins".to_owned(), Decimal::ONE));
        let count = self.added(&Key::clicked(shard, &counter), one, None)?;
        let steps: Vec<_> = std::iter::once(mark).chain(count).collect();
        Ok(self.transact(steps).await?.is_none())
    }

    /// Forgets that somebody joined by a link of a campaign; they stay counted. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn forget_invited(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        user: UserId,
    ) -> AppResult<()> {
        let joined = Key::Link(LinkKey::Joined(account, campaign, user));
        self.batch_delete(vec![Key::clicked(click_shard(user), &joined).attributes()]).await
    }

    /// The invite links of a campaign, each with how many people joined by it, in no order.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn invitations(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<Vec<(Invitation, u64)>> {
        let of_campaign = Key::Count(CountKey::Total(account, campaign));
        let made = self.query_items(of_campaign.partition(), INVITATIONS).await?;
        let shards = (0..CLICK_SHARDS).map(|shard| Key::clicked(shard, &of_campaign).partition());
        let counts = try_join_all(shards.map(|partition| self.query_items(partition, INVITATIONS))).await?;
        let joins = |item: &Item| {
            let same = counts.iter().flatten().filter(|count| sort_end(count) == sort_end(item));
            same.filter_map(|count| whole(count, "joins")).sum::<u64>()
        };
        let made = made.into_iter().filter(|item| item.get("link").is_some_and(AttributeValue::is_s));
        made.map(|item| Ok((from_item(item.clone())?, joins(&item)))).collect()
    }
}

const fn key_of(account: AccountId, name: &InvitationName) -> Key<'_> {
    Key::Link(LinkKey::Invitation(account, &name.campaign, name.text))
}
