//! The people whom bots know, listed, shown and described.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use shared::ids::{BotId, BotKey};

use super::people::{meet, say, segment};
use crate::world::{Account, World};

/// A tag has at most so many characters.
const TAG_CHARACTERS: usize = 64;

async fn page(account: &Account, query: &str) -> (Vec<String>, Option<String>) {
    let data = account.v1("GET", &format!("subscribers?{query}"), &Value::Null).await.success(200);
    let people = data["subscribers"].as_array().unwrap();
    let ids = people.iter().map(|person| person["id"].as_str().unwrap().to_owned()).collect();
    (ids, data["pagination"]["next"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn a_subscriber_is_shown_with_their_bots_and_leads() {
    let world = World::new().await;
    let scene = world.scene().await;
    let account = &scene.account;
    let anna = world.person("Anna");
    scene.start(anna, "click-1");
    scene.join(anna);
    world.settle().await;
    let change = json!({"attributes": {"location": "US", "age": 30}, "tags": ["vip"]});
    let changed = account.v1("PUT", &format!("subscribers/{anna}"), &change).await.success(200);
    let shown = account.v1("GET", &format!("subscribers/{anna}"), &Value::Null).await.success(200);
    assert_eq!(changed, shown);
    let bot = &shown["bots"][0];
    let lead = &bot["leads"][0];
    assert!(bot["startedAt"].is_string() && bot["lastInteractionAt"].is_string(), "{shown}");
    assert!(lead["startedAt"].is_string() && lead["joinedAt"].is_string(), "{shown}");
    assert_eq!(
        shown,
        json!({
            "id": anna.to_string(), "firstName": "Anna", "lastName": "", "username": "", "language": shown["language"],
            "premium": false, "attributes": {"location": "US", "age": 30}, "tags": ["vip"], "conversions": 0,
            "revenue": 0, "reachable": true, "bots": [{
                "bot": 1, "reachable": true, "subscribed": true, "startedAt": bot["startedAt"],
                "lastInteractionAt": bot["lastInteractionAt"], "leads": [{
                    "campaign": 1, "status": "approve", "click": "click-1", "startedAt": lead["startedAt"],
                    "joinedAt": lead["joinedAt"], "leftAt": null,
                }],
            }],
        })
    );
}

#[tokio::test]
async fn what_is_said_of_a_subscriber_is_checked_field_by_field() {
    let world = World::new().await;
    let account = world.account();
    meet(&world, &account, 1, [7_000_000_001]).await;
    let put = async |body: Value| account.v1("PUT", "subscribers/7000000001", &body).await;
    for (body, fields) in [
        (json!({"attributes": 5}), vec!["attributes"]),
        (json!({"attributes": {"a b": 1, "x": {}}}), vec!["attributes.a b", "attributes.x"]),
        (json!({"tags": ["fine", ""]}), vec!["tags[1]"]),
        (json!({"tags": [], "addTags": ["x"]}), vec!["addTags"]),
        (json!({"removeTags": "x"}), vec!["removeTags"]),
    ] {
        let reply = put(body).await;
        assert_eq!(
            (reply.failure().0, reply.faulty_fields()),
            (400, fields.iter().map(ToString::to_string).collect())
        );
    }
    put(json!({"attributes": {"a": 1, "b": [1, "x"]}, "addTags": ["x", "y"]})).await.success(200);
    let merged =
        put(json!({"attributes": {"a": null}, "removeTags": ["x"], "addTags": ["z"]})).await.success(200);
    assert_eq!(json!([merged["attributes"], merged["tags"]]), json!([{"b": [1, "x"]}, ["y", "z"]]));
    assert_eq!(put(json!({"tags": []})).await.success(200)["tags"], json!([]));
}

#[tokio::test]
async fn a_list_meets_everybody_once_whatever_its_pages() {
    let world = World::new().await;
    let account = world.account();
    meet(&world, &account, 1, 7_000_000_000..7_000_000_045).await;
    meet(&world, &account, 2, 7_000_000_040..7_000_000_050).await;
    let everybody: BTreeSet<_> = (7_000_000_000_i64..7_000_000_050).map(|user| user.to_string()).collect();
    for limit in [1, 7, 20, 50, 100] {
        let (mut met, mut cursor) = (Vec::new(), String::new());
        for _ in 0..=50 {
            let (ids, next) = page(&account, &format!("limit={limit}&cursor={cursor}")).await;
            assert!(ids.len() <= limit);
            met.extend(ids);
            let Some(next) = next else { break };
            cursor = next;
        }
        assert_eq!((met.len(), met.into_iter().collect::<BTreeSet<_>>()), (50, everybody.clone()), "{limit}");
    }
    assert_eq!(page(&account, "").await.0.len(), 20);
}

#[tokio::test]
async fn a_page_of_people_of_whom_much_is_said_is_shorter_than_what_a_function_may_answer() {
    let (world, people) = (World::new().await, 7_000_000_000_i64..7_000_000_090);
    let account = world.account();
    meet(&world, &account, 1, people.clone()).await;
    let long = "\u{1F600}".repeat(256);
    let attributes: Map<String, Value> = (0..30).map(|number| (format!("a{number}"), json!(long))).collect();
    let tags: Vec<_> =
        (0..100).map(|number| format!("{number:03}{}", &long[..4 * TAG_CHARACTERS - 12])).collect();
    let much = json!({"attributes": attributes, "tags": tags});
    for user in people.clone() {
        say(&account, user, &much).await;
    }
    let first = account.v1("GET", "subscribers?limit=100", &Value::Null).await.success(200);
    assert!(first.to_string().len() < 5_000_000);
    let (mut met, cursor) = page(&account, "limit=100").await;
    assert!((50..90).contains(&met.len()), "{}", met.len());
    let (rest, end) = page(&account, &format!("limit=100&cursor={}", cursor.unwrap())).await;
    met.extend(rest);
    assert_eq!((met.len(), end), (90, None));
    assert_eq!(met.into_iter().collect::<BTreeSet<_>>(), people.map(|user| user.to_string()).collect());
}

#[tokio::test]
async fn filters_choose_by_bot_tag_and_segment() {
    let world = World::new().await;
    let account = world.account();
    meet(&world, &account, 1, 7_000_000_000..7_000_000_006).await;
    meet(&world, &account, 2, 7_000_000_005..7_000_000_008).await;
    say(&account, 7_000_000_005, &json!({"tags": ["vip"], "attributes": {"age": 20}})).await;
    say(&account, 7_000_000_006, &json!({"tags": ["vip"], "attributes": {"age": 40}})).await;
    let old = segment(&account, "Old", &[("attributes.age", "gte", json!(30))], &[]).await;
    let of = async |query: &str| {
        let (ids, next) = page(&account, query).await;
        assert_eq!(next, None);
        ids.iter().map(|id| &id[9..]).collect::<BTreeSet<_>>().into_iter().collect::<String>()
    };
    assert_eq!(of("bot=2").await, "567");
    assert_eq!(of("tag=vip").await, "56");
    assert_eq!(of("tag=vip&bot=1").await, "5");
    assert_eq!(of(&format!("segment={old}")).await, "6");
    assert_eq!(of("tag=nobody").await, "");
}

#[tokio::test]
async fn what_a_list_cannot_be_asked_is_told() {
    let world = World::new().await;
    let account = world.account();
    meet(&world, &account, 1, 7_000_000_000..7_000_000_005).await;
    for (query, field) in
        [("limit=0", "limit"), ("limit=101", "limit"), ("bot=x", "bot"), ("segment=x", "segment")]
    {
        let reply = account.v1("GET", &format!("subscribers?{query}"), &Value::Null).await;
        assert_eq!((reply.failure().0, reply.faulty_fields()), (400, vec![field.to_owned()]));
    }
    let (_, next) = page(&account, "limit=2").await;
    let next = next.unwrap();
    let of_another = format!("limit=2&tag=vip&cursor={next}");
    let (shard, rest) = next.split_once('.').unwrap();
    let (beyond, worded) = (format!("cursor=64.{rest}"), format!("cursor={shard}.x{rest}"));
    for query in ["cursor=x", "cursor=1~2", &of_another, &beyond, &worded] {
        let reply = account.v1("GET", &format!("subscribers?{query}"), &Value::Null).await;
        assert_eq!(reply.failure(), (400, "INVALID_CURSOR".to_owned()), "{query}");
    }
    let absent = account.v1("GET", "subscribers?segment=seg1", &Value::Null).await;
    assert_eq!(absent.failure(), (404, "SEGMENT_NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn whom_only_a_disconnected_bot_knows_is_not_reachable() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 2, 1).await;
    let (store, gone) = (&world.system.app.store, BotId(reached[0].bot.id));
    let known = store.bot(BotKey { account: account.id, bot: gone }).await.unwrap().unwrap();
    assert!(store.delete_bot(account.id, &known).await.unwrap());
    let (anna, bert) = (reached[0].people[0].to_string(), reached[1].people[0].to_string());
    let everybody = json!({"rules": []});
    let reachable = |people: &Value| -> BTreeMap<String, (Value, Value)> {
        let people = people.as_array().unwrap().iter();
        let state = |person: &Value| (person["reachable"].clone(), person["bots"][0]["reachable"].clone());
        people.map(|person| (person["id"].as_str().unwrap().to_owned(), state(person))).collect()
    };
    let expected: BTreeMap<_, _> =
        [(&anna, false), (&bert, true)].map(|(id, is)| (id.clone(), (json!(is), json!(is)))).into();
    let listed = account.v1("GET", "subscribers", &Value::Null).await.success(200);
    assert_eq!(reachable(&listed["subscribers"]), expected);
    let mut each = Vec::new();
    for id in [&anna, &bert] {
        each.push(account.v1("GET", &format!("subscribers/{id}"), &Value::Null).await.success(200));
    }
    assert_eq!(reachable(&json!(each)), expected);
    let preview = account.v1("POST", "segments/preview", &everybody).await.success(200);
    assert!(reachable(&preview["sample"]).iter().all(|(id, state)| expected[id] == *state), "{preview}");
    assert_eq!((&preview["count"], &preview["reachable"]), (&json!(2), &json!(1)));
}
