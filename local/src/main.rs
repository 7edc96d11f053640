//! `gatepost`: the whole system on one machine, and the operator's commands.

use std::process::ExitCode;

use clap::Parser;
use local::args::{Cli, Command, RunArgs};
use local::screen::say;
use local::{StartError, System, SystemOptions, Telegram, demo, operator, repairs};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,dynoxide=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let outcome = tokio::runtime::Runtime::new()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(carry_out(cli)));
    outcome.unwrap_or_else(|error| {
        tracing::error!("{error}");
        ExitCode::FAILURE
    })
}

async fn carry_out(cli: Cli) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match cli.command {
        None => run(&cli.run).await?,
        Some(Command::Run(args)) => run(&args).await?,
        Some(Command::Account(command)) => operator::account(command).await?,
        Some(Command::Replay(args)) => repairs::replay(&args).await?,
        Some(Command::DeadLetters(command)) => repairs::dead_letters(&command).await?,
        Some(Command::Demo(args)) => return Ok(demo::run(&args).await?),
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs until Ctrl-C or the end of the terminal's patience (SIGTERM).
async fn run(args: &RunArgs) -> Result<(), StartError> {
    let temporary = args.ephemeral.then(tempfile::tempdir).transpose();
    let temporary = temporary.map_err(|source| StartError::Data { path: std::env::temp_dir(), source })?;
    let mut options = SystemOptions::from(args);
    if let Some(folder) = &temporary {
        options.data = folder.path().to_owned();
    }
    let system = System::start(options.clone()).await?;
    introduce(&system, &options).await;
    wait_for_the_end().await;
    system.stop().await;
    Ok(())
}

async fn introduce(system: &System, options: &SystemOptions) {
    let origin = system.base_url();
    say(format_args!("User API       {origin}/api/…"));
    match &options.telegram {
        Telegram::Simulator => {
            say(format_args!("Telegram       simulated; play the subscriber at {origin}/simulator"));
            say(format_args!("Postbacks      to {origin}/simulator/receiver/… are shown there"));
        }
        Telegram::Webhook(url) => say(format_args!("Telegram       {url}, by webhook")),
        Telegram::Poll(url) => say(format_args!("Telegram       {url}, by getUpdates")),
    }
    say(format_args!(
        "Data           {}{}",
        options.data.display(),
        if options.ephemeral { ", until the end" } else { "" }
    ));
    match system.first_key().await {
        Some(key) => say(format_args!("API key        {key}  (also in {})", system.key_path().display())),
        None => say("API key        not here; `cargo run -- account key --id 1` gives a new one"),
    }
    say(format_args!("ready {origin}"));
}

async fn wait_for_the_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        },
        Err(_) => drop(interrupted.await),
    }
}
