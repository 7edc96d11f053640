//! The Bot API: `GET|POST /simulator/api/bot<token>/<method>`.

mod call;
mod check;
mod editing;
mod invite_links;
mod join_requests;
mod media;
mod members;
mod messages;
mod parameters;
mod polling;
mod settings;
mod webhook;

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::any;
use serde_json::{Map, Value, json};

use crate::error::{ApiError, ApiResult};
use crate::requests::RecordedRequest;
use crate::simulator::Simulator;
use crate::world::World;
use call::Call;
use check::Parameters;
use parameters::{MAX_REQUEST_BYTES, Raw};

pub fn router(simulator: &Simulator) -> Router {
    Router::new()
        .route("/{bot}/{method}", any(answer))
        .fallback(|| async { shown(&Err(not_found())) })
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(simulator.clone())
}

async fn answer(
    State(simulator): State<Simulator>,
    Path((bot, method)): Path<(String, String)>,
    request: Request,
) -> Response {
    let bot = match authenticated(&simulator, &bot) {
        Ok(bot) => bot,
        Err(error) => return shown(&Err(error)),
    };
    let mut record = RecordedRequest {
        at_ms: simulator.read(|world| world.clock.now_ms()),
        bot,
        method,
        parameters: Map::new(),
        unknown_parameters: Vec::new(),
        code: 200,
        description: None,
    };
    let result = handle(&simulator, request, &mut record).await;
    if let Err(error) = &result {
        record.code = error.code;
        record.description = Some(error.description.clone());
    }
    let unanswered_ms = simulator.change(|world| {
        let World { faults, dice, .. } = world;
        let is_unanswered = result.is_ok() && faults.times_out(&record.method, dice);
        let pause_ms = is_unanswered.then_some(faults.time_out_after_ms);
        record.code = if is_unanswered { 0 } else { record.code };
        world.record(record);
        pause_ms
    });
    let Some(pause_ms) = unanswered_ms else { return shown(&result) };
    let mut stopping = simulator.stopping();
    tokio::select! {
        _ = stopping.wait_for(|stop| *stop) => {}
        () = tokio::time::sleep(Duration::from_millis(pause_ms)) => {}
    }
    shown(&Err(ApiError { is_html: true, ..ApiError::new(504, "Gateway Timeout") }))
}

/// The bot whose token it is. A malformed token is 404, an unknown or revoked one 401.
fn authenticated(simulator: &Simulator, segment: &str) -> Result<i64, ApiError> {
    let token = segment.strip_prefix("bot").ok_or_else(not_found)?;
    let is_well_formed = token.split_once(':').is_some_and(|(id, secret)| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        id.parse::<i64>().is_ok() && secret.len() >= 30 && secret.bytes().all(is_allowed)
    });
    if !is_well_formed {
        return Err(not_found());
    }
    let found = simulator.read(|world| world.bot_by_token(token).map(|bot| bot.bot.id));
    found.ok_or_else(|| ApiError::new(401, "Unauthorized"))
}

fn not_found() -> ApiError {
    ApiError::new(404, "Not Found")
}

async fn handle(simulator: &Simulator, request: Request, record: &mut RecordedRequest) -> ApiResult {
    let found = simulator.specification().method(&record.method);
    let method = found.ok_or_else(|| ApiError::new(404, "Not Found: method not found"))?;
    record.method.clone_from(&method.name);
    let raw = Raw::read(request).await?;
    record.parameters = raw.recorded();
    record.unknown_parameters = check::unknown(method, &raw);
    if !record.unknown_parameters.is_empty() {
        tracing::warn!(method = record.method, names = ?record.unknown_parameters, "parameters that Telegram ignores");
    }
    let parameters = check::check(simulator.specification(), method, raw)?;
    if method.name == "getUpdates" {
        return polling::get_updates(simulator, record.bot, &parameters).await;
    }
    simulator.change(|world| perform(world, record.bot, &method.name, &parameters))
}

/// Floods and faults come before the method itself.
fn perform(world: &mut World, bot: i64, method: &str, parameters: &Parameters) -> ApiResult {
    let now_ms = world.clock.now_ms();
    let names_a_chat = parameters.value("chat_id").is_some();
    if names_a_chat
        && !world.faults.limits_off
        && let Some(seconds) = world.limits.refused_for_s(bot, now_ms)
    {
        return Err(ApiError::too_many_requests(seconds));
    }
    let mut call = Call { world, bot, parameters, now_ms };
    let chat = call.chat_id();
    let World { faults, dice, limits, .. } = &mut *call.world;
    if let Some(error) = faults.refusal(method, chat, dice) {
        let retry_after = error.parameters.as_ref().and_then(|own| own["retry_after"].as_i64());
        if let Some(seconds) = retry_after {
            limits.refuse_for(bot, seconds, now_ms);
        }
        return Err(error);
    }
    carry_out(method, &mut call)
}

fn carry_out(method: &str, call: &mut Call<'_>) -> ApiResult {
    match method {
        "getMe" => settings::get_me(call),
        "setMyCommands" => settings::set_my_commands(call),
        "setWebhook" => webhook::set_webhook(call),
        "deleteWebhook" => webhook::delete_webhook(call),
        "getWebhookInfo" => webhook::get_webhook_info(call),
        "sendMessage" => messages::send_message(call),
        "sendChatAction" => messages::send_chat_action(call),
        "sendPhoto" => media::send_photo(call),
        "sendVideo" => media::send_video(call),
        "sendAnimation" => media::send_animation(call),
        "editMessageText" => editing::edit_message_text(call),
        "editMessageReplyMarkup" => editing::edit_message_reply_markup(call),
        "deleteMessage" => editing::delete_message(call),
        "answerCallbackQuery" => editing::answer_callback_query(call),
        "createChatInviteLink" => invite_links::create_chat_invite_link(call),
        "editChatInviteLink" => invite_links::edit_chat_invite_link(call),
        "revokeChatInviteLink" => invite_links::revoke_chat_invite_link(call),
        "exportChatInviteLink" => invite_links::export_chat_invite_link(call),
        "approveChatJoinRequest" => join_requests::approve_chat_join_request(call),
        "declineChatJoinRequest" => join_requests::decline_chat_join_request(call),
        "getChat" => members::get_chat(call),
        "getChatMember" => members::get_chat_member(call),
        "getChatMemberCount" => members::get_chat_member_count(call),
        "getChatAdministrators" => members::get_chat_administrators(call),
        "banChatMember" => members::ban_chat_member(call),
        "unbanChatMember" => members::unban_chat_member(call),
        "leaveChat" => members::leave_chat(call),
        other => Err(ApiError::new(501, format!("Not Implemented: the simulator does not know {other}"))),
    }
}

/// An answer in Telegram's shape, with the HTTP status equal to `error_code`.
fn shown(result: &ApiResult) -> Response {
    let error = match result {
        Ok(result) => return axum::Json(json!({ "ok": true, "result": result })).into_response(),
        Err(error) => error,
    };
    let status = StatusCode::from_u16(error.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if error.is_html {
        let page = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
        return (status, Html(page)).into_response();
    }
    let mut body = json!({ "ok": false, "error_code": error.code, "description": error.description });
    crate::shapes::put(&mut body, "parameters", error.parameters.clone().filter(Value::is_object));
    (status, axum::Json(body)).into_response()
}
