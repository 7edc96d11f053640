//! Erasing one person from everything that names them.
//!
//! What lies under a key that is known goes first; then lists are walked for what lies anywhere in them. When all is done,
//! it is done once more after a while: for what was on its way, and was written behind the back of the first pass.

use serde::{Deserialize, Serialize};

use super::calendar;
use super::lead::LeadFacts;
use crate::ids::{BotId, ChatId, ExecutionId, LeadId, TrackingCampaignId, WebhookId};

/// How long after the first pass the second begins, in seconds: longer than the stream is behind, or a postback on its way.
pub const SECOND_PASS_SECONDS: i64 = 900;

/// How often it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErasurePass {
    /// Everything.
    First,
    /// What is not younger than the request: who comes back meanwhile is somebody new.
    Second,
}

/// Where the person was a lead, or an organic person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ErasedLead {
    /// The campaign.
    pub campaign: TrackingCampaignId,
    /// The lead; `None` for an organic person.
    pub lead: Option<LeadId>,
    /// The first thing that is known, in Unix seconds.
    pub since: i64,
}

/// A list that may have something of the person anywhere. Each is one month, named by its last second that counts, or one
/// execution, or one webhook.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ErasedList {
    /// The journal of a chat.
    Journal {
        /// The bot that keeps it.
        bot: BotId,
        /// The chat.
        chat: ChatId,
        /// Within the month, in Unix seconds.
        month: i64,
    },
    /// The log of postbacks of a campaign.
    Postbacks {
        /// The campaign.
        campaign: TrackingCampaignId,
        /// Within the month, in Unix seconds.
        month: i64,
    },
    /// What an execution is planned by, how far it is, and its chunks.
    Execution {
        /// The execution.
        execution: ExecutionId,
    },
    /// The log of what a webhook was told.
    Webhook {
        /// The webhook.
        webhook: WebhookId,
    },
}

/// How far a pass is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasurePlace {
    /// The list that it is at.
    pub list: ErasedList,
    /// How far that was read, as it spells it; `None` at its beginning.
    pub after: Option<String>,
}

impl ErasedList {
    /// A chat's journal, month by month.
    pub fn of_journal(bot: BotId, chat: ChatId, from: i64, to: i64) -> impl Iterator<Item = Self> {
        let months = calendar::months_back(from, to).into_iter();
        months.map(move |(_, month)| Self::Journal { bot, chat, month })
    }

    /// A campaign's log, month by month.
    pub fn of_postbacks(campaign: TrackingCampaignId, from: i64, to: i64) -> impl Iterator<Item = Self> {
        calendar::months_back(from, to).into_iter().map(move |(_, month)| Self::Postbacks { campaign, month })
    }
}

/// The first thing that is known of somebody in a campaign, in Unix seconds.
#[must_use]
pub fn known_since(facts: &LeadFacts) -> Option<i64> {
    let start = facts.first_start().map(|start| start.clock);
    let leave = facts.leave.map(|leave| leave.clock);
    [start, facts.request, facts.join, leave].into_iter().flatten().min().map(|clock| clock.date)
}

/// Whether a second pass spares what is known of somebody in a campaign: they came after the request.
#[must_use]
pub fn is_spared(facts: &LeadFacts, requested: i64) -> bool {
    let came = facts.first_start().map(|start| start.clock).or(facts.join);
    came.is_some_and(|came| came.date > requested)
}

/// Whether all that is known of somebody in a campaign happened before they were to be forgotten. The stream may tell of it
/// long after.
#[must_use]
pub fn is_forgotten(facts: &LeadFacts, requested: i64) -> bool {
    facts.updated().is_none_or(|updated| updated.date <= requested)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fact_clock::FactClock;
    use crate::domain::lead::{Leave, LeaveKind, Start};

    fn at(date: i64) -> FactClock {
        FactClock { date, update: 1 }
    }

    #[test]
    fn who_comes_after_the_request_is_spared_and_who_only_leaves_is_not() {
        let start = |date| LeadFacts { starts: [Start::new(at(date), "")].into(), ..LeadFacts::default() };
        let join = |date| LeadFacts { join: Some(at(date)), ..LeadFacts::default() };
        let leave = Some(Leave { clock: at(20), kind: LeaveKind::Left });
        for (facts, spared) in [
            (start(9), false),
            (start(10), false),
            (start(11), true),
            (LeadFacts { leave, ..start(9) }, false),
            (join(10), false),
            (join(11), true),
            (LeadFacts { leave, ..LeadFacts::default() }, false),
            (LeadFacts::default(), false),
        ] {
            assert_eq!(is_spared(&facts, 10), spared, "{facts:?}");
        }
        assert_eq!(known_since(&LeadFacts { leave, ..start(9) }), Some(9));
        assert_eq!(known_since(&LeadFacts::default()), None);
    }

    #[test]
    fn lists_are_walked_month_by_month_in_an_order_that_lasts() {
        let january = 1_767_225_600;
        let chat = ChatId(-100);
        let mut lists: Vec<_> = ErasedList::of_journal(BotId(1), chat, january - 5, january + 5).collect();
        lists.extend(ErasedList::of_postbacks(TrackingCampaignId(1), january, january + 5));
        lists.sort_unstable();
        let (bot, campaign) = (BotId(1), TrackingCampaignId(1));
        let expected = [
            ErasedList::Journal { bot, chat, month: january - 1 },
            ErasedList::Journal { bot, chat, month: january + 5 },
            ErasedList::Postbacks { campaign, month: january + 5 },
        ];
        assert_eq!(lists, expected);
    }
}
