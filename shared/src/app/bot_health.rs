use futures::{TryStreamExt, stream};

use super::App;
use super::bots::{BotState, lost_while_tracked, state_by, token_error};
use super::webhooks::WebhookHealth;
use crate::domain::fact_clock::FactClock;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, BotKey, ChatId, UserId};
use crate::secret::BotToken;
use crate::store::{Bot, BotStatus, Chat, ChatKind, ChatRights};
use crate::telegram::TelegramError;

/// How many chats Telegram is asked about at the same time.
const CHATS_AT_ONCE: usize = 8;

/// What a tracking bot is to be allowed when it is made administrator again.
const RIGHTS: &str = "invite_users";

/// How a bot is, as Telegram says now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotHealth {
    /// As in the list of bots.
    pub state: BotState,
    /// How its updates reach us.
    pub webhook: WebhookHealth,
    /// Every chat it was seen in, with its rights of now.
    pub chats: Vec<Chat>,
    /// Where the owner makes it administrator again; empty if it lost no tracked chat.
    pub repair_link: String,
}

impl App {
    /// Asks Telegram how a bot is, and notes the rights it has in the chats that are or may be tracked. A bot that was
    /// disabled is used again if its token works; one that nobody looks after is looked after from now on.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such live bot.
    /// - [`AppError::TokenRefused`] if Telegram refuses its token; the bot is disabled then, and the owner told.
    /// - [`AppError::Unavailable`], from the store or from Telegram; safe to retry.
    pub async fn check_bot(&self, account: AccountId, bot: BotId) -> AppResult<BotHealth> {
        let bot = self.live_bot(account, bot).await?;
        let key = BotKey { account, bot: bot.id };
        let token = self.open_token(key, &bot.token).await?;
        let profile = match self.telegram()?.get_me(&token).await {
            Ok(profile) => profile,
            Err(error) => {
                self.judge_refusal(key, &bot, error.clone()).await;
                return Err(token_error(error));
            }
        };
        self.enable_bot(key, &bot).await?;
        let webhook = self.telegram()?.get_webhook_info(&token).await.map_err(check_error)?;
        let mut asked_about = self.present_chats(key).await?;
        asked_about.retain(|chat| chat.rights == ChatRights::Admin || chat.campaign.is_some());
        stream::iter(asked_about.into_iter().map(Ok))
            .try_for_each_concurrent(CHATS_AT_ONCE, |chat| async {
                self.check_chat(key, &token, &bot, chat).await.map(drop)
            })
            .await?;
        self.keep_looking(key).await?;
        // Read again: what an update told of a chat meanwhile is newer than what was asked.
        let chats = self.present_chats(key).await?;
        let repair_link = repair_link(&profile.username, &chats);
        Ok(BotHealth {
            state: state_by(&chats),
            webhook: self.judge_webhook(key, &bot, webhook),
            chats,
            repair_link,
        })
    }

    /// Has a bot be used again that was disabled: Telegram takes its token after all.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn enable_bot(&self, key: BotKey, known: &Bot) -> AppResult<()> {
        if known.status != BotStatus::Disabled {
            return Ok(());
        }
        self.store.enable_bot(key, &known.token).await?;
        self.webhook_cache.bots.forget(&key);
        Ok(())
    }

    /// Asks Telegram for a bot's rights in a chat and notes them.
    ///
    /// # Errors
    ///
    /// - [`AppError::TokenRefused`] if Telegram refuses its token; nothing is noted then.
    /// - [`AppError::Unavailable`], from the store or from Telegram; safe to retry.
    pub(super) async fn check_chat(
        &self,
        bot: BotKey,
        token: &BotToken,
        known: &Bot,
        chat: Chat,
    ) -> AppResult<Chat> {
        let telegram = known.tg;
        let seen = FactClock { date: self.clock.now(), update: 0 };
        let mut member = self.telegram()?.get_chat_member(token, chat.id, UserId(telegram.0)).await;
        let mut chat = chat;
        if let Err(TelegramError::ChatMigrated(to)) = member {
            let to = ChatId(to);
            self.move_chat(bot, chat.id, to).await?;
            member = self.telegram()?.get_chat_member(token, to, UserId(telegram.0)).await;
            chat = Chat { id: to, kind: ChatKind::Supergroup, ..chat };
        }
        let rights = match member {
            Ok(member) if member.is_admin() => ChatRights::Admin,
            Ok(_) => ChatRights::Lost,
            Err(error) if is_outside(&error) => ChatRights::Lost,
            Err(error) => {
                // A flood or a refused token concerns the whole bot.
                self.judge_refusal(bot, known, error.clone()).await;
                return Err(check_error(error));
            }
        };
        let chat = Chat { rights, seen, ..chat };
        self.store.record_chat(bot, &chat).await?;
        Ok(chat)
    }

    /// The chats a bot was seen in, without groups that are supergroups now.
    async fn present_chats(&self, bot: BotKey) -> AppResult<Vec<Chat>> {
        let mut chats = self.store.chats(bot).await?;
        chats.retain(|chat| chat.moved_to.is_none());
        Ok(chats)
    }
}

/// Whether Telegram refuses to tell a bot of a chat because it is no administrator there, or not in it at all.
fn is_outside(error: &TelegramError) -> bool {
    match error {
        TelegramError::ChatLost(_) | TelegramError::ChatMigrated(_) => true,
        // Telegram's words are "chat not found" and "member list is inaccessible".
        TelegramError::PersonUnreachable(_) | TelegramError::Refused { code: 400, .. } => true,
        TelegramError::TokenRefused
        | TelegramError::ContentRefused(_)
        | TelegramError::MediaRefused(_)
        | TelegramError::Flood { .. }
        | TelegramError::NotSent
        | TelegramError::Ambiguous(_)
        | TelegramError::Refused { .. } => false,
    }
}

fn check_error(error: TelegramError) -> AppError {
    match error {
        TelegramError::TokenRefused => AppError::TokenRefused,
        other => AppError::unavailable(format!("Telegram: {other}")),
    }
}

/// Telegram's link for adding a bot to a chat as administrator: to a channel if it lost one, else to a group.
fn repair_link(username: &str, chats: &[Chat]) -> String {
    let mut lost = chats.iter().filter(|chat| lost_while_tracked(chat)).map(|chat| chat.kind).peekable();
    if lost.peek().is_none() {
        return String::new();
    }
    let place = if lost.any(|kind| kind == ChatKind::Channel) { "startchannel" } else { "startgroup" };
    format!("https://t.me/{username}?{place}&admin={RIGHTS}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TrackingCampaignId;

    fn chat(kind: ChatKind, rights: ChatRights, campaign: Option<u64>) -> Chat {
        let seen = FactClock { date: 0, update: 0 };
        let campaign = campaign.map(TrackingCampaignId);
        Chat { id: ChatId(-1), title: String::new(), kind, rights, seen, campaign, moved_to: None }
    }

    #[test]
    fn the_repair_link_leads_to_the_kind_of_chat_that_was_lost() {
        let channel = chat(ChatKind::Channel, ChatRights::Lost, Some(1));
        let group = chat(ChatKind::Supergroup, ChatRights::Lost, Some(2));
        let fine = chat(ChatKind::Channel, ChatRights::Admin, Some(3));
        let untracked = chat(ChatKind::Channel, ChatRights::Lost, None);
        let link =
            |chats: &[&Chat]| repair_link("my_bot", &chats.iter().copied().cloned().collect::<Vec<_>>());
        assert_eq!(link(&[&group, &channel]), "https://t.me/my_bot?startchannel&admin=invite_users");
        assert_eq!(link(&[&fine, &group]), "https://t.me/my_bot?startgroup&admin=invite_users");
        assert_eq!(link(&[&fine, &untracked]), "");
    }
}
