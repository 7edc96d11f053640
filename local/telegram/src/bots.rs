//! Making bots and taking their tokens away.

use serde_json::json;

use crate::error::ControlError;
use crate::queues::UpdateQueues;
use crate::simulator::Simulator;
use crate::state::{Bot, BotState};
use crate::world::World;

const FIRST_UPDATE_ID: i64 = 100_000_000;

impl Simulator {
    /// Creates a bot. A name already taken gives the bot that has it.
    pub fn create_bot(&self, username: &str, name: &str) -> Bot {
        self.change(|world| {
            let existing = world.bot_by_username(username).map(|bot| bot.bot.clone());
            existing.unwrap_or_else(|| world.new_bot(username, name))
        })
    }

    /// Revokes the token and gives the bot a new one.
    ///
    /// # Errors
    ///
    /// [`ControlError::Unknown`] if there is no such bot.
    pub fn revoke(&self, bot: i64) -> Result<Bot, ControlError> {
        self.change(|world| {
            let token = world.new_token(bot);
            let state = world.bot_mut(bot)?;
            state.bot.token = token;
            state.webhook = None;
            Ok(state.bot.clone())
        })
    }
}

impl World {
    fn new_bot(&mut self, username: &str, name: &str) -> Bot {
        let id = self.next_id();
        let bot = Bot {
            id,
            token: self.new_token(id),
            username: username.trim_start_matches('@').to_owned(),
            name: name.to_owned(),
        };
        let state = BotState {
            bot: bot.clone(),
            webhook: None,
            allowed_updates: None,
            last_update_id: FIRST_UPDATE_ID,
            queues: UpdateQueues::default(),
            people: std::collections::BTreeMap::new(),
            commands: json!([]),
        };
        self.state.bots.insert(id, state);
        bot
    }

    fn new_token(&mut self, bot: i64) -> String {
        format!("{bot}:AA{}", self.names.text(33))
    }

    /// Whether a new bot may have this name: 5–32 of `A-Za-z0-9_`, ending in "bot", not taken.
    pub fn check_bot_username(&self, username: &str) -> Result<(), ControlError> {
        check_username(username)?;
        if !username.to_ascii_lowercase().ends_with("bot") {
            return Err(ControlError::invalid("username", "a bot's username ends in \"bot\""));
        }
        self.check_username_is_free(username)
    }

    pub fn check_username_is_free(&self, username: &str) -> Result<(), ControlError> {
        let is_a_persons =
            |own: &Option<String>| own.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(username));
        let is_taken = self.bot_by_username(username).is_some()
            || self.chat_by_username(username).is_some()
            || self.state.users.values().any(|user| is_a_persons(&user.username));
        if is_taken {
            return Err(ControlError::invalid("username", "already taken"));
        }
        Ok(())
    }
}

/// 4–32 of `A-Za-z0-9_`.
pub fn check_username(username: &str) -> Result<(), ControlError> {
    let is_allowed = username.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_allowed || !(4..=32).contains(&username.len()) {
        return Err(ControlError::invalid("username", "4 to 32 letters, digits and underscores"));
    }
    Ok(())
}
