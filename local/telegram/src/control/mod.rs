//! The control API: `/simulator/control/…`, one route per operation, JSON in and out.
//!
//! Bad input is 400 with `{"error": "<field>: <what is wrong>"}`, something unknown is 404.

mod answers;
mod bots;
mod chats;
mod fields;
mod state;
mod users;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post, put};

use crate::simulator::Simulator;

const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

pub fn router(simulator: &Simulator) -> Router {
    Router::new()
        .route("/bots", post(bots::create))
        .route("/bots/{id}/revoke", post(bots::revoke))
        .route("/bots/{id}/redeliver", post(bots::redeliver))
        .route("/bots/{id}/updates", post(bots::inject_update))
        .route("/chats", post(chats::create))
        .route("/chats/{id}", get(chats::show))
        .route("/chats/{id}/messages", get(chats::messages))
        .route("/chats/{id}/promote", post(chats::promote))
        .route("/chats/{id}/demote", post(chats::demote))
        .route("/chats/{id}/remove_bot", post(chats::remove_bot))
        .route("/chats/{id}/migrate", post(chats::migrate))
        .route("/chats/{id}/approve", post(chats::approve))
        .route("/chats/{id}/decline", post(chats::decline))
        .merge(users())
        .route("/state", get(state::show))
        .route("/truth", get(state::truth))
        .route("/faults", get(state::faults).put(state::set_faults))
        .route("/requests", get(state::requests).delete(state::clear_requests))
        .route("/postbacks", get(state::postbacks).delete(state::clear_postbacks))
        .route("/receiver", put(state::set_receiver).get(state::receiver))
        .route("/files/{file_id}", get(state::file))
        .fallback(answers::no_such_route)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(simulator.clone())
}

fn users() -> Router<Simulator> {
    Router::new()
        .route("/users", post(users::create))
        .route("/users/{id}/messages", get(users::messages))
        .route("/users/{id}/conversation", get(users::conversation))
        .route("/users/{id}/start", post(users::start))
        .route("/users/{id}/text", post(users::text))
        .route("/users/{id}/press", post(users::press))
        .route("/users/{id}/join", post(users::join))
        .route("/users/{id}/request", post(users::request))
        .route("/users/{id}/leave", post(users::leave))
        .route("/users/{id}/kick", post(users::kick))
        .route("/users/{id}/ban", post(users::ban))
        .route("/users/{id}/unban", post(users::unban))
        .route("/users/{id}/restrict", post(users::restrict))
        .route("/users/{id}/unrestrict", post(users::unrestrict))
        .route("/users/{id}/block", post(users::block))
        .route("/users/{id}/unblock", post(users::unblock))
        .route("/users/{id}/deactivate", post(users::deactivate))
}
