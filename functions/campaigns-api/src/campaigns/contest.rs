//! A contest as it is shown.

use serde_json::{Value, json};
use shared::app::ContestFigures;
use shared::domain::calendar::iso_time;
use shared::domain::outreach::Pick;
use shared::store::ContestEntry;

/// What there is to say of a contest; what is not known yet is null. One that is to be drawn is so from the moment on at
/// which that was asked for.
pub fn shown(figures: &ContestFigures, is_asked: bool) -> Value {
    let held = &figures.held;
    let status = match (&held.drawn, &held.closed) {
        (Some(_), _) => "drawn",
        (None, Some(_)) => "drawing",
        (None, None) if is_asked => "drawing",
        (None, None) => "open",
    };
    json!({
        "status": status,
        "entries": figures.entries,
        "seedHash": held.seed_hash,
        "seed": held.drawn.as_ref().map(|drawn| &drawn.seed),
        "numbersHash": figures.numbers_hash,
        "closedAt": held.closed.as_ref().map(|closed| iso_time(closed.time)),
        "drawnAt": held.drawn.as_ref().map(|drawn| iso_time(drawn.time)),
        "winners": figures.winners.iter().map(winner).collect::<Vec<_>>(),
        "passedOver": figures.passed_over.iter().map(passed_over).collect::<Vec<_>>(),
    })
}

fn winner((pick, entry): &(Pick, Option<ContestEntry>)) -> Value {
    let user = entry.as_ref().and_then(|entry| entry.user);
    let told = entry.as_ref().and_then(|entry| entry.told);
    json!({
        "number": pick.number,
        "recipient": user.map(|user| user.to_string()),
        "verdict": pick.verdict.name(),
        "told": told.map(|told| told.name()),
    })
}

fn passed_over(pick: &Pick) -> Value {
    json!({"number": pick.number, "reason": pick.verdict.name()})
}
