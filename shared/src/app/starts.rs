use std::sync::Arc;

use super::sending::{Addressee, Grounds, NO_CONNECTION_SECONDS, Pause, Sent, WELCOME_LEASE_MS};
use super::{App, UpdateRefusal};
use crate::domain::campaign::{CampaignStatus, TrackingCampaign};
use crate::domain::deep_link::{Carried, Payload};
use crate::domain::fact_clock::FactClock;
use crate::domain::gate::seconds_until;
use crate::domain::lead::Start;
use crate::domain::person::Person;
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey, LeadId};
use crate::queue::MessageTask;
use crate::store::{Bot, Lead, NewStart, StartPolicy, StartWrite, WelcomeLease};
use crate::telegram::Message;

/// Telegram honours a `Retry-After` of up to an hour.
const RETRY_AFTER_MAX_SECONDS: u64 = 3_600;

impl App {
    /// A press of Start makes or touches a lead and is greeted; any other message is dropped.
    pub(super) async fn receive_message(
        &self,
        bot: BotKey,
        known: &Bot,
        message: &Message,
        clock: FactClock,
    ) -> Result<(), UpdateRefusal> {
        let Some(from) = message
            .from
            .as_ref()
            .filter(|from| message.chat.kind == "private" && from.id != 0 && !from.is_bot)
        else {
            return Ok(());
        };
        let Some(payload) = message.text.as_deref().and_then(start_payload) else { return Ok(()) };
        let person = Person::from(from);
        let campaign = match Payload::parse(payload) {
            Some(payload) => {
                self.campaign_of_code(bot, &payload.code).await?.map(|campaign| (campaign, payload.carried))
            }
            None => None,
        };
        match campaign.filter(|(campaign, _)| campaign.status != CampaignStatus::Deleted) {
            Some((campaign, carried)) => {
                let key = CampaignKey { account: bot.account, campaign: campaign.id };
                let start = self.start_of(key, carried, clock).await?;
                self.receive_start(bot, known, &campaign, &person, start).await
            }
            None => self.receive_bare_start(bot, known, &person, clock).await,
        }
    }

    /// The call that writes a start greets for it; where the start was known, its welcome may be somebody else's, and
    /// goes by the queue.
    async fn receive_start(
        &self,
        bot: BotKey,
        known: &Bot,
        campaign: &TrackingCampaign,
        person: &Person,
        start: Start,
    ) -> Result<(), UpdateRefusal> {
        let key = CampaignKey { account: bot.account, campaign: campaign.id };
        let policy = match campaign.status {
            CampaignStatus::Active => StartPolicy::MakeLeads,
            CampaignStatus::Paused | CampaignStatus::Deleted => StartPolicy::OnlyLeads,
        };
        let id = LeadId::of_start(start.clock.date, start.clock.update, bot.bot);
        let now_ms = self.clock.now_ms();
        let lease = WelcomeLease { now_ms, until_ms: now_ms + WELCOME_LEASE_MS };
        let new = NewStart { start: &start, id, policy, lease };
        let to = Addressee { bot, known, person, cause: start.clock, grounds: Grounds::Start };
        let task = MessageTask::WelcomeV1 { campaign: key, user: person.user, start: start.clock };
        let lead = match self.store.record_start(key, person, new).await? {
            StartWrite::ToGreet(lead) => lead,
            StartWrite::Unremembered(lead) => {
                return or_later(self.answer_start(&to, campaign, &lead).await?, now_ms);
            }
            StartWrite::Owed => return Ok(self.hand_over(bot, Pause::Turn, &task).await?),
            StartWrite::Greeted => return Ok(()),
            StartWrite::NoLead => return self.receive_bare_start(bot, known, person, start.clock).await,
        };
        let answered = self.answer_start(&to, campaign, &lead).await;
        if answered.is_err() {
            // Nothing has left: whoever takes it up next need not wait for the end of the lease.
            self.store.release_welcome(key, person.user, start.clock).await?;
        }
        match answered? {
            Sent::Waits(pause) => {
                self.hand_over(bot, pause, &task).await?;
                // Where this fails the task waits for the end of the lease.
                Ok(self.store.release_welcome(key, person.user, start.clock).await?)
            }
            Sent::Done | Sent::ContentRefused => {
                self.note_greeted(key, person.user, start.clock).await;
                Ok(())
            }
        }
    }

    /// Greets, or says politely that there is nothing to join, if the bot's gate lets newcomers through.
    async fn answer_start(
        &self,
        to: &Addressee<'_>,
        campaign: &TrackingCampaign,
        lead: &Lead,
    ) -> AppResult<Sent> {
        let gate = self.store.gate(to.bot).await?;
        if !gate.admits_newcomers(self.clock.now_ms()) {
            return Ok(Sent::Waits(Pause::Gate(gate)));
        }
        match campaign.status {
            CampaignStatus::Active => self.send_welcome(to, campaign, lead).await,
            CampaignStatus::Paused | CampaignStatus::Deleted => self.send_polite_reply(to).await,
        }
    }

    /// A start that makes no lead makes a contact, and is answered politely.
    async fn receive_bare_start(
        &self,
        bot: BotKey,
        known: &Bot,
        person: &Person,
        clock: FactClock,
    ) -> Result<(), UpdateRefusal> {
        self.store.record_contact(bot, person, clock).await?;
        let gate = self.store.gate(bot).await?;
        let now_ms = self.clock.now_ms();
        let sent = match gate.admits_newcomers(now_ms) {
            true => {
                self.send_polite_reply(&Addressee {
                    bot,
                    known,
                    person,
                    cause: clock,
                    grounds: Grounds::Start,
                })
                .await?
            }
            false => Sent::Waits(Pause::Gate(gate)),
        };
        or_later(sent, now_ms)
    }

    /// The campaign of a code, if it is this bot's.
    async fn campaign_of_code(&self, bot: BotKey, code: &str) -> AppResult<Option<Arc<TrackingCampaign>>> {
        match self.cached_code(code).await?.filter(|owner| owner.bot() == bot) {
            Some(owner) => self.cached_campaign(owner.campaign()).await,
            None => Ok(None),
        }
    }

    /// The start with what the vault keeps for it. A token that stands for nothing here is an empty click: the start
    /// counts in any case.
    async fn start_of(&self, campaign: CampaignKey, carried: Carried, clock: FactClock) -> AppResult<Start> {
        let token = match carried {
            Carried::Click(click) => return Ok(Start::new(clock, click)),
            Carried::Token(token) => token,
        };
        // By the time of the start: brought again a day later, it must find what it found at first.
        let found = self.store.vaulted_click(&token, clock.date).await?;
        Ok(match found.filter(|found| found.campaign == campaign) {
            Some(found) => Start {
                clock,
                click: found.click,
                parameters: found.parameters,
                visit: found.visited.then_some(token),
            },
            None => Start::new(clock, ""),
        })
    }
}

/// Where nothing notes that an answer is owed, Telegram has to bring the update again.
fn or_later(sent: Sent, now_ms: i64) -> Result<(), UpdateRefusal> {
    let seconds = match sent {
        Sent::Done | Sent::ContentRefused => return Ok(()),
        Sent::Waits(Pause::Gate(gate)) => seconds_until(gate.last_turn_ms(), now_ms),
        Sent::Waits(Pause::Turn | Pause::Connection) => NO_CONNECTION_SECONDS,
    };
    let retry_after_seconds = seconds.clamp(1, RETRY_AFTER_MAX_SECONDS);
    Err(UpdateRefusal::Later { retry_after_seconds, internal: "the answer waits".into() })
}

/// What follows `/start`; empty for a bare one, `None` for any other text.
fn start_payload(text: &str) -> Option<&str> {
    let (command, payload) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let command = command.split('@').next().unwrap_or(command);
    (command == "/start").then(|| payload.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_start_command_is_a_start() {
        assert_eq!(start_payload("/start abc-1"), Some("abc-1"));
        assert_eq!(start_payload("/start"), Some(""));
        assert_eq!(start_payload("/start@mybot  abc"), Some("abc"));
        assert_eq!(start_payload("/starting abc"), None);
        assert_eq!(start_payload("hello"), None);
    }
}
