use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use serde::{Deserialize, Serialize};

use super::access::{delete_step, number, put_step, text, to_attribute, update_step, written};
use super::{Item, Key, Store};
use crate::domain::campaign::{CampaignStatus, TrackingCampaign};
use crate::domain::fact_clock::FactClock;
use crate::error::AppResult;
use crate::ids::{AccountId, BotId, BotKey, CampaignKey, ChatId, TrackingCampaignId};

/// Whether a campaign could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignClaim {
    /// It is.
    Created,
    /// Another live campaign tracks the chat.
    ChatTaken,
    /// The bot is no administrator of the chat.
    NoChat,
    /// The account has as many campaigns as it may.
    LimitReached,
    /// The code is in use; draw another.
    CodeTaken,
}

/// What becomes of the marks on endpoints that asked for no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointMarks {
    /// The edit leaves the templates alone.
    Stay,
    /// It names templates: their endpoints are asked again.
    Go,
}

/// A chat that a live campaign of the account tracks, whichever bot it uses.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct TrackedChat {
    pub id: ChatId,
    pub campaign: TrackingCampaignId,
}

/// Where a deep link's code leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeOwner {
    account: AccountId,
    bot: BotId,
    campaign: TrackingCampaignId,
}

impl CodeOwner {
    /// The bot that the link opens.
    #[must_use]
    pub const fn bot(self) -> BotKey {
        BotKey { account: self.account, bot: self.bot }
    }

    /// The campaign that the link is for.
    #[must_use]
    pub const fn campaign(self) -> CampaignKey {
        CampaignKey { account: self.account, campaign: self.campaign }
    }
}

impl Store {
    /// Gives out the account's next campaign id; `None` if there is no such account.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry: an id may be skipped, never given twice.
    pub async fn next_campaign_id(&self, account: AccountId) -> AppResult<Option<TrackingCampaignId>> {
        Ok(self.next_number(&Key::Account(account), "last_campaign").await?.map(TrackingCampaignId))
    }

    /// Writes a campaign, its claim on the chat, its code and its place under the account's limit: all or nothing.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`CampaignClaim::ChatTaken`] by the first attempt.
    pub async fn create_campaign(
        &self,
        account: AccountId,
        campaign: &TrackingCampaign,
    ) -> AppResult<CampaignClaim> {
        let bot = BotKey { account, bot: campaign.bot };
        let claim = self
            .update(&Key::Chat(bot, campaign.chat))
            .update_expression("SET campaign = :campaign")
            .condition_expression(
                "rights = :admin AND attribute_not_exists(campaign) AND attribute_not_exists(moved_to)",
            )
            .expression_attribute_values(":campaign", number(campaign.id))
            .expression_attribute_values(":admin", text("admin"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let slot = self
            .update(&Key::Account(account))
            .update_expression("ADD campaigns :one")
            .condition_expression("attribute_not_exists(campaign_limit) OR campaigns < campaign_limit")
            .expression_attribute_values(":one", number(1));
        let code = self
            .new_item(
                &Key::Code(&campaign.code),
                &CodeOwner { account, bot: campaign.bot, campaign: campaign.id },
            )?
            .condition_expression("attribute_not_exists(PK)");
        let item = self.new_item(&Key::Campaign(CampaignKey { account, campaign: campaign.id }), campaign)?;
        let tracked = self
            .new_item(
                &Key::TrackedChat(account, campaign.chat),
                &TrackedChat { id: campaign.chat, campaign: campaign.id },
            )?
            .condition_expression("attribute_not_exists(PK)");
        let steps =
            [update_step(claim)?, put_step(tracked)?, update_step(slot)?, put_step(code)?, put_step(item)?];
        Ok(match self.transact(steps).await? {
            None => CampaignClaim::Created,
            Some(refusal) => match refusal.step {
                0 if is_claimed(refusal.item.as_ref()) => CampaignClaim::ChatTaken,
                0 => CampaignClaim::NoChat,
                1 => CampaignClaim::ChatTaken,
                2 => CampaignClaim::LimitReached,
                _ => CampaignClaim::CodeTaken,
            },
        })
    }

    /// The chats that live campaigns of an account track.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn tracked_chats(&self, account: AccountId) -> AppResult<Vec<ChatId>> {
        let tracked: Vec<TrackedChat> = self.query(Key::Account(account).partition(), "CHAT#").await?;
        Ok(tracked.into_iter().map(|chat| chat.id).collect())
    }

    /// One campaign, deleted or not.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn campaign(&self, campaign: CampaignKey) -> AppResult<Option<TrackingCampaign>> {
        self.get(&Key::Campaign(campaign)).await
    }

    /// Every campaign of an account, deleted ones included, by id.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn campaigns(&self, account: AccountId) -> AppResult<Vec<TrackingCampaign>> {
        self.query(Key::Account(account).partition(), "CAMP#").await
    }

    /// The bot and the campaign that a code belongs to, whichever account's.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn code_owner(&self, code: &str) -> AppResult<Option<CodeOwner>> {
        self.get(&Key::Code(code)).await
    }

    /// Replaces what may be edited of a campaign, if it was edited as often as `before`: what was checked together is
    /// written together. `false` if it was edited since, or there is no such live campaign; read it again. Marks are not
    /// compared: one may be made at the same moment, and stays or goes as said.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; after a retry the answer may be `false` by the first attempt.
    pub async fn edit_campaign(
        &self,
        account: AccountId,
        before: &TrackingCampaign,
        after: &TrackingCampaign,
        marks: EndpointMarks,
    ) -> AppResult<bool> {
        let key = Key::Campaign(CampaignKey { account, campaign: after.id });
        let unmark = match marks {
            EndpointMarks::Stay => "",
            EndpointMarks::Go => " REMOVE disabled_endpoints",
        };
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression(format!(
                "SET welcome = :welcome, templates = :templates, unsub_window = :unsub_window, \
                 notify_level = :notify_level, invite_link = :invite_link, auto_approve = :auto_approve, \
                 pb_method = :pb_method, pb_format = :pb_format, pb_body = :pb_body ADD edits :one{unmark}",
            ))
            .condition_expression("#status <> :deleted AND edits = :edits")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":deleted", to_attribute(&CampaignStatus::Deleted)?)
            .expression_attribute_values(":edits", number(before.edits))
            .expression_attribute_values(":welcome", to_attribute(&after.welcome)?)
            .expression_attribute_values(":templates", to_attribute(&after.templates)?)
            .expression_attribute_values(":unsub_window", number(after.unsub_window))
            .expression_attribute_values(":notify_level", number(after.notify_level))
            .expression_attribute_values(":invite_link", text(&after.invite_link))
            .expression_attribute_values(":auto_approve", number(after.auto_approve))
            .expression_attribute_values(":pb_method", to_attribute(&after.pb_method)?)
            .expression_attribute_values(":pb_format", to_attribute(&after.pb_format)?)
            .expression_attribute_values(":pb_body", text(&after.pb_body))
            .expression_attribute_values(":one", number(1));
        written(update.send().await)
    }

    /// Deletes a campaign, frees its chat and its place under the account's limit: all or nothing. `false` if the
    /// account has no such live campaign. Leads, journal and statistics stay.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn delete_campaign(&self, account: AccountId, campaign: &TrackingCampaign) -> AppResult<bool> {
        let deletion = self
            .update(&Key::Campaign(CampaignKey { account, campaign: campaign.id }))
            .update_expression("SET #status = :deleted")
            .condition_expression("attribute_exists(PK) AND #status <> :deleted")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":deleted", to_attribute(&CampaignStatus::Deleted)?);
        let release = self
            .update(&Key::Chat(BotKey { account, bot: campaign.bot }, campaign.chat))
            .update_expression("REMOVE campaign")
            .condition_expression("campaign = :campaign")
            .expression_attribute_values(":campaign", number(campaign.id));
        let tracked = self
            .removal(&Key::TrackedChat(account, campaign.chat))
            .condition_expression("campaign = :campaign")
            .expression_attribute_values(":campaign", number(campaign.id));
        let slot = self
            .update(&Key::Account(account))
            .update_expression("ADD campaigns :minus_one")
            .expression_attribute_values(":minus_one", number(-1));
        let steps =
            [update_step(deletion)?, update_step(release)?, delete_step(tracked)?, update_step(slot)?];
        Ok(self.transact(steps).await?.is_none())
    }

    /// Notes what a live campaign's chat is called, unless a newer change of its title is known; `false` then, or if it
    /// is called so already.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn record_chat_title(
        &self,
        campaign: CampaignKey,
        title: &str,
        clock: FactClock,
    ) -> AppResult<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Campaign(campaign).attributes()))
            .update_expression("SET chat_title = :title, title_seen = :clock")
            .condition_expression(
                "attribute_exists(PK) AND #status <> :deleted AND chat_title <> :title AND \
                 (attribute_not_exists(title_seen) OR title_seen < :clock)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":title", text(title))
            .expression_attribute_values(":clock", text(clock))
            .expression_attribute_values(":deleted", to_attribute(&CampaignStatus::Deleted)?);
        written(update.send().await)
    }

    /// Sets the status of a campaign; `false` if the account has no such live one. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn set_campaign_status(
        &self,
        campaign: CampaignKey,
        status: CampaignStatus,
    ) -> AppResult<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Campaign(campaign).attributes()))
            .update_expression("SET #status = :status")
            .condition_expression("attribute_exists(PK) AND #status <> :deleted")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", to_attribute(&status)?)
            .expression_attribute_values(":deleted", to_attribute(&CampaignStatus::Deleted)?);
        written(update.send().await)
    }
}

fn is_claimed(chat: Option<&Item>) -> bool {
    chat.is_some_and(|chat| chat.contains_key("campaign") && chat.get("rights") == Some(&text("admin")))
}
