use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;

use super::access::{
    from_item, is_refusal, number, put_step, to_attribute, unavailable, update_step, written,
};
use super::{Due, Key, Store};
use crate::domain::bot_check::{BotCheck, PassPlace};
use crate::error::AppResult;
use crate::ids::BotKey;

/// What a look at a bot leaves behind.
#[derive(Clone, Copy, Debug)]
pub struct LookPlan<'a> {
    /// When the look was planned, in Unix milliseconds.
    pub planned_ms: i64,
    /// The next one.
    pub next: &'a Due,
    /// When the webhook was last found well, in Unix seconds.
    pub verified: i64,
    /// When a pass begins with this look, in Unix seconds.
    pub pass_begins: Option<i64>,
}

impl Store {
    /// How far the check of a bot is; `None` if nobody ever looked after it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn bot_check(&self, bot: BotKey) -> AppResult<Option<BotCheck>> {
        self.get(&Key::BotCheck(bot)).await
    }

    /// Has a bot looked after from `first` on, in place of any look that was planned before. With `unless_since_ms` only
    /// if none is planned for this moment or a later one, in Unix milliseconds. A pass that is under way goes on.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn begin_looks(
        &self,
        bot: BotKey,
        first: &Due,
        unless_since_ms: Option<i64>,
        now_ms: i64,
    ) -> AppResult<()> {
        let due = self.new_item(&first.unswept_key(now_ms), first)?;
        let mut check = self
            .update(&Key::BotCheck(bot))
            .update_expression("SET next_ms = :next")
            .expression_attribute_values(":next", number(first.due_ms));
        if let Some(since_ms) = unless_since_ms {
            check = check
                .condition_expression("attribute_not_exists(next_ms) OR next_ms < :since")
                .expression_attribute_values(":since", number(since_ms));
        }
        self.transact([put_step(due)?, update_step(check)?]).await.map(drop)
    }

    /// Plans the next look, if this one is the one that was planned: of two that were, one goes on. Twice is the same
    /// as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn plan_look(&self, bot: BotKey, plan: LookPlan<'_>, now_ms: i64) -> AppResult<()> {
        let LookPlan { planned_ms, next, verified, pass_begins } = plan;
        let due = self.new_item(&next.unswept_key(now_ms), next)?;
        let mut sets = "SET next_ms = :next, verified = :verified".to_owned();
        let mut check = self
            .update(&Key::BotCheck(bot))
            .condition_expression("next_ms = :planned")
            .expression_attribute_values(":planned", number(planned_ms))
            .expression_attribute_values(":next", number(next.due_ms))
            .expression_attribute_values(":verified", number(verified));
        if let Some(begun) = pass_begins {
            sets.push_str(", pass_begun = :begun, #place = :first");
            check = check
                .expression_attribute_names("#place", "place")
                .expression_attribute_values(":begun", number(begun))
                .expression_attribute_values(":first", to_attribute(&PassPlace::FIRST)?);
        }
        let check = check.update_expression(sets);
        self.transact([put_step(due)?, update_step(check)?]).await.map(drop)
    }

    /// Ends the looks at a bot, unless another one than this was planned meanwhile. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn end_looks(&self, bot: BotKey, planned_ms: i64) -> AppResult<()> {
        let update = self
            .update_check(bot)
            .update_expression("REMOVE next_ms, #place")
            .condition_expression("next_ms = :planned")
            .expression_attribute_names("#place", "place")
            .expression_attribute_values(":planned", number(planned_ms));
        written(update.send().await).map(drop)
    }

    /// Takes up the next piece of a pass; `None` if none is under way, or the last piece began later than
    /// `last_before_ms`, in Unix milliseconds.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `None`, and the piece is made up for by the next.
    pub async fn claim_piece(
        &self,
        bot: BotKey,
        now_ms: i64,
        last_before_ms: i64,
    ) -> AppResult<Option<BotCheck>> {
        let update = self
            .update_check(bot)
            .update_expression("SET piece_ms = :now")
            .condition_expression(
                "attribute_exists(#place) AND (attribute_not_exists(piece_ms) OR piece_ms <= :before)",
            )
            .expression_attribute_names("#place", "place")
            .expression_attribute_values(":now", number(now_ms))
            .expression_attribute_values(":before", number(last_before_ms))
            .return_values(ReturnValue::AllNew);
        match update.send().await {
            Ok(answer) => from_item(answer.attributes.unwrap_or_default()).map(Some),
            Err(error) if is_refusal(&error) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Notes how far a piece came that began at `from`, `None` for the end of the pass, unless another one came further:
    /// of two that overlap, because Telegram was slow, the first that ends counts.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_piece(&self, bot: BotKey, from: PassPlace, place: Option<PassPlace>) -> AppResult<()> {
        let update = self
            .update_check(bot)
            .condition_expression("#place = :from")
            .expression_attribute_names("#place", "place")
            .expression_attribute_values(":from", to_attribute(&from)?);
        let update = match place {
            Some(place) => update
                .update_expression("SET #place = :place")
                .expression_attribute_values(":place", to_attribute(&place)?),
            None => update.update_expression("REMOVE #place"),
        };
        written(update.send().await).map(drop)
    }

    fn update_check(&self, bot: BotKey) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(Key::BotCheck(bot).attributes()))
    }
}
