//! Lambda events in, envelopes out; the one map from error to answer.

pub mod bots;
pub mod campaigns_api;
pub mod envelope;
pub mod erasures;
mod exact_numbers;
pub mod export;
pub mod http;
pub mod idempotency;
pub mod imports;
pub mod lanes;
mod logging;
pub mod messages;
mod multipart;
pub mod owner_news;
pub mod params;
pub mod plans;
pub mod postbacks;
pub mod redirect;
pub mod retries;
pub mod schedule;
pub mod sqs;
pub mod stream;
pub mod told;
pub mod user_api;
pub mod webhook;
pub mod webhook_deliveries;

use std::process::ExitCode;
use std::sync::Arc;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;

/// What a handler hands to the Lambda runtime when the invocation itself failed.
pub type HandlerError = lambda_runtime::Error;

/// Starts logging, reads the environment and runs `work` with the use cases, as every binary does.
fn run<F>(work: impl FnOnce(Arc<App>) -> F) -> ExitCode
where
    F: Future<Output = Result<(), HandlerError>>,
{
    logging::start();
    let outcome = Config::from_environment().map_err(HandlerError::from).and_then(|config| {
        let app = Arc::new(App::new(config, Clock::System, None));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(work(app))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function cannot run");
            ExitCode::FAILURE
        }
    }
}
