//! One message of a lane: what somebody gets, and what Telegram's answer means.

use super::App;
use super::contests::contest_button;
use super::lane_chunks::ChunkWork;
use super::sending::{Pause, Verdict};
use super::shown_media::{Otherwise, ShownMedia};
use super::survey_asks::LaneQuestion;
use super::tracked_links::TrackedMessage;
use crate::domain::fact_clock::FactClock;
use crate::domain::media::MediaRef;
use crate::domain::outreach::{
    Attempted, Outcome, OutreachTouch, PersonValues, SendError, SkipReason, TrackedLink,
};
use crate::domain::person::Person;
use crate::domain::subscription::Subscription;
use crate::error::AppResult;
use crate::ids::{BotId, BotKey, UserId};
use crate::secret::BotToken;
use crate::store::{Bot, KnownPerson};
use crate::telegram::{CallbackButton, MessageButton, MessageText, NewMessage, TelegramError};

/// How long a lane waits that found no connection, or that storage failed, in milliseconds.
const NO_CONNECTION_MS: i64 = 5_000;

/// What one person gets.
pub(super) struct LaneMessage {
    person: Person,
    message: NewMessage,
    media: Option<MediaRef>,
    /// The links that stand in it in another form.
    links: Vec<TrackedLink>,
    /// Whose message counts as theirs; a test leaves its testers to the real execution.
    counts_for: Option<OutreachTouch>,
    /// What it asks them.
    asked: Option<LaneQuestion>,
}

/// What a message came to.
pub(super) struct LaneSent {
    pub attempted: Attempted,
    /// Telegram's words if it refuses the content, or for a reason of which nothing is known.
    pub refusal: Option<String>,
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
        if recipient.reached.contains(&message) {
            return Err(SkipReason::AlreadyReached);
        }
        if self.was_reached_otherwise(known, place) {
            return Err(SkipReason::AlreadyReached);
        }
        let Some(content) = self.contents.get(message) else { return Err(SkipReason::Erased) };
        let content = self.custom.content_of(place, content).ok_or(SkipReason::NoContent)?;
        let person = &contact.contact.person;
        let values = PersonValues {
            first_name: &person.first_name,
            last_name: &person.last_name,
            username: &person.username,
            invite_link: self.invite_link(message, recipient),
            attributes: &known.attributes,
        };
        let variation = recipient.variations.get(message).and_then(|variation| variation.checked_sub(1));
        let rendered = self.rendered(content, variation, person.user, values);
        let rendered = rendered.ok_or(SkipReason::TemplateRender)?;
        let touch = (!self.execution.test).then(|| self.touch(place, recipient));
        let message = self.lane_message(person, rendered, touch);
        Ok(match self.asked(place, recipient, content) {
            Some((asked, buttons)) => message.asking(asked, buttons),
            None => message,
        })
    }

    /// Whether a person got the campaign from another execution after this one had them: one that goes to everybody and one
    /// for those whom triggers name may be underway at the same time.
    fn was_reached_otherwise(&self, person: &KnownPerson, place: usize) -> bool {
        let may_meet = !self.body.triggers.is_empty() || self.execution.triggered;
        if !may_meet || self.execution.test || self.plan.repeats || self.plan.second_try.is_some() {
            return false;
        }
        let messages = self.contents.len().max(1);
        if !place.is_multiple_of(messages) {
            // Their first message is noted with them by now.
            let first = self.ledger.outcomes().nth(place - place % messages).flatten();
            return first == Some(Outcome::Skipped(SkipReason::AlreadyReached));
        }
        let campaign = self.execution.campaign.as_str();
        person.contacts.iter().any(|known| known.reached_by.contains_key(campaign))
    }

    fn lane_message(
        &self,
        person: &Person,
        (rendered, links): TrackedMessage,
        counts_for: Option<OutreachTouch>,
    ) -> LaneMessage {
        let link = |button: crate::domain::outreach::Button| MessageButton::Link {
            label: button.text,
            url: button.url,
        };
        let mut buttons: Vec<Vec<_>> =
            rendered.buttons.into_iter().map(|row| row.into_iter().map(link).collect()).collect();
        if let Some((label, data)) = contest_button(&self.body, &self.execution) {
            buttons.push(vec![MessageButton::Reporting { label, data }]);
        }
        if !self.body.transactional {
            let stop = Subscription::Stopped;
            let button = CallbackButton { label: stop.label(), data: stop.callback_data() };
            buttons.push(vec![MessageButton::Callback(button)]);
        }
        let text = MessageText::Html(rendered.text.html);
        let message = NewMessage { user: person.user, text, buttons, paid: self.pays() };
        let asked = None;
        LaneMessage { person: person.clone(), message, media: rendered.media, links, counts_for, asked }
    }
}

impl LaneMessage {
    /// The same with a question, whose buttons stand first.
    fn asking(mut self, asked: LaneQuestion, buttons: Vec<Vec<MessageButton>>) -> Self {
        self.message.buttons.splice(0..0, buttons);
        Self { asked: Some(asked), ..self }
    }

    /// What it asks, and whom.
    pub const fn asked(&self) -> (Option<&LaneQuestion>, UserId) {
        (self.asked.as_ref(), self.person.user)
    }

    /// The links in it whose clicks are counted.
    pub fn links(&self) -> &[TrackedLink] {
        &self.links
    }
}

impl LaneSent {
    const fn settled(outcome: Outcome) -> Self {
        Self { attempted: Attempted::Settled(outcome), refusal: None, rest_until_ms: None }
    }

    /// Nothing yet: it leaves from this moment on.
    pub const fn later(moment_ms: i64) -> Self {
        Self { attempted: Attempted::Again, refusal: None, rest_until_ms: Some(moment_ms) }
    }
}

impl App {
    /// Sends one message of a lane. What cannot be read for it has it sent later.
    pub(super) async fn send_lane_message(
        &self,
        bot: BotKey,
        known: &Bot,
        token: &BotToken,
        message: &LaneMessage,
    ) -> LaneSent {
        if let Err(error) = self.note_asking(bot, message).await {
            tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, ?error, "a question is asked later");
            return LaneSent::later(self.clock.now_ms() + NO_CONNECTION_MS);
        }
        let shown = message.media.as_ref().map(|media| ShownMedia { media, otherwise: Otherwise::Nothing });
        let error = match self.send_shown(bot, token, &message.message, shown).await {
            Ok(Ok(sent)) => return LaneSent::settled(Outcome::Delivered(sent.message_id)),
            Ok(Err(error)) => error,
            Err(error) => {
                tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, ?error, "a message leaves later");
                return LaneSent::later(self.clock.now_ms() + NO_CONNECTION_MS);
            }
        };
        match self.judge_refusal(bot, known, error).await {
            Verdict::Waits(Pause::Gate(gate)) => LaneSent::later(gate.closed_until_ms),
            Verdict::Waits(Pause::Turn | Pause::Connection) => {
                LaneSent::later(self.clock.now_ms() + NO_CONNECTION_MS)
            }
            Verdict::Over => LaneSent::settled(Outcome::Failed(SendError::BotTokenInvalid)),
            Verdict::Other(error) => {
                let sent = LaneSent::settled(outcome_of(&error));
                match error {
                    TelegramError::ContentRefused(words)
                    | TelegramError::MediaRefused(words)
                    | TelegramError::Refused { description: words, .. } => {
                        LaneSent { refusal: Some(words), ..sent }
                    }
                    _ => sent,
                }
            }
        }
    }

    /// Notes with the person what came of a message. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub(super) async fn note_with_person(
        &self,
        bot: BotKey,
        message: &LaneMessage,
        attempted: Attempted,
    ) -> AppResult<()> {
        let clock = FactClock::first_of_second(self.clock.now());
        self.note_asked(bot, message.asked(), attempted).await?;
        match attempted {
            Attempted::Settled(outcome @ (Outcome::Delivered(_) | Outcome::Unknown)) => {
                let Some(touch) = &message.counts_for else { return Ok(()) };
                let (user, now_ms) = (message.person.user, self.clock.now_ms());
                let touch = OutreachTouch { time: now_ms.div_euclid(1000), ..touch.clone() };
                // Of what may never have arrived nothing follows.
                let got = (outcome != Outcome::Unknown).then_some(&touch);
                self.store.note_outreach(bot, user, (&touch.campaign, got), now_ms).await
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
