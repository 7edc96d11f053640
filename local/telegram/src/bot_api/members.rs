//! Chats and their members.

use serde_json::{Value, json};

use super::call::Call;
use crate::error::{ApiError, ApiResult};
use crate::membership::Measure;
use crate::shapes;
use crate::state::{ChatKind, Standing};

pub fn get_chat(call: &mut Call<'_>) -> ApiResult {
    let id = call.chat_id().ok_or_else(ApiError::chat_not_found)?;
    let mut shape = if id > 0 {
        let user = call.world.state.users.get(&id).ok_or_else(ApiError::chat_not_found)?;
        let own = call.world.state.bots.get(&call.bot).and_then(|bot| bot.people.get(&id));
        if !own.is_some_and(|relation| relation.is_started) {
            return Err(ApiError::chat_not_found());
        }
        shapes::private_chat(user)
    } else {
        let chat = call.group()?;
        let mut shape = shapes::chat(chat);
        shapes::put(&mut shape, "join_by_request", chat.join_by_request.then_some(true));
        let primary = chat
            .invite_links
            .iter()
            .rev()
            .find(|link| link.is_primary && !link.is_revoked && link.creator == call.bot);
        shapes::put(&mut shape, "invite_link", primary.map(|link| link.link.as_str()));
        shape
    };
    shapes::put(&mut shape, "accent_color_id", Some(0));
    shapes::put(&mut shape, "max_reaction_count", Some(11));
    let gifts = json!({
        "unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false,
        "gifts_from_channels": false,
    });
    shapes::put(&mut shape, "accepted_gift_types", Some(gifts));
    Ok(shape)
}

pub fn get_chat_member(call: &mut Call<'_>) -> ApiResult {
    let chat = call.group()?;
    let is_administrator = matches!(chat.standing(call.bot), Standing::Administrator(_));
    if chat.kind == ChatKind::Channel && !is_administrator {
        return Err(ApiError::bad_request("member list is inaccessible"));
    }
    let user = call.user_id()?;
    Ok(shapes::member(chat.standing(user), &call.world.anybody(user)))
}

pub fn get_chat_member_count(call: &mut Call<'_>) -> ApiResult {
    Ok(json!(call.group()?.member_count()))
}

/// Without other bots, unless asked for.
pub fn get_chat_administrators(call: &mut Call<'_>) -> ApiResult {
    let with_bots = call.parameters.is_true("return_bots");
    let is_listed = |id: i64| with_bots || id == call.bot || call.world.state.users.contains_key(&id);
    let administrators = call.group()?.members.iter().filter(|(id, standing)| {
        matches!(standing, Standing::Owner | Standing::Administrator(_)) && is_listed(**id)
    });
    let shapes: Vec<Value> =
        administrators.map(|(id, standing)| shapes::member(*standing, &call.world.anybody(*id))).collect();
    Ok(json!(shapes))
}

/// The chat and person to be banned or not, and the person's standing.
fn subject(call: &Call<'_>) -> Result<(i64, i64, Standing), ApiError> {
    let chat =
        call.group_with_right(|rights| rights.can_restrict_members, "restrict/unrestrict chat member")?;
    let user = call.user_id()?;
    let standing = call.group()?.standing(user);
    match standing {
        Standing::Owner => Err(ApiError::bad_request("can't remove chat owner")),
        Standing::Administrator(_) => Err(ApiError::bad_request("user is an administrator of the chat")),
        Standing::Member | Standing::Restricted { .. } | Standing::Left | Standing::Banned => {
            Ok((chat, user, standing))
        }
    }
}

pub fn ban_chat_member(call: &mut Call<'_>) -> ApiResult {
    let (chat, user, standing) = subject(call)?;
    if standing != Standing::Banned {
        take(call, Measure::Ban, user, chat)?;
    }
    Ok(json!(true))
}

/// A member who is not banned is removed, unless `only_if_banned`.
pub fn unban_chat_member(call: &mut Call<'_>) -> ApiResult {
    let (chat, user, standing) = subject(call)?;
    if standing == Standing::Banned {
        take(call, Measure::Unban, user, chat)?;
    } else if standing.is_present() && !call.parameters.is_true("only_if_banned") {
        take(call, Measure::Kick, user, chat)?;
    }
    Ok(json!(true))
}

fn take(call: &mut Call<'_>, measure: Measure, user: i64, chat: i64) -> Result<(), ApiError> {
    let made = call.world.take(measure, user, chat, call.bot);
    made.map(|_| ()).map_err(|_| ApiError::bad_request("user not found"))
}

pub fn leave_chat(call: &mut Call<'_>) -> ApiResult {
    let chat = call.group()?.id;
    let left = call.world.transition(chat, call.bot, call.bot, Standing::Left);
    left.map(|_| json!(true)).map_err(|_| ApiError::chat_not_found())
}
