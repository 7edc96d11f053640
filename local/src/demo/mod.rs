//! Simulated people walked through the real pipeline, and a reckoning at the end.

mod lives;
mod reckoning;
mod stage;

use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::args::DemoArgs;
use crate::client::CallError;
use crate::screen::say;
use crate::system::StartError;
use lives::Life;
use stage::Stage;

/// How long everything may take to arrive after the last step.
const SETTLE: Duration = Duration::from_secs(60);

/// Why a demo could not be played to its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The system does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A temporary folder cannot be had.
    #[error("a temporary folder: {0}")]
    Folder(#[from] std::io::Error),
    /// The system does not answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The client cannot be made.
    #[error("TLS: {0}")]
    Tls(#[from] reqwest::Error),
    /// The system answers something else than it should.
    #[error("unexpected answer to {0}")]
    Answer(&'static str),
    /// The simulator refuses a step.
    #[error("simulator: {0}")]
    Simulator(#[from] telegram_simulator::ControlError),
    /// The store does not answer.
    #[error("{0:?}")]
    App(#[from] shared::AppError),
}

/// Plays the demo; the exit code says whether everything added up.
///
/// # Errors
///
/// [`DemoError`] if it could not be played to its end.
pub async fn run(args: &DemoArgs) -> Result<ExitCode, DemoError> {
    let stage = Stage::set().await?;
    let lives: Vec<Life> = (0..args.subscribers).map(|number| Life::draw(args.seed, number)).collect();
    let bar = progress_bar(lives.len());
    let users = stage.play(&lives, &bar).await?;
    bar.set_message("waiting for the last postback");
    let settled = stage.settle(SETTLE).await;
    bar.finish_and_clear();
    let reckoning = reckoning::reckon(&stage, &lives, &users).await?;
    stage.strike().await;
    say(reckoning.table());
    if !settled {
        say("Some work was still queued after a minute.");
    }
    Ok(if settled && reckoning.adds_up() {
        say("Everything adds up.");
        ExitCode::SUCCESS
    } else {
        say("It does not add up.");
        ExitCode::FAILURE
    })
}

fn progress_bar(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} subscribers {msg}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
