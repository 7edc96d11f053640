//! `/chats`

use axum::extract::{Path, State};

use super::answers::{Answer, made, shown};
use super::fields::Fields;
use crate::bots::check_username;
use crate::chats::NewChat;
use crate::simulator::Simulator;

pub async fn create(State(simulator): State<Simulator>, fields: Fields) -> Answer {
    let username = fields.optional_text("username")?.map(|name| name.trim_start_matches('@').to_owned());
    if let Some(username) = &username {
        check_username(username)?;
        simulator.read(|world| world.check_username_is_free(username))?;
    }
    let chat = NewChat {
        title: fields.text("title")?,
        kind: fields.required("kind")?,
        username,
        join_by_request: fields.optional("join_by_request")?,
    };
    let id = if fields.has("owner") {
        simulator.create_chat_owned_by(fields.user("owner")?, chat)?
    } else {
        simulator.create_chat(chat)
    };
    shown(&simulator.chat(id)?)
}

pub async fn show(State(simulator): State<Simulator>, Path(chat): Path<i64>) -> Answer {
    shown(&simulator.chat(chat)?)
}

pub async fn messages(State(simulator): State<Simulator>, Path(chat): Path<i64>) -> Answer {
    simulator.chat(chat)?;
    shown(&simulator.messages_in(chat))
}

pub async fn promote(State(simulator): State<Simulator>, Path(chat): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.promote_with(fields.bot(&simulator)?, chat, fields.optional("rights")?)?)
}

pub async fn demote(State(simulator): State<Simulator>, Path(chat): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.demote(fields.bot(&simulator)?, chat)?)
}

pub async fn remove_bot(State(simulator): State<Simulator>, Path(chat): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.remove_bot(fields.bot(&simulator)?, chat)?)
}

pub async fn migrate(State(simulator): State<Simulator>, Path(chat): Path<i64>) -> Answer {
    shown(&simulator.migrate(chat)?)
}

pub async fn approve(State(simulator): State<Simulator>, Path(chat): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.approve_request(fields.user("user")?, chat)?)
}

pub async fn decline(State(simulator): State<Simulator>, Path(chat): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.decline_request(fields.user("user")?, chat)?)
}
