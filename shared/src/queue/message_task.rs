use serde::{Deserialize, Serialize};

use crate::domain::fact_clock::FactClock;
use crate::ids::{CampaignKey, UserId};

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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, TrackingCampaignId};

    #[test]
    fn the_wire_form_is_frozen() {
        let campaign = CampaignKey { account: AccountId(1), campaign: TrackingCampaignId(12) };
        let (user, clock) = (UserId(7_000_000_001), FactClock { date: 1_760_000_001, update: 2 });
        let task = MessageTask::WelcomeV1 { campaign, user, start: clock };
        let wire = serde_json::to_string(&task).unwrap();
        insta::assert_snapshot!(wire, @r#"{"type":"welcome_v1","campaign":{"account":1,"campaign":12},"user":7000000001,"start":"01760000001.000000000002"}"#);
        assert_eq!(serde_json::from_str::<MessageTask>(&wire).unwrap(), task);
    }
}
