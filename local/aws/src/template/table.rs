//! `AWS::DynamoDB::Table`

use serde_json::{Value, json};

use super::TemplateError;
use super::names;
use super::properties::Properties;

/// A table of the template.
#[derive(Clone, Debug, PartialEq)]
pub struct TableSpec {
    /// Its key below `Resources`.
    pub logical_id: String,
    /// `TableName`, else the logical id; `DynamoDB` wants at least 3 characters.
    pub name: String,
    /// `AttributeDefinitions` as written.
    pub attributes: Value,
    /// `KeySchema` as written.
    pub keys: Value,
    /// `GlobalSecondaryIndexes` as written, without what one machine has no use for.
    pub indexes: Vec<Value>,
    /// `StreamViewType`, if the table has a stream.
    pub stream_view: Option<String>,
    /// The attribute that says when an item expires, in Unix seconds.
    pub time_to_live: Option<TimeToLive>,
}

/// The attribute that says when an item expires, in Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeToLive(pub String);

impl TableSpec {
    /// The ARN of the table's stream, whether or not it has one.
    #[must_use]
    pub fn stream_arn(&self) -> String {
        names::stream_arn(&self.name)
    }

    pub(super) fn read(
        logical_id: &str,
        name: &str,
        properties: &Properties<'_>,
    ) -> Result<Self, TemplateError> {
        properties.only(
            &[
                "TableName",
                "AttributeDefinitions",
                "KeySchema",
                "GlobalSecondaryIndexes",
                "StreamSpecification",
                "TimeToLiveSpecification",
            ],
            &[
                "BillingMode",
                "ContributorInsightsSpecification",
                "DeletionProtectionEnabled",
                "OnDemandThroughput",
                "PointInTimeRecoverySpecification",
                "ProvisionedThroughput",
                "SSESpecification",
                "TableClass",
                "Tags",
            ],
        )?;
        Ok(Self {
            logical_id: logical_id.to_owned(),
            name: name.to_owned(),
            attributes: required_list(properties, "AttributeDefinitions")?,
            keys: required_list(properties, "KeySchema")?,
            indexes: read_indexes(properties)?,
            stream_view: read_stream(properties)?,
            time_to_live: read_time_to_live(properties)?,
        })
    }
}

fn required_list(properties: &Properties<'_>, key: &str) -> Result<Value, TemplateError> {
    match properties.list(key)? {
        [] => Err(TemplateError::Missing { path: properties.path(key) }),
        items => Ok(Value::Array(items.to_vec())),
    }
}

fn read_indexes(properties: &Properties<'_>) -> Result<Vec<Value>, TemplateError> {
    let mut indexes = Vec::new();
    for (position, index) in properties.list("GlobalSecondaryIndexes")?.iter().enumerate() {
        let path = properties.path(&format!("GlobalSecondaryIndexes[{position}]"));
        let index = Properties::new(Some(index), path)?;
        index.only(
            &["IndexName", "KeySchema", "Projection"],
            &["ProvisionedThroughput", "OnDemandThroughput", "ContributorInsightsSpecification"],
        )?;
        indexes.push(json!({
            "IndexName": index.required_text("IndexName")?,
            "KeySchema": required_list(&index, "KeySchema")?,
            "Projection": index.get("Projection"),
        }));
    }
    Ok(indexes)
}

fn read_stream(properties: &Properties<'_>) -> Result<Option<String>, TemplateError> {
    if properties.get("StreamSpecification").is_none() {
        return Ok(None);
    }
    let stream = properties.nested("StreamSpecification")?;
    stream.only(&["StreamViewType"], &[])?;
    stream.required_text("StreamViewType").map(Some)
}

fn read_time_to_live(properties: &Properties<'_>) -> Result<Option<TimeToLive>, TemplateError> {
    let specification = properties.nested("TimeToLiveSpecification")?;
    specification.only(&["AttributeName", "Enabled"], &[])?;
    if !specification.flag("Enabled")? {
        return Ok(None);
    }
    specification.required_text("AttributeName").map(|name| Some(TimeToLive(name)))
}
