//! What there is, what happened, and how the simulator behaves.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::{Answer, done, shown};
use super::fields::Fields;
use crate::error::ControlError;
use crate::faults::Faults;
use crate::receiver::ReceiverAnswer;
use crate::simulator::Simulator;
use crate::state::{BotState, Chat, User};
use crate::world::World;

/// How much of long lists to show: the newest.
#[derive(Debug, Deserialize)]
pub struct Most {
    limit: Option<usize>,
}

impl Most {
    fn count(&self) -> usize {
        self.limit.unwrap_or(usize::MAX)
    }
}

pub async fn show(State(simulator): State<Simulator>, Query(most): Query<Most>) -> Answer {
    let mut state = simulator.read(|world| state(world, most.count()));
    let (postback_count, _) = simulator.latest_postbacks(0);
    state["public_url"] = json!(simulator.options().public_url);
    state["postback_count"] = json!(postback_count);
    state["receiver"] = json!(simulator.receiver_answer());
    Ok(Json(state))
}

fn state(world: &World, most: usize) -> Value {
    let bots: Vec<Value> = world.state.bots.values().map(bot).collect();
    let chats: Vec<Value> = world.state.chats.values().map(|chat| chat_with_members(chat, most)).collect();
    let newest = world.state.users.values().rev().take(most);
    let mut users: Vec<Value> = newest.map(|person| user(world, person)).collect();
    users.reverse();
    json!({
        "bots": bots,
        "chats": chats,
        "users": users,
        "user_count": world.state.users.len(),
        "pending_updates": world.state.bots.values().map(|bot| bot.queues.len()).sum::<usize>(),
        "withheld_updates": world.state.withheld_updates,
        "faults": world.faults,
    })
}

fn bot(state: &BotState) -> Value {
    let webhook = state.webhook.as_ref().map(|webhook| {
        json!({
            "url": webhook.url,
            "max_connections": webhook.max_connections,
            "last_error_date": webhook.last_error_date,
            "last_error_message": webhook.last_error_message,
        })
    });
    json!({
        "id": state.bot.id,
        "token": state.bot.token,
        "username": state.bot.username,
        "name": state.bot.name,
        "pending_updates": state.queues.len(),
        "allowed_updates": state.allowed_updates,
        "webhook": webhook,
    })
}

fn chat_with_members(chat: &Chat, most: usize) -> Value {
    let mut view = chat.view();
    let surplus = view.members.len().saturating_sub(most);
    view.members.drain(..surplus);
    json!(view)
}

fn user(world: &World, user: &User) -> Value {
    let bots = world.state.bots.values();
    let relations = bots.filter_map(|bot| bot.people.get(&user.id).map(|relation| (bot.bot.id, relation)));
    let relations: Vec<Value> = relations
        .map(|(bot, own)| json!({ "bot": bot, "is_started": own.is_started, "is_blocked": own.is_blocked }))
        .collect();
    let mut shape = json!(user);
    shape["bots"] = json!(relations);
    shape
}

pub async fn truth(State(simulator): State<Simulator>) -> Answer {
    shown(&simulator.truth())
}

pub async fn faults(State(simulator): State<Simulator>) -> Answer {
    shown(&simulator.faults())
}

pub async fn set_faults(State(simulator): State<Simulator>, fields: Fields) -> Answer {
    let faults: Faults = serde_json::from_value(fields.into_value())
        .map_err(|error| ControlError::invalid("faults", error.to_string()))?;
    let shares = [
        ("time_out_share", faults.time_out_share),
        ("duplicate_share", faults.duplicate_share),
        ("withhold_chat_member_share", faults.withhold_chat_member_share),
        ("withhold_join_share", faults.withhold_join_share),
        ("withhold_leave_share", faults.withhold_leave_share),
        ("withhold_my_chat_member_share", faults.withhold_my_chat_member_share),
    ];
    let refusal_shares = faults.refuse.iter().map(|refusal| ("refuse", refusal.share));
    for (name, share) in shares.into_iter().chain(refusal_shares) {
        if !(0.0..=1.0).contains(&share) {
            return Err(ControlError::invalid(name, "a share is between 0 and 1"));
        }
    }
    if faults.refuse.iter().any(|refusal| !(400..=599).contains(&refusal.code)) {
        return Err(ControlError::invalid("refuse", "a code is between 400 and 599"));
    }
    simulator.set_faults(faults);
    shown(&simulator.faults())
}

pub async fn requests(State(simulator): State<Simulator>, Query(most): Query<Most>) -> Answer {
    let mut requests = simulator.requests();
    let surplus = requests.len().saturating_sub(most.count());
    requests.drain(..surplus);
    shown(&requests)
}

pub async fn clear_requests(State(simulator): State<Simulator>) -> Answer {
    simulator.clear_requests();
    done()
}

/// Oldest first; with `limit` the last so many.
pub async fn postbacks(State(simulator): State<Simulator>, Query(most): Query<Most>) -> Answer {
    let (_, mut postbacks) = simulator.latest_postbacks(most.count());
    postbacks.reverse();
    shown(&postbacks)
}

pub async fn clear_postbacks(State(simulator): State<Simulator>) -> Answer {
    simulator.clear_postbacks();
    done()
}

pub async fn receiver(State(simulator): State<Simulator>) -> Answer {
    shown(&simulator.receiver_answer())
}

pub async fn set_receiver(State(simulator): State<Simulator>, fields: Fields) -> Answer {
    let answer: ReceiverAnswer = serde_json::from_value(fields.into_value())
        .map_err(|error| ControlError::invalid("receiver", error.to_string()))?;
    if !(200..=599).contains(&answer.status) {
        return Err(ControlError::invalid("status", "between 200 and 599"));
    }
    simulator.set_receiver(answer);
    shown(&answer)
}

/// An uploaded picture or film, as long as it is kept.
pub async fn file(State(simulator): State<Simulator>, Path(file_id): Path<String>) -> Response {
    let Some((content_type, bytes)) = simulator.read(|world| world.uploads.get(&file_id).cloned()) else {
        return ControlError::unknown("file", file_id).into_response();
    };
    let is_shown = matches!(
        content_type.as_str(),
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "video/mp4" | "video/webm"
    );
    let content_type = if is_shown { content_type } else { "application/octet-stream".to_owned() };
    ([(CONTENT_TYPE, content_type), (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned())], bytes).into_response()
}
