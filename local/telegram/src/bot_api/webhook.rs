//! `setWebhook`, `deleteWebhook`, `getWebhookInfo`.

use serde_json::{Value, json};

use super::call::Call;
use crate::error::{ApiError, ApiResult};
use crate::queues::UpdateQueues;
use crate::shapes;
use crate::state::{BotState, Webhook};

const DEFAULT_CONNECTIONS: usize = 40;

/// Unlike Telegram, takes plain `http` to any address: it all happens on one machine.
pub fn set_webhook(call: &mut Call<'_>) -> ApiResult {
    let parameters = call.parameters;
    let url = parameters.text("url").unwrap_or_default();
    if url.is_empty() {
        return delete_webhook(call);
    }
    let is_usable = url::Url::parse(url)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
    if !is_usable {
        return Err(ApiError::bad_request("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    let max_connections = parameters.integer("max_connections").and_then(|count| usize::try_from(count).ok());
    let bot = call.own()?;
    if let Some(kinds) = parameters.value("allowed_updates") {
        bot.allowed_updates = named_kinds(kinds);
    }
    if parameters.is_true("drop_pending_updates") {
        bot.queues = UpdateQueues::default();
    }
    bot.webhook = Some(Webhook {
        url: url.to_owned(),
        secret_token: parameters.text("secret_token").map(str::to_owned),
        max_connections: max_connections.unwrap_or(DEFAULT_CONNECTIONS),
        last_error_date: None,
        last_error_message: None,
        gone_since_ms: None,
    });
    Ok(json!(true))
}

/// The kinds a bot names; none named is the default.
pub fn named_kinds(kinds: &Value) -> Option<Vec<String>> {
    let names = kinds.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    Some(names.collect::<Vec<_>>()).filter(|names| !names.is_empty())
}

pub fn delete_webhook(call: &mut Call<'_>) -> ApiResult {
    let drops = call.parameters.is_true("drop_pending_updates");
    let bot = call.own()?;
    bot.webhook = None;
    if drops {
        bot.queues = UpdateQueues::default();
    }
    Ok(json!(true))
}

pub fn get_webhook_info(call: &mut Call<'_>) -> ApiResult {
    Ok(info(call.own()?))
}

fn info(bot: &BotState) -> Value {
    let webhook = bot.webhook.as_ref();
    let mut shape = json!({
        "url": webhook.map(|webhook| webhook.url.as_str()).unwrap_or_default(),
        "has_custom_certificate": false,
        "pending_update_count": bot.queues.len(),
    });
    if let Some(webhook) = webhook {
        shapes::put(&mut shape, "max_connections", Some(webhook.max_connections));
        shapes::put(&mut shape, "last_error_date", webhook.last_error_date);
        shapes::put(&mut shape, "last_error_message", webhook.last_error_message.as_ref());
    }
    shapes::put(&mut shape, "allowed_updates", bot.allowed_updates.clone());
    shape
}
