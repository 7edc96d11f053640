use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::{Deserialize, Serialize};

use super::{Queue, unavailable};
use crate::domain::lead_event::LeadEvent;
use crate::domain::owner_news::OwnerNews;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, BotKey, CampaignKey, ChatId, UserId};

/// Something to tell an account's owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OwnerTask {
    /// One event of one lead.
    LeadNewsV1 {
        /// The campaign.
        campaign: CampaignKey,
        /// The subscriber.
        user: UserId,
        /// What happened.
        event: LeadEvent,
        /// The minute in which it has a place, in Unix seconds; `None` if it has none yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minute: Option<i64>,
    },
    /// Something about a bot.
    BotNewsV1 {
        /// The account.
        account: AccountId,
        /// What happened.
        news: OwnerNews,
    },
    /// What was held back in one minute.
    DigestV1 {
        /// The bot that tells it.
        bot: BotKey,
        /// The owner's chat.
        chat: ChatId,
        /// When the minute began, in Unix seconds.
        minute: i64,
    },
}

impl OwnerTask {
    /// The same for a task that is sent or received again.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::LeadNewsV1 { campaign, user, event, .. } => {
                format!("{}.{user}.{}.{}", campaign.campaign, event.status, event.clock)
            }
            Self::BotNewsV1 { news, .. } => news.id(),
            Self::DigestV1 { bot: BotKey { bot: BotId(bot), .. }, minute, .. } => {
                format!("digest.{bot}.{minute}")
            }
        }
    }
}

impl Queue {
    /// Sends tasks to a standard queue, ten at a time. After an error some may have been sent; sending all again is
    /// safe.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn send_owner_tasks(&self, tasks: &[OwnerTask], delay_seconds: i32) -> AppResult<()> {
        for some in tasks.chunks(10) {
            let entries = some.iter().enumerate().map(|(index, task)| {
                let body = serde_json::to_string(task)
                    .map_err(|error| AppError::unavailable(format!("a task does not write: {error}")))?;
                let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body);
                let entry = entry.set_delay_seconds((delay_seconds > 0).then_some(delay_seconds));
                entry.build().map_err(|error| AppError::unavailable(format!("SQS: {error}")))
            });
            let request = self.client.send_message_batch().queue_url(&self.url);
            let request = request.set_entries(Some(entries.collect::<AppResult<_>>()?));
            let answer = request.send().await.map_err(unavailable)?;
            if let Some(failure) = answer.failed().first() {
                return Err(AppError::unavailable(format!("SQS refuses a message: {}", failure.code())));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fact_clock::FactClock;
    use crate::domain::lead_event::LeadStatus;
    use crate::ids::TrackingCampaignId;

    #[test]
    fn the_wire_form_is_frozen() {
        let (account, bot, chat) = (AccountId(1), BotId(2), ChatId(7_000_000_009));
        let campaign = CampaignKey { account, campaign: TrackingCampaignId(12) };
        let clock = FactClock { date: 1_760_000_001, update: 2 };
        let event = LeadEvent { status: LeadStatus::Approve, clock };
        let tasks = [
            OwnerTask::LeadNewsV1 { campaign, user: UserId(7_000_000_001), event, minute: None },
            OwnerTask::LeadNewsV1 {
                campaign,
                user: UserId(7_000_000_001),
                event,
                minute: Some(1_760_000_040),
            },
            OwnerTask::BotNewsV1 {
                account,
                news: OwnerNews::RightsLost { bot, chat: ChatId(-100), seen: clock },
            },
            OwnerTask::BotNewsV1 { account, news: OwnerNews::TokenRefused { bot } },
            OwnerTask::BotNewsV1 { account, news: OwnerNews::WebhookBroken { bot } },
            OwnerTask::BotNewsV1 {
                account,
                news: OwnerNews::WelcomeRefused { bot, campaign: campaign.campaign },
            },
            OwnerTask::DigestV1 { bot: BotKey { account, bot }, chat, minute: 1_760_000_040 },
        ];
        let wire: Vec<_> = tasks
            .iter()
            .map(|task| format!("{} {}", task.id(), serde_json::to_string(task).unwrap()))
            .collect();
        insta::assert_snapshot!(wire.join("\n"), @r#"
        12.7000000001.approve.01760000001.000000000002 {"type":"lead_news_v1","campaign":{"account":1,"campaign":12},"user":7000000001,"event":{"status":"approve","clock":"01760000001.000000000002"}}
        12.7000000001.approve.01760000001.000000000002 {"type":"lead_news_v1","campaign":{"account":1,"campaign":12},"user":7000000001,"event":{"status":"approve","clock":"01760000001.000000000002"},"minute":1760000040}
        rights.2.-100.01760000001.000000000002 {"type":"bot_news_v1","account":1,"news":{"kind":"rights_lost","bot":2,"chat":-100,"seen":"01760000001.000000000002"}}
        token.2 {"type":"bot_news_v1","account":1,"news":{"kind":"token_refused","bot":2}}
        webhook.2 {"type":"bot_news_v1","account":1,"news":{"kind":"webhook_broken","bot":2}}
        welcome.2.12 {"type":"bot_news_v1","account":1,"news":{"kind":"welcome_refused","bot":2,"campaign":12}}
        digest.2.1760000040 {"type":"digest_v1","bot":{"account":1,"bot":2},"chat":7000000009,"minute":1760000040}
        "#);
        for (task, wire) in tasks.iter().zip(wire) {
            let (_, json) = wire.split_once(' ').unwrap();
            assert_eq!(&serde_json::from_str::<OwnerTask>(json).unwrap(), task);
        }
    }
}
