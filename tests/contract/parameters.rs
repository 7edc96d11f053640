//! Every parameter of every route, missing and malformed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::working_routes;
use crate::world::World;

/// A value that a parameter does not take.
struct Malformed {
    parameter: &'static str,
    value: Value,
    /// The one that the answer names, where it is not the same.
    blamed: &'static str,
}

/// What a route takes.
#[derive(Default)]
struct Taken {
    valid: Value,
    required: &'static [&'static str],
    malformed: Vec<Malformed>,
}

fn malformed(parameter: &'static str, values: impl IntoIterator<Item = Value>) -> Vec<Malformed> {
    values.into_iter().map(|value| Malformed { parameter, value, blamed: parameter }).collect()
}

fn of_route(path: &str, chat: i64) -> Taken {
    match path {
        "/api/bots/list.json"
        | "/api/camp/list.json"
        | "/api/profile/info.json"
        | "/api/profile/apikey.json"
        | "/api/trackers/list.json" => Taken::default(),
        "/api/bots/add.json" => Taken { required: &["token"], ..Taken::default() },
        "/api/bots/chats.json"
        | "/api/bots/del.json"
        | "/api/bots/check.json"
        | "/api/camp/get.json"
        | "/api/camp/del.json" => {
            Taken { valid: json!({"id": 1}), required: &["id"], malformed: malformed("id", no_ids()) }
        }
        "/api/camp/link.json" => {
            let mut all = malformed("id", no_ids());
            all.extend(malformed("click", [json!("x".repeat(513)), json!("a\nb"), json!("a b\u{7f}")]));
            Taken { valid: json!({"id": 1}), required: &["id"], malformed: all }
        }
        "/api/camp/add.json" => Taken {
            valid: json!({"bot": 1, "chat": chat, "welcome": "Join!"}),
            required: &["bot", "chat", "welcome"],
            malformed: of_a_campaign(),
        },
        "/api/camp/edit.json" => {
            let mut all = malformed("id", no_ids());
            all.extend(malformed("bot", [json!(1)]));
            all.extend(malformed("chat", [json!(chat)]));
            all.extend(of_a_campaigns_content());
            Taken { valid: json!({"id": 1}), required: &["id"], malformed: all }
        }
        "/api/postbacks/list.json" => {
            Taken { valid: json!({}), required: &[], malformed: of_the_postback_list() }
        }
        "/api/postbacks/replay.json" => Taken {
            valid: json!({"campaign": 1, "state": "failed"}),
            required: &["state"],
            malformed: of_a_replay(),
        },
        // The form has one field, and errors of its own: see `media`.
        "/api/media/upload.json" => Taken::default(),
        "/api/media/presign.json" => {
            let mut all = malformed("name", [json!(""), json!("x".repeat(256))]);
            all.extend(malformed("size", [json!(""), json!("x"), json!(0), json!(-1), json!("1.5")]));
            let valid = json!({"name": "a.png", "size": 5_000_000, "type": "image/png"});
            Taken { valid, required: &["name", "size", "type"], malformed: all }
        }
        "/api/stats/summary.json" => Taken { valid: json!({}), required: &[], malformed: of_a_range() },
        "/api/leads/list.json" => {
            let mut all = malformed("campaign", no_ids());
            all.extend(malformed("status", [json!(""), json!("approve"), json!(5), json!(-1)]));
            all.extend(of_a_range());
            all.extend(of_a_page());
            Taken { valid: json!({}), required: &[], malformed: all }
        }
        "/api/leads/export.csv" => {
            let mut all = malformed("campaign", no_ids());
            all.extend(malformed("status", [json!(""), json!("approve"), json!(5), json!(-1)]));
            all.extend(of_a_range());
            Taken { valid: json!({}), required: &[], malformed: all }
        }
        "/api/journal/list.json" => {
            let mut all = malformed("bot", no_ids());
            all.extend(malformed("chat", [json!(""), json!("x"), json!("1.5")]));
            all.extend(malformed("action", [json!(""), json!("join"), json!(0), json!(5)]));
            all.extend(of_a_range());
            all.extend(of_a_page());
            Taken { valid: json!({"bot": 1, "chat": chat}), required: &["bot", "chat"], malformed: all }
        }
        "/api/stats/retention.json" => {
            Taken { valid: json!({"id": 1}), required: &["id"], malformed: malformed("id", no_ids()) }
        }
        "/api/stats/campaign.json" => {
            let mut all = malformed("id", no_ids());
            all.extend(of_a_range());
            Taken { valid: json!({"id": 1}), required: &["id"], malformed: all }
        }
        "/api/camp/pause.json" => {
            let mut all = malformed("id", no_ids());
            all.extend(malformed("pause", [json!(""), json!("x"), json!(2), json!(-1), json!("yes")]));
            Taken { valid: json!({"id": 1, "pause": 0}), required: &["id", "pause"], malformed: all }
        }
        "/api/profile/postbacks.json" => {
            let mut all = of_templates();
            all.extend(malformed("pb_method", [json!("get"), json!("PUT"), json!(1)]));
            all.extend(malformed("pb_format", [json!(""), json!("xml"), json!(1)]));
            for (parameter, value) in [("pb_format", "json"), ("pb_body", "x")] {
                all.push(Malformed { parameter, value: json!(value), blamed: "pb_method" });
            }
            Taken { valid: json!({}), required: &[], malformed: all }
        }
        "/api/profile/notify.json" => {
            let mut all = malformed("leads", [json!(""), json!("x"), json!(2)]);
            all.extend(malformed("chat", [json!(0), json!("x"), json!("1.5")]));
            Taken { valid: json!({}), required: &[], malformed: all }
        }
        "/api/profile/signing.json" => {
            let mut all = malformed("action", [json!(""), json!("x"), json!("CREATE"), json!(1)]);
            let bytes = |bytes: usize| json!(format!("whsec_{}", "A".repeat(bytes / 3 * 4)));
            let no_base64 = json!("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!");
            all.extend(malformed(
                "secret",
                [json!(""), json!("x"), json!(1), no_base64, bytes(21), bytes(66)],
            ));
            Taken { valid: json!({"action": "create"}), required: &["action"], malformed: all }
        }
        other => panic!("the parameters of {other} are not written down"),
    }
}

fn no_ids() -> Vec<Value> {
    vec![
        json!(""),
        json!("x"),
        json!("-1"),
        json!("1.5"),
        json!("1e3"),
        json!("99999999999999999999"),
        json!("1;2"),
    ]
}

fn no_invite_links() -> Vec<Value> {
    let long = format!("https://t.me/+{}", "x".repeat(243));
    [
        "my_channel",
        "http://t.me/my_channel",
        "https://t.me/",
        "https://example.com/+abc",
        "https://t.me/+a b",
        &long,
    ]
    .map(Value::from)
    .into()
}

fn of_a_range() -> Vec<Malformed> {
    let no_times = || [json!(""), json!("x"), json!("2026-05-10"), json!(-1), json!(1_795_316_596_000_i64)];
    let mut all = malformed("from", no_times());
    all.extend(malformed("to", no_times()));
    all
}

fn of_a_page() -> Vec<Malformed> {
    let mut all = malformed("limit", [json!(""), json!("x"), json!(0), json!(201), json!(-1)]);
    all.extend(malformed("offset", [json!(""), json!("x"), json!(-1), json!("1.5")]));
    let of_another_list = json!("5.1~7~-.3.-.1760000000");
    all.extend(malformed("cursor", [json!(""), json!("x"), json!("1~2"), json!("1~x~-"), of_another_list]));
    all
}

fn of_the_postback_list() -> Vec<Malformed> {
    let mut all = of_a_range();
    all.extend(malformed("campaign", no_ids()));
    all.extend(malformed("lead", no_ids()));
    all.extend(malformed("state", [json!(""), json!("retry"), json!("FAILED"), json!(1)]));
    all.extend(malformed("limit", [json!(""), json!("x"), json!(0), json!(-1), json!(201), json!("1.5")]));
    all.extend(malformed(
        "cursor",
        [json!(""), json!("x"), json!(-1), json!("1-2-wait-3"), json!("1-2-wait-3-04")],
    ));
    all
}

fn of_a_replay() -> Vec<Malformed> {
    let mut all = of_a_range();
    all.extend(malformed("campaign", no_ids()));
    all.extend(malformed("state", [json!(""), json!("retry"), json!("pending")]));
    all.extend(malformed("cursor", [json!("x")]));
    all.extend(malformed("id", [json!(""), json!("x"), json!(7), json!("1-2-wait-3")]));
    // Well-formed, but beside a campaign.
    all.extend(malformed("id", [json!("1-2-wait-3-4")]));
    all
}

fn of_templates() -> Vec<Malformed> {
    let no_urls = || {
        let long = format!("https://example.com/{}", "x".repeat(2000));
        vec![
            json!("example.com/p"),
            json!("ftp://example.com/"),
            json!("javascript:alert(1)"),
            json!("{click}"),
            json!(long),
        ]
    };
    let names = ["pb_wait", "pb_hold", "pb_approve", "pb_cancel", "pb_trash"];
    let mut all: Vec<_> = names.into_iter().flat_map(|name| malformed(name, no_urls())).collect();
    all.extend(malformed("preset", [json!(""), json!("Keitaro"), json!("nobody"), json!(1)]));
    for (parameter, value) in [("preset", "keitaro"), ("domain", "trk.example"), ("token", "abc")] {
        let blamed = if parameter == "preset" { "domain" } else { "preset" };
        all.push(Malformed { parameter, value: json!(value), blamed });
    }
    all
}

fn of_a_campaigns_content() -> Vec<Malformed> {
    let mut all = malformed("welcome", [json!(""), json!(" \n"), json!("x".repeat(4097))]);
    all.extend(malformed(
        "media",
        [json!("img_abc123xyz"), json!("img_abc123xyz789"), json!("../7"), json!("x")],
    ));
    all.extend(malformed("unsub_window", [json!("x"), json!(-1), json!("1.5")]));
    all.extend(malformed("notify_level", [json!("x"), json!(-1), json!(4), json!(300)]));
    all.extend(malformed("button_text", [json!("x".repeat(65))]));
    all.extend(malformed("invite_link", no_invite_links()));
    all.extend(malformed("auto_approve", [json!(""), json!("x"), json!(-2), json!(86_401), json!("1.5")]));
    all.extend(malformed("pb_method", [json!(""), json!("get"), json!("PUT"), json!(1)]));
    all.extend(malformed("pb_format", [json!(""), json!("JSON"), json!("xml"), json!(1)]));
    all.extend(malformed("pb_body", [json!("x".repeat(4_001))]));
    all.extend(of_templates());
    all
}

fn of_a_campaign() -> Vec<Malformed> {
    let mut all = malformed("bot", no_ids());
    all.extend(malformed("chat", [json!(""), json!("x"), json!("@my_channel"), json!("1.5")]));
    all.extend(of_a_campaigns_content());
    all.push(Malformed { parameter: "button_text", value: json!("Go"), blamed: "button_url" });
    let without_text = json!("https://example.com/");
    all.push(Malformed { parameter: "button_url", value: without_text, blamed: "button_text" });
    all
}

#[tokio::test]
async fn a_required_parameter_that_is_missing_is_param_with_its_name() {
    let world = World::new().await;
    let scene = world.scene().await;
    for route in working_routes() {
        let taken = of_route(route.path, scene.chat);
        for name in taken.required {
            let mut parameters = taken.valid.as_object().cloned().unwrap_or_default();
            parameters.remove(*name);
            let reply = scene.account.call(route.method, route.path, &Value::Object(parameters)).await;
            let expected = json!({
                "status": "error", "error": "param", "message": format!("{name}: is required"), "param": name,
            });
            assert_eq!(reply.json(), expected, "{} without {name}", route.path);
        }
    }
}

#[tokio::test]
async fn a_malformed_parameter_is_param_with_its_name() {
    let world = World::new().await;
    let scene = world.scene().await;
    for route in working_routes() {
        let taken = of_route(route.path, scene.chat);
        for Malformed { parameter, value, blamed } in &taken.malformed {
            let mut parameters = taken.valid.clone();
            parameters[*parameter] = value.clone();
            let reply = scene.account.call(route.method, route.path, &parameters).await.json();
            let told = (&reply["error"], &reply["param"]);
            assert_eq!(told, (&json!("param"), &json!(blamed)), "{} with {parameter}={value}", route.path);
            let message = reply["message"].as_str().unwrap();
            assert!(message.starts_with(&format!("{blamed}: ")), "{message}");
        }
    }
    assert_eq!(scene.account.get("/api/camp/list.json").await.data().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_button_url_must_be_a_web_address() {
    let world = World::new().await;
    let scene = world.scene().await;
    for url in ["example.com", "ftp://example.com/", "tg://resolve?domain=x", "https://"] {
        let parameters =
            json!({"bot": 1, "chat": scene.chat, "welcome": "Join!", "button_text": "Go", "button_url": url});
        let reply = scene.account.post_json("/api/camp/add.json", &parameters).await.json();
        assert_eq!((&reply["error"], &reply["param"]), (&json!("param"), &json!("button_url")), "{url}");
    }
}

#[tokio::test]
async fn a_list_an_object_or_a_truth_in_the_place_of_a_value_is_param_with_its_name() {
    let world = World::new().await;
    let scene = world.scene().await;
    for route in working_routes().filter(|route| route.method == "POST") {
        let taken = of_route(route.path, scene.chat);
        let named =
            taken.malformed.iter().map(|malformed| malformed.parameter).chain(taken.required.iter().copied());
        for parameter in named.collect::<BTreeSet<_>>() {
            for value in [json!([1]), json!({"a": 1}), json!(true)] {
                let is_flag = matches!(parameter, "pause" | "leads");
                if is_flag && value.is_boolean() {
                    continue;
                }
                let mut parameters = taken.valid.clone();
                parameters[parameter] = value.clone();
                let reply = scene.account.call(route.method, route.path, &parameters).await.json();
                let told = (&reply["error"], &reply["param"]);
                assert_eq!(
                    told,
                    (&json!("param"), &json!(parameter)),
                    "{} with {parameter}={value}",
                    route.path
                );
            }
        }
    }
    assert_eq!(scene.account.get("/api/camp/list.json").await.data().as_array().unwrap().len(), 1);
}
