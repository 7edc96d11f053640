//! A whole system for one test: in this process, in a folder of its own, and with a connection to AWS that
//! fails on demand.

mod account;
mod bots;
mod endpoint;
mod erasure;
mod executions;
mod hurry;
mod leads;
mod links;
mod log;
mod media;
mod options;
mod outcomes;
mod outreach;
mod postbacks;
mod sandboxes;
mod scene;
mod signed;
mod surveys;
mod telegram;
mod time;
mod updates;
mod visits;

use std::time::Duration;

use local::faults::AwsFaults;
use local::{System, SystemOptions};
use serde_json::Value;
use shared::ids::AccountId;
use telegram_simulator::{NewUser, Simulator};
use tempfile::TempDir;

pub use account::{Account, Reply, form};
pub use bots::LOOK_AND_PIECES_MS;
pub use endpoint::{Endpoint, Says};
pub use executions::{FIRST_CONTACT, Reached};
pub use hurry::{HURRY, HURRY_MS, HURRY_STEPS};
#[cfg(feature = "many")]
pub use leads::NEW_YEAR;
pub use links::{Followed, TELEPHONE};
pub use media::{file_part, part, samples};
#[cfg(feature = "bins")]
pub use options::bins;
pub use options::ephemeral;
pub use outcomes::Sends;
pub use postbacks::Postback;
pub use scene::{ConnectedBot, Scene, journal};
pub use signed::{header, is_signed_by};
pub use surveys::five_questions;
pub use updates::{MemberChange, member_update, start_update};
pub use visits::token_of;

/// How long everything may take to arrive.
const SETTLE: Duration = Duration::from_secs(90);

/// How long an execution may take to be sent: a chunk takes a dozen writes, and other tests run beside it.
pub const SENT: Duration = Duration::from_secs(120);

/// Between looks while waiting for something.
const LOOK: Duration = Duration::from_millis(10);

/// How long it must stay quiet: an update may have been taken between two looks.
const QUIET: Duration = Duration::from_millis(60);

/// A running system and everything to play on it.
pub struct World {
    pub system: System,
    pub simulator: Simulator,
    pub faults: AwsFaults,
    http: reqwest::Client,
    options: SystemOptions,
    folder: TempDir,
}

impl World {
    /// Starts a system that keeps nothing.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts a system with other options.
    pub async fn with(change: impl FnOnce(&mut SystemOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let faults = AwsFaults::default();
        let mut options = ephemeral(folder.path(), &faults);
        change(&mut options);
        Self::start(options, faults, folder).await
    }

    /// Starts a system that keeps its data and comes back under the same address.
    pub async fn durable(bins: Option<std::path::PathBuf>) -> Self {
        let port = options::free_port();
        Self::with(|options| *options = SystemOptions { port, ephemeral: false, bins, ..options.clone() })
            .await
    }

    async fn start(options: SystemOptions, faults: AwsFaults, folder: TempDir) -> Self {
        let system = System::start(options.clone()).await.unwrap();
        let simulator = system.simulator.clone().unwrap_or_else(options::unused_simulator);
        let http = shared::tls::http_client().timeout(Duration::from_secs(30)).build().unwrap();
        Self { system, simulator, faults, http, options, folder }
    }

    /// Stops the system and starts it again on the same folder.
    pub async fn restart(self) -> Self {
        self.system.stop().await;
        Self::start(self.options, self.faults, self.folder).await
    }

    /// Where the system keeps its data.
    pub fn data(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Stops the system.
    pub async fn stop(self) {
        self.system.stop().await;
    }

    /// The account that a system makes for itself.
    pub fn account(&self) -> Account {
        let key = std::fs::read_to_string(self.system.key_path()).unwrap();
        self.account_of(AccountId(1), key.trim().to_owned())
    }

    /// Another account.
    pub async fn another_account(&self) -> Account {
        self.limited_account(None).await
    }

    /// Another account, with a campaign limit.
    pub async fn limited_account(&self, campaign_limit: Option<u64>) -> Account {
        let account = self.system.app.add_account("another", campaign_limit).await.unwrap();
        self.account_of(account.id, account.key.reveal())
    }

    /// An account's view of the API.
    pub fn account_of(&self, id: AccountId, key: String) -> Account {
        Account::new(id, key, self.http.clone(), self.system.base_url())
    }

    /// A request to the system as it is, without a key.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().unwrap();
        self.http.request(method, format!("{}{path}", self.system.base_url()))
    }

    /// Plays on the simulator by its control API.
    pub async fn control(&self, path: &str, body: &Value) -> Value {
        let request = self.request("POST", &format!("/simulator/control{path}")).json(body);
        let reply = Reply::of(request).await;
        assert_eq!(reply.code, 200, "{path}: {}", reply.text);
        reply.json()
    }

    /// Looks at the simulator by its control API.
    pub async fn look(&self, path: &str) -> Value {
        let reply = Reply::of(self.request("GET", &format!("/simulator/control{path}"))).await;
        assert_eq!(reply.code, 200, "{path}: {}", reply.text);
        reply.json()
    }

    /// A person with a first name and nothing else.
    pub fn person(&self, first_name: &str) -> i64 {
        self.simulator.create_user(NewUser::named(first_name))
    }

    /// Waits until nothing is on its way any more.
    pub async fn settle(&self) {
        self.settle_within(SETTLE).await;
    }

    /// The same with much on its way.
    pub async fn settle_within(&self, limit: Duration) {
        let settled = async {
            loop {
                if self.is_quiet() {
                    tokio::time::sleep(QUIET).await;
                    if self.is_quiet() {
                        return;
                    }
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(limit, settled).await.is_err() {
            panic!("still on its way after {limit:?}: {}", self.on_its_way());
        }
    }

    /// Waits until Telegram has delivered what it has; what follows from it may still be on its way.
    pub async fn delivered(&self) {
        self.until("every update is delivered", async || self.simulator.pending_updates() == 0).await;
    }

    /// Waits until something holds.
    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        self.until_within(SETTLE, what, holds).await;
    }

    /// Waits until something holds that takes its time.
    pub async fn until_within(&self, limit: Duration, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let held = async {
            while !holds().await {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(limit, held).await.is_err() {
            panic!("not after {limit:?}: {what}; {}", self.on_its_way());
        }
    }

    fn is_quiet(&self) -> bool {
        // A lane that waits holds its token.
        self.simulator.pending_updates() == 0 && self.system.cloud.is_idle_besides(&["LaneQueue"])
    }

    fn on_its_way(&self) -> String {
        let cloud = &self.system.cloud;
        let queues = &cloud.stack().queues;
        let depths = queues.iter().map(|queue| (&queue.logical_id, cloud.queue_depth(&queue.logical_id)));
        let depths: Vec<_> = depths.collect();
        format!("{} updates, queues {depths:?}, idle: {}", self.simulator.pending_updates(), cloud.is_idle())
    }
}
