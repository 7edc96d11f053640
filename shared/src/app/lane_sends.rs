//! One message of a lane: what somebody gets, and what Telegram's answer means.

use super::App;
use super::lane_chunks::ChunkWork;
use super::sending::{Pause, Verdict};
use super::shown_media::{Otherwise, ShownMedia};
use crate::domain::fact_clock::FactClock;
use crate::domain::media::MediaRef;
use crate::domain::outreach::{Attempted, Outcome, OutreachMessage, PersonValues, SendError, SkipReason};
use crate::domain::person::Person;
use crate::domain::subscription::Subscription;
use crate::error::AppResult;
use crate::ids::{BotId, BotKey, OutreachCampaignId};
use crate::secret::BotToken;
use crate::store::{Bot, KnownPerson};
use crate::telegram::{CallbackButton, MessageButton, MessageText, NewMessage, TelegramError};

/// How long a lane waits that found no connection, in milliseconds.
const NO_CONNECTION_MS: i64 = 5_000;

/// What one person gets.
pub(super) struct LaneMessage {
    person: Person,
    message: NewMessage,
    media: Option<MediaRef>,
    campaign: OutreachCampaignId,
}

/// What a message came to.
pub(super) struct LaneSent {
    pub attempted: Attempted,
    /// The moment before which nothing may be sent any more, in Unix milliseconds.
    pub rest_until_ms: Option<i64>,
}

impl ChunkWork {
    /// What a place of the ledger gets: looked at once more, because planning was a while ago.
    ///
    /// # Errors
    ///
    /// Why it gets nothing.
    pub fn prepared(
        &self,
        bot: BotId,
        place: usize,
        person: Option<&KnownPerson>,
        now: i64,
    ) -> Result<LaneMessage, SkipReason> {
        let Some(recipient) = self.recipient(place).filter(|recipient| !recipient.is_nobody()) else {
            return Err(SkipReason::Erased);
        };
        let contact = person.and_then(|person| person.contacts.iter().find(|known| known.contact.bot == bot));
        let (Some(known), Some(contact)) = (person, contact) else {
            return Err(SkipReason::Erased);
        };
        if contact.contact.started.is_none() || !contact.contact.is_reachable() {
            return Err(SkipReason::Unreachable);
        }
        if !contact.contact.is_subscribed() {
            return Err(SkipReason::Unsubscribed);
        }
        if self.is_capped(place, known, now) {
            return Err(SkipReason::FrequencyCapped);
        }
        let message = place % self.contents.len().max(1);
        let Some(content) = self.contents.get(message) else { return Err(SkipReason::Erased) };
        let person = &contact.contact.person;
        let values = PersonValues {
            first_name: &person.first_name,
            last_name: &person.last_name,
            username: &person.username,
            attributes: &known.attributes,
        };
        let variation = recipient.variations.get(message).and_then(|variation| variation.checked_sub(1));
        let Ok(rendered) = content.message_for(variation, values) else {
            return Err(SkipReason::TemplateRender);
        };
        Ok(self.lane_message(person, rendered))
    }

    fn lane_message(&self, person: &Person, rendered: OutreachMessage) -> LaneMessage {
        let link = |button: crate::domain::outreach::Button| MessageButton::Link {
            label: button.text,
            url: button.url,
        };
        let mut buttons: Vec<Vec<_>> =
            rendered.buttons.into_iter().map(|row| row.into_iter().map(link).collect()).collect();
        if !self.body.transactional {
            let stop = Subscription::Stopped;
            let button = CallbackButton { label: stop.label(), data: stop.callback_data() };
            buttons.push(vec![MessageButton::Callback(button)]);
        }
        let text = MessageText::Html(rendered.text.html);
        let message = NewMessage { user: person.user, text, buttons, paid: false };
        LaneMessage {
            person: person.clone(),
            message,
            media: rendered.media,
            campaign: self.execution.campaign.clone(),
        }
    }
}

impl App {
    /// Sends one message of a lane, and notes with the person what came of it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]: what came of the message is lost, and nobody will know.
    pub(super) async fn send_lane_message(
        &self,
        bot: BotKey,
        known: &Bot,
        token: &BotToken,
        message: &LaneMessage,
    ) -> AppResult<LaneSent> {
        let shown = message.media.as_ref().map(|media| ShownMedia { media, otherwise: Otherwise::Nothing });
        let settled = |outcome| LaneSent { attempted: Attempted::Settled(outcome), rest_until_ms: None };
        let sent = match self.send_shown(bot, token, &message.message, shown).await? {
            Ok(sent) => settled(Outcome::Delivered(sent.message_id)),
            Err(error) => match self.judge_refusal(bot, known, error).await {
                Verdict::Waits(Pause::Gate(gate)) => {
                    LaneSent { attempted: Attempted::Again, rest_until_ms: Some(gate.closed_until_ms) }
                }
                Verdict::Waits(Pause::Turn | Pause::Connection) => {
                    let rest_until_ms = Some(self.clock.now_ms() + NO_CONNECTION_MS);
                    LaneSent { attempted: Attempted::Again, rest_until_ms }
                }
                Verdict::Over => settled(Outcome::Failed(SendError::BotTokenInvalid)),
                Verdict::Other(error) => settled(outcome_of(&error)),
            },
        };
        self.note_with_person(bot, message, sent.attempted).await?;
        Ok(sent)
    }

    async fn note_with_person(
        &self,
        bot: BotKey,
        message: &LaneMessage,
        attempted: Attempted,
    ) -> AppResult<()> {
        let clock = FactClock::first_of_second(self.clock.now());
        match attempted {
            Attempted::Settled(Outcome::Delivered(_) | Outcome::Unknown) => {
                let (user, now_ms) = (message.person.user, self.clock.now_ms());
                self.store.note_outreach(bot, user, &message.campaign, now_ms).await
            }
            Attempted::Settled(Outcome::Failed(
                SendError::UserBlocked
                | SendError::UserDeactivated
                | SendError::NotStarted
                | SendError::ChatNotFound,
            )) => self.store.record_unreached(bot, &message.person, clock).await.map(drop),
            _ => Ok(()),
        }
    }
}

/// What a refusal is in the words of the API.
fn outcome_of(error: &TelegramError) -> Outcome {
    match error {
        TelegramError::Ambiguous(_) => Outcome::Unknown,
        TelegramError::PersonUnreachable(words) => Outcome::Failed(unreachable(words)),
        TelegramError::ChatLost(_) => Outcome::Failed(SendError::Kicked),
        TelegramError::ContentRefused(_) => Outcome::Failed(SendError::ContentInvalid),
        TelegramError::MediaRefused(_) => Outcome::Failed(SendError::MediaInvalid),
        TelegramError::TokenRefused => Outcome::Failed(SendError::BotTokenInvalid),
        TelegramError::ChatMigrated(_)
        | TelegramError::Flood { .. }
        | TelegramError::NotSent
        | TelegramError::Refused { .. } => Outcome::Failed(SendError::TelegramError),
    }
}

/// Which of those who cannot be reached somebody is, by Telegram's words.
fn unreachable(words: &str) -> SendError {
    if words.contains("blocked") {
        SendError::UserBlocked
    } else if words.contains("deactivated") {
        SendError::UserDeactivated
    } else if words.contains("initiate conversation") {
        SendError::NotStarted
    } else {
        SendError::ChatNotFound
    }
}
