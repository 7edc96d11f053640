//! One person is erased everywhere, and nothing else is.

use local::faults::Death;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::erasure::{ErasedLead, ErasedList, ErasurePass, ErasurePlace};
use shared::domain::fact_clock::FactClock;
use shared::domain::journal::JournalAction;
use shared::domain::lead_event::{LeadEvent, LeadStatus};
use shared::domain::person::Person;
use shared::domain::postback_id::PostbackId;
use shared::ids::{ChatId, LeadId, TrackingCampaignId, UserId};
use shared::queue::{Grouped, Task};
use shared::store::{Due, JournalRow};
use telegram_simulator::{NewUser, ReceiverAnswer};

use crate::world::{Account, Scene, World, start_update};

/// Longer than between the passes, in seconds.
const NEXT_PASS_SECONDS: i64 = 901;

/// What names Anna; the id comes to it.
const NAMES: [&str; 5] = ["Annabella", "anna_bella_1", "anna-click", "anna/visit", "anna vaulted"];

/// A world whose clock is ahead of the simulator's: what happened there is over when an erasure is asked for.
async fn ahead() -> World {
    World::with(|options| options.clock = Clock::shifted(60_000)).await
}

/// Two campaigns in which people were leads.
struct Lived {
    scenes: [Scene; 2],
    anna: i64,
    bert: i64,
}

/// Anna and Bert come by a visit, by an asked link and by a plain link, join and leave, and are described.
async fn live(world: &World) -> Lived {
    let scenes = [world.scene().await, world.setting().bot("second_bot").set_up().await];
    let account = &scenes[0].account;
    let user = NewUser { username: Some("anna_bella_1".to_owned()), ..NewUser::named("Annabella") };
    let (anna, bert) = (world.simulator.create_user(user), world.person("Bert"));
    let visited = world.go(&format!("{}?click=anna%2Fvisit&sub1=x", scenes[0].code)).await;
    let asked = account.get("/api/camp/link.json?id=2&click=anna%20vaulted").await.data();
    let payload = |link: &str| link.split_once("?start=").unwrap().1.to_owned();
    let press = |scene: &Scene, payload: &str| {
        world.simulator.start_bot(anna, &scene.bot.username, payload).unwrap();
    };
    press(&scenes[0], &payload(&visited.link));
    press(&scenes[1], &payload(asked["link"].as_str().unwrap()));
    scenes[1].start(anna, "anna-click");
    for scene in &scenes {
        scene.start(bert, "bert-click");
        for user in [anna, bert] {
            scene.join(user);
        }
        world.delivered().await;
        scene.leave(anna);
    }
    let untracked = world.channel(&scenes[0].bot).await;
    world.simulator.join(anna, untracked).unwrap();
    world.settle().await;
    for user in [anna, bert] {
        let said = json!({"attributes": {"location": "US"}, "tags": ["vip"]});
        account.v1("PUT", &format!("subscribers/{user}"), &said).await.success(200);
    }
    reach(world, account, anna).await;
    Lived { scenes, anna, bert }
}

/// Anna is in a list of subscribers, once at fault, in an execution, and alone in a test of another.
async fn reach(world: &World, account: &Account, anna: i64) {
    let import = account.v1("POST", "subscribers/imports", &Value::Null).await.success(201);
    let file = format!("id,city\n{anna},Annabella\n{anna},Annabella,\n");
    assert_eq!(world.send_form(&import, file.as_bytes()).await, 204);
    let path = format!("subscribers/imports/{}", import["importId"].as_str().unwrap());
    account.v1("POST", &format!("{path}/start"), &Value::Null).await.success(202);
    world.settle().await;
    let import = account.v1("GET", &path, &Value::Null).await.success(200);
    assert_eq!((&import["imported"], &import["failed"]), (&json!(1), &json!(1)), "{import}");
    let testers = json!({"testers": [anna.to_string()]});
    account.v1("PUT", "testers", &testers).await.success(200);
    for order in [json!({}), json!({"testMode": true})] {
        let campaign = account.outreach_campaign(&json!({})).await;
        let id = account.execute(&campaign, &order).await;
        world.settle().await;
        let execution = world.execution(account.id, &id).await;
        let recipients = world.recipients(account.id, &execution).await;
        assert!(recipients.iter().any(|(_, them)| them.user == UserId(anna)), "{order}");
    }
}

async fn shown(account: &Account, user: i64) -> u16 {
    account.v1("GET", &format!("subscribers/{user}"), &Value::Null).await.code
}

async fn delete(account: &Account, user: i64) -> Value {
    account.v1("DELETE", &format!("subscribers/{user}"), &Value::Null).await.success(202)
}

async fn assert_nobody_names(world: &World, anna: i64) {
    for name in NAMES.map(str::to_owned).into_iter().chain([anna.to_string()]) {
        let found = world.naming(&name).await;
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}

#[tokio::test]
async fn after_an_erasure_nothing_names_the_person_and_nobody_else_is_touched() {
    let world = ahead().await;
    let Lived { scenes, anna, bert } = live(&world).await;
    let account = &scenes[0].account;
    for name in NAMES.map(str::to_owned).into_iter().chain([anna.to_string()]) {
        assert!(!world.naming(&name).await.is_empty(), "the test would not see {name}");
    }
    let statistics = async || account.get("/api/stats/summary.json?from=1").await.data();
    let (of_bert, counted) = (world.naming(&bert.to_string()).await, statistics().await);
    let told = world.postbacks().len();
    let join = scenes[0].lead(anna).await.unwrap().facts.join.unwrap();
    let event = LeadEvent { status: LeadStatus::Approve, clock: join };
    let pending = Task::PostbackV1 { campaign: scenes[0].campaign, user: UserId(anna), event };
    assert!(of_bert.len() > 8, "{of_bert:#?}");

    assert_eq!(delete(account, anna).await, json!({"status": "erasing"}));
    world.quiet().await;
    assert_eq!((shown(account, anna).await, shown(account, bert).await), (404, 200));
    let left = world.naming(&anna.to_string()).await;
    assert!(left.len() == 1 && left[0].contains("ERASE#"), "{left:#?}");
    assert_eq!(delete(account, anna).await, json!({"status": "erasing"}), "once more is harmless");
    world.pass(NEXT_PASS_SECONDS, 2).await;
    assert!(world.receive(&[pending]).await.is_empty(), "a task that waited finds nothing");
    assert_nobody_names(&world, anna).await;
    let again = account.v1("DELETE", &format!("subscribers/{anna}"), &Value::Null).await;
    assert_eq!(again.failure(), (404, "SUBSCRIBER_NOT_FOUND".to_owned()));

    assert_eq!(world.naming(&bert.to_string()).await, of_bert);
    assert_eq!(statistics().await, counted, "what was counted stays");
    assert_eq!(world.postbacks().len(), told, "nothing is told of it");
}

#[tokio::test]
async fn an_erasure_goes_on_wherever_it_was_killed() {
    let world = ahead().await;
    let Lived { scenes, anna, .. } = live(&world).await;
    let account = scenes[0].account.id;
    let begun = world.system.app.clock.now();
    world.system.app.store.begin_erasure(account, UserId(anna), begun).await.unwrap();
    for calls in 0..400 {
        world.faults.kill("eraser", Death { calls, lost_answer: calls % 2 == 0 });
        world.erase(account.0, anna).await;
        if !world.faults.revive("eraser") {
            assert!(calls > 10, "it was never killed");
            break;
        }
    }
    let state = world.system.app.store.erasure(account, UserId(anna)).await.unwrap().unwrap();
    assert_eq!(state.pass, ErasurePass::Second);
    assert!(world.erase(account.0, anna).await, "too early");
    world.system.app.clock.advance_ms(NEXT_PASS_SECONDS * 1_000);
    for calls in 0..400 {
        world.faults.kill("eraser", Death { calls, lost_answer: calls % 2 == 0 });
        let again = world.erase(account.0, anna).await;
        if !world.faults.revive("eraser") && !again {
            break;
        }
    }
    assert!(!world.erase(account.0, anna).await);
    assert_nobody_names(&world, anna).await;
}

#[tokio::test]
async fn what_was_on_its_way_is_erased_by_the_second_pass_and_who_comes_back_is_not() {
    let world = ahead().await;
    let Lived { scenes, anna, .. } = live(&world).await;
    let (account, app) = (&scenes[0].account, &world.system.app);
    delete(account, anna).await;
    world.quiet().await;
    let late = FactClock { date: app.clock.now() - 30, update: 900 };
    let person = Person { user: UserId(anna), username: "late_name".to_owned(), ..Person::default() };
    let row = JournalRow {
        chat: ChatId(scenes[0].chat),
        clock: late,
        action: JournalAction::Leave,
        user: person.user,
        username: person.username.clone(),
        campaign: None,
        lead: None,
        reconciled: false,
    };
    app.store.write_journal(scenes[0].bot_key(), &[row]).await.unwrap();
    app.store.record_contact(scenes[1].bot_key(), &person, late).await.unwrap();
    // The simulator's clock stands behind that of the system.
    let now = app.clock.now() + 10;
    let update = start_update(1_000_000, anna, now, &format!("{}-back", scenes[0].code));
    assert_eq!(world.deliver(&scenes[0].bot, &update).await.code, 200);
    world.pass(NEXT_PASS_SECONDS, 1).await;
    assert!(world.naming("late_name").await.is_empty());
    assert!(world.naming("ERASE#").await.is_empty());
    let back = account.v1("GET", &format!("subscribers/{anna}"), &Value::Null).await.success(200);
    assert_eq!(back["bots"].as_array().unwrap().len(), 1);
    assert_eq!((&back["bots"][0]["leads"][0]["click"], &back["tags"]), (&json!("back"), &json!([])));
}

#[tokio::test]
async fn a_walk_goes_on_where_it_ended_for_want_of_time() {
    let world = ahead().await;
    let Lived { scenes, anna, .. } = live(&world).await;
    let (account, app) = (scenes[0].account.id, &world.system.app);
    let now = app.clock.now();
    app.store.begin_erasure(account, UserId(anna), now).await.unwrap();
    let mut erasure = app.store.erasure(account, UserId(anna)).await.unwrap().unwrap();
    let campaign = TrackingCampaignId(1);
    let list = ErasedList::Postbacks { campaign, month: now };
    erasure.place = Some(ErasurePlace { list, after: None });
    erasure.leads = [1, 2]
        .map(|campaign| ErasedLead {
            campaign: TrackingCampaignId(campaign),
            lead: Some(LeadId(1)),
            since: now,
        })
        .to_vec();
    assert!(app.store.save_erasure(account, &mut erasure).await.unwrap());
    assert!(world.erase(account.0, anna).await);
    let left = world.naming(&anna.to_string()).await;
    assert!(left.iter().any(|item| item.contains("JOUR#")), "journals come before the place");
    assert!(!left.iter().any(|item| item.contains(r#""subscriber""#)), "{left:#?}");
}

#[tokio::test]
async fn a_postback_that_is_to_be_tried_again_is_forgotten() {
    let world = ahead().await;
    let scene = world.scene().await;
    world.simulator.set_receiver(ReceiverAnswer { status: 503, delay_ms: 0 });
    let dora = world.person("Dora");
    scene.start(dora, "click");
    world.quiet().await;
    let (app, lead) = (&world.system.app, scene.lead(dora).await.unwrap());
    let clock = lead.facts.first_start().unwrap().clock;
    let event = LeadEvent { status: LeadStatus::Wait, clock };
    let id = PostbackId { campaign: scene.campaign.campaign, lead: lead.id.unwrap(), event };
    let postback = app.store.postback(scene.account.id, id).await.unwrap().unwrap();
    let task = Task::PostbackV1 { campaign: scene.campaign, user: UserId(dora), event };
    let due_ms = postback.course.next_ms.unwrap() + 100;
    let due = Due { due_ms, id: task.id(), task: task.spelled().unwrap(), ..Due::default() };
    app.store.put_due(&due, app.clock.now_ms()).await.unwrap();
    let dues =
        async || world.naming("DUE#").await.iter().filter(|due| due.contains(&dora.to_string())).count();
    assert_eq!(dues().await, 1);
    delete(&scene.account, dora).await;
    world.quiet().await;
    assert_eq!(dues().await, 0);
}

#[tokio::test]
async fn who_was_only_seen_in_a_chat_can_be_erased_and_a_stranger_is_not_known() {
    let world = ahead().await;
    let scene = world.scene().await;
    let carl = world.person("Carl");
    scene.join(carl);
    world.settle().await;
    assert_eq!(shown(&scene.account, carl).await, 404, "no contact");
    for absent in ["7999999999", "x", "-"] {
        let reply = scene.account.v1("DELETE", &format!("subscribers/{absent}"), &Value::Null).await;
        assert_eq!(reply.failure(), (404, "SUBSCRIBER_NOT_FOUND".to_owned()));
    }
    delete(&scene.account, carl).await;
    world.pass(NEXT_PASS_SECONDS, 1).await;
    assert!(world.naming(&carl.to_string()).await.is_empty());
}
