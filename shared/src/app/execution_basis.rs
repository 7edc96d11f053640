//! What an execution goes by, made of a campaign as it is, and whether that is enough for the campaign to be active.

use super::App;
use super::audience_totals::AudienceTotal;
use super::contests::check_contest;
use super::invitations::check_invitation;
use crate::domain::outreach::{
    Audience, AudienceCount, CampaignBody, CampaignType, ExecutionBasis, ExecutionOrder, ExecutionPlan,
    ExecutionProgress, MessageContent, OutreachCampaign,
};
use crate::error::{AppError, AppResult, Fault};
use crate::ids::AccountId;

/// What a plan takes at most, in bytes of JSON: an item takes 400 kB.
const PLAN_BYTES: usize = 300_000;

/// What the messages take at most, in bytes of JSON: a transaction takes 4 MB.
const CONTENT_BYTES: usize = 2_000_000;

/// A campaign that may be active.
pub(super) struct Ready {
    /// What an execution of it would go by.
    pub basis: ExecutionBasis,
    /// Whom that would reach.
    pub counts: AudienceCount,
    /// How many people its audience has, if that is the same.
    pub total: Option<AudienceTotal>,
}

impl App {
    /// What an execution of a campaign goes by that begins now.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] for a segment or a template that the account does not have.
    /// - [`AppError::NoContent`] if there is no message, or no contest where one is to be held.
    /// - [`AppError::Invalid`] if messages do not fit their templates, something is too long to be kept, a campaign that
    ///   invites does not say where to, or one of type custom not whom to ask.
    /// - [`AppError::Unavailable`], safe to retry.
    pub(super) async fn basis_of(
        &self,
        account: AccountId,
        campaign: &OutreachCampaign,
        order: &ExecutionOrder,
    ) -> AppResult<ExecutionBasis> {
        let body = campaign.body()?;
        check_invitation(&body)?;
        check_contest(&body, self.clock.now())?;
        self.check_custom(account, &body).await?;
        let content = self.frozen_content(account, &body).await?;
        let plan = ExecutionPlan {
            campaign: campaign.id.clone(),
            audience: self.audience_of(account, &body, order).await?,
            percentage: order.percentage,
            weights: ExecutionPlan::weights_of(&body),
            testers: if order.test { Some(self.testers(account).await?) } else { None },
            second_try: None,
            frequency_cap: body.strategy.frequency_cap,
            holdout: body.strategy.holdout,
            repeats: body.strategy.recurrence.is_some(),
            ab_test: body.ab_test.clone().filter(|_| !order.test),
            asks: body.kind == CampaignType::Custom,
        };
        let reason = format!("segments and filters must take at most {PLAN_BYTES} bytes together");
        check_bytes(serde_json::to_string(&plan), PLAN_BYTES, "targetAudience", reason)?;
        Ok(ExecutionBasis { plan, content })
    }

    /// What a campaign says, each message joined with its template, as far as it can be kept with an execution.
    pub(super) async fn frozen_content(
        &self,
        account: AccountId,
        body: &CampaignBody,
    ) -> AppResult<Vec<MessageContent>> {
        let content = self.content_of(account, body).await?;
        let reason = format!("messages must take at most {CONTENT_BYTES} bytes with their templates");
        check_bytes(serde_json::to_string(&content), CONTENT_BYTES, "messages", reason)?;
        Ok(content)
    }

    /// A test goes to testers whether they are in the audience or not, by the bots of the campaign.
    async fn audience_of(
        &self,
        account: AccountId,
        body: &CampaignBody,
        order: &ExecutionOrder,
    ) -> AppResult<Audience> {
        let audience = self.audience(account, &body.audience).await?;
        Ok(match order.test {
            true => Audience { bots: audience.bots, silent: audience.silent, ..Audience::default() },
            false => audience,
        })
    }

    /// Checks that a campaign that is to be active has something to say, and somebody to say it to; where it has been sent
    /// before, or waits for triggers, there need be nobody.
    ///
    /// # Errors
    ///
    /// - As [`App::basis_of`].
    /// - [`AppError::EmptyAudience`] if it reaches nobody.
    pub(super) async fn ready(&self, account: AccountId, campaign: &OutreachCampaign) -> AppResult<Ready> {
        let basis = self.basis_of(account, campaign, &ExecutionOrder::default()).await?;
        let (seen, exact) = self.count_plan(account, &basis.plan).await?;
        let counts = seen.counted.count;
        let awaits_people = !campaign.body()?.triggers.is_empty();
        if exact && counts.reachable == 0 && campaign.progress != ExecutionProgress::Ended && !awaits_people {
            return Err(AppError::EmptyAudience);
        }
        // Of one that was sent before, those are left out whom it reached.
        let is_whole = campaign.progress == ExecutionProgress::NothingSent;
        let total = is_whole.then_some(AudienceTotal { reachable: counts.reachable, exact });
        Ok(Ready { basis, counts, total })
    }
}

fn check_bytes(
    text: Result<String, serde_json::Error>,
    limit: usize,
    field: &str,
    reason: String,
) -> AppResult<()> {
    match text.map_err(|error| AppError::unavailable(error.to_string()))?.len() <= limit {
        true => Ok(()),
        false => Err(AppError::Invalid(vec![Fault { field: field.to_owned(), reason }])),
    }
}
