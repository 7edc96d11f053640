//! What owners hear from their own bots: decided here, carried out by a queue, at most so much in a minute.

use super::App;
use super::LeadChange;
use super::lead_changes::facts;
use super::sending::{Pause, Verdict};
use crate::domain::campaign::{CampaignStatus, TrackingCampaign};
use crate::domain::gate::{Gate, seconds_until};
use crate::domain::lead::events;
use crate::domain::lead_event::LeadEvent;
use crate::domain::owner_news::{OwnerNews, digest_text, is_told, lead_text};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotKey, CampaignKey, ChatId, UserId};
use crate::queue::OwnerTask;
use crate::store::{
    Account, AccountStatus, Bot, BotStatus, ChatRights, DigestDebt, NoticePlace, NoticeSpan, NoticeTrace,
    NoticeWindow,
};
use crate::telegram::{Note, TelegramError};

/// How many events a chat is told of one by one in a minute; the rest is a digest.
const EVENTS_A_MINUTE: u32 = 20;

/// How many news of bots a chat is told of in a day.
const NEWS_A_DAY: u32 = 20;

/// A digest is told so many seconds after its minute, when the last events of it are held.
const DIGEST_MARGIN_SECONDS: i64 = 2;

/// A digest that could not be told for so many seconds is no news any more.
const DIGEST_KEPT_SECONDS: i64 = 86_400;

/// How long to wait when there was no connection to Telegram.
const NO_CONNECTION_SECONDS: i64 = 60;

/// SQS keeps a message back for this long at most.
const DELAY_MAX_SECONDS: i64 = 900;

/// In how many minutes before this one a task that comes again may have been carried out already.
const LOOK_BACK_MINUTES: i64 = 5;

/// How many bots are tried to tell of one that cannot tell itself.
const BOTS_TRIED: usize = 3;

/// Whether a task was received before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewsReceipt {
    /// Now for the first time.
    First,
    /// It was, and may have been carried out.
    Again,
}

/// One event of one lead, on its way.
struct LeadNews {
    id: String,
    campaign: CampaignKey,
    user: UserId,
    event: LeadEvent,
    /// The minute in which it has a place.
    minute: Option<i64>,
}

/// What became of a text to the owner.
enum Told {
    /// It left.
    Sent,
    /// It may leave later.
    Later {
        /// After so many seconds.
        seconds: i64,
    },
    /// This bot will not get it through.
    Refused,
}

impl App {
    /// Has the owner of an account told of something, if they gave a chat. The same news within a day are told once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn tell_owner(&self, account: AccountId, news: OwnerNews) -> AppResult<()> {
        self.notification_queue()?.send_owner_tasks(&[OwnerTask::BotNewsV1 { account, news }], 0).await
    }

    /// Decides which events of a batch the owner hears of. None while the campaign is paused.
    pub(super) async fn queue_lead_news(
        &self,
        key: CampaignKey,
        campaign: &TrackingCampaign,
        changes: &[&LeadChange],
    ) -> AppResult<()> {
        if campaign.status != CampaignStatus::Active || campaign.notify_level == 0 {
            return Ok(());
        }
        let mut tasks = Vec::new();
        for change in changes {
            let Some(new) = &change.new else { continue };
            let events = events(&facts(change.old.as_ref()), &new.facts).into_iter();
            let told = events.filter(|event| is_told(campaign.notify_level, event.status));
            let user = new.person.user;
            tasks.extend(told.map(|event| OwnerTask::LeadNewsV1 {
                campaign: key,
                user,
                event,
                minute: None,
            }));
        }
        if tasks.is_empty() || self.chat_for_leads(key.account).await?.is_none() {
            return Ok(());
        }
        self.notification_queue()?.send_owner_tasks(&tasks, 0).await
    }

    /// Carries out a task of the notification queue.
    ///
    /// A task that comes again tells nothing twice, unless Telegram took a text and the answer, or our note of it, was
    /// lost.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn carry_out_owner_task(&self, task: &OwnerTask, receipt: NewsReceipt) -> AppResult<()> {
        match *task {
            OwnerTask::LeadNewsV1 { campaign, user, event, minute } => {
                let news = LeadNews { id: task.id(), campaign, user, event, minute };
                self.tell_lead_news(&news, receipt).await
            }
            OwnerTask::BotNewsV1 { account, news } => self.tell_bot_news(account, news).await,
            OwnerTask::DigestV1 { bot, chat, minute } => self.tell_digest(bot, chat, minute).await,
        }
    }

    async fn tell_lead_news(&self, news: &LeadNews, receipt: NewsReceipt) -> AppResult<()> {
        let account = news.campaign.account;
        let Some(chat) = self.chat_for_leads(account).await? else { return Ok(()) };
        let Some(campaign) = self.cached_campaign(news.campaign).await? else { return Ok(()) };
        let bot = BotKey { account, bot: campaign.bot };
        let now = self.clock.now();
        let window = NoticeWindow::at(account, chat, NoticeSpan::Minute, news.minute.unwrap_or(now));
        if self.was_told_before(bot, chat, news, receipt).await? {
            return Ok(());
        }
        match self.store.take_notice_place(window, &news.id, EVENTS_A_MINUTE, now).await? {
            NoticePlace::Taken { due } if due > now => return self.tell_later(news, window, due - now).await,
            NoticePlace::Taken { .. } | NoticePlace::Kept => {}
            NoticePlace::Settled => return Ok(()),
            NoticePlace::Held => return self.hold_lead_news(bot, window, news, now).await,
            NoticePlace::Full { last_due } => {
                let opening = self.store.gate(bot).await?.last_turn_ms().div_euclid(1_000) + 1;
                if opening <= last_due.max(now) {
                    return self.hold_lead_news(bot, window, news, last_due).await;
                }
                let later = NoticeWindow::at(account, chat, NoticeSpan::Minute, opening);
                return self.hold_lead_news(bot, later, news, opening).await;
            }
        }
        let Some(lead) = self.store.lead(news.campaign, news.user).await? else { return Ok(()) };
        let text = lead_text(news.event.status, &lead.person, &campaign.chat_title, campaign.id);
        match self.tell(bot, chat, text, Gate::admits_newcomers).await? {
            Told::Later { seconds } => {
                // All that waits for the same moment is one digest; and it is done with where it had a place.
                let again = now.saturating_add(seconds);
                let later = NoticeWindow::at(account, chat, NoticeSpan::Minute, again);
                self.hold_lead_news(bot, later, news, again).await?;
                if later == window {
                    return Ok(());
                }
                self.store.settle_notice(window, &news.id).await
            }
            Told::Sent | Told::Refused => self.store.settle_notice(window, &news.id).await,
        }
    }

    /// Has an event come again when its place is due.
    async fn tell_later(&self, news: &LeadNews, window: NoticeWindow, seconds: i64) -> AppResult<()> {
        let LeadNews { campaign, user, event, .. } = *news;
        let task = OwnerTask::LeadNewsV1 { campaign, user, event, minute: Some(window.begun) };
        self.notification_queue()?.send_owner_tasks(&[task], delay_seconds(seconds)).await
    }

    /// A batch of the stream, or a message, may come again in a later minute. What was told before is noted in this
    /// minute too, so that a batch that keeps coming finds it however long that goes on; what was held is asked for, if
    /// nobody has.
    async fn was_told_before(
        &self,
        bot: BotKey,
        chat: ChatId,
        news: &LeadNews,
        receipt: NewsReceipt,
    ) -> AppResult<bool> {
        let now = self.clock.now();
        let minutes_ago = match (receipt, news.minute) {
            (NewsReceipt::Again, _) => 0..=LOOK_BACK_MINUTES,
            // An event that is just new cannot have been told long ago.
            (NewsReceipt::First, None) => {
                1..=((now - news.event.clock.date) / 60).clamp(1, LOOK_BACK_MINUTES)
            }
            (NewsReceipt::First, Some(_)) => return Ok(false),
        };
        let present = NoticeWindow::at(bot.account, chat, NoticeSpan::Minute, now);
        for count in minutes_ago {
            let window = present.before(count);
            match self.store.notice_trace(window, &news.id).await? {
                NoticeTrace::Absent => continue,
                NoticeTrace::Held => self.hold_lead_news(bot, window, news, now).await?,
                NoticeTrace::Settled => {}
            }
            self.store.settle_notice(present, &news.id).await?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Keeps an event for the digest; the first one of a minute asks for it.
    async fn hold_lead_news(
        &self,
        bot: BotKey,
        window: NoticeWindow,
        news: &LeadNews,
        not_before: i64,
    ) -> AppResult<()> {
        if self.store.hold_notice(window, &news.id, news.event.status).await? == DigestDebt::Settled {
            return Ok(());
        }
        let digest = OwnerTask::DigestV1 { bot, chat: window.chat, minute: window.begun };
        let due = window.end().max(not_before).saturating_add(DIGEST_MARGIN_SECONDS);
        let delay = delay_seconds(due.saturating_sub(self.clock.now()));
        self.notification_queue()?.send_owner_tasks(&[digest], delay).await?;
        self.store.settle_digest_debt(window).await
    }

    async fn tell_digest(&self, bot: BotKey, chat: ChatId, minute: i64) -> AppResult<()> {
        let is_stale = self.clock.now() - minute > DIGEST_KEPT_SECONDS;
        if is_stale || self.chat_for_leads(bot.account).await? != Some(chat) {
            return Ok(());
        }
        let window = NoticeWindow::at(bot.account, chat, NoticeSpan::Minute, minute);
        // More may be held until it can be told.
        let opening = self.store.gate(bot).await?.closed_until_ms.div_euclid(1_000) + 1;
        let due = if minute > self.clock.now() { window.end() + DIGEST_MARGIN_SECONDS } else { opening };
        if due > self.clock.now() {
            let again = OwnerTask::DigestV1 { bot, chat, minute };
            let delay = delay_seconds(due.saturating_sub(self.clock.now()));
            return self.notification_queue()?.send_owner_tasks(&[again], delay).await;
        }
        let Some(held) = self.store.close_notices(window).await? else { return Ok(()) };
        match self.tell(bot, chat, digest_text(&held), Gate::is_open).await? {
            Told::Later { seconds } => {
                let again = OwnerTask::DigestV1 { bot, chat, minute };
                self.notification_queue()?.send_owner_tasks(&[again], delay_seconds(seconds)).await
            }
            Told::Sent | Told::Refused => self.store.settle_digest(window).await,
        }
    }

    /// Tells of a bot by itself or, where it cannot, by another bot of the account.
    async fn tell_bot_news(&self, account: AccountId, news: OwnerNews) -> AppResult<()> {
        let Some(chat) = self.active_account(account).await?.and_then(|owner| owner.notify_chat) else {
            return Ok(());
        };
        let mut bots = self.store.bots(account).await?;
        let subject = bots.iter().find(|bot| bot.id == news.bot() && is_news_of(news, bot.status)).cloned();
        let Some(subject) = subject else { return Ok(()) };
        bots.retain(|bot| bot.status == BotStatus::Active);
        let Some(title) = self.title_of_loss(account, news).await? else { return Ok(()) };
        let window = NoticeWindow::at(account, chat, NoticeSpan::Day, self.clock.now());
        match self.store.take_notice_place(window, &news.id(), NEWS_A_DAY, self.clock.now()).await? {
            NoticePlace::Taken { .. } | NoticePlace::Kept => {}
            NoticePlace::Settled | NoticePlace::Held | NoticePlace::Full { .. } => return Ok(()),
        }
        bots.sort_by_key(|bot| bot.id != subject.id);
        for bot in bots.iter().take(BOTS_TRIED) {
            let key = BotKey { account, bot: bot.id };
            match self.tell(key, chat, news.text(&subject.username, &title), Gate::is_open).await? {
                Told::Sent => break,
                Told::Later { seconds } => {
                    let again = OwnerTask::BotNewsV1 { account, news };
                    return self
                        .notification_queue()?
                        .send_owner_tasks(&[again], delay_seconds(seconds))
                        .await;
                }
                Told::Refused => {}
            }
        }
        self.store.settle_notice(window, &news.id()).await
    }

    /// The title of the chat in question, empty for news of no chat; `None` for rights that are back, or gone elsewhere
    /// with their group.
    async fn title_of_loss(&self, account: AccountId, news: OwnerNews) -> AppResult<Option<String>> {
        let OwnerNews::RightsLost { bot, chat, seen } = news else { return Ok(Some(String::new())) };
        let chat = self.store.chat(BotKey { account, bot }, chat).await?;
        let lost = chat
            .filter(|chat| chat.rights == ChatRights::Lost && chat.campaign.is_some() && chat.seen >= seen);
        Ok(lost.map(|chat| chat.title))
    }

    /// Sends a text to the owner's chat, if the bot's gate lets it. A refusal switches nothing off, and is logged once
    /// a day.
    async fn tell(
        &self,
        bot: BotKey,
        chat: ChatId,
        text: String,
        may_send: fn(&Gate, i64) -> bool,
    ) -> AppResult<Told> {
        let known = self
            .cached_bot(bot)
            .await?
            .filter(|known: &std::sync::Arc<Bot>| known.status == BotStatus::Active);
        let Some(known) = known else { return Ok(Told::Refused) };
        let Some(token) = self.bot_token(bot, &known).await? else { return Ok(Told::Refused) };
        let gate = self.store.gate(bot).await?;
        if !may_send(&gate, self.clock.now_ms()) {
            return Ok(self.told_later(gate.last_turn_ms()));
        }
        let note = Note { chat, text, button: None };
        let Err(error) = self.telegram()?.send_note(&token, &note).await else { return Ok(Told::Sent) };
        let error = match self.judge_refusal(bot, &known, error).await {
            Verdict::Waits(Pause::Gate(gate)) => return Ok(self.told_later(gate.closed_until_ms)),
            Verdict::Waits(_) => return Ok(Told::Later { seconds: NO_CONNECTION_SECONDS }),
            Verdict::Over => return Ok(Told::Refused),
            // It may have arrived; twice would be worse.
            Verdict::Other(TelegramError::Ambiguous(_)) => return Ok(Told::Sent),
            Verdict::Other(TelegramError::ChatMigrated(to)) => {
                self.move_chat(bot, chat, ChatId(to)).await?;
                self.store.move_notify_chat(bot.account, chat, ChatId(to)).await?;
                return Err(AppError::unavailable("the owner's chat has another id now"));
            }
            Verdict::Other(error) => error,
        };
        let today = NoticeWindow::at(bot.account, chat, NoticeSpan::Day, self.clock.now());
        if self.store.note_notice_refusal(today, bot.bot).await? {
            tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, %error, "the owner's chat refuses notifications");
        }
        Ok(Told::Refused)
    }

    /// A whole second after a moment at the latest, so that it has passed by then.
    fn told_later(&self, moment_ms: i64) -> Told {
        let seconds = seconds_until(moment_ms, self.clock.now_ms());
        Told::Later { seconds: i64::try_from(seconds).unwrap_or(i64::MAX) }
    }

    /// Where an account's owner hears of leads; `None` if they want to hear nothing.
    async fn chat_for_leads(&self, account: AccountId) -> AppResult<Option<ChatId>> {
        let owner = self.active_account(account).await?.filter(|owner| owner.notify_leads);
        Ok(owner.and_then(|owner| owner.notify_chat))
    }

    pub(super) async fn active_account(&self, account: AccountId) -> AppResult<Option<Account>> {
        let found = self.store.account(account).await?;
        Ok(found.filter(|account| account.status == AccountStatus::Active))
    }
}

/// Whether news of a bot are so for one with this status.
fn is_news_of(news: OwnerNews, status: BotStatus) -> bool {
    match news {
        OwnerNews::TokenRefused { .. } => status == BotStatus::Disabled,
        OwnerNews::RightsLost { .. } | OwnerNews::WebhookBroken { .. } | OwnerNews::WelcomeRefused { .. } => {
            status == BotStatus::Active
        }
    }
}

fn delay_seconds(seconds: i64) -> i32 {
    i32::try_from(seconds.clamp(0, DELAY_MAX_SECONDS)).unwrap_or_default()
}
