//! `/users`

use axum::Json;
use axum::extract::{Path, State};
use serde_json::json;

use super::answers::{Answer, done, made, shown};
use super::fields::Fields;
use crate::bots::check_username;
use crate::people::NewUser;
use crate::simulator::Simulator;

pub async fn create(State(simulator): State<Simulator>, fields: Fields) -> Answer {
    let username = fields.optional_text("username")?.map(|name| name.trim_start_matches('@').to_owned());
    if let Some(username) = &username {
        check_username(username)?;
        simulator.read(|world| world.check_username_is_free(username))?;
    }
    let user = NewUser {
        first_name: fields.text("first_name")?,
        last_name: fields.optional_text("last_name")?,
        username,
        language_code: fields.optional_text("language_code")?,
        is_premium: fields.optional("is_premium")?,
    };
    let id = simulator.create_user(user);
    shown(&simulator.read(|world| world.user(id).cloned())?)
}

pub async fn messages(State(simulator): State<Simulator>, Path(user): Path<i64>) -> Answer {
    simulator.read(|world| world.user(user).map(|_| ()))?;
    shown(&simulator.messages_to(user))
}

/// Both sides of the person's chats with bots, and the notices bots showed.
pub async fn conversation(State(simulator): State<Simulator>, Path(user): Path<i64>) -> Answer {
    simulator.read(|world| world.user(user).map(|_| ()))?;
    let (messages, answers) = (simulator.messages_in(user), simulator.answers_to(user));
    Ok(Json(json!({ "messages": messages, "answers": answers })))
}

pub async fn start(State(simulator): State<Simulator>, Path(user): Path<i64>, fields: Fields) -> Answer {
    if fields.has("link") {
        return made(&simulator.press_start(user, &fields.text("link")?)?);
    }
    let bot = fields.bot(&simulator)?;
    let username = simulator.read(|world| world.bot(bot).map(|bot| bot.bot.username.clone()))?;
    let payload: String = fields.optional("payload")?;
    made(&simulator.start_bot(user, &username, &payload)?)
}

pub async fn text(State(simulator): State<Simulator>, Path(user): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.send_text(user, fields.bot(&simulator)?, &fields.text("text")?)?)
}

pub async fn press(State(simulator): State<Simulator>, Path(user): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.press(user, fields.required("message")?, fields.required("button")?)?)
}

pub async fn join(State(simulator): State<Simulator>, Path(user): Path<i64>, fields: Fields) -> Answer {
    if fields.has("invite_link") {
        return made(&simulator.join_by_link(user, &fields.text("invite_link")?)?);
    }
    made(&simulator.join(user, fields.chat(&simulator)?)?)
}

pub async fn request(State(simulator): State<Simulator>, Path(user): Path<i64>, fields: Fields) -> Answer {
    if fields.has("invite_link") {
        return made(&simulator.request_by_link(user, &fields.text("invite_link")?)?);
    }
    made(&simulator.request_to_join(user, fields.chat(&simulator)?)?)
}

pub async fn leave(State(simulator): State<Simulator>, Path(user): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.leave(user, fields.chat(&simulator)?)?)
}

pub async fn kick(State(simulator): State<Simulator>, Path(user): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.kick(user, fields.chat(&simulator)?)?)
}

pub async fn ban(State(simulator): State<Simulator>, Path(user): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.ban(user, fields.chat(&simulator)?)?)
}

pub async fn unban(State(simulator): State<Simulator>, Path(user): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.unban(user, fields.chat(&simulator)?)?)
}

pub async fn restrict(State(simulator): State<Simulator>, Path(user): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.restrict(user, fields.chat(&simulator)?)?)
}

pub async fn unrestrict(State(simulator): State<Simulator>, Path(user): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.unrestrict(user, fields.chat(&simulator)?)?)
}

pub async fn block(State(simulator): State<Simulator>, Path(user): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.block(user, fields.bot(&simulator)?)?)
}

pub async fn unblock(State(simulator): State<Simulator>, Path(user): Path<i64>, fields: Fields) -> Answer {
    made(&simulator.unblock(user, fields.bot(&simulator)?)?)
}

pub async fn deactivate(State(simulator): State<Simulator>, Path(user): Path<i64>) -> Answer {
    simulator.deactivate(user)?;
    done()
}
