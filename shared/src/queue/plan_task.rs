use serde::{Deserialize, Serialize};

use super::spell;
use crate::domain::fact_clock::FactClock;
use crate::domain::lead_event::LeadStatus;
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, ExecutionId, OutreachCampaignId, UserId};

/// Something that the planning of an execution has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PlanTask {
    /// Begin planning, if it is time, and have every shard planned.
    BeginV1 {
        /// Whose.
        account: AccountId,
        /// The execution.
        execution: ExecutionId,
    },
    /// Plan one shard of contacts from where it stands.
    ShardV1 {
        /// Whose.
        account: AccountId,
        /// The execution.
        execution: ExecutionId,
        /// One of 64.
        shard: u64,
    },
    /// Send a campaign to one person, because they reached a status as a lead.
    TriggerV1 {
        /// Whose.
        account: AccountId,
        /// The campaign.
        campaign: OutreachCampaignId,
        /// Who.
        user: UserId,
        /// Which status.
        status: LeadStatus,
        /// When.
        clock: FactClock,
    },
    /// Give a bot's lane a fresh token, if its last one is lost.
    WatchV1 {
        /// The bot.
        bot: BotKey,
    },
    /// Have a bot's lane look for work, of which some had to wait.
    WakeV1 {
        /// The bot.
        bot: BotKey,
    },
    /// Ask an endpoint of the account's own what the recipients of the next chunks of a bot get.
    AskV1 {
        /// The bot.
        bot: BotKey,
        /// The execution.
        execution: ExecutionId,
        /// From which shard the first of the chunks is.
        shard: u64,
        /// Which one of that shard it is, from 0.
        number: u64,
    },
    /// Draw the contest of a campaign, and tell who won.
    DrawV1 {
        /// Whose.
        account: AccountId,
        /// The campaign.
        campaign: OutreachCampaignId,
        /// When it was to be drawn, in Unix seconds; nothing happens if that is another time by now. Without it, it was asked for.
        at: Option<i64>,
    },
    /// Complete a campaign, if its end date is over.
    EndV1 {
        /// Whose.
        account: AccountId,
        /// The campaign.
        campaign: OutreachCampaignId,
    },
}

impl PlanTask {
    /// The same for a task that is made again.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::BeginV1 { account, execution } => format!("begin.{account}.{execution}"),
            Self::ShardV1 { account, execution, shard } => format!("shard.{account}.{execution}.{shard}"),
            Self::TriggerV1 { account, campaign, user, status, clock } => {
                format!("trigger.{account}.{campaign}.{user}.{status}.{clock}")
            }
            Self::WatchV1 { bot: BotKey { account, bot } } => format!("watch.{account}.{bot}"),
            Self::WakeV1 { bot: BotKey { account, bot } } => format!("wake.{account}.{bot}"),
            Self::AskV1 { bot: BotKey { account, bot }, execution, shard, number } => {
                format!("ask.{account}.{bot}.{execution}.{shard}.{number}")
            }
            Self::DrawV1 { account, campaign, at: Some(at) } => format!("draw.{account}.{campaign}.{at}"),
            Self::DrawV1 { account, campaign, at: None } => format!("draw.{account}.{campaign}"),
            Self::EndV1 { account, campaign } => format!("end.{account}.{campaign}"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::BotId;

    #[test]
    fn the_wire_form_is_frozen() {
        let (account, execution) = (AccountId(1), ExecutionId::of("7"));
        let shard = PlanTask::ShardV1 { account, execution: execution.clone(), shard: 63 };
        let bot = BotKey { account, bot: BotId(7) };
        let end = PlanTask::EndV1 { account, campaign: OutreachCampaignId::of("8") };
        let (watch, wake) = (PlanTask::WatchV1 { bot }, PlanTask::WakeV1 { bot });
        let trigger = PlanTask::TriggerV1 {
            account,
            campaign: OutreachCampaignId::of("8"),
            user: UserId(9),
            status: LeadStatus::Approve,
            clock: FactClock { date: 10, update: 11 },
        };
        let campaign = OutreachCampaignId::of("8");
        let draw = PlanTask::DrawV1 { account, campaign: campaign.clone(), at: None };
        let draw_at = PlanTask::DrawV1 { account, campaign, at: Some(12) };
        let ask = PlanTask::AskV1 { bot, execution: execution.clone(), shard: 63, number: 5 };
        let tasks =
            [PlanTask::BeginV1 { account, execution }, shard, watch, wake, end, trigger, draw, draw_at, ask];
        let wire = tasks.each_ref().map(|task| format!("{} {}", task.id(), task.spelled().unwrap()));
        insta::assert_snapshot!(wire.join("\n"), @r#"
        begin.1.exec7 {"type":"begin_v1","account":1,"execution":"exec7"}
        shard.1.exec7.63 {"type":"shard_v1","account":1,"execution":"exec7","shard":63}
        watch.1.7 {"type":"watch_v1","bot":{"account":1,"bot":7}}
        wake.1.7 {"type":"wake_v1","bot":{"account":1,"bot":7}}
        end.1.camp8 {"type":"end_v1","account":1,"campaign":"camp8"}
        trigger.1.camp8.9.approve.00000000010.000000000011 {"type":"trigger_v1","account":1,"campaign":"camp8","user":9,"status":"approve","clock":"00000000010.000000000011"}
        draw.1.camp8 {"type":"draw_v1","account":1,"campaign":"camp8","at":null}
        draw.1.camp8.12 {"type":"draw_v1","account":1,"campaign":"camp8","at":12}
        ask.1.7.exec7.63.5 {"type":"ask_v1","bot":{"account":1,"bot":7},"execution":"exec7","shard":63,"number":5}
        "#);
        for (task, wire) in tasks.iter().zip(wire) {
            let (_, json) = wire.split_once(' ').unwrap();
            assert_eq!(&serde_json::from_str::<PlanTask>(json).unwrap(), task);
        }
    }
}
