use serde_json::{Map, Value};

use super::App;
use super::draw::{ID_LENGTH, draw, draw_in_order};
use super::execution_moves::Moment;
use super::outreach_changes::{Asked, allow, step};
use crate::domain::outreach::{
    CampaignAction, CampaignBody, ExecutionProgress, Holding, OutreachCampaign, OutreachStatus,
    TriggeredRuns, copied, document_bytes, own_fields,
};
use crate::error::{AppError, AppResult, Fault};
use crate::ids::{AccountId, OutreachCampaignId};
use crate::store::{HeldWrite, HoldingChange, Naming, OutreachStep};

/// How often a change is made anew that others overtook.
pub(super) const CHANGE_TRIES: usize = 8;

impl App {
    /// Makes a campaign, a draft.
    ///
    /// # Errors
    ///
    /// - [`AppError::Invalid`], [`AppError::UnsupportedFilter`] for what was sent.
    /// - [`AppError::Unavailable`]; a retry may make a second one.
    pub async fn create_outreach_campaign(
        &self,
        account: AccountId,
        document: Map<String, Value>,
    ) -> AppResult<OutreachCampaign> {
        let document = drawn_fields(document)?;
        self.check_campaign_media(account, &CampaignBody::read(&document)?).await?;
        self.make_outreach_campaign(account, document, "create").await
    }

    async fn make_outreach_campaign(
        &self,
        account: AccountId,
        document: Map<String, Value>,
        action: &str,
    ) -> AppResult<OutreachCampaign> {
        let (now, bytes) = (self.clock.now(), document_bytes(&document)?);
        let campaign = OutreachCampaign {
            id: OutreachCampaignId::of(&draw_in_order(self.clock.now_ms())?),
            status: OutreachStatus::Draft,
            progress: ExecutionProgress::NothingSent,
            last_execution: None,
            tests: Vec::new(),
            triggered: TriggeredRuns::default(),
            listed: false,
            document,
            version: 1,
            pause_reason: None,
            created: now,
            updated: now,
        };
        let (from, to) = (campaign.status, campaign.status);
        let step = OutreachStep { action: action.to_owned(), from, to, time: now };
        let naming = if names_segments(&campaign)? { Naming::Begins } else { Naming::Same };
        let held = HoldingChange::made(Holding::Campaigns, bytes).naming(naming);
        match self.store.create_outreach_campaign(account, &campaign, &step, held).await? {
            HeldWrite::Written => Ok(campaign),
            HeldWrite::Overtaken => Err(AppError::unavailable("a drawn id is in use")),
            HeldWrite::Full | HeldWrite::ListFull => Err(Holding::Campaigns.full()),
        }
    }

    /// One campaign.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn outreach_campaign(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
    ) -> AppResult<OutreachCampaign> {
        self.store.outreach_campaign(account, id).await?.ok_or(AppError::NotFound("campaign"))
    }

    /// Changes what is named of a campaign, its status included; a `version` that is named must be the present one.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such, or not one of the segments and templates of one that becomes
    ///   active.
    /// - [`AppError::Invalid`], [`AppError::UnsupportedFilter`] for what was sent.
    /// - [`AppError::Refused`] if its status, its end date or its execution does not allow it.
    /// - [`AppError::NoContent`], [`AppError::EmptyAudience`] if one becomes active that has nothing to send, or nobody to
    ///   send to.
    /// - [`AppError::VersionConflict`] if it was changed since the version that was named.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn update_outreach_campaign(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        changes: Map<String, Value>,
    ) -> AppResult<OutreachCampaign> {
        let (version, status) = (named_version(&changes)?, named_status(&changes)?);
        let changes = drawn_fields(changes)?;
        let asked = Asked::Update { version, status, changes: &changes };
        let campaign = self.change_outreach(account, id, &asked).await?;
        if let Some(last) = campaign.last_execution.as_ref().filter(|_| changes.contains_key("strategy")) {
            self.look_anew(account, last).await?;
        }
        Ok(campaign)
    }

    /// Deletes a campaign, and ends its tests; its history stays.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Refused`] unless it is a draft or cancelled.
    /// - [`AppError::Unavailable`]; a retry may answer [`AppError::NotFound`] by the first attempt.
    pub async fn delete_outreach_campaign(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
    ) -> AppResult<()> {
        for _ in 0..CHANGE_TRIES {
            let (mut campaign, at) =
                (self.outreach_campaign(account, id).await?, Moment::of(account, &self.clock));
            let to = allow(&campaign, CampaignAction::Delete, at.now)?;
            let step = step(CampaignAction::Delete, campaign.status, to, at.now);
            let underway = self.tests_underway(account, &campaign.tests).await?;
            let tests = at.end_tests(&mut campaign, underway)?;
            let held = HoldingChange::deleted(Holding::Campaigns, document_bytes(&campaign.document)?);
            let now_ms = self.clock.now_ms();
            let ended = tests.iter().map(|moved| moved.written(now_ms));
            if self.store.delete_outreach_campaign(account, &campaign, (&step, held), ended).await? {
                return Ok(());
            }
        }
        Err(AppError::unavailable("the campaign is being changed by other calls"))
    }

    /// Pauses a campaign.
    ///
    /// # Errors
    ///
    /// As [`App::update_outreach_campaign`].
    pub async fn pause_outreach_campaign(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
    ) -> AppResult<OutreachCampaign> {
        self.change_outreach(account, id, &Asked::Move(CampaignAction::Pause)).await
    }

    /// Lets a paused campaign go on.
    ///
    /// # Errors
    ///
    /// As [`App::update_outreach_campaign`].
    pub async fn resume_outreach_campaign(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
    ) -> AppResult<OutreachCampaign> {
        self.change_outreach(account, id, &Asked::Move(CampaignAction::Resume)).await
    }

    /// Makes a draft of the same content under another id and name, without dates that are over; with what was counted of
    /// the original in all, or with nothing counted.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Invalid`] for the name.
    /// - [`AppError::Unavailable`]; a retry may make a second one.
    pub async fn clone_outreach_campaign(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        name: Option<String>,
        resets_statistics: bool,
    ) -> AppResult<OutreachCampaign> {
        let original = self.outreach_campaign(account, id).await?;
        let mut document = copied(&original, name, self.clock.now());
        forget_ids(&mut document);
        let document = drawn_fields(document)?;
        CampaignBody::read(&document)?;
        let copy = self.make_outreach_campaign(account, document, CampaignAction::Clone.name()).await?;
        if !resets_statistics {
            self.store.copy_outreach_total(account, id, &copy.id).await?;
        }
        Ok(copy)
    }
}

/// Whether a campaign names segments.
pub(super) fn names_segments(campaign: &OutreachCampaign) -> AppResult<bool> {
    Ok(!campaign.body()?.audience.segments.is_empty())
}

/// The fields that are the client's, with ids for messages and variations that have none.
fn drawn_fields(document: Map<String, Value>) -> AppResult<Map<String, Value>> {
    let mut failure = None;
    let document = own_fields(document, |prefix| match draw(ID_LENGTH) {
        Ok(drawn) => format!("{prefix}{drawn}"),
        Err(error) => {
            failure = Some(error);
            String::new()
        }
    });
    failure.map_or(Ok(document), Err)
}

/// A copy's messages are others than the original's.
fn forget_ids(document: &mut Map<String, Value>) {
    let forget = |item: &mut Value| item.as_object_mut().and_then(|item| item.remove("id"));
    for message in document.get_mut("messages").and_then(Value::as_array_mut).into_iter().flatten() {
        forget(message);
        let variations = message.get_mut("variations").and_then(Value::as_array_mut);
        variations.into_iter().flatten().for_each(|variation| drop(forget(variation)));
    }
}

/// The version that changes say they were made of.
pub(super) fn named_version(changes: &Map<String, Value>) -> AppResult<Option<u64>> {
    match changes.get("version") {
        None | Some(Value::Null) => Ok(None),
        Some(version) => version.as_u64().map(Some).ok_or_else(|| fault("version", "must be a whole number")),
    }
}

fn named_status(changes: &Map<String, Value>) -> AppResult<Option<OutreachStatus>> {
    let Some(status) = changes.get("status").filter(|status| !status.is_null()) else { return Ok(None) };
    let found = OutreachStatus::ALL.into_iter().find(|known| status.as_str() == Some(known.name()));
    let expected = format!("must be one of {}", OutreachStatus::ALL.map(OutreachStatus::name).join(", "));
    found.map(Some).ok_or_else(|| fault("status", &expected))
}

fn fault(field: &str, reason: &str) -> AppError {
    AppError::Invalid(vec![Fault { field: field.to_owned(), reason: reason.to_owned() }])
}
