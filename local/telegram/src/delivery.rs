//! Delivery of updates to webhooks, as the Bot API server does it.
//!
//! One update per queue is in flight, queues run side by side up to `max_connections`. Any 2xx accepts; otherwise
//! the first retry is at once, then the pause doubles from one second to a minute; `Retry-After` is honoured up to
//! an hour. An update is dropped 24 hours after its event. An answer of 410 for 23 hours removes the webhook.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use rustls::{ClientConfig, RootCertStore};
use tokio::task::JoinSet;

use crate::error::StartError;
use crate::queues::PendingUpdate;
use crate::simulator::Simulator;
use crate::state::{BotState, Webhook};
use crate::world::World;

const MAX_AGE_S: i64 = 24 * 3600;
const GONE_MS: i64 = 23 * 3600 * 1000;
const MAX_RETRY_AFTER_S: i64 = 3600;
const IDLE_MS: i64 = 60_000;
/// How long to sleep where the clock may jump.
const LOOK_MS: i64 = 50;

/// How long a webhook may take, and how long the pauses between attempts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryTiming {
    /// No answer within this is a failure.
    pub answer_timeout_ms: u64,
    /// The pause after the second failure; it doubles from there.
    pub first_pause_ms: i64,
    /// The longest pause.
    pub longest_pause_ms: i64,
}

impl Default for DeliveryTiming {
    fn default() -> Self {
        Self { answer_timeout_ms: 60_000, first_pause_ms: 1000, longest_pause_ms: 60_000 }
    }
}

/// One update on its way.
struct Attempt {
    bot: i64,
    url: String,
    secret_token: Option<String>,
    update: PendingUpdate,
}

/// How the webhook answered.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Accepted,
    Refused { status: u16, retry_after_s: Option<i64> },
    NoAnswer(&'static str),
}

/// Plain HTTP only: no roots are trusted.
pub fn client(timing: DeliveryTiming) -> Result<Client, StartError> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let tls = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| StartError::Client(error.to_string()))?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_millis(timing.answer_timeout_ms))
        .build()
        .map_err(|error| StartError::Client(error.to_string()))
}

/// Delivers until the stop. What is in flight then stays pending.
pub async fn run(simulator: Simulator, client: Client, timing: DeliveryTiming) {
    let (mut changes, mut stopping) = (simulator.changes(), simulator.stopping());
    let mut attempts = JoinSet::new();
    loop {
        changes.mark_unchanged();
        let (now, is_shifted) = simulator.read(|world| (world.clock.now_ms(), world.clock.is_shifted()));
        let (due, next_ms) = take_due(&mut simulator.world(), now);
        for attempt in due {
            attempts.spawn(deliver(simulator.clone(), client.clone(), timing, attempt));
        }
        let pause_ms =
            next_ms.map_or(IDLE_MS, |at_ms| at_ms - now).clamp(1, if is_shifted { LOOK_MS } else { IDLE_MS });
        let pause = Duration::from_millis(pause_ms.unsigned_abs());
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            _ = changes.changed() => {}
            Some(_) = attempts.join_next(), if !attempts.is_empty() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Takes everything due into flight, and says when the next is due.
fn take_due(world: &mut World, now_ms: i64) -> (Vec<Attempt>, Option<i64>) {
    let (mut due, mut next_ms) = (Vec::new(), None::<i64>);
    for (id, bot) in &mut world.state.bots {
        let Some(webhook) = &bot.webhook else { continue };
        while let Some(update) = bot.queues.take_due(now_ms, webhook.max_connections) {
            if update.date < now_ms / 1000 - MAX_AGE_S {
                bot.queues.settle(&update.queue, update.update_id, None);
                continue;
            }
            let (url, secret_token) = (webhook.url.clone(), webhook.secret_token.clone());
            due.push(Attempt { bot: *id, url, secret_token, update });
        }
        let next_of_bot = bot.queues.next_due_ms(webhook.max_connections);
        next_ms = next_ms.into_iter().chain(next_of_bot).min();
    }
    (due, next_ms)
}

async fn deliver(simulator: Simulator, client: Client, timing: DeliveryTiming, attempt: Attempt) {
    let outcome = send(&client, &attempt).await;
    simulator.change(|world| {
        let now_ms = world.clock.now_ms();
        if let Some(bot) = world.state.bots.get_mut(&attempt.bot) {
            settle(bot, &attempt, &outcome, timing, now_ms);
        }
    });
}

async fn send(client: &Client, attempt: &Attempt) -> Outcome {
    let mut request = client.post(&attempt.url).header(CONTENT_TYPE, "application/json");
    if let Some(secret) = &attempt.secret_token {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    let response = match request.body(attempt.update.body.to_string()).send().await {
        Ok(response) => response,
        Err(error) if error.is_timeout() => return Outcome::NoAnswer("Read timeout expired"),
        Err(error) if error.is_connect() => return Outcome::NoAnswer("Connection refused"),
        Err(_) => return Outcome::NoAnswer("Connection reset by peer"),
    };
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after_s = retry_after.and_then(|text| text.trim().parse().ok());
    // The connection is used again only if the body was read.
    let is_whole = response.bytes().await.is_ok();
    match (status.is_success(), is_whole) {
        (true, true) => Outcome::Accepted,
        (true, false) => Outcome::NoAnswer("Connection reset by peer"),
        (false, _) => Outcome::Refused { status: status.as_u16(), retry_after_s },
    }
}

fn settle(bot: &mut BotState, attempt: &Attempt, outcome: &Outcome, timing: DeliveryTiming, now_ms: i64) {
    let update = &attempt.update;
    let retry_at_ms = match outcome {
        Outcome::Accepted => None,
        failed => Some(now_ms + pause_ms(failed, update.failures + 1, timing)),
    };
    bot.queues.settle(&update.queue, update.update_id, retry_at_ms);
    let Some(webhook) = bot.webhook.as_mut().filter(|webhook| webhook.url == attempt.url) else { return };
    note(webhook, outcome, now_ms);
    if webhook.gone_since_ms.is_some_and(|since_ms| now_ms - since_ms >= GONE_MS) {
        bot.webhook = None;
    }
}

/// Keeps what `getWebhookInfo` tells.
fn note(webhook: &mut Webhook, outcome: &Outcome, now_ms: i64) {
    let message = match outcome {
        Outcome::Accepted => {
            webhook.gone_since_ms = None;
            return;
        }
        Outcome::Refused { status, .. } => {
            let reason =
                reqwest::StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason());
            format!("Wrong response from the webhook: {status} {}", reason.unwrap_or_default())
        }
        Outcome::NoAnswer(why) => (*why).to_owned(),
    };
    let is_gone = matches!(outcome, Outcome::Refused { status: 410, .. });
    webhook.gone_since_ms = is_gone.then(|| webhook.gone_since_ms.unwrap_or(now_ms));
    webhook.last_error_date = Some(now_ms / 1000);
    webhook.last_error_message = Some(message.trim_end().to_owned());
}

/// The pause before the attempt that follows so many failures.
fn pause_ms(outcome: &Outcome, failures: u32, timing: DeliveryTiming) -> i64 {
    if let Outcome::Refused { retry_after_s: Some(seconds), .. } = outcome {
        return (*seconds).clamp(0, MAX_RETRY_AFTER_S) * 1000;
    }
    let Some(doublings) = failures.checked_sub(2) else { return 0 };
    let factor = 1_i64.checked_shl(doublings.min(30)).unwrap_or(1);
    timing.first_pause_ms.saturating_mul(factor).min(timing.longest_pause_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: Outcome = Outcome::Refused { status: 500, retry_after_s: None };

    #[test]
    fn the_first_retry_is_at_once_and_then_the_pause_doubles_to_a_minute() {
        let pauses: Vec<i64> =
            (1..=9).map(|failures| pause_ms(&REFUSED, failures, DeliveryTiming::default())).collect();
        assert_eq!(pauses, [0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    }

    #[test]
    fn retry_after_is_honoured_up_to_an_hour() {
        let pause = |seconds| {
            let outcome = Outcome::Refused { status: 429, retry_after_s: Some(seconds) };
            pause_ms(&outcome, 1, DeliveryTiming::default())
        };
        assert_eq!((pause(90), pause(7200)), (90_000, 3_600_000));
    }

    fn bot_with(update: PendingUpdate) -> BotState {
        serde_json::from_value(serde_json::json!({
            "bot": { "id": 1, "token": "1:a", "username": "a_bot", "name": "A" },
            "allowed_updates": null, "last_update_id": 0, "people": {}, "commands": [],
            "webhook": { "url": "http://127.0.0.1:1/", "secret_token": null, "max_connections": 40,
                "last_error_date": null, "last_error_message": null, "gone_since_ms": null },
            "queues": [update],
        }))
        .unwrap()
    }

    fn update(date: i64) -> PendingUpdate {
        let body = serde_json::Value::Null;
        PendingUpdate { update_id: 1, queue: "user:1".into(), date, body, failures: 0, due_ms: 0 }
    }

    #[test]
    fn an_answer_of_410_for_23_hours_removes_the_webhook() {
        let mut bot = bot_with(update(0));
        let attempt =
            Attempt { bot: 1, url: "http://127.0.0.1:1/".into(), secret_token: None, update: update(0) };
        let gone = Outcome::Refused { status: 410, retry_after_s: None };
        settle(&mut bot, &attempt, &gone, DeliveryTiming::default(), 1000);
        settle(&mut bot, &attempt, &gone, DeliveryTiming::default(), GONE_MS);
        assert!(bot.webhook.is_some());
        settle(&mut bot, &attempt, &gone, DeliveryTiming::default(), GONE_MS + 1000);
        assert!(bot.webhook.is_none());
    }

    #[test]
    fn an_update_is_dropped_a_day_after_its_event() {
        let mut world = World::new(crate::state::State::default());
        world.state.bots.insert(1, bot_with(update(1000)));
        assert_eq!(take_due(&mut world, (1001 + MAX_AGE_S) * 1000).0.len(), 0);
        assert_eq!(world.state.bots[&1].queues.len(), 0);
    }
}
