//! How far a campaign's execution is, and what was counted of the campaign.

use std::collections::BTreeMap;

use futures::future::join_all;
use rust_decimal::Decimal;

use super::App;
use super::outreach_figures::{TextFigures, TextName};
use crate::domain::calendar;
use crate::domain::outreach::{
    Execution, ExecutionStatus, LaneTally, LiftGroup, LiftGroups, OutreachCampaign, OutreachCounters,
    TimeUnit, current_rate, seconds_to_send,
};
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, OutreachCampaignId, SegmentId};

/// How far a campaign's last execution is.
#[derive(Clone, Debug, PartialEq)]
pub struct OutreachProgress {
    /// The campaign.
    pub campaign: OutreachCampaign,
    /// The execution; `None` before the first.
    pub execution: Option<Execution>,
    /// How many messages it sends: each to each person.
    pub total: u64,
    /// What became of them.
    pub tally: LaneTally,
    /// Of how many nothing is known yet; of nobody once the execution is over.
    pub pending: u64,
    /// How many lanes have messages of it on their way.
    pub lanes: u64,
    /// Whether no message of it leaves any more, or yet.
    pub drained: bool,
    /// How many messages a minute go out now.
    pub rate: u64,
    /// When it is done, or was, in Unix seconds; `None` while that depends on somebody, and where it ended before.
    pub completion: Option<i64>,
    /// What the campaign's messages cost or may have cost so far, in tenths of a Star; `None` if it pays for none.
    pub stars_tenths: Option<u64>,
}

/// What was counted of a campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct OutreachStatistics {
    /// In the period.
    pub counters: OutreachCounters,
    /// The same by time, as a day, or as the time at which an hour or a minute begins; oldest first.
    pub timeline: Vec<(String, OutreachCounters)>,
    /// By segment, with its name, from the beginning on.
    pub segments: Vec<(SegmentId, String, OutreachCounters)>,
    /// By message, variation and link, from the beginning on, in the order of the campaign's texts.
    pub texts: TextFigures,
    /// Who gets nothing, for comparison; `None` if nobody is held out.
    pub holdout: Option<HoldOut>,
}

/// The part of an audience that gets nothing, so that others can be compared with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldOut {
    /// How many of a hundred.
    pub percentage: Decimal,
    /// What they did, and what those did who were reached.
    pub groups: LiftGroups,
    /// Whether the two can be compared: not where people are reached again and again, or one at a time.
    pub is_comparable: bool,
}

/// Over how much time is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutreachPeriod {
    /// The last hour, by minutes.
    Hour,
    /// The last day, by hours.
    Day,
    /// So many days, by days.
    Days(i64),
    /// From the beginning on, by days.
    All,
}

impl App {
    /// How far a campaign's last execution is that was no test.
    ///
    /// # Errors
    ///
    /// - [`crate::AppError::NotFound`] if the account has none such.
    /// - [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_progress(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
    ) -> AppResult<OutreachProgress> {
        let (campaign, now) = (self.outreach_campaign(account, id).await?, self.clock.now());
        let last = campaign.last_execution.as_ref().or(campaign.triggered.open.as_ref());
        let execution = match last {
            Some(last) => self.store.execution(account, last).await?,
            None => None,
        };
        let Some(execution) = execution else {
            return Ok(OutreachProgress::before_any(campaign));
        };
        // Before the tallies: what a lane has let go of is counted in them.
        let at_work = self.lanes_at_work(account, &execution).await?;
        let lanes = self.store.lanes(account, &execution.id).await?;
        let mut tally = LaneTally::default();
        lanes.iter().for_each(|(_, lane)| tally.merge(lane));
        let total = execution.messages_in_all();
        let minutes = self.store.outreach_series(account, id, TimeUnit::Minute, (now - 60, now)).await?;
        let sent = |time: i64| {
            let begin = minute(time);
            minutes.iter().find(|(known, _)| *known == begin).map_or(0, |(_, counters)| counters.sent)
        };
        let second = now.rem_euclid(60).unsigned_abs();
        let rate = match execution.status {
            ExecutionStatus::Running | ExecutionStatus::Testing => {
                current_rate(sent(now - 60), sent(now), second)
            }
            _ => 0,
        };
        let pending = if execution.status.is_over() { 0 } else { tally.pending(total) };
        let completion = completion(&execution, &lanes, (pending, rate), now);
        let sends = matches!(execution.status, ExecutionStatus::Running | ExecutionStatus::Testing);
        let stars_tenths = self.stars_taken(account, &campaign).await?;
        Ok(OutreachProgress {
            campaign,
            total,
            tally,
            pending,
            lanes: at_work,
            drained: !sends && at_work == 0,
            rate,
            completion,
            stars_tenths,
            execution: Some(execution),
        })
    }

    /// What was taken of a campaign's Stars, if it pays.
    async fn stars_taken(&self, account: AccountId, campaign: &OutreachCampaign) -> AppResult<Option<u64>> {
        if campaign.body()?.strategy.paid.is_none() {
            return Ok(None);
        }
        Ok(Some(self.store.outreach_counters(account, &campaign.id).await?.stars_tenths))
    }

    /// How many lanes have messages of an execution on their way.
    async fn lanes_at_work(&self, account: AccountId, execution: &Execution) -> AppResult<u64> {
        let now_ms = self.clock.now_ms();
        let at = execution.bots.iter().map(|part| async move {
            let lane = self.store.lane(BotKey { account, bot: part.bot }).await?;
            Ok(u64::from(lane.is_at(&execution.id, now_ms)))
        });
        join_all(at).await.into_iter().sum()
    }

    /// What was counted of a campaign in a period.
    ///
    /// # Errors
    ///
    /// - [`crate::AppError::NotFound`] if the account has none such.
    /// - [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_statistics(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        period: OutreachPeriod,
    ) -> AppResult<OutreachStatistics> {
        let campaign = self.outreach_campaign(account, id).await?;
        let (unit, from) = period.buckets(self.clock.now());
        let timeline = self.outreach_timeline(account, id, unit, (from, self.clock.now())).await?;
        let counters = match period {
            OutreachPeriod::All => {
                let clicked = self.store.clicked_in_all(account, id).await?;
                self.store.outreach_counters(account, id).await?.plus(clicked)
            }
            _ => timeline.iter().fold(OutreachCounters::default(), |sum, (_, counters)| sum.plus(*counters)),
        };
        let by_segment = self.store.outreach_by_segment(account, id).await?;
        let mut names = BTreeMap::new();
        if !by_segment.is_empty() {
            for segment in self.store.segments(account).await? {
                names.insert(segment.id.clone(), segment.body()?.name);
            }
        }
        let named = |(id, counters): (SegmentId, OutreachCounters)| {
            // One that is gone has only its id left.
            let name = names.get(&id).cloned().unwrap_or_else(|| id.to_string());
            (id, name, counters)
        };
        let segments = by_segment.into_iter().map(named).collect();
        let texts = self.figures_by_text(account, &campaign).await?;
        let holdout = self.held_out_of(account, &campaign, &texts).await?;
        Ok(OutreachStatistics { counters, timeline, segments, texts, holdout })
    }

    async fn held_out_of(
        &self,
        account: AccountId,
        campaign: &OutreachCampaign,
        texts: &TextFigures,
    ) -> AppResult<Option<HoldOut>> {
        let body = campaign.body()?;
        let percentage = body.strategy.holdout;
        if percentage.is_zero() || campaign.last_execution.is_none() {
            return Ok(None);
        }
        let first = body.messages.first().map(|message| &message.id);
        let is_first = |(name, _): &&(TextName, OutreachCounters)| {
            name.message.as_ref().is_some_and(|message| Some(message) == first)
        };
        let people = texts.counters.iter().filter(is_first).map(|(_, counters)| counters.delivered).sum();
        let converted = self.store.outreach_counters(account, &campaign.id).await?.converted;
        let treated = LiftGroup { people, converted };
        let held_out = self.store.held_out_figures(account, &campaign.id).await?;
        let is_comparable = body.strategy.recurrence.is_none() && body.triggers.is_empty();
        Ok(Some(HoldOut { percentage, groups: LiftGroups { held_out, treated }, is_comparable }))
    }

    /// The counters of a campaign.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_counters(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
    ) -> AppResult<OutreachCounters> {
        self.store.outreach_counters(account, id).await
    }

    /// The counters of campaigns, in their order.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn outreach_counters_of(
        &self,
        account: AccountId,
        campaigns: &[OutreachCampaign],
    ) -> AppResult<Vec<OutreachCounters>> {
        let ids: Vec<_> = campaigns.iter().map(|campaign| &campaign.id).collect();
        self.store.outreach_counters_of(account, &ids).await
    }
}

impl OutreachProgress {
    fn before_any(campaign: OutreachCampaign) -> Self {
        let (execution, tally, completion) = (None, LaneTally::default(), None);
        Self {
            campaign,
            execution,
            total: 0,
            tally,
            pending: 0,
            lanes: 0,
            drained: true,
            rate: 0,
            completion,
            stars_tenths: None,
        }
    }
}

impl OutreachPeriod {
    /// In which buckets it is counted, and from which second on: as many as fit the period, the present one included.
    pub(super) const fn buckets(self, now: i64) -> (TimeUnit, i64) {
        match self {
            Self::Hour => (TimeUnit::Minute, now - 59 * 60),
            Self::Day => (TimeUnit::Hour, now - 23 * 3_600),
            Self::Days(days) => (TimeUnit::Day, now - (days - 1) * 86_400),
            Self::All => (TimeUnit::Day, 0),
        }
    }
}

/// A minute as the series has it.
fn minute(time: i64) -> String {
    calendar::iso_time(time.div_euclid(60) * 60)
}

fn completion(
    execution: &Execution,
    lanes: &[(crate::ids::BotId, LaneTally)],
    (pending, rate): (u64, u64),
    now: i64,
) -> Option<i64> {
    let left = execution.bots.iter().map(|part| {
        let lane = lanes.iter().find(|(bot, _)| *bot == part.bot);
        let messages = part.recipients.saturating_mul(execution.messages);
        lane.map_or(messages, |(_, tally)| tally.pending(messages))
    });
    let seconds = match (rate, execution.bots.is_empty()) {
        (0, true) => seconds_to_send([pending]),
        (0, false) => seconds_to_send(left),
        (rate, _) => i64::try_from(pending.saturating_mul(60).div_ceil(rate)).unwrap_or(i64::MAX),
    };
    match execution.status {
        ExecutionStatus::Scheduled => Some(execution.scheduled_at?.max(now).saturating_add(seconds)),
        ExecutionStatus::Planning | ExecutionStatus::Running | ExecutionStatus::Testing => {
            Some(now.saturating_add(seconds))
        }
        ExecutionStatus::Completed => execution.finished,
        ExecutionStatus::Pausing
        | ExecutionStatus::Paused
        | ExecutionStatus::Failed
        | ExecutionStatus::Cancelled => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_as_many_buckets_as_fit_it() {
        for (period, buckets) in [
            (OutreachPeriod::Hour, 60),
            (OutreachPeriod::Day, 24),
            (OutreachPeriod::Days(7), 7),
            (OutreachPeriod::Days(30), 30),
        ] {
            for now in [1_780_000_000, 1_780_012_799, 1_780_012_800, 1_780_012_801] {
                let (unit, from) = period.buckets(now);
                let [first, last] = [from, now].map(|time| time.div_euclid(unit.seconds()));
                assert_eq!(last - first + 1, buckets, "{period:?} {now}");
            }
        }
    }
}
