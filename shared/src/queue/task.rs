use serde::{Deserialize, Serialize};

use super::batches::Grouped;
use super::spell;
use crate::domain::lead_event::LeadEvent;
use crate::error::AppResult;
use crate::ids::{CampaignKey, UserId};

/// Something a queue has to get done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Task {
    /// Tell the advertiser one event of one lead.
    PostbackV1 {
        /// The campaign.
        campaign: CampaignKey,
        /// The subscriber.
        user: UserId,
        /// What happened.
        event: LeadEvent,
    },
    /// Tell it once more, under the same id: attempts from before the request count for nothing.
    ReplayV1 {
        /// The campaign.
        campaign: CampaignKey,
        /// The subscriber.
        user: UserId,
        /// What happened.
        event: LeadEvent,
        /// When it was asked for, in Unix milliseconds.
        requested_ms: i64,
    },
}

impl Task {
    /// The campaign, the subscriber and what happened.
    #[must_use]
    pub const fn subject(&self) -> (CampaignKey, UserId, LeadEvent) {
        let (Self::PostbackV1 { campaign, user, event } | Self::ReplayV1 { campaign, user, event, .. }) =
            *self;
        (campaign, user, event)
    }

    /// When a replay was asked for, in Unix milliseconds; `None` for a first delivery.
    #[must_use]
    pub const fn requested_ms(&self) -> Option<i64> {
        match self {
            Self::PostbackV1 { .. } => None,
            Self::ReplayV1 { requested_ms, .. } => Some(*requested_ms),
        }
    }

    /// As a queue has it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`] if it does not write; a fault of this crate.
    pub fn spelled(&self) -> AppResult<String> {
        spell(self)
    }
}

impl Grouped for Task {
    fn group(&self) -> String {
        let (Self::PostbackV1 { campaign, user, .. } | Self::ReplayV1 { campaign, user, .. }) = self;
        format!("{}.{}.{user}", campaign.account, campaign.campaign)
    }

    fn id(&self) -> String {
        let (Self::PostbackV1 { event, .. } | Self::ReplayV1 { event, .. }) = self;
        let id = format!("{}.{}.{}", self.group(), event.status, event.clock);
        match self {
            Self::PostbackV1 { .. } => id,
            Self::ReplayV1 { requested_ms, .. } => format!("{id}.{requested_ms}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fact_clock::FactClock;
    use crate::domain::lead_event::LeadStatus;
    use crate::ids::{AccountId, TrackingCampaignId};

    #[test]
    fn the_wire_form_is_frozen() {
        let campaign = CampaignKey { account: AccountId(1), campaign: TrackingCampaignId(12) };
        let (user, clock) = (UserId(7_000_000_001), FactClock { date: 1_760_000_001, update: 2 });
        let event = LeadEvent { status: LeadStatus::Approve, clock };
        let task = Task::PostbackV1 { campaign, user, event };
        let wire = serde_json::to_string(&task).unwrap();
        insta::assert_snapshot!(wire, @r#"{"type":"postback_v1","campaign":{"account":1,"campaign":12},"user":7000000001,"event":{"status":"approve","clock":"01760000001.000000000002"}}"#);
        assert_eq!(task.group(), "1.12.7000000001");
        assert_eq!(task.id(), "1.12.7000000001.approve.01760000001.000000000002");
        assert_eq!(serde_json::from_str::<Task>(&wire).unwrap(), task);

        let replay = Task::ReplayV1 { campaign, user, event, requested_ms: 1_760_000_500_123 };
        let wire = serde_json::to_string(&replay).unwrap();
        insta::assert_snapshot!(wire, @r#"{"type":"replay_v1","campaign":{"account":1,"campaign":12},"user":7000000001,"event":{"status":"approve","clock":"01760000001.000000000002"},"requested_ms":1760000500123}"#);
        assert_eq!(replay.group(), task.group());
        assert_eq!(replay.id(), "1.12.7000000001.approve.01760000001.000000000002.1760000500123");
        assert_eq!(serde_json::from_str::<Task>(&wire).unwrap(), replay);
    }
}
