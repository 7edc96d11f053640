//! Clicks on tracked links: noted with the person, and counted in the same transaction, each person once.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use futures::future::try_join_all;
use rust_decimal::Decimal;

use super::access::{number, to_attribute, unavailable, update_step};
use super::count_keys::CountKey;
use super::link_keys::VARIATIONS;
use super::outreach_counts::{counters_of, sort_end};
use super::shards::{CLICK_SHARDS, click_shard};
use super::{Key, Store};
use crate::domain::outreach::{LinkId, OutreachCounters, TimeUnit, TrackedLink};
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, OutreachCampaignId, UserId};

/// What a person clicked so far. It lies with what the account says of them, and goes with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClickMarks {
    /// The campaigns.
    pub campaigns: BTreeSet<String>,
    /// Links and variations, by numbers that stand for them.
    pub places: BTreeSet<String>,
}

/// Somebody clicked on a link that a bot sent them.
#[derive(Clone, Copy, Debug)]
pub struct PersonClick<'a> {
    /// The bot.
    pub bot: BotKey,
    /// Who.
    pub user: UserId,
    /// Of which campaign.
    pub campaign: &'a OutreachCampaignId,
    /// On what.
    pub link: &'a TrackedLink,
    /// When, in Unix seconds.
    pub time: i64,
}

/// What a click is the first of.
#[derive(Clone, Debug)]
struct Firsts {
    of_campaign: bool,
    of_variation: bool,
    of_link: bool,
}

/// What stands with a person for a text of a campaign that they clicked in.
pub(super) fn variation_mark(campaign: &OutreachCampaignId, variation: &str) -> String {
    format!("v{}", LinkId::of(&[campaign.as_str(), variation]))
}

impl PersonClick<'_> {
    fn link_mark(&self) -> String {
        self.link.id(self.campaign).to_string()
    }

    fn variation_mark(&self) -> String {
        variation_mark(self.campaign, &self.link.variation)
    }

    fn firsts(&self, marks: &ClickMarks) -> Firsts {
        Firsts {
            of_campaign: !marks.campaigns.contains(self.campaign.as_str()),
            of_variation: !marks.places.contains(&self.variation_mark()),
            of_link: !marks.places.contains(&self.link_mark()),
        }
    }
}

impl Store {
    /// Counts a click of somebody of whom these marks are known: in any case for the link, and for link, variation and
    /// campaign as a person if it is their first there. `false` if nothing is counted: the marks are others by now, or
    /// the bot does not know them any more.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may count a repeated click twice, and no person.
    pub async fn count_click(&self, click: &PersonClick<'_>, marks: &ClickMarks) -> AppResult<bool> {
        let account = click.bot.account;
        let (shard, firsts) = (click_shard(click.user), click.firsts(marks));
        let link = Key::target(account, click.campaign, click.link.id(click.campaign));
        if !firsts.of_link {
            let again = self.client.update_item().table_name(&self.table);
            let again = again.set_key(Some(Key::clicked(shard, &link).attributes()));
            let again =
                again.update_expression("ADD clicks :one").expression_attribute_values(":one", number(1));
            return again.send().await.map(|_| true).map_err(unavailable);
        }
        let contact = self.is_there(&Key::Contact(account, click.bot.bot, click.user))?;
        let mut steps = vec![self.marked(click, &firsts)?, contact];
        let ones = ["clicks", "people"].map(|name| (name.to_owned(), Decimal::ONE));
        steps.extend(self.added(&Key::clicked(shard, &link), ones.into_iter(), None)?);
        let person = OutreachCounters { clicked: 1, read: 1, ..OutreachCounters::default() };
        if firsts.of_variation {
            let variation = Key::Count(CountKey::Variation(account, click.campaign, &click.link.variation));
            steps.extend(self.counted(&Key::clicked(shard, &variation), &person, None)?);
        }
        if firsts.of_campaign {
            let time = click.time;
            steps.extend(self.campaign_steps((account, click.campaign), (shard, time), &person)?);
        }
        Ok(self.transact(steps).await?.is_none())
    }

    /// Counts somebody who pressed a button of a campaign at a time, in Unix seconds, as one who clicked; `false` if they
    /// were counted, or the bot does not know them any more.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn count_press(
        &self,
        bot: BotKey,
        user: UserId,
        campaign: &OutreachCampaignId,
        time: i64,
    ) -> AppResult<bool> {
        let mark = self
            .update(&Key::Person(bot.account, user))
            .update_expression("SET #user = :user ADD clicked :campaigns")
            .condition_expression("NOT contains(clicked, :campaign)")
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", to_attribute(&user)?)
            .expression_attribute_values(":campaign", AttributeValue::S(campaign.to_string()))
            .expression_attribute_values(":campaigns", AttributeValue::Ss(vec![campaign.to_string()]));
        let person = OutreachCounters { clicked: 1, read: 1, ..OutreachCounters::default() };
        let mut steps = vec![update_step(mark)?, self.is_there(&Key::Contact(bot.account, bot.bot, user))?];
        let shard = click_shard(user);
        steps.extend(self.campaign_steps((bot.account, campaign), (shard, time), &person)?);
        Ok(self.transact(steps).await?.is_none())
    }

    /// The counters of a campaign, in all and by time, of one who clicked.
    fn campaign_steps(
        &self,
        (account, campaign): (AccountId, &OutreachCampaignId),
        (shard, time): (u64, i64),
        person: &OutreachCounters,
    ) -> AppResult<Vec<TransactWriteItem>> {
        let total = Key::Count(CountKey::Total(account, campaign));
        let mut steps: Vec<_> =
            self.counted(&Key::clicked(shard, &total), person, None)?.into_iter().collect();
        for unit in [TimeUnit::Minute, TimeUnit::Hour, TimeUnit::Day] {
            let end = unit.kept_seconds().map(|kept| time + kept);
            let bucket = Key::Count(CountKey::Time(account, campaign, unit, time));
            steps.extend(self.counted(&Key::clicked(shard, &bucket), person, end)?);
        }
        Ok(steps)
    }

    /// Notes with a person what they clicked for the first time, and refuses if that is known.
    fn marked(&self, click: &PersonClick<'_>, firsts: &Firsts) -> AppResult<TransactWriteItem> {
        let marks = [(firsts.of_link, click.link_mark()), (firsts.of_variation, click.variation_mark())];
        let mut places = Vec::new();
        let is_known = |known: bool| if known { "" } else { "NOT " };
        let mut conditions = vec![format!("{}contains(clicked, :campaign)", is_known(!firsts.of_campaign))];
        let mut update = self.update(&Key::Person(click.bot.account, click.user));
        for (index, (is_first, mark)) in marks.into_iter().enumerate() {
            conditions.push(format!("{}contains(clicks, :mark{index})", is_known(!is_first)));
            update =
                update.expression_attribute_values(format!(":mark{index}"), AttributeValue::S(mark.clone()));
            places.extend(is_first.then_some(mark));
        }
        let campaigns = AttributeValue::Ss(vec![click.campaign.to_string()]);
        let update = update
            .update_expression("SET #user = :user ADD clicked :campaigns, clicks :places")
            .condition_expression(conditions.join(" AND "))
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", to_attribute(&click.user)?)
            .expression_attribute_values(":campaign", AttributeValue::S(click.campaign.to_string()))
            .expression_attribute_values(":campaigns", campaigns)
            .expression_attribute_values(":places", AttributeValue::Ss(places));
        update_step(update)
    }

    /// How many people clicked on links of a campaign.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn clicked_in_all(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<OutreachCounters> {
        let total = Key::Count(CountKey::Total(account, campaign));
        let keys = (0..CLICK_SHARDS).map(|shard| Key::clicked(shard, &total).attributes());
        let items = self.batch_get(keys).await?;
        Ok(items.iter().map(counters_of).fold(OutreachCounters::default(), OutreachCounters::plus))
    }

    /// The same by time, from one second to another, both included, oldest first; each with its begin as the key spells it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn clicked_series(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        unit: TimeUnit,
        (from, to): (i64, i64),
    ) -> AppResult<Vec<(String, OutreachCounters)>> {
        let [first, last] = [from, to].map(|time| Key::Count(CountKey::Time(account, campaign, unit, time)));
        let series = (0..CLICK_SHARDS).map(async |shard| {
            self.query_between(&Key::clicked(shard, &first), &Key::clicked(shard, &last)).await
        });
        let mut sums: BTreeMap<String, OutreachCounters> = BTreeMap::new();
        for item in try_join_all(series).await?.iter().flatten() {
            let Some(begin) = sort_end(item) else { continue };
            let sum = sums.entry(begin).or_default();
            *sum = sum.plus(counters_of(item));
        }
        Ok(sums.into_iter().collect())
    }

    /// A campaign's counters by variation, those who clicked included; by the message's own id of those who got none.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_by_variation(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<BTreeMap<String, OutreachCounters>> {
        let of_campaign = Key::Count(CountKey::Total(account, campaign));
        let shards = (0..CLICK_SHARDS).map(|shard| Key::clicked(shard, &of_campaign).partition());
        let partitions = std::iter::once(of_campaign.partition()).chain(shards);
        let items = try_join_all(partitions.map(|partition| self.query_items(partition, VARIATIONS))).await?;
        let mut sums: BTreeMap<String, OutreachCounters> = BTreeMap::new();
        for item in items.iter().flatten() {
            let Some(variation) = sort_end(item) else { continue };
            let sum = sums.entry(variation).or_default();
            *sum = sum.plus(counters_of(item));
        }
        Ok(sums)
    }
}
