//! From the ad click to the postback by HTTP alone: the User API, and the simulator's control API.

use serde_json::{Value, json};
use shared::domain::journal::JournalAction;
use shared::domain::lead::LeadFacts;
use shared::domain::lead_event::LeadStatus;
use shared::ids::{AccountId, BotId, BotKey, CampaignKey, TrackingCampaignId, UserId};
use shared::store::Lead;

use crate::world::{Account, Postback, World, journal};

/// What the account's owner has set up.
struct Shop {
    chat: i64,
    campaign: u64,
    code: String,
}

#[tokio::test]
async fn a_subscriber_is_tracked_from_click_to_postback_and_another_after_a_restart() {
    walk(World::durable(None).await).await;
}

#[cfg(feature = "bins")]
#[tokio::test]
async fn a_subscriber_is_tracked_by_the_real_bins() {
    walk(World::durable(Some(crate::world::bins())).await).await;
}

async fn walk(world: World) {
    let account = world.account();
    let shop = set_up(&world, &account).await;
    let anna = subscribe(&world, &account, &shop, "anna_b", "ad-42_x").await;
    world.control(&format!("/users/{anna}/leave"), &json!({"chat": shop.chat})).await;
    world.settle().await;
    check_lead(&world, &shop, anna).await;
    check_journal(&world, &shop).await;
    check_postbacks(&world, &shop, anna).await;
    assert_eq!(counters(&account, &shop).await, json!([1, 1, 1]));
    assert_eq!(messages(&world, anna).await, ["Join My Channel, Anna!"]);

    let world = world.restart().await;
    let again = world.account();
    assert_eq!(again.key, account.key);
    assert_eq!(counters(&again, &shop).await, json!([1, 1, 1]));
    assert_eq!(lead(&world, &shop, anna).await.facts.status(), Some(LeadStatus::Cancel));
    let bert = subscribe(&world, &again, &shop, "bert_c", "ad-43").await;
    world.settle().await;
    let told = world.told();
    let expected = [("wait".to_owned(), "ad-43".to_owned()), ("approve".to_owned(), "ad-43".to_owned())];
    assert_eq!(told, expected, "only what the second subscriber did is told after the restart");
    assert_eq!(lead(&world, &shop, bert).await.facts.status(), Some(LeadStatus::Approve));
    assert_eq!(counters(&again, &shop).await, json!([2, 2, 1]));
    world.stop().await;
}

/// Adds a bot, promotes it in a channel and adds a campaign.
async fn set_up(world: &World, account: &Account) -> Shop {
    let bot = world.control("/bots", &json!({"username": "mytrackbot", "name": "My Bot"})).await;
    let added = account.post_form("/api/bots/add.json", &json!({"token": bot["token"]})).await.data();
    assert_eq!(added, json!({"id": 1, "username": "mytrackbot", "name": "My Bot"}));
    let chat =
        world.control("/chats", &json!({"title": "My Channel", "kind": "channel"})).await["id"].clone();
    world.control(&format!("/chats/{chat}/promote"), &json!({"bot": "mytrackbot"})).await;
    world.delivered().await;
    let chats = account.get("/api/bots/chats.json?id=1").await.data();
    assert_eq!(chats, json!([{"id": chat, "title": "My Channel", "type": "channel"}]));
    let mut campaign = json!({"bot": 1, "chat": chat, "welcome": "Join *{title}*, {first_name}!"});
    for event in ["wait", "hold", "approve", "cancel", "trash"] {
        campaign[format!("pb_{event}")] = json!(world.template(event));
    }
    let made = account.post_json("/api/camp/add.json", &campaign).await.data();
    assert_eq!(account.get("/api/bots/chats.json?id=1").await.data(), json!([]), "the chat is taken");
    Shop {
        chat: chat.as_i64().unwrap(),
        campaign: made["id"].as_u64().unwrap(),
        code: made["code"].as_str().unwrap().to_owned(),
    }
}

/// A person opens the link with a click, presses Start and joins.
async fn subscribe(world: &World, account: &Account, shop: &Shop, username: &str, click: &str) -> i64 {
    let link = account.get(&format!("/api/camp/link.json?id={}&click={click}", shop.campaign)).await.data();
    assert_eq!(link["link"], format!("https://t.me/mytrackbot?start={}-{click}", shop.code));
    let user =
        world.control("/users", &json!({"first_name": "Anna", "username": username})).await["id"].clone();
    world.control(&format!("/users/{user}/start"), &link).await;
    world.delivered().await;
    world.control(&format!("/users/{user}/join"), &json!({"chat": shop.chat})).await;
    world.delivered().await;
    user.as_i64().unwrap()
}

fn campaign_key(shop: &Shop) -> CampaignKey {
    CampaignKey { account: AccountId(1), campaign: TrackingCampaignId(shop.campaign) }
}

async fn lead(world: &World, shop: &Shop, user: i64) -> Lead {
    world.system.app.store.lead(campaign_key(shop), UserId(user)).await.unwrap().unwrap()
}

async fn counters(account: &Account, shop: &Shop) -> Value {
    let data = account.get(&format!("/api/camp/get.json?id={}", shop.campaign)).await.data();
    json!([data["starts"], data["confirms"], data["unsubs"]])
}

async fn messages(world: &World, user: i64) -> Vec<String> {
    let messages = world.look(&format!("/users/{user}/messages")).await;
    messages.as_array().unwrap().iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

async fn check_lead(world: &World, shop: &Shop, user: i64) {
    let lead = lead(world, shop, user).await;
    assert_eq!((lead.person.username.as_str(), lead.person.first_name.as_str()), ("anna_b", "Anna"));
    assert_eq!((lead.facts.status(), lead.facts.click()), (Some(LeadStatus::Cancel), "ad-42_x"));
    let LeadFacts { starts, request, join, leave } = lead.facts;
    assert_eq!((starts.len(), request), (1, None));
    assert!(starts.first().unwrap().clock < join.unwrap() && join.unwrap() < leave.unwrap().clock);
}

async fn check_journal(world: &World, shop: &Shop) {
    let bot = BotKey { account: AccountId(1), bot: BotId(1) };
    let rows = journal(&world.system.app, bot, shop.chat).await;
    let actions: Vec<_> = rows.iter().map(|row| (row.action, row.campaign, row.lead.is_some())).collect();
    let campaign = Some(TrackingCampaignId(shop.campaign));
    assert_eq!(actions, [(JournalAction::Join, campaign, true), (JournalAction::Leave, campaign, true)]);
}

/// Exactly three postbacks, each once, with every macro filled in.
async fn check_postbacks(world: &World, shop: &Shop, user: i64) {
    let lead = lead(world, shop, user).await;
    let (id, start) = (lead.id.unwrap().to_string(), lead.facts.first_start().unwrap().clock);
    let clocks = [start, lead.facts.join.unwrap(), lead.facts.leave.unwrap().clock];
    let expected = ["wait", "approve", "cancel"].iter().zip(clocks).map(|(event, clock)| {
        let postback_id = format!("{}-{id}-{event}-{}-{}", shop.campaign, clock.date, clock.update);
        let values = [
            ("click", "ad-42_x"),
            ("status", *event),
            ("campaign", &shop.code),
            ("user", "1"),
            ("lead", &id),
            ("subscriber", &user.to_string()),
            ("username", "anna_b"),
            ("chat", &shop.chat.to_string()),
            ("time", &clock.date.to_string()),
            ("id", &postback_id),
        ];
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Postback { event: (*event).to_owned(), values, header_id: postback_id }
    });
    let expected: Vec<_> = expected.collect();
    assert_eq!(world.postbacks(), expected);
}
