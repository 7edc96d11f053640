//! A system of its own with one bot, two chats and two campaigns, and people who walk through them.

use std::time::Duration;

use indicatif::ProgressBar;
use serde_json::json;
use shared::clock::Clock;
use shared::ids::{AccountId, CampaignKey, TrackingCampaignId};
use telegram_simulator::{ChatKind, Faults, NewChat, NewUser, Simulator};

use super::DemoError;
use super::lives::{Life, Step};
use crate::client::ApiClient;
use crate::system::{System, SystemOptions, Telegram};

/// Telegram takes 30 messages a second of a bot; one welcome per start stays below that.
const STARTS_PAUSE: Duration = Duration::from_millis(40);

/// Between looks while waiting for something.
const LOOK: Duration = Duration::from_millis(10);

/// How long messages are held back in every other group.
const HELD_BACK_MS: i64 = 200;
const HELD_BACK: Duration = Duration::from_millis(HELD_BACK_MS.unsigned_abs());

/// How many lives make a group.
const GROUP: usize = 20;

/// Where everything happens.
pub struct Stage {
    /// The system.
    pub system: System,
    simulator: Simulator,
    api: ApiClient,
    /// A channel that anybody may join.
    open: Scene,
    /// A channel that one must ask to join.
    closed: Scene,
    _folder: tempfile::TempDir,
}

/// A chat and the campaign that tracks it.
struct Scene {
    chat: i64,
    campaign: CampaignKey,
    link: String,
}

impl Stage {
    /// Starts a system that keeps nothing and sets up a bot, a channel and a campaign by its API.
    pub async fn set() -> Result<Self, DemoError> {
        let folder = tempfile::tempdir()?;
        let system = System::start(SystemOptions {
            port: 0,
            data: folder.path().to_owned(),
            ephemeral: true,
            telegram: Telegram::Simulator,
            public_url: None,
            allow_private_targets: true,
            bins: None,
            clock: Clock::System,
            faults: None,
        })
        .await?;
        let simulator = system.simulator.clone().ok_or(DemoError::Answer("the start of the simulator"))?;
        let api = ApiClient::new(system.base_url(), system.first_key().await.unwrap_or_default())?;
        let bot = simulator.create_bot("demo_gate_bot", "Demo");
        let added = api.post("/api/bots/add.json", &json!({"token": bot.token})).await?;
        let bot_id = added["data"]["id"].as_u64().ok_or(DemoError::Answer("bots/add"))?;
        let open = NewChat::new("Open channel", ChatKind::Channel);
        let closed = NewChat { join_by_request: true, ..NewChat::new("Closed channel", ChatKind::Channel) };
        let mut scenes = Vec::new();
        for chat in [open, closed] {
            let chat = simulator.create_chat(chat);
            simulator.promote(bot.id, chat)?;
            while simulator.pending_updates() > 0 {
                tokio::time::sleep(LOOK).await;
            }
            scenes.push(Scene::set(&api, &system.base_url(), bot_id, chat).await?);
        }
        let (Some(closed), Some(open)) = (scenes.pop(), scenes.pop()) else {
            return Err(DemoError::Answer("camp/add"));
        };
        Ok(Self { system, simulator, api, open, closed, _folder: folder })
    }

    /// Walks every life; a tenth of the updates come twice, and in every other group of lives
    /// messages are held back so that joins are seen before their starts. Answers who is who.
    pub async fn play(&self, lives: &[Life], bar: &ProgressBar) -> Result<Vec<i64>, DemoError> {
        let mut users = Vec::with_capacity(lives.len());
        for (group, lives) in lives.chunks(GROUP).enumerate() {
            let hold_messages_ms = if group % 2 == 0 { 0 } else { HELD_BACK_MS };
            self.simulator.set_faults(Faults { duplicate_share: 0.1, hold_messages_ms, ..Faults::default() });
            for life in lives {
                let user = self.simulator.create_user(NewUser::named("Demo"));
                for step in life.plot.steps {
                    self.take(user, *step, life).await?;
                }
                users.push(user);
                bar.inc(1);
            }
        }
        self.simulator.set_faults(Faults::default());
        Ok(users)
    }

    /// Waits until nothing is on its way any more; `false` if that takes longer than `limit`.
    pub async fn settle(&self, limit: Duration) -> bool {
        let settled = async {
            loop {
                if self.simulator.pending_updates() == 0 && self.system.cloud.idle(limit).await {
                    // An update may have been taken between the two looks.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    if self.simulator.pending_updates() == 0 && self.system.cloud.is_idle() {
                        return;
                    }
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(limit, settled).await.is_ok()
    }

    /// How many messages each person was sent.
    pub fn welcomes_to(&self, user: i64) -> usize {
        self.simulator.messages_to(user).len()
    }

    /// What the receiver got, as (status, click, id).
    pub fn postbacks(&self) -> Vec<(String, String, String)> {
        let received = self.simulator.postbacks().into_iter().map(|postback| {
            let value = |name: &str| {
                let pair = postback.query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
                pair.unwrap_or_default().to_owned()
            };
            let status = postback.path.rsplit('/').next().unwrap_or_default().to_owned();
            (status, value("click"), value("id"))
        });
        received.collect()
    }

    /// The campaign a life plays in.
    pub fn campaign_of(&self, life: &Life) -> CampaignKey {
        self.scene(life).campaign
    }

    /// A counter as the API shows it, over both campaigns.
    pub async fn counter(&self, name: &str) -> Result<usize, DemoError> {
        let mut sum = 0;
        for scene in [&self.open, &self.closed] {
            let answer = self.api.get(&format!("/api/camp/get.json?id={}", scene.campaign.campaign)).await?;
            let counted = answer["data"][name].as_u64().and_then(|count| usize::try_from(count).ok());
            sum += counted.ok_or(DemoError::Answer("camp/get"))?;
        }
        Ok(sum)
    }

    /// Stops the system.
    pub async fn strike(self) {
        self.system.stop().await;
    }

    fn scene(&self, life: &Life) -> &Scene {
        if life.plot.steps.contains(&Step::Request) { &self.closed } else { &self.open }
    }

    async fn take(&self, user: i64, step: Step, life: &Life) -> Result<(), DemoError> {
        let Scene { chat, link, .. } = self.scene(life);
        match step {
            Step::Start => {
                self.simulator.press_start(user, &link.replace("{click}", &life.click))?;
                tokio::time::sleep(STARTS_PAUSE).await;
            }
            Step::Join => drop(self.simulator.join(user, *chat)?),
            Step::Request => drop(self.simulator.request_to_join(user, *chat)?),
            Step::Approve => drop(self.simulator.approve_request(user, *chat)?),
            Step::Leave => drop(self.simulator.leave(user, *chat)?),
            Step::Kick => drop(self.simulator.kick(user, *chat)?),
            Step::Stay => tokio::time::sleep(2 * HELD_BACK).await,
        }
        Ok(())
    }
}

impl Scene {
    /// Adds a campaign for the chat by the API.
    async fn set(api: &ApiClient, base_url: &str, bot: u64, chat: i64) -> Result<Self, DemoError> {
        let receiver = format!("{base_url}/simulator/receiver/{{status}}?click={{click}}&id={{id}}");
        let campaign = json!({
            "bot": bot, "chat": chat, "welcome": "Welcome to *{title}*, {first_name}!",
            "button_text": "Open", "button_url": "https://example.com/?click={click}",
            "pb_wait": receiver, "pb_hold": receiver, "pb_approve": receiver,
            "pb_cancel": receiver, "pb_trash": receiver,
        });
        let made = api.post("/api/camp/add.json", &campaign).await?;
        let id = made["data"]["id"].as_u64().ok_or(DemoError::Answer("camp/add"))?;
        let link = api.get(&format!("/api/camp/link.json?id={id}")).await?;
        let link = link["data"]["link"].as_str().ok_or(DemoError::Answer("camp/link"))?.to_owned();
        let campaign = CampaignKey { account: AccountId(1), campaign: TrackingCampaignId(id) };
        Ok(Self { chat, campaign, link })
    }
}
