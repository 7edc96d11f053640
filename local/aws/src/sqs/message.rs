//! A message, from the request that sends it to the one that deletes it.

use std::collections::{BTreeMap, HashMap};

use rustack_sqs_core::message::{md5_of_body, md5_of_message_attributes};
use rustack_sqs_model::error::SqsError;
use rustack_sqs_model::types::MessageAttributeValue;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::template::{ACCOUNT, QueueSpec};

/// A message that is not yet accepted.
#[derive(Debug, Default)]
pub struct Draft {
    /// The text.
    pub body: String,
    /// 0 to 900; `None` is the queue's own setting.
    pub delay_s: Option<i32>,
    /// The sender's attributes.
    pub attributes: HashMap<String, MessageAttributeValue>,
    /// `AWSTraceHeader`
    pub trace_header: Option<String>,
    /// `MessageGroupId`
    pub group: Option<String>,
    /// `MessageDeduplicationId`
    pub deduplication_id: Option<String>,
}

/// A message in a queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    /// A UUID; stays the same in a dead-letter queue.
    pub id: String,
    /// The text.
    pub body: String,
    /// The sender's attributes.
    pub attributes: HashMap<String, MessageAttributeValue>,
    pub(super) trace_header: Option<String>,
    pub(super) sent_ms: u64,
    pub(super) visible_from_ms: u64,
    pub(super) receive_count: u32,
    pub(super) first_received_ms: Option<u64>,
    /// The unguessable part of the latest receipt; the message is in flight as long as it has one.
    pub(super) receipt: Option<String>,
    pub(super) group: Option<String>,
    pub(super) deduplication_id: Option<String>,
    pub(super) sequence: Option<String>,
    pub(super) source_arn: Option<String>,
}

/// A message in somebody's hands.
#[derive(Clone, Debug)]
pub struct Received {
    /// Deletes the message or changes its visibility.
    pub receipt: String,
    /// The message as of this receipt.
    pub message: Message,
}

/// What a sender hears.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The message's id; of a duplicate, that of the first.
    pub id: String,
    /// Only of a FIFO queue.
    pub sequence: Option<String>,
}

impl Draft {
    /// A message with a body only.
    pub fn of(body: String) -> Self {
        Self { body, ..Self::default() }
    }

    /// Checks the draft against its queue.
    pub(super) fn check(self, spec: &QueueSpec, now_ms: u64) -> Result<Message, SqsError> {
        let invalid = |text: &str| Err(SqsError::invalid_parameter_value(text));
        if self.body.is_empty() {
            return Err(SqsError::missing_parameter("The request must contain the parameter MessageBody."));
        }
        if self.body.len() > spec.maximum_message_bytes as usize {
            return invalid("One or more parameters are invalid. Reason: Message is too long.");
        }
        if self.attributes.len() > 10 {
            return invalid("A message has at most 10 attributes.");
        }
        let delay_s = match self.delay_s.map(u32::try_from) {
            None => spec.delay_s,
            Some(Ok(seconds @ 0..=900)) => seconds,
            Some(_) => {
                return invalid(
                    "Value for parameter DelaySeconds is invalid. Reason: Must be >= 0 and <= 900.",
                );
            }
        };
        if [&self.group, &self.deduplication_id].into_iter().flatten().any(|id| !is_id(id)) {
            return invalid(
                "MessageGroupId and MessageDeduplicationId have 1 to 128 letters, digits and punctuation marks.",
            );
        }
        let deduplication_id = self.deduplication_id(spec)?;
        Ok(Message {
            id: uuid::Uuid::new_v4().to_string(),
            body: self.body,
            attributes: self.attributes,
            trace_header: self.trace_header,
            sent_ms: now_ms,
            visible_from_ms: now_ms + 1_000 * u64::from(delay_s),
            receive_count: 0,
            first_received_ms: None,
            receipt: None,
            group: self.group,
            deduplication_id,
            sequence: None,
            source_arn: None,
        })
    }

    fn deduplication_id(&self, spec: &QueueSpec) -> Result<Option<String>, SqsError> {
        let Some(fifo) = spec.fifo else {
            return match self.deduplication_id {
                None => Ok(None),
                Some(_) => Err(SqsError::invalid_parameter_value(
                    "MessageDeduplicationId is not valid for this queue type.",
                )),
            };
        };
        if self.delay_s.is_some_and(|seconds| seconds > 0) {
            return Err(SqsError::invalid_parameter_value("DelaySeconds is not valid for this queue type."));
        }
        if self.group.is_none() {
            return Err(SqsError::missing_parameter(
                "The request must contain the parameter MessageGroupId.",
            ));
        }
        match &self.deduplication_id {
            Some(id) => Ok(Some(id.clone())),
            None if fifo.content_based => {
                let hash = Sha256::digest(self.body.as_bytes());
                Ok(Some(hash.iter().map(|byte| format!("{byte:02x}")).collect()))
            }
            None => Err(SqsError::invalid_parameter_value(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided.",
            )),
        }
    }
}

/// What SQS takes for a message group or deduplication id.
fn is_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl Message {
    /// MD5 of the body, in hex.
    pub fn md5_of_body(&self) -> String {
        md5_of_body(&self.body)
    }

    /// MD5 of the sender's attributes, in hex, if it has any.
    pub fn md5_of_attributes(&self) -> Option<String> {
        md5_of_message_attributes(&self.attributes)
    }

    /// What SQS says of the message.
    pub fn system_attributes(&self) -> BTreeMap<&'static str, String> {
        let optional = [
            ("ApproximateFirstReceiveTimestamp", self.first_received_ms.map(|moment| moment.to_string())),
            ("AWSTraceHeader", self.trace_header.clone()),
            ("DeadLetterQueueSourceArn", self.source_arn.clone()),
            ("MessageDeduplicationId", self.deduplication_id.clone()),
            ("MessageGroupId", self.group.clone()),
            ("SequenceNumber", self.sequence.clone()),
        ];
        let always = [
            ("ApproximateReceiveCount", self.receive_count.to_string()),
            ("SenderId", ACCOUNT.to_owned()),
            ("SentTimestamp", self.sent_ms.to_string()),
        ];
        let present = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
        always.into_iter().chain(present).collect()
    }

    /// The message as it enters the dead-letter queue.
    pub(super) fn dead_letter(mut self, source: &QueueSpec, now_ms: u64) -> Self {
        self.receive_count = 0;
        self.first_received_ms = None;
        self.receipt = None;
        self.visible_from_ms = now_ms;
        self.source_arn = Some(source.arn());
        self
    }
}
