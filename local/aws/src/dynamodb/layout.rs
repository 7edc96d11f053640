//! Makes a table, or checks that the one on disk is the one of the template.

use dynoxide::Database;
use serde_json::{Value, json};

use super::database_error;
use crate::StartError;
use crate::template::TableSpec;

/// Makes the table if there is none of its name.
pub fn ensure(database: &Database, spec: &TableSpec) -> Result<(), StartError> {
    let name = json!({"TableName": spec.name});
    if database.get_table_metadata(&spec.name).map_err(database_error)?.is_none() {
        return create(database, spec);
    }
    let description = database.describe_table(request(name.clone())?).map_err(database_error)?;
    let time_to_live = database.describe_time_to_live(request(name)?).map_err(database_error)?;
    let found = found(&write(&description)?["Table"], &write(&time_to_live)?["TimeToLiveDescription"]);
    let wanted = wanted(spec);
    if found == wanted {
        return Ok(());
    }
    Err(StartError::TableLayout {
        table: spec.name.clone(),
        wanted: wanted.to_string(),
        found: found.to_string(),
    })
}

fn create(database: &Database, spec: &TableSpec) -> Result<(), StartError> {
    let mut table = json!({
        "TableName": spec.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": spec.attributes,
        "KeySchema": spec.keys,
    });
    if !spec.indexes.is_empty() {
        table["GlobalSecondaryIndexes"] = json!(spec.indexes);
    }
    if let Some(view) = &spec.stream_view {
        table["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": view});
    }
    database.create_table(request(table)?).map_err(database_error)?;
    if let Some(attribute) = &spec.time_to_live {
        let specification = json!({"AttributeName": attribute.0, "Enabled": true});
        let update = json!({"TableName": spec.name, "TimeToLiveSpecification": specification});
        database.update_time_to_live(request(update)?).map_err(database_error)?;
    }
    Ok(())
}

fn wanted(spec: &TableSpec) -> Value {
    json!({
        "attributes": sorted(&spec.attributes, "AttributeName"),
        "keys": spec.keys,
        "indexes": sorted(&json!(spec.indexes), "IndexName"),
        "stream": spec.stream_view,
        "time_to_live": spec.time_to_live.as_ref().map(|attribute| attribute.0.clone()),
    })
}

fn found(table: &Value, time_to_live: &Value) -> Value {
    let indexes: Vec<_> = table["GlobalSecondaryIndexes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|index| {
            json!({
                "IndexName": index["IndexName"],
                "KeySchema": index["KeySchema"],
                "Projection": index["Projection"],
            })
        })
        .collect();
    json!({
        "attributes": sorted(&table["AttributeDefinitions"], "AttributeName"),
        "keys": table["KeySchema"],
        "indexes": sorted(&json!(indexes), "IndexName"),
        "stream": table["StreamSpecification"]["StreamViewType"],
        "time_to_live": time_to_live["AttributeName"],
    })
}

fn sorted(list: &Value, key: &str) -> Vec<Value> {
    let mut items = list.as_array().cloned().unwrap_or_default();
    items.sort_by_key(|item| item[key].to_string());
    items
}

fn request<T: serde::de::DeserializeOwned>(json: Value) -> Result<T, StartError> {
    serde_json::from_value(json).map_err(|error| StartError::Database(error.to_string()))
}

fn write<T: serde::Serialize>(response: &T) -> Result<Value, StartError> {
    serde_json::to_value(response).map_err(|error| StartError::Database(error.to_string()))
}
