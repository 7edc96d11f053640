//! The first press of a button of a survey counts as a click, as one on a link does.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};

use super::access::{to_attribute, update_step};
use super::click_counts::variation_mark;
use super::count_keys::CountKey;
use super::shards::click_shard;
use super::{Key, Store};
use crate::domain::outreach::{OutreachCounters, TimeUnit};
use crate::error::AppResult;
use crate::ids::{AccountId, OutreachCampaignId, UserId};

/// Somebody pressed a button of a survey.
#[derive(Clone, Copy, Debug)]
pub struct SurveyClick<'a> {
    /// Whose campaign.
    pub account: AccountId,
    /// Who.
    pub user: UserId,
    /// Of which campaign.
    pub campaign: &'a OutreachCampaignId,
    /// Below which text of it, by its id.
    pub variation: &'a str,
    /// When, in Unix seconds.
    pub time: i64,
}

impl Store {
    /// The steps that count it, the first of which refuses where somebody clicked in the campaign before.
    pub(super) fn press_steps(&self, click: &SurveyClick<'_>) -> AppResult<Vec<TransactWriteItem>> {
        let SurveyClick { account, user, campaign, variation, time } = *click;
        let (shard, person) =
            (click_shard(user), OutreachCounters { clicked: 1, read: 1, ..OutreachCounters::default() });
        let place = variation_mark(campaign, variation);
        let set = |text: String| AttributeValue::Ss(vec![text]);
        let mark = self
            .update(&Key::Person(account, user))
            .update_expression("SET #user = :user ADD clicked :campaigns, clicks :places")
            .condition_expression("NOT contains(clicked, :campaign)")
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", to_attribute(&user)?)
            .expression_attribute_values(":campaign", AttributeValue::S(campaign.to_string()))
            .expression_attribute_values(":campaigns", set(campaign.to_string()))
            .expression_attribute_values(":places", set(place));
        let mut steps = vec![update_step(mark)?];
        let mut counters = vec![
            (Key::Count(CountKey::Total(account, campaign)), None),
            (Key::Count(CountKey::Variation(account, campaign, variation)), None),
        ];
        counters.extend([TimeUnit::Minute, TimeUnit::Hour, TimeUnit::Day].map(|unit| {
            let end = unit.kept_seconds().map(|kept| time + kept);
            (Key::Count(CountKey::Time(account, campaign, unit, time)), end)
        }));
        for (counter, end) in &counters {
            steps.extend(self.counted(&Key::clicked(shard, counter), &person, *end)?);
        }
        Ok(steps)
    }
}
