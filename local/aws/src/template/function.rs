//! `AWS::Serverless::Function`

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::TemplateError;
use super::event::{self, QueueTrigger, Route, Schedule, StreamTrigger};
use super::properties::Properties;
use super::reference::scalar;

/// A function of the template with what calls it.
#[derive(Clone, Debug)]
pub struct FunctionSpec {
    /// Its key below `Resources`.
    pub logical_id: String,
    /// `FunctionName`, else the logical id.
    pub name: String,
    /// `Metadata.BuildProperties.Binary`
    pub binary: String,
    /// `CodeUri` as written.
    pub code_uri: String,
    /// 1 s to 900 s.
    pub timeout: Duration,
    /// 128 to 10,240.
    pub memory_mb: u32,
    /// `ReservedConcurrentExecutions`: invocations beyond it wait.
    pub concurrency: Option<u32>,
    /// `Environment.Variables`, resolved.
    pub environment: BTreeMap<String, String>,
    /// `HttpApi` events.
    pub routes: Vec<Route>,
    /// `SQS` events.
    pub queues: Vec<QueueTrigger>,
    /// `DynamoDB` events.
    pub streams: Vec<StreamTrigger>,
    /// `Schedule` and `ScheduleV2` events.
    pub schedules: Vec<Schedule>,
}

const ACTED_ON: [&str; 8] = [
    "CodeUri",
    "Environment",
    "Events",
    "FunctionName",
    "MemorySize",
    "ReservedConcurrentExecutions",
    "Timeout",
    "Runtime",
];

const INERT: [&str; 16] = [
    "Architectures",
    "Description",
    "EphemeralStorage",
    "EventInvokeConfig",
    "Handler",
    "KmsKeyArn",
    "LoggingConfig",
    "PackageType",
    "PermissionsBoundary",
    "Policies",
    "RecursiveLoop",
    "Role",
    "RuntimeManagementConfig",
    "SnapStart",
    "Tags",
    "Tracing",
];

/// The resource with `Globals.Function` below its own properties: mappings merge, lists add up, scalars yield.
pub fn with_globals(resource: &Value, globals: Option<&Value>) -> Value {
    let mut resource = resource.clone();
    if let (Some(globals), Some("AWS::Serverless::Function")) = (globals, resource["Type"].as_str()) {
        let own = resource["Properties"].take();
        resource["Properties"] = merge(globals.clone(), own);
    }
    resource
}

fn merge(global: Value, own: Value) -> Value {
    match (global, own) {
        (global, Value::Null) => global,
        (Value::Object(mut global), Value::Object(own)) if !is_intrinsic(&global) && !is_intrinsic(&own) => {
            for (key, value) in own {
                let below = global.remove(&key).unwrap_or(Value::Null);
                global.insert(key, merge(below, value));
            }
            Value::Object(global)
        }
        (Value::Array(mut global), Value::Array(own)) => {
            global.extend(own);
            Value::Array(global)
        }
        (_, own) => own,
    }
}

fn is_intrinsic(object: &Map<String, Value>) -> bool {
    object.len() == 1 && object.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}

/// Reads a resolved function.
pub fn read(
    logical_id: &str,
    name: &str,
    metadata: &Value,
    properties: &Properties<'_>,
) -> Result<FunctionSpec, TemplateError> {
    properties.only(&ACTED_ON, &INERT)?;
    let binary = metadata["BuildProperties"]["Binary"].as_str().ok_or_else(|| TemplateError::Missing {
        path: format!("Resources.{logical_id}.Metadata.BuildProperties.Binary"),
    })?;
    let mut function = FunctionSpec {
        logical_id: logical_id.to_owned(),
        name: name.to_owned(),
        binary: binary.to_owned(),
        code_uri: properties.text("CodeUri")?.unwrap_or_default(),
        timeout: Duration::from_secs(properties.number("Timeout", 1..=900)?.unwrap_or(3).into()),
        memory_mb: properties.number("MemorySize", 128..=10_240)?.unwrap_or(128),
        concurrency: properties.number("ReservedConcurrentExecutions", 1..=1_000)?,
        environment: read_environment(properties)?,
        routes: vec![],
        queues: vec![],
        streams: vec![],
        schedules: vec![],
    };
    for (event_id, event) in properties.nested("Events")?.iter() {
        let path = format!("{}.{event_id}", properties.path("Events"));
        event::read(&mut function, event_id, event, &path)?;
    }
    Ok(function)
}

fn read_environment(properties: &Properties<'_>) -> Result<BTreeMap<String, String>, TemplateError> {
    let environment = properties.nested("Environment")?;
    environment.only(&["Variables"], &[])?;
    let variables = environment.nested("Variables")?;
    variables
        .iter()
        .map(|(name, value)| {
            let text = scalar(value).ok_or_else(|| TemplateError::invalid(variables.path(name), "text"))?;
            Ok((name.clone(), text))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn globals_yield_to_a_functions_own_properties_and_their_mappings_merge() {
        let resource = json!({
            "Type": "AWS::Serverless::Function",
            "Properties": {"Timeout": 60, "Environment": {"Variables": {"B": {"Ref": "Queue"}}}},
        });
        let globals =
            json!({"Timeout": 10, "MemorySize": 256, "Environment": {"Variables": {"A": "1", "B": "2"}}});
        let merged = with_globals(&resource, Some(&globals));
        assert_eq!(
            merged["Properties"],
            json!({"Timeout": 60, "MemorySize": 256, "Environment": {"Variables": {"A": "1", "B": {"Ref": "Queue"}}}})
        );
    }
}
