//! `AWS::SQS::Queue`

use super::TemplateError;
use super::names;
use super::properties::Properties;

/// A queue of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSpec {
    /// Its key below `Resources`.
    pub logical_id: String,
    /// `QueueName`, else the logical id.
    pub name: String,
    /// What `Ref` gives.
    pub url: String,
    /// 0 to 43,200.
    pub visibility_timeout_s: u32,
    /// 0 to 900.
    pub delay_s: u32,
    /// 60 to 1,209,600.
    pub retention_s: u32,
    /// 0 to 20.
    pub receive_wait_s: u32,
    /// 1,024 to 1,048,576.
    pub maximum_message_bytes: u32,
    /// Where messages go that were received too often.
    pub redrive: Option<Redrive>,
    /// `None` for a standard queue.
    pub fifo: Option<Fifo>,
}

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// ARN of the dead-letter queue.
    pub target_arn: String,
    /// 1 to 1,000.
    pub max_receive_count: u32,
}

/// What a FIFO queue does about duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fifo {
    /// A message without deduplication id gets the hash of its body.
    pub content_based: bool,
    /// A deduplication id counts within its message group only.
    pub per_group: bool,
    /// The throughput limit is each group's own; told, not enforced.
    pub limit_per_group: bool,
}

impl QueueSpec {
    /// The queue's ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        names::arn("sqs", &self.name)
    }

    pub(super) fn read(
        logical_id: &str,
        url: &str,
        properties: &Properties<'_>,
    ) -> Result<Self, TemplateError> {
        properties.only(
            &[
                "QueueName",
                "VisibilityTimeout",
                "DelaySeconds",
                "MessageRetentionPeriod",
                "ReceiveMessageWaitTimeSeconds",
                "MaximumMessageSize",
                "RedrivePolicy",
                "FifoQueue",
                "ContentBasedDeduplication",
                "DeduplicationScope",
                "FifoThroughputLimit",
            ],
            &[
                "KmsDataKeyReusePeriodSeconds",
                "KmsMasterKeyId",
                "RedriveAllowPolicy",
                "SqsManagedSseEnabled",
                "Tags",
            ],
        )?;
        let name = url.rsplit('/').next().unwrap_or(url);
        let fifo = read_fifo(properties)?;
        if name.ends_with(".fifo") != fifo.is_some() {
            let expected = "a name that ends in .fifo, for a FIFO queue only";
            return Err(TemplateError::invalid(properties.path("QueueName"), expected));
        }
        Ok(Self {
            logical_id: logical_id.to_owned(),
            name: name.to_owned(),
            url: url.to_owned(),
            visibility_timeout_s: properties.number("VisibilityTimeout", 0..=43_200)?.unwrap_or(30),
            delay_s: properties.number("DelaySeconds", 0..=900)?.unwrap_or(0),
            retention_s: properties.number("MessageRetentionPeriod", 60..=1_209_600)?.unwrap_or(345_600),
            receive_wait_s: properties.number("ReceiveMessageWaitTimeSeconds", 0..=20)?.unwrap_or(0),
            maximum_message_bytes: properties
                .number("MaximumMessageSize", 1_024..=1_048_576)?
                .unwrap_or(1_048_576),
            redrive: read_redrive(properties)?,
            fifo,
        })
    }
}

fn read_redrive(properties: &Properties<'_>) -> Result<Option<Redrive>, TemplateError> {
    if properties.get("RedrivePolicy").is_none() {
        return Ok(None);
    }
    let policy = properties.nested("RedrivePolicy")?;
    policy.only(&["deadLetterTargetArn", "maxReceiveCount"], &[])?;
    let max_receive_count = policy
        .number("maxReceiveCount", 1..=1_000)?
        .ok_or_else(|| TemplateError::Missing { path: policy.path("maxReceiveCount") })?;
    Ok(Some(Redrive { target_arn: policy.required_text("deadLetterTargetArn")?, max_receive_count }))
}

fn read_fifo(properties: &Properties<'_>) -> Result<Option<Fifo>, TemplateError> {
    if !properties.flag("FifoQueue")? {
        return Ok(None);
    }
    let per_group = match properties.text("DeduplicationScope")?.as_deref() {
        None | Some("queue") => false,
        Some("messageGroup") => true,
        Some(other) => return Err(TemplateError::unsupported(properties.path("DeduplicationScope"), other)),
    };
    let limit_per_group = match properties.text("FifoThroughputLimit")?.as_deref() {
        None | Some("perQueue") => false,
        Some("perMessageGroupId") => true,
        Some(other) => return Err(TemplateError::unsupported(properties.path("FifoThroughputLimit"), other)),
    };
    if limit_per_group && !per_group {
        let expected = "DeduplicationScope messageGroup with perMessageGroupId";
        return Err(TemplateError::invalid(properties.path("FifoThroughputLimit"), expected));
    }
    let content_based = properties.flag("ContentBasedDeduplication")?;
    Ok(Some(Fifo { content_based, per_group, limit_per_group }))
}

#[cfg(test)]
impl QueueSpec {
    /// A standard queue with the settings of an empty mapping.
    pub fn standard(name: &str) -> Self {
        Self {
            logical_id: name.to_owned(),
            name: name.to_owned(),
            url: name.to_owned(),
            visibility_timeout_s: 30,
            delay_s: 0,
            retention_s: 345_600,
            receive_wait_s: 0,
            maximum_message_bytes: 1_048_576,
            redrive: None,
            fifo: None,
        }
    }
}
