use std::sync::Arc;

use super::{App, UpdateRefusal};
use crate::domain::campaign::{CampaignStatus, TrackingCampaign};
use crate::domain::deep_link::{Carried, Payload};
use crate::domain::fact_clock::FactClock;
use crate::domain::lead::Start;
use crate::domain::person::Person;
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey, LeadId};
use crate::store::{Bot, StartPolicy, StartWrite};
use crate::telegram::Message;

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
        let lead = match self.store.record_start(key, person, &start, id, policy).await? {
            StartWrite::ToGreet(lead) => lead,
            StartWrite::Greeted => return Ok(()),
            StartWrite::NoLead => return self.receive_bare_start(bot, known, person, start.clock).await,
        };
        match campaign.status {
            CampaignStatus::Active => self.send_welcome(bot, known, campaign, &lead, &start).await?,
            CampaignStatus::Paused | CampaignStatus::Deleted => {
                self.send_polite_reply(bot, known, person).await?
            }
        }
        // The message has left: answering anything but 200 would have it sent again.
        if let Err(error) = self.store.settle_welcome(key, person.user, &start).await {
            tracing::warn!(account.id = %bot.account, campaign.id = %campaign.id, ?error, "a welcome stays owed");
        }
        Ok(())
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
        self.send_polite_reply(bot, known, person).await
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
