use serde::{Deserialize, Serialize};

use super::access::{delete_step, from_item, number, put_step};
use super::{ExecutionChange, HeldWrite, HoldingChange, Item, Key, Store};
use crate::domain::outreach::{CampaignEvent, Holding, OutreachCampaign, OutreachStatus, ToldStep};
use crate::error::AppResult;
use crate::ids::{AccountId, OutreachCampaignId};

/// One step of a campaign's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutreachStep {
    /// The route's verb, or what happened by itself.
    pub action: String,
    /// Before it.
    pub from: OutreachStatus,
    /// After it.
    pub to: OutreachStatus,
    /// Unix seconds.
    pub time: i64,
}

impl Store {
    /// One outreach campaign of an account.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_campaign(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
    ) -> AppResult<Option<OutreachCampaign>> {
        self.get(&Key::Outreach(account, id)).await
    }

    /// Every outreach campaign of an account.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_campaigns(&self, account: AccountId) -> AppResult<Vec<OutreachCampaign>> {
        let any = OutreachCampaignId::default();
        self.query(Key::Outreach(account, &any).partition(), "CAMP#").await
    }

    /// The steps of a campaign's history that made these versions, the first and the last included, oldest first; each with
    /// its version.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_steps(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        (first, last): (u64, u64),
    ) -> AppResult<Vec<(u64, OutreachStep)>> {
        let [first, last] = [first, last].map(|version| Key::OutreachStep(account, id, version));
        let items = self.query_between(&first, &last).await?.into_iter();
        let version = |item: &Item| item.get("SK")?.as_s().ok()?.rsplit('#').next()?.parse().ok();
        items
            .filter_map(|item| Some((version(&item)?, item)))
            .map(|(of, item)| Ok((of, from_item(item)?)))
            .collect()
    }

    /// Writes a campaign under a fresh id, the first step of its history, and what the account keeps: all or nothing.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`HeldWrite::Overtaken`] by the first attempt.
    pub async fn create_outreach_campaign(
        &self,
        account: AccountId,
        campaign: &OutreachCampaign,
        step: &OutreachStep,
        held: HoldingChange,
    ) -> AppResult<HeldWrite> {
        let told = [CampaignEvent::made(campaign)];
        let told = self.told_step(account, &campaign.id, step.time, &told)?;
        let step = self.new_item(&Key::OutreachStep(account, &campaign.id, campaign.version), step)?;
        let campaign = (&Key::Outreach(account, &campaign.id), campaign);
        self.make_held(account, campaign, held, std::iter::once(put_step(step)?).chain(told)).await
    }

    /// Replaces a campaign that was read at the version before this one, notes the step, begins or moves executions with it,
    /// and records what webhooks are told of that: all or nothing. `false` if one of them was changed since, or is gone. For changes of all but the document.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn change_outreach_campaign(
        &self,
        account: AccountId,
        campaign: &OutreachCampaign,
        step: &OutreachStep,
        executions: impl IntoIterator<Item = ExecutionChange<'_>>,
    ) -> AppResult<bool> {
        let same = HoldingChange::changed(Holding::Campaigns, 0, 0);
        let written = self.change_outreach_document(account, campaign, (step, same), executions).await?;
        Ok(written == HeldWrite::Written)
    }

    /// The same where the document changes too, with what the account keeps.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`HeldWrite::Overtaken`] by the first attempt.
    pub async fn change_outreach_document(
        &self,
        account: AccountId,
        campaign: &OutreachCampaign,
        (step, held): (&OutreachStep, HoldingChange),
        executions: impl IntoIterator<Item = ExecutionChange<'_>>,
    ) -> AppResult<HeldWrite> {
        let listing = campaign.sent_by();
        let held = held.listing(i64::from(listing.is_some()) - i64::from(campaign.listed));
        let known = campaign.listed;
        let campaign = &OutreachCampaign { listed: listing.is_some(), ..campaign.clone() };
        let put = self
            .new_item(&Key::Outreach(account, &campaign.id), campaign)?
            .condition_expression("version = :before")
            .expression_attribute_values(":before", number(campaign.version - 1));
        let OutreachStep { ref action, from, to, time } = *step;
        let mut told = CampaignEvent::of_step(campaign, ToldStep { action, from, to });
        let step = self.new_item(&Key::OutreachStep(account, &campaign.id, campaign.version), step)?;
        let mut steps = vec![put_step(put)?, put_step(step)?];
        steps.extend(self.listing_step(account, &campaign.id, listing, known)?);
        for change in executions {
            told.extend(change.told().map(|(_, event)| event));
            steps.extend(self.execution_steps(account, change)?);
        }
        steps.extend(self.told_step(account, &campaign.id, time, &told)?);
        self.write_held(account, steps, held).await
    }

    /// Deletes a campaign that was read at this version, and moves executions with it: all or nothing. `false` if one of
    /// them was changed since, or is gone. Its history stays.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn delete_outreach_campaign(
        &self,
        account: AccountId,
        campaign: &OutreachCampaign,
        (step, held): (&OutreachStep, HoldingChange),
        executions: impl IntoIterator<Item = ExecutionChange<'_>>,
    ) -> AppResult<bool> {
        let removal = self
            .removal(&Key::Outreach(account, &campaign.id))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", number(campaign.version));
        let step = self.new_item(&Key::OutreachStep(account, &campaign.id, campaign.version + 1), step)?;
        let mut steps = vec![delete_step(removal)?, put_step(step)?];
        steps.extend(self.listing_step(account, &campaign.id, None, campaign.listed)?);
        let held = held.listing(-i64::from(campaign.listed));
        for change in executions {
            steps.extend(self.execution_steps(account, change)?);
        }
        Ok(self.write_held(account, steps, held).await? == HeldWrite::Written)
    }
}
