//! One call: who asks, for what, and whether they may.

use crate::error::ApiError;
use crate::state::{BotState, Chat, ChatKind, Rights, Standing};
use crate::world::World;

use super::check::Parameters;

pub struct Call<'a> {
    pub world: &'a mut World,
    pub bot: i64,
    pub parameters: &'a Parameters,
    pub now_ms: i64,
}

impl Call<'_> {
    /// The chat the call names, if it is known or a number.
    pub fn chat_id(&self) -> Option<i64> {
        if let Some(id) = self.parameters.integer("chat_id") {
            return Some(id);
        }
        let name = self.parameters.text("chat_id")?.strip_prefix('@')?;
        self.world.chat_by_username(name).map(|chat| chat.id)
    }

    pub fn own(&mut self) -> Result<&mut BotState, ApiError> {
        self.world.state.bots.get_mut(&self.bot).ok_or_else(|| ApiError::new(401, "Unauthorized"))
    }

    /// The chat to write to, if the bot may write there.
    pub fn writable_chat(&self) -> Result<i64, ApiError> {
        let id = self.chat_id().ok_or_else(ApiError::chat_not_found)?;
        if id > 0 {
            self.check_person(id)?;
        } else {
            let chat = self.group_by_id(id)?;
            let rights = self.rights_in(chat);
            match (chat.kind, rights) {
                (ChatKind::Channel, Some(rights)) if !rights.can_post_messages => {
                    return Err(ApiError::bad_request(
                        "not enough rights to post messages in the channel chat",
                    ));
                }
                (ChatKind::Channel, None) => {
                    return Err(ApiError::bad_request("need administrator rights in the channel chat"));
                }
                _ => {}
            }
        }
        Ok(id)
    }

    /// 403 in Telegram's words, if the person cannot be written to.
    fn check_person(&self, id: i64) -> Result<(), ApiError> {
        if self.world.state.bots.contains_key(&id) {
            return Err(ApiError::forbidden("bots can't send messages to bots"));
        }
        let user = self.world.state.users.get(&id).ok_or_else(ApiError::chat_not_found)?;
        if user.is_deactivated {
            return Err(ApiError::forbidden("user is deactivated"));
        }
        let relations = self.world.state.bots.get(&self.bot).map(|bot| &bot.people);
        let relation = relations.and_then(|people| people.get(&id)).cloned().unwrap_or_default();
        if relation.is_blocked {
            return Err(ApiError::forbidden("bot was blocked by the user"));
        }
        if !relation.is_started && relation.may_write_until_ms <= self.now_ms {
            return Err(ApiError::forbidden("bot can't initiate conversation with a user"));
        }
        Ok(())
    }

    /// The group or channel the call names, if the bot is in it.
    pub fn group(&self) -> Result<&Chat, ApiError> {
        self.group_by_id(self.chat_id().ok_or_else(ApiError::chat_not_found)?)
    }

    fn group_by_id(&self, id: i64) -> Result<&Chat, ApiError> {
        let chat = self.world.state.chats.get(&id).ok_or_else(ApiError::chat_not_found)?;
        if let Some(successor) = chat.migrated_to {
            let error = ApiError::bad_request("group chat was upgraded to a supergroup chat");
            let parameters = serde_json::json!({ "migrate_to_chat_id": successor });
            return Err(ApiError { parameters: Some(parameters), ..error });
        }
        let kind = chat.kind.as_str();
        match chat.standing(self.bot) {
            Standing::Banned => Err(ApiError::forbidden(format!("bot was kicked from the {kind} chat"))),
            Standing::Left | Standing::Restricted { is_member: false } => {
                Err(ApiError::forbidden(format!("bot is not a member of the {kind} chat")))
            }
            Standing::Owner
            | Standing::Administrator(_)
            | Standing::Member
            | Standing::Restricted { is_member: true } => Ok(chat),
        }
    }

    fn rights_in(&self, chat: &Chat) -> Option<Rights> {
        match chat.standing(self.bot) {
            Standing::Administrator(rights) => Some(rights),
            Standing::Owner
            | Standing::Member
            | Standing::Restricted { .. }
            | Standing::Left
            | Standing::Banned => None,
        }
    }

    /// The id of the chat the call names, if the bot has the right there.
    pub fn group_with_right(&self, has: fn(Rights) -> bool, deed: &str) -> Result<i64, ApiError> {
        let chat = self.group()?;
        if self.rights_in(chat).is_some_and(has) {
            return Ok(chat.id);
        }
        Err(ApiError::bad_request(format!("not enough rights to {deed}")))
    }

    /// The known person the call names.
    pub fn user_id(&self) -> Result<i64, ApiError> {
        let id = self.parameters.integer("user_id");
        let is_known =
            |id: &i64| self.world.state.users.contains_key(id) || self.world.state.bots.contains_key(id);
        id.filter(is_known).ok_or_else(|| ApiError::bad_request("user not found"))
    }
}
