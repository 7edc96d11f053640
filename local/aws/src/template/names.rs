//! Names, ARNs and URLs of resources, the same at every start.

use serde_json::Value;

use super::TemplateError;
use super::properties::Properties;
use super::reference::Scope;

/// The region of everything.
pub const REGION: &str = "us-east-1";
/// The account of everything.
pub const ACCOUNT: &str = "000000000000";
const STACK: &str = "local";
/// A stream's label is the time its stream was switched on; here it never changes.
const STREAM_LABEL: &str = "2026-01-01T00:00:00.000";

/// Puts the pseudo parameters into `scope`.
pub fn add_pseudo_parameters(scope: &mut Scope) {
    let pseudo = [
        ("AWS::Region", REGION),
        ("AWS::AccountId", ACCOUNT),
        ("AWS::Partition", "aws"),
        ("AWS::URLSuffix", "amazonaws.com"),
        ("AWS::StackName", STACK),
    ];
    for (name, value) in pseudo {
        scope.references.insert(name.into(), Value::String(value.into()));
    }
}

/// Puts what `Ref` and `Fn::GetAtt` give for one resource into `scope`. Its own name may use parameters only.
///
/// # Errors
///
/// [`TemplateError::Unsupported`] for a resource type that is not known.
pub fn add_resource(
    scope: &mut Scope,
    logical_id: &str,
    resource: &Value,
    sqs_endpoint: &str,
) -> Result<(), TemplateError> {
    let path = format!("Resources.{logical_id}");
    let kind = resource["Type"].as_str().unwrap_or_default();
    let properties = Properties::new(resource.get("Properties"), format!("{path}.Properties"))?;
    let named = |key: &str, otherwise: &str| -> Result<String, TemplateError> {
        match properties.get(key) {
            Some(value) => {
                Ok(scope.resolve(value, &properties.path(key))?.as_str().unwrap_or(otherwise).into())
            }
            None => Ok(otherwise.to_owned()),
        }
    };
    let (reference, attributes) = match kind {
        "AWS::Serverless::Function" => function(named("FunctionName", logical_id)?),
        "AWS::DynamoDB::Table" => table(named("TableName", logical_id)?),
        "AWS::SQS::Queue" => {
            let fifo = properties.flag("FifoQueue").unwrap_or(false);
            let otherwise = if fifo { format!("{logical_id}.fifo") } else { logical_id.to_owned() };
            queue(named("QueueName", &otherwise)?, sqs_endpoint)
        }
        "AWS::S3::Bucket" => bucket(named("BucketName", &logical_id.to_lowercase())?),
        "AWS::Serverless::HttpApi" => (STACK.to_owned(), vec![]),
        "AWS::Logs::LogGroup" => log_group(&named("LogGroupName", &format!("/{STACK}/{logical_id}"))?),
        "AWS::KMS::Key" => key(logical_id),
        "AWS::CloudWatch::Alarm" => {
            let name = named("AlarmName", logical_id)?;
            (name.clone(), vec![("Arn", arn("cloudwatch", &format!("alarm:{name}")))])
        }
        "AWS::CloudWatch::Dashboard" => (named("DashboardName", logical_id)?, vec![]),
        "AWS::SQS::QueuePolicy" | "AWS::S3::BucketPolicy" => (logical_id.to_owned(), vec![]),
        other => return Err(TemplateError::unsupported(format!("{path}.Type"), other)),
    };
    scope.references.insert(logical_id.to_owned(), Value::String(reference));
    for (attribute, value) in attributes {
        scope.attributes.insert((logical_id.to_owned(), attribute.to_owned()), value);
    }
    Ok(())
}

/// The ARN of a resource of `service`.
pub fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

/// The stream of a table.
pub fn stream_arn(table: &str) -> String {
    arn("dynamodb", &format!("table/{table}/stream/{STREAM_LABEL}"))
}

/// The URL of a queue; its last step is the queue's name, which is all that SQS looks at here.
pub fn queue_url(sqs_endpoint: &str, name: &str) -> String {
    format!("{sqs_endpoint}/{ACCOUNT}/{name}")
}

type Named = (String, Vec<(&'static str, String)>);

fn function(name: String) -> Named {
    let arn = arn("lambda", &format!("function:{name}"));
    (name, vec![("Arn", arn)])
}

fn table(name: String) -> Named {
    let attributes =
        vec![("Arn", arn("dynamodb", &format!("table/{name}"))), ("StreamArn", stream_arn(&name))];
    (name, attributes)
}

fn queue(name: String, sqs_endpoint: &str) -> Named {
    let url = queue_url(sqs_endpoint, &name);
    (url.clone(), vec![("Arn", arn("sqs", &name)), ("QueueUrl", url), ("QueueName", name)])
}

fn bucket(name: String) -> Named {
    let attributes = vec![
        ("Arn", format!("arn:aws:s3:::{name}")),
        ("DomainName", format!("{name}.s3.amazonaws.com")),
        ("RegionalDomainName", format!("{name}.s3.{REGION}.amazonaws.com")),
    ];
    (name, attributes)
}

fn log_group(name: &str) -> Named {
    (name.to_owned(), vec![("Arn", format!("{}:*", arn("logs", &format!("log-group:{name}"))))])
}

/// A key id is a UUID; here one that the logical id decides.
fn key(logical_id: &str) -> Named {
    let mut bytes = [0_u8; 16];
    for (index, byte) in logical_id.bytes().enumerate() {
        bytes[index % 16] = bytes[index % 16].wrapping_mul(31).wrapping_add(byte);
    }
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid().to_string();
    (id.clone(), vec![("Arn", arn("kms", &format!("key/{id}"))), ("KeyId", id)])
}
