//! A subscriber as the API shows them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use shared::domain::calendar;
use shared::domain::lead_event::LeadStatus;
use shared::domain::outreach::LeadOfMember;
use shared::ids::{BotId, TrackingCampaignId};
use shared::store::{KnownContact, KnownPerson};

/// One person and all that an account knows of them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscriber {
    id: String,
    first_name: String,
    last_name: String,
    username: String,
    language: String,
    premium: bool,
    attributes: BTreeMap<String, Value>,
    tags: BTreeSet<String>,
    conversions: u64,
    revenue: Value,
    reachable: bool,
    bots: Vec<BotOfSubscriber>,
}

/// What one bot knows of them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BotOfSubscriber {
    bot: BotId,
    reachable: bool,
    subscribed: bool,
    started_at: Option<String>,
    last_interaction_at: Option<String>,
    leads: Vec<LeadOfSubscriber>,
}

/// What became of them as a lead.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LeadOfSubscriber {
    campaign: TrackingCampaignId,
    status: LeadStatus,
    click: String,
    started_at: String,
    joined_at: Option<String>,
    left_at: Option<String>,
}

impl From<KnownPerson> for Subscriber {
    /// Names are those that a bot saw last.
    fn from(known: KnownPerson) -> Self {
        let latest = known.contacts.iter().max_by_key(|known| known.contact.seen);
        let person = latest.map(|known| known.contact.person.clone()).unwrap_or_default();
        let reachable = known.contacts.iter().any(|known| !known.silent && known.contact.may_be_messaged());
        Self {
            id: known.user.to_string(),
            first_name: person.first_name,
            last_name: person.last_name,
            username: person.username,
            language: person.language,
            premium: person.premium,
            attributes: known.attributes,
            tags: known.tags,
            conversions: known.conversions,
            revenue: serde_json::from_str(&known.revenue.normalize().to_string()).unwrap_or_default(),
            reachable,
            bots: known.contacts.into_iter().map(BotOfSubscriber::from).collect(),
        }
    }
}

impl From<KnownContact> for BotOfSubscriber {
    fn from(known: KnownContact) -> Self {
        let contact = known.contact;
        Self {
            bot: contact.bot,
            reachable: !known.silent && contact.started.is_some() && contact.is_reachable(),
            subscribed: contact.is_subscribed(),
            started_at: contact.started.map(|clock| calendar::iso_time(clock.date)),
            last_interaction_at: known.last_interaction.map(calendar::iso_time),
            leads: known.leads.into_iter().map(LeadOfSubscriber::from).collect(),
        }
    }
}

impl From<LeadOfMember> for LeadOfSubscriber {
    fn from(lead: LeadOfMember) -> Self {
        Self {
            campaign: lead.campaign,
            status: lead.status,
            click: lead.click,
            started_at: calendar::iso_time(lead.started),
            joined_at: lead.joined.map(calendar::iso_time),
            left_at: lead.left.map(calendar::iso_time),
        }
    }
}
