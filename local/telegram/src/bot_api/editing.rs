//! Changing and deleting messages, and answering pressed buttons.

use serde_json::json;

use super::call::Call;
use super::check::check_text_length;
use super::messages::{buttons, formatted};
use crate::error::{ApiError, ApiResult};
use crate::state::{CallbackAnswer, SentMessage};

const MAX_ANSWER_CHARACTERS: usize = 200;
const ANSWER_WITHIN_S: i64 = 15 * 60;

pub fn edit_message_text(call: &mut Call<'_>) -> ApiResult {
    let mut message = own_message(call)?;
    if message.media.is_some() {
        return Err(ApiError::bad_request("there is no text in the message to edit"));
    }
    let formatted = formatted(call, "text", "entities")?;
    check_text_length(&formatted.text)?;
    (message.text, message.entities) = (formatted.text, formatted.entities);
    message.parse_mode = call.parameters.text("parse_mode").map(str::to_owned);
    message.buttons = buttons(call);
    replace(call, message)
}

pub fn edit_message_reply_markup(call: &mut Call<'_>) -> ApiResult {
    let mut message = own_message(call)?;
    message.buttons = buttons(call);
    replace(call, message)
}

pub fn delete_message(call: &mut Call<'_>) -> ApiResult {
    let (chat, id) = (call.chat_id(), call.parameters.integer("message_id").unwrap_or_default());
    let found = call.world.state.messages.get(&id);
    let is_there = found.is_some_and(|message| Some(message.chat) == chat && message.bot == call.bot);
    if !is_there {
        return Err(ApiError::bad_request("message to delete not found"));
    }
    call.world.state.messages.remove(&id);
    Ok(json!(true))
}

pub fn answer_callback_query(call: &mut Call<'_>) -> ApiResult {
    let text = call.parameters.text("text").filter(|text| !text.is_empty()).map(str::to_owned);
    if text.as_ref().is_some_and(|text| text.chars().count() > MAX_ANSWER_CHARACTERS) {
        return Err(ApiError::bad_request("MESSAGE_TOO_LONG"));
    }
    let is_alert = call.parameters.is_true("show_alert");
    let (bot, id) = (call.bot, call.parameters.text("callback_query_id").unwrap_or_default());
    let oldest = call.now_ms / 1000 - ANSWER_WITHIN_S;
    let found = call.world.state.callbacks.get_mut(id);
    let callback =
        found.filter(|callback| callback.bot == bot && callback.date >= oldest).ok_or_else(|| {
            ApiError::bad_request("query is too old and response timeout expired or query ID is invalid")
        })?;
    callback.answer = Some(CallbackAnswer { text, is_alert });
    Ok(json!(true))
}

/// The bot's own message that the call names.
fn own_message(call: &Call<'_>) -> Result<SentMessage, ApiError> {
    if call.parameters.text("inline_message_id").is_some() {
        return Err(ApiError::new(501, "Not Implemented: the simulator has no inline messages"));
    }
    let id = call.parameters.integer("message_id");
    let id = id.ok_or_else(|| ApiError::bad_request("message identifier is not specified"))?;
    let chat = call.chat_id().ok_or_else(ApiError::chat_not_found)?;
    let found = call.world.state.messages.get(&id).filter(|message| message.chat == chat);
    let message = found.filter(|message| message.bot == call.bot);
    let message = message.ok_or_else(|| ApiError::bad_request("message to edit not found"))?;
    if message.is_from_person {
        return Err(ApiError::bad_request("message can't be edited"));
    }
    Ok(message.clone())
}

fn replace(call: &mut Call<'_>, mut message: SentMessage) -> ApiResult {
    let old = call.world.state.messages.get(&message.message_id);
    let is_same = old.is_some_and(|old| {
        old.text == message.text && old.entities == message.entities && old.buttons == message.buttons
    });
    if is_same {
        return Err(ApiError::bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same as a \
             current content and reply markup of the message",
        ));
    }
    message.edit_date = Some(call.now_ms / 1000);
    let shape = call.world.message(&message);
    call.world.state.messages.insert(message.message_id, message);
    Ok(shape)
}
