//! A campaign as the API shows it: what the client said of it, and what follows from that.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use shared::app::AudienceTotal;
use shared::domain::calendar;
use shared::domain::outreach::{CampaignBody, OutreachCampaign, OutreachCounters, OutreachStatus, amount};
use shared::ids::{AccountId, OutreachCampaignId};
use shared::{App, AppResult};

/// The fields of the document that a list leaves out.
const NOT_IN_LISTS: [&str; 1] = ["messages"];

/// A campaign in a list.
pub fn in_a_list(
    campaign: &OutreachCampaign,
    account: AccountId,
    total: AudienceTotal,
    counters: &OutreachCounters,
) -> AppResult<Map<String, Value>> {
    let mut shown = base(campaign, account, total, counters)?;
    shown.retain(|name, _| !NOT_IN_LISTS.contains(&name.as_str()));
    Ok(shown)
}

/// A campaign by itself: all that a list has, and more.
pub async fn in_full(
    app: &App,
    campaign: &OutreachCampaign,
    account: AccountId,
) -> AppResult<Map<String, Value>> {
    let totals = app.audience_totals(account, std::slice::from_ref(campaign)).await?;
    let total = totals.first().copied().unwrap_or(AudienceTotal { reachable: 0, exact: true });
    let counters = app.outreach_counters(account, &campaign.id).await?;
    let mut shown = base(campaign, account, total, &counters)?;
    let body = campaign.body()?;
    shown.insert("workflow".to_owned(), workflow(campaign, &body));
    shown.insert("abTests".to_owned(), Value::Array(ab_tests(campaign)));
    shown.insert("version".to_owned(), json!(campaign.version));
    if let Some(reason) = &campaign.pause_reason {
        shown.insert("pauseReason".to_owned(), json!(reason));
    }
    Ok(shown)
}

fn base(
    campaign: &OutreachCampaign,
    account: AccountId,
    total: AudienceTotal,
    counters: &OutreachCounters,
) -> AppResult<Map<String, Value>> {
    let mut shown = campaign.document.clone();
    shown.insert("id".to_owned(), json!(campaign.id));
    shown.insert("status".to_owned(), json!(campaign.status));
    shown.insert("statistics".to_owned(), statistics(counters, campaign.body()?.cost(counters)));
    shown.insert("createdBy".to_owned(), json!(format!("user{account}")));
    shown.insert("createdAt".to_owned(), json!(calendar::iso_time(campaign.created)));
    shown.insert("updatedAt".to_owned(), json!(calendar::iso_time(campaign.updated)));
    let audience = shown.entry("targetAudience").or_insert_with(|| json!({}));
    if let Some(audience) = audience.as_object_mut() {
        audience.insert("totalCount".to_owned(), json!(total.reachable));
        if !total.exact {
            audience.insert("totalCountExact".to_owned(), json!(false));
        }
    }
    Ok(shown)
}

/// Tasks are chunks.
fn statistics(counters: &OutreachCounters, cost: Decimal) -> Value {
    json!({
        "totalTasks": counters.tasks,
        "completedTasks": counters.tasks_done,
        "failedTasks": counters.tasks_failed,
        "messagesSent": counters.sent,
        "conversionsAchieved": counters.converted,
        "totalCost": amount(cost),
    })
}

fn workflow(campaign: &OutreachCampaign, body: &CampaignBody) -> Value {
    let is_scheduled = body.start.is_some() || body.strategy.recurrence.is_some();
    let scheduled = is_scheduled.then_some("scheduled");
    let triggers: Vec<_> = std::iter::once("manual").chain(scheduled).collect();
    json!({"id": derived(&campaign.id, "wf"), "name": format!("{} Workflow", body.name), "triggers": triggers})
}

/// One for each message that has variations.
fn ab_tests(campaign: &OutreachCampaign) -> Vec<Value> {
    let status = match campaign.status {
        OutreachStatus::Draft => "draft",
        OutreachStatus::Active => "running",
        OutreachStatus::Paused => "paused",
        OutreachStatus::Completed => "completed",
        OutreachStatus::Cancelled => "cancelled",
    };
    let messages = campaign.document.get("messages").and_then(Value::as_array);
    let tested = messages.into_iter().flatten().enumerate().filter(|(_, message)| {
        message.get("variations").and_then(Value::as_array).is_some_and(|variations| !variations.is_empty())
    });
    let test = |(index, message): (usize, &Value)| {
        let id = message.get("id").and_then(Value::as_str).unwrap_or_default();
        let id = format!("ab{}", id.trim_start_matches("msg"));
        json!({"id": id, "name": format!("Message {} Variation Test", index + 1), "status": status})
    };
    tested.map(test).collect()
}

/// The id of something that a campaign has one of.
fn derived(id: &OutreachCampaignId, prefix: &str) -> String {
    format!("{prefix}{}", id.as_str().trim_start_matches(OutreachCampaignId::PREFIX))
}
