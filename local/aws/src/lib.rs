//! A small AWS on one machine, built from a SAM template: `DynamoDB` with its streams, SQS, S3, an HTTP API,
//! functions, and the triggers between them. Everything listens on loopback only.
//!
//! [`Cloud::start`] builds it, [`Cloud::stop`] ends all of it.

mod clock;
mod cloud;
mod durable;
mod dynamodb;
mod error;
mod http_api;
mod lambda;
mod options;
mod s3;
mod serve;
mod sqs;
mod stop;
mod template;
mod triggers;

pub use cloud::Cloud;
pub use error::StartError;
pub use lambda::{Answer, Environment, FindHandler, FunctionError, Functions, Handler, Invocation};
pub use options::CloudOptions;
pub use sqs::Depth;
pub use template::{
    Fifo, FunctionSpec, QueueSpec, QueueTrigger, Redrive, Route, Schedule, Stack, StreamTrigger, TableSpec,
    Template, TemplateError, TimeToLive,
};
