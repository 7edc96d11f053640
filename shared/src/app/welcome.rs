use super::{App, UpdateRefusal};
use crate::domain::campaign::TrackingCampaign;
use crate::domain::lead::Start;
use crate::domain::lead_event::LeadStatus;
use crate::domain::media::MediaRef;
use crate::domain::person::Person;
use crate::domain::url_macro::MacroValues;
use crate::domain::welcome::{WelcomeMessage, WelcomeValues, render};
use crate::ids::BotKey;
use crate::store::{Bot, Lead};
use crate::telegram::{MessageText, NewMessage, TelegramError};

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
            status: lead.facts.status().unwrap_or(LeadStatus::Wait).to_string(),
            time: start.clock.date.to_string(),
            ..lead_values(bot, campaign, lead, lead.facts.touch())
        };
        let text_values = WelcomeValues {
            title: &campaign.chat_title,
            first_name: &lead.person.first_name,
            invite: &self.invite_for(bot, known, campaign).await?,
        };
        let WelcomeMessage { html, plain, media, button } = render(&campaign.welcome, text_values, &values);
        let user = lead.person.user;
        let message = NewMessage { user, text: MessageText::Html(html), button };
        match self.send_once(bot, known, &message, media.as_ref()).await? {
            Sent::Done => Ok(()),
            Sent::ContentRefused => {
                let bare = NewMessage { user, text: MessageText::Plain(plain), button: None };
                self.send_once(bot, known, &bare, media.as_ref()).await.map(drop)
            }
        }
    }

    /// Answers a start that leads to no running campaign.
    pub(super) async fn send_polite_reply(
        &self,
        bot: BotKey,
        known: &Bot,
        person: &Person,
    ) -> Result<(), UpdateRefusal> {
        let text = MessageText::Plain(POLITE_REPLY.to_owned());
        let message = NewMessage { user: person.user, text, button: None };
        self.send_once(bot, known, &message, None).await.map(drop)
    }

    /// Sends a message, or says when to try again: Telegram brings the update again, the start is known by then, and
    /// only the message is made up for; what would fail again, or may have arrived, is done with.
    async fn send_once(
        &self,
        bot: BotKey,
        known: &Bot,
        message: &NewMessage,
        media: Option<&MediaRef>,
    ) -> Result<Sent, UpdateRefusal> {
        let open = || async { Ok(Some(self.open_token(bot, &known.token).await?)) };
        let Some(token) = self.webhook_cache.tokens.get_or(known.token.clone(), open).await? else {
            return Ok(Sent::Done);
        };
        let error = match self.send_shown(bot, &token, message, media).await? {
            Ok(()) => return Ok(Sent::Done),
            Err(error) => error,
        };
        let seconds = match error {
            TelegramError::Flood { retry_after_seconds } => {
                retry_after_seconds.clamp(1, RETRY_AFTER_MAX_SECONDS)
            }
            TelegramError::NotSent => NO_CONNECTION_SECONDS,
            error => {
                tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, %error, "a message was not delivered");
                let content = matches!(error, TelegramError::ContentRefused(_));
                return Ok(if content { Sent::ContentRefused } else { Sent::Done });
            }
        };
        Err(UpdateRefusal::Later { retry_after_seconds: seconds, internal: "the welcome waits".into() })
    }
}

/// What became of a message that is not to be tried again as it is.
enum Sent {
    /// It left, or nothing would make it arrive.
    Done,
    /// Telegram does not take its formatting or its button.
    ContentRefused,
}

/// The macro values that depend on the lead and on the start that it is told with.
pub(super) fn lead_values(
    bot: BotKey,
    campaign: &TrackingCampaign,
    lead: &Lead,
    touch: Option<&Start>,
) -> MacroValues {
    MacroValues {
        click: touch.map(|start| start.click.clone()).unwrap_or_default(),
        parameters: touch.map(|start| start.parameters.clone()).unwrap_or_default(),
        campaign: campaign.code.clone(),
        user: bot.account.to_string(),
        lead: lead.id.map(|id| id.to_string()).unwrap_or_default(),
        subscriber: lead.person.user.to_string(),
        username: lead.person.username.clone(),
        chat: campaign.chat.to_string(),
        ..MacroValues::default()
    }
}
