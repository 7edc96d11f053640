use std::collections::BTreeMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use serde::Deserialize;

use super::unavailable;
use crate::error::{AppError, AppResult};

/// For how long a dead letter is hidden while it is moved, in seconds.
const MOVED_WITHIN_SECONDS: i32 = 60;

/// For how long a queue is asked before it counts as empty, in seconds.
const WAIT_SECONDS: i32 = 1;

/// The queues of a region, for the operator.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    client: Client,
}

/// A queue of what could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetterQueue {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The queue that its messages come from; `None` if they come from elsewhere.
    pub source_url: Option<String>,
    /// About how many messages it has.
    pub waiting: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedrivePolicy {
    dead_letter_target_arn: String,
}

impl DeadLetters {
    /// Looks through `client`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// The dead-letter queues whose names begin with `prefix` and that are one's own, by name.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn queues(
        &self,
        prefix: &str,
        is_own: impl Fn(&str) -> bool,
    ) -> AppResult<Vec<DeadLetterQueue>> {
        let request = self.client.list_queues().max_results(1_000);
        let request = request.set_queue_name_prefix(Some(prefix.to_owned()).filter(|it| !it.is_empty()));
        let listed = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let urls = listed.map_err(unavailable)?.into_iter().filter(|url| is_own(name(url)));
        let (mut found, mut sources) = (Vec::new(), BTreeMap::new());
        for url in urls {
            let request = self.client.get_queue_attributes().queue_url(&url);
            let answer =
                request.attribute_names(QueueAttributeName::All).send().await.map_err(unavailable)?;
            let attributes = answer.attributes.unwrap_or_default();
            let policy = attributes.get(&QueueAttributeName::RedrivePolicy);
            let policy: Option<RedrivePolicy> = policy.and_then(|policy| serde_json::from_str(policy).ok());
            if let Some(target) = policy.map(|policy| policy.dead_letter_target_arn) {
                sources.insert(name_in_arn(&target).to_owned(), url.clone());
            }
            let waiting = attributes.get(&QueueAttributeName::ApproximateNumberOfMessages);
            found.push((url, waiting.and_then(|count| count.parse().ok()).unwrap_or_default()));
        }
        let queues = found.into_iter().map(|(url, waiting)| DeadLetterQueue {
            name: name(&url).to_owned(),
            source_url: sources.get(name(&url)).cloned(),
            url,
            waiting,
        });
        let is_dead =
            |queue: &DeadLetterQueue| queue.source_url.is_some() || queue.name.contains("DeadLetters");
        let mut queues: Vec<_> = queues.filter(is_dead).collect();
        queues.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(queues)
    }

    /// Up to ten of a queue's messages as they are, without taking them.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn peek(&self, queue: &DeadLetterQueue) -> AppResult<Vec<String>> {
        let messages = self.receive(queue, 0).await?;
        Ok(messages.into_iter().filter_map(|message| message.body).collect())
    }

    /// Sends each message back to where it came from; answers how many.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`] also if it came from no queue; safe to retry: at worst one is there twice.
    pub async fn give_back(&self, queue: &DeadLetterQueue) -> AppResult<usize> {
        let source = queue.source_url.as_deref();
        let source = source.ok_or_else(|| AppError::unavailable("these messages come from no queue"))?;
        let mut count = 0;
        loop {
            let messages = self.receive(queue, MOVED_WITHIN_SECONDS).await?;
            if messages.is_empty() {
                return Ok(count);
            }
            for message in messages {
                let attribute = |name| message.attributes.as_ref().and_then(|all| all.get(&name)).cloned();
                let again =
                    self.client.send_message().queue_url(source).set_message_body(message.body.clone());
                let again = again.set_message_group_id(attribute(MessageSystemAttributeName::MessageGroupId));
                // Under an id of its own: a queue that drops duplicates may remember the old one.
                let is_fifo = source.ends_with(".fifo");
                let id = message.message_id.clone().filter(|_| is_fifo);
                again.set_message_deduplication_id(id).send().await.map_err(unavailable)?;
                self.delete(queue, &message).await?;
                count += 1;
            }
        }
    }

    /// Deletes each message; answers how many.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn discard(&self, queue: &DeadLetterQueue) -> AppResult<usize> {
        let mut count = 0;
        loop {
            let messages = self.receive(queue, MOVED_WITHIN_SECONDS).await?;
            if messages.is_empty() {
                return Ok(count);
            }
            for message in messages {
                self.delete(queue, &message).await?;
                count += 1;
            }
        }
    }

    async fn receive(&self, queue: &DeadLetterQueue, hidden_seconds: i32) -> AppResult<Vec<Message>> {
        let request = self.client.receive_message().queue_url(&queue.url).max_number_of_messages(10);
        // Without waiting SQS asks some of its servers only, and what the others have seems not to be there.
        let request = request.visibility_timeout(hidden_seconds).wait_time_seconds(WAIT_SECONDS);
        let request = request.message_system_attribute_names(MessageSystemAttributeName::MessageGroupId);
        Ok(request.send().await.map_err(unavailable)?.messages.unwrap_or_default())
    }

    async fn delete(&self, queue: &DeadLetterQueue, message: &Message) -> AppResult<()> {
        let request = self.client.delete_message().queue_url(&queue.url);
        request.set_receipt_handle(message.receipt_handle.clone()).send().await.map_err(unavailable)?;
        Ok(())
    }
}

fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

fn name_in_arn(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}
