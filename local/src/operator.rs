//! The operator's commands on accounts, on this machine's table or one on AWS.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use local_aws::{Cloud, CloudOptions, Environment, Functions, Template};
use serde::Deserialize;
use shared::App;
use shared::clock::Clock;
use shared::config::{Config, MissingVariable};
use shared::domain::calendar;
use shared::error::AppError;
use shared::ids::AccountId;
use shared::secret::ApiKey;
use shared::store::AccountStatus;
use tokio::net::{TcpListener, TcpStream};

use crate::args::{AccountCommand, TableArgs};
use crate::data_folder::{KEY_FILE, RUNNING_FILE, write_private};
use crate::screen::say;
use crate::system::{BODY_LIMIT_BYTES, StartError, TEMPLATE, open_data_folder, operator_app};

/// Why a command did nothing.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The table on this machine cannot be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The environment does not lead to AWS.
    #[error(transparent)]
    Environment(#[from] MissingVariable),
    /// The use case refused, or storage does not answer.
    #[error("{source}{}", detail(.source))]
    App {
        /// What it said.
        #[from]
        source: AppError,
    },
}

fn detail(error: &AppError) -> String {
    match error {
        AppError::Unavailable { internal } => format!(" ({internal})"),
        _ => String::new(),
    }
}

#[derive(Deserialize)]
struct Running {
    environment: BTreeMap<String, String>,
    table: String,
}

/// The table a command works on, and what must be stopped after it.
pub(crate) struct OpenTable {
    pub app: Arc<App>,
    cloud: Option<(Cloud, std::fs::File)>,
}

impl OpenTable {
    /// Keeps what was written.
    pub async fn close(self) {
        if let Some((cloud, _lock)) = self.cloud {
            cloud.stop().await;
        }
    }
}

/// Carries out a command on accounts.
///
/// # Errors
///
/// [`OperatorError`].
pub async fn account(command: AccountCommand) -> Result<(), OperatorError> {
    let table = match &command {
        AccountCommand::Add { table, .. }
        | AccountCommand::Key { table, .. }
        | AccountCommand::Suspend { table, .. }
        | AccountCommand::Resume { table, .. }
        | AccountCommand::List { table } => open_table(table).await?,
    };
    let outcome = match command {
        AccountCommand::Add { name, campaign_limit, .. } => add(&table.app, &name, campaign_limit).await,
        AccountCommand::Key { id, table: TableArgs { data, .. } } => {
            renew_key(&table.app, AccountId(id), &data).await
        }
        AccountCommand::Suspend { id, .. } => {
            set_status(&table.app, AccountId(id), AccountStatus::Suspended).await
        }
        AccountCommand::Resume { id, .. } => {
            set_status(&table.app, AccountId(id), AccountStatus::Active).await
        }
        AccountCommand::List { .. } => list(&table.app).await,
    };
    table.close().await;
    outcome
}

async fn add(app: &App, name: &str, campaign_limit: Option<u64>) -> Result<(), OperatorError> {
    let account = app.add_account(name, campaign_limit).await?;
    say(format_args!("account {}", account.id));
    say(format_args!("API key, shown only now: {}", account.key.reveal()));
    Ok(())
}

/// Where the data folder keeps the account's present key, it gets the new one.
async fn renew_key(app: &App, id: AccountId, data: &Path) -> Result<(), OperatorError> {
    let account = app.profile(id).await?;
    let key = app.replace_key(id, &account.key_hash).await?;
    say(format_args!("API key, shown only now: {}", key.reveal()));
    let kept = data.join(KEY_FILE);
    let known = std::fs::read_to_string(&kept).ok().and_then(|text| ApiKey::parse(text.trim()));
    if known.is_some_and(|known| known.matches(&account.key_hash)) {
        let written = write_private(&kept, format!("{}\n", key.reveal()).as_bytes());
        written.map_err(|source| StartError::Data { path: kept, source })?;
    }
    Ok(())
}

async fn set_status(app: &App, id: AccountId, status: AccountStatus) -> Result<(), OperatorError> {
    app.set_account_status(id, status).await?;
    say(format_args!("account {id} is {}", status.name()));
    Ok(())
}

async fn list(app: &App) -> Result<(), OperatorError> {
    for account in app.store.accounts().await? {
        let created = calendar::date_time(account.created);
        let status = app.profile(account.id).await?.status;
        say(format_args!("{}\t{created}\t{}\t{}", account.id, status.name(), account.name));
    }
    Ok(())
}

pub(crate) async fn open_table(args: &TableArgs) -> Result<OpenTable, OperatorError> {
    if let Some(table) = &args.table {
        let config = Config::from_environment_on(table)?;
        return Ok(OpenTable { app: Arc::new(App::new(config, Clock::System, None)), cloud: None });
    }
    if let Some(running) = find_running(&args.data).await {
        let config = Config::read_on(&running.table, |name| running.environment.get(name).cloned())?;
        return Ok(OpenTable { app: Arc::new(App::new(config, Clock::System, None)), cloud: None });
    }
    let lock = open_data_folder(&args.data)?;
    let cloud = open_resting(&args.data).await?;
    Ok(OpenTable { app: operator_app(&cloud, &Clock::System)?, cloud: Some((cloud, lock)) })
}

/// How to reach the table of a system that runs on this data folder now.
async fn find_running(data: &Path) -> Option<Running> {
    let text = std::fs::read_to_string(data.join(RUNNING_FILE)).ok()?;
    let running: Running = serde_json::from_str(&text).ok()?;
    let endpoint = running.environment.get("AWS_ENDPOINT_URL_DYNAMODB")?;
    let address = endpoint.strip_prefix("http://")?.trim_end_matches('/').to_owned();
    let reached = tokio::time::timeout(Duration::from_millis(500), TcpStream::connect(address)).await;
    reached.is_ok_and(|stream| stream.is_ok()).then_some(running)
}

/// The table of a data folder on which no system runs; no function is called meanwhile.
async fn open_resting(data: &Path) -> Result<Cloud, StartError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.map_err(|source| StartError::Port { port: 0, source })?;
    Ok(Cloud::start(CloudOptions {
        template: Template::parse(TEMPLATE)?.without_functions(),
        listener,
        body_limit_bytes: BODY_LIMIT_BYTES,
        data: data.to_owned(),
        ephemeral: false,
        parameters: BTreeMap::new(),
        environment: Environment::new(),
        functions: Functions::InProcess(Box::new(|_, _| None)),
        extra_routes: Router::new(),
    })
    .await?)
}
