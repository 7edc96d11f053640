use super::App;
use super::list_pages::ListPage;
use crate::error::AppResult;
use crate::ids::{AccountId, OutreachCampaignId};
use crate::store::OutreachStep;

impl App {
    /// One page of a campaign's history, the latest first, each step with the version that it made; and how many there are
    /// on all pages: every version was made by one step.
    ///
    /// # Errors
    ///
    /// - [`crate::AppError::NotFound`] if the account has none such.
    /// - [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_history(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        page: ListPage,
    ) -> AppResult<(Vec<(u64, OutreachStep)>, u64)> {
        let total = self.outreach_campaign(account, id).await?.version;
        let last = total.saturating_sub(page.limit.saturating_mul(page.page.saturating_sub(1)));
        let first = last.saturating_sub(page.limit) + 1;
        if last == 0 {
            return Ok((Vec::new(), total));
        }
        let mut steps = self.store.outreach_steps(account, id, (first, last)).await?;
        steps.reverse();
        Ok((steps, total))
    }
}
