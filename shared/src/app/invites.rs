use super::App;
use crate::domain::campaign::{NEVER, TrackingCampaign};
use crate::domain::welcome::names_invite;
use crate::error::{AppError, AppResult};
use crate::ids::{BotKey, CampaignKey};
use crate::secret::BotToken;
use crate::store::{Bot, Invite};
use crate::telegram::{InviteLink, NewInvite, TelegramError};

/// How long a link is good without another look, in seconds: it may be revoked, and the chat may change its name.
const LINK_SECONDS: i64 = 3_600;

/// How long a bot that could not make a link is not asked again, in seconds.
const NO_LINK_SECONDS: i64 = 60;

/// How long one call may take to ask Telegram, in seconds: longer than its two or three questions usually need.
const ASKING_SECONDS: i64 = 15;

/// Where links to chats begin.
const TELEGRAM_LINK: &str = "https://t.me/";

impl App {
    /// What `{invite}` stands for in a campaign's welcome: the user's own link, else the public link of the chat, else
    /// a link that the bot makes, once. Empty if the welcome does not ask, or the bot may not invite.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry: storage or Telegram does not answer, or another call is making the
    /// first link.
    pub(super) async fn invite_for(
        &self,
        bot: BotKey,
        known: &Bot,
        campaign: &TrackingCampaign,
    ) -> AppResult<String> {
        if !campaign.invite_link.is_empty() || !names_invite(&campaign.welcome) {
            return Ok(campaign.invite_link.clone());
        }
        let key = CampaignKey { account: bot.account, campaign: campaign.id };
        let (seen, now) = (self.store.invite(key).await?, self.clock.now());
        let former = seen.as_ref().map(|seen| seen.link.clone()).unwrap_or_default();
        let asked = seen.as_ref().map_or(0, |seen| seen.asked);
        let good_seconds = if former.is_empty() { NO_LINK_SECONDS } else { LINK_SECONDS };
        if asked > 0 && now - asked < good_seconds {
            return Ok(former);
        }
        if !self.store.claim_invite(key, seen.as_ref(), now, ASKING_SECONDS).await? {
            // Another call asks. There may be a link of before; the first one is worth waiting for.
            return if asked > 0 {
                Ok(former)
            } else {
                Err(AppError::unavailable("an invite link is being made"))
            };
        }
        let token = self.open_token(bot, &known.token).await?;
        let link = match self.ask_for_invite(&token, campaign, &former).await {
            Ok(link) => link,
            Err(error) if may_answer_later(&error) && !former.is_empty() => return Ok(former),
            Err(error) if may_answer_later(&error) => {
                return Err(AppError::unavailable(format!("the invite link waits: {error}")));
            }
            Err(error) => {
                tracing::warn!(account.id = %bot.account, campaign.id = %campaign.id, %error, "no invite link");
                String::new()
            }
        };
        self.store.keep_invite(key, &Invite { link: link.clone(), asked: now }).await?;
        Ok(link)
    }

    /// The chat's public link, or the bot's own: the former one if it still leads there, else another.
    async fn ask_for_invite(
        &self,
        token: &BotToken,
        campaign: &TrackingCampaign,
        former: &str,
    ) -> Result<String, TelegramError> {
        let telegram = self.telegram().map_err(|_| TelegramError::NotSent)?;
        let as_before = |error| match error {
            error if may_answer_later(&error) || former.is_empty() => Err(error),
            // The bot may have lost its rights; what it made before leads there all the same.
            _ => Ok(former.to_owned()),
        };
        let username = match telegram.chat_username(token, campaign.chat).await {
            Ok(username) => username,
            Err(error) => return as_before(error),
        };
        if !username.is_empty() {
            return Ok(format!("{TELEGRAM_LINK}{username}"));
        }
        let invite = NewInvite {
            chat_id: campaign.chat,
            name: &campaign.code,
            // Nobody but auto-approval would answer a request; without it people join directly.
            creates_join_request: campaign.auto_approve != NEVER,
        };
        if is_invitation(former) {
            match telegram.edit_invite(token, former, &invite).await {
                Ok(InviteLink { invite_link, is_revoked: false }) => return Ok(invite_link),
                // Revoked: Telegram's word is INVITE_HASH_EXPIRED.
                Ok(_) | Err(TelegramError::Refused { .. }) => {}
                Err(error) => return as_before(error),
            }
        }
        telegram.create_invite(token, &invite).await.map(|made| made.invite_link)
    }
}

/// Whether a link is an invitation rather than a chat's name.
fn is_invitation(link: &str) -> bool {
    link.strip_prefix(TELEGRAM_LINK)
        .is_some_and(|path| path.starts_with('+') || path.starts_with("joinchat/"))
}

/// Whether asking again is worth a wait; a refusal would come again.
fn may_answer_later(error: &TelegramError) -> bool {
    match error {
        TelegramError::Flood { .. } | TelegramError::NotSent | TelegramError::Ambiguous(_) => true,
        TelegramError::TokenRefused
        | TelegramError::PersonUnreachable(_)
        | TelegramError::ChatLost(_)
        | TelegramError::ChatMigrated(_)
        | TelegramError::ContentRefused(_)
        | TelegramError::MediaRefused(_)
        | TelegramError::Refused { .. } => false,
    }
}
