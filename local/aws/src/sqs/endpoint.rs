//! SQS over HTTP, for the SDK.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Response;
use bytes::Bytes;
use rustack_sqs_http::body::SqsResponseBody;
use rustack_sqs_http::dispatch::SqsHandler;
use rustack_sqs_http::response::json_response;
use rustack_sqs_model::error::{SqsError, SqsErrorCode};
use rustack_sqs_model::input::{
    ChangeMessageVisibilityBatchInput, ChangeMessageVisibilityInput, DeleteMessageBatchInput,
    DeleteMessageInput, GetQueueAttributesInput, GetQueueUrlInput, ListQueuesInput, PurgeQueueInput,
    ReceiveMessageInput, SendMessageBatchInput, SendMessageInput,
};
use rustack_sqs_model::operations::SqsOperation;
use rustack_sqs_model::output::{
    ChangeMessageVisibilityBatchOutput, ChangeMessageVisibilityOutput, DeleteMessageBatchOutput,
    DeleteMessageOutput, GetQueueAttributesOutput, GetQueueUrlOutput, ListQueuesOutput, PurgeQueueOutput,
    ReceiveMessageOutput, SendMessageBatchOutput, SendMessageOutput,
};
use rustack_sqs_model::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchResultEntry, DeleteMessageBatchResultEntry, Message,
    SendMessageBatchRequestEntry, SendMessageBatchResultEntry,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Draft, Received, Sqs, Wanted};
use crate::template::{QueueSpec, names};

const BATCH_LIMIT: usize = 10;

/// Answers the SDK's requests from the queues.
#[derive(Clone, Debug)]
pub struct Endpoint(pub Arc<Sqs>);

type Answer = Result<Response<SqsResponseBody>, SqsError>;

impl SqsHandler for Endpoint {
    fn handle_operation(
        &self,
        operation: SqsOperation,
        body: Bytes,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        let endpoint = self.clone();
        Box::pin(async move { endpoint.answer(operation, &body).await })
    }
}

impl Endpoint {
    async fn answer(&self, operation: SqsOperation, body: &[u8]) -> Answer {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the queues come from the template, and the rest is not needed"
        )]
        match operation {
            SqsOperation::SendMessage => write(&self.send(read(body)?)?),
            SqsOperation::SendMessageBatch => write(&self.send_batch(read(body)?)?),
            SqsOperation::ReceiveMessage => write(&self.receive(read(body)?).await?),
            SqsOperation::DeleteMessage => write(&self.delete(&read(body)?)?),
            SqsOperation::DeleteMessageBatch => write(&self.delete_batch(read(body)?)?),
            SqsOperation::ChangeMessageVisibility => write(&self.change_visibility(&read(body)?)?),
            SqsOperation::ChangeMessageVisibilityBatch => write(&self.change_visibility_batch(read(body)?)?),
            SqsOperation::GetQueueUrl => write(&self.queue_url(&read(body)?)?),
            SqsOperation::GetQueueAttributes => write(&self.queue_attributes(&read(body)?)?),
            SqsOperation::ListQueues => write(&self.list(&read(body)?)),
            SqsOperation::PurgeQueue => write(&self.purge(&read(body)?)?),
            other => Err(SqsError::new(
                SqsErrorCode::UnsupportedOperation,
                format!("{other} is not offered: the template makes the queues"),
            )),
        }
    }

    fn send(&self, input: SendMessageInput) -> Result<SendMessageOutput, SqsError> {
        let draft = Draft {
            body: input.message_body,
            delay_s: input.delay_seconds,
            attributes: input.message_attributes,
            trace_header: trace_header(input.message_system_attributes),
            group: input.message_group_id,
            deduplication_id: input.message_deduplication_id,
        };
        let md5_of_message_body = Some(rustack_sqs_core::message::md5_of_body(&draft.body));
        let md5_of_message_attributes =
            rustack_sqs_core::message::md5_of_message_attributes(&draft.attributes);
        let sent = self.0.send(name(&input.queue_url), draft)?;
        Ok(SendMessageOutput {
            message_id: Some(sent.id),
            md5_of_message_body,
            md5_of_message_attributes,
            md5_of_message_system_attributes: None,
            sequence_number: sent.sequence,
        })
    }

    fn send_batch(&self, input: SendMessageBatchInput) -> Result<SendMessageBatchOutput, SqsError> {
        let results =
            each(input.entries, |entry| entry.id.clone(), |entry| self.send_entry(&input.queue_url, entry))?;
        Ok(SendMessageBatchOutput { successful: results.0, failed: results.1 })
    }

    fn send_entry(
        &self,
        queue_url: &str,
        entry: SendMessageBatchRequestEntry,
    ) -> Result<SendMessageBatchResultEntry, SqsError> {
        let sent = self.send(SendMessageInput {
            queue_url: queue_url.to_owned(),
            message_body: entry.message_body,
            delay_seconds: entry.delay_seconds,
            message_deduplication_id: entry.message_deduplication_id,
            message_group_id: entry.message_group_id,
            message_attributes: entry.message_attributes,
            message_system_attributes: entry.message_system_attributes,
        })?;
        Ok(SendMessageBatchResultEntry {
            id: entry.id,
            message_id: sent.message_id.unwrap_or_default(),
            md5_of_message_body: sent.md5_of_message_body.unwrap_or_default(),
            md5_of_message_attributes: sent.md5_of_message_attributes,
            sequence_number: sent.sequence_number,
        })
    }

    async fn receive(&self, input: ReceiveMessageInput) -> Result<ReceiveMessageOutput, SqsError> {
        let queue = name(&input.queue_url);
        let spec = self.0.spec(queue)?;
        let whole = |value: Option<i32>| value.and_then(|value| u32::try_from(value).ok());
        let wait_s = whole(input.wait_time_seconds).unwrap_or(spec.receive_wait_s).min(20);
        let wanted = Wanted {
            maximum: whole(input.max_number_of_messages).unwrap_or(1).clamp(1, 10) as usize,
            visibility_timeout_s: whole(input.visibility_timeout),
            wait: Duration::from_secs(wait_s.into()),
        };
        let received = self.0.receive(queue, wanted).await?;
        let system = [input.attribute_names, input.message_system_attribute_names].concat();
        let own = input.message_attribute_names;
        Ok(ReceiveMessageOutput {
            messages: received.into_iter().map(|received| wire(received, &system, &own)).collect(),
        })
    }

    fn delete(&self, input: &DeleteMessageInput) -> Result<DeleteMessageOutput, SqsError> {
        self.0.delete(name(&input.queue_url), &input.receipt_handle)?;
        Ok(DeleteMessageOutput {})
    }

    fn delete_batch(&self, input: DeleteMessageBatchInput) -> Result<DeleteMessageBatchOutput, SqsError> {
        let queue = name(&input.queue_url);
        let results = each(
            input.entries,
            |entry| entry.id.clone(),
            |entry| {
                self.0.delete(queue, &entry.receipt_handle)?;
                Ok(DeleteMessageBatchResultEntry { id: entry.id })
            },
        )?;
        Ok(DeleteMessageBatchOutput { successful: results.0, failed: results.1 })
    }

    fn change_visibility(
        &self,
        input: &ChangeMessageVisibilityInput,
    ) -> Result<ChangeMessageVisibilityOutput, SqsError> {
        self.0.change_visibility(
            name(&input.queue_url),
            &input.receipt_handle,
            visibility(input.visibility_timeout)?,
        )?;
        Ok(ChangeMessageVisibilityOutput {})
    }

    fn change_visibility_batch(
        &self,
        input: ChangeMessageVisibilityBatchInput,
    ) -> Result<ChangeMessageVisibilityBatchOutput, SqsError> {
        let queue = name(&input.queue_url);
        let results = each(
            input.entries,
            |entry| entry.id.clone(),
            |entry| {
                let seconds = visibility(entry.visibility_timeout)?;
                self.0.change_visibility(queue, &entry.receipt_handle, seconds)?;
                Ok(ChangeMessageVisibilityBatchResultEntry { id: entry.id })
            },
        )?;
        Ok(ChangeMessageVisibilityBatchOutput { successful: results.0, failed: results.1 })
    }

    fn queue_url(&self, input: &GetQueueUrlInput) -> Result<GetQueueUrlOutput, SqsError> {
        let spec = self.0.spec(&input.queue_name)?;
        Ok(GetQueueUrlOutput { queue_url: Some(names::queue_url(&self.0.endpoint, &spec.name)) })
    }

    fn queue_attributes(
        &self,
        input: &GetQueueAttributesInput,
    ) -> Result<GetQueueAttributesOutput, SqsError> {
        let queue = name(&input.queue_url);
        let mut attributes = settings(self.0.spec(queue)?);
        let depth = self.0.depth(queue).unwrap_or_default();
        for (name, count) in [
            ("ApproximateNumberOfMessages", depth.visible),
            ("ApproximateNumberOfMessagesNotVisible", depth.in_flight),
            ("ApproximateNumberOfMessagesDelayed", depth.delayed),
        ] {
            attributes.insert(name.to_owned(), count.to_string());
        }
        attributes.retain(|name, _| is_asked_for(&input.attribute_names, name));
        Ok(GetQueueAttributesOutput { attributes })
    }

    fn list(&self, input: &ListQueuesInput) -> ListQueuesOutput {
        let prefix = input.queue_name_prefix.as_deref().unwrap_or_default();
        let names = self.0.specs.keys().filter(|name| name.starts_with(prefix));
        ListQueuesOutput {
            queue_urls: names.map(|name| names::queue_url(&self.0.endpoint, name)).collect(),
            next_token: None,
        }
    }

    fn purge(&self, input: &PurgeQueueInput) -> Result<PurgeQueueOutput, SqsError> {
        self.0.purge(name(&input.queue_url))?;
        Ok(PurgeQueueOutput {})
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, SqsError> {
    serde_json::from_slice(body).map_err(|error| SqsError::invalid_parameter_value(error.to_string()))
}

fn write<T: Serialize>(output: &T) -> Answer {
    let json = serde_json::to_vec(output).map_err(|error| SqsError::internal_error(error.to_string()))?;
    Ok(json_response(json, &uuid::Uuid::new_v4().to_string()))
}

fn name(queue_url: &str) -> &str {
    queue_url.rsplit('/').next().unwrap_or(queue_url)
}

fn visibility(seconds: i32) -> Result<u32, SqsError> {
    match u32::try_from(seconds) {
        Ok(seconds @ 0..=43_200) => Ok(seconds),
        _ => Err(SqsError::invalid_parameter_value("VisibilityTimeout must be between 0 and 43200.")),
    }
}

/// Carries out the entries of a batch one by one; each fails alone.
fn each<E, R>(
    entries: Vec<E>,
    id: impl Fn(&E) -> String,
    mut act: impl FnMut(E) -> Result<R, SqsError>,
) -> Result<(Vec<R>, Vec<BatchResultErrorEntry>), SqsError> {
    let ids: std::collections::HashSet<_> = entries.iter().map(&id).collect();
    match entries.len() {
        0 => return Err(SqsError::empty_batch_request()),
        count if count > BATCH_LIMIT => return Err(SqsError::too_many_entries_in_batch()),
        count if count > ids.len() => return Err(SqsError::batch_entry_ids_not_distinct()),
        _ => {}
    }
    let (mut successful, mut failed) = (vec![], vec![]);
    for entry in entries {
        let id = id(&entry);
        match act(entry) {
            Ok(result) => successful.push(result),
            Err(error) => failed.push(BatchResultErrorEntry {
                id,
                sender_fault: error.code.is_sender_fault(),
                code: error.code.error_type().to_owned(),
                message: Some(error.message),
            }),
        }
    }
    Ok((successful, failed))
}

fn trace_header(
    attributes: HashMap<String, rustack_sqs_model::types::MessageSystemAttributeValue>,
) -> Option<String> {
    attributes
        .into_iter()
        .find(|(name, _)| name == "AWSTraceHeader")
        .and_then(|(_, value)| value.string_value)
}

fn wire(received: Received, system: &[String], own: &[String]) -> Message {
    let message = received.message;
    Message {
        receipt_handle: Some(received.receipt),
        md5_of_body: Some(message.md5_of_body()),
        attributes: message
            .system_attributes()
            .into_iter()
            .filter(|(name, _)| is_asked_for(system, name))
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        md5_of_message_attributes: message.md5_of_attributes().filter(|_| !own.is_empty()),
        message_attributes: message
            .attributes
            .into_iter()
            .filter(|(name, _)| is_asked_for(own, name))
            .collect(),
        message_id: Some(message.id),
        body: Some(message.body),
    }
}

/// `All`, `.*`, `prefix.*` or the name itself.
fn is_asked_for(asked: &[String], name: &str) -> bool {
    asked.iter().any(|asked| match asked.strip_suffix(".*") {
        Some(prefix) => name.starts_with(prefix),
        None => asked == "All" || asked == name,
    })
}

fn settings(spec: &QueueSpec) -> HashMap<String, String> {
    let mut settings = HashMap::from([
        ("QueueArn".to_owned(), spec.arn()),
        ("VisibilityTimeout".to_owned(), spec.visibility_timeout_s.to_string()),
        ("DelaySeconds".to_owned(), spec.delay_s.to_string()),
        ("MessageRetentionPeriod".to_owned(), spec.retention_s.to_string()),
        ("ReceiveMessageWaitTimeSeconds".to_owned(), spec.receive_wait_s.to_string()),
        ("MaximumMessageSize".to_owned(), spec.maximum_message_bytes.to_string()),
    ]);
    if let Some(redrive) = &spec.redrive {
        let policy = serde_json::json!({
            "deadLetterTargetArn": redrive.target_arn,
            "maxReceiveCount": redrive.max_receive_count,
        });
        settings.insert("RedrivePolicy".to_owned(), policy.to_string());
    }
    if let Some(fifo) = spec.fifo {
        settings.insert("FifoQueue".to_owned(), "true".to_owned());
        settings.insert("ContentBasedDeduplication".to_owned(), fifo.content_based.to_string());
        let scope = if fifo.per_group { "messageGroup" } else { "queue" };
        settings.insert("DeduplicationScope".to_owned(), scope.to_owned());
        let limit = if fifo.limit_per_group { "perMessageGroupId" } else { "perQueue" };
        settings.insert("FifoThroughputLimit".to_owned(), limit.to_owned());
    }
    settings
}
