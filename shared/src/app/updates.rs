use std::sync::Arc;

use super::App;
use crate::domain::campaign::{CampaignStatus, TrackingCampaign};
use crate::domain::deep_link::Payload;
use crate::domain::fact_clock::FactClock;
use crate::domain::journal::JournalAction;
use crate::domain::lead::{Leave, LeaveKind, Start};
use crate::domain::person::Person;
use crate::error::{AppError, AppResult};
use crate::ids::{BotKey, CampaignKey, ChatId, LeadId};
use crate::store::{Bot, BotStatus, Chat, ChatKind, ChatRights, JournalRow, Reach, StartPolicy, StartWrite};
use crate::telegram::{ChatMemberUpdated, JoinRequest, Membership, Message, TelegramChat, Update};

/// Telegram's own limit on an update.
const UPDATE_BYTES: usize = 64 * 1024;

/// Why an update was not taken.
#[derive(Debug, thiserror::Error)]
pub enum UpdateRefusal {
    /// The secret is not that of a connected bot. Nothing was read of the body.
    #[error("the secret is wrong")]
    Unauthorized,
    /// The body is no update.
    #[error("the body is no update")]
    NotAnUpdate,
    /// Something the update needs does not answer; Telegram shall bring it again after so many seconds.
    #[error("try again in {retry_after_seconds} s")]
    Later {
        /// Seconds.
        retry_after_seconds: u64,
        /// For the log.
        internal: String,
    },
}

impl From<AppError> for UpdateRefusal {
    fn from(error: AppError) -> Self {
        let internal = match error {
            AppError::Unavailable { internal } => internal,
            other => other.to_string(),
        };
        Self::Later { retry_after_seconds: 1, internal }
    }
}

/// What a membership update tells about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Movement {
    Join,
    Leave(LeaveKind),
}

impl App {
    /// Takes one update of a bot: one durable write, then, for a press of Start, the welcome.
    ///
    /// The same update twice changes nothing the second time. Kinds that are not known are taken and dropped.
    ///
    /// # Errors
    ///
    /// [`UpdateRefusal`]; after [`UpdateRefusal::Later`] Telegram brings the update again.
    pub async fn receive_update(&self, bot: BotKey, secret: &str, body: &[u8]) -> Result<(), UpdateRefusal> {
        let known = self.bot_with_secret(bot, secret).await?.ok_or(UpdateRefusal::Unauthorized)?;
        if body.len() > UPDATE_BYTES {
            return Err(UpdateRefusal::NotAnUpdate);
        }
        let update: Update = serde_json::from_slice(body).map_err(|_| UpdateRefusal::NotAnUpdate)?;
        if known.status == BotStatus::Deleted {
            return Ok(());
        }
        let at = |date| FactClock { date, update: update.update_id };
        if let Some(message) = &update.message {
            self.receive_message(bot, &known, message, at(message.date)).await
        } else if let Some(change) = &update.chat_member {
            Ok(self.receive_chat_member(bot, change, at(change.date)).await?)
        } else if let Some(request) = &update.chat_join_request {
            Ok(self.receive_join_request(bot, request, at(request.date)).await?)
        } else if let Some(change) = &update.my_chat_member {
            Ok(self.receive_my_chat_member(bot, change, at(change.date)).await?)
        } else {
            Ok(())
        }
    }

    /// The bot, if the secret is its own; a secret that was just renewed is seen within a second.
    async fn bot_with_secret(&self, key: BotKey, secret: &str) -> AppResult<Option<Arc<Bot>>> {
        let read = || async { Ok(self.store.bot(key).await?.map(Arc::new)) };
        let matching = |bot: &Arc<Bot>| bot.secret.matches(secret);
        let bots = &self.webhook_cache.bots;
        let known = bots.get_or(key, read).await?;
        match known.filter(matching) {
            None if bots.forget_older(&key) => Ok(bots.get_or(key, read).await?.filter(matching)),
            known => Ok(known),
        }
    }

    async fn receive_message(
        &self,
        bot: BotKey,
        known: &Bot,
        message: &Message,
        clock: FactClock,
    ) -> Result<(), UpdateRefusal> {
        let Some(from) = message.from.as_ref().filter(|from| message.chat.kind == "private" && !from.is_bot)
        else {
            return Ok(());
        };
        let Some(payload) = message.text.as_deref().and_then(start_payload) else { return Ok(()) };
        let person = Person::from(from);
        let campaign = match Payload::parse(payload) {
            Some(payload) => {
                self.campaign_of_code(bot, &payload.code).await?.map(|campaign| (campaign, payload.click))
            }
            None => None,
        };
        match campaign.filter(|(campaign, _)| campaign.status != CampaignStatus::Deleted) {
            Some((campaign, click)) => {
                self.receive_start(bot, known, &campaign, &person, Start { clock, click }).await
            }
            None => self.receive_bare_start(bot, known, &person, clock).await,
        }
    }

    async fn receive_start(
        &self,
        bot: BotKey,
        known: &Bot,
        campaign: &TrackingCampaign,
        person: &Person,
        start: Start,
    ) -> Result<(), UpdateRefusal> {
        let key = CampaignKey { account: bot.account, campaign: campaign.id };
        let policy = match campaign.status {
            CampaignStatus::Active => StartPolicy::MakeLeads,
            CampaignStatus::Paused | CampaignStatus::Deleted => StartPolicy::OnlyLeads,
        };
        let id = LeadId::of_start(start.clock.date, start.clock.update, bot.bot);
        let (lead, owed) = match self.store.record_start(key, person, &start, id, policy).await? {
            StartWrite::Recorded(lead) => (lead, false),
            StartWrite::Known { lead, welcome_owed: true } => (lead, true),
            StartWrite::Known { welcome_owed: false, .. } => return Ok(()),
            StartWrite::NoLead => return self.receive_bare_start(bot, known, person, start.clock).await,
        };
        if campaign.status == CampaignStatus::Paused {
            return self.send_polite_reply(bot, known, person).await;
        }
        self.send_welcome(bot, known, campaign, &lead, &start, owed).await
    }

    /// A start that makes no lead makes a contact, and is answered politely.
    async fn receive_bare_start(
        &self,
        bot: BotKey,
        known: &Bot,
        person: &Person,
        clock: FactClock,
    ) -> Result<(), UpdateRefusal> {
        self.store.record_contact(bot, person, clock).await?;
        self.send_polite_reply(bot, known, person).await
    }

    async fn receive_chat_member(
        &self,
        bot: BotKey,
        change: &ChatMemberUpdated,
        clock: FactClock,
    ) -> AppResult<()> {
        let member = &change.new_chat_member.user;
        let Some(movement) = movement(change).filter(|_| member.id != 0 && !member.is_bot) else {
            return Ok(());
        };
        let person = Person::from(member);
        match (self.campaign_of_chat(bot, change.chat.id).await?, movement) {
            (Some(campaign), Movement::Join) => drop(self.store.record_join(campaign, &person, clock).await?),
            (Some(campaign), Movement::Leave(kind)) => {
                self.store.record_leave(campaign, &person, Leave { clock, kind }).await?;
            }
            (None, movement) => {
                let action = match movement {
                    Movement::Join => JournalAction::Join,
                    Movement::Leave(kind) => JournalAction::of_leave(kind),
                };
                self.journal_untracked(bot, change.chat.id, person, action, clock).await?;
            }
        }
        Ok(())
    }

    async fn receive_join_request(
        &self,
        bot: BotKey,
        request: &JoinRequest,
        clock: FactClock,
    ) -> AppResult<()> {
        let person = Person::from(&request.from);
        match self.campaign_of_chat(bot, request.chat.id).await? {
            Some(campaign) => drop(self.store.record_request(campaign, &person, clock).await?),
            None => {
                self.journal_untracked(bot, request.chat.id, person, JournalAction::Request, clock).await?
            }
        }
        Ok(())
    }

    /// In a private chat the person blocked or unblocked the bot; elsewhere the bot's rights changed.
    async fn receive_my_chat_member(
        &self,
        bot: BotKey,
        change: &ChatMemberUpdated,
        clock: FactClock,
    ) -> AppResult<()> {
        if change.chat.kind == "private" {
            let reach = match change.new_chat_member.membership() {
                Membership::Present => Reach::Reachable,
                Membership::Absent | Membership::Banned => Reach::Blocked,
                Membership::Unknown => return Ok(()),
            };
            self.store.record_reach(bot, &Person::from(&change.from), reach, clock).await?;
        } else if let Some(kind) = chat_kind(&change.chat) {
            let rights = if change.new_chat_member.is_admin() { ChatRights::Admin } else { ChatRights::Lost };
            let title = change.chat.title.clone();
            let chat = Chat { id: change.chat.id, title, kind, rights, seen: clock, campaign: None };
            self.store.record_chat(bot, &chat).await?;
        }
        Ok(())
    }

    async fn campaign_of_code(&self, bot: BotKey, code: &str) -> AppResult<Option<Arc<TrackingCampaign>>> {
        let read = || self.store.campaign_of_code(bot, code);
        let Some(key) = self.webhook_cache.codes.get_or((bot, code.to_owned()), read).await? else {
            return Ok(None);
        };
        self.cached_campaign(key).await
    }

    pub(super) async fn cached_campaign(&self, key: CampaignKey) -> AppResult<Option<Arc<TrackingCampaign>>> {
        let read = || async { Ok(self.store.campaign(key).await?.map(Arc::new)) };
        self.webhook_cache.campaigns.get_or(key, read).await
    }

    async fn campaign_of_chat(&self, bot: BotKey, chat: ChatId) -> AppResult<Option<CampaignKey>> {
        let read = || async {
            let claim = self.store.chat(bot, chat).await?.and_then(|chat| chat.campaign);
            Ok(claim.map(|campaign| CampaignKey { account: bot.account, campaign }))
        };
        self.webhook_cache.claims.get_or((bot, chat), read).await
    }

    async fn journal_untracked(
        &self,
        bot: BotKey,
        chat: ChatId,
        person: Person,
        action: JournalAction,
        clock: FactClock,
    ) -> AppResult<()> {
        let Person { user, username, .. } = person;
        let row = JournalRow { chat, clock, action, user, username, campaign: None, lead: None };
        self.store.write_journal(bot, &[row]).await
    }
}

/// What follows `/start`; empty for a bare one, `None` for any other text.
fn start_payload(text: &str) -> Option<&str> {
    let (command, payload) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let command = command.split('@').next().unwrap_or(command);
    (command == "/start").then(|| payload.trim())
}

fn movement(change: &ChatMemberUpdated) -> Option<Movement> {
    let by_themself = change.from.id == change.new_chat_member.user.id;
    match (change.old_chat_member.membership(), change.new_chat_member.membership()) {
        (Membership::Absent | Membership::Banned, Membership::Present) => Some(Movement::Join),
        (Membership::Present, Membership::Banned) => Some(Movement::Leave(LeaveKind::Removed)),
        (Membership::Present, Membership::Absent) if by_themself => Some(Movement::Leave(LeaveKind::Left)),
        (Membership::Present, Membership::Absent) => Some(Movement::Leave(LeaveKind::Removed)),
        _ => None,
    }
}

fn chat_kind(chat: &TelegramChat) -> Option<ChatKind> {
    match chat.kind.as_str() {
        "channel" => Some(ChatKind::Channel),
        "group" => Some(ChatKind::Group),
        "supergroup" => Some(ChatKind::Supergroup),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(old: &str, new: &str, by: i64) -> ChatMemberUpdated {
        serde_json::from_value(serde_json::json!({
            "chat": {"id": -100, "type": "channel"},
            "from": {"id": by},
            "date": 1,
            "old_chat_member": {"user": {"id": 7}, "status": old, "is_member": true},
            "new_chat_member": {"user": {"id": 7}, "status": new, "is_member": true},
        }))
        .unwrap()
    }

    #[test]
    fn a_change_of_membership_is_a_join_a_leave_a_removal_or_nothing() {
        let left = Some(Movement::Leave(LeaveKind::Left));
        let removed = Some(Movement::Leave(LeaveKind::Removed));
        let table = [
            ("left", "member", 7, Some(Movement::Join)),
            ("kicked", "restricted", 2, Some(Movement::Join)),
            ("member", "left", 7, left),
            ("restricted", "left", 7, left),
            ("member", "left", 2, removed),
            ("member", "kicked", 2, removed),
            ("left", "kicked", 2, None),
            ("kicked", "left", 2, None),
            ("member", "administrator", 2, None),
            ("left", "guest_member_2027", 7, None),
        ];
        for (old, new, by, expected) in table {
            assert_eq!(movement(&change(old, new, by)), expected, "{old} → {new} by {by}");
        }
    }

    #[test]
    fn only_the_start_command_is_a_start() {
        assert_eq!(start_payload("/start abc-1"), Some("abc-1"));
        assert_eq!(start_payload("/start"), Some(""));
        assert_eq!(start_payload("/start@mybot  abc"), Some("abc"));
        assert_eq!(start_payload("/starting abc"), None);
        assert_eq!(start_payload("hello"), None);
    }
}
