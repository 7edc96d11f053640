//! What there is of a person, wherever it lies.

use serde_json::{Value, json};

use super::World;

/// What a signature looks like; nobody checks it here.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=0";

impl World {
    /// Every item of both tables, and the name of every object, as text.
    pub async fn everything(&self) -> Vec<String> {
        let mut found = self.objects();
        for table in ["Table", "VisitTable"] {
            let mut start = Value::Null;
            loop {
                let mut question = json!({"TableName": self.system.cloud.table_name(table).unwrap()});
                if !start.is_null() {
                    question["ExclusiveStartKey"] = start;
                }
                let mut page = self.ask_table("Scan", &question).await;
                let items = page["Items"].as_array().unwrap_or_else(|| panic!("{page}"));
                found.extend(items.iter().map(Value::to_string));
                start = page["LastEvaluatedKey"].take();
                if start.is_null() {
                    break;
                }
            }
        }
        found
    }

    /// What of everything has this text in it.
    pub async fn naming(&self, text: &str) -> Vec<String> {
        self.everything().await.into_iter().filter(|item| item.contains(text)).collect()
    }

    /// Has eraser go on with somebody; whether it is to be received again.
    pub async fn erase(&self, account: u64, user: i64) -> bool {
        let body = json!({"type": "erase_v1", "account": account, "user": user}).to_string();
        let record = json!({"messageId": "1", "receiptHandle": "1", "body": body, "attributes": {},
            "messageAttributes": {}});
        let answer = self.system.cloud.invoke("eraser", json!({"Records": [record]})).await.unwrap();
        !answer["batchItemFailures"].as_array().unwrap().is_empty()
    }

    /// Asks DynamoDB as nothing of Gatepost may.
    pub async fn ask_table(&self, operation: &str, question: &Value) -> Value {
        let environment = self.system.cloud.aws_environment();
        let url =
            environment.get("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| environment.get("AWS_ENDPOINT_URL"));
        let request = self.http.post(url.unwrap()).body(question.to_string());
        let request = request.header("Content-Type", "application/x-amz-json-1.0");
        let request = request.header("X-Amz-Target", format!("DynamoDB_20120810.{operation}"));
        let request = request.header("Authorization", SIGNED).header("X-Amz-Date", "20260101T000000Z");
        let answer = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}
