//! What a template means, and what is wrong with one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use local_aws::{Environment, Functions, Handler, Template, TemplateError};
use serde_json::json;
use tempfile::TempDir;

use crate::world::start;

const SMALL: &str = r"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Name: {Type: String, Default: orders}
  Size: {Type: Number, Default: 5}
  Secret: {Type: String}
Globals:
  Function:
    Timeout: 7
    Environment:
      Variables: {SHARED: !Sub 'in ${AWS::Region} of ${AWS::AccountId}', BOTH: global}
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub '${AWS::StackName}-${Name}'}
  Worker:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: worker}}
    Properties:
      CodeUri: ../worker
      Environment:
        Variables:
          URL: {Ref: Jobs}
          ARN: {'Fn::GetAtt': [Jobs, Arn]}
          NAME: !GetAtt Jobs.QueueName
          SECRET: !Ref Secret
          BOTH: own
      Events:
        Jobs:
          Type: SQS
          Properties: {Queue: !GetAtt Jobs.Arn, BatchSize: !Ref Size}
        Route:
          Type: HttpApi
          Properties: {Method: get, Path: '/jobs/{id}'}
        Every:
          Type: ScheduleV2
          Properties: {ScheduleExpression: rate(2 minutes)}
";

#[test]
fn references_globals_and_parameters_are_resolved() {
    let template = Template::parse(SMALL).unwrap();
    let parameters = BTreeMap::from([("Secret".into(), "s3".into()), ("Size".into(), "9".into())]);
    let stack = template.resolve(&parameters, "http://127.0.0.1:9").unwrap();
    let worker = &stack.functions[0];
    let environment: Vec<_> =
        worker.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        environment,
        [
            "ARN=arn:aws:sqs:us-east-1:000000000000:local-orders",
            "BOTH=own",
            "NAME=local-orders",
            "SECRET=s3",
            "SHARED=in us-east-1 of 000000000000",
            "URL=http://127.0.0.1:9/000000000000/local-orders",
        ]
    );
    assert_eq!(worker.timeout, Duration::from_secs(7));
    assert_eq!(worker.queues[0].batch_size, 9);
    assert_eq!((worker.routes[0].method.as_str(), worker.routes[0].path.as_str()), ("GET", "/jobs/{id}"));
    assert_eq!(worker.schedules[0].period, Duration::from_secs(120));
}

#[test]
fn parameters_must_be_declared_and_have_a_value() {
    let template = Template::parse(SMALL).unwrap();
    let missing = template.resolve(&BTreeMap::new(), "").unwrap_err();
    assert!(matches!(missing, TemplateError::MissingParameter(name) if name == "Secret"));
    let unknown = template.resolve(&BTreeMap::from([("Sekret".into(), "x".into())]), "").unwrap_err();
    assert!(matches!(unknown, TemplateError::UnknownParameter(name) if name == "Sekret"));
}

/// Replaces part of the small template and gives the error.
fn error_after(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    Template::parse(&SMALL.replace(from, to)).unwrap_err().to_string()
}

/// What is replaced, by what, and the error.
const MISTAKES: [(&str, &str, &str); 15] = [
    (
        "!GetAtt Jobs.QueueName",
        "!Select [0, x]",
        "Resources.Worker.Properties.Environment.Variables.NAME: !Select is not known here",
    ),
    (
        "!GetAtt Jobs.QueueName",
        "{'Fn::Join': ['', []]}",
        "Resources.Worker.Properties.Environment.Variables.NAME: Fn::Join is not known here",
    ),
    (
        "!Ref Secret",
        "!Ref Nobody",
        "Resources.Worker.Properties.Environment.Variables.SECRET: there is no Nobody",
    ),
    (
        "Jobs.QueueName",
        "Jobs.Color",
        "Resources.Worker.Properties.Environment.Variables.NAME: there is no Jobs.Color",
    ),
    (
        "Type: AWS::SQS::Queue",
        "Type: AWS::SNS::Topic",
        "Resources.Jobs.Type: AWS::SNS::Topic is not known here",
    ),
    (
        "Type: ScheduleV2",
        "Type: Kinesis",
        "Resources.Worker.Properties.Events.Every.Type: event type Kinesis is not known here",
    ),
    (
        "rate(2 minutes)",
        "cron(* * * * ? *)",
        "Resources.Worker.Properties.Events.Every.Properties.ScheduleExpression: cron(* * * * ? *) is not known here",
    ),
    (
        "BatchSize:",
        "BatchCount:",
        "Resources.Worker.Properties.Events.Jobs.Properties.BatchCount: this property is not known here",
    ),
    (
        "QueueName: !Sub '${AWS::StackName}-${Name}'",
        "Color: red",
        "Resources.Jobs.Properties.Color: this property is not known here",
    ),
    ("CodeUri:", "Layers:", "Resources.Worker.Properties.Layers: this property is not known here"),
    (
        "{BuildProperties: {Binary: worker}}",
        "{}",
        "Resources.Worker.Metadata.BuildProperties.Binary is missing",
    ),
    (
        "Timeout: 7",
        "Timeout: 60",
        "Resources.Worker.Properties.Events.Jobs: expected a queue whose VisibilityTimeout is not below the function's Timeout",
    ),
    (
        "!GetAtt Jobs.Arn, Batch",
        "arn:aws:sqs:us-east-1:1:other, Batch",
        "Resources.Worker.Properties.Events.Jobs: expected a queue of this template",
    ),
    (
        "BatchSize: !Ref Size",
        "BatchSize: many",
        "Resources.Worker.Properties.Events.Jobs.Properties.BatchSize: expected a whole number",
    ),
    ("Globals:", "Conditions: {}\nGlobals:", "Conditions: this section is not known here"),
];

#[test]
fn what_is_not_known_is_an_error_that_names_its_place() {
    for (from, to, expected) in MISTAKES {
        assert_eq!(error_after(from, to), expected);
    }
}

#[test]
fn two_functions_cannot_claim_one_route() {
    let other = "
  Other:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: other}}
    Properties:
      Events: {Route: {Type: HttpApi, Properties: {Method: GET, Path: '/jobs/{id}'}}}
";
    let error = Template::parse(&format!("{SMALL}{other}")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Resources.Worker: expected another route GET /jobs/{id} than that of Other"
    );
}

fn project_template() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/template.yaml")).unwrap()
}

#[test]
fn the_projects_own_template_is_understood() {
    let template = Template::parse(&project_template()).unwrap();
    let functions = template.functions();
    assert!(functions.iter().all(|function| !function.binary.is_empty() && !function.code_uri.is_empty()));
    assert!(functions.iter().any(|function| !function.routes.is_empty()));
    assert!(functions.iter().any(|function| !function.streams.is_empty()));
    assert!(functions.iter().any(|function| !function.queues.is_empty()));
    assert!(!template.defaults().tables.is_empty());
}

#[tokio::test]
async fn the_projects_own_template_starts_and_every_function_gets_its_environment() {
    let data = TempDir::new().unwrap();
    let handler: Handler = Arc::new(|_| Box::pin(async { Ok(json!({})) }));
    let find = Box::new(move |_: &str, _: &Environment| Some(Arc::clone(&handler)));
    let cloud = start(&project_template(), data.path(), true, Functions::InProcess(find)).await.unwrap();
    for function in &cloud.stack().functions {
        let environment = cloud.environment(&function.binary).unwrap();
        for (name, value) in cloud.aws_environment().iter().chain(&function.environment) {
            assert_eq!(environment.get(name), Some(value), "{} {name}", function.binary);
        }
        assert_eq!(environment["GREETING"], "hello");
    }
    assert!(cloud.is_idle());
    cloud.stop().await;
}
