//! The objects of the Bot API, as Telegram writes them.

use serde::Serialize;
use serde_json::{Value, json};

use crate::state::{Bot, Chat, InviteLink, Media, MediaKind, Rights, SentMessage, Standing, User};
use crate::world::World;

pub fn user(user: &User) -> Value {
    let mut shape = json!({ "id": user.id, "is_bot": false, "first_name": user.first_name });
    put(&mut shape, "last_name", user.last_name.as_ref());
    put(&mut shape, "username", user.username.as_ref());
    put(&mut shape, "language_code", user.language_code.as_ref());
    put(&mut shape, "is_premium", user.is_premium.then_some(true));
    shape
}

pub fn bot(bot: &Bot) -> Value {
    json!({ "id": bot.id, "is_bot": true, "first_name": bot.name, "username": bot.username })
}

/// The chat a person has with a bot.
pub fn private_chat(user: &User) -> Value {
    let mut shape = json!({ "id": user.id, "first_name": user.first_name, "type": "private" });
    put(&mut shape, "last_name", user.last_name.as_ref());
    put(&mut shape, "username", user.username.as_ref());
    shape
}

pub fn chat(chat: &Chat) -> Value {
    let mut shape = json!({ "id": chat.id, "title": chat.title, "type": chat.kind.as_str() });
    put(&mut shape, "username", chat.username.as_ref());
    shape
}

/// A `ChatMember` of the kind its status says, with all that kind's required fields.
pub fn member(standing: Standing, user: &Value) -> Value {
    let mut shape = json!({ "status": standing.as_str(), "user": user });
    match standing {
        Standing::Owner => put(&mut shape, "is_anonymous", Some(false)),
        Standing::Administrator(rights) => put_rights(&mut shape, rights),
        Standing::Restricted { is_member } => {
            put(&mut shape, "is_member", Some(is_member));
            for right in RESTRICTED {
                put(&mut shape, right, Some(false));
            }
            put(&mut shape, "until_date", Some(0));
        }
        Standing::Banned => put(&mut shape, "until_date", Some(0)),
        Standing::Member | Standing::Left => {}
    }
    shape
}

const RESTRICTED: [&str; 16] = [
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
];

const OTHER_RIGHTS: [(&str, bool); 12] = [
    ("can_be_edited", false),
    ("is_anonymous", false),
    ("can_manage_chat", true),
    ("can_delete_messages", true),
    ("can_manage_video_chats", true),
    ("can_promote_members", false),
    ("can_change_info", true),
    ("can_post_stories", true),
    ("can_edit_stories", true),
    ("can_delete_stories", true),
    ("can_edit_messages", true),
    ("can_pin_messages", true),
];

fn put_rights(shape: &mut Value, rights: Rights) {
    for (name, value) in OTHER_RIGHTS {
        put(shape, name, Some(value));
    }
    put(shape, "can_invite_users", Some(rights.can_invite_users));
    put(shape, "can_restrict_members", Some(rights.can_restrict_members));
    put(shape, "can_post_messages", Some(rights.can_post_messages));
}

fn media(shape: &mut Value, media: &Media) {
    if media.kind == MediaKind::Photo {
        // A small size has an id of its own; sent again, it would show the small picture.
        let small = json!({
            "file_id": format!("small-{}", media.file_id), "file_unique_id": format!("s{}", unique_id(media)),
            "width": 90, "height": 51,
        });
        put(shape, "photo", Some(json!([small, file(media)])));
        return;
    }
    let mut moving = file(media);
    put(&mut moving, "duration", Some(10));
    put(&mut moving, "file_name", media.file_name.as_ref());
    if media.kind == MediaKind::Animation {
        put(shape, "document", Some(json!({ "file_id": media.file_id, "file_unique_id": unique_id(media) })));
    }
    put(shape, media.kind.as_str(), Some(moving));
}

fn file(media: &Media) -> Value {
    let mut file = json!({
        "file_id": media.file_id, "file_unique_id": unique_id(media), "width": 1280, "height": 720,
    });
    put(&mut file, "file_size", Some(media.size_bytes).filter(|size| *size > 0));
    file
}

fn unique_id(media: &Media) -> String {
    media.file_id.chars().rev().take(15).collect()
}

/// Adds a field, if it has a value.
pub fn put(shape: &mut Value, name: &str, value: Option<impl Serialize>) {
    if let (Some(object), Some(value)) = (shape.as_object_mut(), value) {
        object.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
    }
}

impl World {
    /// A person or a bot, by id.
    pub fn anybody(&self, id: i64) -> Value {
        if let Some(person) = self.state.users.get(&id) {
            return user(person);
        }
        match self.state.bots.get(&id) {
            Some(state) => bot(&state.bot),
            None => json!({ "id": id, "is_bot": false, "first_name": "Deleted Account" }),
        }
    }

    /// A chat of any kind, by id.
    pub fn any_chat(&self, id: i64) -> Value {
        match (self.state.chats.get(&id), self.state.users.get(&id)) {
            (Some(group), _) => chat(group),
            (None, Some(person)) => private_chat(person),
            (None, None) => json!({ "id": id, "type": "private" }),
        }
    }

    pub fn invite_link(&self, link: &InviteLink) -> Value {
        let mut shape = json!({
            "invite_link": link.link,
            "creator": self.anybody(link.creator),
            "creates_join_request": link.creates_join_request,
            "is_primary": link.is_primary,
            "is_revoked": link.is_revoked,
        });
        put(&mut shape, "name", link.name.as_ref());
        put(&mut shape, "expire_date", link.expire_date);
        put(&mut shape, "member_limit", link.member_limit);
        shape
    }

    pub fn message(&self, message: &SentMessage) -> Value {
        let mut shape = json!({
            "message_id": message.message_id,
            "date": message.date,
            "chat": self.any_chat(message.chat),
        });
        let is_channel = shape["chat"]["type"] == "channel";
        let author = if message.is_from_person { message.chat } else { message.bot };
        if is_channel {
            let sender_chat = shape["chat"].clone();
            put(&mut shape, "sender_chat", Some(sender_chat));
        } else {
            put(&mut shape, "from", Some(self.anybody(author)));
        }
        let (text, entities) =
            if message.media.is_some() { ("caption", "caption_entities") } else { ("text", "entities") };
        put(&mut shape, text, Some(message.text.as_str()).filter(|text| !text.is_empty()));
        if !message.entities.is_empty() {
            put(&mut shape, entities, Some(&message.entities));
        }
        if let Some(file) = &message.media {
            media(&mut shape, file);
        }
        if !message.buttons.is_empty() {
            put(&mut shape, "reply_markup", Some(json!({ "inline_keyboard": message.buttons })));
        }
        put(&mut shape, "edit_date", message.edit_date);
        shape
    }
}
