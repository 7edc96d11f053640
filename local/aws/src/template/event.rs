//! The `Events` of a function.

use std::time::Duration;

use serde_json::Value;

use super::TemplateError;
use super::function::FunctionSpec;
use super::properties::Properties;
use crate::triggers::filter::Filter;

/// How many batches of a queue are in flight at most. Lambda begins with five and adds up to 300 a minute where the template
/// sets no maximum; one machine has no use for so many.
const POLLERS: u32 = 10;

/// One route of the HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Upper case, or `ANY`.
    pub method: String,
    /// `/a/{name}`, `/a/{proxy+}` or `$default`.
    pub path: String,
    /// How long the gateway waits for the function, at most 30 s.
    pub timeout: Duration,
}

/// Batches of a queue's messages.
#[derive(Clone, Debug)]
pub struct QueueTrigger {
    /// Where it stands in the template.
    pub path: String,
    /// The queue.
    pub queue_arn: String,
    /// 1 to 10,000.
    pub batch_size: u32,
    /// How long a batch may wait to fill up.
    pub window: Duration,
    /// Batches in flight at once.
    pub concurrency: u32,
    /// The function names the messages that failed.
    pub partial_failures: bool,
}

/// Batches of a table's changes.
#[derive(Clone, Debug)]
pub struct StreamTrigger {
    /// Where it stands in the template.
    pub path: String,
    /// Unique in the template: `<logical id>-<event>`.
    pub id: String,
    /// The stream.
    pub stream_arn: String,
    /// 1 to 10,000.
    pub batch_size: u32,
    /// How long a batch may wait to fill up.
    pub window: Duration,
    /// Length of a tumbling window, 1 s to 900 s.
    pub tumbling_window: Option<Duration>,
    /// A failed batch is halved.
    pub bisect: bool,
    /// `None` retries for ever.
    pub maximum_retries: Option<u32>,
    /// The function names the record from which to retry.
    pub partial_failures: bool,
    /// The queue that is told of records given up.
    pub on_failure: Option<String>,
    /// Which records the function sees.
    pub filter: Filter,
}

/// An invocation at a fixed rate.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// `<logical id>-<event>`, or the schedule's own name.
    pub name: String,
    /// From one invocation to the next; the first comes one period after the start.
    pub period: Duration,
    /// `aws.scheduler` or `aws.events`.
    pub source: &'static str,
    /// Sent instead of the usual event.
    pub input: Option<Value>,
}

/// Adds the event to `function`; a disabled trigger is checked and left out.
pub fn read(
    function: &mut FunctionSpec,
    event_id: &str,
    event: &Value,
    path: &str,
) -> Result<(), TemplateError> {
    Properties::new(Some(event), path)?.only(&["Type", "Properties"], &[])?;
    let properties = Properties::new(event.get("Properties"), format!("{path}.Properties"))?;
    let id = format!("{}-{event_id}", function.logical_id);
    match event["Type"].as_str().unwrap_or_default() {
        "HttpApi" => function.routes.push(read_route(&properties)?),
        "SQS" => function.queues.extend(read_queue(&properties, path)?),
        "DynamoDB" => function.streams.extend(read_stream(&properties, id, path)?),
        "ScheduleV2" => {
            function.schedules.extend(read_schedule(&properties, id, "ScheduleExpression", "aws.scheduler")?);
        }
        "Schedule" => function.schedules.extend(read_schedule(&properties, id, "Schedule", "aws.events")?),
        other => {
            return Err(TemplateError::unsupported(format!("{path}.Type"), format!("event type {other}")));
        }
    }
    Ok(())
}

fn read_route(properties: &Properties<'_>) -> Result<Route, TemplateError> {
    properties
        .only(&["Method", "Path", "PayloadFormatVersion", "TimeoutInMillis"], &["ApiId", "RouteSettings"])?;
    properties.fixed("PayloadFormatVersion", "2.0")?;
    let path = properties.text("Path")?.unwrap_or_else(|| "$default".into());
    if path != "$default" && !path.starts_with('/') {
        return Err(TemplateError::invalid(properties.path("Path"), "a path that begins with /"));
    }
    let method = properties.text("Method")?.unwrap_or_else(|| "ANY".into()).to_uppercase();
    let timeout_ms = properties.number("TimeoutInMillis", 50..=30_000)?.unwrap_or(30_000);
    Ok(Route {
        method: if method == "*" { "ANY".into() } else { method },
        path,
        timeout: Duration::from_millis(timeout_ms.into()),
    })
}

fn read_queue(properties: &Properties<'_>, path: &str) -> Result<Option<QueueTrigger>, TemplateError> {
    properties.only(
        &[
            "Queue",
            "BatchSize",
            "Enabled",
            "FunctionResponseTypes",
            "MaximumBatchingWindowInSeconds",
            "ScalingConfig",
        ],
        &[],
    )?;
    let scaling = properties.nested("ScalingConfig")?;
    scaling.only(&["MaximumConcurrency"], &[])?;
    let window_s = properties.number("MaximumBatchingWindowInSeconds", 0..=300)?.unwrap_or(0);
    let trigger = QueueTrigger {
        path: path.to_owned(),
        queue_arn: properties.required_text("Queue")?,
        batch_size: properties.number("BatchSize", 1..=10_000)?.unwrap_or(10),
        window: Duration::from_secs(window_s.into()),
        concurrency: scaling.number("MaximumConcurrency", 2..=1_000)?.unwrap_or(POLLERS).min(POLLERS),
        partial_failures: read_partial_failures(properties)?,
    };
    Ok(is_enabled(properties)?.then_some(trigger))
}

fn read_stream(
    properties: &Properties<'_>,
    id: String,
    path: &str,
) -> Result<Option<StreamTrigger>, TemplateError> {
    properties.only(
        &[
            "Stream",
            "BatchSize",
            "BisectBatchOnFunctionError",
            "DestinationConfig",
            "Enabled",
            "FilterCriteria",
            "FunctionResponseTypes",
            "MaximumBatchingWindowInSeconds",
            "MaximumRecordAgeInSeconds",
            "MaximumRetryAttempts",
            "ParallelizationFactor",
            "StartingPosition",
            "TumblingWindowInSeconds",
        ],
        &[],
    )?;
    properties.fixed("StartingPosition", "TRIM_HORIZON")?;
    properties.fixed("ParallelizationFactor", "1")?;
    properties.fixed("MaximumRecordAgeInSeconds", "-1")?;
    let window_s = properties.number("MaximumBatchingWindowInSeconds", 0..=300)?.unwrap_or(0);
    let tumbling_s = properties.number("TumblingWindowInSeconds", 0..=900)?.filter(|&seconds| seconds > 0);
    let trigger = StreamTrigger {
        path: path.to_owned(),
        id,
        stream_arn: properties.required_text("Stream")?,
        batch_size: properties.number("BatchSize", 1..=10_000)?.unwrap_or(100),
        window: Duration::from_secs(window_s.into()),
        tumbling_window: tumbling_s.map(|seconds| Duration::from_secs(seconds.into())),
        bisect: properties.flag("BisectBatchOnFunctionError")?,
        maximum_retries: read_maximum_retries(properties)?,
        partial_failures: read_partial_failures(properties)?,
        on_failure: read_destination(properties)?,
        filter: read_filter(properties)?,
    };
    Ok(is_enabled(properties)?.then_some(trigger))
}

fn read_maximum_retries(properties: &Properties<'_>) -> Result<Option<u32>, TemplateError> {
    match properties.integer("MaximumRetryAttempts")? {
        None | Some(-1) => Ok(None),
        Some(_) => properties.number("MaximumRetryAttempts", 0..=10_000),
    }
}

fn read_destination(properties: &Properties<'_>) -> Result<Option<String>, TemplateError> {
    let config = properties.nested("DestinationConfig")?;
    config.only(&["OnFailure"], &[])?;
    if config.get("OnFailure").is_none() {
        return Ok(None);
    }
    let destination = config.nested("OnFailure")?;
    destination.only(&["Type", "Destination"], &[])?;
    destination.fixed("Type", "SQS")?;
    destination.required_text("Destination").map(Some)
}

fn read_filter(properties: &Properties<'_>) -> Result<Filter, TemplateError> {
    let criteria = properties.nested("FilterCriteria")?;
    criteria.only(&["Filters"], &[])?;
    let mut filter = Filter::default();
    for (index, entry) in criteria.list("Filters")?.iter().enumerate() {
        let entry = Properties::new(Some(entry), criteria.path(&format!("Filters[{index}]")))?;
        entry.only(&["Pattern"], &[])?;
        filter
            .add(&entry.required_text("Pattern")?)
            .map_err(|error| TemplateError::unsupported(entry.path("Pattern"), error.to_string()))?;
    }
    Ok(filter)
}

fn read_schedule(
    properties: &Properties<'_>,
    id: String,
    expression_key: &str,
    source: &'static str,
) -> Result<Option<Schedule>, TemplateError> {
    properties.only(
        &[expression_key, "Enabled", "Input", "Name", "State"],
        &["Description", "FlexibleTimeWindow", "OmitName", "PermissionsBoundary", "RetryPolicy", "RoleArn"],
    )?;
    let expression = properties.required_text(expression_key)?;
    let Some(period) = rate(&expression) else {
        return Err(TemplateError::unsupported(properties.path(expression_key), expression));
    };
    let input = properties
        .text("Input")?
        .map(|text| {
            serde_json::from_str(&text).map_err(|_| TemplateError::invalid(properties.path("Input"), "JSON"))
        })
        .transpose()?;
    let name = properties.text("Name")?.unwrap_or(id);
    let enabled = properties.text("State")?.as_deref() != Some("DISABLED") && is_enabled(properties)?;
    Ok(enabled.then_some(Schedule { name, period, source, input }))
}

/// `rate(5 minutes)`
fn rate(expression: &str) -> Option<Duration> {
    let (count, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let unit_s = match unit.trim() {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3_600,
        "day" | "days" => 86_400,
        _ => return None,
    };
    let count: u64 = count.parse().ok().filter(|&count| count > 0)?;
    Some(Duration::from_secs(count.checked_mul(unit_s)?))
}

fn is_enabled(properties: &Properties<'_>) -> Result<bool, TemplateError> {
    Ok(properties.get("Enabled").is_none() || properties.flag("Enabled")?)
}

fn read_partial_failures(properties: &Properties<'_>) -> Result<bool, TemplateError> {
    let path = properties.path("FunctionResponseTypes");
    match properties.list("FunctionResponseTypes")? {
        [] => Ok(false),
        [Value::String(kind)] if kind == "ReportBatchItemFailures" => Ok(true),
        _ => Err(TemplateError::invalid(path, "[ReportBatchItemFailures]")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_whole_minutes_hours_or_days() {
        assert_eq!(rate("rate(1 minute)"), Some(Duration::from_secs(60)));
        assert_eq!(rate("rate(2 hours)"), Some(Duration::from_secs(7_200)));
        for unknown in ["rate(0 minutes)", "rate(1 second)", "cron(0 * * * ? *)", "rate(1 minute"] {
            assert_eq!(rate(unknown), None, "{unknown}");
        }
    }
}
