//! Answers to join requests.

use serde_json::json;

use super::call::Call;
use crate::error::{ApiError, ApiResult};

pub fn approve_chat_join_request(call: &mut Call<'_>) -> ApiResult {
    let (chat, user) = requested(call)?;
    let made = call.world.approve(user, chat, call.bot);
    made.map(|_| json!(true)).map_err(|_| nobody_asked())
}

pub fn decline_chat_join_request(call: &mut Call<'_>) -> ApiResult {
    let (chat, user) = requested(call)?;
    call.world.decline(user, chat).map(|()| json!(true)).map_err(|_| nobody_asked())
}

fn requested(call: &Call<'_>) -> Result<(i64, i64), ApiError> {
    let chat = call.group_with_right(|rights| rights.can_invite_users, "manage chat join requests")?;
    let user = call.user_id()?;
    let is_present = call.world.state.chats.get(&chat).is_some_and(|chat| chat.standing(user).is_present());
    if is_present {
        return Err(ApiError::bad_request("USER_ALREADY_PARTICIPANT"));
    }
    Ok((chat, user))
}

fn nobody_asked() -> ApiError {
    ApiError::bad_request("HIDE_REQUESTER_MISSING")
}
