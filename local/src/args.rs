//! The command line.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};
use shared::domain::postback_id::PostbackId;
use shared::domain::postback_log::PostbackState;

/// Gatepost on one machine, and the operator's commands.
#[derive(Debug, Parser)]
#[command(name = "gatepost", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; without a command the whole system runs until Ctrl-C.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to run.
    #[command(flatten)]
    pub run: RunArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole system until Ctrl-C; the same as no command.
    Run(RunArgs),
    /// Make and list accounts.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Send postbacks again, one or those of a campaign in one state.
    Replay(ReplayArgs),
    /// List, return or drop what could not be carried out.
    #[command(subcommand)]
    DeadLetters(DeadLetterCommand),
    /// Walk simulated subscribers through the real pipeline and check that everything adds up.
    Demo(DemoArgs),
}

/// How to run the system.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// The port on 127.0.0.1.
    #[arg(long, env = "PORT", default_value_t = 3000)]
    pub port: u16,
    /// Where data is kept.
    #[arg(long, default_value = ".gatepost")]
    pub data: PathBuf,
    /// Keep nothing: data lives in memory and in a temporary folder.
    #[arg(long, conflicts_with = "data")]
    pub ephemeral: bool,
    /// The Bot API's base URL; the built-in simulator if it is not given.
    #[arg(long, env = "TELEGRAM_API_URL")]
    pub telegram_api_url: Option<String>,
    /// The base URL that Telegram is told to call; this system's own if it is not given.
    #[arg(long, env = "PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Let postbacks go to private addresses, such as the built-in receiver's.
    #[arg(long, default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          action = ArgAction::Set)]
    pub allow_private_targets: bool,
    /// Fetch updates by getUpdates, so that a real bot works without a public address.
    #[arg(long, requires = "telegram_api_url")]
    pub poll: bool,
    /// Run the real binaries in this folder instead of the functions inside this process.
    #[arg(long)]
    pub bins: Option<PathBuf>,
}

/// Make and list accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account and print its API key, once.
    Add {
        /// What to call it.
        #[arg(long)]
        name: String,
        /// How many live campaigns it may have; any number if not given.
        #[arg(long)]
        campaign_limit: Option<u64>,
        /// Which table.
        #[command(flatten)]
        table: TableArgs,
    },
    /// Give an account a new API key and print it, once; the old one stops.
    Key {
        /// The account.
        #[arg(long)]
        id: u64,
        /// Which table.
        #[command(flatten)]
        table: TableArgs,
    },
    /// Suspend an account: each of its calls answers `ban`. Its bots go on.
    Suspend {
        /// The account.
        #[arg(long)]
        id: u64,
        /// Which table.
        #[command(flatten)]
        table: TableArgs,
    },
    /// Let a suspended account in again.
    Resume {
        /// The account.
        #[arg(long)]
        id: u64,
        /// Which table.
        #[command(flatten)]
        table: TableArgs,
    },
    /// List the accounts.
    List {
        /// Which table.
        #[command(flatten)]
        table: TableArgs,
    },
}

/// Which table the operator works on.
#[derive(Clone, Debug, Args)]
pub struct TableArgs {
    /// The data folder of the system on this machine, running or not.
    #[arg(long, default_value = ".gatepost")]
    pub data: PathBuf,
    /// A table on AWS instead, with region and credentials from the environment.
    #[arg(long, conflicts_with = "data")]
    pub table: Option<String>,
}

/// How to run the demo.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// How many people.
    #[arg(long, default_value_t = 200)]
    pub subscribers: usize,
    /// Another number, other lives.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Which postbacks to send again.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// The account.
    #[arg(long)]
    pub account: u64,
    /// One postback.
    #[arg(long, required_unless_present = "campaign", conflicts_with = "campaign")]
    pub id: Option<PostbackId>,
    /// Those of a campaign.
    #[arg(long, requires = "state")]
    pub campaign: Option<u64>,
    /// In this state: failed, delivered or skipped.
    #[arg(long, requires = "campaign", value_parser = final_state)]
    pub state: Option<PostbackState>,
    /// From this moment on, in Unix seconds, by the time of the event; 31 days back if not given.
    #[arg(long, requires = "campaign")]
    pub from: Option<i64>,
    /// Up to this moment.
    #[arg(long, requires = "campaign")]
    pub to: Option<i64>,
    /// Which table.
    #[command(flatten)]
    pub table: TableArgs,
}

fn final_state(text: &str) -> Result<PostbackState, String> {
    let state = text.parse().ok().filter(|state| *state != PostbackState::Pending);
    state.ok_or_else(|| "must be failed, delivered or skipped".to_owned())
}

/// List, return or drop what could not be carried out.
#[derive(Debug, Subcommand)]
pub enum DeadLetterCommand {
    /// Say how many messages each dead-letter queue has, and show up to ten of each.
    List {
        /// One queue, by name.
        #[arg(long)]
        queue: Option<String>,
        /// Which table, and the queues beside it.
        #[command(flatten)]
        table: TableArgs,
    },
    /// Send messages back to the queues that they came from.
    Return {
        /// One queue, by name.
        #[arg(long)]
        queue: Option<String>,
        /// Which table, and the queues beside it.
        #[command(flatten)]
        table: TableArgs,
    },
    /// Delete the messages of a queue.
    Drop {
        /// The queue, by name.
        #[arg(long)]
        queue: String,
        /// Which table, and the queues beside it.
        #[command(flatten)]
        table: TableArgs,
    },
}
