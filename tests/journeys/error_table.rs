//! Every answer of Telegram's table of errors, to everything that a bot sends: what is left for people to see.
//!
//! A line has the calls that Telegram saw for the message, each with its answer; whether the person counts as
//! reachable; the status in the list of bots; what the owner heard; what the person was shown; and the lead.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::ids::UserId;
use telegram_simulator::{Faults, Refusal};

use super::error_rows::{ROWS, Row, Sender};
use crate::world::samples::png;
use crate::world::{Scene, World};

/// How far back the clock of these worlds stands, so that a day may pass before it is now.
const BEFORE_MS: i64 = 2 * 86_400_000;

/// The longest silence in the table, in hours, and an hour more.
const SILENCE_HOURS: usize = 21;

impl Sender {
    /// The method whose answer is the row's, where it is not any that sends.
    fn methods(self) -> Vec<String> {
        match self {
            Self::Invite => vec!["createChatInviteLink".to_owned()],
            Self::Approval => vec!["approveChatJoinRequest".to_owned()],
            _ => Vec::new(),
        }
    }

    async fn scene(self, world: &World, number: usize) -> Scene {
        let account = world.another_account().await;
        let name: &'static str = Box::leak(format!("row{number}_bot").into_boxed_str());
        let setting = world.setting().of(&account).bot(name);
        let setting = setting.set("button_text", "Go").set("button_url", "https://e.com/");
        let scene = match self {
            Self::Media => {
                let media = world.upload(&account, &png(64, 48)).await.data()["media"].clone();
                setting.set("media", media).set_up().await
            }
            Self::Invite => setting.set("welcome", "Join {invite}").set_up().await,
            Self::Approval => setting.closed().set("auto_approve", 0).set_up().await,
            Self::Notice => setting.set("notify_level", 1).set_up().await,
            Self::Welcome | Self::QueuedWelcome | Self::PoliteReply => setting.set_up().await,
        };
        let owner = world.person("Olga");
        world.simulator.send_text(owner, scene.bot.tg, "hello").unwrap();
        world.quiet().await;
        let leads = i32::from(self == Self::Notice);
        account.post_json("/api/profile/notify.json", &json!({"leads": leads, "chat": owner})).await;
        scene
    }
}

fn faults(row: &Row, sender: Sender, chat: i64, moved: i64) -> Faults {
    if row.code == 0 {
        return Faults { time_out_next: 1, time_out_after_ms: 50, ..Faults::default() };
    }
    let refusal = Refusal {
        code: row.code,
        description: row.words.to_owned(),
        retry_after: (row.code == 429).then_some(70_000),
        migrate_to_chat_id: (row.name == "migrated").then_some(moved),
        html: row.code == 502,
        next: 1,
        methods: sender.methods(),
        chat: Some(chat),
        ..Refusal::default()
    };
    Faults { refuse: vec![refusal], ..Faults::default() }
}

/// One row for one sender; the line in the table.
async fn provoke(world: &World, sender: Sender, number: usize, row: &Row) -> String {
    if let Some((_, why)) = row.not_for.iter().find(|(not_for, _)| *not_for == sender) {
        return format!("{}: never, because it {why}", row.name);
    }
    let scene = sender.scene(world, number).await;
    let owner = scene.account.get("/api/profile/info.json").await.data()["notify"]["chat"].as_i64().unwrap();
    let moved = world.channel(&scene.bot).await;
    let anna = world.person("Anna");
    if matches!(sender, Sender::Approval | Sender::Notice) {
        scene.start(anna, "c1");
        world.quiet().await;
    }
    if sender == Sender::QueuedWelcome {
        world.refuse_next("sendMessage", 429, Some(2));
        scene.start(anna, "c1");
        world.delivered().await;
    }
    let first = world.simulator.requests().len();
    let shown = world.messages(anna).len();
    let chat = match sender {
        Sender::Invite | Sender::Approval => scene.chat,
        Sender::Notice => owner,
        _ => anna,
    };
    world.simulator.set_faults(faults(row, sender, chat, moved));
    match sender {
        Sender::QueuedWelcome => {}
        Sender::Approval => {
            world.simulator.request_to_join(anna, scene.chat).unwrap();
        }
        Sender::PoliteReply => {
            world.simulator.start_bot(anna, &scene.bot.username, "").unwrap();
        }
        Sender::Notice => scene.join(anna),
        Sender::Welcome | Sender::Media | Sender::Invite => scene.start(anna, "c1"),
    }
    world.pass(100, 3).await;
    let people = [anna, owner, moved];
    let before = line(world, &scene, people, (first, shown), sender).await;
    if row.code != 429 {
        return format!("{}: {before}", row.name);
    }
    world.pass(3_600, SILENCE_HOURS).await;
    let after = line(world, &scene, people, (first, shown), sender).await;
    format!("{}: {before}\n{} over: {after}", row.name, row.name)
}

async fn line(
    world: &World,
    scene: &Scene,
    [anna, owner, moved]: [i64; 3],
    (first, shown): (usize, usize),
    sender: Sender,
) -> String {
    let concerned = if sender == Sender::Notice { [owner, moved] } else { [anna, anna] };
    let requests = world.simulator.requests().split_off(first);
    let calls = requests.iter().filter(|request| {
        let to = &request.parameters.get("chat_id").cloned().unwrap_or_default();
        let is_own = request.bot == scene.bot.tg;
        let is_meant = match sender {
            Sender::Invite | Sender::Approval => request.method.contains("Chat") || *to == json!(anna),
            _ => concerned.iter().any(|id| *to == json!(id) || *to == json!(id.to_string())),
        };
        is_own && is_meant && !request.method.contains("Webhook")
    });
    let calls: Vec<_> = calls.map(|request| format!("{} {}", request.method, request.code)).collect();
    let contact = world.system.app.store.contact(scene.bot_key(), UserId(anna)).await.unwrap();
    let reach = contact.map_or("unknown", |it| if it.is_reachable() { "reachable" } else { "unreachable" });
    let bots = scene.account.get("/api/bots/list.json").await.data();
    let chat = scene.detail().await.data()["chat"].as_i64().unwrap();
    let chat = if chat == scene.chat { "" } else { ", chat moved" };
    let heard = world.messages(owner).into_iter().chain(world.messages(moved));
    let heard: Vec<_> = heard.map(|text| kind_of_news(&text)).collect();
    let lead = scene.status(anna).await.map_or("none".to_owned(), |status| status.to_string());
    format!(
        "{}; {reach}; bot {}{chat}; owner heard {}; shown {}; lead {lead}",
        calls.join(", "),
        bots[0]["status"],
        Value::from(heard),
        Value::from(
            world
                .messages(anna)
                .split_off(shown)
                .iter()
                .map(|text| kind_of_message(text))
                .collect::<Vec<_>>()
        ),
    )
}

/// What an owner was told, in a word.
fn kind_of_news(text: &str) -> &'static str {
    match text {
        text if text.contains("no longer an administrator") => "rights",
        text if text.contains("does not take the welcome") => "welcome",
        text if text.starts_with("and ") => "digest",
        _ => "lead",
    }
}

fn kind_of_message(text: &str) -> &'static str {
    match text {
        "Join My Channel, Anna!" | "Join" => "welcome",
        text if text.starts_with("Join https://t.me/+") => "welcome with link",
        text if text.starts_with("Hello!") => "polite",
        _ => "other",
    }
}

async fn table(sender: Sender) -> String {
    let clock = Clock::shifted(-BEFORE_MS);
    let world = World::with(|options| options.clock = clock).await;
    let mut lines = Vec::new();
    for (number, row) in ROWS.iter().enumerate() {
        lines.push(provoke(&world, sender, number, row).await);
    }
    lines.join("\n")
}

#[tokio::test]
async fn each_error_of_a_welcome_is_handled_as_the_table_says() {
    insta::assert_snapshot!(table(Sender::Welcome).await, @r#"
    token revoked: sendMessage 401; reachable; bot 1; owner heard []; shown []; lead wait
    token malformed: sendMessage 404; reachable; bot 1; owner heard []; shown []; lead wait
    blocked: sendMessage 403; unreachable; bot 0; owner heard []; shown []; lead wait
    deactivated: sendMessage 403; unreachable; bot 0; owner heard []; shown []; lead wait
    never started: sendMessage 403; unreachable; bot 0; owner heard []; shown []; lead wait
    kicked: never, because it goes to a person, who has no chat to lose
    not a member: never, because it goes to a person, who has no chat to lose
    migrated: never, because it goes to a person, who has no chat to lose
    chat not found: sendMessage 400; unreachable; bot 0; owner heard []; shown []; lead wait
    user not found: sendMessage 400; unreachable; bot 0; owner heard []; shown []; lead wait
    can't parse: sendMessage 400, sendMessage 200; reachable; bot 0; owner heard ["welcome"]; shown ["welcome"]; lead wait
    too long: sendMessage 400, sendMessage 200; reachable; bot 0; owner heard ["welcome"]; shown ["welcome"]; lead wait
    button: sendMessage 400, sendMessage 200; reachable; bot 0; owner heard ["welcome"]; shown ["welcome"]; lead wait
    wrong file: never, because it is short, bare text without a button
    no content of a URL: never, because it is short, bare text without a button
    rights: never, because it goes to a person, who has no chat to lose
    admin required: never, because it goes to a person, who has no chat to lose
    5xx: sendMessage 500; reachable; bot 0; owner heard []; shown []; lead wait
    page of a proxy: sendMessage 502; reachable; bot 0; owner heard []; shown []; lead wait
    no answer after delivery: sendMessage 0; reachable; bot 0; owner heard []; shown ["welcome"]; lead wait
    flood: sendMessage 429; reachable; bot 0; owner heard []; shown []; lead wait
    flood over: sendMessage 429, sendMessage 200; reachable; bot 0; owner heard []; shown ["welcome"]; lead wait
    "#);
}

#[tokio::test]
async fn each_error_of_a_welcome_from_the_queue_is_handled_as_the_table_says() {
    insta::assert_snapshot!(table(Sender::QueuedWelcome).await, @r#"
    token revoked: sendMessage 401; reachable; bot 1; owner heard []; shown []; lead wait
    token malformed: sendMessage 404; reachable; bot 1; owner heard []; shown []; lead wait
    blocked: sendMessage 403; unreachable; bot 0; owner heard []; shown []; lead wait
    deactivated: sendMessage 403; unreachable; bot 0; owner heard []; shown []; lead wait
    never started: sendMessage 403; unreachable; bot 0; owner heard []; shown []; lead wait
    kicked: never, because it goes to a person, who has no chat to lose
    not a member: never, because it goes to a person, who has no chat to lose
    migrated: never, because it goes to a person, who has no chat to lose
    chat not found: sendMessage 400; unreachable; bot 0; owner heard []; shown []; lead wait
    user not found: sendMessage 400; unreachable; bot 0; owner heard []; shown []; lead wait
    can't parse: sendMessage 400, sendMessage 200; reachable; bot 0; owner heard ["welcome"]; shown ["welcome"]; lead wait
    too long: sendMessage 400, sendMessage 200; reachable; bot 0; owner heard ["welcome"]; shown ["welcome"]; lead wait
    button: sendMessage 400, sendMessage 200; reachable; bot 0; owner heard ["welcome"]; shown ["welcome"]; lead wait
    wrong file: never, because it is short, bare text without a button
    no content of a URL: never, because it is short, bare text without a button
    rights: never, because it goes to a person, who has no chat to lose
    admin required: never, because it goes to a person, who has no chat to lose
    5xx: sendMessage 500; reachable; bot 0; owner heard []; shown []; lead wait
    page of a proxy: sendMessage 502; reachable; bot 0; owner heard []; shown []; lead wait
    no answer after delivery: sendMessage 0; reachable; bot 0; owner heard []; shown ["welcome"]; lead wait
    flood: sendMessage 429; reachable; bot 0; owner heard []; shown []; lead wait
    flood over: sendMessage 429, sendMessage 200; reachable; bot 0; owner heard []; shown ["welcome"]; lead wait
    "#);
}

#[tokio::test]
async fn each_error_of_a_welcome_below_a_picture_is_handled_as_the_table_says() {
    insta::assert_snapshot!(table(Sender::Media).await, @r#"
    token revoked: sendPhoto 401; reachable; bot 1; owner heard []; shown []; lead wait
    token malformed: sendPhoto 404; reachable; bot 1; owner heard []; shown []; lead wait
    blocked: sendPhoto 403; unreachable; bot 0; owner heard []; shown []; lead wait
    deactivated: sendPhoto 403; unreachable; bot 0; owner heard []; shown []; lead wait
    never started: sendPhoto 403; unreachable; bot 0; owner heard []; shown []; lead wait
    kicked: never, because it goes to a person, who has no chat to lose
    not a member: never, because it goes to a person, who has no chat to lose
    migrated: never, because it goes to a person, who has no chat to lose
    chat not found: sendPhoto 400; unreachable; bot 0; owner heard []; shown []; lead wait
    user not found: sendPhoto 400; unreachable; bot 0; owner heard []; shown []; lead wait
    can't parse: sendPhoto 400, sendMessage 200; reachable; bot 0; owner heard ["welcome"]; shown ["welcome"]; lead wait
    too long: sendPhoto 400, sendMessage 200; reachable; bot 0; owner heard ["welcome"]; shown ["welcome"]; lead wait
    button: sendPhoto 400, sendMessage 200; reachable; bot 0; owner heard ["welcome"]; shown ["welcome"]; lead wait
    wrong file: sendPhoto 400, sendMessage 200; reachable; bot 0; owner heard ["welcome"]; shown ["welcome"]; lead wait
    no content of a URL: sendPhoto 400, sendMessage 200; reachable; bot 0; owner heard ["welcome"]; shown ["welcome"]; lead wait
    rights: never, because it goes to a person, who has no chat to lose
    admin required: never, because it goes to a person, who has no chat to lose
    5xx: sendPhoto 500; reachable; bot 0; owner heard []; shown []; lead wait
    page of a proxy: sendPhoto 502; reachable; bot 0; owner heard []; shown []; lead wait
    no answer after delivery: sendPhoto 0; reachable; bot 0; owner heard []; shown ["welcome"]; lead wait
    flood: sendPhoto 429; reachable; bot 0; owner heard []; shown []; lead wait
    flood over: sendPhoto 429, sendPhoto 200; reachable; bot 0; owner heard []; shown ["welcome"]; lead wait
    "#);
}

#[tokio::test]
async fn each_error_of_an_invite_link_is_handled_as_the_table_says() {
    insta::assert_snapshot!(table(Sender::Invite).await, @r#"
    token revoked: getChat 200, createChatInviteLink 401; reachable; bot 1; owner heard []; shown []; lead wait
    token malformed: getChat 200, createChatInviteLink 404; reachable; bot 1; owner heard []; shown []; lead wait
    blocked: never, because it asks about a chat, not a person
    deactivated: never, because it asks about a chat, not a person
    never started: never, because it asks about a chat, not a person
    kicked: getChat 200, createChatInviteLink 403, sendMessage 200; reachable; bot 1; owner heard ["rights"]; shown ["welcome"]; lead wait
    not a member: getChat 200, createChatInviteLink 403, sendMessage 200; reachable; bot 1; owner heard ["rights"]; shown ["welcome"]; lead wait
    migrated: getChat 200, createChatInviteLink 400, getChat 200, createChatInviteLink 200, sendMessage 200; reachable; bot 0, chat moved; owner heard []; shown ["welcome with link"]; lead wait
    chat not found: getChat 200, createChatInviteLink 400, sendMessage 200; reachable; bot 1; owner heard ["rights"]; shown ["welcome"]; lead wait
    user not found: never, because it asks about a chat, not a person
    can't parse: never, because it has no content
    too long: never, because it has no content
    button: never, because it has no content
    wrong file: never, because it has no content
    no content of a URL: never, because it has no content
    rights: getChat 200, createChatInviteLink 400, sendMessage 200; reachable; bot 1; owner heard []; shown ["welcome"]; lead wait
    admin required: getChat 200, createChatInviteLink 400, sendMessage 200; reachable; bot 1; owner heard []; shown ["welcome"]; lead wait
    5xx: getChat 200, createChatInviteLink 500, getChat 200, createChatInviteLink 200, sendMessage 200; reachable; bot 0; owner heard []; shown ["welcome with link"]; lead wait
    page of a proxy: getChat 200, createChatInviteLink 502, getChat 200, createChatInviteLink 200, sendMessage 200; reachable; bot 0; owner heard []; shown ["welcome with link"]; lead wait
    no answer after delivery: never, because it is no message: a repeat shows nobody anything
    flood: getChat 200, createChatInviteLink 429; reachable; bot 0; owner heard []; shown []; lead wait
    flood over: getChat 200, createChatInviteLink 429, getChat 200, createChatInviteLink 200, sendMessage 200; reachable; bot 0; owner heard []; shown ["welcome with link"]; lead wait
    "#);
}

#[tokio::test]
async fn each_error_of_an_approval_is_handled_as_the_table_says() {
    insta::assert_snapshot!(table(Sender::Approval).await, @r#"
    token revoked: approveChatJoinRequest 401; reachable; bot 1; owner heard []; shown []; lead hold
    token malformed: approveChatJoinRequest 404; reachable; bot 1; owner heard []; shown []; lead hold
    blocked: never, because it asks about a chat, not a person
    deactivated: approveChatJoinRequest 403; unreachable; bot 0; owner heard []; shown []; lead hold
    never started: never, because it asks about a chat, not a person
    kicked: approveChatJoinRequest 403; reachable; bot 1; owner heard ["rights"]; shown []; lead hold
    not a member: approveChatJoinRequest 403; reachable; bot 1; owner heard ["rights"]; shown []; lead hold
    migrated: approveChatJoinRequest 400, approveChatJoinRequest 400; reachable; bot 0, chat moved; owner heard []; shown []; lead hold
    chat not found: approveChatJoinRequest 400; reachable; bot 1; owner heard ["rights"]; shown []; lead hold
    user not found: approveChatJoinRequest 400; unreachable; bot 0; owner heard []; shown []; lead hold
    can't parse: never, because it has no content
    too long: never, because it has no content
    button: never, because it has no content
    wrong file: never, because it has no content
    no content of a URL: never, because it has no content
    rights: approveChatJoinRequest 400; reachable; bot 1; owner heard []; shown []; lead hold
    admin required: approveChatJoinRequest 400; reachable; bot 1; owner heard []; shown []; lead hold
    5xx: approveChatJoinRequest 500, approveChatJoinRequest 200; reachable; bot 0; owner heard []; shown []; lead approve
    page of a proxy: approveChatJoinRequest 502, approveChatJoinRequest 200; reachable; bot 0; owner heard []; shown []; lead approve
    no answer after delivery: never, because it is no message: a repeat is refused
    flood: approveChatJoinRequest 429; reachable; bot 0; owner heard []; shown []; lead hold
    flood over: approveChatJoinRequest 429, approveChatJoinRequest 200; reachable; bot 0; owner heard []; shown []; lead approve
    "#);
}

#[tokio::test]
async fn each_error_of_a_polite_reply_is_handled_as_the_table_says() {
    insta::assert_snapshot!(table(Sender::PoliteReply).await, @r#"
    token revoked: sendMessage 401; reachable; bot 1; owner heard []; shown []; lead none
    token malformed: sendMessage 404; reachable; bot 1; owner heard []; shown []; lead none
    blocked: sendMessage 403; unreachable; bot 0; owner heard []; shown []; lead none
    deactivated: sendMessage 403; unreachable; bot 0; owner heard []; shown []; lead none
    never started: sendMessage 403; unreachable; bot 0; owner heard []; shown []; lead none
    kicked: never, because it goes to a person, who has no chat to lose
    not a member: never, because it goes to a person, who has no chat to lose
    migrated: never, because it goes to a person, who has no chat to lose
    chat not found: sendMessage 400; unreachable; bot 0; owner heard []; shown []; lead none
    user not found: sendMessage 400; unreachable; bot 0; owner heard []; shown []; lead none
    can't parse: sendMessage 400; reachable; bot 0; owner heard []; shown []; lead none
    too long: sendMessage 400; reachable; bot 0; owner heard []; shown []; lead none
    button: never, because it is short, bare text without a button
    wrong file: never, because it is short, bare text without a button
    no content of a URL: never, because it is short, bare text without a button
    rights: never, because it goes to a person, who has no chat to lose
    admin required: never, because it goes to a person, who has no chat to lose
    5xx: sendMessage 500; reachable; bot 0; owner heard []; shown []; lead none
    page of a proxy: sendMessage 502; reachable; bot 0; owner heard []; shown []; lead none
    no answer after delivery: sendMessage 0; reachable; bot 0; owner heard []; shown ["polite"]; lead none
    flood: sendMessage 429; reachable; bot 0; owner heard []; shown []; lead none
    flood over: sendMessage 429; reachable; bot 0; owner heard []; shown []; lead none
    "#);
}

#[tokio::test]
async fn each_error_of_a_notice_to_the_owner_is_handled_as_the_table_says() {
    insta::assert_snapshot!(table(Sender::Notice).await, @r#"
    token revoked: sendMessage 401; reachable; bot 1; owner heard []; shown []; lead approve
    token malformed: sendMessage 404; reachable; bot 1; owner heard []; shown []; lead approve
    blocked: sendMessage 403; reachable; bot 0; owner heard []; shown []; lead approve
    deactivated: sendMessage 403; reachable; bot 0; owner heard []; shown []; lead approve
    never started: sendMessage 403; reachable; bot 0; owner heard []; shown []; lead approve
    kicked: sendMessage 403; reachable; bot 0; owner heard []; shown []; lead approve
    not a member: sendMessage 403; reachable; bot 0; owner heard []; shown []; lead approve
    migrated: sendMessage 400, sendMessage 200; reachable; bot 0; owner heard ["lead"]; shown []; lead approve
    chat not found: sendMessage 400; reachable; bot 0; owner heard []; shown []; lead approve
    user not found: sendMessage 400; reachable; bot 0; owner heard []; shown []; lead approve
    can't parse: sendMessage 400; reachable; bot 0; owner heard []; shown []; lead approve
    too long: sendMessage 400; reachable; bot 0; owner heard []; shown []; lead approve
    button: never, because it is short, bare text without a button
    wrong file: never, because it is short, bare text without a button
    no content of a URL: never, because it is short, bare text without a button
    rights: sendMessage 400; reachable; bot 0; owner heard []; shown []; lead approve
    admin required: sendMessage 400; reachable; bot 0; owner heard []; shown []; lead approve
    5xx: sendMessage 500; reachable; bot 0; owner heard []; shown []; lead approve
    page of a proxy: sendMessage 502; reachable; bot 0; owner heard []; shown []; lead approve
    no answer after delivery: sendMessage 0; reachable; bot 0; owner heard ["lead"]; shown []; lead approve
    flood: sendMessage 429; reachable; bot 0; owner heard []; shown []; lead approve
    flood over: sendMessage 429, sendMessage 200; reachable; bot 0; owner heard ["digest"]; shown []; lead approve
    "#);
}
