use crate::domain::calendar;
use crate::domain::outreach::TimeUnit;
use crate::ids::{AccountId, OutreachCampaignId, SegmentId};

use super::keys::SEGMENTS;
use super::link_keys::VARIATIONS;

/// The primary keys of what is counted of outreach campaigns.
#[derive(Clone, Copy, Debug)]
pub enum CountKey<'a> {
    /// An outreach campaign's counters.
    Total(AccountId, &'a OutreachCampaignId),
    /// The same of the minute, hour or day of a second; minutes and hours expire. List by the keys of two seconds.
    Time(AccountId, &'a OutreachCampaignId, TimeUnit, i64),
    /// The same of those who were reached as members of a segment.
    Segment(AccountId, &'a OutreachCampaignId, &'a SegmentId),
    /// The same of those who got a variation, by its id.
    Variation(AccountId, &'a OutreachCampaignId, &'a str),
    /// How an outreach campaign's endpoint answered.
    Endpoint(AccountId, &'a OutreachCampaignId),
    /// Who of a shard of contacts was held out of an outreach campaign; list by `begins_with(SK, "HELDOUT#")`.
    HeldOut(AccountId, &'a OutreachCampaignId, u64),
}

/// What the sort keys of counts of those who were held out begin with.
pub const HELD_OUT_COUNTS: &str = "HELDOUT#";

impl CountKey<'_> {
    /// The partition.
    #[must_use]
    pub fn partition(&self) -> String {
        match *self {
            Self::Total(account, campaign)
            | Self::Time(account, campaign, ..)
            | Self::Segment(account, campaign, _)
            | Self::Variation(account, campaign, _)
            | Self::Endpoint(account, campaign)
            | Self::HeldOut(account, campaign, _) => format!("OSTAT#{account}.{campaign}"),
        }
    }

    /// The place within the partition.
    #[must_use]
    pub fn sort(&self) -> String {
        match *self {
            Self::Total(..) => "TOTAL".to_owned(),
            Self::Time(_, _, unit, time) => bucket(unit, time),
            Self::Segment(_, _, segment) => format!("{SEGMENTS}{segment}"),
            Self::HeldOut(_, _, shard) => format!("{HELD_OUT_COUNTS}{shard:02}"),
            Self::Endpoint(..) => "ENDPOINT".to_owned(),
            Self::Variation(_, _, variation) => format!("{VARIATIONS}{variation}"),
        }
    }
}

/// A bucket of a series, by when it begins.
fn bucket(unit: TimeUnit, time: i64) -> String {
    let begin = time.div_euclid(unit.seconds()) * unit.seconds();
    match unit {
        TimeUnit::Day => format!("DAY#{}", calendar::date(time)),
        TimeUnit::Hour => format!("HOUR#{}", calendar::iso_time(begin)),
        TimeUnit::Minute => format!("MINUTE#{}", calendar::iso_time(begin)),
    }
}
