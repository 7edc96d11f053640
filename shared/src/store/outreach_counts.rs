use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{TransactWriteItem, builders::UpdateBuilder};
use rust_decimal::Decimal;

use super::access::{number, unavailable, update_step};
use super::count_keys::CountKey;
use super::keys::SEGMENTS;
use super::{Item, Key, Store};
use crate::domain::outreach::{
    Currency, LaneTally, OutreachCounters, OutreachTouch, STARS, SendError, TimeUnit,
};
use crate::error::AppResult;
use crate::ids::{AccountId, BotId, ExecutionId, OutreachCampaignId, SegmentId};

/// What stands before the code of an error, with how often it came.
const ERROR: &str = "error#";

/// What stands before a currency, with what conversions in it were worth.
const REVENUE: &str = "revenue#";

/// Something that became known of recipients of one bot in one execution.
#[derive(Clone, Debug, Default)]
pub struct OutreachOutcome {
    /// Which campaign.
    pub campaign: OutreachCampaignId,
    /// Which execution of it.
    pub execution: ExecutionId,
    /// By which bot.
    pub bot: BotId,
    /// When, in Unix seconds.
    pub time: i64,
    /// What is to be added to the campaign's counters, in all and at that time.
    pub counters: OutreachCounters,
    /// The part of it that is of segments.
    pub segments: BTreeMap<SegmentId, OutreachCounters>,
    /// The part of it that is of variations, by their ids.
    pub variations: BTreeMap<String, OutreachCounters>,
    /// What is to be added to the execution's.
    pub lane: LaneTally,
    /// What becomes of the campaign's Stars.
    pub stars: StarsChange,
}

/// What a write does to what was taken of a campaign's Stars; in tenths, of which each paid message takes one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StarsChange {
    /// Taken for those who are about to be sent to: the write is refused if that is beyond the limit.
    pub reserved: u64,
    /// Given back for those who got nothing for certain.
    pub released: u64,
    /// How much may be taken in all.
    pub limit: u64,
}

/// What a conversion adds to the counters of a campaign.
#[derive(Clone, Copy, Debug)]
pub struct ConversionCount<'a> {
    /// The message that it counts for.
    pub touch: &'a OutreachTouch,
    /// What is to be added.
    pub counters: OutreachCounters,
    /// The currency of its revenue.
    pub currency: &'a Currency,
    /// When, in Unix seconds.
    pub time: i64,
}

impl Store {
    /// A campaign's counters; zeros where nothing was counted.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_counters(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<OutreachCounters> {
        let item = self.get_item(&Key::Count(CountKey::Total(account, campaign))).await?;
        Ok(item.as_ref().map(counters_of).unwrap_or_default())
    }

    /// The counters of campaigns, in their order; zeros where nothing was counted.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_counters_of(
        &self,
        account: AccountId,
        campaigns: &[&OutreachCampaignId],
    ) -> AppResult<Vec<OutreachCounters>> {
        let mut found = HashMap::new();
        for some in campaigns.chunks(100) {
            let keys =
                some.iter().map(|campaign| Key::Count(CountKey::Total(account, campaign)).attributes());
            for item in self.batch_get(keys).await? {
                let partition = item.get("PK").and_then(|pk| pk.as_s().ok()).cloned().unwrap_or_default();
                found.insert(partition, counters_of(&item));
            }
        }
        let of = |campaign: &&OutreachCampaignId| {
            found
                .get(&Key::Count(CountKey::Total(account, campaign)).partition())
                .copied()
                .unwrap_or_default()
        };
        Ok(campaigns.iter().map(of).collect())
    }

    /// Gives a campaign the counters of another one, in all.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn copy_outreach_total(
        &self,
        account: AccountId,
        from: &OutreachCampaignId,
        to: &OutreachCampaignId,
    ) -> AppResult<()> {
        let Some(mut item) = self.get_item(&Key::Count(CountKey::Total(account, from))).await? else {
            return Ok(());
        };
        let clicked = counters_of(&item).plus(self.clicked_in_all(account, from).await?);
        for (name, count) in [("clicked", clicked.clicked), ("read", clicked.read)] {
            item.insert(name.to_owned(), number(count));
        }
        item.extend(Key::Count(CountKey::Total(account, to)).attributes());
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map_err(unavailable).map(drop)
    }

    /// A campaign's counters by time, from one second to another, both included, oldest first; each with its begin as the
    /// key spells it. Those without any are absent.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_series(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        unit: TimeUnit,
        (from, to): (i64, i64),
    ) -> AppResult<Vec<(String, OutreachCounters)>> {
        let [first, last] = [from, to].map(|time| Key::Count(CountKey::Time(account, campaign, unit, time)));
        let items = self.query_between(&first, &last).await?;
        let named = items.iter().filter_map(|item| Some((sort_end(item)?, counters_of(item))));
        Ok(named.collect())
    }

    /// A campaign's counters by segment.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_by_segment(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<Vec<(SegmentId, OutreachCounters)>> {
        let partition = Key::Count(CountKey::Total(account, campaign)).partition();
        let items = self.query_items(partition, SEGMENTS).await?;
        let named = |item: &Item| Some((SegmentId::parse(&sort_end(item)?)?, counters_of(item)));
        Ok(items.iter().filter_map(named).collect())
    }

    /// What became of an execution's recipients, bot by bot.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn lanes(
        &self,
        account: AccountId,
        execution: &ExecutionId,
    ) -> AppResult<Vec<(BotId, LaneTally)>> {
        let [first, last] =
            [BotId(0), BotId(u64::MAX)].map(|bot| Key::ExecutionLane(account, execution, bot));
        let items = self.query_between(&first, &last).await?;
        let named = |item: &Item| Some((BotId(sort_end(item)?.parse().ok()?), tally_of(item)));
        Ok(items.iter().filter_map(named).collect())
    }

    /// Counts an outcome everywhere it counts, all or nothing. Twice counts twice: whoever calls this again after an
    /// error must know that the first one was not written.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`].
    pub async fn count_outreach(&self, account: AccountId, outcome: &OutreachOutcome) -> AppResult<()> {
        self.transact(self.outcome_steps(account, outcome)?).await.map(drop)
    }

    /// The steps that count an outcome, for the transaction that writes it down.
    pub(super) fn outcome_steps(
        &self,
        account: AccountId,
        outcome: &OutreachOutcome,
    ) -> AppResult<Vec<TransactWriteItem>> {
        let OutreachOutcome { campaign, counters, time, .. } = outcome;
        let mut steps = Vec::new();
        steps.extend(self.total_step(
            &Key::Count(CountKey::Total(account, campaign)),
            counters,
            outcome.stars,
        )?);
        for unit in [TimeUnit::Minute, TimeUnit::Hour, TimeUnit::Day] {
            let end = unit.kept_seconds().map(|kept| time + kept);
            steps.extend(self.counted(
                &Key::Count(CountKey::Time(account, campaign, unit, *time)),
                counters,
                end,
            )?);
        }
        for (segment, part) in &outcome.segments {
            steps.extend(self.counted(
                &Key::Count(CountKey::Segment(account, campaign, segment)),
                part,
                None,
            )?);
        }
        for (variation, part) in &outcome.variations {
            steps.extend(self.counted(
                &Key::Count(CountKey::Variation(account, campaign, variation)),
                part,
                None,
            )?);
        }
        let LaneTally { successful, failed, skipped, unknown, errors } = &outcome.lane;
        let counts =
            [("successful", successful), ("failed", failed), ("skipped", skipped), ("unknown", unknown)];
        let counts = counts.into_iter().map(|(name, count)| (name.to_owned(), Decimal::from(*count)));
        let errors =
            errors.iter().map(|(error, count)| (format!("{ERROR}{}", error.code()), (*count).into()));
        let lane = Key::ExecutionLane(account, &outcome.execution, outcome.bot);
        steps.extend(self.added(&lane, counts.chain(errors), None)?);
        Ok(steps)
    }

    /// The step that counts for a campaign as a whole, first of those of an outcome.
    fn total_step(
        &self,
        key: &Key<'_>,
        counters: &OutreachCounters,
        StarsChange { reserved, released, limit }: StarsChange,
    ) -> AppResult<Option<TransactWriteItem>> {
        let counts = counters.by_name().map(|(name, count)| (name.to_owned(), Decimal::from(count)));
        let taken = Decimal::from(reserved) - Decimal::from(released);
        let others = [("revenue".to_owned(), counters.revenue), (STARS.to_owned(), taken)];
        let counts = counts.into_iter().chain(others);
        let Some(mut update) = self.adding(key, counts, None) else { return Ok(None) };
        if reserved > 0 {
            let room = Decimal::from(limit) - taken;
            let fresh = if room.is_sign_negative() { "" } else { "attribute_not_exists(#taken) OR " };
            update = update
                .condition_expression(format!("{fresh}#taken <= :room"))
                .expression_attribute_names("#taken", STARS)
                .expression_attribute_values(":room", number(room));
        }
        update_step(update).map(Some)
    }

    /// The steps that count a conversion, for the transaction that writes it down.
    pub(super) fn conversion_steps(
        &self,
        account: AccountId,
        ConversionCount { touch, counters, currency, time }: ConversionCount<'_>,
    ) -> AppResult<Vec<TransactWriteItem>> {
        let campaign = &touch.campaign;
        let mut places = vec![(Key::Count(CountKey::Total(account, campaign)), None)];
        for unit in [TimeUnit::Minute, TimeUnit::Hour, TimeUnit::Day] {
            let end = unit.kept_seconds().map(|kept| time + kept);
            places.push((Key::Count(CountKey::Time(account, campaign, unit, time)), end));
        }
        let segment = touch.segment.as_ref();
        places
            .extend(segment.map(|segment| (Key::Count(CountKey::Segment(account, campaign, segment)), None)));
        let variation = touch.variation.as_deref();
        places.extend(
            variation.map(|variation| (Key::Count(CountKey::Variation(account, campaign, variation)), None)),
        );
        let mut steps = Vec::new();
        for (key, end) in places {
            let counts = [
                ("converted".to_owned(), counters.converted.into()),
                ("revenue".to_owned(), counters.revenue),
                (format!("{REVENUE}{currency}"), counters.revenue),
            ];
            steps.extend(self.added(&key, counts.into_iter(), end)?);
        }
        Ok(steps)
    }

    /// What conversions were worth that count for a campaign, by currency: in all, or from one second to another, both
    /// included.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_revenue(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        buckets: Option<(TimeUnit, (i64, i64))>,
    ) -> AppResult<BTreeMap<String, Decimal>> {
        let items = match buckets {
            None => {
                self.get_item(&Key::Count(CountKey::Total(account, campaign))).await?.into_iter().collect()
            }
            Some((unit, (from, to))) => {
                let [first, last] =
                    [from, to].map(|time| Key::Count(CountKey::Time(account, campaign, unit, time)));
                self.query_between(&first, &last).await?
            }
        };
        let mut sums = BTreeMap::new();
        for (name, value) in items.iter().flatten() {
            let currency = name.strip_prefix(REVENUE);
            let amount = value.as_n().ok().and_then(|amount| amount.parse::<Decimal>().ok());
            if let (Some(currency), Some(amount)) = (currency, amount) {
                *sums.entry(currency.to_owned()).or_default() += amount;
            }
        }
        Ok(sums)
    }

    /// Nothing where nothing is to be added.
    pub(super) fn counted(
        &self,
        key: &Key<'_>,
        counters: &OutreachCounters,
        expires_at: Option<i64>,
    ) -> AppResult<Option<TransactWriteItem>> {
        let counts = counters.by_name().map(|(name, count)| (name.to_owned(), Decimal::from(count)));
        self.added(key, counts.into_iter().chain([("revenue".to_owned(), counters.revenue)]), expires_at)
    }

    pub(super) fn added(
        &self,
        key: &Key<'_>,
        counts: impl Iterator<Item = (String, Decimal)>,
        expires_at: Option<i64>,
    ) -> AppResult<Option<TransactWriteItem>> {
        self.adding(key, counts, expires_at).map(update_step).transpose()
    }

    fn adding(
        &self,
        key: &Key<'_>,
        counts: impl Iterator<Item = (String, Decimal)>,
        expires_at: Option<i64>,
    ) -> Option<UpdateBuilder> {
        let (mut update, mut sums) = (self.update(key), Vec::new());
        for (index, (name, count)) in counts.filter(|(_, count)| !count.is_zero()).enumerate() {
            sums.push(format!("#n{index} :n{index}"));
            update = update.expression_attribute_names(format!("#n{index}"), name);
            update = update.expression_attribute_values(format!(":n{index}"), number(count));
        }
        if sums.is_empty() {
            return None;
        }
        let mut expression = format!("ADD {}", sums.join(", "));
        if let Some(end) = expires_at {
            expression += " SET expires_at = :end";
            update = update.expression_attribute_values(":end", number(end));
        }
        Some(update.update_expression(expression))
    }
}

pub(super) fn counters_of(item: &Item) -> OutreachCounters {
    let revenue = item.get("revenue").and_then(|value| value.as_n().ok()?.parse().ok());
    OutreachCounters::from_names(|name| whole(item, name), revenue.unwrap_or_default())
}

fn tally_of(item: &Item) -> LaneTally {
    let count = |name| whole(item, name).unwrap_or_default();
    let errors = SendError::ALL
        .into_iter()
        .filter_map(|error| whole(item, &format!("{ERROR}{}", error.code())).map(|count| (error, count)));
    LaneTally {
        successful: count("successful"),
        failed: count("failed"),
        skipped: count("skipped"),
        unknown: count("unknown"),
        errors: errors.collect(),
    }
}

pub(super) fn whole(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// What a sort key ends with.
pub(super) fn sort_end(item: &Item) -> Option<String> {
    Some(item.get("SK")?.as_s().ok()?.split_once('#')?.1.to_owned())
}
