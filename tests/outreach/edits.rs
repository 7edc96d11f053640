//! What an edit of a campaign, of its templates and of its segments changes of an execution, and what not any more.

use serde_json::{Value, json};
use shared::domain::calendar;
use shared::domain::outreach::{Execution, ExecutionStatus, MessageContent, Recipient};
use shared::ids::{AccountId, ExecutionId, OutreachCampaignId};
use shared::queue::PlanTask;
use shared::store::CONTACT_SHARDS;

use super::people::say;
use super::planning::execute_unplanned;
use crate::world::{Account, FIRST_CONTACT, Reply, World};

const ACCOUNT: AccountId = AccountId(1);

async fn put(account: &Account, campaign: &str, body: &Value) -> Reply {
    account.v1("PUT", &format!("campaigns/{campaign}"), body).await
}

async fn go(account: &Account, campaign: &str, verb: &str) {
    account.v1("POST", &format!("campaigns/{campaign}/{verb}"), &Value::Null).await.success(200);
}

/// The texts that an execution sends, each message with its variations; none before it began.
async fn texts(world: &World, id: &str) -> Option<Vec<Vec<String>>> {
    let id = ExecutionId::parse(id).unwrap();
    let content = world.system.app.store.execution_content(ACCOUNT, &id).await.unwrap()?;
    let texts = |message: MessageContent| {
        let varied = message.variations.into_iter().map(|variation| variation.text);
        message.content.text.into_iter().chain(varied).collect()
    };
    Some(content.into_iter().map(texts).collect())
}

async fn last(world: &World, campaign: &str) -> Execution {
    let campaign = OutreachCampaignId::parse(campaign).unwrap();
    world.system.app.store.executions(ACCOUNT, &campaign).await.unwrap().remove(0)
}

/// Ninety people, of whom the first thirty are here.
async fn crowd(world: &World) {
    world.contacts(ACCOUNT, 2, 0..90).await;
    for number in 0..30 {
        let here = json!({"attributes": {"location": "here"}});
        say(&world.account(), FIRST_CONTACT + number, &here).await;
    }
}

/// What says other things to other people by other weights.
fn other() -> Value {
    json!({
        "messages": [{"content": "Other", "variations": [{"content": "Varied", "weight": 100}]}],
        "targetAudience": {"filters": {"location": ["here"]}},
    })
}

async fn assert_other(world: &World, execution: &Execution) {
    assert_eq!(execution.status, ExecutionStatus::Running);
    let recipients = world.recipients(ACCOUNT, execution).await;
    let is_other =
        |them: &Recipient| them.variations == [1] && (0..30).contains(&(them.user.0 - FIRST_CONTACT));
    assert!(recipients.len() == 30 && recipients.iter().all(|(_, them)| is_other(them)), "{recipients:?}");
    let texts = texts(world, execution.id.as_str()).await.unwrap();
    assert_eq!(texts, [["Other", "Varied"]]);
}

#[tokio::test]
async fn what_is_edited_before_its_time_is_what_is_planned_and_sent() {
    for pauses in [false, true] {
        let (world, clock) = World::ahead().await;
        let account = world.account();
        crowd(&world).await;
        let at = |seconds: i64| json!(calendar::iso_time(clock.now() + seconds));
        let by_date = account.outreach_campaign(&json!({"startDate": at(3_600)})).await;
        put(&account, &by_date, &json!({"status": "active"})).await.success(200);
        let by_order = account.outreach_campaign(&json!({})).await;
        let id = account.execute(&by_order, &json!({"scheduledAt": at(3_600)})).await;
        assert_eq!(texts(&world, &id).await, None, "it goes by nothing yet");
        for campaign in [&by_date, &by_order] {
            if pauses {
                go(&account, campaign, "pause").await;
            }
            put(&account, campaign, &other()).await.success(200);
            if pauses {
                go(&account, campaign, "resume").await;
            }
        }
        world.pass_to_planning(3_700_000).await;
        for campaign in [&by_date, &by_order] {
            assert_other(&world, &last(&world, campaign).await).await;
        }
    }
}

#[tokio::test]
async fn what_has_begun_keeps_whom_it_chooses_and_a_pause_changes_texts_alone() {
    let (world, _) = World::ahead().await;
    let (account, app) = (world.account(), &world.system.app);
    crowd(&world).await;
    let message = json!({"content": "Hello", "variations": [{"content": "Hi", "weight": 50}]});
    let campaign = account.outreach_campaign(&json!({"messages": [message]})).await;
    let id = execute_unplanned(&world, &campaign).await;
    let execution = world.execution(ACCOUNT, &id).await;
    assert_eq!(texts(&world, &id).await.unwrap(), [["Hello", "Hi"]]);
    let locked = (409, "CAMPAIGN_LOCKED".to_owned());
    let mut reworded = message.clone();
    reworded["content"] = json!("Good day");
    assert_eq!(
        put(&account, &campaign, &json!({"messages": [reworded]})).await.failure(),
        locked,
        "it is planned"
    );
    for is_planned in [false, true] {
        if is_planned {
            go(&account, &campaign, "resume").await;
            for shard in 0..CONTACT_SHARDS {
                while app
                    .plan_step(ACCOUNT, &execution.id, shard, shared::app::StepSize::default())
                    .await
                    .unwrap()
                {}
            }
            let last = PlanTask::ShardV1 { account: ACCOUNT, execution: execution.id.clone(), shard: 0 };
            assert!(!world.plan(&last).await);
        }
        go(&account, &campaign, "pause").await;
        let plan = app.store.execution_plan(ACCOUNT, &execution.id).await.unwrap();
        let version = account.shown(&campaign).await["version"].clone();
        let mut heavier = message.clone();
        heavier["variations"][0]["weight"] = json!(60);
        for (refused, field) in [
            (json!({"targetAudience": {"bots": [1]}}), "the audience"),
            (json!({"messages": [heavier]}), "weights"),
            (json!({"messages": [{"content": "Hello"}]}), "how many variations there are"),
            (json!({"messages": [message, message]}), "how many messages there are"),
        ] {
            assert_eq!(put(&account, &campaign, &refused).await.failure(), locked, "{field}");
        }
        assert_eq!(account.shown(&campaign).await["version"], version, "nothing is half-written");
        let text = format!("Good day {is_planned}");
        reworded["content"] = json!(text);
        put(&account, &campaign, &json!({"messages": [reworded]})).await.success(200);
        assert_eq!(texts(&world, &id).await.unwrap(), [[text.as_str(), "Hi"]]);
        assert_eq!(app.store.execution_plan(ACCOUNT, &execution.id).await.unwrap(), plan);
    }
    go(&account, &campaign, "resume").await;
    assert_eq!(world.execution(ACCOUNT, &id).await.recipients(), 90);
}

#[tokio::test]
async fn a_template_that_is_edited_or_deleted_changes_nothing_of_what_has_begun() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let template = json!({"name": "Sale", "content": "Hello {{firstName|friend}}"});
    let template = account.v1("POST", "templates", &template).await.success(201)["id"].clone();
    let path = format!("templates/{}", template.as_str().unwrap());
    let campaign = account.outreach_campaign(&json!({"messages": [{"templateId": template}]})).await;
    let id = account.execute(&campaign, &json!({})).await;
    account.v1("PUT", &path, &json!({"content": "Other"})).await.success(200);
    world.planned().await;
    assert_eq!(texts(&world, &id).await.unwrap(), [["Hello {{firstName|friend}}"]]);
    account.v1("DELETE", &path, &Value::Null).await.success(200);
    go(&account, &campaign, "pause").await;
    go(&account, &campaign, "resume").await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Running);
    assert_eq!(texts(&world, &id).await.unwrap(), [["Hello {{firstName|friend}}"]]);
}

#[tokio::test]
async fn a_content_that_no_item_holds_is_kept_and_read_whole() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let mut messages = Vec::new();
    for number in 0..10 {
        let url = format!("https://example.com/{}", "x".repeat(1_975));
        let buttons: Vec<_> = (0..20).map(|_| json!({"text": "B".repeat(64), "url": url})).collect();
        let template = json!({"name": "T", "content": format!("Text {number}"), "buttons": buttons});
        let template = account.v1("POST", "templates", &template).await.success(201)["id"].clone();
        messages.push(json!({"templateId": template}));
    }
    let campaign = account.outreach_campaign(&json!({"messages": messages})).await;
    let id = account.execute(&campaign, &json!({})).await;
    let id = ExecutionId::parse(&id).unwrap();
    let content = world.system.app.store.execution_content(ACCOUNT, &id).await.unwrap().unwrap();
    assert!(serde_json::to_string(&content).unwrap().len() > 400_000);
    let texts: Vec<_> = content.iter().map(|message| message.content.text.clone().unwrap()).collect();
    assert!(
        texts.iter().eq(&(0..10).map(|number| format!("Text {number}")).collect::<Vec<_>>()),
        "{texts:?}"
    );
}

#[tokio::test]
async fn what_is_executed_is_what_was_checked_however_it_is_edited_meanwhile() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..30).await;
    let (mut begun, mut refused) = (0, 0);
    let edits = [json!({"messages": []}), json!({"targetAudience": {"bots": [9]}})];
    for edit in edits.into_iter().cycle().take(60) {
        if begun + refused >= 12 && refused > 0 {
            break;
        }
        let campaign = account.outreach_campaign(&json!({})).await;
        let (execute, path) = (format!("campaigns/{campaign}/execute"), format!("campaigns/{campaign}"));
        let (executed, edited) =
            tokio::join!(account.v1("POST", &execute, &Value::Null), account.v1("PUT", &path, &edit));
        if executed.code == 202 {
            begun += 1;
            assert_eq!(edited.failure(), (409, "CAMPAIGN_LOCKED".to_owned()), "it came too late");
            let execution = last(&world, &campaign).await;
            let plan = world.system.app.store.execution_plan(ACCOUNT, &execution.id).await.unwrap().unwrap();
            assert!(plan.weights.len() == 1 && plan.audience.bots.is_empty(), "{plan:?}");
            assert_eq!(texts(&world, execution.id.as_str()).await.unwrap(), [["Hello"]]);
        } else {
            refused += 1;
            edited.success(200);
            assert_eq!(executed.code, 422, "{}", executed.text);
            assert_eq!(account.shown(&campaign).await["status"], "draft");
        }
    }
    assert!(refused > 0, "no edit came between the check and the beginning; {begun} begun");
}
