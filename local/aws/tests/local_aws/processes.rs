//! Functions as processes behind the Lambda Runtime API.

use std::collections::BTreeSet;

use local_aws::{Cloud, Functions, StartError};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{LIMIT, start, until};

const TEMPLATE: &str = "
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: echo-function}}
    Properties:
      FunctionName: echoes
      Timeout: 1
";

async fn cloud(data: &TempDir) -> Cloud {
    let executable = std::path::Path::new(env!("CARGO_BIN_EXE_echo-function"));
    let functions = Functions::Binaries(executable.parent().unwrap().to_owned());
    start(TEMPLATE, data.path(), true, functions).await.unwrap()
}

fn is_running(process: &Value) -> bool {
    std::path::Path::new(&format!("/proc/{process}")).exists()
}

#[tokio::test]
async fn a_process_is_spawned_at_the_first_request_and_kept() {
    let data = TempDir::new().unwrap();
    let cloud = cloud(&data).await;
    let first = cloud.invoke("echo-function", json!({"a": 1})).await.unwrap();
    let second = cloud.invoke("echo-function", json!({"a": 2})).await.unwrap();
    assert_eq!((&first["event"]["a"], &second["event"]["a"]), (&json!(1), &json!(2)));
    assert_eq!(first["process"], second["process"]);
    assert_eq!((&first["name"], &first["greeting"]), (&json!("echoes"), &json!("hello")));
    assert_eq!(first["home"], Value::Null, "it has the function's environment only");
    assert!(is_running(&first["process"]));
    cloud.stop().await;
    assert!(!is_running(&first["process"]));
}

#[tokio::test]
async fn invocations_that_queue_get_up_to_four_processes() {
    let data = TempDir::new().unwrap();
    let cloud = cloud(&data).await;
    let event = json!({"pause_ms": 200});
    let calls = (0..8).map(|_| cloud.invoke("echo-function", event.clone()));
    let answers = futures::future::join_all(calls).await;
    let processes: BTreeSet<_> =
        answers.iter().map(|answer| answer.as_ref().unwrap()["process"].as_u64()).collect();
    assert!((2..=4).contains(&processes.len()), "{processes:?}");
    cloud.stop().await;
}

#[tokio::test]
async fn errors_exits_and_time_outs_are_told_and_survived() {
    let data = TempDir::new().unwrap();
    let cloud = cloud(&data).await;
    for (wish, kind) in [("fail", "Refused"), ("exit", "Runtime.ExitError"), ("sleep", "Sandbox.Timedout")] {
        let error = cloud.invoke("echo-function", json!({"do": wish})).await.unwrap_err();
        assert_eq!(error.kind, kind, "{wish}");
        let answer =
            tokio::time::timeout(LIMIT, cloud.invoke("echo-function", json!({}))).await.unwrap().unwrap();
        assert!(is_running(&answer["process"]));
    }
    cloud.stop().await;
}

#[tokio::test]
async fn dropping_the_cloud_ends_its_processes() {
    let data = TempDir::new().unwrap();
    let cloud = cloud(&data).await;
    let answer = cloud.invoke("echo-function", json!({})).await.unwrap();
    drop(cloud);
    until("the end of the process", || !is_running(&answer["process"])).await;
}

#[tokio::test]
async fn an_executable_that_is_not_there_is_an_error_at_the_start() {
    let data = TempDir::new().unwrap();
    let functions = Functions::Binaries(data.path().to_owned());
    let error = start(TEMPLATE, data.path(), true, functions).await.err().unwrap();
    assert!(matches!(error, StartError::UnknownBinary { binary, .. } if binary == "echo-function"));
}
