use super::App;
use super::sending::{Pause, Sent, Verdict};
use crate::domain::campaign::{NEVER, TrackingCampaign};
use crate::domain::welcome::names_invite;
use crate::error::{AppError, AppResult};
use crate::ids::{BotKey, CampaignKey, ChatId};
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
    /// a link that the bot makes, once. Empty if the welcome does not ask, or the bot may not invite. What became of the
    /// message instead, if the bot may not send now, or not at all.
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
    ) -> AppResult<Result<String, Sent>> {
        if !campaign.invite_link.is_empty() || !names_invite(&campaign.welcome) {
            return Ok(Ok(campaign.invite_link.clone()));
        }
        let key = CampaignKey { account: bot.account, campaign: campaign.id };
        let (seen, now) = (self.store.invite(key).await?, self.clock.now());
        let mut former = seen.as_ref().map(|seen| seen.link.clone()).unwrap_or_default();
        let asked = seen.as_ref().map_or(0, |seen| seen.asked);
        let good_seconds = if former.is_empty() { NO_LINK_SECONDS } else { LINK_SECONDS };
        if asked > 0 && now - asked < good_seconds {
            return Ok(Ok(former));
        }
        if !self.store.claim_invite(key, seen.as_ref(), now, ASKING_SECONDS).await? {
            // Another call asks. There may be a link of before; the first one is worth waiting for.
            return if asked > 0 {
                Ok(Ok(former))
            } else {
                Err(AppError::unavailable("an invite link is being made"))
            };
        }
        let token = self.open_token(bot, &known.token).await?;
        let mut chat = campaign.chat;
        let mut link = self.ask_for_invite(&token, chat, campaign, &mut former).await;
        if let Err(TelegramError::ChatMigrated(to)) = link {
            self.move_chat(bot, chat, ChatId(to)).await?;
            chat = ChatId(to);
            link = self.ask_for_invite(&token, chat, campaign, &mut former).await;
        }
        let link = match link {
            Ok(link) => link,
            Err(error) => match self.judge_refusal(bot, known, error).await {
                Verdict::Over => return Ok(Err(Sent::Done)),
                Verdict::Waits(Pause::Gate(gate)) => return Ok(Err(Sent::Waits(Pause::Gate(gate)))),
                Verdict::Waits(_) | Verdict::Other(TelegramError::Ambiguous(_)) if !former.is_empty() => {
                    return Ok(Ok(former));
                }
                Verdict::Waits(_) | Verdict::Other(TelegramError::Ambiguous(_)) => {
                    return Err(AppError::unavailable("Telegram does not answer about the invite link"));
                }
                Verdict::Other(error) => {
                    tracing::warn!(account.id = %bot.account, campaign.id = %campaign.id, %error, "no invite link");
                    if error.is_about_chat() {
                        self.note_lost_chat(bot, chat, &error).await?;
                    }
                    // What the bot made before leads there all the same.
                    former
                }
            },
        };
        self.store.keep_invite(key, &Invite { link: link.clone(), asked: now }).await?;
        Ok(Ok(link))
    }

    /// The chat's public link, or the bot's own: the former one if it still leads there, else another. `former` is
    /// emptied if it was revoked.
    async fn ask_for_invite(
        &self,
        token: &BotToken,
        chat: ChatId,
        campaign: &TrackingCampaign,
        former: &mut String,
    ) -> Result<String, TelegramError> {
        let telegram = self.telegram().map_err(|_| TelegramError::NotSent)?;
        let username = telegram.chat_username(token, chat).await?;
        if !username.is_empty() {
            return Ok(format!("{TELEGRAM_LINK}{username}"));
        }
        let invite = NewInvite {
            chat_id: chat,
            name: &campaign.code,
            // Nobody but auto-approval would answer a request; without it people join directly.
            creates_join_request: campaign.auto_approve != NEVER,
        };
        if is_invitation(former) {
            match telegram.edit_invite(token, former, &invite).await {
                Ok(InviteLink { invite_link, is_revoked: false }) => return Ok(invite_link),
                // Revoked: Telegram's word is INVITE_HASH_EXPIRED.
                Ok(_) | Err(TelegramError::Refused { .. }) => former.clear(),
                Err(error) => return Err(error),
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
