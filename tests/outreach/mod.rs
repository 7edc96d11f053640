//! What the Campaigns API's client relies on (seed 004).

mod ab_tests;
mod audiences;
mod bounds;
mod caps;
mod clicks;
mod clones;
mod contest_check;
mod contest_world;
mod contests;
mod contests_killed;
mod conversions;
mod custom;
mod custom_killed;
mod dates;
mod deletions;
mod deliveries;
mod doors;
mod edits;
mod ends;
mod erased_executions;
mod erased_people;
mod erasures;
mod execution_lists;
mod executions;
mod given_up;
mod history;
mod hold_outs;
mod idempotency;
mod imports;
mod invitations;
pub mod lanes_killed;
mod lanes_lost;
mod lanes_paused;
mod lanes_refused;
mod lanes_shared;
mod lists;
mod media;
mod paid;
mod people;
mod planning;
mod quiet_hours;
mod recurrences;
mod refusals;
mod reports;
mod samples;
mod second_tries;
mod seeds;
mod segments;
mod sending;
mod silent_bots;
mod states;
mod subscribers;
pub mod survey_people;
mod surveys;
mod surveys_killed;
mod templates;
mod testers;
mod told;
mod told_killed;
mod told_log;
mod trigger_listings;
pub mod triggers;
mod webhooks;

use campaigns_api::ROUTES;
use shared::edge::http::Route;

/// The routes that do something: all but the one that answers that there is none.
fn working_routes() -> impl Iterator<Item = Route> {
    ROUTES.into_iter().filter(|route| route.method != "ANY")
}

/// A route's path below `/api/v1/`, for this campaign.
fn path_of(route: Route, id: &str) -> String {
    route.path.trim_start_matches("/api/v1/").replace("{id}", id).replace("{delivery}", "dlv1")
}
