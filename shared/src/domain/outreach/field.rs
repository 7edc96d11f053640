//! What rules may ask of a contact.

use std::fmt;

use serde_json::Value;

/// Something a rule asks of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// The bot that knows them.
    Bot,
    /// A tracking campaign in which they are a lead.
    TrackingCampaign,
    /// Their status there.
    LeadStatus,
    /// The click that brought them there.
    Click,
    /// When they became a lead there.
    StartedAt,
    /// When they joined its chat last.
    JoinedAt,
    /// When they left its chat last.
    LeftAt,
    /// Their client's language.
    Language,
    /// Whether they have Telegram Premium.
    Premium,
    /// Whether they have a username.
    HasUsername,
    /// When they last wrote to the bot or pressed a button.
    LastInteractionAt,
    /// When outreach last reached them.
    LastOutreachAt,
    /// How many conversions they brought.
    Conversions,
    /// What those were worth.
    Revenue,
    /// Their tags.
    Tags,
    /// An outreach campaign whose message reached them.
    Received,
    /// One in which they pressed a link or a button.
    Clicked,
    /// One after which they converted.
    Converted,
    /// One that reached them, and in which they pressed nothing.
    Ignored,
    /// What the account itself knows of them.
    Attribute(String),
}

/// What a field holds, which decides how it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number that names something.
    Id,
    /// One of the five statuses of a lead.
    LeadStatus,
    /// One word or text.
    Text,
    /// Several words.
    Words,
    /// Yes or no.
    Flag,
    /// A time.
    Time,
    /// An amount.
    Amount,
    /// Whatever the account put there.
    Any,
}

/// The fields that have a name of their own.
const NAMED: [(&str, Field, Kind); 19] = [
    ("bot", Field::Bot, Kind::Id),
    ("trackingCampaign", Field::TrackingCampaign, Kind::Id),
    ("leadStatus", Field::LeadStatus, Kind::LeadStatus),
    ("click", Field::Click, Kind::Text),
    ("startedAt", Field::StartedAt, Kind::Time),
    ("joinedAt", Field::JoinedAt, Kind::Time),
    ("leftAt", Field::LeftAt, Kind::Time),
    ("language", Field::Language, Kind::Text),
    ("premium", Field::Premium, Kind::Flag),
    ("hasUsername", Field::HasUsername, Kind::Flag),
    ("lastInteractionAt", Field::LastInteractionAt, Kind::Time),
    ("lastOutreachAt", Field::LastOutreachAt, Kind::Time),
    ("conversions", Field::Conversions, Kind::Amount),
    ("revenue", Field::Revenue, Kind::Amount),
    ("tags", Field::Tags, Kind::Words),
    ("received", Field::Received, Kind::Words),
    ("clicked", Field::Clicked, Kind::Words),
    ("converted", Field::Converted, Kind::Words),
    ("ignored", Field::Ignored, Kind::Words),
];

/// What stands before the name of an attribute.
const ATTRIBUTE: &str = "attributes.";

impl Field {
    /// The field of this name; `None` if there is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        if let Some(attribute) = name.strip_prefix(ATTRIBUTE) {
            return is_attribute_name(attribute).then(|| Self::Attribute(attribute.to_owned()));
        }
        NAMED.into_iter().find(|(known, ..)| *known == name).map(|(_, field, _)| field)
    }

    /// What it holds.
    #[must_use]
    pub fn kind(&self) -> Kind {
        NAMED.into_iter().find(|(_, field, _)| field == self).map_or(Kind::Any, |(_, _, kind)| kind)
    }

    /// Whether it speaks of a person as a lead in one tracking campaign.
    #[must_use]
    pub const fn is_of_a_lead(&self) -> bool {
        matches!(
            self,
            Self::TrackingCampaign
                | Self::LeadStatus
                | Self::Click
                | Self::StartedAt
                | Self::JoinedAt
                | Self::LeftAt
        )
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(name) => write!(f, "{ATTRIBUTE}{name}"),
            named => {
                let found = NAMED.iter().find(|(_, field, _)| field == named);
                f.write_str(found.map_or("", |(name, ..)| name))
            }
        }
    }
}

/// Whether an attribute may have this name: 1 to 64 letters, digits, `_` and `-`.
#[must_use]
pub fn is_attribute_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (1..=64).contains(&name.len()) && name.chars().all(legal)
}

/// Whether an attribute may have this value: text of up to 256 characters, a number, yes or no, or up to 50 of these.
#[must_use]
pub fn is_attribute_value(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.len() <= 50 && values.iter().all(is_single_value),
        other => is_single_value(other),
    }
}

fn is_single_value(value: &Value) -> bool {
    match value {
        Value::String(text) => text.chars().count() <= 256,
        Value::Number(_) | Value::Bool(_) => true,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_under_the_name_it_shows() {
        for (name, field, _) in NAMED {
            assert_eq!(Field::parse(name), Some(field.clone()));
            assert_eq!(field.to_string(), name);
        }
        let attribute = Field::parse("attributes.location").unwrap();
        assert_eq!((attribute.to_string().as_str(), attribute.kind()), ("attributes.location", Kind::Any));
        for nothing in ["", "location", "attributes.", "attributes.a b", "Bot"] {
            assert_eq!(Field::parse(nothing), None, "{nothing}");
        }
    }
}
