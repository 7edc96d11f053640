//! Sending text, and what all sends have in common.

use serde_json::{Value, json};

use super::call::Call;
use super::check::{check_caption_length, check_text_length};
use crate::error::{ApiError, ApiResult};
use crate::formatting::{self, Formatted};
use crate::state::{Button, Media, SentMessage};

const ACTIONS: [&str; 11] = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

pub fn send_message(call: &mut Call<'_>) -> ApiResult {
    let chat = call.writable_chat()?;
    let formatted = formatted(call, "text", "entities")?;
    check_text_length(&formatted.text)?;
    send(call, chat, formatted, None)
}

pub fn send_chat_action(call: &mut Call<'_>) -> ApiResult {
    call.writable_chat()?;
    if !call.parameters.text("action").is_some_and(|action| ACTIONS.contains(&action)) {
        return Err(ApiError::bad_request("wrong parameter action in request"));
    }
    Ok(json!(true))
}

/// The caption of a media message.
pub fn caption(call: &Call<'_>) -> Result<Formatted, ApiError> {
    let formatted = formatted(call, "caption", "caption_entities")?;
    check_caption_length(&formatted.text)?;
    Ok(formatted)
}

/// The text under a name, formatted by `parse_mode` or by entities given apart.
pub fn formatted(call: &Call<'_>, text: &str, entities: &str) -> Result<Formatted, ApiError> {
    let mode = call.parameters.text("parse_mode").filter(|mode| !mode.is_empty());
    let is_known = |mode: &str| {
        ["html", "markdown", "markdownv2", "none"].iter().any(|known| known.eq_ignore_ascii_case(mode))
    };
    if mode.is_some_and(|mode| !is_known(mode)) {
        return Err(ApiError::bad_request("unsupported parse_mode"));
    }
    let text = call.parameters.text(text).unwrap_or_default();
    let mut formatted = formatting::parse(text, mode)
        .map_err(|problem| ApiError::bad_request(format!("can't parse entities: {problem}")))?;
    if mode.is_none()
        && let Some(given) = call.parameters.value(entities)
    {
        formatted.entities = serde_json::from_value(given.clone())
            .map_err(|problem| ApiError::bad_request(format!("can't parse MessageEntity: {problem}")))?;
    }
    Ok(formatted)
}

/// The rows of the inline keyboard; other keyboards show nothing here.
pub fn buttons(call: &Call<'_>) -> Vec<Vec<Button>> {
    let rows = call.parameters.value("reply_markup").and_then(|markup| markup.get("inline_keyboard"));
    let rows: Vec<Vec<Button>> =
        serde_json::from_value(rows.cloned().unwrap_or(Value::Null)).unwrap_or_default();
    rows.into_iter().filter(|row| !row.is_empty()).collect()
}

/// Counts the message against the limits, and puts it in front of people.
pub fn send(call: &mut Call<'_>, chat: i64, formatted: Formatted, media: Option<Media>) -> ApiResult {
    if !call.world.faults.limits_off {
        let is_paid = call.parameters.is_true("allow_paid_broadcast");
        let admitted = call.world.limits.admit(call.bot, chat, is_paid, call.now_ms);
        let cost_tenths = admitted.map_err(ApiError::too_many_requests)?;
        call.world.stars.take(call.bot, cost_tenths)?;
    }
    let message = call.world.keep_message(SentMessage {
        message_id: 0,
        bot: call.bot,
        chat,
        is_from_person: false,
        date: 0,
        text: formatted.text,
        entities: formatted.entities,
        parse_mode: call.parameters.text("parse_mode").map(str::to_owned),
        media,
        buttons: buttons(call),
        edit_date: None,
    });
    Ok(call.world.message(&message))
}
