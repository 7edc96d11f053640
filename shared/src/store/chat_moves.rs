use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem};

use super::access::{delete_step, number, put_step, text, to_attribute, update_step};
use super::campaigns::TrackedChat;
use super::{Chat, ChatKind, ChatRights, Key, Store};
use crate::domain::fact_clock::FactClock;
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey, ChatId, TrackingCampaignId};

/// What became of a group that is a supergroup now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatMove {
    /// Everything that named the group names the supergroup.
    Moved,
    /// Something moved meanwhile: read the chat again.
    Changed,
    /// Another campaign tracks the supergroup already.
    Taken,
}

impl Store {
    /// Writes everywhere that a group of a bot is now the supergroup `to`: the bot's chat, and, if a campaign tracks
    /// it, the campaign and the account's claim with it; all or nothing. The group's item stays and says where it
    /// went; what is known of the supergroup already is not overwritten.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; after a retry the answer may be [`ChatMove::Changed`] by the first attempt.
    pub async fn move_chat(&self, bot: BotKey, from: &Chat, to: ChatId) -> AppResult<ChatMove> {
        let steps = match from.campaign {
            Some(campaign) => self.tracked_steps(bot, from, to, campaign)?,
            None => vec![
                update_step(self.leave_step(bot, from, to).condition_expression(
                    "attribute_exists(PK) AND attribute_not_exists(campaign) AND attribute_not_exists(moved_to)",
                ))?,
                update_step(self.arrive_step(bot, from, to)?)?,
            ],
        };
        Ok(match self.transact(steps).await? {
            None => ChatMove::Moved,
            Some(refusal) if matches!(refusal.step, 1 | 3) => ChatMove::Taken,
            Some(_) => ChatMove::Changed,
        })
    }

    /// Notes that a group of which nothing is known is now the supergroup `to`; `false` if something is known.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; after a retry the answer may be `false` by the first attempt.
    pub async fn note_move(&self, bot: BotKey, from: ChatId, to: ChatId) -> AppResult<bool> {
        let marker = self
            .update(&Key::Chat(bot, from))
            .update_expression(
                "SET id = :id, title = :title, #type = :type, rights = :lost, seen = :seen, moved_to = :to",
            )
            .condition_expression("attribute_not_exists(PK)")
            .expression_attribute_names("#type", "type")
            .expression_attribute_values(":id", number(from))
            .expression_attribute_values(":title", text(""))
            .expression_attribute_values(":type", to_attribute(&ChatKind::Group)?)
            .expression_attribute_values(":lost", to_attribute(&ChatRights::Lost)?)
            .expression_attribute_values(":seen", text(FactClock::first_of_second(0)))
            .expression_attribute_values(":to", number(to));
        Ok(self.transact([update_step(marker)?]).await?.is_none())
    }

    /// Gives a bot the rights that it has in a group in the supergroup `to` that it became, unless something is known
    /// of it. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn arrive(&self, bot: BotKey, from: &Chat, to: ChatId) -> AppResult<()> {
        self.transact([update_step(self.arrive_step(bot, from, to)?)?]).await.map(drop)
    }

    fn tracked_steps(
        &self,
        bot: BotKey,
        from: &Chat,
        to: ChatId,
        campaign: TrackingCampaignId,
    ) -> AppResult<Vec<TransactWriteItem>> {
        let (account, claim) = (bot.account, number(campaign));
        let leave = self.leave_step(bot, from, to);
        let leave_expression = leave.get_update_expression().clone().unwrap_or_default();
        let leave = leave
            .update_expression(leave_expression + " REMOVE campaign")
            .condition_expression("campaign = :campaign")
            .expression_attribute_values(":campaign", claim.clone());
        let arrive = self.arrive_step(bot, from, to)?;
        let arrive_expression = arrive.get_update_expression().clone().unwrap_or_default();
        let arrive = arrive
            .update_expression(arrive_expression + ", campaign = :campaign")
            .condition_expression("attribute_not_exists(campaign) OR campaign = :campaign")
            .expression_attribute_values(":campaign", claim.clone());
        let release = self
            .removal(&Key::TrackedChat(account, from.id))
            .condition_expression("campaign = :campaign")
            .expression_attribute_values(":campaign", claim.clone());
        let tracked = self
            .new_item(&Key::TrackedChat(account, to), &TrackedChat { id: to, campaign })?
            .condition_expression("attribute_not_exists(PK) OR campaign = :campaign")
            .expression_attribute_values(":campaign", claim);
        let settings = self
            .update(&Key::Campaign(CampaignKey { account, campaign }))
            .update_expression("SET chat = :to")
            .condition_expression("chat = :from")
            .expression_attribute_values(":to", number(to))
            .expression_attribute_values(":from", number(from.id));
        Ok(vec![
            update_step(leave)?,
            update_step(arrive)?,
            delete_step(release)?,
            put_step(tracked)?,
            update_step(settings)?,
        ])
    }

    /// The group is nothing that the bot is administrator of any more.
    fn leave_step(&self, bot: BotKey, from: &Chat, to: ChatId) -> UpdateBuilder {
        self.update(&Key::Chat(bot, from.id))
            .update_expression("SET rights = :lost, moved_to = :to")
            .expression_attribute_values(":lost", text("lost"))
            .expression_attribute_values(":to", number(to))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// The bot has the rights that it had in the group, until Telegram says otherwise.
    fn arrive_step(&self, bot: BotKey, from: &Chat, to: ChatId) -> AppResult<UpdateBuilder> {
        let Chat { title, rights, seen, .. } = from;
        Ok(self
            .update(&Key::Chat(bot, to))
            .update_expression(
                "SET id = :id, #type = :type, title = if_not_exists(title, :title), \
                 rights = if_not_exists(rights, :rights), seen = if_not_exists(seen, :seen)",
            )
            .expression_attribute_names("#type", "type")
            .expression_attribute_values(":id", number(to))
            .expression_attribute_values(":type", to_attribute(&ChatKind::Supergroup)?)
            .expression_attribute_values(":title", text(title))
            .expression_attribute_values(":rights", to_attribute(rights)?)
            .expression_attribute_values(":seen", text(seen)))
    }
}
