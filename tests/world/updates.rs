//! Updates as Telegram spells them, for those that the simulator would not make by itself.

use serde_json::{Value, json};

/// A press of Start.
pub fn start_update(update_id: i64, user: i64, date: i64, payload: &str) -> Value {
    let text = format!("/start {payload}");
    json!({"update_id": update_id, "message": {
        "message_id": update_id, "date": date, "text": text,
        "from": {"id": user, "is_bot": false, "first_name": "Anna"},
        "chat": {"id": user, "type": "private", "first_name": "Anna"},
        "entities": [{"type": "bot_command", "offset": 0, "length": 6}],
    }})
}

/// A change of somebody's membership.
#[derive(Clone, Copy, Debug)]
pub struct MemberChange {
    pub chat: i64,
    pub user: i64,
    /// Who acted.
    pub by: i64,
    pub old: &'static str,
    pub new: &'static str,
}

impl MemberChange {
    /// The person joins.
    pub fn join(user: i64, chat: i64) -> Self {
        Self { chat, user, by: user, old: "left", new: "member" }
    }

    /// The person leaves.
    pub fn leave(user: i64, chat: i64) -> Self {
        Self { chat, user, by: user, old: "member", new: "left" }
    }
}

/// A `chat_member` update.
pub fn member_update(update_id: i64, date: i64, change: MemberChange) -> Value {
    let user = json!({"id": change.user, "is_bot": false, "first_name": "Anna"});
    json!({"update_id": update_id, "chat_member": {
        "chat": {"id": change.chat, "type": "channel", "title": "My Channel"},
        "from": {"id": change.by, "is_bot": false, "first_name": "Anna"}, "date": date,
        "old_chat_member": {"user": user, "status": change.old},
        "new_chat_member": {"user": user, "status": change.new},
    }})
}
