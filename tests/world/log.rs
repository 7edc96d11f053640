//! The log of postbacks, and the sender one task at a time.

use serde_json::{Value, json};
use shared::domain::lead_event::{LeadEvent, LeadStatus};
use shared::domain::postback_id::PostbackId;
use shared::ids::UserId;
use shared::queue::Task;
use shared::store::LoggedPostback;

use super::{Scene, World};

impl World {
    /// Puts a message into a standard queue.
    pub async fn put_message(&self, queue: &str, body: &str) {
        let url = self.system.cloud.queue_url(queue).unwrap();
        self.system.app.queue_at(url).send_text(body.to_owned()).await.unwrap();
    }

    /// Writes an item into the table of a function as no version of this system would.
    pub async fn put_item(&self, binary: &str, item: &Value) {
        let environment = self.system.cloud.environment(binary).unwrap();
        let signed = "AWS4-HMAC-SHA256 Credential=a/20261122/us-east-1/dynamodb/aws4_request, \
                      SignedHeaders=host;x-amz-date;x-amz-target, Signature=0";
        let request = self.http.post(&environment["AWS_ENDPOINT_URL_DYNAMODB"]);
        let request = request
            .header("x-amz-target", "DynamoDB_20120810.PutItem")
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-date", "20261122T000000Z")
            .header("authorization", signed);
        let body = json!({"TableName": environment["TABLE_NAME"], "Item": item});
        let answer = request.body(body.to_string()).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Has the sender work a batch of the postback queue; answers the places of those that are to be received again.
    pub async fn receive(&self, tasks: &[Task]) -> Vec<usize> {
        self.work("postback-sender", tasks, 1).await
    }

    /// The same with messages that the queue brings for the second time.
    pub async fn receive_again(&self, tasks: &[Task]) -> Vec<usize> {
        self.work("postback-sender", tasks, 2).await
    }

    /// Has the retrier work a batch of its queue; answers the places of those that are to be received again.
    pub async fn retry(&self, tasks: &[Task]) -> Vec<usize> {
        self.work("postback-retrier", tasks, 1).await
    }

    async fn work(&self, binary: &str, tasks: &[Task], receipts: u32) -> Vec<usize> {
        let records = tasks.iter().enumerate().map(|(place, task)| {
            let body = serde_json::to_string(task).unwrap();
            let attributes = json!({"ApproximateReceiveCount": receipts.to_string()});
            json!({"messageId": place.to_string(), "body": body, "attributes": attributes, "messageAttributes": {}})
        });
        let batch = json!({"Records": records.collect::<Vec<_>>()});
        let answer = self.system.cloud.invoke(binary, batch).await.unwrap();
        let failures = answer["batchItemFailures"].as_array().unwrap().iter();
        failures.map(|failure| failure["itemIdentifier"].as_str().unwrap().parse().unwrap()).collect()
    }

    /// Has the sender carry out one task; whether it is to be received again.
    pub async fn is_to_come_again(&self, task: &Task) -> bool {
        !self.receive(std::slice::from_ref(task)).await.is_empty()
    }
}

impl Scene {
    /// The log as the API tells it, newest first.
    pub async fn log(&self) -> Vec<Value> {
        let reply = self.account.get("/api/postbacks/list.json").await;
        reply.data().as_array().unwrap().clone()
    }

    /// Event and state of each postback in the log, newest first.
    pub async fn logged_states(&self) -> Vec<String> {
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let log = self.log().await.into_iter();
        log.map(|logged| format!("{} {}", word(&logged["event"]), word(&logged["state"]))).collect()
    }

    /// Gives the account a template for an event, `pb_wait` for instance.
    pub async fn set_template(&self, world: &World, parameter: &str) {
        let template = world.template(parameter.trim_start_matches("pb_"));
        self.account.post_json("/api/profile/postbacks.json", &json!({parameter: template})).await;
    }

    /// An event of a person that is in their facts now.
    pub async fn event(&self, user: i64, status: LeadStatus) -> LeadEvent {
        let facts = self.lead(user).await.unwrap().facts;
        let clock = match status {
            LeadStatus::Wait => facts.first_start().unwrap().clock,
            LeadStatus::Hold => facts.request.unwrap(),
            LeadStatus::Approve => facts.join.unwrap(),
            LeadStatus::Cancel | LeadStatus::Trash => facts.leave.unwrap().clock,
        };
        LeadEvent { status, clock }
    }

    /// The task of the queue that tells it.
    pub async fn task(&self, user: i64, status: LeadStatus) -> Task {
        let event = self.event(user, status).await;
        Task::PostbackV1 { campaign: self.campaign, user: UserId(user), event }
    }

    /// The postback of a person's event as the log has it.
    pub async fn logged(&self, user: i64, status: LeadStatus) -> LoggedPostback {
        let id = self.postback_id(user, status).await;
        self.app().store.postback(self.account.id, id).await.unwrap().unwrap()
    }

    pub async fn postback_id(&self, user: i64, status: LeadStatus) -> PostbackId {
        let lead = self.lead(user).await.unwrap().id.unwrap();
        PostbackId { campaign: self.campaign.campaign, lead, event: self.event(user, status).await }
    }
}
