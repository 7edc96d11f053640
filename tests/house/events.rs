use std::collections::BTreeMap;

use local::{System, SystemOptions};
use serde_json::Value;
use shared::clock::Clock;
use shared::domain::calendar;

use super::root;

/// What each event file leads to in a system that has one account and nothing else.
#[tokio::test]
async fn every_event_file_is_answered_as_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let system = System::start(SystemOptions {
        port: 0,
        data: folder.path().to_owned(),
        ephemeral: true,
        telegram: local::Telegram::Simulator,
        public_url: None,
        allow_private_targets: false,
        bins: None,
        clock: Clock::System,
        faults: None,
    })
    .await
    .unwrap();
    let mut key = system.first_key().await.unwrap();
    let mut answers = Vec::new();
    for (name, text) in event_files() {
        let event = serde_json::from_str(&text.replace("Bearer KEY", &format!("Bearer {key}"))).unwrap();
        let function = name.split('/').next().unwrap();
        let answer = system.cloud.invoke(function, event).await.unwrap();
        let mut essence = without_chance(&essence(&answer));
        if let Some(renewed) = renewed_key(&essence) {
            essence = essence.replace(&renewed, "KEY");
            key = renewed;
        }
        answers.push(format!("{name}: {essence}"));
    }
    system.stop().await;
    insta::assert_snapshot!(answers.join("\n"));
}

/// Every event below `events/` by `<function>/<case>`, in that order.
fn event_files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for folder in std::fs::read_dir(root().join("events")).unwrap() {
        let folder = folder.unwrap();
        let function = folder.file_name().into_string().unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            let case = path.file_stem().unwrap().to_str().unwrap();
            files.insert(format!("{function}/{case}"), std::fs::read_to_string(&path).unwrap());
        }
    }
    files
}

/// The key in an answer that shows one.
fn renewed_key(essence: &str) -> Option<String> {
    let (_, key) = essence.split_once(r#""key":""#)?;
    key.split('"').next().map(str::to_owned)
}

/// An answer without what is drawn or dated: of an id the prefix; of a media the reference's prefix and the names of a
/// form's fields.
fn without_chance(essence: &str) -> String {
    let body = essence.split_once(' ').map(|(_, body)| body).unwrap_or_default();
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    if body["data"]["importId"].as_str().is_some_and(|id| id.starts_with("imp")) {
        let fields: Vec<_> =
            body["data"]["fields"].as_object().into_iter().flatten().map(|it| it.0).collect();
        return format!("201, import imp…, fields {fields:?}");
    }
    let Some((prefix, _)) = body["data"]["media"].as_str().and_then(|media| media.split_once('_')) else {
        return essence.split('"').map(lasting).collect::<Vec<_>>().join("\"");
    };
    let fields: Vec<_> =
        body["data"]["fields"].as_object().into_iter().flat_map(|fields| fields.keys()).collect();
    format!("200 {}, media {prefix}_…, fields {fields:?}", body["status"])
}

/// A word of an answer without what is drawn or dated.
fn lasting(word: &str) -> String {
    let drawn = ["camp", "seg", "tmpl", "hook"].into_iter().find(|prefix| {
        let own = word.strip_prefix(prefix).unwrap_or_default();
        own.len() == 16 && own.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    match drawn {
        Some(prefix) => format!("{prefix}…"),
        None if word.starts_with("whsec_") => "whsec_…".to_owned(),
        None if calendar::parse_iso_time(word).is_some() => "…".to_owned(),
        None => word.to_owned(),
    }
}

/// The status and the body of an HTTP answer, or the whole answer of a worker.
fn essence(answer: &Value) -> String {
    match answer.get("statusCode") {
        Some(status) => format!("{status} {}", answer["body"].as_str().unwrap_or_default()),
        None => answer.to_string(),
    }
}
