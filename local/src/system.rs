//! Everything together, started in order and stopped in the opposite one.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use local_aws::{Cloud, CloudOptions, Environment, Functions, Template};
use shared::App;
use shared::clock::Clock;
use shared::config::{Config, MissingVariable};
use shared::error::AppError;
use shared::secret::ApiKey;
use telegram_simulator::{Simulator, SimulatorOptions};
use tokio::net::TcpListener;

use crate::args::RunArgs;
use crate::data_folder::{self, KEY_FILE, RUNNING_FILE, write_private};
use crate::faults::AwsFaults;
use crate::functions::find_handler;

use crate::poll::Poller;

/// The one description of the system.
pub const TEMPLATE: &str = include_str!("../../infra/template.yaml");

/// The longest request, in bytes: enough for an upload of 60 MB to hear from the function that it is too long, where
/// API Gateway would refuse it with a bare 413.
pub(crate) const BODY_LIMIT_BYTES: usize = 80 << 20;

/// The table's logical id in the template.
const TABLE: &str = "Table";

/// The logical id of the table of who visited.
const VISIT_TABLE: &str = "VisitTable";

/// The logical id of the queue of decided postbacks.
const POSTBACK_QUEUE: &str = "PostbackQueue";

/// What the queue of decided postbacks is called in an environment.
const POSTBACK_QUEUE_URL: &str = "POSTBACK_QUEUE_URL";

/// How to run the system.
#[derive(Clone, Debug)]
pub struct SystemOptions {
    /// The port on 127.0.0.1; 0 = any free one.
    pub port: u16,
    /// Where data is kept.
    pub data: PathBuf,
    /// Keep items and messages in memory only.
    pub ephemeral: bool,
    /// The Bot API.
    pub telegram: Telegram,
    /// What Telegram is told to call; `None` = this system.
    pub public_url: Option<String>,
    /// Whether postbacks may go to private addresses.
    pub allow_private_targets: bool,
    /// Real binaries instead of the functions in this process.
    pub bins: Option<PathBuf>,
    /// The time, for the functions in this process.
    pub clock: Clock,
    /// What goes wrong between the functions in this process and AWS; `None` = nothing.
    pub faults: Option<AwsFaults>,
}

/// Which Bot API the system talks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Telegram {
    /// The built-in simulator.
    Simulator,
    /// One that delivers updates by webhook.
    Webhook(String),
    /// One that is asked for updates, because it cannot reach this machine.
    Poll(String),
}

impl From<&RunArgs> for SystemOptions {
    fn from(args: &RunArgs) -> Self {
        let base_url = |url: &String| url.trim_end_matches('/').to_owned();
        let telegram = match (&args.telegram_api_url, args.poll) {
            (None, _) => Telegram::Simulator,
            (Some(url), false) => Telegram::Webhook(base_url(url)),
            (Some(url), true) => Telegram::Poll(base_url(url)),
        };
        Self {
            port: args.port,
            data: args.data.clone(),
            ephemeral: args.ephemeral,
            telegram,
            public_url: args.public_url.clone(),
            allow_private_targets: args.allow_private_targets,
            bins: args.bins.clone(),
            clock: Clock::System,
            faults: None,
        }
    }
}

/// Why the system does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or may not be used.
    #[error("cannot listen on port {port}: {source}")]
    Port {
        /// The port.
        port: u16,
        /// What the machine said.
        source: std::io::Error,
    },
    /// The data folder cannot be used.
    #[error("{}: {source}", path.display())]
    Data {
        /// The file or folder.
        path: PathBuf,
        /// What the machine said.
        source: std::io::Error,
    },
    /// The embedded AWS does not start.
    #[error(transparent)]
    Cloud(#[from] local_aws::StartError),
    /// The template does not read.
    #[error(transparent)]
    Template(#[from] local_aws::TemplateError),
    /// The simulator does not start.
    #[error(transparent)]
    Simulator(#[from] telegram_simulator::StartError),
    /// TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(#[from] reqwest::Error),
    /// The template gives the operator's tools too little.
    #[error(transparent)]
    Environment(#[from] MissingVariable),
    /// The first account could not be made.
    #[error("the first account: {0:?}")]
    Account(#[from] AppError),
}

/// A running system.
pub struct System {
    /// The embedded AWS.
    pub cloud: Cloud,
    /// The simulator, if Telegram is simulated.
    pub simulator: Option<Simulator>,
    /// The use cases, for the operator and for looking into the store.
    pub app: Arc<App>,
    poller: Option<Poller>,
    key_path: PathBuf,
    running_path: PathBuf,
    _lock: std::fs::File,
}

impl System {
    /// Starts everything; it answers when this returns.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub async fn start(options: SystemOptions) -> Result<Self, StartError> {
        let lock = open_data_folder(&options.data)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await;
        let listener = listener.map_err(|source| StartError::Port { port: options.port, source })?;
        let port =
            listener.local_addr().map_err(|source| StartError::Port { port: options.port, source })?.port();
        let origin = format!("http://127.0.0.1:{port}");

        let simulator = start_simulator(&options, &origin)?;
        let poller = match &options.telegram {
            Telegram::Poll(url) => Some(Poller::start(url.clone(), options.data.join("poll.json"))?),
            Telegram::Simulator | Telegram::Webhook(_) => None,
        };
        let mut extra_routes = Router::new().route("/healthz", get(|| async { "ok" }));
        extra_routes =
            simulator.iter().fold(extra_routes, |routes, simulator| routes.merge(simulator.router()));
        extra_routes = poller.iter().fold(extra_routes, |routes, poller| routes.merge(poller.router()));

        let cloud = Cloud::start(CloudOptions {
            template: Template::parse(TEMPLATE)?,
            listener,
            body_limit_bytes: BODY_LIMIT_BYTES,
            data: options.data.clone(),
            ephemeral: options.ephemeral,
            parameters: [("TelegramApiUrl".to_owned(), telegram_url(&options.telegram, &origin))].into(),
            environment: environment(&options, &origin),
            functions: functions(&options),
            extra_routes,
        })
        .await?;
        // Nothing is queued or due yet.
        if let Some(shift_ms) = options.clock.shift() {
            cloud.shift_clock(Arc::clone(&shift_ms));
            simulator.iter().for_each(|simulator| simulator.shift_clock(Arc::clone(&shift_ms)));
        }
        let app = operator_app(&cloud, &options.clock)?;
        let (key_path, running_path) = (options.data.join(KEY_FILE), options.data.join(RUNNING_FILE));
        let system = Self { cloud, simulator, app, poller, key_path, running_path, _lock: lock };
        system.make_first_account().await?;
        system.write_running()?;
        Ok(system)
    }

    /// `http://127.0.0.1:<port>`
    #[must_use]
    pub fn base_url(&self) -> String {
        self.cloud.base_url()
    }

    /// The first account's key; `None` if its file is gone or holds one that was replaced since.
    pub async fn first_key(&self) -> Option<String> {
        let text = std::fs::read_to_string(&self.key_path).ok()?.trim().to_owned();
        let opened = self.app.authenticate(ApiKey::parse(&text)).await;
        opened.is_ok().then_some(text)
    }

    /// Where the first account's key is kept.
    #[must_use]
    pub fn key_path(&self) -> &Path {
        &self.key_path
    }

    /// Stops everything; what is still queued is kept.
    pub async fn stop(self) {
        if let Some(poller) = self.poller {
            poller.stop().await;
        }
        self.cloud.stop().await;
        // Last, because its routes are served by the cloud: what was answered is also kept.
        if let Some(simulator) = &self.simulator {
            simulator.stop().await;
        }
        if let Err(error) = std::fs::remove_file(&self.running_path) {
            tracing::warn!(%error, "the file that says where the system runs stays");
        }
    }

    /// Tells the operator's commands where the running system's table is.
    fn write_running(&self) -> Result<(), StartError> {
        let (mut environment, table) = (self.cloud.aws_environment().clone(), self.cloud.table_name(TABLE));
        let postback_queue = self.cloud.queue_url(POSTBACK_QUEUE).unwrap_or_default();
        environment.insert(POSTBACK_QUEUE_URL.to_owned(), postback_queue.to_owned());
        let text = serde_json::json!({"environment": environment, "table": table}).to_string();
        let written = write_private(&self.running_path, text.as_bytes());
        written.map_err(|source| StartError::Data { path: self.running_path.clone(), source })
    }

    async fn make_first_account(&self) -> Result<(), StartError> {
        if self.app.store.accounts().await?.is_empty() {
            let account = self.app.add_account("first account", None).await?;
            let line = format!("{}\n", account.key.reveal());
            let written = write_private(&self.key_path, line.as_bytes());
            written.map_err(|source| StartError::Data { path: self.key_path.clone(), source })?;
        }
        Ok(())
    }
}

/// Keeps other processes from using the folder while the answer lives.
pub(crate) fn open_data_folder(path: &Path) -> Result<std::fs::File, StartError> {
    data_folder::open(path).map_err(|source| StartError::Data { path: path.to_owned(), source })
}

fn start_simulator(options: &SystemOptions, origin: &str) -> Result<Option<Simulator>, StartError> {
    let data_file = (!options.ephemeral).then(|| options.data.join("telegram.json"));
    let simulator_options = SimulatorOptions { data_file, public_url: origin.to_owned() };
    Ok(match options.telegram {
        Telegram::Simulator => Some(Simulator::start(simulator_options)?),
        Telegram::Webhook(_) | Telegram::Poll(_) => None,
    })
}

fn telegram_url(telegram: &Telegram, origin: &str) -> String {
    match telegram {
        Telegram::Simulator => format!("{origin}/simulator/api"),
        Telegram::Webhook(url) => url.clone(),
        Telegram::Poll(_) => format!("{origin}/poll"),
    }
}

/// What the deployed template does not say: where this machine is, and what is allowed only here.
fn environment(options: &SystemOptions, origin: &str) -> Environment {
    let public_url = match options.telegram {
        Telegram::Poll(_) => origin.to_owned(),
        Telegram::Simulator | Telegram::Webhook(_) => {
            options.public_url.clone().unwrap_or_else(|| origin.to_owned())
        }
    };
    let key_file = std::path::absolute(options.data.join("token-key"))
        .unwrap_or_else(|_| options.data.join("token-key"));
    Environment::from([
        ("PUBLIC_URL".to_owned(), public_url),
        ("TOKEN_KEY_FILE".to_owned(), key_file.display().to_string()),
        ("ALLOW_PRIVATE_TARGETS".to_owned(), options.allow_private_targets.to_string()),
        // Who gets a message of a real bot reaches no machine that asks for updates instead of being called.
        ("TRACK_LINKS".to_owned(), (!matches!(options.telegram, Telegram::Poll(_))).to_string()),
    ])
}

fn functions(options: &SystemOptions) -> Functions {
    match &options.bins {
        Some(folder) => Functions::Binaries(folder.clone()),
        None => {
            let (clock, faults) = (options.clock.clone(), options.faults.clone());
            let plain = shared::aws::http_client();
            Functions::InProcess(Box::new(move |binary, environment| {
                let faulty = faults.as_ref().map(|faults| faults.http_client(binary));
                find_handler(binary, environment, &clock, faulty.unwrap_or_else(|| plain.clone()))
            }))
        }
    }
}

/// The use cases on the cloud's table, with a connection of their own.
pub(crate) fn operator_app(cloud: &Cloud, clock: &Clock) -> Result<Arc<App>, StartError> {
    let table = cloud.table_name(TABLE).unwrap_or(TABLE);
    let config = Config::read_on(table, |name| match name {
        "VISIT_TABLE_NAME" => cloud.table_name(VISIT_TABLE).map(str::to_owned),
        POSTBACK_QUEUE_URL => cloud.queue_url(POSTBACK_QUEUE).map(str::to_owned),
        other => cloud.aws_environment().get(other).cloned(),
    })?;
    Ok(Arc::new(App::new(config, clock.clone(), None)))
}
