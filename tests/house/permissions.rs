use std::collections::{BTreeMap, BTreeSet};

use local::TEMPLATE;
use local_aws::Template;
use serde_json::json;
use shared::domain::fact_clock::FactClock;
use shared::domain::lead_event::LeadStatus;
use shared::domain::owner_news::OwnerNews;
use shared::ids::{AccountId, BotId, CampaignKey, TrackingCampaignId, UserId};
use shared::queue::{BotTask, MessageTask, OwnerTask};
use shared::store::{Due, DueQueue};
use telegram_simulator::{ChatKind, Faults, NewChat, ReceiverAnswer, Refusal};

use super::permissions_content::{import_people, repeat_calls, show_in_messages, write_content};
use super::permissions_contests::hold_a_contest;
use super::permissions_outreach::{execute, plan_outreach, send_outreach, wait_for_leads};
use super::permissions_people::{erase_somebody, know_people};
use super::permissions_triggers::list_triggers;
use super::permissions_webhooks::{keep_webhooks, tell_webhooks};
use crate::world::samples::png;
use crate::world::{Account, Scene, World};

/// Every function does all its work once; what it then asked of AWS is what its policy allows, and no more. KMS is
/// left out: on one machine a key file stands in for it.
#[tokio::test]
async fn a_function_may_do_what_its_calls_need_and_no_more() {
    let world = World::new().await;
    live_through_everything(&world).await;
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (binary, action) in world.faults.actions() {
        used.entry(binary).or_default().insert(action);
    }
    // What a client does with a form counts as the function's that signed it.
    used.entry("media-presign".to_owned()).or_default().insert("s3:PutObject incoming/*".to_owned());
    used.entry("imports-create".to_owned()).or_default().insert("s3:PutObject imports/*".to_owned());
    used.entry("leads-export".to_owned()).or_default().insert("s3:GetObject exports/*".to_owned());
    used.entry("campaigns-export".to_owned()).or_default().insert("s3:GetObject exports/*".to_owned());
    used.entry("surveys-export".to_owned()).or_default().insert("s3:GetObject exports/*".to_owned());
    let allowed = allowed();
    for (binary, allowed) in &allowed {
        let used = used.remove(binary).unwrap_or_default();
        assert_eq!(&used, allowed, "{binary}: used on the left, allowed on the right");
    }
    assert!(used.is_empty(), "not in the template: {used:?}");
}

async fn live_through_everything(world: &World) {
    let scene = world.scene().await;
    let account = &scene.account;
    wait_for_leads(account).await;
    let user = world.person("Anna");
    scene.start(user, "click");
    scene.join(user);
    scene.leave(user);
    world.settle().await;
    // The welcome is refused, waits in the queue, and is refused once more.
    let refusal = Refusal { code: 429, retry_after: Some(1), next: 2, ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    scene.start(world.person("Bert"), "click");
    world.settle().await;
    sweep_something(world).await;
    let untracked = world.channel(&scene.bot).await;
    world.simulator.join(user, untracked).unwrap();
    world.settle().await;
    world.go(&format!("{}?click=c&sub1=x", scene.code)).await.token();
    account.get("/api/camp/link.json?id=1&click=a%20b").await.data();
    for path in [
        "bots/list",
        "bots/chats",
        "camp/list",
        "camp/get",
        "camp/link",
        "profile/info",
        "stats/summary",
        "stats/campaign",
        "stats/retention",
        "postbacks/list",
        "trackers/list",
        "none/such",
    ] {
        account.get(&format!("/api/{path}.json?id=1")).await;
    }
    for question in ["", "?status=3", "?campaign=1&from=1&offset=1"] {
        account.get(&format!("/api/leads/list.json{question}")).await.data();
    }
    let rows = (0..5_000).map(|number| scene.row(number, LeadStatus::Wait, format!("{number:0512}")));
    world.list_leads_of(&scene, rows.collect()).await;
    assert_eq!(account.export("?status=0").await.code, 302);
    account.get(&format!("/api/journal/list.json?bot=1&chat={}", scene.chat)).await.data();
    account.get("/api/stats/summary.json?from=1").await.data();
    show_media(world, &scene).await;
    greet_with_media(world, account).await;
    move_groups(world).await;
    hear_news(world).await;
    look_after_bots(world).await;
    lose_a_token(world).await;
    meet_refusals(world).await;
    fail_postbacks(world).await;
    for (path, body) in [
        ("bots/check", json!({"id": 1})),
        ("postbacks/replay", json!({"campaign": 1, "state": "delivered"})),
        ("camp/edit", json!({"id": 1, "notify_level": 1})),
        ("camp/pause", json!({"id": 1, "pause": 1})),
        ("camp/del", json!({"id": 1})),
        ("profile/postbacks", json!({"pb_wait": "https://tracker.example/"})),
        ("profile/notify", json!({"leads": 1})),
        ("profile/signing", json!({"action": "create"})),
    ] {
        assert_eq!(
            account.post_json(&format!("/api/{path}.json"), &body).await.json()["status"],
            "ok",
            "{path}"
        );
    }
    world.refuse_next("setWebhook", 400, None);
    let refused = world.simulator.create_bot("refused_bot", "Refused");
    let reply = account.post_json("/api/bots/add.json", &json!({"token": refused.token})).await;
    assert_eq!(reply.error(), "webhook");
    let renewed = account.post_json("/api/profile/apikey.json", &json!({})).await.data();
    let new_key = renewed["key"].as_str().unwrap().to_owned();
    put_aside_a_record(world).await;
    let account = world.account_of(account.id, new_key);
    plan_outreach(&account).await;
    account.resume_what_recurs().await;
    write_content(&account).await;
    repeat_calls(&account).await;
    import_people(world, &account).await;
    show_in_messages(world, &account).await;
    know_people(&account, user).await;
    keep_webhooks(&account).await;
    tell_webhooks(world, &account).await;
    execute(world, &account, user).await;
    send_outreach(world, &account).await;
    hold_a_contest(world).await;
    list_triggers(world, &account).await;
    erase_somebody(world, &account, user).await;
    account.post_form("/api/bots/del.json", &json!({"id": 1})).await;
}

/// Uploads, and names in both calls that take a media: one that was uploaded with a form, one that was not, and one
/// that is refused.
async fn show_media(world: &World, scene: &Scene) {
    let account = &scene.account;
    world.upload(account, &png(64, 48)).await.data();
    let chat = world.channel(&scene.bot).await;
    for (path, call) in
        [("camp/add", json!({"bot": 1, "chat": chat, "welcome": "Join!"})), ("camp/edit", json!({"id": 1}))]
    {
        for file in [None, Some(b"MZ".to_vec()), Some(png(64, 48))] {
            let form = world.presigned(account, "image/png").await;
            let is_good = file.as_ref().is_some_and(|file| file.len() > 2);
            if let Some(file) = file {
                assert_eq!(world.send_form(&form, &file).await, 204);
            }
            let mut call = call.clone();
            call["media"] = form["media"].clone();
            let reply = account.post_json(&format!("/api/{path}.json"), &call).await;
            assert_eq!(reply.json()["status"] == "ok", is_good, "{}", reply.text);
        }
    }
}

/// Greets below a media, at once and from the queue, and below one that is gone.
async fn greet_with_media(world: &World, account: &Account) {
    let upload = async || world.upload(account, &png(64, 48)).await.data()["media"].clone();
    let shown = world.setting().bot("mediabot").set("media", upload().await).set_up().await;
    world.refuse_next("sendPhoto", 429, Some(1));
    shown.start(world.person("Anton"), "click");
    world.settle().await;
    let gone = upload().await;
    let scene = world.setting().bot("gonebot").set("media", gone.clone()).set_up().await;
    world.remove_object(&format!("media/1/{}", gone.as_str().unwrap()));
    scene.start(world.person("Bert"), "click");
    // Another bot has to be silent, so that the queue's function is the first to look for the file.
    let scene = world.setting().bot("silentbot").set("media", gone).set_up().await;
    let opening_ms = world.system.app.clock.now_ms() + 1_000;
    world.system.app.store.close_gate(scene.bot_key(), opening_ms).await.unwrap();
    scene.start(world.person("Carl"), "click");
    world.settle().await;
}

/// A due item goes to its queue, and to the worker, who knows nothing of its campaign.
async fn sweep_something(world: &World) {
    let campaign = CampaignKey { account: AccountId(9), campaign: TrackingCampaignId(9) };
    let request = FactClock::first_of_second(1);
    let task = MessageTask::ApproveV1 { campaign, user: UserId(9), request };
    let due_ms = world.system.app.clock.now_ms();
    // As at the minute's beginning: what is written in its last seconds is for the sweep after the next.
    let minute_ms = due_ms.div_euclid(60_000) * 60_000;
    let due = Due { due_ms, id: task.id(), task: task.spelled().unwrap(), ..Due::default() };
    world.system.app.store.put_due(&due, minute_ms).await.unwrap();
    let retry =
        Due { id: "retry".to_owned(), queue: DueQueue::Retries, group: "t.example".to_owned(), ..due };
    let retry = Due { task: r#"{"type":"postback_v1","campaign":{"account":9,"campaign":9},"user":9,"event":{"status":"wait","clock":"00000000001.000000000001"}}"#.to_owned(), ..retry };
    world.system.app.store.put_due(&retry, minute_ms).await.unwrap();
    world.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
    world.settle().await;
}

/// Groups become supergroups: the webhook hears of one, a check of the other.
async fn move_groups(world: &World) {
    let account = world.another_account().await;
    let scene = world.setting().of(&account).bot("groups_bot").group().set_up().await;
    world.simulator.migrate(scene.chat).unwrap();
    world.settle().await;
    let group = world.chat(&scene.bot, NewChat::new("My Group", ChatKind::Group)).await;
    account
        .post_json("/api/camp/add.json", &json!({"bot": 1, "chat": group, "welcome": "Join!"}))
        .await
        .data();
    world.tell_only(&scene.bot, &["chat_member"]).await;
    world.simulator.migrate(group).unwrap();
    account.post_json("/api/bots/check.json", &json!({"id": 1})).await.data();
}

/// Telegram refuses what was in the queue: an approval, because the group is a supergroup, and a welcome's content.
async fn meet_refusals(world: &World) {
    let refuse = |method: &str, code: u16, words: &str| Refusal {
        code,
        description: words.to_owned(),
        retry_after: (code == 429).then_some(1),
        next: 1,
        methods: vec![method.to_owned()],
        ..Refusal::default()
    };
    let account = world.another_account().await;
    let group = NewChat { join_by_request: true, ..NewChat::new("My Group", ChatKind::Group) };
    let scene =
        world.setting().of(&account).bot("letting_in_bot").chat(group).set("auto_approve", 0).set_up().await;
    let supergroup = Some(world.channel(&scene.bot).await);
    let (send, approve) = ("sendMessage", "approveChatJoinRequest");
    let moved = Refusal { migrate_to_chat_id: supergroup, ..refuse(approve, 400, "") };
    world.simulator.set_faults(Faults { refuse: vec![refuse(approve, 429, ""), moved], ..Faults::default() });
    world.simulator.request_to_join(world.person("Cleo"), scene.chat).unwrap();
    world.settle().await;
    let content = vec![refuse(send, 429, ""), refuse(send, 400, "Bad Request: can't parse entities")];
    world.simulator.set_faults(Faults { refuse: content, ..Faults::default() });
    scene.start(world.person("Dora"), "click");
    world.settle().await;

    // An owner hears in a tracked group, which is a supergroup by now.
    let scene = world.setting().of(&account).bot("told_bot").group().set_up().await;
    account.post_json("/api/profile/notify.json", &json!({"chat": scene.chat})).await;
    let moved =
        Refusal { migrate_to_chat_id: Some(world.channel(&scene.bot).await), ..refuse(send, 400, "") };
    world.simulator.set_faults(Faults { refuse: vec![moved], ..Faults::default() });
    let news = OwnerNews::WebhookBroken { bot: BotId(scene.bot.id) };
    let body = serde_json::to_string(&OwnerTask::BotNewsV1 { account: account.id, news }).unwrap();
    let batch =
        json!({"Records": [{"messageId": "1", "body": body, "attributes": {}, "messageAttributes": {}}]});
    world.system.cloud.invoke("notifier", batch).await.unwrap();
}

/// An owner hears of leads, more than one in a second, and of a bot that lost its rights.
async fn hear_news(world: &World) {
    let account = world.another_account().await;
    let scene = world.setting().of(&account).bot("news_bot").set("notify_level", 2).set_up().await;
    account.post_json("/api/profile/notify.json", &json!({"leads": 1, "chat": world.person("Olga")})).await;
    for _ in 0..3 {
        let user = world.person("Ben");
        scene.start(user, "click");
        scene.join(user);
    }
    world.settle().await;
    world.simulator.demote(scene.bot.tg, scene.chat).unwrap();
    world.settle().await;
}

/// One bot lost its webhook and a leave, another one's group became a supergroup, and a third one's token is revoked.
async fn look_after_bots(world: &World) {
    let account = world.another_account().await;
    let channel = world.setting().of(&account).bot("looked_bot").set_up().await;
    let group = world.setting().of(&account).bot("moving_bot").group().set_up().await;
    for scene in [&channel, &group] {
        let user = world.person("Carl");
        scene.start(user, "click");
        scene.join(user);
        world.settle().await;
        world.simulator.set_faults(Faults { withhold_leave_share: 1.0, ..Faults::default() });
        scene.leave(user);
    }
    world.simulator.set_faults(Faults::default());
    world.tell_only(&channel.bot, &["message"]).await;
    world.tell_only(&group.bot, &["chat_member"]).await;
    world.simulator.migrate(group.chat).unwrap();
    for scene in [&channel, &group] {
        scene.look(world).await;
        assert!(!world.check_bot(&BotTask::PieceV1 { bot: scene.bot_key() }).await);
    }
    world.settle().await;
    world.faults.go_down();
    assert!(world.check_bot(&channel.planned_look().await).await);
    world.faults.come_back();
    let revoked = world.setting().of(&account).bot("gone_bot").set_up().await;
    world.simulator.revoke(revoked.bot.tg).unwrap();
    let check = account.post_json("/api/bots/check.json", &json!({"id": revoked.bot.id})).await;
    assert_eq!(check.error(), "token");
    revoked.look(world).await;
}

/// The token is refused when a message that waited is sent.
async fn lose_a_token(world: &World) {
    let account = world.another_account().await;
    let scene = world.setting().of(&account).bot("revoked_bot").set_up().await;
    let refuse = |code, retry_after| Refusal { code, retry_after, next: 1, ..Refusal::default() };
    let refuse = vec![refuse(429, Some(1)), refuse(401, None)];
    world.simulator.set_faults(Faults { refuse, ..Faults::default() });
    scene.start(world.person("Dora"), "click");
    world.settle().await;
}

/// A postback fails, is tried again in vain and waits; another host wants no more and gets none.
async fn fail_postbacks(world: &World) {
    let account = world.another_account().await;
    let scene = world.setting().of(&account).bot("failing_bot").set_up().await;
    for (name, status) in [("Fay", 503), ("Gus", 410), ("Hal", 410)] {
        world.simulator.set_receiver(ReceiverAnswer { status, delay_ms: 0 });
        scene.start(world.person(name), "click");
        world.settle().await;
    }
    world.simulator.set_receiver(ReceiverAnswer::default());
}

/// A stream record that does not read goes to the dead-letter queue.
async fn put_aside_a_record(world: &World) {
    let event =
        std::fs::read_to_string(super::root().join("events/lead-stream/unreadable-record.json")).unwrap();
    world.system.cloud.invoke("lead-stream", serde_json::from_str(&event).unwrap()).await.unwrap();
}

/// The part of the table or the bucket that a policy's resource names; nothing for the whole.
fn part(resource: &str) -> String {
    let resource = resource.trim().strip_prefix("Resource: ").unwrap();
    resource.split_once("Arn}/").map(|(_, part)| format!(" {part}")).unwrap_or_default()
}

/// The actions in each function's own policy, with the part that they are for, but for KMS.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let binaries: BTreeMap<String, String> = Template::parse(TEMPLATE)
        .unwrap()
        .functions()
        .iter()
        .map(|function| (function.logical_id.clone(), function.binary.clone()))
        .collect();
    let mut function = "";
    let mut allowed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (line, next) in TEMPLATE.lines().zip(TEMPLATE.lines().skip(1)) {
        if line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':') {
            function = line.trim().trim_end_matches(':');
        }
        let Some(binary) = binaries.get(function) else { continue };
        let allowed = allowed.entry(binary.clone()).or_default();
        if let Some(actions) = line.trim().strip_prefix("Action: [") {
            let actions = actions.trim_end_matches(']').split(", ");
            let actions = actions.filter(|action| !action.starts_with("kms:"));
            allowed.extend(actions.map(|action| format!("{action}{}", part(next))));
        }
    }
    allowed
}
