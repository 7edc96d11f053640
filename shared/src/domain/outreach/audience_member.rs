use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::lead_event::LeadStatus;
use crate::ids::{BotId, TrackingCampaignId};

/// What rules see of a contact.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudienceMember {
    /// The bot that knows them.
    pub bot: BotId,
    /// Their client's language, an IETF tag; empty if unknown.
    pub language: String,
    /// Whether they have Telegram Premium.
    pub premium: bool,
    /// Whether they have a username.
    pub has_username: bool,
    /// When they last wrote to the bot or pressed a button, in Unix seconds.
    pub last_interaction: Option<i64>,
    /// When outreach last reached them, in Unix seconds.
    pub last_outreach: Option<i64>,
    /// When outreach of the last times reached them, in Unix milliseconds; at least the last twenty times.
    pub got_ms: BTreeSet<i64>,
    /// How many conversions they brought.
    pub conversions: u64,
    /// What those were worth.
    pub revenue: Decimal,
    /// Their tags.
    pub tags: BTreeSet<String>,
    /// What the account knows of them.
    pub attributes: BTreeMap<String, Value>,
    /// Where they are a lead.
    pub leads: Vec<LeadOfMember>,
    /// The outreach campaigns that reached them, by id.
    pub reached_by: BTreeMap<String, Reaction>,
}

/// A contact as a lead in one tracking campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadOfMember {
    /// The campaign.
    pub campaign: TrackingCampaignId,
    /// Where the lead stands.
    pub status: LeadStatus,
    /// The click of the last touch; may be empty.
    pub click: String,
    /// The start that made the lead, in Unix seconds.
    pub started: i64,
    /// The last join, in Unix seconds.
    pub joined: Option<i64>,
    /// The last leave, in Unix seconds.
    pub left: Option<i64>,
}

/// What a person did after the message of a campaign had reached them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reaction {
    /// They pressed a link or a button.
    pub clicked: bool,
    /// They converted.
    pub converted: bool,
}
