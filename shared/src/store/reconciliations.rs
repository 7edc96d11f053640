use super::access::{text, to_attribute, written};
use super::{FactWrite, Key, Store};
use crate::domain::fact_clock::FactClock;
use crate::domain::lead::LeadFacts;
use crate::domain::reconciliation::MissedFact;
use crate::error::AppResult;
use crate::ids::{CampaignKey, UserId};

impl Store {
    /// Writes a fact that no update told, marked as reconciled, if the memberships known of the lead are still those of
    /// `seen`: what came meanwhile is newer than the question.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn record_missed(
        &self,
        campaign: CampaignKey,
        user: UserId,
        missed: MissedFact,
        clock: FactClock,
        seen: &LeadFacts,
    ) -> AppResult<FactWrite> {
        let sets = match missed {
            MissedFact::Join => "SET #join = :clock, reconciled_join = :clock",
            MissedFact::Leave(_) => "SET #leave = :clock, reconciled_leave = :clock, leave_kind = :kind",
        };
        let mut conditions = vec!["attribute_exists(starts)".to_owned()];
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Lead(campaign, user).attributes()))
            .update_expression(sets)
            .expression_attribute_values(":clock", text(clock));
        if let MissedFact::Leave(kind) = missed {
            update = update.expression_attribute_values(":kind", to_attribute(&kind)?);
        }
        let leave = seen.leave.map(|leave| leave.clock);
        for (register, known) in [("request", seen.request), ("join", seen.join), ("leave", leave)] {
            update = update.expression_attribute_names(format!("#{register}"), register);
            match known {
                Some(known) => {
                    conditions.push(format!("#{register} = :{register}"));
                    update = update.expression_attribute_values(format!(":{register}"), text(known));
                }
                None => conditions.push(format!("attribute_not_exists(#{register})")),
            }
        }
        let update = update.condition_expression(conditions.join(" AND "));
        Ok(if written(update.send().await)? { FactWrite::Recorded } else { FactWrite::Known })
    }

    /// Notes that a lead of whom nothing but Start was seen is outside its chat. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_outside(&self, campaign: CampaignKey, user: UserId, clock: FactClock) -> AppResult<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Lead(campaign, user).attributes()))
            .update_expression("SET found_outside = :clock")
            .condition_expression("attribute_exists(starts) AND attribute_not_exists(found_outside)")
            .expression_attribute_values(":clock", text(clock));
        written(update.send().await).map(drop)
    }
}
