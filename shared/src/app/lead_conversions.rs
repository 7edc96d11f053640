//! What leads are to outreach: people by their clicks, and conversions.

use futures::{TryStreamExt, stream};
use rust_decimal::Decimal;

use super::App;
use super::conversions::{id_of, touch_of};
use crate::domain::fact_clock::FactClock;
use crate::domain::lead::{LeadFacts, Start, events};
use crate::domain::lead_event::LeadStatus;
use crate::domain::outreach::{Conversion, ConversionIdentity, Currency};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, CampaignKey, LeadId, UserId};
use crate::store::Lead;

/// How many people are written at the same time.
const PEOPLE_AT_ONCE: usize = 16;

/// How often it is tried to record a conversion of somebody who is changed meanwhile.
const CONVERSION_TRIES: usize = 10;

/// What steps of leads are to outreach.
#[derive(Default)]
pub(super) struct LeadOutreach<'a> {
    clicks: Vec<(UserId, &'a str, FactClock)>,
    approved: Vec<(UserId, LeadId, i64)>,
}

impl<'a> LeadOutreach<'a> {
    /// Adds one step of a lead. An approval counts whether the campaign tells of it or is paused.
    pub fn add(&mut self, old: &LeadFacts, new: &'a Lead) {
        let Some(lead) = new.id else { return };
        let user = new.person.user;
        let is_news = |start: &&Start| !start.click.is_empty() && !old.starts.contains(*start);
        let starts = new.facts.starts.iter().filter(is_news);
        self.clicks.extend(starts.map(|start| (user, start.click.as_str(), start.clock)));
        let approvals =
            events(old, &new.facts).into_iter().filter(|event| event.status == LeadStatus::Approve);
        self.approved.extend(approvals.map(|event| (user, lead, event.clock.date)));
    }
}

impl App {
    /// Notes who came by which click, and records approvals of people whom a campaign reached. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn tell_outreach(&self, key: CampaignKey, leads: LeadOutreach<'_>) -> AppResult<()> {
        let now = self.clock.now();
        stream::iter(leads.clicks.into_iter().map(Ok))
            .try_for_each_concurrent(PEOPLE_AT_ONCE, |(user, click, clock)| {
                self.store.note_click(key.account, user, (click, clock), now)
            })
            .await?;
        stream::iter(leads.approved.into_iter().map(Ok))
            .try_for_each_concurrent(PEOPLE_AT_ONCE, |(user, lead, time)| {
                self.convert_lead(key, (user, lead), time)
            })
            .await
    }

    /// Records that a lead was approved whom a campaign reached before, or would have but for its hold-out; of others nothing
    /// is kept.
    async fn convert_lead(
        &self,
        key: CampaignKey,
        (user, lead): (UserId, LeadId),
        time: i64,
    ) -> AppResult<()> {
        let account: AccountId = key.account;
        let conversion = Conversion {
            id: id_of(ConversionIdentity::Lead(key, lead)),
            transaction: None,
            user,
            value: Decimal::ZERO,
            currency: Currency::default(),
            time,
            campaign: None,
            execution: None,
        };
        for _ in 0..CONVERSION_TRIES {
            let person = self.store.known_person(account, user).await?;
            let Some(person) = person else { return Ok(()) };
            if touch_of(&person, time).is_none() && self.held_out(account, &person, time).await?.is_empty() {
                return Ok(());
            }
            if self.record_with(account, &person, conversion.clone()).await?.is_some() {
                return Ok(());
            }
        }
        Err(AppError::unavailable("the person is being changed by others"))
    }
}
