//! Telegram's updates.

use http::StatusCode;
use lambda_http::RequestExt;

use super::http::{Answer, Request, text};
use crate::app::{App, UpdateRefusal};
use crate::ids::BotKey;

/// The header in which Telegram brings the bot's secret back.
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// Takes one update: 200 taken, 401 wrong secret, 400 no update, 503 with `Retry-After` try again.
///
/// Never 410, by which Telegram would drop the webhook.
pub async fn receive(app: &App, request: Request) -> Answer {
    let secret = request.headers().get(SECRET_HEADER).and_then(|value| value.to_str().ok());
    let outcome = match (bot(&request), secret) {
        (Some(bot), Some(secret)) => app.receive_update(bot, secret, request.body().as_ref()).await,
        _ => Err(UpdateRefusal::Unauthorized),
    };
    match outcome {
        Ok(()) => text(StatusCode::OK, "ok"),
        Err(UpdateRefusal::Unauthorized) => text(StatusCode::UNAUTHORIZED, "the secret is wrong"),
        Err(UpdateRefusal::NotAnUpdate) => text(StatusCode::BAD_REQUEST, "the body is no update"),
        Err(UpdateRefusal::Later { retry_after_seconds, internal }) => {
            tracing::warn!(retry_after_seconds, internal, "an update has to come again");
            let mut later = text(StatusCode::SERVICE_UNAVAILABLE, "try again");
            later.headers_mut().insert("retry-after", retry_after_seconds.into());
            later
        }
    }
}

fn bot(request: &Request) -> Option<BotKey> {
    let path = request.path_parameters_ref()?;
    Some(BotKey { account: path.first("account")?.parse().ok()?, bot: path.first("bot")?.parse().ok()? })
}
