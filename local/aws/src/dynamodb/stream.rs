//! Reads a table's stream, in the shape in which Lambda delivers it.

use dynoxide::Database;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use serde_json::{Value, json};

use crate::template::{REGION, TableSpec};

/// A table's stream; it has one shard.
#[derive(Clone)]
pub struct Stream {
    database: Database,
    arn: String,
    shard_id: String,
}

/// One change of an item.
#[derive(Clone, Debug)]
pub struct Record {
    /// 21 digits, so that text order is number order.
    pub sequence: String,
    /// When the item changed, in Unix seconds.
    pub created_s: u64,
    /// As Lambda delivers it.
    pub event: Value,
}

/// The stream cannot be read; safe to retry.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the stream: {0}")]
pub struct StreamError(String);

impl Stream {
    pub(super) fn new(database: Database, spec: &TableSpec) -> Self {
        let shard_id = dynoxide::streams::shard_id(&spec.name);
        Self { database, arn: spec.stream_arn(), shard_id }
    }

    /// The stream's ARN.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The name of the only shard.
    pub fn shard_id(&self) -> &str {
        &self.shard_id
    }

    /// At most `limit` records after the one of sequence number `after`, or from the oldest.
    ///
    /// # Errors
    ///
    /// [`StreamError`]
    pub fn read(&self, after: Option<&str>, limit: usize) -> Result<Vec<Record>, StreamError> {
        let kind = if after.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" };
        let iterator = self
            .database
            .get_shard_iterator(GetShardIteratorRequest {
                stream_arn: self.arn.clone(),
                shard_id: self.shard_id.clone(),
                shard_iterator_type: kind.to_owned(),
                sequence_number: after.map(str::to_owned),
            })
            .map_err(|error| StreamError(error.to_string()))?;
        let request = GetRecordsRequest {
            shard_iterator: iterator.shard_iterator.unwrap_or_default(),
            limit: Some(limit),
        };
        let response = self.database.get_records(request).map_err(|error| StreamError(error.to_string()))?;
        response
            .records
            .into_iter()
            .map(|record| {
                let sequence = record.dynamodb.sequence_number.clone();
                let event = serde_json::to_value(record).map_err(|error| StreamError(error.to_string()))?;
                Ok(self.delivered(sequence, event))
            })
            .collect()
    }

    /// The embedded server has a region of its own, and writes a moment as a float.
    fn delivered(&self, sequence: String, mut event: Value) -> Record {
        let moment = event["dynamodb"]["ApproximateCreationDateTime"].as_f64().unwrap_or_default();
        let created_s = std::time::Duration::try_from_secs_f64(moment).unwrap_or_default().as_secs();
        event["dynamodb"]["ApproximateCreationDateTime"] = json!(created_s);
        event["awsRegion"] = json!(REGION);
        event["eventSourceARN"] = json!(self.arn);
        Record { sequence, created_s, event }
    }
}
