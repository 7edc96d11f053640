//! Making updates: which bots hear of an event, and in which queue it waits.

use serde::Serialize;
use serde_json::{Value, json};

use crate::error::ControlError;
use crate::queues::PendingUpdate;
use crate::shapes;
use crate::simulator::Simulator;
use crate::state::{ChatKind, Standing};
use crate::world::World;

const MAX_HISTORY: usize = 10_000;
/// What a bot hears when it names nothing: everything but these.
const NOT_BY_DEFAULT: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// An update that an operation made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MadeUpdate {
    /// Who hears of it.
    pub bot: i64,
    /// Counts up per bot.
    pub update_id: i64,
    /// `message`, `chat_member` and so on.
    pub kind: String,
}

/// What kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Message,
    CallbackQuery,
    ChatMember,
    MyChatMember,
    ChatJoinRequest,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::CallbackQuery => "callback_query",
            Self::ChatMember => "chat_member",
            Self::MyChatMember => "my_chat_member",
            Self::ChatJoinRequest => "chat_join_request",
        }
    }
}

/// A change of somebody's standing in a chat.
pub struct MemberChange {
    pub chat: i64,
    /// Whose standing changed: a person or a bot.
    pub whom: i64,
    /// Who acted.
    pub by: i64,
    pub old: Standing,
    pub new: Standing,
    pub invite_link: Option<String>,
    pub via_join_request: bool,
}

impl World {
    /// Queues an update, unless the bot does not want its kind or a fault withholds it.
    pub fn emit(&mut self, bot: i64, kind: Kind, queue: String, payload: Value) -> Option<MadeUpdate> {
        let now_ms = self.clock.now_ms();
        let state = self.state.bots.get(&bot)?;
        let is_wanted = match &state.allowed_updates {
            Some(kinds) => kinds.iter().any(|own| own == kind.as_str()),
            None => !NOT_BY_DEFAULT.contains(&kind.as_str()),
        };
        if !is_wanted {
            return None;
        }
        if self.is_withheld(kind, &payload) {
            self.state.withheld_updates += 1;
            return None;
        }
        let hold_ms = match kind {
            Kind::Message | Kind::CallbackQuery => self.faults.hold_messages_ms,
            Kind::ChatMember | Kind::ChatJoinRequest => self.faults.hold_chat_member_ms,
            Kind::MyChatMember => 0,
        };
        let body = json!({ kind.as_str(): payload });
        Some(self.enqueue(bot, kind.as_str(), queue, now_ms / 1000, now_ms + hold_ms, body))
    }

    fn is_withheld(&mut self, kind: Kind, payload: &Value) -> bool {
        let faults = &self.faults;
        let shares = match kind {
            Kind::ChatMember => {
                let direction =
                    match ["old_chat_member", "new_chat_member"].map(|own| is_inside(&payload[own])) {
                        [false, true] => faults.withhold_join_share,
                        [true, false] => faults.withhold_leave_share,
                        _ => 0.0,
                    };
                [faults.withhold_chat_member_share, direction]
            }
            Kind::MyChatMember => [faults.withhold_my_chat_member_share, 0.0],
            Kind::Message | Kind::CallbackQuery | Kind::ChatJoinRequest => return false,
        };
        shares.into_iter().any(|share| self.dice.happens(share))
    }

    fn enqueue(
        &mut self,
        bot: i64,
        kind: &str,
        queue: String,
        date: i64,
        due_ms: i64,
        mut body: Value,
    ) -> MadeUpdate {
        let copies = if self.dice.happens(self.faults.duplicate_share) { 2 } else { 1 };
        let given = body.get("update_id").and_then(Value::as_i64);
        let mut update_id = given.unwrap_or_default();
        if let Some(state) = self.state.bots.get_mut(&bot) {
            update_id = given.unwrap_or(state.last_update_id + 1);
            state.last_update_id = state.last_update_id.max(update_id);
            shapes::put(&mut body, "update_id", Some(update_id));
            let update = PendingUpdate { update_id, queue, date, body, failures: 0, due_ms };
            for _ in 0..copies {
                state.queues.push(update.clone());
            }
            self.history.push_back((bot, update));
            if self.history.len() > MAX_HISTORY {
                self.history.pop_front();
            }
        }
        MadeUpdate { bot, update_id, kind: kind.to_owned() }
    }

    /// Tells the administrators among the bots of a chat, and a bot whose own standing changed.
    pub fn emit_member_change(&mut self, change: &MemberChange) -> Vec<MadeUpdate> {
        let Some(chat) = self.state.chats.get(&change.chat) else { return Vec::new() };
        let whom = self.anybody(change.whom);
        let mut payload = json!({
            "chat": shapes::chat(chat),
            "from": self.anybody(change.by),
            "date": self.clock.now_s(),
            "old_chat_member": shapes::member(change.old, &whom),
            "new_chat_member": shapes::member(change.new, &whom),
        });
        let link = change.invite_link.as_ref();
        let link = link.and_then(|link| chat.invite_links.iter().find(|own| own.link == *link));
        shapes::put(&mut payload, "invite_link", link.map(|link| self.invite_link(link)));
        shapes::put(&mut payload, "via_join_request", change.via_join_request.then_some(true));
        let is_bot = self.state.bots.contains_key(&change.whom);
        let kind = if is_bot { Kind::MyChatMember } else { Kind::ChatMember };
        let audience = if is_bot { vec![change.whom] } else { self.watching_bots(change.chat) };
        let queue = format!("user:{}", change.whom);
        let tell = |bot| self.emit(bot, kind, queue.clone(), payload.clone());
        let mut made: Vec<_> = audience.into_iter().filter_map(tell).collect();
        made.extend(self.emit_service_message(change, &whom));
        made
    }

    /// Groups also say in a message who came and who went.
    fn emit_service_message(&mut self, change: &MemberChange, whom: &Value) -> Vec<MadeUpdate> {
        let Some(chat) = self.state.chats.get(&change.chat) else { return Vec::new() };
        if chat.kind == ChatKind::Channel || change.old.is_present() == change.new.is_present() {
            return Vec::new();
        }
        let shape = shapes::chat(chat);
        let number = self.next_number();
        let mut message = json!({
            "message_id": number, "from": self.anybody(change.by), "chat": shape, "date": self.clock.now_s(),
        });
        if change.new.is_present() {
            shapes::put(&mut message, "new_chat_members", Some(json!([whom])));
        } else {
            shapes::put(&mut message, "left_chat_member", Some(whom.clone()));
        }
        let queue = format!("chat:{}", change.chat);
        let bots = self.watching_bots(change.chat);
        bots.into_iter()
            .filter_map(|bot| self.emit(bot, Kind::Message, queue.clone(), message.clone()))
            .collect()
    }

    /// The bots that administer a chat: they hear of its members.
    pub fn watching_bots(&self, chat: i64) -> Vec<i64> {
        let Some(chat) = self.state.chats.get(&chat) else { return Vec::new() };
        let is_administrator = |(id, standing): (&i64, &Standing)| {
            (matches!(standing, Standing::Administrator(_)) && self.state.bots.contains_key(id))
                .then_some(*id)
        };
        chat.members.iter().filter_map(is_administrator).collect()
    }
}

impl Simulator {
    /// Delivers an update again that the bot was sent before, as Telegram does now and then.
    ///
    /// # Errors
    ///
    /// [`ControlError::Unknown`] if the bot was sent no such update since the start of the process.
    pub fn redeliver(&self, bot: i64, update_id: i64) -> Result<MadeUpdate, ControlError> {
        self.change(|world| {
            world.bot(bot)?;
            let found =
                world.history.iter().rev().find(|(to, update)| *to == bot && update.update_id == update_id);
            let mut update = found
                .map(|(_, update)| update.clone())
                .ok_or_else(|| ControlError::unknown("update", update_id))?;
            update.due_ms = world.clock.now_ms();
            let kind = kind_of(&update.body);
            world.bot_mut(bot)?.queues.push(update);
            Ok(MadeUpdate { bot, update_id, kind })
        })
    }

    /// Delivers any object as an update, whatever the bot allows. Without an `update_id` it gets the next one.
    ///
    /// # Errors
    ///
    /// - [`ControlError::Unknown`] if there is no such bot.
    /// - [`ControlError::Invalid`] if the update is no object.
    pub fn inject_update(&self, bot: i64, update: Value) -> Result<MadeUpdate, ControlError> {
        self.change(|world| {
            world.bot(bot)?;
            if !update.is_object() {
                return Err(ControlError::invalid("update", "must be a JSON object"));
            }
            let kind = kind_of(&update);
            let payload = &update[&kind];
            let chat = payload["chat"]["id"].as_i64().or_else(|| payload["message"]["chat"]["id"].as_i64());
            let queue = match (kind.as_str(), chat) {
                ("message" | "callback_query", Some(chat)) => format!("chat:{chat}"),
                _ => format!("user:{}", payload["from"]["id"]),
            };
            let date = payload["date"].as_i64().unwrap_or_else(|| world.clock.now_s());
            let now_ms = world.clock.now_ms();
            Ok(world.enqueue(bot, &kind, queue, date, now_ms, update))
        })
    }
}

/// Whether a `ChatMember` is in the chat.
fn is_inside(member: &Value) -> bool {
    match member["status"].as_str() {
        Some("restricted") => member["is_member"] == true,
        Some("left" | "kicked") | None => false,
        Some(_) => true,
    }
}

fn kind_of(update: &Value) -> String {
    let keys = update.as_object().map(|object| object.keys());
    keys.into_iter().flatten().find(|key| *key != "update_id").cloned().unwrap_or_default()
}
