use crate::ids::{AccountId, ConversionId, OutreachCampaignId, UserId};

/// The primary keys of conversions, and of what leads to the people who make them.
#[derive(Clone, Copy, Debug)]
pub enum ConversionKey<'a> {
    /// Get or record one conversion; expires.
    Conversion(AccountId, &'a ConversionId),
    /// Who started a bot by a click, by the click's hash; expires.
    ClickOwner(AccountId, &'a str),
    /// One line of what there is of a person under the other two keys; list by the partition, expires.
    OfPerson(AccountId, UserId, OfPerson<'a>),
}

/// What a line names.
#[derive(Clone, Copy, Debug)]
pub enum OfPerson<'a> {
    /// A conversion of theirs.
    Conversion(&'a ConversionId),
    /// A click that they came by, by its hash.
    Click(&'a str),
    /// A campaign that they were held out of.
    HeldOut(&'a OutreachCampaignId),
}

/// What the sort keys of lines of conversions begin with.
pub const CONVERSIONS: &str = "CONV#";

/// What the sort keys of lines of clicks begin with.
pub const CLICKS: &str = "CLICK#";

/// What the sort keys of lines of campaigns begin with that somebody was held out of.
pub const HELD_OUT: &str = "HELD#";

impl ConversionKey<'_> {
    /// The partition.
    #[must_use]
    pub fn partition(&self) -> String {
        match self {
            Self::Conversion(account, id) => format!("CONV#{account}#{id}"),
            Self::ClickOwner(account, click_hash) => format!("CLICKED#{account}#{click_hash}"),
            Self::OfPerson(account, user, _) => format!("CONVOF#{account}#{user}"),
        }
    }

    /// The place within the partition.
    #[must_use]
    pub fn sort(&self) -> String {
        match self {
            Self::Conversion(..) => "CONVERSION".to_owned(),
            Self::ClickOwner(..) => "PERSON".to_owned(),
            Self::OfPerson(_, _, OfPerson::Conversion(id)) => format!("{CONVERSIONS}{id}"),
            Self::OfPerson(_, _, OfPerson::HeldOut(campaign)) => format!("{HELD_OUT}{campaign}"),
            Self::OfPerson(_, _, OfPerson::Click(click_hash)) => format!("{CLICKS}{click_hash}"),
        }
    }
}
