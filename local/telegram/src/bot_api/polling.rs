//! `getUpdates`: the other way to get updates, one bot at a time and without a webhook.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::check::Parameters;
use super::webhook::named_kinds;
use crate::error::{ApiError, ApiResult};
use crate::simulator::Simulator;
use crate::state::BotState;
use crate::world::World;

const LONGEST_POLL_S: i64 = 50;
const MOST_UPDATES: usize = 100;
/// Updates held back by a fault become due without any change.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub async fn get_updates(simulator: &Simulator, bot: i64, parameters: &Parameters) -> ApiResult {
    let timeout_s = parameters.integer("timeout").unwrap_or_default().clamp(0, LONGEST_POLL_S);
    let deadline = Instant::now() + Duration::from_secs(timeout_s.unsigned_abs());
    let (mut changes, mut stopping) = (simulator.changes(), simulator.stopping());
    simulator.change(|world| prepare(world.state.bots.get_mut(&bot), parameters))?;
    loop {
        changes.mark_unchanged();
        let updates = simulator.read(|world| waiting(world, bot, parameters))?;
        if !updates.is_empty() || Instant::now() >= deadline || *stopping.borrow() {
            return Ok(json!(updates));
        }
        let pause = LOOK_EVERY.min(deadline.saturating_duration_since(Instant::now()));
        tokio::select! {
            _ = changes.changed() => {}
            _ = stopping.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Forgets what the offset confirms: everything before it, or all but the last `-offset`.
fn prepare(bot: Option<&mut BotState>, parameters: &Parameters) -> Result<(), ApiError> {
    let bot = bot.ok_or_else(|| ApiError::new(401, "Unauthorized"))?;
    if bot.webhook.is_some() {
        return Err(conflict());
    }
    if let Some(kinds) = parameters.value("allowed_updates") {
        bot.allowed_updates = named_kinds(kinds);
    }
    match parameters.integer("offset").unwrap_or_default() {
        0 => {}
        offset if offset > 0 => bot.queues.forget_before(offset),
        offset => {
            let kept = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            let waiting = bot.queues.due(i64::MAX);
            let first_kept = waiting.get(waiting.len().saturating_sub(kept)).map(|update| update.update_id);
            bot.queues.forget_before(first_kept.unwrap_or_default());
        }
    }
    Ok(())
}

fn waiting(world: &World, bot: i64, parameters: &Parameters) -> Result<Vec<Value>, ApiError> {
    let bot = world.state.bots.get(&bot).ok_or_else(|| ApiError::new(401, "Unauthorized"))?;
    if bot.webhook.is_some() {
        return Err(conflict());
    }
    let limit = parameters.integer("limit").and_then(|limit| usize::try_from(limit).ok());
    let due = bot.queues.due(world.clock.now_ms());
    Ok(due.into_iter().take(limit.unwrap_or(MOST_UPDATES)).map(|update| update.body.clone()).collect())
}

fn conflict() -> ApiError {
    ApiError::new(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    )
}
