//! `/bots`

use axum::extract::{Path, State};

use super::answers::{Answer, made, shown};
use super::fields::Fields;
use crate::simulator::Simulator;

pub async fn create(State(simulator): State<Simulator>, fields: Fields) -> Answer {
    let username = fields.text("username")?.trim_start_matches('@').to_owned();
    let name = fields.optional_text("name")?.unwrap_or_else(|| username.clone());
    simulator.read(|world| world.check_bot_username(&username))?;
    shown(&simulator.create_bot(&username, &name))
}

pub async fn revoke(State(simulator): State<Simulator>, Path(bot): Path<i64>) -> Answer {
    shown(&simulator.revoke(bot)?)
}

pub async fn redeliver(State(simulator): State<Simulator>, Path(bot): Path<i64>, fields: Fields) -> Answer {
    made(&[simulator.redeliver(bot, fields.required("update_id")?)?])
}

pub async fn inject_update(
    State(simulator): State<Simulator>,
    Path(bot): Path<i64>,
    fields: Fields,
) -> Answer {
    made(&[simulator.inject_update(bot, fields.into_value())?])
}
