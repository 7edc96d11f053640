//! Stream triggers.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{Events, LIMIT, Plan, done, dynamodb, fail, keys, now_s, put, put_together, until};

const TEMPLATE: &str = r#"
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: PK, AttributeType: S}]
      KeySchema: [{AttributeName: PK, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
      TimeToLiveSpecification: {AttributeName: expires_at, Enabled: true}
  Lost: {Type: AWS::SQS::Queue}
  Follower:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: follower}}
    Properties:
      Events:
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 10
            BisectBatchOnFunctionError: true
            MaximumRetryAttempts: 2
            FunctionResponseTypes: [ReportBatchItemFailures]
            DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Lost.Arn}}
            FilterCriteria: {Filters: [{Pattern: '{"dynamodb":{"Keys":{"PK":{"S":[{"prefix":"KEEP"}]}}}}'}]}
"#;

fn sequence(event: &Value, place: usize) -> Value {
    event["Records"][place]["dynamodb"]["SequenceNumber"].clone()
}

#[tokio::test]
async fn a_function_sees_the_changes_that_pass_the_filter_in_lambdas_shape() {
    let events = Events::default();
    let world = Plan::new(TEMPLATE).recording("follower", &events, |_, _| done()).start().await;
    put(&world.cloud, "DROP#1").await;
    put(&world.cloud, "KEEP#1").await;
    let key = AttributeValue::S("KEEP#1".into());
    dynamodb(&world.cloud).delete_item().table_name("Table").key("PK", key).send().await.unwrap();
    assert!(world.cloud.idle(LIMIT).await);
    world.cloud.stop().await;
    let events = events.lock().unwrap();
    let mut records: Vec<_> =
        events.iter().flat_map(|event| event["Records"].as_array().unwrap().clone()).collect();
    assert_eq!(records.len(), 2);
    let mut first = records.remove(0);
    assert!(first["dynamodb"]["ApproximateCreationDateTime"].take().as_u64().unwrap() > 1_700_000_000);
    assert_eq!(first["dynamodb"]["SequenceNumber"].take().as_str().unwrap().len(), 21);
    assert!(first["dynamodb"]["SizeBytes"].take().as_u64().unwrap() > 0);
    assert_eq!(first["eventID"].take().as_str().unwrap().len(), 32);
    assert_eq!(
        first,
        json!({
            "eventID": null,
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/Table/stream/2026-01-01T00:00:00.000",
            "dynamodb": {
                "ApproximateCreationDateTime": null,
                "Keys": {"PK": {"S": "KEEP#1"}},
                "NewImage": {"PK": {"S": "KEEP#1"}, "value": {"N": "1"}},
                "SequenceNumber": null,
                "SizeBytes": null,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        })
    );
    assert_eq!(records[0]["eventName"], "REMOVE");
    assert_eq!(records[0]["dynamodb"]["OldImage"]["value"]["N"], "1");
}

#[tokio::test]
async fn a_change_reaches_its_function_well_within_200_ms() {
    let events = Events::default();
    let world = Plan::new(TEMPLATE).recording("follower", &events, |_, _| done()).start().await;
    let mut latencies = vec![];
    for count in 1..=5 {
        let written = Instant::now();
        put(&world.cloud, &format!("KEEP#{count}")).await;
        until("the change", || events.lock().unwrap().len() == count).await;
        latencies.push(written.elapsed());
    }
    assert!(latencies.iter().min() < Some(&Duration::from_millis(200)), "{latencies:?}");
    world.cloud.stop().await;
}

#[tokio::test]
async fn an_expired_item_is_removed_by_the_service() {
    let events = Events::default();
    let world = Plan::new(TEMPLATE).recording("follower", &events, |_, _| done()).start().await;
    put(&world.cloud, "KEEP#1").await;
    let recently = now_s() - 10;
    let item =
        dynamodb(&world.cloud).put_item().table_name("Table").item("PK", AttributeValue::S("KEEP#2".into()));
    item.item("expires_at", AttributeValue::N(recently.to_string())).send().await.unwrap();
    assert_eq!(world.cloud.expire_items().await, 1);
    assert!(world.cloud.idle(LIMIT).await);
    world.cloud.stop().await;
    let events = events.lock().unwrap();
    let last = events.last().unwrap()["Records"].as_array().unwrap().last().unwrap();
    assert_eq!(last["eventName"], "REMOVE");
    assert_eq!(last["userIdentity"], json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"}));
}

#[tokio::test]
async fn the_stream_is_retried_from_the_first_record_that_failed() {
    let events = Events::default();
    let plan = Plan::new(TEMPLATE).recording("follower", &events, |call, event| match call {
        0 => Ok(json!({"batchItemFailures": [
            {"itemIdentifier": sequence(event, 3)}, {"itemIdentifier": sequence(event, 2)},
        ]})),
        _ => done(),
    });
    let world = plan.start().await;
    put_together(&world.cloud, &["KEEP#0", "KEEP#1", "KEEP#2", "KEEP#3"]).await;
    assert!(world.cloud.idle(LIMIT).await);
    let seen: Vec<_> = events.lock().unwrap().iter().map(keys).collect();
    assert_eq!(seen, [vec!["KEEP#0", "KEEP#1", "KEEP#2", "KEEP#3"], vec!["KEEP#2", "KEEP#3"]]);
    world.cloud.stop().await;
}

#[tokio::test]
async fn a_poison_record_is_isolated_given_up_and_reported() {
    let events = Events::default();
    let plan = Plan::new(TEMPLATE).recording("follower", &events, |_, event| {
        if keys(event).iter().any(|key| key == "KEEP#2") { fail("poison") } else { done() }
    });
    let world = plan.start().await;
    put_together(&world.cloud, &["KEEP#0", "KEEP#1", "KEEP#2", "KEEP#3"]).await;
    assert!(world.cloud.idle(LIMIT).await);
    let seen: Vec<_> =
        events.lock().unwrap().iter().map(|event| keys(event).join(" ").replace("KEEP#", "")).collect();
    assert_eq!(
        seen,
        ["0 1 2 3", "0 1", "2 3", "2", "2", "2", "3"],
        "halved, then retried twice, then passed"
    );
    let reports = world.cloud.queue_bodies("Lost").unwrap();
    let report: Value = serde_json::from_str(&reports[0]).unwrap();
    let poison = sequence(&events.lock().unwrap()[3], 0);
    assert_eq!(reports.len(), 1);
    assert_eq!(report["requestContext"]["condition"], "RetryAttemptsExhausted");
    assert_eq!(report["requestContext"]["approximateInvokeCount"], 3);
    let info = &report["DDBStreamBatchInfo"];
    assert_eq!(info["shardId"], "shardId-00000001-Table");
    assert_eq!((&info["startSequenceNumber"], &info["endSequenceNumber"]), (&poison, &poison));
    assert_eq!(info["batchSize"], 1);
    world.cloud.stop().await;
}

#[tokio::test]
async fn a_restart_goes_on_where_the_checkpoint_stands() {
    let data = TempDir::new().unwrap();
    let events = Events::default();
    let plan = Plan::new(TEMPLATE).durable().recording("follower", &events, |_, event| {
        if keys(event).contains(&"KEEP#late".to_owned()) { fail("not yet") } else { done() }
    });
    let cloud = plan.start_in(data.path()).await.unwrap();
    put(&cloud, "KEEP#early").await;
    assert!(cloud.idle(LIMIT).await);
    put(&cloud, "KEEP#late").await;
    until("a failed delivery", || events.lock().unwrap().len() >= 2).await;
    cloud.stop().await;

    let events = Events::default();
    let plan = Plan::new(TEMPLATE).durable().recording("follower", &events, |_, _| done());
    let cloud = plan.start_in(data.path()).await.unwrap();
    assert!(cloud.idle(LIMIT).await);
    let seen: Vec<_> = events.lock().unwrap().iter().flat_map(keys).collect();
    assert_eq!(seen, ["KEEP#late"]);
    assert_eq!(cloud.queue_depth("Lost").unwrap().total(), 0);
    cloud.stop().await;
}
