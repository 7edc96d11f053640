use serde::{Deserialize, Serialize};

use super::spell;
use crate::domain::fact_clock::FactClock;
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey, TrackingCampaignId, UserId};

/// Something a bot has to do at Telegram that could not be done at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MessageTask {
    /// Greet a person for one press of Start, or for one request to join, if the welcome is still owed.
    WelcomeV1 {
        /// The campaign.
        campaign: CampaignKey,
        /// The person.
        user: UserId,
        /// When they pressed Start, or asked to join.
        start: FactClock,
    },
    /// Let in a person who asked to join, if that is still open.
    ApproveV1 {
        /// The campaign.
        campaign: CampaignKey,
        /// The person.
        user: UserId,
        /// When they asked.
        request: FactClock,
    },
    /// Answer a press of Start for which nothing is owed, if that is not too long ago.
    AnswerV1 {
        /// Who answers.
        bot: BotKey,
        /// The campaign whose welcome they get; without one they are told politely that there is nothing to join.
        campaign: Option<TrackingCampaignId>,
        /// The person.
        user: UserId,
        /// When they pressed Start.
        start: FactClock,
    },
    /// Show a person the questions of surveys that they are at, if they were not shown yet.
    QuestionV1 {
        /// Who asks.
        bot: BotKey,
        /// The person.
        user: UserId,
    },
}

impl MessageTask {
    /// The same for a task that is made again.
    #[must_use]
    pub fn id(&self) -> String {
        match *self {
            Self::WelcomeV1 { campaign: CampaignKey { account, campaign }, user, start } => {
                format!("welcome.{account}.{campaign}.{user}.{start}")
            }
            Self::ApproveV1 { campaign: CampaignKey { account, campaign }, user, request } => {
                format!("approve.{account}.{campaign}.{user}.{request}")
            }
            Self::AnswerV1 { bot: BotKey { account, bot }, user, start, .. } => {
                format!("answer.{account}.{bot}.{user}.{start}")
            }
            Self::QuestionV1 { bot: BotKey { account, bot }, user } => {
                format!("question.{account}.{bot}.{user}")
            }
        }
    }

    /// As the queue has it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`] if it does not write; a fault of this crate.
    pub fn spelled(&self) -> AppResult<String> {
        spell(self)
    }
}

/// A task as the queue has it, with its turn in the line of its bot's gate if it was given one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedMessage {
    /// What to do.
    #[serde(flatten)]
    pub task: MessageTask,
    /// Not before, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_ms: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, BotId};

    #[test]
    fn the_wire_form_is_frozen() {
        let campaign = CampaignKey { account: AccountId(1), campaign: TrackingCampaignId(12) };
        let (user, clock) = (UserId(7_000_000_001), FactClock { date: 1_760_000_001, update: 2 });
        let task = MessageTask::WelcomeV1 { campaign, user, start: clock };
        let wire = task.spelled().unwrap();
        insta::assert_snapshot!(wire, @r#"{"type":"welcome_v1","campaign":{"account":1,"campaign":12},"user":7000000001,"start":"01760000001.000000000002"}"#);
        assert_eq!(task.id(), "welcome.1.12.7000000001.01760000001.000000000002");
        assert_eq!(serde_json::from_str::<MessageTask>(&wire).unwrap(), task);

        let queued = QueuedMessage { task, turn_ms: Some(1_760_000_900_067) };
        let wire = spell(&queued).unwrap();
        insta::assert_snapshot!(wire, @r#"{"type":"welcome_v1","campaign":{"account":1,"campaign":12},"user":7000000001,"start":"01760000001.000000000002","turn_ms":1760000900067}"#);
        assert_eq!(serde_json::from_str::<QueuedMessage>(&wire).unwrap(), queued);
        let without = QueuedMessage { task, turn_ms: None };
        assert_eq!(serde_json::from_str::<QueuedMessage>(&task.spelled().unwrap()).unwrap(), without);

        let task = MessageTask::ApproveV1 { campaign, user, request: clock };
        let wire = task.spelled().unwrap();
        insta::assert_snapshot!(wire, @r#"{"type":"approve_v1","campaign":{"account":1,"campaign":12},"user":7000000001,"request":"01760000001.000000000002"}"#);
        assert_eq!(task.id(), "approve.1.12.7000000001.01760000001.000000000002");
        assert_eq!(serde_json::from_str::<MessageTask>(&wire).unwrap(), task);

        let bot = BotKey { account: AccountId(1), bot: BotId(3) };
        let task = MessageTask::AnswerV1 { bot, campaign: None, user, start: clock };
        let wire = task.spelled().unwrap();
        insta::assert_snapshot!(wire, @r#"{"type":"answer_v1","bot":{"account":1,"bot":3},"campaign":null,"user":7000000001,"start":"01760000001.000000000002"}"#);
        assert_eq!(task.id(), "answer.1.3.7000000001.01760000001.000000000002");
        assert_eq!(serde_json::from_str::<MessageTask>(&wire).unwrap(), task);

        let task = MessageTask::QuestionV1 { bot, user };
        let wire = task.spelled().unwrap();
        insta::assert_snapshot!(wire, @r#"{"type":"question_v1","bot":{"account":1,"bot":3},"user":7000000001}"#);
        assert_eq!(task.id(), "question.1.3.7000000001");
        assert_eq!(serde_json::from_str::<MessageTask>(&wire).unwrap(), task);
    }
}
