use std::collections::BTreeMap;

use local::{System, SystemOptions};
use serde_json::Value;
use shared::clock::Clock;

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
        let mut essence = essence(&answer);
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

/// The status and the body of an HTTP answer, or the whole answer of a worker.
fn essence(answer: &Value) -> String {
    match answer.get("statusCode") {
        Some(status) => format!("{status} {}", answer["body"].as_str().unwrap_or_default()),
        None => answer.to_string(),
    }
}
