//! What stands in a campaign's messages instead of its links, so that clicks are counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::try_join_all;

use super::App;
use super::bots::seal_error;
use super::lane_chunks::ChunkWork;
use crate::domain::outreach::{
    CampaignBody, Execution, LinkToken, MessageContent, OutreachMessage, PersonValues, Recipient, TrackedLink,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotKey, OutreachCampaignId, UserId};
use crate::secret::LinkKey;
use crate::store::Bot;

/// Below which path tokens stand.
const LINK_PATH: &str = "/r/";

/// What makes the tracked links of one execution's messages from one bot.
pub(super) struct LinkMaker {
    base: String,
    key: Arc<LinkKey>,
    bot: BotKey,
    campaign: OutreachCampaignId,
    test: bool,
}

/// What the links in a chunk's messages become.
pub(super) struct LaneLinks {
    /// `None` if links stay as they are.
    maker: Option<LinkMaker>,
    /// The invite links of a campaign that invites, by text.
    invites: BTreeMap<String, String>,
}

/// What somebody is sent, and the links that were replaced in it.
pub(super) type TrackedMessage = (OutreachMessage, Vec<TrackedLink>);

impl LinkMaker {
    /// A link that says who was sent which one; `None` where an account has too great a number for it.
    fn link(&self, user: UserId, link: &TrackedLink) -> Option<String> {
        let LinkMaker { base, key, bot, campaign, test } = self;
        let token = LinkToken {
            campaign: campaign.clone(),
            link: link.id(campaign),
            user,
            bot: bot.bot,
            test: *test,
        };
        Some(format!("{base}{LINK_PATH}{}", key.seal(bot.account, &token.to_bytes())?))
    }
}

impl ChunkWork {
    /// The invite link of what somebody gets of a message; empty if it has none.
    pub fn invite_link(&self, message: usize, recipient: &Recipient) -> &str {
        let text = self.variation_id(message, recipient);
        text.and_then(|text| self.links.invites.get(&text)).map_or("", String::as_str)
    }

    /// What somebody gets of a message, with tracked links where the campaign wants them.
    pub fn rendered(
        &self,
        content: &MessageContent,
        variation: Option<usize>,
        user: UserId,
        values: PersonValues<'_>,
    ) -> Option<TrackedMessage> {
        let Some(maker) = &self.links.maker else {
            return content.message_for(variation, values).ok().map(|message| (message, Vec::new()));
        };
        let found = std::cell::RefCell::new(Vec::new());
        let tracked = |link: TrackedLink| {
            let address = maker.link(user, &link)?;
            found.borrow_mut().push(link);
            Some(address)
        };
        let message = content.tracked_for(variation, values, &tracked).ok()?;
        Some((message, found.into_inner()))
    }
}

impl App {
    /// What the links of an execution become; `None` if it invites or holds a contest and cannot, and has
    /// failed for that.
    pub(super) async fn lane_links(
        &self,
        known: Option<&Bot>,
        (bot, execution): (BotKey, &Execution),
        body: &CampaignBody,
        contents: &[MessageContent],
    ) -> AppResult<Option<LaneLinks>> {
        let invites = match self.invitations_of(bot.account, execution, body, contents).await? {
            Ok(invites) => invites,
            Err(reason) => {
                self.fail_execution(bot.account, &execution.id, &reason).await?;
                return Ok(None);
            }
        };
        if !self.begin_contest(bot.account, execution, body).await? {
            return Ok(None);
        }
        let maker = self.link_maker(known, (bot, execution), body, contents).await?;
        Ok(Some(LaneLinks { maker, invites }))
    }

    /// What makes an execution's tracked links; `None` if it has none, does not want them, or it is not known where they
    /// would lead to.
    async fn link_maker(
        &self,
        known: Option<&Bot>,
        (bot, execution): (BotKey, &Execution),
        body: &CampaignBody,
        contents: &[MessageContent],
    ) -> AppResult<Option<LinkMaker>> {
        let base = self.config.public_url.as_ref().or(known.and_then(|known| known.webhook_base.as_ref()));
        let is_wanted = self.config.track_links && body.track_links;
        let has_links = is_wanted && contents.iter().any(MessageContent::may_link);
        let Some(base) = base.filter(|_| has_links) else { return Ok(None) };
        let key = match self.link_key(bot.account).await? {
            Some(key) => key,
            None => self.make_link_key(bot.account).await?,
        };
        let (base, campaign) = (base.clone(), execution.campaign.clone());
        Ok(Some(LinkMaker { base, key, bot, campaign, test: execution.test }))
    }

    /// What an account's links are sealed with; `None` before the first.
    pub(super) async fn link_key(&self, account: AccountId) -> AppResult<Option<Arc<LinkKey>>> {
        let read = || async {
            let Some(sealed) = self.store.link_key(account).await? else { return Ok(None) };
            self.seal()?.open_links(account, &sealed).await.map(|key| Some(Arc::new(key))).map_err(seal_error)
        };
        self.webhook_cache.link_keys.get_or(account, read).await
    }

    /// Of several that make it at once, one makes it.
    async fn make_link_key(&self, account: AccountId) -> AppResult<Arc<LinkKey>> {
        let sealed = self.seal()?.seal_links(account, &LinkKey::generate()?).await.map_err(seal_error)?;
        self.store.keep_link_key(account, &sealed).await?;
        self.link_key(account).await?.ok_or_else(|| AppError::unavailable("a key of links is not there"))
    }

    /// Keeps where links lead before anybody gets them.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn keep_links(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        links: impl Iterator<Item = &TrackedLink>,
    ) -> AppResult<()> {
        let keep = |link: &TrackedLink| {
            let (key, link) = ((account, campaign.clone(), link.id(campaign)), link.clone());
            async move {
                let keep = || async {
                    self.store.keep_link(account, campaign, &link).await?;
                    Ok(Some(Arc::new(link.clone())))
                };
                self.webhook_cache.links.get_or(key, keep).await
            }
        };
        let mut fresh: Vec<&TrackedLink> = Vec::new();
        for link in links {
            let key = (account, campaign.clone(), link.id(campaign));
            let is_kept = self.webhook_cache.links.remembered(&key).is_some();
            if !is_kept && !fresh.contains(&link) {
                fresh.push(link);
            }
        }
        try_join_all(fresh.into_iter().map(keep)).await.map(drop)
    }
}
