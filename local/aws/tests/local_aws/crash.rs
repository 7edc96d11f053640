//! What a kill leaves behind: a cloud that is dropped has had no time to write anything.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use serde_json::json;
use tempfile::TempDir;

use crate::world::{Events, Plan, done, fail, keys, put, sqs, until};

const TEMPLATE: &str = "
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: PK, AttributeType: S}]
      KeySchema: [{AttributeName: PK, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  Jobs: {Type: AWS::SQS::Queue}
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
            MaximumRetryAttempts: 0
            DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Lost.Arn}}
";

/// Sends the key of every record to `Jobs`, once it has been given the queue.
fn forwarding() -> (Plan, Arc<OnceLock<(aws_sdk_sqs::Client, String)>>) {
    let queue = Arc::new(OnceLock::<(aws_sdk_sqs::Client, String)>::new());
    let target = Arc::clone(&queue);
    let plan = Plan::new(TEMPLATE).function("follower", move |event| {
        let target = Arc::clone(&target);
        async move {
            let (client, url) = target.get().unwrap();
            for key in keys(&event) {
                client.send_message().queue_url(url).message_body(key).send().await.unwrap();
            }
            Ok(json!({}))
        }
    });
    (plan, queue)
}

/// The trigger's checkpoint file, `""` before there is one.
fn checkpoint(data: &Path) -> String {
    let mut files = std::fs::read_dir(data.join("checkpoints")).unwrap().map(|file| file.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|extension| extension == "json"));
    file.map(|path| std::fs::read_to_string(path).unwrap()).unwrap_or_default()
}

fn queues(data: &Path) -> String {
    std::fs::read_to_string(data.join("queues.json")).unwrap_or_default()
}

#[tokio::test]
async fn a_checkpoint_on_disk_covers_what_its_records_have_queued() {
    let data = TempDir::new().unwrap();
    let (plan, queue) = forwarding();
    let cloud = plan.durable().start_in(data.path()).await.unwrap();
    queue.set((sqs(&cloud), cloud.queue_url("Jobs").unwrap().to_owned())).unwrap();
    let sent: Vec<_> = (0..20).map(|number| format!("number {number}!")).collect();
    for key in &sent {
        let before = checkpoint(data.path());
        put(&cloud, key).await;
        until("the checkpoint", || checkpoint(data.path()) != before).await;
        assert!(queues(data.path()).contains(key), "{key}");
    }
    drop(cloud);

    let events = Events::default();
    let plan = Plan::new(TEMPLATE).durable().recording("follower", &events, |_, _| done());
    let cloud = plan.start_in(data.path()).await.unwrap();
    assert_eq!(cloud.queue_bodies("Jobs").unwrap(), sent);
    assert!(events.lock().unwrap().is_empty(), "nothing is processed again");
    cloud.stop().await;
}

#[tokio::test]
async fn a_checkpoint_on_disk_covers_the_report_of_records_given_up() {
    let data = TempDir::new().unwrap();
    let plan = Plan::new(TEMPLATE).durable().function("follower", |_| async { fail("never") });
    let cloud = plan.start_in(data.path()).await.unwrap();
    put(&cloud, "poison").await;
    until("the checkpoint", || !checkpoint(data.path()).is_empty()).await;
    assert!(queues(data.path()).contains("RetryAttemptsExhausted"));
    drop(cloud);
}

#[tokio::test]
async fn an_ephemeral_cloud_writes_neither() {
    let (plan, queue) = forwarding();
    let world = plan.start().await;
    queue.set((sqs(&world.cloud), world.cloud.queue_url("Jobs").unwrap().to_owned())).unwrap();
    put(&world.cloud, "kept in memory").await;
    let is_queued = || world.cloud.queue_depth("Jobs").unwrap().total() == 1;
    until("the message", is_queued).await;
    world.cloud.stop().await;
    assert!(!world.data.path().join("queues.json").exists());
    assert!(!world.data.path().join("checkpoints").exists());
}
