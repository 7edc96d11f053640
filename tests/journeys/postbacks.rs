use serde_json::{Value, json};
use shared::app::{LeadChange, StreamBatch};
use shared::clock::Clock;
use shared::domain::course::Course;
use shared::domain::lead_event::LeadStatus;
use shared::domain::postback_log::{PostbackAttempt, PostbackState};
use shared::ids::{AccountId, UserId};
use shared::store::{AttemptWrite, LoggedPostback};
use telegram_simulator::ReceiverAnswer;

use super::pairs;
use crate::world::{Account, MemberChange, Scene, World, member_update, start_update};

/// An account with global templates for wait and approve.
async fn account_with_templates(world: &World) -> Account {
    let [wait, approve] = ["global_wait", "global_approve"].map(|path| world.template(path));
    world.stored_account(json!({"templates": {"wait": wait, "approve": approve}})).await
}

async fn visit(world: &World, scene: &Scene, click: &str) {
    let user = world.person("Anna");
    scene.start(user, click);
    world.delivered().await;
    scene.join(user);
    world.delivered().await;
    scene.leave(user);
    world.settle().await;
}

#[tokio::test]
async fn a_campaign_without_templates_of_its_own_uses_the_accounts() {
    let world = World::new().await;
    let account = account_with_templates(&world).await;
    let scene = world.setting().of(&account).without_templates().set_up().await;
    visit(&world, &scene, "c1").await;
    assert_eq!(world.told(), pairs(&[("global_wait", "c1"), ("global_approve", "c1")]));
}

#[tokio::test]
async fn a_campaign_with_one_template_of_its_own_uses_its_own_five() {
    let world = World::new().await;
    let account = account_with_templates(&world).await;
    let template = world.template("own_cancel");
    let scene = world.setting().of(&account).without_templates().set("pb_cancel", template).set_up().await;
    visit(&world, &scene, "c1").await;
    assert_eq!(world.told(), pairs(&[("own_cancel", "c1")]));
    assert_eq!(scene.counters().await, [1, 1, 1]);
}

#[tokio::test]
async fn without_any_template_nothing_is_told_and_everything_counted() {
    let world = World::new().await;
    let scene = world.setting().without_templates().set_up().await;
    assert_eq!(scene.account.id, AccountId(1));
    visit(&world, &scene, "c1").await;
    assert_eq!((world.told(), scene.counters().await), (pairs(&[]), [1, 1, 1]));
}

#[tokio::test]
async fn an_attempt_that_failed_is_in_the_log_and_its_task_in_the_queue_of_retries() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    world.simulator.set_receiver(ReceiverAnswer { status: 500, delay_ms: 0 });
    scene.start(anna, "c1");
    let queue = "RetryQueue";
    let depth = |queue: &str| world.system.cloud.queue_depth(queue).unwrap();
    world.until("its task is handed on", async || depth(queue).delayed == 1).await;
    world.until("the postback queue is done with it", async || depth("PostbackQueue").total() == 0).await;
    let logged = scene.log().await;
    let [postback] = logged.as_slice() else { panic!("{logged:?}") };
    assert_eq!((&postback["state"], &postback["event"]), (&json!("pending"), &json!("wait")));
    assert_eq!((&postback["attempts"][0]["code"], &postback["attempts"][1]), (&json!(500), &Value::Null));
    let url = postback["url"].as_str().unwrap();
    assert!(url.contains("/simulator/receiver/wait?click=c1&"), "{url}");
    let bodies = world.system.cloud.queue_bodies(queue).unwrap();
    let [body] = bodies.as_slice() else { panic!("{bodies:?}") };
    let task: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&task["type"], &task["user"]), (&Value::from("postback_v1"), &Value::from(anna)));
    assert!(!postback["next"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn an_attempt_that_the_receiver_refuses_for_good_is_the_last() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    world.simulator.set_receiver(ReceiverAnswer { status: 404, delay_ms: 0 });
    scene.start(anna, "c1");
    world.settle().await;
    assert_eq!((scene.logged_states().await, world.events().len()), (vec!["wait failed".to_owned()], 1));
}

#[tokio::test]
async fn a_private_target_is_not_called_unless_it_is_allowed() {
    let world = World::with(|options| options.allow_private_targets = false).await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    let postback = &scene.log().await[0];
    let told = ["state", "error"].map(|name| postback[name].clone());
    assert_eq!((told, world.events().len()), ([json!("failed"), json!("target")], 0));
    assert_eq!(
        (&postback["attempts"][0]["error"], &postback["attempts"][0]["code"]),
        (&json!("target"), &json!(0))
    );
}

#[tokio::test]
async fn a_postback_tried_in_vain_ten_times_has_failed() {
    // Two minutes behind the machine, so that the deadline of the first invocation stays ahead of it.
    let clock = Clock::manual(Clock::System.now_ms() - 120_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.setting().without_templates().set_up().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    scene.set_template(&world, "pb_wait").await;
    world.simulator.set_receiver(ReceiverAnswer { status: 503, delay_ms: 0 });
    let task = scene.task(anna, LeadStatus::Wait).await;
    assert!(!world.is_to_come_again(&task).await);
    let first_ms = clock.now_ms();
    for tried in 1..10 {
        let logged = scene.logged(anna, LeadStatus::Wait).await;
        let next_ms = logged.course.next_ms.unwrap();
        assert_eq!((logged.state, logged.attempts.len()), (PostbackState::Pending, tried));
        clock.advance_ms(next_ms - clock.now_ms() - 1);
        assert!(world.retry(std::slice::from_ref(&task)).await.is_empty());
        assert_eq!(world.events().len(), tried, "not before it is due");
        clock.advance_ms(1);
        assert!(world.retry(std::slice::from_ref(&task)).await.is_empty());
    }
    assert_eq!(scene.logged_states().await, ["wait failed"]);
    assert_eq!(scene.log().await[0]["next"], "");
    let hours = (clock.now_ms() - first_ms) / 3_600_000;
    assert!((58..=89).contains(&hours), "{hours}");
    assert!(world.retry(std::slice::from_ref(&task)).await.is_empty());
    assert_eq!(world.events().len(), 10, "an eleventh is not made");
}

#[tokio::test]
async fn a_log_write_whose_answer_is_lost_is_one_attempt() {
    let world = World::new().await;
    let scene = world.setting().without_templates().set_up().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    let id = scene.postback_id(anna, LeadStatus::Wait).await;
    let attempt = PostbackAttempt {
        started_ms: 1_795_000_000_000,
        took_ms: 7,
        code: Some(503),
        ..PostbackAttempt::default()
    };
    let course = Course { since_ms: Some(attempt.started_ms), next_ms: Some(1_795_000_010_000), hold: None };
    let one = LoggedPostback {
        id,
        subscriber: UserId(anna),
        state: PostbackState::Pending,
        url: "https://t.example/".to_owned(),
        error: None,
        attempts: vec![attempt.clone()],
        course,
    };
    let other = PostbackAttempt { took_ms: 8, ..attempt.clone() };
    let overtaken = LoggedPostback { attempts: vec![other.clone()], ..one.clone() };
    let two = LoggedPostback {
        attempts: vec![attempt, other],
        state: PostbackState::Failed,
        course: Course { next_ms: None, ..course },
        ..one.clone()
    };
    let log = async |postback| world.system.app.store.log_attempt(scene.account.id, postback).await.unwrap();
    assert_eq!(log(&one).await, AttemptWrite::Logged);
    assert_eq!(log(&one).await, AttemptWrite::Logged, "the same attempt");
    assert_eq!(
        log(&overtaken).await,
        AttemptWrite::Overtaken(PostbackState::Pending),
        "another first attempt"
    );
    assert_eq!(log(&two).await, AttemptWrite::Logged);
    assert_eq!(log(&one).await, AttemptWrite::Logged, "the first attempt, late");
    assert_eq!(log(&overtaken).await, AttemptWrite::Overtaken(PostbackState::Failed));
    assert_eq!(world.system.app.store.postback(scene.account.id, id).await.unwrap(), Some(two));
}

#[tokio::test]
async fn a_pending_postback_that_loses_its_template_is_skipped_and_one_that_never_had_one_is_nowhere() {
    let world = World::new().await;
    let scene = world.setting().without_templates().set_up().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    scene.join(anna);
    world.settle().await;
    scene.set_template(&world, "pb_wait").await;
    world.simulator.set_receiver(ReceiverAnswer { status: 503, delay_ms: 0 });
    let task = scene.task(anna, LeadStatus::Wait).await;
    assert!(!world.is_to_come_again(&task).await);
    assert_eq!(scene.logged_states().await, ["wait pending"]);
    scene.account.post_json("/api/profile/postbacks.json", &json!({"pb_wait": ""})).await.data();
    assert!(world.retry(&[task]).await.is_empty());
    let log = scene.log().await;
    assert_eq!((log.len(), &log[0]["state"], &log[0]["error"]), (1, &json!("skipped"), &json!("template")));
    assert_eq!(log[0]["attempts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_leave_after_the_window_is_skipped_once_however_often_the_stream_tells_of_it() {
    let world = World::new().await;
    let scene = world.setting().set("unsub_window", 60).set_up().await;
    let now = world.system.app.clock.now();
    let changes = [
        start_update(1, 11, now - 200, &format!("{}-a", scene.code)),
        member_update(2, now - 150, MemberChange::join(11, scene.chat)),
        member_update(3, now, MemberChange::leave(11, scene.chat)),
    ];
    for update in &changes {
        assert_eq!(world.deliver(&scene.bot, update).await.code, 200);
    }
    world.settle().await;
    assert_eq!(scene.logged_states().await, ["cancel skipped", "approve delivered", "wait delivered"]);
    let skipped = scene.log().await[0].clone();
    assert_eq!(
        (&skipped["error"], &skipped["url"], &skipped["attempts"]),
        (&json!("window"), &json!(""), &json!([]))
    );

    let all = json!({"campaign": 1, "state": "skipped"});
    let replayed = scene.account.post_json("/api/postbacks/replay.json", &all).await;
    assert_eq!(replayed.data(), json!({"queued": 0}), "what came too late is told by its id alone");

    // The stream brings it again after a replay has told it: what was told stays.
    let id = json!({"id": skipped["id"]});
    let replayed = scene.account.post_json("/api/postbacks/replay.json", &id).await;
    assert_eq!(replayed.data(), json!({"queued": 1}));
    world.settle().await;
    assert_eq!(world.events(), ["wait", "approve", "cancel"]);
    let lead = scene.lead(11).await.unwrap();
    let mut before = lead.clone();
    before.facts.leave = None;
    let change =
        LeadChange { campaign: scene.campaign, old: Some(before), new: Some(lead), sequence: "1".into() };
    let again = StreamBatch { shard: "again".into(), changes: vec![change] };
    world.system.app.process_lead_changes(&again).await.unwrap();
    assert_eq!(scene.logged_states().await, ["cancel delivered", "approve delivered", "wait delivered"]);
}

#[tokio::test]
async fn a_late_leave_without_a_template_is_not_in_the_log() {
    let world = World::new().await;
    let setting = world.setting().without_templates().set("pb_wait", world.template("wait"));
    let scene = setting.set("unsub_window", 60).set_up().await;
    let now = world.system.app.clock.now();
    for update in [
        start_update(1, 11, now - 200, &format!("{}-a", scene.code)),
        member_update(2, now - 150, MemberChange::join(11, scene.chat)),
        member_update(3, now, MemberChange::leave(11, scene.chat)),
    ] {
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    }
    world.settle().await;
    assert_eq!(scene.logged_states().await, ["wait delivered"]);
}
