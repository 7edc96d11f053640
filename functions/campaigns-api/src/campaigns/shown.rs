//! A campaign as the API shows it: what the client said of it, and what follows from that.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use shared::app::AudienceTotal;
use shared::domain::calendar;
use shared::domain::outreach::{
    AbRun, AbStep, CampaignBody, OutreachCampaign, OutreachCounters, OutreachStatus, amount, stars,
};
use shared::ids::{AccountId, OutreachCampaignId};
use shared::{App, AppResult};

/// The fields of the document that a list leaves out.
const NOT_IN_LISTS: [&str; 2] = ["messages", "workflow"];

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
    let run = test_run(app, campaign, account).await?;
    shown.insert("abTests".to_owned(), Value::Array(ab_tests(campaign, run.as_ref())));
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
    let body = campaign.body()?;
    let mut figures = statistics(counters, body.cost(counters));
    if body.strategy.paid.is_some() || counters.stars_tenths > 0 {
        figures["starsSpent"] = amount(stars(counters.stars_tenths));
    }
    shown.insert("statistics".to_owned(), figures);
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
    let known = std::iter::once("manual").chain(scheduled).map(str::to_owned);
    let triggers: Vec<_> = known.chain(body.triggers.names()).collect();
    let name = format!("{} Workflow", body.name);
    let mut workflow = json!({"id": derived(&campaign.id, "wf"), "name": name, "triggers": triggers});
    if let Some(delay) = campaign.document.get("workflow").and_then(|workflow| workflow.get("delay")) {
        workflow["delay"] = delay.clone();
    }
    workflow
}

/// The test of a campaign's last execution, if that has one and the campaign has variations.
async fn test_run(app: &App, campaign: &OutreachCampaign, account: AccountId) -> AppResult<Option<AbRun>> {
    match &campaign.last_execution {
        Some(last) if !tested_messages(campaign).is_empty() => {
            Ok(app.outreach_execution(account, last).await?.ab)
        }
        _ => Ok(None),
    }
}

/// The messages that have variations, each with its place.
fn tested_messages(campaign: &OutreachCampaign) -> Vec<(usize, &Value)> {
    let messages = campaign.document.get("messages").and_then(Value::as_array);
    let tested = messages.into_iter().flatten().enumerate().filter(|(_, message)| {
        message.get("variations").and_then(Value::as_array).is_some_and(|variations| !variations.is_empty())
    });
    tested.collect()
}

/// One for each message that has variations; with what the test of the last execution came to.
fn ab_tests(campaign: &OutreachCampaign, run: Option<&AbRun>) -> Vec<Value> {
    let status = match campaign.status {
        OutreachStatus::Draft => "draft",
        OutreachStatus::Active => "running",
        OutreachStatus::Paused => "paused",
        OutreachStatus::Completed => "completed",
        OutreachStatus::Cancelled => "cancelled",
    };
    let status = match (run.map(|run| run.step), campaign.status) {
        (Some(AbStep::Decided), _) => "decided",
        (Some(AbStep::Sending | AbStep::Waiting), OutreachStatus::Active) => "testing",
        _ => status,
    };
    let test = |(index, message): (usize, &Value)| {
        let message = message.get("id").and_then(Value::as_str).unwrap_or_default();
        let id = format!("ab{}", message.trim_start_matches("msg"));
        let name = format!("Message {} Variation Test", index + 1);
        let mut test = json!({"id": id, "name": name, "status": status});
        let decisions = run.map(|run| run.decisions.as_slice()).unwrap_or_default();
        if let Some(decision) = decisions.iter().find(|decision| decision.message == message) {
            test["winner"] = json!(decision.winner_id());
        }
        test
    };
    tested_messages(campaign).into_iter().map(test).collect()
}

/// The id of something that a campaign has one of.
fn derived(id: &OutreachCampaignId, prefix: &str) -> String {
    format!("{prefix}{}", id.as_str().trim_start_matches(OutreachCampaignId::PREFIX))
}
