//! What an account says of a webhook, and the words for what webhooks tell.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reader::Reader;
use crate::error::{AppError, AppResult, Fault};

/// No description is longer.
const DESCRIPTION_CHARACTERS_MAX: usize = 1_000;

/// Something that webhooks tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum WebhookEvent {
    /// A campaign was made.
    #[serde(rename = "campaign.created")]
    CampaignCreated,
    /// A campaign began to be sent.
    #[serde(rename = "campaign.started")]
    CampaignStarted,
    /// Another tenth of a campaign was sent.
    #[serde(rename = "campaign.progress")]
    CampaignProgress,
    /// A campaign was paused.
    #[serde(rename = "campaign.paused")]
    CampaignPaused,
    /// A campaign goes on.
    #[serde(rename = "campaign.resumed")]
    CampaignResumed,
    /// A campaign is done.
    #[serde(rename = "campaign.completed")]
    CampaignCompleted,
    /// A campaign cannot be sent.
    #[serde(rename = "campaign.failed")]
    CampaignFailed,
    /// A campaign was given up.
    #[serde(rename = "campaign.cancelled")]
    CampaignCancelled,
    /// A test of variations has a winner.
    #[serde(rename = "abtest.winner")]
    AbTestWinner,
    /// Somebody blocked a bot.
    #[serde(rename = "contact.blocked")]
    ContactBlocked,
    /// Somebody wants no messages any more.
    #[serde(rename = "contact.unsubscribed")]
    ContactUnsubscribed,
    /// Somebody converted.
    #[serde(rename = "conversion.created")]
    ConversionCreated,
}

impl WebhookEvent {
    /// All twelve.
    pub const ALL: [Self; 12] = [
        Self::CampaignCreated,
        Self::CampaignStarted,
        Self::CampaignProgress,
        Self::CampaignPaused,
        Self::CampaignResumed,
        Self::CampaignCompleted,
        Self::CampaignFailed,
        Self::CampaignCancelled,
        Self::AbTestWinner,
        Self::ContactBlocked,
        Self::ContactUnsubscribed,
        Self::ConversionCreated,
    ];

    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CampaignCreated => "campaign.created",
            Self::CampaignStarted => "campaign.started",
            Self::CampaignProgress => "campaign.progress",
            Self::CampaignPaused => "campaign.paused",
            Self::CampaignResumed => "campaign.resumed",
            Self::CampaignCompleted => "campaign.completed",
            Self::CampaignFailed => "campaign.failed",
            Self::CampaignCancelled => "campaign.cancelled",
            Self::AbTestWinner => "abtest.winner",
            Self::ContactBlocked => "contact.blocked",
            Self::ContactUnsubscribed => "contact.unsubscribed",
            Self::ConversionCreated => "conversion.created",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == text)
    }
}

/// What a client says of a webhook, read and checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookBody {
    /// Where what happens is posted to: http or https, without a name and a password.
    pub url: String,
    /// What it is told, one or more.
    pub events: BTreeSet<WebhookEvent>,
    /// Whether it is told anything.
    pub active: bool,
    /// May be empty.
    pub description: String,
}

impl WebhookBody {
    /// Reads a webhook that is to be made: active, unless it says otherwise.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] with everything that is at fault.
    pub fn read(document: &Map<String, Value>) -> AppResult<Self> {
        let (body, mut faults) = (Reader::of_body(document), Vec::new());
        for name in ["url", "events"] {
            if body.given(name).is_none() {
                body.refuse(name, "is required", &mut faults);
            }
        }
        let blank =
            Self { url: String::new(), events: BTreeSet::new(), active: true, description: String::new() };
        let read = blank.read_changes(&body, &mut faults);
        if faults.is_empty() { Ok(read) } else { Err(AppError::Invalid(faults)) }
    }

    /// The same with what is named changed.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] with everything that is at fault.
    pub fn changed(&self, changes: &Map<String, Value>) -> AppResult<Self> {
        let mut faults = Vec::new();
        let changed = self.clone().read_changes(&Reader::of_body(changes), &mut faults);
        if faults.is_empty() { Ok(changed) } else { Err(AppError::Invalid(faults)) }
    }

    fn read_changes(self, body: &Reader<'_>, faults: &mut Vec<Fault>) -> Self {
        let url = body.target("url", faults);
        let known = WebhookEvent::ALL.map(WebhookEvent::name).join(", ");
        let events =
            body.read("events", &format!("must be a list of one or more of {known}"), faults, |value| {
                let events: Option<BTreeSet<_>> =
                    value.as_array()?.iter().map(|event| WebhookEvent::parse(event.as_str()?)).collect();
                events.filter(|events| !events.is_empty())
            });
        Self {
            url: url.unwrap_or(self.url),
            events: events.unwrap_or(self.events),
            active: body.flag("active", faults).unwrap_or(self.active),
            description: body
                .text("description", DESCRIPTION_CHARACTERS_MAX, faults)
                .unwrap_or(self.description),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(outcome: AppResult<WebhookBody>) -> Vec<String> {
        match outcome {
            Err(AppError::Invalid(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_words_of_the_api_are_those_that_are_kept() {
        for event in WebhookEvent::ALL {
            assert_eq!(serde_json::to_value(event).unwrap(), event.name());
            assert_eq!(WebhookEvent::parse(event.name()), Some(event));
        }
    }

    #[test]
    fn what_is_not_named_stays_and_every_fault_is_told() {
        let read = |body: &Value| WebhookBody::read(body.as_object().unwrap());
        let made =
            read(&json!({"url": "https://h.example/x", "events": ["campaign.started", "campaign.started"]}));
        let made = made.unwrap();
        assert_eq!((made.active, made.events.len(), made.description.as_str()), (true, 1, ""));
        let paused = made.changed(json!({"active": false}).as_object().unwrap()).unwrap();
        assert_eq!(paused, WebhookBody { active: false, ..made.clone() });
        for (body, faulty) in [
            (json!({}), vec!["url", "events"]),
            (json!({"url": "ftp://h.example", "events": []}), vec!["url", "events"]),
            (json!({"url": "https://u:p@h.example", "events": ["campaign.lost"]}), vec!["url", "events"]),
            (
                json!({"url": "x", "events": "campaign.started", "active": 1, "description": 5}),
                vec!["url", "events", "active", "description"],
            ),
        ] {
            assert_eq!(fields(read(&body)), faulty, "{body}");
        }
        assert_eq!(fields(made.changed(json!({"events": []}).as_object().unwrap())), ["events"]);
    }
}
