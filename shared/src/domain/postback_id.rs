//! What a postback is called, by the advertiser and in the log.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fact_clock::FactClock;
use super::lead_event::LeadEvent;
use crate::ids::{LeadId, TrackingCampaignId};

/// The id a postback carries in every attempt, unique in its account; a receiver can drop a repeat by it.
///
/// As text: `<campaign>-<lead>-<event>-<date>-<update>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PostbackId {
    /// The campaign.
    pub campaign: TrackingCampaignId,
    /// The lead.
    pub lead: LeadId,
    /// The event it tells.
    pub event: LeadEvent,
}

impl PostbackId {
    /// What the log is sorted by: the time of the event, then the id as text.
    #[must_use]
    pub fn place(&self) -> (FactClock, String) {
        (self.event.clock, self.to_string())
    }
}

impl fmt::Display for PostbackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { campaign, lead, event: LeadEvent { status, clock } } = self;
        write!(f, "{campaign}-{lead}-{status}-{}-{}", clock.date.max(0), clock.update.max(0))
    }
}

/// The text is no postback id.
#[derive(Debug, thiserror::Error)]
#[error("not a postback id")]
pub struct NoPostbackId;

impl FromStr for PostbackId {
    type Err = NoPostbackId;

    /// Takes one spelling of each id, the one that [`fmt::Display`] gives.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<_> = text.split('-').collect();
        let [campaign, lead, status, date, update] = parts[..] else { return Err(NoPostbackId) };
        let clock = FactClock {
            date: date.parse().map_err(|_| NoPostbackId)?,
            update: update.parse().map_err(|_| NoPostbackId)?,
        };
        let id = Self {
            campaign: campaign.parse().map_err(|_| NoPostbackId)?,
            lead: lead.parse().map_err(|_| NoPostbackId)?,
            event: LeadEvent { status: status.parse().map_err(|_| NoPostbackId)?, clock },
        };
        if id.to_string() == text { Ok(id) } else { Err(NoPostbackId) }
    }
}

impl Serialize for PostbackId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PostbackId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Any id, for properties.
#[cfg(test)]
pub(super) fn any_id() -> impl proptest::strategy::Strategy<Value = PostbackId> {
    use proptest::prelude::*;

    use super::lead_event::LeadStatus;

    let numbers = (any::<u64>(), any::<u64>(), 0..5usize, 0..i64::MAX, 0..i64::MAX);
    numbers.prop_map(|(campaign, lead, status, date, update)| PostbackId {
        campaign: TrackingCampaignId(campaign),
        lead: LeadId(lead),
        event: LeadEvent { status: LeadStatus::ALL[status], clock: FactClock { date, update } },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let text = "12-5-wait-1760000000-42";
        let id: PostbackId = text.parse().unwrap();
        assert_eq!((id.campaign.0, id.lead.0, id.event.clock.update), (12, 5, 42));
        for other in [
            "",
            "12",
            "5-wait-1760000000-42",
            "12-5-wait-1760000000-42-1",
            "012-5-wait-1760000000-42",
            "+12-5-wait-1760000000-42",
            "12-5-none-1760000000-42",
            "12-5-wait-1760000000--42",
            " 12-5-wait-1760000000-42",
            "99999999999999999999-5-wait-1760000000-42",
        ] {
            assert!(other.parse::<PostbackId>().is_err(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn what_is_spelled_reads_back(id in any_id()) {
            prop_assert_eq!(id.to_string().parse::<PostbackId>().unwrap(), id);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = text.parse::<PostbackId>();
        }
    }
}
