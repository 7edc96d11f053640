use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use serde::{Deserialize, Serialize};

use super::access::{number, to_attribute};
use super::{FactWrite, Key, Store};
use crate::domain::fact_clock::FactClock;
use crate::domain::person::Person;
use crate::error::AppResult;
use crate::ids::{BotId, BotKey, UserId};

/// One Telegram user who may be messaged by one bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The bot.
    pub bot: BotId,
    /// Who, as last seen.
    #[serde(flatten)]
    pub person: Person,
    /// The last press of Start; `None` if only a block was ever seen.
    pub started: Option<FactClock>,
    /// Whether the person could be reached when that was last seen; [`Contact::is_reachable`] minds later starts.
    #[serde(default)]
    pub reach: Reach,
    /// When they blocked or unblocked it last, or a message did not reach them.
    pub reach_since: Option<FactClock>,
}

/// Whether a bot may write to a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// It may.
    #[default]
    Reachable,
    /// The person blocked it, or is not there any more.
    Blocked,
}

impl Contact {
    /// Whether the bot may write to the person: a press of Start proves it, whatever was seen before.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.reach == Reach::Reachable || self.started > self.reach_since
    }
}

impl Store {
    /// One contact.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn contact(&self, bot: BotKey, user: UserId) -> AppResult<Option<Contact>> {
        self.get(&Key::Contact(bot.account, bot.bot, user)).await
    }

    /// Notes that a person pressed Start, unless a newer start is known.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn record_contact(
        &self,
        bot: BotKey,
        person: &Person,
        clock: FactClock,
    ) -> AppResult<FactWrite> {
        let update = self.update_contact(bot, person, "#fact = :clock");
        self.move_register(update, "started", clock).await
    }

    /// Notes that a person blocked or unblocked the bot, or could not be reached, unless something newer is known.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn record_reach(
        &self,
        bot: BotKey,
        person: &Person,
        reach: Reach,
        clock: FactClock,
    ) -> AppResult<FactWrite> {
        let update = self
            .update_contact(bot, person, "#fact = :clock, reach = :reach")
            .expression_attribute_values(":reach", to_attribute(&reach)?);
        self.move_register(update, "reach_since", clock).await
    }

    fn update_contact(&self, bot: BotKey, person: &Person, sets: &str) -> UpdateItemFluentBuilder {
        self.update_person(
            &Key::Contact(bot.account, bot.bot, person.user),
            person,
            &format!("{sets}, bot = :bot"),
        )
        .expression_attribute_values(":bot", number(bot.bot))
    }
}
