use super::App;
use super::sending::{Addressee, Sent};
use super::shown_media::{Otherwise, ShownMedia};
use crate::domain::campaign::TrackingCampaign;
use crate::domain::lead::Start;
use crate::domain::lead_event::LeadStatus;
use crate::domain::owner_news::OwnerNews;
use crate::domain::url_macro::MacroValues;
use crate::domain::welcome::{WelcomeMessage, WelcomeValues, render};
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey};
use crate::store::Lead;
use crate::telegram::{MessageButton, MessageText, NewMessage};

/// What a start is answered that leads to no running campaign.
const POLITE_REPLY: &str =
    "Hello! There is nothing to join through this link right now. Please try again later.";

impl App {
    /// Greets a person for what they did: with the campaign's welcome; without its button if Telegram does not
    /// take it, and as bare text if it does not take that either.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]: the message did not leave.
    pub(super) async fn send_welcome(
        &self,
        to: &Addressee<'_>,
        campaign: &TrackingCampaign,
        lead: &Lead,
    ) -> AppResult<Sent> {
        let values = MacroValues {
            status: lead.facts.status().unwrap_or(LeadStatus::Wait).to_string(),
            time: to.cause.date.to_string(),
            ..lead_values(to.bot, campaign, lead, lead.facts.touch())
        };
        let invite = match self.invite_for(to.bot, to.known, campaign).await? {
            Ok(link) => link,
            Err(sent) => return Ok(sent),
        };
        let text_values = WelcomeValues {
            title: &campaign.chat_title,
            first_name: &lead.person.first_name,
            invite: &invite,
        };
        let WelcomeMessage { html, plain, media, button } = render(&campaign.welcome, text_values, &values);
        let user = lead.person.user;
        let button = button.map(|(label, url)| vec![MessageButton::Link { label, url }]);
        let buttons = button.into_iter().collect();
        let message = NewMessage { user, text: MessageText::Html(html), buttons, paid: false };
        let key = CampaignKey { account: to.bot.account, campaign: campaign.id };
        let media = media.as_ref().map(|media| ShownMedia { media, otherwise: Otherwise::TextAlone(key) });
        let mut sent = self.send_message(to, &message, media).await?;
        if matches!(sent, Sent::ContentRefused) {
            self.tell_of_refused_welcome(to.bot, key).await;
        }
        let without_button =
            (!message.buttons.is_empty()).then_some(NewMessage { buttons: Vec::new(), ..message });
        let bare = NewMessage { user, text: MessageText::Plain(plain), buttons: Vec::new(), paid: false };
        for simpler in without_button.iter().chain([&bare]) {
            if !matches!(sent, Sent::ContentRefused) {
                break;
            }
            let media = self.kept_media(to.bot, media).await?;
            sent = self.send_message(to, simpler, media).await?;
        }
        Ok(sent)
    }

    /// Has the owner told that Telegram does not take a campaign's welcome, at most every few seconds; they hear of it
    /// once a day. The welcome goes on if that fails.
    pub(super) async fn tell_of_refused_welcome(&self, bot: BotKey, key: CampaignKey) {
        let news = OwnerNews::WelcomeRefused { bot: bot.bot, campaign: key.campaign };
        let tell = || async { self.tell_owner(bot.account, news).await.map(Some) };
        if let Err(error) = self.webhook_cache.refused_welcomes.get_or(key, tell).await {
            tracing::warn!(account.id = %key.account, campaign.id = %key.campaign, ?error, "the owner is not told");
        }
    }

    /// Answers a start that leads to no running campaign.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]: the message did not leave.
    pub(super) async fn send_polite_reply(&self, to: &Addressee<'_>) -> AppResult<Sent> {
        let text = MessageText::Plain(POLITE_REPLY.to_owned());
        let message = NewMessage { user: to.person.user, text, buttons: Vec::new(), paid: false };
        self.send_message(to, &message, None).await
    }
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
