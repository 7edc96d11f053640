use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::App;
use super::draw::draw_in_order;
use super::list_pages::{ListPage, has_text};
use super::outreach::CHANGE_TRIES;
use crate::domain::outreach::{
    Holding, OutreachStatus, Segment, SegmentBody, document_bytes, exclusion_faults,
};
use crate::error::{AppError, AppResult, Fault};
use crate::ids::{AccountId, OutreachCampaignId, SegmentId};
use crate::store::{HeldWrite, HoldingChange, Naming};

/// Which segments, in which order, and which page of them.
#[derive(Clone, Debug)]
pub struct SegmentQuestion {
    /// With this text in the name, in any letter case.
    pub search: Option<String>,
    /// By what.
    pub sort: SegmentSort,
    /// Which page.
    pub page: ListPage,
}

/// What segments are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentSort {
    /// When they were made.
    CreatedAt,
    /// When they were changed last.
    UpdatedAt,
    /// Their name, in any letter case.
    Name,
}

impl App {
    /// Makes a segment.
    ///
    /// # Errors
    ///
    /// - [`AppError::Invalid`], [`AppError::UnsupportedFilter`] for what was sent.
    /// - [`AppError::Unavailable`]; a retry may make a second one.
    pub async fn create_segment(
        &self,
        account: AccountId,
        document: Map<String, Value>,
    ) -> AppResult<Segment> {
        let (now, id) = (self.clock.now(), SegmentId::of(&draw_in_order(self.clock.now_ms())?));
        let document = Segment::own_fields(document);
        let body = SegmentBody::read(&document)?;
        let made = HoldingChange::made(Holding::Segments, document_bytes(&document)?);
        let segment = Segment { id, document, version: 1, created: now, updated: now };
        for _ in 0..CHANGE_TRIES {
            let held = made.naming(self.naming_of(account, &segment.id, &body).await?);
            match self.store.create_segment(account, &segment, held).await? {
                HeldWrite::Written => return Ok(segment),
                HeldWrite::Overtaken => {}
                HeldWrite::Full | HeldWrite::ListFull => return Err(Holding::Segments.full()),
            }
        }
        Err(AppError::unavailable("the segments are being changed by other calls"))
    }

    /// One segment.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn segment(&self, account: AccountId, id: &SegmentId) -> AppResult<Segment> {
        self.store.segment(account, id).await?.ok_or(AppError::NotFound("segment"))
    }

    /// One page of an account's segments, and how many there are on all pages.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn list_segments(
        &self,
        account: AccountId,
        question: &SegmentQuestion,
    ) -> AppResult<(Vec<Segment>, u64)> {
        let mut found = Vec::new();
        for segment in self.store.segments(account).await? {
            let name = segment.body()?.name;
            if question.search.as_ref().is_none_or(|search| has_text(&name, search)) {
                let rank = match question.sort {
                    SegmentSort::CreatedAt => (segment.created, String::new()),
                    SegmentSort::UpdatedAt => (segment.updated, String::new()),
                    SegmentSort::Name => (0, name.to_lowercase()),
                };
                found.push(((rank, segment.id.clone()), segment));
            }
        }
        Ok(question.page.of(found))
    }

    /// Changes what is named of a segment; a `version` that is named must be the present one.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Invalid`], [`AppError::UnsupportedFilter`] for what was sent.
    /// - [`AppError::VersionConflict`] if it was changed since the version that was named.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn update_segment(
        &self,
        account: AccountId,
        id: &SegmentId,
        changes: Map<String, Value>,
    ) -> AppResult<Segment> {
        let version = super::outreach::named_version(&changes)?;
        let changes = Segment::own_fields(changes);
        for _ in 0..CHANGE_TRIES {
            let mut segment = self.segment(account, id).await?;
            if version.is_some_and(|version| version != segment.version) {
                return Err(AppError::VersionConflict);
            }
            let document = segment.changed(changes.clone());
            if document == segment.document {
                return Ok(segment);
            }
            let known = document_bytes(&segment.document)?;
            let mut held = HoldingChange::changed(Holding::Segments, known, document_bytes(&document)?);
            segment.document = document;
            let body = segment.body()?;
            if changes.contains_key("exclude") {
                held = held.naming(self.naming_of(account, id, &body).await?);
            }
            (segment.version, segment.updated) = (segment.version + 1, self.clock.now());
            match self.store.change_segment(account, &segment, held).await? {
                HeldWrite::Written => return Ok(segment),
                HeldWrite::Overtaken => {}
                HeldWrite::Full | HeldWrite::ListFull => return Err(Holding::Segments.full()),
            }
        }
        Err(AppError::unavailable("the segment is being changed by other calls"))
    }

    /// Deletes a segment that nothing needs: what begins to name it meanwhile is noticed.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::SegmentInUse`] if a campaign that is not over, or another segment, names it.
    /// - [`AppError::Unavailable`]; a retry may answer [`AppError::NotFound`] by the first attempt.
    pub async fn delete_segment(&self, account: AccountId, id: &SegmentId) -> AppResult<()> {
        for _ in 0..CHANGE_TRIES {
            let naming = Naming::After(self.store.naming(account).await?);
            let segment = self.segment(account, id).await?;
            let (campaigns, segments) = self.users_of_segment(account, id).await?;
            if !campaigns.is_empty() || !segments.is_empty() {
                return Err(AppError::SegmentInUse { campaigns, segments });
            }
            let held = HoldingChange::deleted(Holding::Segments, document_bytes(&segment.document)?);
            let deleted = self.store.delete_segment(account, &segment, held.naming(naming)).await?;
            if deleted == HeldWrite::Written {
                return Ok(());
            }
        }
        Err(AppError::unavailable("the segment is being changed by other calls"))
    }

    /// What writing this body does about segments, once whom it leaves out is checked: the write rests on that.
    async fn naming_of(&self, account: AccountId, id: &SegmentId, body: &SegmentBody) -> AppResult<Naming> {
        if body.exclude.is_empty() {
            return Ok(Naming::Same);
        }
        let naming = Naming::After(self.store.naming(account).await?);
        self.check_exclusions(account, id, body).await?;
        Ok(naming)
    }

    /// The campaigns that are not over, and the segments, that name a segment.
    async fn users_of_segment(
        &self,
        account: AccountId,
        id: &SegmentId,
    ) -> AppResult<(Vec<OutreachCampaignId>, Vec<SegmentId>)> {
        let (mut campaigns, mut segments) = (Vec::new(), Vec::new());
        for campaign in self.store.outreach_campaigns(account).await? {
            let is_over = matches!(campaign.status, OutreachStatus::Completed | OutreachStatus::Cancelled);
            if !is_over && campaign.body()?.audience.segments.contains(id) {
                campaigns.push(campaign.id);
            }
        }
        for segment in self.store.segments(account).await? {
            if segment.body()?.exclude.contains(id) {
                segments.push(segment.id);
            }
        }
        Ok((campaigns, segments))
    }

    /// Whether those whom a segment leaves out are there, and none of them leaves it out.
    pub(super) async fn check_exclusions(
        &self,
        account: AccountId,
        id: &SegmentId,
        body: &SegmentBody,
    ) -> AppResult<()> {
        if body.exclude.is_empty() {
            return Ok(());
        }
        let mut all = BTreeMap::new();
        for segment in self.store.segments(account).await? {
            let exclude = segment.body()?.exclude;
            all.insert(segment.id, exclude);
        }
        all.insert(id.clone(), body.exclude.clone());
        let faults: Vec<Fault> = exclusion_faults(id, &all);
        if faults.is_empty() { Ok(()) } else { Err(AppError::Invalid(faults)) }
    }
}
