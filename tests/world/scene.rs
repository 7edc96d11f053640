use std::sync::Arc;

use serde_json::{Map, Value, json};
use shared::App;
use shared::domain::fact_clock::FactClock;
use shared::domain::journal::JournalAction;
use shared::domain::lead_event::LeadStatus;
use shared::ids::{BotId, BotKey, CampaignKey, ChatId, TrackingCampaignId, UserId};
use shared::store::{JournalRange, JournalReader, JournalRow, Lead};
use telegram_simulator::{ChatKind, NewChat, Simulator};

use super::{Account, Reply, World};

/// A bot that an account connected.
#[derive(Clone, Debug)]
pub struct ConnectedBot {
    pub id: u64,
    /// Telegram's id.
    pub tg: i64,
    pub username: String,
    pub token: String,
}

/// How a scene is to be.
pub struct Setting<'w> {
    world: &'w World,
    account: Account,
    bot: &'static str,
    chat: NewChat,
    parameters: Map<String, Value>,
}

/// A connected bot, a channel it administers and a campaign that tracks the channel.
pub struct Scene {
    pub account: Account,
    pub bot: ConnectedBot,
    pub chat: i64,
    pub campaign: CampaignKey,
    pub code: String,
    pub(super) simulator: Simulator,
    pub(super) app: Arc<App>,
}

impl World {
    /// The usual scene.
    pub async fn scene(&self) -> Scene {
        self.setting().set_up().await
    }

    /// A scene to be changed before it is set up: the first account, an open channel, all five postbacks.
    pub fn setting(&self) -> Setting<'_> {
        let mut parameters = Map::new();
        parameters.insert("welcome".to_owned(), json!("Join *{title}*, {first_name}!"));
        for event in LeadStatus::ALL {
            parameters.insert(event.template_parameter().to_owned(), json!(self.template(event.name())));
        }
        let chat = NewChat::new("My Channel", ChatKind::Channel);
        Setting { world: self, account: self.account(), bot: "mytrackbot", chat, parameters }
    }

    /// Connects a bot of this name.
    pub async fn connect_bot(&self, account: &Account, username: &str) -> ConnectedBot {
        let bot = self.simulator.create_bot(username, "My Bot");
        let added = account.post_json("/api/bots/add.json", &json!({"token": bot.token})).await.data();
        let id = added["id"].as_u64().unwrap();
        ConnectedBot { id, tg: bot.id, username: bot.username, token: bot.token }
    }

    /// A channel that a bot administers, as the system knows.
    pub async fn channel(&self, bot: &ConnectedBot) -> i64 {
        self.chat(bot, NewChat::new("My Channel", ChatKind::Channel)).await
    }

    /// A chat that a bot administers, as the system knows.
    pub async fn chat(&self, bot: &ConnectedBot, chat: NewChat) -> i64 {
        let chat = self.simulator.create_chat(chat);
        self.simulator.promote(bot.tg, chat).unwrap();
        self.delivered().await;
        chat
    }
}

impl Setting<'_> {
    /// Another account's.
    pub fn of(mut self, account: &Account) -> Self {
        self.account = account.clone();
        self
    }

    /// With a bot of another name.
    pub fn bot(mut self, username: &'static str) -> Self {
        self.bot = username;
        self
    }

    /// In a channel that one must ask to join.
    pub fn closed(mut self) -> Self {
        self.chat.join_by_request = true;
        self
    }

    /// In this chat.
    pub fn chat(mut self, chat: NewChat) -> Self {
        self.chat = chat;
        self
    }

    /// In a basic group.
    pub fn group(mut self) -> Self {
        self.chat.kind = ChatKind::Group;
        self
    }

    /// In a chat of this title.
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.chat.title);
        self
    }

    /// With this parameter of the campaign.
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// With no templates of the campaign's own.
    pub fn without_templates(mut self) -> Self {
        self.parameters.retain(|name, _| !name.starts_with("pb_"));
        self
    }

    /// Connects the bot, makes the chat and adds the campaign.
    pub async fn set_up(self) -> Scene {
        let Self { world, account, bot, chat, mut parameters } = self;
        let bot = world.connect_bot(&account, bot).await;
        let chat = world.chat(&bot, chat).await;
        parameters.insert("bot".to_owned(), json!(bot.id));
        parameters.insert("chat".to_owned(), json!(chat));
        let added = account.post_json("/api/camp/add.json", &Value::Object(parameters)).await.data();
        let campaign = TrackingCampaignId(added["id"].as_u64().unwrap());
        Scene {
            campaign: CampaignKey { account: account.id, campaign },
            code: added["code"].as_str().unwrap().to_owned(),
            simulator: world.simulator.clone(),
            app: Arc::clone(&world.system.app),
            account,
            bot,
            chat,
        }
    }
}

impl Scene {
    pub fn bot_key(&self) -> BotKey {
        BotKey { account: self.account.id, bot: BotId(self.bot.id) }
    }

    /// The deep link with a click, as the API gives it.
    pub async fn deep_link(&self, click: &str) -> String {
        let path = format!("/api/camp/link.json?id={}&click={click}", self.campaign.campaign);
        self.account.get(&path).await.data()["link"].as_str().unwrap().to_owned()
    }

    /// The person presses Start in the deep link with this click.
    pub fn start(&self, user: i64, click: &str) {
        let payload = format!("{}-{click}", self.code);
        self.simulator.start_bot(user, &self.bot.username, &payload).unwrap();
    }

    pub fn join(&self, user: i64) {
        self.simulator.join(user, self.chat).unwrap();
    }

    pub fn leave(&self, user: i64) {
        self.simulator.leave(user, self.chat).unwrap();
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    pub async fn lead(&self, user: i64) -> Option<Lead> {
        self.app.store.lead(self.campaign, UserId(user)).await.unwrap()
    }

    /// `None` for an organic person and for somebody never seen.
    pub async fn status(&self, user: i64) -> Option<LeadStatus> {
        self.lead(user).await?.facts.status()
    }

    /// The chat's journal, oldest first.
    pub async fn journal(&self) -> Vec<JournalRow> {
        journal(&self.app, self.bot_key(), self.chat).await
    }

    /// What people did by the journal, and whether each entry belongs to a lead.
    pub async fn actions(&self) -> Vec<(JournalAction, bool)> {
        self.journal().await.into_iter().map(|row| (row.action, row.lead.is_some())).collect()
    }

    /// The campaign in full, as the API tells it.
    pub async fn detail(&self) -> Reply {
        self.account.get(&format!("/api/camp/get.json?id={}", self.campaign.campaign)).await
    }

    /// Starts, confirms and unsubs, as the API tells them.
    pub async fn counters(&self) -> [i64; 3] {
        let data = self.detail().await.data();
        ["starts", "confirms", "unsubs"].map(|name| data[name].as_i64().unwrap())
    }
}

/// A chat's journal, oldest first.
pub async fn journal(app: &App, bot: BotKey, chat: i64) -> Vec<JournalRow> {
    let (first, last) = (FactClock::first_of_second(0), FactClock::last_of_second(app.clock.now() + 86_400));
    let range = JournalRange { bot, chat: ChatId(chat), action: None, first, last };
    let mut reader = JournalReader::new(range).unwrap();
    let mut rows = app.store.next_journal_rows(&mut reader, 1000).await.unwrap();
    rows.reverse();
    rows
}
