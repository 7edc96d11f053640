//! What some people would get, before anything is sent.

use super::App;
use crate::domain::outreach::{MessageContent, MissingField, OutreachMessage, PersonValues, Recipient};
use crate::error::AppResult;
use crate::ids::{AccountId, BotId};
use crate::store::KnownPerson;

/// How many people are shown.
pub(super) const SAMPLES: usize = 3;

/// What stands for an invite link that is not made yet.
const SOME_INVITE: &str = "https://t.me/+";

/// What one person would get.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageSample {
    /// Who.
    pub person: KnownPerson,
    /// Every message in its order; or the field that keeps them all back, because they have no value for it.
    pub messages: Result<Vec<OutreachMessage>, MissingField>,
}

impl App {
    /// What these recipients would get, each from the bot with them; who is gone meanwhile is left out.
    pub(super) async fn message_samples(
        &self,
        account: AccountId,
        content: &[MessageContent],
        recipients: Vec<(BotId, Recipient)>,
    ) -> AppResult<Vec<MessageSample>> {
        let mut samples = Vec::with_capacity(recipients.len());
        for (bot, recipient) in recipients {
            if let Some(person) = self.store.known_person(account, recipient.user).await? {
                let messages = messages_for(content, &person, bot, &recipient);
                samples.push(MessageSample { person, messages });
            }
        }
        self.note_silence(account, samples.iter_mut().map(|sample| &mut sample.person)).await?;
        Ok(samples)
    }
}

/// Names are those that the sending bot saw.
fn messages_for(
    content: &[MessageContent],
    person: &KnownPerson,
    bot: BotId,
    recipient: &Recipient,
) -> Result<Vec<OutreachMessage>, MissingField> {
    let known = person.contacts.iter().find(|known| known.contact.bot == bot);
    let seen = known.map(|known| known.contact.person.clone()).unwrap_or_default();
    let values = PersonValues {
        first_name: &seen.first_name,
        last_name: &seen.last_name,
        username: &seen.username,
        // It is made when the first is sent.
        invite_link: SOME_INVITE,
        attributes: &person.attributes,
    };
    let messages = content.iter().enumerate().map(|(place, message)| {
        // 0 is the message itself.
        let variation = recipient.variations.get(place).and_then(|number| number.checked_sub(1));
        message.message_for(variation, values)
    });
    messages.collect()
}
