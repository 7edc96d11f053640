//! Invite links of campaigns that invite to a chat: made once for each text, by a bot that may, and joins counted by them.

use std::collections::BTreeMap;

use super::App;
use super::outreach_figures::TextName;
use crate::domain::outreach::{
    CampaignBody, CampaignType, Execution, InvitationName, InvitedTo, MessageContent, OutreachCampaign,
};
use crate::error::{AppError, AppResult, Fault};
use crate::ids::{AccountId, BotKey, CampaignKey, ChatId, UserId};
use crate::store::{Bot, BotStatus, ChatRights, Invitation};
use crate::telegram::{NewInvite, TelegramError, UsedInvite};

/// How long one call may take to have a link made, in seconds.
const MAKING_SECONDS: i64 = 30;

/// The invite links of an execution by text, or why there are none and never will be.
pub(super) type Invitations = Result<BTreeMap<String, String>, String>;

impl App {
    /// The invite links of what an execution sends, by the ids of its texts; none where it invites nobody.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry: storage or Telegram does not answer, or another call makes a link.
    pub(super) async fn invitations_of(
        &self,
        account: AccountId,
        execution: &Execution,
        body: &CampaignBody,
        contents: &[MessageContent],
    ) -> AppResult<Invitations> {
        let mut links = BTreeMap::new();
        let Some(to) = body.invitation.filter(|_| body.kind == CampaignType::Invitation) else {
            return Ok(Ok(links));
        };
        let mut inviter = None;
        for text in contents.iter().flat_map(MessageContent::texts) {
            let name = InvitationName::of(&execution.campaign, text);
            let kept = self.store.invitation(account, &name).await?.map(|kept| kept.link);
            let link = match kept.filter(|link| !link.is_empty()) {
                Some(link) => link,
                None => {
                    if inviter.is_none() {
                        inviter = self.inviter(account, to).await?;
                    }
                    let Some((bot, known, chat)) = &inviter else {
                        return Ok(Err(
                            "no bot of the account is an administrator of the chat it invites to".to_owned(),
                        ));
                    };
                    match self.make_invitation((*bot, known), *chat, &name, text).await? {
                        Ok(link) => link,
                        Err(reason) => return Ok(Err(reason)),
                    }
                }
            };
            links.insert(text.to_owned(), link);
        }
        Ok(Ok(links))
    }

    /// A bot that may invite to a chat, as far as is known, and the chat; the tracking campaign's own bot if it says one.
    pub(super) async fn inviter(
        &self,
        account: AccountId,
        to: InvitedTo,
    ) -> AppResult<Option<(BotKey, Bot, ChatId)>> {
        let (chat, bots) = match to {
            InvitedTo::Chat(chat) => (chat, self.store.bots(account).await?),
            InvitedTo::Campaign(campaign) => {
                let tracking = self.store.campaign(CampaignKey { account, campaign }).await?;
                let Some(tracking) = tracking else { return Ok(None) };
                let bot = self.store.bot(BotKey { account, bot: tracking.bot }).await?;
                (tracking.chat, bot.into_iter().collect())
            }
        };
        for bot in bots.into_iter().filter(|bot| bot.status == BotStatus::Active) {
            let key = BotKey { account, bot: bot.id };
            let seen = self.store.chat(key, chat).await?;
            if seen.is_some_and(|seen| seen.rights == ChatRights::Admin) {
                return Ok(Some((key, bot, chat)));
            }
        }
        Ok(None)
    }

    /// Of several that make one link at once, one makes it; the others find it later.
    async fn make_invitation(
        &self,
        (bot, known): (BotKey, &Bot),
        chat: ChatId,
        name: &InvitationName,
        text: &str,
    ) -> AppResult<Result<String, String>> {
        let now = self.clock.now();
        if !self.store.claim_invitation(bot.account, name, (now, now + MAKING_SECONDS)).await? {
            return Err(AppError::unavailable("an invite link is being made"));
        }
        let token = self.open_token(bot, &known.token).await?;
        let invite = NewInvite { chat_id: chat, name: &name.spelled(), creates_join_request: false };
        let made = match self.telegram()?.create_invite(&token, &invite).await {
            Ok(made) => made.invite_link,
            Err(
                error @ (TelegramError::Flood { .. } | TelegramError::NotSent | TelegramError::Ambiguous(_)),
            ) => return Err(AppError::unavailable(format!("no invite link for now: {error}"))),
            Err(error) => return Ok(Err(format!("the bot may not invite to the chat: {error}"))),
        };
        let made = Invitation { text: text.to_owned(), link: made, bot: bot.bot };
        if self.store.keep_invitation(bot.account, name, &made).await? {
            return Ok(Ok(made.link));
        }
        let kept = self.store.invitation(bot.account, name).await?.unwrap_or_default();
        Ok(Ok(kept.link))
    }

    /// Counts somebody who joined by an invite link of a campaign, once. Other links are let be.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn count_invited(
        &self,
        bot: BotKey,
        invite: Option<&UsedInvite>,
        user: UserId,
    ) -> AppResult<()> {
        let Some((invite, name)) = invite.and_then(|it| Some((it, InvitationName::parse(&it.name)?))) else {
            return Ok(());
        };
        let kept = self.store.invitation(bot.account, &name).await?;
        // To bots that did not make it Telegram shows a part of the link: a join is counted by the one that did.
        if kept.is_some_and(|kept| kept.bot == bot.bot && kept.link == invite.invite_link) {
            self.store.count_invited(bot.account, &name, user).await?;
        }
        Ok(())
    }

    /// The invite links of a campaign by text, in the order of its texts, each with how many people joined by it; what it
    /// has no more comes last. `None` of one that does not invite.
    pub(super) async fn invited(
        &self,
        account: AccountId,
        campaign: &OutreachCampaign,
        texts: &[(String, TextName)],
    ) -> AppResult<Option<Vec<(TextName, String, u64)>>> {
        if campaign.body()?.kind != CampaignType::Invitation {
            return Ok(None);
        }
        let place = |text: &str| texts.iter().position(|(known, _)| known == text).unwrap_or(usize::MAX);
        let mut made = self.store.invitations(account, &campaign.id).await?;
        made.sort_by_key(|(invitation, _)| place(&invitation.text));
        let named = made.into_iter().map(|(invitation, joins)| {
            let gone = || TextName { message: None, variation: Some(invitation.text.clone()) };
            let name = texts.get(place(&invitation.text)).map_or_else(gone, |(_, name)| name.clone());
            (name, invitation.link, joins)
        });
        Ok(Some(named.collect()))
    }
}

/// Checks that a campaign that is to invite says to which chat.
///
/// # Errors
///
/// [`AppError::Invalid`] if it does not.
pub(super) fn check_invitation(body: &CampaignBody) -> AppResult<()> {
    if body.kind != CampaignType::Invitation || body.invitation.is_some() {
        return Ok(());
    }
    let reason = "is required for a campaign that invites, with a chat or a tracking campaign".to_owned();
    Err(AppError::Invalid(vec![Fault { field: "invitation".to_owned(), reason }]))
}
