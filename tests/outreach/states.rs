//! What may be done in which state, and who wins.

use futures::future::join_all;
use serde_json::{Value, json};
use shared::domain::outreach::{Execution, ExecutionProgress, ExecutionStatus, LaneTally, OutreachStatus};
use shared::ids::{AccountId, OutreachCampaignId};
use shared::store::{OutreachOutcome, OutreachStep};

use super::people::say;
use crate::world::{Account, FIRST_CONTACT, Reply, World};

const ACCOUNT: AccountId = AccountId(1);

/// Who is in an audience when it is counted, and out of it when it is planned.
const FLEETING: i64 = FIRST_CONTACT + 1;

/// The columns of the table, divided by what its cells divide them by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Draft,
    /// Nothing was executed.
    Active,
    /// An execution is planned, and runs.
    ActiveRunning,
    /// The last execution is over; it reached nobody.
    ActiveEnded,
    /// The last execution is over, and somebody got it.
    ActiveSent,
    Paused,
    /// An execution is planned, and halted.
    PausedRunning,
    Completed,
    Cancelled,
}

const COLUMNS: [Column; 9] = [
    Column::Draft,
    Column::Active,
    Column::ActiveRunning,
    Column::ActiveEnded,
    Column::ActiveSent,
    Column::Paused,
    Column::PausedRunning,
    Column::Completed,
    Column::Cancelled,
];

impl Column {
    const fn status(self) -> OutreachStatus {
        match self {
            Self::Draft => OutreachStatus::Draft,
            Self::Active | Self::ActiveRunning | Self::ActiveEnded | Self::ActiveSent => {
                OutreachStatus::Active
            }
            Self::Paused | Self::PausedRunning => OutreachStatus::Paused,
            Self::Completed => OutreachStatus::Completed,
            Self::Cancelled => OutreachStatus::Cancelled,
        }
    }
}

/// A world with somebody to reach, and somebody to test with.
async fn inhabited() -> World {
    let world = World::new().await;
    world.contacts(ACCOUNT, 1, 0..3).await;
    let testers = json!({"testers": [FIRST_CONTACT.to_string()]});
    world.account().v1("PUT", "testers", &testers).await.success(200);
    world
}

async fn set_status(account: &Account, id: &str, status: &str) {
    account.v1("PUT", &format!("campaigns/{id}"), &json!({"status": status})).await.success(200);
}

/// A campaign in this state, by calls, and by executions that are planned.
async fn campaign_in(world: &World, column: Column) -> String {
    let account = world.account();
    match column {
        Column::ActiveEnded => return reached_nobody(world, 50).await,
        Column::Completed => return reached_nobody(world, 100).await,
        _ => {}
    }
    let id = account.outreach_campaign(&json!({})).await;
    match column {
        Column::Draft | Column::ActiveEnded | Column::Completed => {}
        Column::Active => set_status(&account, &id, "active").await,
        Column::ActiveSent => {
            set_status(&account, &id, "active").await;
            pretend_sent(world, &id).await;
        }
        Column::ActiveRunning | Column::PausedRunning => {
            let execution = account.execute(&id, &json!({})).await;
            world.planned().await;
            assert!(world.execution(ACCOUNT, &execution).await.may_have_sent());
            if column == Column::PausedRunning {
                account.v1("POST", &format!("campaigns/{id}/pause"), &Value::Null).await.success(200);
            }
        }
        Column::Paused => {
            set_status(&account, &id, "active").await;
            set_status(&account, &id, "paused").await;
        }
        Column::Cancelled => set_status(&account, &id, "cancelled").await,
    }
    id
}

/// A campaign whose execution, to so many of a hundred people, found nobody there any more.
async fn reached_nobody(world: &World, percentage: u32) -> String {
    let account = world.account();
    let is = async |place: &str| say(&account, FLEETING, &json!({"attributes": {"location": place}})).await;
    let audience = json!({"targetAudience": {"filters": {"location": ["here"]}}});
    is("here").await;
    let mut id = account.outreach_campaign(&audience).await;
    world.faults.refuse(&["sqs:SendMessage"]);
    // Who is in a share of a campaign is drawn by its id.
    let order = json!({"targetPercentage": percentage});
    while account.v1("POST", &format!("campaigns/{id}/execute"), &order).await.code == 422 {
        id = account.outreach_campaign(&audience).await;
    }
    world.faults.refuse(&[]);
    is("elsewhere").await;
    let campaign = OutreachCampaignId::parse(&id).unwrap();
    let execution = world.system.app.store.executions(ACCOUNT, &campaign).await.unwrap().remove(0);
    world.plan_wholly(ACCOUNT, &execution.id).await;
    assert!(world.execution(ACCOUNT, execution.id.as_str()).await.status.is_over());
    is("here").await;
    id
}

/// Writes down what only sending leads to.
async fn pretend_sent(world: &World, id: &str) {
    let store = &world.system.app.store;
    let id = OutreachCampaignId::parse(id).unwrap();
    let mut campaign = world.system.app.outreach_campaign(ACCOUNT, &id).await.unwrap();
    (campaign.progress, campaign.version) = (ExecutionProgress::Ended, campaign.version + 1);
    let step = OutreachStep {
        action: "sent".to_owned(),
        from: campaign.status,
        to: campaign.status,
        time: campaign.updated,
    };
    assert!(store.change_outreach_campaign(ACCOUNT, &campaign, &step, None).await.unwrap());
}

type Call = (&'static str, &'static str, Value);

/// What of the table begins no execution: rows are calls; then what is answered by [`COLUMNS`], with the status after it.
fn table() -> Vec<(Call, [&'static str; 9])> {
    let put = |body: Value| ("PUT", "", body);
    let post = |path: &'static str, body: Value| ("POST", path, body);
    let (no, locked, kept) =
        ("409 INVALID_STATUS_TRANSITION", "409 CAMPAIGN_LOCKED", "409 CAMPAIGN_NOT_DELETABLE");
    let (draft, active, paused, cancelled) = ("200 draft", "200 active", "200 paused", "200 cancelled");
    let details = [draft, active, active, active, active, paused, paused, no, no];
    let content = [draft, active, locked, active, active, paused, paused, no, no];
    let audience = [draft, active, locked, active, active, paused, locked, no, no];
    vec![
        (put(json!({"description": "Other"})), details),
        (put(json!({"goals": {"revenue": 1}})), details),
        (put(json!({"strategy": {"tone": "warm"}})), details),
        (put(json!({"endDate": "2099-01-01T00:00:00Z"})), details),
        (put(json!({"messages": [{"content": "Other"}]})), content),
        (put(json!({"targetAudience": {"bots": [1]}})), audience),
        (put(json!({"status": "active"})), [active, active, active, active, active, active, active, no, no]),
        (put(json!({"status": "paused"})), [no, paused, paused, paused, paused, paused, paused, no, no]),
        (
            put(json!({"status": "cancelled"})),
            [cancelled, cancelled, cancelled, cancelled, cancelled, cancelled, cancelled, no, cancelled],
        ),
        (put(json!({"status": "draft"})), [draft, draft, draft, draft, no, draft, draft, no, no]),
        (put(json!({"status": "completed"})), [no; 9]),
        (post("/pause", Value::Null), [no, paused, paused, paused, paused, no, no, no, no]),
        (post("/resume", Value::Null), [no, no, no, no, no, active, active, no, no]),
        (("DELETE", "", Value::Null), ["200 gone", kept, kept, kept, kept, kept, kept, kept, "200 gone"]),
        (
            post("/clone", Value::Null),
            [
                "201 draft",
                "201 active",
                "201 active",
                "201 active",
                "201 active",
                "201 paused",
                "201 paused",
                "201 completed",
                "201 cancelled",
            ],
        ),
    ]
}

/// What of the table begins executions.
fn executing() -> Vec<(Call, [&'static str; 9])> {
    let (no, busy) = ("409 INVALID_STATUS_TRANSITION", "409 EXECUTION_IN_PROGRESS");
    let (active, paused) = ("202 active", "202 paused");
    let post = |body: Value| ("POST", "/execute", body);
    let tests = ["202 draft", active, active, active, active, paused, paused, "202 completed", no];
    vec![
        (post(json!({"testMode": true})), tests),
        (post(Value::Null), [active, active, busy, active, active, no, no, no, no]),
    ]
}

/// The answer, and the status after it.
async fn answered(account: &Account, id: &str, (method, path, body): &Call) -> (Reply, String) {
    let reply = account.v1(method, &format!("campaigns/{id}{path}"), body).await;
    let seen = if reply.code < 300 {
        let after = account.v1("GET", &format!("campaigns/{id}"), &Value::Null).await;
        let gone = after.code == 404;
        let status =
            if gone { "gone".to_owned() } else { after.success(200)["status"].as_str().unwrap().to_owned() };
        format!("{} {status}", reply.code)
    } else {
        format!("{} {}", reply.code, reply.failure().1)
    };
    (reply, seen)
}

async fn check(world: &World, rows: &[(Call, [&str; 9])]) {
    let account = world.account();
    for (place, column) in COLUMNS.into_iter().enumerate() {
        let (name, mut id) = (column.status().name(), campaign_in(world, column).await);
        for (call, row) in rows {
            let (reply, seen) = answered(&account, &id, call).await;
            assert_eq!(seen, row[place], "{call:?} in {column:?}: {}", reply.text);
            if reply.code == 409 {
                assert_eq!(reply.json()["details"]["from"], name, "{}", reply.text);
                assert!(reply.json()["details"]["allowed"].is_array(), "{}", reply.text);
            }
            if reply.code < 300 && !seen.ends_with(name) {
                id = campaign_in(world, column).await;
            }
        }
    }
}

#[tokio::test]
async fn every_call_in_every_state_is_answered_as_the_table_says() {
    check(&inhabited().await, &table()).await;
}

#[tokio::test]
async fn executing_and_testing_in_every_state_are_answered_as_the_table_says() {
    check(&inhabited().await, &executing()).await;
}

#[tokio::test]
async fn of_racing_transitions_one_wins_and_the_others_get_409() {
    let world = inhabited().await;
    let account = world.account();
    let id = campaign_in(&world, Column::Active).await;
    let path = format!("campaigns/{id}/pause");
    let replies = join_all((0..6).map(|_| account.v1("POST", &path, &Value::Null))).await;
    let mut codes: Vec<_> = replies.iter().map(|reply| reply.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [200, 409, 409, 409, 409, 409]);
    let campaign = account.v1("GET", &format!("campaigns/{id}"), &Value::Null).await.success(200);
    assert_eq!((&campaign["status"], &campaign["version"]), (&json!("paused"), &json!(3)));
}

#[tokio::test]
async fn a_change_that_names_an_old_version_is_refused() {
    let world = World::new().await;
    let account = world.account();
    let id = account.outreach_campaign(&json!({})).await;
    let put = async |body: Value| account.v1("PUT", &format!("campaigns/{id}"), &body).await;
    assert_eq!(put(json!({"name": "Second", "version": 1})).await.success(200)["version"], 2);
    let late = put(json!({"name": "Third", "version": 1})).await;
    assert_eq!(late.failure(), (409, "VERSION_CONFLICT".to_owned()));
    assert_eq!(put(json!({"name": "Third"})).await.success(200)["name"], "Third");
}

#[tokio::test]
async fn a_draft_without_content_or_audience_is_not_activated() {
    let world = inhabited().await;
    let account = world.account();
    let start = "2099-01-01T00:00:00Z";
    let nobody = json!({"filters": {"location": ["nowhere"]}});
    let rows = [
        (json!({"messages": []}), 422, "NO_CONTENT"),
        (json!({"targetAudience": nobody}), 422, "EMPTY_AUDIENCE"),
        (json!({"targetAudience": nobody, "startDate": start}), 422, "EMPTY_AUDIENCE"),
        (json!({"targetAudience": {"segments": ["segnone"]}}), 404, "SEGMENT_NOT_FOUND"),
        (json!({"messages": [{"templateId": "tmplnone"}]}), 404, "TEMPLATE_NOT_FOUND"),
    ];
    for (campaign, http, code) in rows {
        let id = account.outreach_campaign(&campaign).await;
        let path = format!("campaigns/{id}");
        let activate = async |body: Value| account.v1("PUT", &path, &body).await.failure();
        assert_eq!(activate(json!({"status": "active"})).await, (http, code.to_owned()), "{campaign}");
        let old = json!({"status": "active", "version": 7});
        assert_eq!(activate(old).await, (409, "VERSION_CONFLICT".to_owned()), "{campaign}");
        let shown = account.shown(&id).await;
        assert_eq!((&shown["status"], &shown["version"]), (&json!("draft"), &json!(1)), "{campaign}");
        // What is said with the call counts.
        let whole = json!({"status": "active", "messages": [{"content": "Hello"}], "targetAudience": {}});
        account.v1("PUT", &path, &whole).await.success(200);
    }
}

#[tokio::test]
async fn an_expired_campaign_is_not_resumed() {
    let world = inhabited().await;
    let account = world.account();
    let id = campaign_in(&world, Column::Paused).await;
    let end = json!({"endDate": "2024-01-01T00:00:00Z"});
    account.v1("PUT", &format!("campaigns/{id}"), &end).await.success(200);
    for (method, path, body) in [("POST", "/resume", Value::Null), ("PUT", "", json!({"status": "active"}))] {
        let reply = account.v1(method, &format!("campaigns/{id}{path}"), &body).await;
        assert_eq!(reply.failure(), (409, "CAMPAIGN_EXPIRED".to_owned()));
    }
}

#[tokio::test]
async fn what_names_a_template_or_a_segment_that_is_gone_is_not_executed() {
    let world = inhabited().await;
    let account = world.account();
    let template = json!({"name": "Hello", "content": "Hello"});
    let template = account.v1("POST", "templates", &template).await.success(201)["id"].clone();
    let says = json!({"messages": [{"templateId": template}]});
    let says = account.outreach_campaign(&says).await;
    let path = format!("templates/{}", template.as_str().unwrap());
    account.v1("DELETE", &path, &Value::Null).await.success(200);
    let reaches = account.outreach_campaign(&json!({"targetAudience": {"segments": ["segnone"]}})).await;
    for (id, code) in [(says, "TEMPLATE_NOT_FOUND"), (reaches, "SEGMENT_NOT_FOUND")] {
        let path = format!("campaigns/{id}/execute");
        for order in [Value::Null, json!({"testMode": true}), json!({"preview": true})] {
            let reply = account.v1("POST", &path, &order).await;
            assert_eq!(reply.failure(), (404, code.to_owned()), "{order}");
        }
        assert_eq!(account.shown(&id).await["status"], "draft");
    }
}

#[tokio::test]
async fn what_is_planned_is_made_a_draft_until_somebody_has_an_outcome() {
    let world = inhabited().await;
    let (account, store) = (world.account(), &world.system.app.store);
    for column in [Column::ActiveRunning, Column::PausedRunning] {
        let id = campaign_in(&world, column).await;
        set_status(&account, &id, "draft").await;
        let execution = last_execution(&world, &id).await;
        assert_eq!(execution.status, ExecutionStatus::Cancelled);
        let again = account.execute(&id, &json!({})).await;
        world.planned().await;
        assert_eq!(
            world.execution(ACCOUNT, &again).await.recipients(),
            3,
            "everybody, for nobody was reached"
        );

        let execution = last_execution(&world, &id).await;
        let outcome = OutreachOutcome {
            campaign: OutreachCampaignId::parse(&id).unwrap(),
            execution: execution.id.clone(),
            bot: execution.bots[0].bot,
            lane: LaneTally { unknown: 1, ..LaneTally::default() },
            ..OutreachOutcome::default()
        };
        store.count_outreach(ACCOUNT, &outcome).await.unwrap();
        let reply = account.v1("PUT", &format!("campaigns/{id}"), &json!({"status": "draft"})).await;
        assert_eq!(reply.failure(), (409, "INVALID_STATUS_TRANSITION".to_owned()));
    }
}

async fn last_execution(world: &World, id: &str) -> Execution {
    let campaign = OutreachCampaignId::parse(id).unwrap();
    world.system.app.store.executions(ACCOUNT, &campaign).await.unwrap().remove(0)
}
