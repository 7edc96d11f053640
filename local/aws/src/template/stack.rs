//! A template with every reference resolved.

use std::collections::BTreeMap;

use serde_json::Value;

use super::bucket;
use super::function::FunctionSpec;
use super::names;
use super::properties::Properties;
use super::queue::QueueSpec;
use super::reference::Scope;
use super::table::TableSpec;
use super::{TemplateError, function};

const RESOURCE_KEYS: [&str; 6] =
    ["Type", "Properties", "Metadata", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy"];

/// A template with every reference resolved.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    /// In the order of their logical ids.
    pub functions: Vec<FunctionSpec>,
    /// In the order of their logical ids.
    pub tables: Vec<TableSpec>,
    /// In the order of their logical ids.
    pub queues: Vec<QueueSpec>,
    /// Bucket names by logical id.
    pub buckets: BTreeMap<String, String>,
}

/// Resolves the whole document, also the parts that nothing here acts on, so that a dangling reference is found.
pub fn resolve(
    document: &Value,
    parameters: &BTreeMap<String, Value>,
    sqs_endpoint: &str,
) -> Result<Stack, TemplateError> {
    let mut scope = Scope::default();
    names::add_pseudo_parameters(&mut scope);
    scope.references.extend(parameters.clone());
    let resources = document["Resources"].as_object();
    for (logical_id, resource) in resources.into_iter().flatten() {
        names::add_resource(&mut scope, logical_id, resource, sqs_endpoint)?;
    }
    for section in ["Globals", "Outputs"] {
        scope.resolve(&document[section], section)?;
    }
    let globals = Properties::new(document.get("Globals"), "Globals")?;
    globals.only(&["Function"], &[])?;
    let mut stack = Stack::default();
    for (logical_id, resource) in resources.into_iter().flatten() {
        let resource = function::with_globals(resource, globals.get("Function"));
        let resolved = scope.resolve(&resource, &format!("Resources.{logical_id}"))?;
        add(&mut stack, &scope, logical_id, &resolved)?;
    }
    stack.functions.sort_by(|a, b| a.logical_id.cmp(&b.logical_id));
    check(&stack)?;
    Ok(stack)
}

fn add(stack: &mut Stack, scope: &Scope, logical_id: &str, resource: &Value) -> Result<(), TemplateError> {
    let path = format!("Resources.{logical_id}");
    Properties::new(Some(resource), path.clone())?.only(&RESOURCE_KEYS, &[])?;
    let properties = Properties::new(resource.get("Properties"), format!("{path}.Properties"))?;
    let name = scope.references.get(logical_id).and_then(Value::as_str).unwrap_or(logical_id);
    match resource["Type"].as_str().unwrap_or_default() {
        "AWS::Serverless::Function" => {
            stack.functions.push(function::read(logical_id, name, &resource["Metadata"], &properties)?);
        }
        "AWS::DynamoDB::Table" => stack.tables.push(TableSpec::read(logical_id, name, &properties)?),
        "AWS::SQS::Queue" => stack.queues.push(QueueSpec::read(logical_id, name, &properties)?),
        "AWS::S3::Bucket" => {
            bucket::check(&properties)?;
            stack.buckets.insert(logical_id.to_owned(), name.to_owned());
        }
        "AWS::Serverless::HttpApi" => check_api(&properties)?,
        _ => {}
    }
    Ok(())
}

fn check_api(properties: &Properties<'_>) -> Result<(), TemplateError> {
    properties.fixed("StageName", "$default")?;
    properties.only(
        &["StageName"],
        &[
            "DefaultRouteSettings",
            "RouteSettings",
            "AccessLogSettings",
            "FailOnWarnings",
            "Name",
            "Description",
            "Tags",
            "PropagateTags",
            "DisableExecuteApiEndpoint",
            "Domain",
        ],
    )
}

/// What only the whole stack can tell: triggers have their sources, binaries and routes are not claimed twice.
fn check(stack: &Stack) -> Result<(), TemplateError> {
    let mut claimed = BTreeMap::new();
    for function in &stack.functions {
        let path = format!("Resources.{}", function.logical_id);
        let keys = function.routes.iter().map(|route| format!("route {} {}", route.method, route.path));
        for key in keys.chain([format!("binary {}", function.binary)]) {
            if let Some(other) = claimed.insert(key.clone(), &function.logical_id) {
                return Err(TemplateError::invalid(path, format!("another {key} than that of {other}")));
            }
        }
        for trigger in &function.queues {
            check_queue_trigger(stack, function, trigger)?;
        }
        for trigger in &function.streams {
            let table = stack.tables.iter().find(|table| table.stream_arn() == trigger.stream_arn);
            if table.is_none_or(|table| table.stream_view.is_none()) {
                return Err(TemplateError::invalid(&trigger.path, "the stream of a table of this template"));
            }
            check_destination(stack, trigger.on_failure.as_deref(), &trigger.path)?;
        }
    }
    for queue in &stack.queues {
        check_redrive(stack, queue)?;
    }
    Ok(())
}

fn check_queue_trigger(
    stack: &Stack,
    function: &FunctionSpec,
    trigger: &super::QueueTrigger,
) -> Result<(), TemplateError> {
    let Some(queue) = stack.queues.iter().find(|queue| queue.arn() == trigger.queue_arn) else {
        return Err(TemplateError::invalid(&trigger.path, "a queue of this template"));
    };
    if u64::from(queue.visibility_timeout_s) < function.timeout.as_secs() {
        let expected = "a queue whose VisibilityTimeout is not below the function's Timeout";
        return Err(TemplateError::invalid(&trigger.path, expected));
    }
    if queue.fifo.is_some() && !trigger.window.is_zero() {
        return Err(TemplateError::invalid(&trigger.path, "no batching window on a FIFO queue"));
    }
    if queue.fifo.is_some() && trigger.batch_size > 10 {
        return Err(TemplateError::invalid(&trigger.path, "at most 10 messages a batch of a FIFO queue"));
    }
    Ok(())
}

fn check_redrive(stack: &Stack, queue: &QueueSpec) -> Result<(), TemplateError> {
    let Some(redrive) = &queue.redrive else { return Ok(()) };
    let path = format!("Resources.{}.Properties.RedrivePolicy", queue.logical_id);
    check_destination(stack, Some(&redrive.target_arn), &path)?;
    let target = stack.queues.iter().find(|target| target.arn() == redrive.target_arn);
    if target.is_some_and(|target| target.fifo.is_some() != queue.fifo.is_some()) {
        return Err(TemplateError::invalid(path, "a dead-letter queue of the same type"));
    }
    Ok(())
}

fn check_destination(stack: &Stack, arn: Option<&str>, path: &str) -> Result<(), TemplateError> {
    match arn {
        Some(arn) if !stack.queues.iter().any(|queue| queue.arn() == arn) => {
            Err(TemplateError::invalid(path, "a queue of this template"))
        }
        _ => Ok(()),
    }
}
