//! Queue triggers, the wire, and what survives a restart.

use std::time::{Duration, Instant};

use aws_sdk_sqs::types::MessageAttributeValue;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{Events, LIMIT, Plan, bodies, done, fail, send, sqs, until};

const TEMPLATE: &str = r"
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 2
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: '2'}
  Dead: {Type: AWS::SQS::Queue}
  Ordered:
    Type: AWS::SQS::Queue
    Properties: {FifoQueue: true, ContentBasedDeduplication: true, VisibilityTimeout: 1}
  Worker:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: worker}}
    Properties:
      Timeout: 1
      Events:
        Jobs:
          Type: SQS
          Properties:
            Queue: !GetAtt Jobs.Arn
            BatchSize: 10
            MaximumBatchingWindowInSeconds: 1
            FunctionResponseTypes: [ReportBatchItemFailures]
        Ordered:
          Type: SQS
          Properties: {Queue: !GetAtt Ordered.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}
";

const QUEUE_ONLY: &str = "
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 600}}
";

/// A report of the messages whose body is `bad`.
fn report(event: &Value) -> Value {
    let records = event["Records"].as_array().unwrap().iter();
    let bad = records.filter(|record| record["body"] == "bad");
    json!({"batchItemFailures": bad.map(|record| json!({"itemIdentifier": record["messageId"]})).collect::<Vec<_>>()})
}

#[tokio::test]
async fn failed_messages_come_again_and_end_in_the_dead_letter_queue() {
    let events = Events::default();
    let world = Plan::new(TEMPLATE).recording("worker", &events, |_, event| Ok(report(event))).start().await;
    for body in ["good", "bad", "fine"] {
        send(&world.cloud, "Jobs", body).await;
    }
    assert!(world.cloud.idle(LIMIT).await);
    assert_eq!(world.cloud.queue_bodies("Dead").unwrap(), ["bad"]);
    assert_eq!(world.cloud.queue_depth("Jobs").unwrap().total(), 0);
    let seen: Vec<_> = events.lock().unwrap().iter().flat_map(bodies).collect();
    let count = |body: &str| seen.iter().filter(|seen| *seen == body).count();
    assert_eq!((count("good"), count("bad"), count("fine")), (1, 2, 1));
    world.cloud.stop().await;
}

#[tokio::test]
async fn a_failed_invocation_returns_the_whole_batch() {
    let events = Events::default();
    let plan = Plan::new(TEMPLATE);
    let plan = plan.recording("worker", &events, |call, _| if call == 0 { fail("once") } else { done() });
    let world = plan.start().await;
    send(&world.cloud, "Jobs", "a").await;
    assert!(world.cloud.idle(LIMIT).await);
    let seen: Vec<_> = events.lock().unwrap().iter().flat_map(bodies).collect();
    assert_eq!(seen, ["a", "a"]);
    assert_eq!(world.cloud.queue_depth("Dead").unwrap().total(), 0);
    world.cloud.stop().await;
}

#[tokio::test]
async fn a_record_is_as_lambda_delivers_it() {
    let events = Events::default();
    let world = Plan::new(TEMPLATE).recording("worker", &events, |_, _| done()).start().await;
    let attribute = MessageAttributeValue::builder().data_type("String").string_value("red").build().unwrap();
    let url = world.cloud.queue_url("Jobs").unwrap();
    let message = sqs(&world.cloud).send_message().queue_url(url).message_body("hello");
    let sent = message.message_attributes("color", attribute).send().await.unwrap();
    assert!(world.cloud.idle(LIMIT).await);
    let mut record = events.lock().unwrap()[0]["Records"][0].take();
    assert_eq!(record["messageId"], sent.message_id().unwrap());
    assert_eq!(record["md5OfMessageAttributes"], sent.md5_of_message_attributes().unwrap());
    for key in ["SentTimestamp", "ApproximateFirstReceiveTimestamp"] {
        let moment: u64 = record["attributes"][key].take().as_str().unwrap().parse().unwrap();
        assert!(moment > 1_700_000_000_000, "{key}");
    }
    for key in ["messageId", "md5OfMessageAttributes", "receiptHandle"] {
        assert!(record[key].take().is_string(), "{key}");
    }
    assert_eq!(
        record,
        json!({
            "messageId": null,
            "receiptHandle": null,
            "md5OfMessageAttributes": null,
            "body": "hello",
            "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": null,
                "SenderId": "000000000000",
                "ApproximateFirstReceiveTimestamp": null,
            },
            "messageAttributes": {
                "color": {
                    "stringValue": "red",
                    "binaryValue": null,
                    "stringListValues": [],
                    "binaryListValues": [],
                    "dataType": "String",
                },
            },
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:Jobs",
            "awsRegion": "us-east-1",
        })
    );
    world.cloud.stop().await;
}

#[tokio::test]
async fn a_message_group_has_one_batch_in_flight_and_keeps_its_order() {
    let events = Events::default();
    let plan = Plan::new(TEMPLATE);
    let plan = plan.recording("worker", &events, |_, event| {
        std::thread::sleep(Duration::from_millis(20));
        Ok(report(event))
    });
    let world = plan.start().await;
    let url = world.cloud.queue_url("Ordered").unwrap();
    let client = sqs(&world.cloud);
    for number in 0..6 {
        // The same body within five minutes is the same message.
        for _ in 0..2 {
            let message = client.send_message().queue_url(url).message_body(number.to_string());
            message.message_group_id("only").send().await.unwrap();
        }
    }
    assert!(world.cloud.idle(LIMIT).await);
    let seen: Vec<_> = events.lock().unwrap().iter().flat_map(bodies).collect();
    assert_eq!(seen, ["0", "1", "2", "3", "4", "5"]);
    world.cloud.stop().await;
}

#[tokio::test]
async fn a_message_reaches_its_function_at_once_when_there_is_no_window() {
    let template = TEMPLATE.replace("MaximumBatchingWindowInSeconds: 1", "");
    let events = Events::default();
    let world = Plan::new(&template).recording("worker", &events, |_, _| done()).start().await;
    send(&world.cloud, "Jobs", "warm up").await;
    assert!(world.cloud.idle(LIMIT).await);
    let mut latencies = vec![];
    for count in 2..=6 {
        let sent = Instant::now();
        send(&world.cloud, "Jobs", "now").await;
        until("the message", || events.lock().unwrap().len() == count).await;
        latencies.push(sent.elapsed());
    }
    assert!(latencies.iter().min() < Some(&Duration::from_millis(200)), "{latencies:?}");
    world.cloud.stop().await;
}

#[tokio::test]
async fn the_sdk_can_use_a_queue() {
    let world = Plan::new(QUEUE_ONLY).start().await;
    let client = sqs(&world.cloud);
    let url = client.get_queue_url().queue_name("Jobs").send().await.unwrap().queue_url.unwrap();
    assert_eq!(Some(url.as_str()), world.cloud.queue_url("Jobs"));
    for (body, delay_s) in [("now", 0), ("later", 1)] {
        client.send_message().queue_url(&url).message_body(body).delay_seconds(delay_s).send().await.unwrap();
    }
    let depth = world.cloud.queue_depth("Jobs").unwrap();
    assert_eq!((depth.visible, depth.delayed, depth.in_flight), (1, 1, 0));
    let receive = client.receive_message().queue_url(&url).max_number_of_messages(10).wait_time_seconds(3);
    let first = receive.clone().send().await.unwrap().messages.unwrap();
    assert_eq!(first[0].body(), Some("now"));
    let second = receive.send().await.unwrap().messages.unwrap();
    assert_eq!(second[0].body(), Some("later"), "long polling waits for the delay to end");
    let receipt = second[0].receipt_handle().unwrap();
    client
        .change_message_visibility()
        .queue_url(&url)
        .receipt_handle(receipt)
        .visibility_timeout(0)
        .send()
        .await
        .unwrap();
    let depth = world.cloud.queue_depth("Jobs").unwrap();
    assert_eq!((depth.visible, depth.in_flight), (1, 1));
    client
        .delete_message()
        .queue_url(&url)
        .receipt_handle(first[0].receipt_handle().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(world.cloud.queue_bodies("Jobs").unwrap(), ["later"]);
    let refused =
        client.send_message().queue_url(format!("{url}x")).message_body("x").send().await.unwrap_err();
    assert!(refused.into_service_error().is_queue_does_not_exist());
    world.cloud.stop().await;
}

#[tokio::test]
async fn messages_outlive_a_restart_whatever_their_state() {
    let data = TempDir::new().unwrap();
    let cloud = Plan::new(QUEUE_ONLY).durable().start_in(data.path()).await.unwrap();
    let client = sqs(&cloud);
    let url = cloud.queue_url("Jobs").unwrap();
    for (body, delay_s) in [("first", 0), ("second", 0), ("later", 900)] {
        client.send_message().queue_url(url).message_body(body).delay_seconds(delay_s).send().await.unwrap();
    }
    let received = client.receive_message().queue_url(url).send().await.unwrap().messages.unwrap();
    let id = received[0].message_id().unwrap().to_owned();
    cloud.stop().await;

    let cloud = Plan::new(QUEUE_ONLY).durable().start_in(data.path()).await.unwrap();
    assert_eq!(cloud.queue_bodies("Jobs").unwrap(), ["first", "second", "later"]);
    let depth = cloud.queue_depth("Jobs").unwrap();
    assert_eq!((depth.visible, depth.delayed, depth.in_flight), (2, 1, 0), "its receiver is gone");
    let url = cloud.queue_url("Jobs").unwrap();
    let names = aws_sdk_sqs::types::MessageSystemAttributeName::ApproximateReceiveCount;
    let receive = sqs(&cloud).receive_message().queue_url(url).message_system_attribute_names(names.clone());
    let again = receive.send().await.unwrap().messages.unwrap();
    assert_eq!(again[0].message_id(), Some(id.as_str()));
    assert_eq!(again[0].attributes().unwrap()[&names], "2");
    cloud.stop().await;
}

#[tokio::test]
async fn queues_are_written_out_while_they_run() {
    let world = Plan::new(QUEUE_ONLY).durable().start().await;
    send(&world.cloud, "Jobs", "kept").await;
    let path = world.data.path().join("queues.json");
    let written = || std::fs::read_to_string(&path).is_ok_and(|text| text.contains("kept"));
    until("queues.json", written).await;
    drop(world.cloud);
    let cloud = Plan::new(QUEUE_ONLY).durable().start_in(world.data.path()).await.unwrap();
    assert_eq!(cloud.queue_bodies("Jobs").unwrap(), ["kept"]);
    cloud.stop().await;
}
