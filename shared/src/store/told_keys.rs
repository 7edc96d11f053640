use super::keys::WEBHOOKS;
use crate::ids::{AccountId, OutreachCampaignId, WebhookDeliveryId, WebhookId};

/// The primary keys of what webhooks are told.
#[derive(Clone, Copy, Debug)]
pub enum ToldKey<'a> {
    /// The latest that happened to an outreach campaign; written with each change that is told.
    Events(AccountId, &'a OutreachCampaignId),
    /// Get or move one delivery to a webhook; list a webhook's by the keys of two times, expires.
    Delivery(AccountId, &'a WebhookId, &'a WebhookDeliveryId),
    /// How a webhook fares; expires.
    Record(AccountId, &'a WebhookId),
    /// That a webhook was deleted, whose deliveries expire; list by the partition, expires after them.
    Deleted(AccountId, &'a WebhookId),
}

impl ToldKey<'_> {
    /// The partition.
    #[must_use]
    pub fn partition(&self) -> String {
        match self {
            Self::Events(account, campaign) => format!("EVENTS#{account}#{campaign}"),
            Self::Delivery(account, webhook, _) | Self::Record(account, webhook) => {
                format!("TOLD#{account}#{webhook}")
            }
            Self::Deleted(account, _) => format!("UNTOLD#{account}"),
        }
    }

    /// The place within the partition.
    #[must_use]
    pub fn sort(&self) -> String {
        match self {
            Self::Events(..) => "EVENTS".to_owned(),
            Self::Delivery(_, _, delivery) => delivery.to_string(),
            Self::Record(..) => "RECORD".to_owned(),
            Self::Deleted(_, webhook) => format!("{WEBHOOKS}{webhook}"),
        }
    }
}

/// What a record of the stream is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToldPartition {
    /// What happened to a campaign.
    Campaign(OutreachCampaignId),
    /// A conversion.
    Conversion,
    /// Contacts, and what accounts say of people.
    Contacts,
}

/// Whose partition this is, and of what; `None` if webhooks are told nothing of it.
#[must_use]
pub fn told_partition(partition: &str) -> Option<(AccountId, ToldPartition)> {
    let mut parts = partition.split('#');
    let (kind, account, name) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let told = match kind {
        "EVENTS" => ToldPartition::Campaign(OutreachCampaignId::parse(name)?),
        "CONV" => ToldPartition::Conversion,
        "AUD" => ToldPartition::Contacts,
        _ => return None,
    };
    Some((account, told))
}
