//! What the User API's client relies on.

mod authentication;
mod bodies;
mod bot_check;
mod bot_moves;
mod bots;
mod camp;
mod camp_edits;
mod functions;
mod journal;
mod leads;
mod media;
mod media_forms;
mod parameters;
mod postbacks;
mod profile;
mod signing;
mod stats;
mod tenants;
mod trackers;

use shared::edge::http::Route;
use user_api::ROUTES;

/// The routes that do something: all but the one that answers `func`.
fn working_routes() -> impl Iterator<Item = Route> {
    ROUTES.into_iter().filter(|route| route.method != "ANY")
}
