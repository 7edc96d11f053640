//! What some people would get, as the API shows it.

use serde::Serialize;
use shared::app::MessageSample;
use shared::domain::media::MediaRef;
use shared::domain::outreach::{Button, OutreachMessage};

use crate::subscribers::shown::Subscriber;

/// What one person would get.
#[derive(Debug, Serialize)]
pub struct Sample {
    subscriber: Subscriber,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Messages(Vec<Message>),
    Error(Missing),
}

/// A message as Telegram is sent it.
#[derive(Debug, Serialize)]
struct Message {
    /// Telegram HTML.
    text: String,
    media: Option<MediaRef>,
    buttons: Vec<Vec<Link>>,
}

#[derive(Debug, Serialize)]
struct Link {
    text: String,
    url: String,
}

/// Why they would get nothing.
#[derive(Debug, Serialize)]
struct Missing {
    code: &'static str,
    field: String,
}

impl From<MessageSample> for Sample {
    fn from(MessageSample { person, messages }: MessageSample) -> Self {
        let outcome = match messages {
            Ok(messages) => Outcome::Messages(messages.into_iter().map(Message::from).collect()),
            Err(missing) => Outcome::Error(Missing { code: "TEMPLATE_RENDER_ERROR", field: missing.0 }),
        };
        Self { subscriber: Subscriber::from(person), outcome }
    }
}

impl From<OutreachMessage> for Message {
    fn from(message: OutreachMessage) -> Self {
        let link = |Button { text, url }| Link { text, url };
        let rows = message.buttons.into_iter().map(|row| row.into_iter().map(link).collect());
        Self { text: message.text.html, media: message.media, buttons: rows.collect() }
    }
}
