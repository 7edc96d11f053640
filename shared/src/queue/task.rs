use serde::{Deserialize, Serialize};

use crate::domain::lead_event::LeadEvent;
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
}

impl Task {
    /// Tasks of one group are done one after the other, in the order in which they were sent.
    #[must_use]
    pub fn group(&self) -> String {
        let Self::PostbackV1 { campaign: CampaignKey { account, campaign }, user, .. } = self;
        format!("{account}.{campaign}.{user}")
    }

    /// The same for a task that is sent again.
    #[must_use]
    pub fn id(&self) -> String {
        let Self::PostbackV1 { event, .. } = self;
        format!("{}.{}.{}", self.group(), event.status, event.clock)
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
        let task = Task::PostbackV1 {
            campaign: CampaignKey { account: AccountId(1), campaign: TrackingCampaignId(12) },
            user: UserId(7_000_000_001),
            event: LeadEvent {
                status: LeadStatus::Approve,
                clock: FactClock { date: 1_760_000_001, update: 2 },
            },
        };
        let wire = serde_json::to_string(&task).unwrap();
        insta::assert_snapshot!(wire, @r#"{"type":"postback_v1","campaign":{"account":1,"campaign":12},"user":7000000001,"event":{"status":"approve","clock":"01760000001.000000000002"}}"#);
        assert_eq!(task.group(), "1.12.7000000001");
        assert_eq!(task.id(), "1.12.7000000001.approve.01760000001.000000000002");
        assert_eq!(serde_json::from_str::<Task>(&wire).unwrap(), task);
    }
}
