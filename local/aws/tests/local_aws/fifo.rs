//! FIFO queues: order within a message group, duplicates, and groups side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use local_aws::{Cloud, Template};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{Events, LIMIT, Plan, bodies, done, sqs};

const QUEUES: &str = r"
Resources:
  Postbacks:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub ${AWS::StackName}-postbacks.fifo
      FifoQueue: true
      ContentBasedDeduplication: false
      DeduplicationScope: messageGroup
      FifoThroughputLimit: perMessageGroupId
      VisibilityTimeout: 1
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 2}
  Dead:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub '${AWS::StackName}-dead.fifo', FifoQueue: true}
";

const SENDER: &str = r"
  Sender:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: sender}}
    Properties:
      Timeout: 1
      Events:
        Postbacks:
          Type: SQS
          Properties: {Queue: !GetAtt Postbacks.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}
";

/// Messages as (group, body); the body is the deduplication id too.
async fn send(cloud: &Cloud, messages: &[(&str, &str)]) -> SendMessageBatchOutput {
    let entries = messages.iter().enumerate().map(|(place, (group, body))| {
        let entry = SendMessageBatchRequestEntry::builder().id(place.to_string()).message_body(*body);
        entry.message_group_id(*group).message_deduplication_id(*body).build().unwrap()
    });
    let url = cloud.queue_url("Postbacks").unwrap();
    let request = sqs(cloud).send_message_batch().queue_url(url);
    request.set_entries(Some(entries.collect())).send().await.unwrap()
}

async fn receive(cloud: &Cloud) -> Vec<String> {
    let url = cloud.queue_url("Postbacks").unwrap();
    let request = sqs(cloud).receive_message().queue_url(url).max_number_of_messages(10);
    let messages = request.send().await.unwrap().messages.unwrap_or_default();
    messages.into_iter().map(|message| message.body.unwrap()).collect()
}

/// A report of every record from the first one that `is_bad` on, as a FIFO queue's function makes it.
fn report_from(event: &Value, is_bad: impl Fn(&str) -> bool) -> Value {
    let records = event["Records"].as_array().unwrap().iter();
    let failed = records.skip_while(|record| !is_bad(record["body"].as_str().unwrap()));
    json!({"batchItemFailures": failed.map(|record| json!({"itemIdentifier": record["messageId"]})).collect::<Vec<_>>()})
}

#[tokio::test]
async fn a_batch_is_queued_once_however_often_it_is_sent() {
    let data = TempDir::new().unwrap();
    let cloud = Plan::new(QUEUES).durable().start_in(data.path()).await.unwrap();
    assert!(cloud.queue_url("Postbacks").unwrap().ends_with("/local-postbacks.fifo"));
    let first = send(&cloud, &[("a", "1"), ("a", "2"), ("b", "1")]).await;
    let again = send(&cloud, &[("a", "1"), ("a", "3"), ("b", "1")]).await;
    assert!(first.failed().is_empty() && again.failed().is_empty());
    let ids = |output: &SendMessageBatchOutput| -> Vec<_> {
        let sent = output.successful().iter();
        sent.map(|sent| (sent.message_id().to_owned(), sent.sequence_number().unwrap().to_owned())).collect()
    };
    let (first, again) = (ids(&first), ids(&again));
    assert_eq!((&again[0], &again[2]), (&first[0], &first[2]), "a duplicate is told of the first one");
    assert!(first[0].1 < first[1].1 && first[1].1 < again[1].1);
    assert_eq!(cloud.queue_bodies("Postbacks").unwrap(), ["1", "2", "1", "3"]);
    cloud.stop().await;

    let cloud = Plan::new(QUEUES).durable().start_in(data.path()).await.unwrap();
    send(&cloud, &[("a", "1"), ("c", "1")]).await;
    assert_eq!(cloud.queue_bodies("Postbacks").unwrap(), ["1", "2", "1", "3", "1"]);
    cloud.stop().await;
}

#[tokio::test]
async fn a_message_without_group_or_deduplication_id_fails_alone() {
    let world = Plan::new(QUEUES).start().await;
    let entry = |id: &str| SendMessageBatchRequestEntry::builder().id(id).message_body("x");
    let url = world.cloud.queue_url("Postbacks").unwrap();
    let long = "x".repeat(129);
    let entries = [
        entry("no-group").message_deduplication_id("1"),
        entry("no-id").message_group_id("a"),
        entry("odd-group").message_group_id("a b").message_deduplication_id("1"),
        entry("long-id").message_group_id("a").message_deduplication_id(&long),
        entry("good").message_group_id("a#{~}").message_deduplication_id(&long[1..]),
    ];
    let entries = entries.map(|entry| entry.build().unwrap()).to_vec();
    let request = sqs(&world.cloud).send_message_batch().queue_url(url).set_entries(Some(entries));
    let output = request.send().await.unwrap();
    let failed: Vec<_> = output.failed().iter().map(|failed| (failed.id(), failed.code())).collect();
    let (missing, invalid) = ("MissingParameter", "InvalidParameterValue");
    assert_eq!(
        failed,
        [("no-group", missing), ("no-id", invalid), ("odd-group", invalid), ("long-id", invalid)]
    );
    assert_eq!(output.successful()[0].id(), "good");
    world.cloud.stop().await;
}

#[tokio::test]
async fn a_receiver_gets_one_group_first_and_none_that_another_one_holds() {
    let world = Plan::new(QUEUES).start().await;
    let group = |name: &'static str| (0..8).map(move |number| (name, number));
    for (name, number) in group("a").zip(group("b")).flat_map(|(a, b)| [a, b]) {
        send(&world.cloud, &[(name, &format!("{name}{number}"))]).await;
    }
    assert_eq!(
        receive(&world.cloud).await,
        ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "b0", "b1"],
        "as many of the first group as there are, then others"
    );
    assert!(receive(&world.cloud).await.is_empty(), "both groups have messages in flight");
    send(&world.cloud, &[("a", "a8"), ("c", "c0")]).await;
    assert_eq!(receive(&world.cloud).await, ["c0"]);
    world.cloud.stop().await;
}

#[tokio::test]
async fn a_failed_message_comes_back_before_the_later_ones_of_its_group() {
    let events = Events::default();
    let plan = Plan::new(&format!("{QUEUES}{SENDER}"));
    let plan = plan
        .recording("sender", &events, |call, event| Ok(report_from(event, |body| call == 0 && body == "a1")));
    let world = plan.start().await;
    send(&world.cloud, &[("a", "a0"), ("a", "a1"), ("a", "a2")]).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    send(&world.cloud, &[("a", "a3"), ("b", "b0")]).await;
    assert!(world.cloud.idle(LIMIT).await);
    let seen: Vec<_> = events.lock().unwrap().iter().flat_map(bodies).collect();
    let of_a: Vec<_> = seen.iter().filter(|body| body.starts_with('a')).collect();
    let first = of_a.iter().rposition(|body| *body == "a1").unwrap();
    assert_eq!(of_a[first..], ["a1", "a2", "a3"]);
    assert!(of_a[..first].iter().all(|body| *body != "a3"), "{seen:?}");
    let place = |body: &str| seen.iter().rposition(|seen| seen == body).unwrap();
    assert!(place("b0") < place("a1"), "another group does not wait: {seen:?}");
    world.cloud.stop().await;
}

#[tokio::test]
async fn a_poison_message_ends_in_the_dead_letter_queue_and_its_group_goes_on() {
    let events = Events::default();
    let plan = Plan::new(&format!("{QUEUES}{SENDER}"));
    let plan = plan.recording("sender", &events, |_, event| Ok(report_from(event, |body| body == "bad")));
    let world = plan.start().await;
    send(&world.cloud, &[("a", "bad")]).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    send(&world.cloud, &[("a", "next")]).await;
    assert!(world.cloud.idle(LIMIT).await);
    assert_eq!(world.cloud.queue_bodies("Dead").unwrap(), ["bad"]);
    let seen: Vec<_> = events.lock().unwrap().iter().flat_map(bodies).collect();
    assert_eq!(seen, ["bad", "bad", "next", "next"], "it is reported with the one before it, once");
    world.cloud.stop().await;
}

#[tokio::test]
async fn groups_are_delivered_side_by_side_and_each_in_order() {
    /// Batches in flight by group, the most at once, and the bodies of each group.
    #[derive(Default)]
    struct Seen {
        running: BTreeMap<String, usize>,
        most: usize,
        bodies: BTreeMap<String, Vec<String>>,
    }
    let seen = Arc::new(Mutex::new(Seen::default()));
    let shared = Arc::clone(&seen);
    let plan = Plan::new(&format!("{QUEUES}{SENDER}")).function("sender", move |event| {
        let seen = Arc::clone(&shared);
        async move {
            let groups: BTreeSet<_> = bodies(&event).iter().map(|body| body[..1].to_owned()).collect();
            {
                let mut seen = seen.lock().unwrap();
                for group in &groups {
                    *seen.running.entry(group.clone()).or_default() += 1;
                }
                assert!(seen.running.values().all(|&running| running <= 1), "one batch of a group at a time");
                let running = seen.running.values().filter(|&&running| running > 0).count();
                seen.most = seen.most.max(running);
                for body in bodies(&event) {
                    seen.bodies.entry(body[..1].to_owned()).or_default().push(body);
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            for group in &groups {
                *seen.lock().unwrap().running.get_mut(group).unwrap() -= 1;
            }
            done()
        }
    });
    let world = plan.start().await;
    let messages: Vec<_> = (0..20)
        .flat_map(|number| ["a", "b", "c", "d"].map(|group| (group, format!("{group}{number:02}"))))
        .collect();
    for messages in messages.chunks(10) {
        let messages: Vec<_> = messages.iter().map(|(group, body)| (*group, body.as_str())).collect();
        send(&world.cloud, &messages).await;
    }
    assert!(world.cloud.idle(LIMIT).await);
    world.cloud.stop().await;
    let seen = seen.lock().unwrap();
    assert!(seen.most > 1, "groups wait for one another");
    for (group, bodies) in &seen.bodies {
        let expected: Vec<_> = (0..20).map(|number| format!("{group}{number:02}")).collect();
        assert_eq!(*bodies, expected);
    }
}

#[tokio::test]
async fn a_fifo_queue_tells_its_settings() {
    let world = Plan::new(QUEUES).start().await;
    let url = world.cloud.queue_url("Postbacks").unwrap();
    let request = sqs(&world.cloud).get_queue_attributes().queue_url(url);
    let attributes =
        request.attribute_names(QueueAttributeName::All).send().await.unwrap().attributes.unwrap();
    for (name, value) in [
        (QueueAttributeName::FifoQueue, "true"),
        (QueueAttributeName::ContentBasedDeduplication, "false"),
        (QueueAttributeName::DeduplicationScope, "messageGroup"),
        (QueueAttributeName::FifoThroughputLimit, "perMessageGroupId"),
    ] {
        assert_eq!(attributes[&name], value, "{name}");
    }
    world.cloud.stop().await;
}

#[test]
fn what_sqs_would_not_make_a_fifo_queue_of_is_refused() {
    let place = "Resources.Postbacks.Properties";
    for (from, to, expected) in [
        (
            "-postbacks.fifo",
            "-postbacks",
            format!("{place}.QueueName: expected a name that ends in .fifo, for a FIFO queue only"),
        ),
        (
            "DeduplicationScope: messageGroup",
            "DeduplicationScope: queue",
            format!("{place}.FifoThroughputLimit: expected DeduplicationScope messageGroup with perMessageGroupId"),
        ),
        (
            "FifoThroughputLimit: perMessageGroupId",
            "FifoThroughputLimit: none",
            format!("{place}.FifoThroughputLimit: none is not known here"),
        ),
        (
            "{QueueName: !Sub '${AWS::StackName}-dead.fifo', FifoQueue: true}",
            "{}",
            format!("{place}.RedrivePolicy: expected a dead-letter queue of the same type"),
        ),
        (
            "[ReportBatchItemFailures]}",
            "[ReportBatchItemFailures], BatchSize: 11}",
            "Resources.Sender.Properties.Events.Postbacks: expected at most 10 messages a batch of a FIFO queue".into(),
        ),
    ] {
        let template = format!("{QUEUES}{SENDER}");
        assert!(template.contains(from), "{from}");
        assert_eq!(Template::parse(&template.replace(from, to)).unwrap_err().to_string(), expected);
    }
}
