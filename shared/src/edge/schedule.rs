//! The function that a schedule calls.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use super::HandlerError;
use crate::app::App;
use crate::error::AppError;

/// How long a sweep goes on, of the minute that its function has.
const PATIENCE: Duration = Duration::from_secs(45);

/// A binary that a schedule calls.
#[derive(Clone, Copy, Debug)]
pub struct ScheduledFunction {
    /// The name of the binary.
    pub binary: &'static str,
}

/// Sweeps due items for the Lambda runtime until the sandbox ends.
#[must_use]
pub fn serve(_: ScheduledFunction) -> ExitCode {
    super::run(async |app: Arc<App>| {
        app.store.connect().await;
        lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| invoke(Arc::clone(&app), event))).await
    })
}

/// Sweeps once; what the event says is of no matter.
///
/// # Errors
///
/// If storage or the queue does not answer; the next sweep begins where this one ended.
pub async fn invoke(app: Arc<App>, _: LambdaEvent<Value>) -> Result<Value, HandlerError> {
    match app.sweep_due_items(PATIENCE).await {
        Ok(()) => Ok(Value::Null),
        Err(AppError::Unavailable { internal }) => Err(internal.into()),
        Err(error) => Err(error.into()),
    }
}
