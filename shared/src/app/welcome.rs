use super::{App, UpdateRefusal};
use crate::domain::campaign::TrackingCampaign;
use crate::domain::lead::Start;
use crate::domain::lead_event::LeadStatus;
use crate::domain::person::Person;
use crate::domain::url_macro::MacroValues;
use crate::domain::welcome::{WelcomeMessage, render};
use crate::ids::BotKey;
use crate::store::{Bot, Lead};
use crate::telegram::{NewMessage, TelegramError};

/// What a start is answered that leads to no running campaign.
const POLITE_REPLY: &str =
    "Hello! There is nothing to join through this link right now. Please try again later.";

/// How long Telegram keeps an update before bringing it again when there was no connection.
const NO_CONNECTION_SECONDS: u64 = 5;

/// Telegram honours a `Retry-After` of up to an hour.
const RETRY_AFTER_MAX_SECONDS: u64 = 3_600;

impl App {
    /// Greets a person who pressed Start.
    pub(super) async fn send_welcome(
        &self,
        bot: BotKey,
        known: &Bot,
        campaign: &TrackingCampaign,
        lead: &Lead,
        start: &Start,
    ) -> Result<(), UpdateRefusal> {
        let values = MacroValues {
            click: lead.facts.click().to_owned(),
            status: lead.facts.status().unwrap_or(LeadStatus::Wait).to_string(),
            time: start.clock.date.to_string(),
            ..lead_values(bot, campaign, lead)
        };
        let WelcomeMessage { html, button } =
            render(&campaign.welcome, &campaign.chat_title, &lead.person.first_name, &values);
        let message = NewMessage { user: lead.person.user, html, button };
        self.send_once(bot, known, &message).await
    }

    /// Answers a start that leads to no running campaign.
    pub(super) async fn send_polite_reply(
        &self,
        bot: BotKey,
        known: &Bot,
        person: &Person,
    ) -> Result<(), UpdateRefusal> {
        let message = NewMessage { user: person.user, html: POLITE_REPLY.to_owned(), button: None };
        self.send_once(bot, known, &message).await
    }

    /// Sends a message, or says when to try again: Telegram brings the update again, the start is known by then, and
    /// only the message is made up for; what would fail again, or may have arrived, is done with.
    async fn send_once(&self, bot: BotKey, known: &Bot, message: &NewMessage) -> Result<(), UpdateRefusal> {
        let open = || async { Ok(Some(self.open_token(bot, &known.token).await?)) };
        let Some(token) = self.webhook_cache.tokens.get_or(known.token.clone(), open).await? else {
            return Ok(());
        };
        let telegram = self.telegram()?;
        let seconds = match telegram.send_message(&token, message).await {
            Ok(()) => return Ok(()),
            Err(TelegramError::Flood { retry_after_seconds }) => {
                retry_after_seconds.min(RETRY_AFTER_MAX_SECONDS)
            }
            Err(TelegramError::NotSent) => NO_CONNECTION_SECONDS,
            Err(error) => {
                tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, %error, "a message was not delivered");
                return Ok(());
            }
        };
        Err(UpdateRefusal::Later {
            retry_after_seconds: seconds.max(1),
            internal: "the welcome waits".into(),
        })
    }
}

/// The macro values that depend on the lead alone.
pub(super) fn lead_values(bot: BotKey, campaign: &TrackingCampaign, lead: &Lead) -> MacroValues {
    MacroValues {
        campaign: campaign.code.clone(),
        user: bot.account.to_string(),
        lead: lead.id.map(|id| id.to_string()).unwrap_or_default(),
        subscriber: lead.person.user.to_string(),
        username: lead.person.username.clone(),
        chat: campaign.chat.to_string(),
        ..MacroValues::default()
    }
}
