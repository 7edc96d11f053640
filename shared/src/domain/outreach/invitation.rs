//! Campaigns that invite to a chat: each text has an invite link of its own, by which joins are counted.

use serde_json::Value;

use super::joined::MessageContent;
use super::reader::Reader;
use super::tracked_link::LinkId;
use crate::error::Fault;
use crate::ids::{ChatId, OutreachCampaignId, TrackingCampaignId};

/// Between the campaign and the text in the name of a link.
const SEPARATOR: char = '-';

/// Where a campaign invites to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitedTo {
    /// To this chat.
    Chat(ChatId),
    /// To the chat of this tracking campaign.
    Campaign(TrackingCampaignId),
}

/// What an invite link is known by: its campaign, and a number that stands for the text that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationName {
    /// The campaign.
    pub campaign: OutreachCampaignId,
    /// The text.
    pub text: u32,
}

impl InvitedTo {
    /// Reads `invitation`; `None` where it is not said.
    pub(super) fn read(body: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        let said = body.object("invitation", faults)?;
        let chat = said.read("chat", "must be the id of a channel or a group, below 0", faults, |value| {
            value.as_i64().filter(|id| *id < 0).map(ChatId)
        });
        let campaign =
            said.read("campaign", "must be the id of a tracking campaign", faults, |value: &Value| {
                value.as_u64().map(TrackingCampaignId)
            });
        match (said.given("chat"), said.given("campaign")) {
            (Some(_), None) => chat.map(Self::Chat),
            (None, Some(_)) => campaign.map(Self::Campaign),
            (None, None) => {
                said.refuse("chat", "is required where there is no campaign", faults);
                None
            }
            (Some(_), Some(_)) => {
                said.refuse("campaign", "cannot be given together with chat", faults);
                None
            }
        }
    }
}

impl InvitationName {
    /// Of a text of a campaign: the id of a variation, or the message's own.
    #[must_use]
    pub fn of(campaign: &OutreachCampaignId, text: &str) -> Self {
        let [a, b, c, d, ..] = LinkId::of(&[campaign.as_str(), text, "invitation"]).0.to_be_bytes();
        Self { campaign: campaign.clone(), text: u32::from_be_bytes([a, b, c, d]) }
    }

    /// As administrators see it beside the link; Telegram takes 32 characters.
    #[must_use]
    pub fn spelled(&self) -> String {
        format!("{}{SEPARATOR}{:08x}", self.campaign, self.text)
    }

    /// Reads a link's name; `None` for the name of any other link.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (campaign, text) = name.rsplit_once(SEPARATOR)?;
        let text = Some(text).filter(|text| text.len() == 8)?;
        Some(Self {
            campaign: OutreachCampaignId::parse(campaign)?,
            text: u32::from_str_radix(text, 16).ok()?,
        })
    }
}

impl MessageContent {
    /// The ids of its texts: the message's own, and its variations'.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let variations = self.variations.iter().map(|variation| variation.id.as_str());
        std::iter::once(self.id.as_str()).chain(variations)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::domain::outreach::{CampaignBody, PersonValues};
    use crate::error::AppError;

    fn read(invitation: &Value) -> Result<Option<InvitedTo>, Vec<String>> {
        let body = json!({"name": "Sale", "type": "invitation", "invitation": invitation,
            "messages": [{"content": "Join", "buttons": [{"text": "Go", "url": "{{inviteLink}}"}]}]});
        match CampaignBody::read(body.as_object().unwrap()) {
            Ok(body) => Ok(body.invitation),
            Err(AppError::Invalid(faults)) => Err(faults.into_iter().map(|fault| fault.field).collect()),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_campaign_says_to_which_chat_it_invites() {
        assert_eq!(read(&json!({"chat": -100})), Ok(Some(InvitedTo::Chat(ChatId(-100)))));
        assert_eq!(read(&json!({"campaign": 12})), Ok(Some(InvitedTo::Campaign(TrackingCampaignId(12)))));
        assert_eq!(read(&Value::Null), Ok(None));
        for (invitation, field) in [
            (json!({}), "invitation.chat"),
            (json!({"chat": 7}), "invitation.chat"),
            (json!({"chat": "cats"}), "invitation.chat"),
            (json!({"campaign": "a"}), "invitation.campaign"),
            (json!({"chat": -100, "campaign": 12}), "invitation.campaign"),
            (json!(7), "invitation"),
        ] {
            assert_eq!(read(&invitation), Err(vec![field.to_owned()]), "{invitation}");
        }
    }

    #[test]
    fn the_invite_link_stands_in_texts_and_as_the_address_of_a_button() {
        let message = json!({"content": "Join {{inviteLink}} or [here]({{inviteLink}})",
            "buttons": [{"text": "Go", "url": "{{inviteLink}}"}]});
        let body = json!({"name": "Sale", "type": "invitation", "messages": [message]});
        let body = CampaignBody::read(body.as_object().unwrap()).unwrap();
        let content = MessageContent::join(0, &body.messages[0], None).unwrap();
        let none = BTreeMap::new();
        let person =
            PersonValues { first_name: "", last_name: "", username: "", invite_link: "", attributes: &none };
        assert!(content.message_for(None, person).is_err(), "no link, no message");
        let person = PersonValues { invite_link: "https://t.me/+a_b-c", ..person };
        let tracked = |_| Some("https://g.example/".to_owned());
        for sent in [content.message_for(None, person), content.tracked_for(None, person, &tracked)] {
            let sent = sent.unwrap();
            let html = "Join https://t.me/+a_b-c or <a href=\"https://t.me/+a_b-c\">here</a>";
            assert_eq!(
                (sent.text.html.as_str(), sent.buttons[0][0].url.as_str()),
                (html, "https://t.me/+a_b-c")
            );
        }
    }

    #[test]
    fn the_name_of_a_link_says_of_which_text_it_is_and_fits_what_telegram_takes() {
        let campaign = OutreachCampaignId::of("0123456789abcdef");
        let name = InvitationName::of(&campaign, "var1");
        assert_eq!(InvitationName::parse(&name.spelled()), Some(name.clone()));
        assert!(name.spelled().len() <= 32 && name != InvitationName::of(&campaign, "var2"));
        for other in ["", "abc123", "camp1-", "camp1-0", "camp1-zzzzzzzz", "My link - 01234567"] {
            assert_eq!(InvitationName::parse(other), None, "{other}");
        }
    }
}
