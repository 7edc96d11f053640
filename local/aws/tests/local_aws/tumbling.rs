//! Tumbling windows.

use serde_json::{Value, json};

use crate::world::{Events, LIMIT, Plan, put, until};

const TEMPLATE: &str = "
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: PK, AttributeType: S}]
      KeySchema: [{AttributeName: PK, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
  Counter:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: counter}}
    Properties:
      Events:
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: TRIM_HORIZON
            TumblingWindowInSeconds: 2
";

/// Counts records in the window's state.
fn count(event: &Value) -> Value {
    let before = event["state"]["count"].as_u64().unwrap_or(0);
    json!({"state": {"count": before + event["Records"].as_array().unwrap().len() as u64}})
}

#[tokio::test]
async fn a_window_carries_its_state_to_its_final_invocation() {
    let events = Events::default();
    let world = Plan::new(TEMPLATE).recording("counter", &events, |_, event| Ok(count(event))).start().await;
    for key in ["a", "b", "c"] {
        put(&world.cloud, key).await;
        assert!(world.cloud.idle(LIMIT).await, "the end of the window does not count");
    }
    let is_final = |event: &Value| event["isFinalInvokeForWindow"] == true;
    let counted = || {
        events
            .lock()
            .unwrap()
            .iter()
            .filter(|event| is_final(event))
            .map(|event| event["state"]["count"].as_u64().unwrap())
            .sum::<u64>()
    };
    until("the final invocations", || counted() == 3).await;
    let events = events.lock().unwrap();
    let first = &events[0];
    assert_eq!(first["state"], json!({}));
    assert_eq!(first["shardId"], "shardId-00000001-Table");
    assert_eq!(first["isWindowTerminatedEarly"], false);
    assert_eq!(first["eventSourceARN"], first["Records"][0]["eventSourceARN"]);
    let last = events.iter().find(|event| is_final(event)).unwrap();
    assert_eq!((&last["Records"], &last["window"]), (&json!([]), &first["window"]));
    let start = first["window"]["start"].as_str().unwrap();
    assert!(start.ends_with('Z') && start.len() == "2026-01-01T00:00:00Z".len(), "{start}");
}

#[tokio::test]
async fn an_answer_without_state_fails_its_batch() {
    let events = Events::default();
    let plan = Plan::new(TEMPLATE);
    let plan = plan
        .recording("counter", &events, |call, event| Ok(if call == 0 { json!({}) } else { count(event) }));
    let world = plan.start().await;
    put(&world.cloud, "a").await;
    assert!(world.cloud.idle(LIMIT).await);
    world.cloud.stop().await;
    let events = events.lock().unwrap();
    assert_eq!(events[1]["Records"], events[0]["Records"]);
}
