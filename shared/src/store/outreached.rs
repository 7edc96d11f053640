//! What outreach leaves with a contact: which campaigns reached them, and when.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::access::{is_refusal, number, to_attribute, unavailable, written};
use super::{Key, Store};
use crate::domain::outreach::OutreachTouch;
use crate::error::AppResult;
use crate::ids::{BotKey, OutreachCampaignId, UserId};

/// When a contact was reached is kept of so many times at most, and of half as many at least: no cap counts more.
const TIMES_MAX: usize = 40;

impl Store {
    /// Notes that outreach of a campaign reached a contact at a moment in Unix milliseconds, with the message that they got,
    /// or may have, without one. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_outreach(
        &self,
        bot: BotKey,
        user: UserId,
        (campaign, touch): (&OutreachCampaignId, Option<&OutreachTouch>),
        now_ms: i64,
    ) -> AppResult<()> {
        let contact = || {
            let update = self.client.update_item().table_name(&self.table);
            let update = update.set_key(Some(Key::Contact(bot.account, bot.bot, user).attributes()));
            update.condition_expression("attribute_exists(PK)")
        };
        let set = if touch.is_some() { ", last_touch = :touch" } else { "" };
        let mut update = contact()
            .update_expression(format!("SET last_outreach = :now{set} ADD received :campaign, got_ms :times"))
            .expression_attribute_values(":now", number(now_ms.div_euclid(1000)))
            .expression_attribute_values(":campaign", AttributeValue::Ss(vec![campaign.to_string()]))
            .expression_attribute_values(":times", AttributeValue::Ns(vec![now_ms.to_string()]))
            .return_values(ReturnValue::UpdatedNew);
        if let Some(touch) = touch {
            update = update.expression_attribute_values(":touch", to_attribute(touch)?);
        }
        let after = match update.send().await {
            Ok(answer) => answer.attributes.unwrap_or_default(),
            Err(error) if is_refusal(&error) => return Ok(()),
            Err(error) => return Err(unavailable(error)),
        };
        let times = after.get("got_ms").and_then(|times| times.as_ns().ok()).into_iter().flatten();
        let times: BTreeSet<i64> = times.filter_map(|time| time.parse().ok()).collect();
        if times.len() < TIMES_MAX {
            return Ok(());
        }
        let oldest = times.iter().take(TIMES_MAX / 2).map(i64::to_string).collect();
        let forgets = contact()
            .update_expression("DELETE got_ms :times")
            .expression_attribute_values(":times", AttributeValue::Ns(oldest));
        written(forgets.send().await).map(drop)
    }
}
