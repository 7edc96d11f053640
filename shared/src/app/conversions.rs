//! Conversions: what clients and leads tell, and which campaign it counts for.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{App, OutreachPeriod};
use crate::domain::outreach::{
    Conversion, ConversionIdentity, ConversionReport, ConvertedBy, OutreachTouch, TOUCH_SECONDS, last_touch,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, ConversionId, OutreachCampaignId, UserId};
use crate::secret::{fingerprint, hex};
use crate::store::{ConversionWrite, HeldOutMark, KnownPerson};

/// How often it is tried to record a conversion of somebody who is changed meanwhile.
const CONVERSION_TRIES: usize = 10;

/// With so many campaigns that held somebody out a conversion is counted at most: a transaction takes 100 items.
const HELD_OUT_MAX: usize = 20;

/// A conversion, and whether it had been recorded before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedConversion {
    /// As it was recorded first.
    pub conversion: Conversion,
    /// Whether an earlier call did it.
    pub repeated: bool,
}

impl App {
    /// Records what a client tells of a person, and counts it for the campaign that reached them last within 72 hours. What
    /// was recorded before is answered as it was, and counts no more.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account knows nobody by what names them.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn record_conversion(
        &self,
        account: AccountId,
        report: ConversionReport,
    ) -> AppResult<RecordedConversion> {
        let ConversionReport { by, value, currency, transaction } = report;
        let time = self.clock.now();
        if let Some(id) = transaction.as_deref().map(|id| id_of(ConversionIdentity::Transaction(id))) {
            // Whoever it was may be erased by now.
            let known = self.store.conversion(account, &id, time).await?;
            if let Some(conversion) = known {
                return Ok(RecordedConversion { conversion, repeated: true });
            }
        }
        let (user, noun) = self.converted(account, by).await?;
        let id = id_of(match &transaction {
            Some(id) => ConversionIdentity::Transaction(id),
            None => ConversionIdentity::Minute { user, value, currency: &currency, time },
        });
        let (campaign, execution) = (None, None);
        let conversion = Conversion { id, transaction, user, value, currency, time, campaign, execution };
        for _ in 0..CONVERSION_TRIES {
            let Some(person) = self.store.known_person(account, user).await? else {
                return Err(AppError::NotFound(noun));
            };
            if let Some(recorded) = self.record_with(account, &person, conversion.clone()).await? {
                return Ok(recorded);
            }
        }
        Err(AppError::unavailable("the person is being changed by others"))
    }

    /// Records a conversion of a person as they were read; `None` if they were changed since.
    pub(super) async fn record_with(
        &self,
        account: AccountId,
        person: &KnownPerson,
        mut conversion: Conversion,
    ) -> AppResult<Option<RecordedConversion>> {
        let touch = touch_of(person, conversion.time);
        conversion.campaign = touch.map(|(_, touch)| touch.campaign.clone());
        conversion.execution = touch.map(|(_, touch)| touch.execution.clone());
        let (now, held_out) = (self.clock.now(), self.held_out(account, person, conversion.time).await?);
        let counts_for = (touch, held_out.as_slice());
        Ok(match self.store.record_conversion(account, person, &conversion, counts_for, now).await? {
            ConversionWrite::Recorded => Some(RecordedConversion { conversion, repeated: false }),
            ConversionWrite::Known(conversion) => Some(RecordedConversion { conversion, repeated: true }),
            ConversionWrite::Overtaken => None,
        })
    }

    /// The campaigns that held a person out with whom a conversion at `time`, in Unix seconds, is counted: as if it had been
    /// sent to them, within 72 hours, and unless a message reached them later.
    pub(super) async fn held_out(
        &self,
        account: AccountId,
        person: &KnownPerson,
        time: i64,
    ) -> AppResult<Vec<HeldOutMark>> {
        let touches = person.contacts.iter().filter_map(|known| Some(known.touch.as_ref()?.time));
        let reached = touches.filter(|touch| *touch <= time).max();
        let counts = |mark: &HeldOutMark| {
            let is_within = (mark.time..=mark.time.saturating_add(TOUCH_SECONDS)).contains(&time);
            is_within && !mark.converted && reached.is_none_or(|reached| reached < mark.time)
        };
        let mut marks = self.store.held_out_of(account, person.user).await?;
        marks.retain(counts);
        marks.truncate(HELD_OUT_MAX);
        Ok(marks)
    }

    /// Who converted, and as what they were named.
    async fn converted(&self, account: AccountId, by: ConvertedBy) -> AppResult<(UserId, &'static str)> {
        let (user, noun) = match by {
            ConvertedBy::Subscriber(user) => (Some(user), "subscriber"),
            ConvertedBy::Click(click) => {
                (self.store.person_of_click(account, &click, self.clock.now()).await?, "click")
            }
            ConvertedBy::Token(token) => (self.person_of_token(account, &token).await?, "token"),
        };
        user.map(|user| (user, noun)).ok_or(AppError::NotFound(noun))
    }

    /// What conversions were worth that count for a campaign, by currency.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn revenue_by_currency(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        period: OutreachPeriod,
    ) -> AppResult<BTreeMap<String, Decimal>> {
        let buckets = match period {
            OutreachPeriod::All => None,
            _ => Some(period.buckets(self.clock.now())),
        };
        let buckets = buckets.map(|(unit, from)| (unit, (from, self.clock.now())));
        self.store.outreach_revenue(account, campaign, buckets).await
    }
}

impl App {
    /// Whom a tracked link was sent to; `None` if no link of the account has this token.
    async fn person_of_token(&self, account: AccountId, token: &str) -> AppResult<Option<UserId>> {
        let opened = self.opened_link(token).await?.filter(|opened| opened.account == account);
        Ok(opened.map(|opened| opened.token.user))
    }
}

/// The message that a conversion of a person at `time` counts for, in Unix seconds, and the bot that sent it.
pub(super) fn touch_of(person: &KnownPerson, time: i64) -> Option<(BotId, &OutreachTouch)> {
    let touches =
        || person.contacts.iter().filter_map(|known| Some((known.contact.bot, known.touch.as_ref()?)));
    let last = last_touch(touches().map(|(_, touch)| touch), time)?;
    touches().find(|(_, touch)| std::ptr::eq(*touch, last))
}

pub(super) fn id_of(identity: ConversionIdentity<'_>) -> ConversionId {
    ConversionId::of(&hex(&fingerprint(&identity.to_string())))
}
