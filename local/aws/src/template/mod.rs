//! Reads a SAM template: what is in it, with every reference resolved.
//!
//! Nothing is guessed: a resource type, intrinsic function, event type or property that would change what the
//! stack does, and that this crate does not act on, is an error that names its path in the template.

mod bucket;
mod document;
mod error;
mod event;
mod function;
pub(crate) mod names;
mod properties;
mod queue;
mod reference;
mod stack;
mod table;

use std::collections::BTreeMap;

use serde_json::Value;

pub use error::TemplateError;
pub use event::{QueueTrigger, Route, Schedule, StreamTrigger};
pub use function::FunctionSpec;
pub use names::{ACCOUNT, REGION};
pub use queue::{Fifo, QueueSpec, Redrive};
pub use stack::Stack;
pub use table::{TableSpec, TimeToLive};

/// Stands in for the address of SQS while nothing runs yet.
const NOWHERE: &str = "http://sqs.local";

/// A SAM template that parses and resolves.
#[derive(Clone, Debug)]
pub struct Template {
    document: Value,
    defaults: Stack,
}

impl Template {
    /// Parses a template and resolves it once with its parameters' defaults; a parameter without one counts as
    /// empty text here.
    ///
    /// # Errors
    ///
    /// Every [`TemplateError`] but [`TemplateError::MissingParameter`] and [`TemplateError::UnknownParameter`].
    pub fn parse(yaml: &str) -> Result<Self, TemplateError> {
        let document = document::parse(yaml)?;
        let mut parameters = document::parameter_defaults(&document)?;
        for name in document::parameter_names(&document) {
            parameters.entry(name).or_insert_with(|| Value::String(String::new()));
        }
        let defaults = stack::resolve(&document, &parameters, NOWHERE)?;
        Ok(Self { document, defaults })
    }

    /// The same template with its tables, queues and buckets, but nothing that runs, and nothing that watches it.
    #[must_use]
    pub fn without_functions(mut self) -> Self {
        if let Some(resources) = self.document.get_mut("Resources").and_then(Value::as_object_mut) {
            let goes = ["AWS::Serverless::Function", "AWS::CloudWatch::Alarm"];
            resources
                .retain(|_, resource| !resource["Type"].as_str().is_some_and(|kind| goes.contains(&kind)));
        }
        self.defaults.functions.clear();
        self
    }

    /// The functions in the order of their logical ids, resolved with the parameters' defaults.
    #[must_use]
    pub fn functions(&self) -> &[FunctionSpec] {
        &self.defaults.functions
    }

    /// Everything in the template, resolved with the parameters' defaults.
    #[must_use]
    pub fn defaults(&self) -> &Stack {
        &self.defaults
    }

    /// Everything in the template with `parameters` over the defaults and queue URLs below `sqs_endpoint`.
    ///
    /// # Errors
    ///
    /// Every [`TemplateError`].
    pub fn resolve(
        &self,
        parameters: &BTreeMap<String, String>,
        sqs_endpoint: &str,
    ) -> Result<Stack, TemplateError> {
        let declared = document::parameter_names(&self.document);
        let mut values = document::parameter_defaults(&self.document)?;
        for (name, value) in parameters {
            if !declared.contains(name) {
                return Err(TemplateError::UnknownParameter(name.clone()));
            }
            values.insert(name.clone(), Value::String(value.clone()));
        }
        if let Some(missing) = declared.into_iter().find(|name| !values.contains_key(name)) {
            return Err(TemplateError::MissingParameter(missing));
        }
        stack::resolve(&self.document, &values, sqs_endpoint)
    }
}
