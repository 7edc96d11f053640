use std::sync::Arc;

use super::App;
use super::owed_welcomes::OwedWelcome;
use super::sending::{Addressee, Grounds, Pause, Sent};
use crate::domain::campaign::{CampaignStatus, TrackingCampaign};
use crate::domain::deep_link::{Carried, Payload};
use crate::domain::fact_clock::FactClock;
use crate::domain::lead::Start;
use crate::domain::person::Person;
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey, LeadId};
use crate::store::{Bot, Lead, NewStart, StartPolicy, StartWrite};
use crate::telegram::Message;

impl App {
    /// A press of Start makes or touches a lead and is greeted; any other message is dropped.
    pub(super) async fn receive_message(
        &self,
        bot: BotKey,
        known: &Bot,
        message: &Message,
        clock: FactClock,
    ) -> AppResult<()> {
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
    ) -> AppResult<()> {
        let key = CampaignKey { account: bot.account, campaign: campaign.id };
        let policy = match campaign.status {
            CampaignStatus::Active => StartPolicy::MakeLeads,
            CampaignStatus::Paused | CampaignStatus::Deleted => StartPolicy::OnlyLeads,
        };
        let id = LeadId::of_start(start.clock.date, start.clock.update, bot.bot);
        let lease = self.welcome_lease()?;
        let new = NewStart { start: &start, id, policy, lease };
        let to = Addressee { bot, known, person, cause: start.clock, grounds: Grounds::Start };
        let welcome = OwedWelcome { campaign: key, user: person.user, clock: start.clock, lease };
        let lead = match self.store.record_start(key, person, new).await? {
            StartWrite::ToGreet(lead) => lead,
            StartWrite::Unremembered(lead) => {
                let sent = self.answer_start(&to, campaign, &lead).await?;
                return self.answer_later(&to, Some(campaign.id), sent).await;
            }
            StartWrite::Owed => return self.hand_over(bot, Pause::Turn, &welcome.task()).await,
            StartWrite::Greeted => return Ok(()),
            StartWrite::NoLead => return self.receive_bare_start(bot, known, person, start.clock).await,
        };
        match self.send_leased(&welcome, self.answer_start(&to, campaign, &lead)).await? {
            Sent::Waits(pause) => self.hand_over(bot, pause, &welcome.task()).await,
            Sent::Done | Sent::ContentRefused => Ok(()),
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
        self.greet_or_excuse(to, campaign, lead).await
    }

    /// Greets for a campaign, or says politely that there is nothing to join if it does not run.
    pub(super) async fn greet_or_excuse(
        &self,
        to: &Addressee<'_>,
        campaign: &TrackingCampaign,
        lead: &Lead,
    ) -> AppResult<Sent> {
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
    ) -> AppResult<()> {
        self.store.record_contact(bot, person, clock).await?;
        let gate = self.store.gate(bot).await?;
        let to = Addressee { bot, known, person, cause: clock, grounds: Grounds::Start };
        let sent = match gate.admits_newcomers(self.clock.now_ms()) {
            true => self.send_polite_reply(&to).await?,
            false => Sent::Waits(Pause::Gate(gate)),
        };
        self.answer_later(&to, None, sent).await
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
