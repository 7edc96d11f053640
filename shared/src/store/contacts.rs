use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use serde::{Deserialize, Serialize};

use super::access::{number, text, to_attribute};
use super::registers::refused_item;
use super::{FactWrite, Item, Key, Store};
use crate::domain::fact_clock::FactClock;
use crate::domain::person::Person;
use crate::domain::subscription::Subscription;
use crate::error::AppResult;
use crate::ids::{BotId, BotKey, UserId};

/// Telegram counts a bot's updates up, but may start anew after a week without any.
const UPDATES_COUNT_UP_SECONDS: i64 = 7 * 86_400;

/// One Telegram user who may be messaged by one bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The bot.
    pub bot: BotId,
    /// Who, as the bot saw them last in private.
    #[serde(flatten)]
    pub person: Person,
    /// When that was.
    pub seen: Option<FactClock>,
    /// The last press of Start; `None` if there was none.
    pub started: Option<FactClock>,
    /// Whether the person could be reached when that was last seen; [`Contact::is_reachable`] minds later starts.
    #[serde(default)]
    pub reach: Reach,
    /// When they blocked or unblocked it last, or a message did not reach them.
    pub reach_since: Option<FactClock>,
    /// When they last said that they want no more messages.
    pub stopped: Option<FactClock>,
    /// When they last said that they want them again.
    pub resumed: Option<FactClock>,
}

impl Contact {
    /// Whether the person wants messages: what they said last counts, and a press of Start asks for them.
    #[must_use]
    pub fn is_subscribed(&self) -> bool {
        self.stopped.is_none_or(|stopped| self.started.max(self.resumed) > Some(stopped))
    }

    /// Whether the bot may write to the person by itself: they started it, do not block it, and want messages.
    #[must_use]
    pub fn may_be_messaged(&self) -> bool {
        self.started.is_some() && self.is_reachable() && self.is_subscribed()
    }

    /// Whether the bot can write to the person: a press of Start proves it, whatever was seen before.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.reach == Reach::Reachable || self.started > self.reach_since
    }
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

/// The conditions of a write that moves a register and the person with it.
const REGISTER_MOVES: &str = "(attribute_not_exists(#fact) OR #fact < :clock)";
const PERSON_IS_NEWS: &str = "(attribute_not_exists(seen) OR seen < :clock)";

/// The condition of a write that notes a press of a button.
const PRESS_IS_NEWS: &str =
    "attribute_not_exists(pressed_at) OR pressed < :pressed OR pressed_at < :week_ago";

impl Store {
    /// One contact.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn contact(&self, bot: BotKey, user: UserId) -> AppResult<Option<Contact>> {
        self.get(&Key::Contact(bot.account, bot.bot, user)).await
    }

    /// Whether a bot may write to a person by itself; `false` for somebody it does not know.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn may_be_messaged(&self, bot: BotKey, user: UserId) -> AppResult<bool> {
        Ok(self.contact(bot, user).await?.is_some_and(|contact| contact.may_be_messaged()))
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
        self.move_contact(bot, person, "started", clock, |update| update).await
    }

    /// Notes that a person blocked or unblocked the bot, unless something newer is known. Their start may still be on its way.
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
        let reach = to_attribute(&reach)?;
        let sets = |update: UpdateItemFluentBuilder| {
            let expression = update.get_update_expression().clone().unwrap_or_default();
            update
                .update_expression(expression + ", reach = :reach")
                .expression_attribute_values(":reach", reach.clone())
        };
        self.move_contact(bot, person, "reach_since", clock, sets).await
    }

    /// Notes what a person wrote about messages, unless they wrote the same later.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn record_subscription(
        &self,
        bot: BotKey,
        person: &Person,
        subscription: Subscription,
        clock: FactClock,
    ) -> AppResult<FactWrite> {
        self.move_contact(bot, person, register(subscription), clock, |update| update).await
    }

    /// Notes what a person said about messages by a button. Telegram does not say when a button was pressed: a press
    /// counts if its update is later than that of the last one. `None` is a button that says nothing of messages, and
    /// nothing is noted of it for somebody who is no contact.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn record_press(
        &self,
        bot: BotKey,
        person: &Person,
        subscription: Option<Subscription>,
        clock: FactClock,
    ) -> AppResult<FactWrite> {
        let week_ago = FactClock::first_of_second(clock.date - UPDATES_COUNT_UP_SECONDS);
        let mut sets = "pressed = :pressed, pressed_at = :clock, seen = :clock".to_owned();
        if let Some(subscription) = subscription {
            sets += &format!(", {} = :clock", register(subscription));
        }
        let written = self
            .update_contact(bot, person, &sets)
            .condition_expression(match subscription {
                Some(_) => format!("({PRESS_IS_NEWS})"),
                None => format!("attribute_exists(PK) AND ({PRESS_IS_NEWS})"),
            })
            .expression_attribute_values(":pressed", number(clock.update))
            .expression_attribute_values(":week_ago", text(week_ago))
            .expression_attribute_values(":clock", text(clock))
            .send()
            .await;
        let Err(error) = written else { return Ok(FactWrite::Recorded) };
        refused_item(error).map(|_| FactWrite::Known)
    }

    /// Notes that a message did not reach a person, unless something newer is known. Who they are stays as it was seen
    /// last: this tells nothing of it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn record_unreached(
        &self,
        bot: BotKey,
        person: &Person,
        clock: FactClock,
    ) -> AppResult<FactWrite> {
        let known = ["#user", "username", "first_name", "last_name", "#language", "premium", "bot"];
        let kept = known.map(|name| {
            let value = name.trim_start_matches('#');
            format!("{name} = if_not_exists({name}, :{value})")
        });
        let update = self
            .update_contact(bot, person, "")
            .update_expression(format!("SET #fact = :clock, reach = :reach, {}", kept.join(", ")))
            .expression_attribute_values(":reach", to_attribute(&Reach::Blocked)?);
        self.move_register(update, "reach_since", clock).await
    }

    /// Moves a register of a contact forward, and who they are with it: each by its own clock, in one write where
    /// both are news.
    async fn move_contact(
        &self,
        bot: BotKey,
        person: &Person,
        register: &str,
        clock: FactClock,
        sets: impl Fn(UpdateItemFluentBuilder) -> UpdateItemFluentBuilder,
    ) -> AppResult<FactWrite> {
        let both = sets(self.update_contact(bot, person, "#fact = :clock, seen = :clock"))
            .condition_expression(format!("{REGISTER_MOVES} AND {PERSON_IS_NEWS}"))
            .expression_attribute_names("#fact", register)
            .expression_attribute_values(":clock", text(clock));
        let Err(error) = both.send().await else { return Ok(FactWrite::Recorded) };
        let known = refused_item(error)?;
        if is_before(known.as_ref(), "seen", clock) {
            let update = self.update_contact(bot, person, "#fact = :clock");
            self.move_register(update, "seen", clock).await?;
        }
        if is_before(known.as_ref(), register, clock) {
            let update = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(Key::Contact(bot.account, bot.bot, person.user).attributes()))
                .update_expression("SET #fact = :clock")
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            return self.move_register_there(sets(update), register, clock).await;
        }
        Ok(FactWrite::Known)
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

/// The register that what a person says of messages moves.
const fn register(subscription: Subscription) -> &'static str {
    match subscription {
        Subscription::Stopped => "stopped",
        Subscription::Resumed => "resumed",
    }
}

/// Whether a register of an item stands before `clock`, or nowhere.
fn is_before(item: Option<&Item>, register: &str, clock: FactClock) -> bool {
    let known = item.and_then(|item| item.get(register)).and_then(|value| value.as_s().ok());
    known.and_then(|known| known.parse::<FactClock>().ok()).is_none_or(|known| known < clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(started: i64, stopped: i64, resumed: i64) -> Contact {
        let clock = |date: i64| (date > 0).then_some(FactClock { date, update: 1 });
        Contact {
            bot: BotId(1),
            person: Person::default(),
            seen: None,
            started: clock(started),
            reach: Reach::Reachable,
            reach_since: None,
            stopped: clock(stopped),
            resumed: clock(resumed),
        }
    }

    #[test]
    fn what_a_person_said_last_of_messages_counts() {
        for (started, stopped, resumed, may) in [
            (1, 0, 0, true),
            (1, 2, 0, false),
            (3, 2, 0, true),
            (1, 2, 3, true),
            (1, 4, 3, false),
            (0, 0, 0, false),
            (0, 2, 3, false),
        ] {
            let contact = contact(started, stopped, resumed);
            assert_eq!(contact.may_be_messaged(), may, "{started} {stopped} {resumed}");
        }
    }

    #[test]
    fn who_blocks_the_bot_is_not_messaged_until_they_start_it_again() {
        let blocked = |started| Contact {
            reach: Reach::Blocked,
            reach_since: Some(FactClock { date: 2, update: 1 }),
            ..contact(started, 0, 0)
        };
        assert!(blocked(1).is_subscribed() && !blocked(1).may_be_messaged());
        assert!(blocked(3).may_be_messaged());
    }
}
