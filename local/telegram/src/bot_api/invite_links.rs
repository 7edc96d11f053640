//! Invite links of a chat.

use serde_json::json;

use super::call::Call;
use crate::error::{ApiError, ApiResult};
use crate::state::InviteLink;

const MAX_NAME_CHARACTERS: usize = 32;
const MAX_MEMBERS: i64 = 99_999;

fn chat_with_right(call: &Call<'_>) -> Result<i64, ApiError> {
    call.group_with_right(|rights| rights.can_invite_users, "manage chat invite link")
}

pub fn create_chat_invite_link(call: &mut Call<'_>) -> ApiResult {
    let chat = chat_with_right(call)?;
    let wanted = wanted(call)?;
    let link = InviteLink {
        member_limit: wanted.member_limit,
        expire_date: wanted.expire_date,
        ..call.world.new_link(call.bot, wanted.name, wanted.asks)
    };
    add(call, chat, link.clone());
    Ok(call.world.invite_link(&link))
}

/// Changes a link of the bot's own that is no primary one; a revoked link is gone.
pub fn edit_chat_invite_link(call: &mut Call<'_>) -> ApiResult {
    let chat = chat_with_right(call)?;
    let wanted = wanted(call)?;
    let (bot, text) = (call.bot, call.parameters.text("invite_link").unwrap_or_default());
    let links = call.world.state.chats.get_mut(&chat).map(|chat| chat.invite_links.iter_mut());
    let is_own = |link: &&mut InviteLink| link.link == text && link.creator == bot && !link.is_primary;
    let link = links.into_iter().flatten().find(is_own).filter(|link| !link.is_revoked);
    let link = link.ok_or_else(|| ApiError::bad_request("INVITE_HASH_EXPIRED"))?;
    (link.name, link.creates_join_request) = (wanted.name, wanted.asks);
    (link.member_limit, link.expire_date) = (wanted.member_limit, wanted.expire_date);
    let link = link.clone();
    Ok(call.world.invite_link(&link))
}

/// What a link is to be.
struct Wanted {
    name: Option<String>,
    member_limit: Option<i64>,
    expire_date: Option<i64>,
    asks: bool,
}

fn wanted(call: &Call<'_>) -> Result<Wanted, ApiError> {
    let parameters = call.parameters;
    let name = parameters.text("name").filter(|name| !name.is_empty()).map(str::to_owned);
    if name.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME_CHARACTERS) {
        return Err(ApiError::bad_request("invite link name is too long"));
    }
    let (member_limit, asks) =
        (parameters.integer("member_limit"), parameters.is_true("creates_join_request"));
    if member_limit.is_some_and(|limit| !(1..=MAX_MEMBERS).contains(&limit)) {
        return Err(ApiError::bad_request("member_limit must be between 1 and 99999"));
    }
    if member_limit.is_some() && asks {
        return Err(ApiError::bad_request(
            "member limit can't be specified for links requiring administrator approval",
        ));
    }
    Ok(Wanted { name, member_limit, expire_date: parameters.integer("expire_date"), asks })
}

pub fn revoke_chat_invite_link(call: &mut Call<'_>) -> ApiResult {
    let chat = chat_with_right(call)?;
    let text = call.parameters.text("invite_link").unwrap_or_default();
    let links = call.world.state.chats.get_mut(&chat).map(|chat| chat.invite_links.iter_mut());
    let link = links.into_iter().flatten().find(|link| link.link == text);
    let link = link.ok_or_else(|| ApiError::bad_request("INVITE_HASH_EXPIRED"))?;
    link.is_revoked = true;
    let link = link.clone();
    Ok(call.world.invite_link(&link))
}

/// A new primary link of the bot; its former one is revoked.
pub fn export_chat_invite_link(call: &mut Call<'_>) -> ApiResult {
    let chat = chat_with_right(call)?;
    let bot = call.bot;
    let link = InviteLink { is_primary: true, ..call.world.new_link(bot, None, false) };
    let links = call.world.state.chats.get_mut(&chat).map(|chat| chat.invite_links.iter_mut());
    for former in links.into_iter().flatten().filter(|link| link.is_primary && link.creator == bot) {
        former.is_revoked = true;
    }
    add(call, chat, link.clone());
    Ok(json!(link.link))
}

fn add(call: &mut Call<'_>, chat: i64, link: InviteLink) {
    if let Some(chat) = call.world.state.chats.get_mut(&chat) {
        chat.invite_links.push(link);
    }
}
