//! Telegram's updates for every bot.

use shared::edge::http::Route;
use shared::edge::webhook;

/// `POST /telegram/{account}/{bot}`
pub const TELEGRAM_WEBHOOK: Route = Route {
    binary: "telegram-webhook",
    method: "POST",
    path: "/telegram/{account}/{bot}",
    handle: |app, request| Box::pin(webhook::receive(app, request)),
};
