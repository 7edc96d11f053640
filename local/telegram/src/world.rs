//! Everything behind the one lock: the kept state, and what lasts only as long as the process.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::clock::Clock;
use crate::error::ControlError;
use crate::faults::Faults;
use crate::limits::Limits;
use crate::queues::PendingUpdate;
use crate::random::Random;
use crate::requests::RecordedRequest;
use crate::stars::Stars;
use crate::state::{BotState, Chat, SentMessage, State, User};

const FIRST_NUMBER: i64 = 7_000_000_000;
const MAX_MESSAGES: usize = 100_000;

pub struct World {
    pub state: State,
    pub faults: Faults,
    /// For the shares of faults.
    pub dice: Random,
    /// For tokens and ids.
    pub names: Random,
    pub limits: Limits,
    pub stars: Stars,
    pub clock: Clock,
    pub requests: VecDeque<RecordedRequest>,
    /// How many messages each bot put into each chat since the start.
    pub sends: BTreeMap<(i64, i64), u64>,
    /// The last updates made, for delivering one again.
    pub history: VecDeque<(i64, PendingUpdate)>,
    /// Uploaded files, newest last, with their content types.
    pub uploads: BTreeMap<String, (String, Bytes)>,
    pub upload_order: VecDeque<String>,
}

impl World {
    pub fn new(state: State) -> Self {
        // Ids must differ from those of earlier runs on the same data file.
        let seed = u64::try_from(state.last_number).unwrap_or_default();
        Self {
            state,
            faults: Faults::default(),
            dice: Random::new(0),
            names: Random::new(seed),
            limits: Limits::default(),
            stars: Stars::default(),
            clock: Clock::default(),
            requests: VecDeque::new(),
            sends: BTreeMap::new(),
            history: VecDeque::new(),
            uploads: BTreeMap::new(),
            upload_order: VecDeque::new(),
        }
    }

    /// A number never given out before.
    pub fn next_number(&mut self) -> i64 {
        self.state.last_number += 1;
        self.state.last_number
    }

    /// An id for a person or a bot; beyond 32 bits, as Telegram's are.
    pub fn next_id(&mut self) -> i64 {
        FIRST_NUMBER + self.next_number()
    }

    pub fn bot(&self, id: i64) -> Result<&BotState, ControlError> {
        self.state.bots.get(&id).ok_or_else(|| ControlError::unknown("bot", id))
    }

    pub fn bot_mut(&mut self, id: i64) -> Result<&mut BotState, ControlError> {
        self.state.bots.get_mut(&id).ok_or_else(|| ControlError::unknown("bot", id))
    }

    pub fn bot_by_username(&self, username: &str) -> Option<&BotState> {
        self.state.bots.values().find(|bot| bot.bot.username.eq_ignore_ascii_case(username))
    }

    pub fn bot_by_token(&self, token: &str) -> Option<&BotState> {
        let id: i64 = token.split_once(':')?.0.parse().ok()?;
        self.state.bots.get(&id).filter(|bot| bot.bot.token == token)
    }

    pub fn user(&self, id: i64) -> Result<&User, ControlError> {
        self.state.users.get(&id).ok_or_else(|| ControlError::unknown("user", id))
    }

    /// A person who can act: neither unknown nor deactivated.
    pub fn acting_user(&self, id: i64) -> Result<&User, ControlError> {
        let user = self.user(id)?;
        if user.is_deactivated {
            return Err(ControlError::invalid("user", "this account was deleted"));
        }
        Ok(user)
    }

    pub fn chat(&self, id: i64) -> Result<&Chat, ControlError> {
        self.state.chats.get(&id).ok_or_else(|| ControlError::unknown("chat", id))
    }

    pub fn chat_mut(&mut self, id: i64) -> Result<&mut Chat, ControlError> {
        self.state.chats.get_mut(&id).ok_or_else(|| ControlError::unknown("chat", id))
    }

    pub fn chat_by_username(&self, username: &str) -> Option<&Chat> {
        let own =
            |chat: &&Chat| chat.username.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(username));
        self.state.chats.values().find(own)
    }

    /// Keeps a message under a new id; the oldest are forgotten beyond a bound.
    pub fn keep_message(&mut self, mut message: SentMessage) -> SentMessage {
        if !message.is_from_person {
            *self.sends.entry((message.bot, message.chat)).or_default() += 1;
        }
        message.message_id = self.next_number();
        message.date = self.clock.now_s();
        self.state.messages.insert(message.message_id, message.clone());
        if self.state.messages.len() > MAX_MESSAGES {
            self.state.messages.pop_first();
        }
        message
    }
}
