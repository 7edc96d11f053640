//! People: who they are, and what they do with a bot in private.

use serde::{Deserialize, Serialize};

use crate::error::ControlError;
use crate::membership::Change;
use crate::simulator::Simulator;
use crate::state::{Standing, User};
use crate::updates::MadeUpdate;
use crate::world::World;

/// A person to be created.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewUser {
    /// Given name.
    pub first_name: String,
    /// Family name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// Without `@`.
    #[serde(default)]
    pub username: Option<String>,
    /// IETF language tag, such as `en`.
    #[serde(default)]
    pub language_code: Option<String>,
    /// Has Telegram Premium.
    #[serde(default)]
    pub is_premium: bool,
}

impl NewUser {
    /// A person with a given name and nothing else.
    #[must_use]
    pub fn named(first_name: &str) -> Self {
        Self { first_name: first_name.to_owned(), ..Self::default() }
    }
}

impl Simulator {
    /// Creates a person. The control API checks the username; here it is taken as it is.
    pub fn create_user(&self, user: NewUser) -> i64 {
        self.change(|world| world.new_user(user))
    }

    /// Creates so many people who started the bot long ago; nobody is told of it now.
    ///
    /// # Errors
    ///
    /// [`ControlError::Unknown`] if there is no such bot.
    pub fn create_starters(&self, bot: i64, count: usize) -> Result<Vec<i64>, ControlError> {
        self.change(|world| {
            let make = |number| world.new_user(NewUser::named(&format!("Person {number}")));
            let users: Vec<_> = (1..=count).map(make).collect();
            for user in &users {
                world.bot_mut(bot)?.people.entry(*user).or_default().is_started = true;
            }
            Ok(users)
        })
    }

    /// The person deletes their account: sends are refused from now on.
    ///
    /// # Errors
    ///
    /// [`ControlError::Unknown`] if there is no such person.
    pub fn deactivate(&self, user: i64) -> Result<(), ControlError> {
        self.change(|world| {
            world.user(user)?;
            if let Some(user) = world.state.users.get_mut(&user) {
                user.is_deactivated = true;
            }
            Ok(())
        })
    }

    /// The person blocks the bot.
    ///
    /// # Errors
    ///
    /// - [`ControlError::Unknown`] if there is no such person or bot.
    /// - [`ControlError::Invalid`] if the person never started the bot, or has blocked it already.
    pub fn block(&self, user: i64, bot: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| world.set_blocked(user, bot, true))
    }

    /// The person unblocks the bot.
    ///
    /// # Errors
    ///
    /// - [`ControlError::Unknown`] if there is no such person or bot.
    /// - [`ControlError::Invalid`] if the person has not blocked the bot.
    pub fn unblock(&self, user: i64, bot: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| world.set_blocked(user, bot, false))
    }
}

impl World {
    pub fn new_user(&mut self, user: NewUser) -> i64 {
        let id = self.next_id();
        let user = User {
            id,
            first_name: user.first_name,
            last_name: user.last_name.filter(|text| !text.is_empty()),
            username: user
                .username
                .map(|name| name.trim_start_matches('@').to_owned())
                .filter(|n| !n.is_empty()),
            language_code: user.language_code.filter(|text| !text.is_empty()),
            is_premium: user.is_premium,
            is_deactivated: false,
        };
        self.state.users.insert(id, user);
        id
    }

    pub fn set_blocked(
        &mut self,
        user: i64,
        bot: i64,
        is_blocked: bool,
    ) -> Result<Vec<MadeUpdate>, ControlError> {
        self.acting_user(user)?;
        let relation = self.bot_mut(bot)?.people.entry(user).or_default();
        if is_blocked && !relation.is_started {
            return Err(ControlError::invalid("bot", "this person never started the bot"));
        }
        if relation.is_blocked == is_blocked {
            let state = if is_blocked { "already blocked" } else { "not blocked" };
            return Err(ControlError::invalid("bot", format!("the bot is {state}")));
        }
        relation.is_blocked = is_blocked;
        let (old, new) = if is_blocked {
            (Standing::Member, Standing::Banned)
        } else {
            (Standing::Banned, Standing::Member)
        };
        Ok(self.emit_private_change(user, bot, Change { old, new }))
    }
}
