//! What people write to bots and see of them.

use serde::Serialize;
use serde_json::json;

use crate::error::ControlError;
use crate::formatting::Entity;
use crate::shapes;
use crate::simulator::Simulator;
use crate::state::{Callback, CallbackAnswer, SentMessage};
use crate::updates::{Kind, MadeUpdate};
use crate::world::World;

const MAX_PAYLOAD_CHARACTERS: usize = 64;
/// Beyond this many, pressed buttons are forgotten after an hour.
const MAX_CALLBACKS: usize = 10_000;
const KEEP_CALLBACKS_S: i64 = 3600;

/// A notice that a bot showed after a pressed button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownAnswer {
    /// The message whose button was pressed.
    pub message_id: i64,
    /// When it was pressed, seconds since 1970.
    pub date: i64,
    /// What the bot answered.
    pub answer: CallbackAnswer,
}

impl Simulator {
    /// The person opens a deep link, such as `https://t.me/shop_bot?start=payload`, and presses Start.
    ///
    /// A blocked bot is unblocked first, as Telegram does. Twice makes two updates.
    ///
    /// # Errors
    ///
    /// - [`ControlError::Invalid`] if it is no deep link, or its payload is not 0–64 of `A-Za-z0-9_-`.
    /// - [`ControlError::Unknown`] if there is no such person or bot.
    pub fn press_start(&self, user: i64, link: &str) -> Result<Vec<MadeUpdate>, ControlError> {
        let (username, payload) = deep_link(link)?;
        self.start_bot(user, &username, &payload)
    }

    /// The person presses Start in the chat with a bot; the payload may be empty.
    ///
    /// # Errors
    ///
    /// As [`Simulator::press_start`].
    pub fn start_bot(
        &self,
        user: i64,
        bot_username: &str,
        payload: &str,
    ) -> Result<Vec<MadeUpdate>, ControlError> {
        check_payload(payload)?;
        self.change(|world| {
            world.acting_user(user)?;
            let name = bot_username.trim_start_matches('@');
            let bot = world.bot_by_username(name).ok_or_else(|| ControlError::unknown("bot", name))?.bot.id;
            let relation = world.bot_mut(bot)?.people.entry(user).or_default();
            relation.is_started = true;
            let mut made =
                if relation.is_blocked { world.set_blocked(user, bot, false)? } else { Vec::new() };
            let text = if payload.is_empty() { "/start".to_owned() } else { format!("/start {payload}") };
            made.extend(world.say(user, bot, text));
            Ok(made)
        })
    }

    /// The person writes to a bot. Also allowed before Start: it starts the conversation.
    ///
    /// # Errors
    ///
    /// - [`ControlError::Unknown`] if there is no such person or bot.
    /// - [`ControlError::Invalid`] if the text is empty or too long, or the person has blocked the bot.
    pub fn send_text(&self, user: i64, bot: i64, text: &str) -> Result<Vec<MadeUpdate>, ControlError> {
        if text.trim().is_empty() || text.chars().count() > 4096 {
            return Err(ControlError::invalid("text", "1 to 4096 characters"));
        }
        self.change(|world| {
            world.acting_user(user)?;
            let relation = world.bot_mut(bot)?.people.entry(user).or_default();
            if relation.is_blocked {
                return Err(ControlError::invalid("bot", "the bot is blocked"));
            }
            relation.is_started = true;
            Ok(world.say(user, bot, text.trim().to_owned()).into_iter().collect())
        })
    }

    /// The person presses a button of a message, counted from 0 over all rows.
    ///
    /// # Errors
    ///
    /// - [`ControlError::Unknown`] if there is no such person, message or bot.
    /// - [`ControlError::Invalid`] if the person does not see it, or the button does not report to the bot.
    pub fn press(&self, user: i64, message_id: i64, button: usize) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| world.press(user, message_id, button))
    }

    /// What bots wrote to the person and did not delete, oldest first.
    #[must_use]
    pub fn messages_to(&self, user: i64) -> Vec<SentMessage> {
        let mut messages = self.messages_in(user);
        messages.retain(|message| !message.is_from_person);
        messages
    }

    /// Both sides of a private chat (the person's id), or a group's or channel's messages, oldest first.
    #[must_use]
    pub fn messages_in(&self, chat: i64) -> Vec<SentMessage> {
        self.read(|world| {
            let messages = world.state.messages.values();
            messages.filter(|message| message.chat == chat).cloned().collect()
        })
    }

    /// The answers of bots to the buttons a person pressed, oldest first.
    #[must_use]
    pub fn answers_to(&self, user: i64) -> Vec<ShownAnswer> {
        self.read(|world| {
            let own = world.state.callbacks.values().filter(|callback| callback.user == user);
            let shown = own.filter_map(|callback| {
                let answer = callback.answer.clone()?;
                Some(ShownAnswer { message_id: callback.message_id, date: callback.date, answer })
            });
            let mut shown: Vec<_> = shown.collect();
            shown.sort_by_key(|answer| answer.date);
            shown
        })
    }
}

impl World {
    /// A person's message reaches the bot.
    fn say(&mut self, user: i64, bot: i64, text: String) -> Option<MadeUpdate> {
        let command = text.split_whitespace().next().filter(|word| word.len() > 1 && word.starts_with('/'));
        let entities = command
            .map(|word| Entity::new("bot_command", 0, word.encode_utf16().count()))
            .into_iter()
            .collect();
        let message = self.keep_message(SentMessage {
            message_id: 0,
            bot,
            chat: user,
            is_from_person: true,
            date: 0,
            text,
            entities,
            parse_mode: None,
            media: None,
            buttons: Vec::new(),
            edit_date: None,
        });
        let payload = self.message(&message);
        self.emit(bot, Kind::Message, format!("chat:{user}"), payload)
    }

    fn press(&mut self, user: i64, message_id: i64, button: usize) -> Result<Vec<MadeUpdate>, ControlError> {
        let from = shapes::user(self.acting_user(user)?);
        let found = self.state.messages.get(&message_id);
        let message = found.cloned().ok_or_else(|| ControlError::unknown("message", message_id))?;
        let sees = |chat: &crate::state::Chat| chat.members.get(&user).is_some_and(|own| own.is_present());
        if message.chat != user && !self.state.chats.get(&message.chat).is_some_and(sees) {
            return Err(ControlError::invalid("message", "this person does not see it"));
        }
        let pressed = message.buttons.iter().flatten().nth(button);
        let pressed =
            pressed.ok_or_else(|| ControlError::invalid("button", "the message has no such button"))?;
        let Some(data) = &pressed.callback_data else {
            return Err(ControlError::invalid("button", "this button does not report to the bot"));
        };
        let id = format!("{user}{}", self.next_number());
        let payload = json!({
            "id": id, "from": from, "message": self.message(&message),
            "chat_instance": message.chat.wrapping_mul(7919).to_string(), "data": data,
        });
        let bot = message.bot;
        if self.state.callbacks.len() >= MAX_CALLBACKS {
            let oldest = self.clock.now_s() - KEEP_CALLBACKS_S;
            self.state.callbacks.retain(|_, callback| callback.date > oldest);
        }
        let date = self.clock.now_s();
        self.state.callbacks.insert(id, Callback { bot, user, message_id, date, answer: None });
        let queue = format!("chat:{}", message.chat);
        Ok(self.emit(bot, Kind::CallbackQuery, queue, payload).into_iter().collect())
    }
}

/// Username and payload of `https://t.me/<bot>?start=<payload>` or `tg://resolve?domain=<bot>&start=<payload>`.
fn deep_link(link: &str) -> Result<(String, String), ControlError> {
    let invalid = || ControlError::invalid("link", "must look like https://t.me/some_bot?start=payload");
    let link = link.trim();
    let absolute = if link.contains("://") { link.to_owned() } else { format!("https://{link}") };
    let url = url::Url::parse(&absolute).map_err(|_| invalid())?;
    let value =
        |name: &str| url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    let username = match (url.scheme(), url.host_str()) {
        ("tg", Some("resolve")) => value("domain"),
        ("http" | "https", Some("t.me" | "telegram.me")) => {
            url.path_segments().and_then(|mut segments| segments.next()).map(str::to_owned)
        }
        _ => None,
    };
    let username = username.filter(|name| !name.is_empty()).ok_or_else(invalid)?;
    Ok((username, value("start").unwrap_or_default()))
}

fn check_payload(payload: &str) -> Result<(), ControlError> {
    let is_allowed = payload.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if !is_allowed || payload.len() > MAX_PAYLOAD_CHARACTERS {
        return Err(ControlError::invalid("payload", "at most 64 letters, digits, underscores and hyphens"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_links_of_every_spelling_are_understood() {
        let expected = ("shop_bot".to_owned(), "ab-1".to_owned());
        for link in [
            "https://t.me/shop_bot?start=ab-1",
            "t.me/shop_bot?start=ab-1",
            "tg://resolve?domain=shop_bot&start=ab-1",
        ] {
            assert_eq!(deep_link(link), Ok(expected.clone()), "{link}");
        }
        assert!(deep_link("https://example.com/shop_bot?start=a").is_err());
        assert_eq!(deep_link("https://t.me/shop_bot").map(|(_, payload)| payload), Ok(String::new()));
    }

    #[test]
    fn a_payload_is_at_most_64_of_a_small_alphabet() {
        assert!(check_payload(&"a".repeat(64)).is_ok());
        assert!(check_payload(&"a".repeat(65)).is_err());
        assert!(check_payload("a.b").is_err());
    }
}
