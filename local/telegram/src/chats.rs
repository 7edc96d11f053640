//! Channels and groups: making them, and the bots that administer them.

use serde::{Deserialize, Serialize};

use crate::error::ControlError;
use crate::people::NewUser;
use crate::shapes;
use crate::simulator::Simulator;
use crate::state::{Chat, ChatKind, InviteLink, Rights, Standing};
use crate::updates::{Kind, MadeUpdate};
use crate::world::World;

const SUPERGROUP_BASE: i64 = -1_001_000_000_000;
const GROUP_BASE: i64 = -4_000_000_000;

/// A chat to be created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewChat {
    /// What people see.
    pub title: String,
    /// Channel, supergroup or group.
    pub kind: ChatKind,
    /// Without `@`; makes the chat public.
    #[serde(default)]
    pub username: Option<String>,
    /// Whoever wants in has to ask.
    #[serde(default)]
    pub join_by_request: bool,
}

impl NewChat {
    /// A private chat that anybody may join.
    #[must_use]
    pub fn new(title: &str, kind: ChatKind) -> Self {
        Self { title: title.to_owned(), kind, username: None, join_by_request: false }
    }
}

/// A chat as it is now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatView {
    /// Telegram's id, negative.
    pub id: i64,
    /// Channel, supergroup or group.
    pub kind: ChatKind,
    /// What people see.
    pub title: String,
    /// Without `@`.
    pub username: Option<String>,
    /// Whoever wants in has to ask.
    pub join_by_request: bool,
    /// The person it belongs to.
    pub owner: i64,
    /// The group became this supergroup.
    pub migrated_to: Option<i64>,
    /// People and bots that are in the chat.
    pub member_count: usize,
    /// Everybody who ever had to do with the chat, by id.
    pub members: Vec<MemberView>,
    /// Who waits for an answer to a join request.
    pub requests: Vec<i64>,
    /// Invite links that are not revoked.
    pub invite_links: Vec<String>,
}

/// Somebody in a chat.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemberView {
    /// A person's or a bot's id.
    pub id: i64,
    /// The Bot API's word, such as `member` or `kicked`.
    pub status: &'static str,
    /// In the chat at the moment.
    pub is_present: bool,
}

/// Who is in a chat now, whatever the bots have heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// The chat.
    pub chat: i64,
    /// The people, by id, without bots.
    pub present: Vec<i64>,
}

/// A group that became a supergroup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Migration {
    /// The supergroup's id.
    pub migrate_to_chat_id: i64,
    /// What bots hear of it.
    pub updates: Vec<MadeUpdate>,
}

impl Simulator {
    /// Creates a chat. It belongs to a person of its own, who acts as its administrator.
    pub fn create_chat(&self, chat: NewChat) -> i64 {
        self.change(|world| {
            let owner = world.default_owner();
            world.new_chat(owner, chat)
        })
    }

    /// Creates a chat that belongs to a certain person.
    ///
    /// # Errors
    ///
    /// [`ControlError::Unknown`] if there is no such person.
    pub fn create_chat_owned_by(&self, owner: i64, chat: NewChat) -> Result<i64, ControlError> {
        self.change(|world| {
            world.acting_user(owner)?;
            Ok(world.new_chat(owner, chat))
        })
    }

    /// A chat as it is now.
    ///
    /// # Errors
    ///
    /// [`ControlError::Unknown`] if there is no such chat.
    pub fn chat(&self, chat: i64) -> Result<ChatView, ControlError> {
        self.read(|world| world.chat(chat).map(Chat::view))
    }

    /// The owner makes the bot an administrator with all rights.
    ///
    /// # Errors
    ///
    /// [`ControlError::Unknown`] if there is no such bot or chat.
    pub fn promote(&self, bot: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.promote_with(bot, chat, Rights::default())
    }

    /// The owner makes the bot an administrator, or changes its rights.
    ///
    /// # Errors
    ///
    /// [`ControlError::Unknown`] if there is no such bot or chat.
    pub fn promote_with(&self, bot: i64, chat: i64, rights: Rights) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| {
            world.bot(bot)?;
            let owner = world.chat(chat)?.owner;
            world.transition(chat, bot, owner, Standing::Administrator(rights))
        })
    }

    /// The owner takes the bot's rights away: it leaves a channel and stays in a group.
    ///
    /// # Errors
    ///
    /// - [`ControlError::Unknown`] if there is no such bot or chat.
    /// - [`ControlError::Invalid`] if the bot is no administrator.
    pub fn demote(&self, bot: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| {
            world.bot(bot)?;
            let place = world.chat(chat)?;
            if !matches!(place.standing(bot), Standing::Administrator(_)) {
                return Err(ControlError::invalid("bot", "is no administrator of this chat"));
            }
            let is_channel = place.kind == ChatKind::Channel;
            let new = if is_channel { Standing::Left } else { Standing::Member };
            world.transition(chat, bot, place.owner, new)
        })
    }

    /// The owner throws the bot out.
    ///
    /// # Errors
    ///
    /// [`ControlError::Unknown`] if there is no such bot or chat.
    pub fn remove_bot(&self, bot: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| {
            world.bot(bot)?;
            let owner = world.chat(chat)?.owner;
            world.transition(chat, bot, owner, Standing::Banned)
        })
    }

    /// The group becomes a supergroup with a new id: both say so to their bots, and sends to the old one are refused.
    ///
    /// # Errors
    ///
    /// - [`ControlError::Unknown`] if there is no such chat.
    /// - [`ControlError::Invalid`] if it is no group, or has migrated already.
    pub fn migrate(&self, chat: i64) -> Result<Migration, ControlError> {
        self.change(|world| world.migrate(chat))
    }

    /// Who is in each chat now: what a bot should believe once it has heard everything.
    #[must_use]
    pub fn truth(&self) -> Vec<Presence> {
        self.read(|world| {
            let presence = |chat: &Chat| {
                let people = chat.members.iter().filter(|(id, _)| world.state.users.contains_key(id));
                let present = people.filter(|(_, standing)| standing.is_present()).map(|(id, _)| *id);
                Presence { chat: chat.id, present: present.collect() }
            };
            world.state.chats.values().map(presence).collect()
        })
    }
}

impl Chat {
    /// What somebody is here.
    pub fn standing(&self, id: i64) -> Standing {
        self.members.get(&id).copied().unwrap_or(Standing::Left)
    }

    pub fn member_count(&self) -> usize {
        self.members.values().filter(|standing| standing.is_present()).count()
    }

    pub fn view(&self) -> ChatView {
        let member = |(id, standing): (&i64, &Standing)| MemberView {
            id: *id,
            status: standing.as_str(),
            is_present: standing.is_present(),
        };
        let valid = self.invite_links.iter().filter(|link| !link.is_revoked);
        ChatView {
            id: self.id,
            kind: self.kind,
            title: self.title.clone(),
            username: self.username.clone(),
            join_by_request: self.join_by_request,
            owner: self.owner,
            migrated_to: self.migrated_to,
            member_count: self.member_count(),
            members: self.members.iter().map(member).collect(),
            requests: self.requests.keys().copied().collect(),
            invite_links: valid.map(|link| link.link.clone()).collect(),
        }
    }
}

impl World {
    fn default_owner(&mut self) -> i64 {
        if let Some(owner) = self.state.default_owner {
            return owner;
        }
        let owner = self.new_user(NewUser::named("Owner"));
        self.state.default_owner = Some(owner);
        owner
    }

    fn new_chat(&mut self, owner: i64, chat: NewChat) -> i64 {
        let number = self.next_number();
        let id = match chat.kind {
            ChatKind::Channel | ChatKind::Supergroup => SUPERGROUP_BASE - number,
            ChatKind::Group => GROUP_BASE - number,
        };
        let username = chat.username.map(|name| name.trim_start_matches('@').to_owned());
        let primary = self.new_link(owner, None, false);
        let chat = Chat {
            id,
            kind: chat.kind,
            title: chat.title,
            username: username.filter(|name| !name.is_empty()),
            join_by_request: chat.join_by_request,
            owner,
            members: [(owner, Standing::Owner)].into(),
            invite_links: vec![InviteLink { is_primary: true, ..primary }],
            requests: std::collections::BTreeMap::new(),
            migrated_to: None,
        };
        self.state.chats.insert(id, chat);
        id
    }

    /// A fresh invite link, not yet of any chat.
    pub fn new_link(&mut self, creator: i64, name: Option<String>, creates_join_request: bool) -> InviteLink {
        InviteLink {
            link: format!("https://t.me/+{}", self.names.text(16)),
            creator,
            name,
            creates_join_request,
            is_primary: false,
            is_revoked: false,
            expire_date: None,
            member_limit: None,
            joined: 0,
        }
    }

    fn migrate(&mut self, chat: i64) -> Result<Migration, ControlError> {
        let group = self.chat(chat)?;
        if group.kind != ChatKind::Group || group.migrated_to.is_some() {
            return Err(ControlError::invalid("chat", "only a group that has not migrated yet can migrate"));
        }
        let (owner, members) = (group.owner, group.members.clone());
        let successor = NewChat {
            join_by_request: group.join_by_request,
            ..NewChat::new(&group.title, ChatKind::Supergroup)
        };
        let id = self.new_chat(owner, successor);
        self.chat_mut(id)?.members = members;
        self.chat_mut(chat)?.migrated_to = Some(id);
        let mut updates = self.emit_migration(chat, "migrate_to_chat_id", id)?;
        updates.extend(self.emit_migration(id, "migrate_from_chat_id", chat)?);
        Ok(Migration { migrate_to_chat_id: id, updates })
    }

    /// A chat says in a message where it went, or where it comes from.
    fn emit_migration(
        &mut self,
        chat: i64,
        field: &str,
        other: i64,
    ) -> Result<Vec<MadeUpdate>, ControlError> {
        let (owner, shape) = (self.chat(chat)?.owner, shapes::chat(self.chat(chat)?));
        let message = serde_json::json!({
            "message_id": self.next_number(), "from": self.anybody(owner), "chat": shape,
            "date": self.clock.now_s(), field: other,
        });
        let bots = self.watching_bots(chat).into_iter();
        let tell = |bot| self.emit(bot, Kind::Message, format!("chat:{chat}"), message.clone());
        Ok(bots.filter_map(tell).collect())
    }
}
