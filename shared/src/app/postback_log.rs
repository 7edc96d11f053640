use std::ops::Range;

use futures::{StreamExt, TryStreamExt, stream};

use super::App;
use crate::domain::calendar;
use crate::domain::postback_id::PostbackId;
use crate::domain::postback_log::{LogPlace, PostbackState};
use crate::error::AppResult;
use crate::ids::{AccountId, CampaignKey, LeadId, TrackingCampaignId};
use crate::store::{LoggedPostback, Order, Store};

/// How far back a question goes that names no beginning: 31 days.
const LOOK_BACK_SECONDS: i64 = 31 * 86_400;

/// How far ahead of this machine's clock Telegram's may be, in seconds.
const LOOK_AHEAD_SECONDS: i64 = 86_400;

/// How many campaigns' logs are read at the same time.
const CAMPAIGNS_AT_ONCE: usize = 8;

/// How many postbacks one stretch of a filtered walk reads.
pub(super) const STRETCH: usize = 200;

/// How many stretches one call reads at most, and how long it goes on reading.
const STRETCHES_MAX: usize = 20;
const READING_MS: i64 = 4_000;

/// The times a question is about, in Unix seconds, both included; `None` is the usual bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// 31 days before the end where none is given.
    pub from: Option<i64>,
    /// Open where none is given.
    pub to: Option<i64>,
}

/// Which postbacks are asked for; `None` is any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostbackQuery {
    /// Of this campaign.
    pub campaign: Option<TrackingCampaignId>,
    /// Of this lead.
    pub lead: Option<LeadId>,
    /// In this state.
    pub state: Option<PostbackState>,
    /// By the time of their events.
    pub range: TimeRange,
    /// At most so many.
    pub limit: usize,
    /// Beyond this place.
    pub after: Option<LogPlace>,
}

/// Some postbacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostbackPage {
    /// Newest first; may be fewer than asked for, though there are more.
    pub postbacks: Vec<LoggedPostback>,
    /// From where to go on, if there may be more.
    pub next: Option<LogPlace>,
}

impl App {
    /// Postbacks of one campaign or of all of an account's, deleted ones included, newest first. The work of one call is
    /// bounded, so that a filter that finds little answers short pages.
    ///
    /// # Errors
    ///
    /// - [`crate::AppError::NotFound`] if the account never had such a campaign.
    /// - [`crate::AppError::Unavailable`], safe to retry.
    pub async fn list_postbacks(&self, account: AccountId, query: &PostbackQuery) -> AppResult<PostbackPage> {
        let campaigns = self.campaigns_asked_for(account, query.campaign).await?;
        let is_filtered = query.lead.is_some() || query.state.is_some();
        let stretch = if is_filtered { STRETCH } else { query.limit };
        let mut walk = self.walk_log(campaigns, query.range, query.after, Order::NewestFirst, stretch);
        let mut postbacks = Vec::new();
        while walk.goes_on() {
            let mut found =
                walk.next_stretch().await?.into_iter().filter(|found| query.takes(found)).peekable();
            while let Some(postback) = found.next() {
                let last = LogPlace::Postback(postback.id);
                postbacks.push(postback);
                if postbacks.len() == query.limit {
                    let next = if found.peek().is_some() { Some(last) } else { walk.place };
                    return Ok(PostbackPage { postbacks, next });
                }
            }
        }
        Ok(PostbackPage { postbacks, next: walk.place })
    }

    /// A walk through the log of campaigns that reads about `stretch` postbacks at a time.
    pub(super) fn walk_log(
        &self,
        campaigns: Vec<CampaignKey>,
        range: TimeRange,
        after: Option<LogPlace>,
        order: Order,
        stretch: usize,
    ) -> LogWalk<'_> {
        let now = self.clock.now();
        let to = range.to.unwrap_or(now + LOOK_AHEAD_SECONDS);
        let from = range.from.unwrap_or(range.to.unwrap_or(now) - LOOK_BACK_SECONDS).max(0);
        let start = match order {
            Order::NewestFirst => to + 1,
            Order::OldestFirst => from,
        };
        let is_empty = from > to || campaigns.is_empty();
        // Campaigns are merged up to where the first of them has to be read on: small pages are often read again.
        let page = (2 * stretch / campaigns.len().max(1)).clamp(stretch.min(5), stretch);
        let place = (!is_empty).then_some(after.unwrap_or(LogPlace::Second(start)));
        let until_ms = self.clock.now_ms() + READING_MS;
        LogWalk { app: self, campaigns, from, to, order, page, place, left: STRETCHES_MAX, until_ms }
    }
}

impl PostbackQuery {
    fn takes(&self, postback: &LoggedPostback) -> bool {
        self.lead.is_none_or(|lead| postback.id.lead == lead)
            && self.state.is_none_or(|state| postback.state == state)
    }
}

/// A walk through the logs of some campaigns as one, a month at a time.
pub(super) struct LogWalk<'a> {
    app: &'a App,
    campaigns: Vec<CampaignKey>,
    from: i64,
    to: i64,
    order: Order,
    page: usize,
    /// From where it goes on; `None` at its end.
    pub place: Option<LogPlace>,
    left: usize,
    until_ms: i64,
}

impl LogWalk<'_> {
    /// Whether there is something to read, and this call may read on.
    pub fn goes_on(&self) -> bool {
        self.place.is_some() && self.left > 0 && self.app.clock.now_ms() < self.until_ms
    }

    /// The postbacks from here to a place beyond, in order and without a gap; there may be none.
    pub async fn next_stretch(&mut self) -> AppResult<Vec<LoggedPostback>> {
        self.left = self.left.saturating_sub(1);
        let Some(place) = self.place else { return Ok(Vec::new()) };
        let (month, seconds) = self.seconds_beyond(place);
        let after = match place {
            LogPlace::Postback(id) => Some(id),
            LogPlace::Second(_) => None,
        };
        let (mut found, read_up_to) = self.read(&seconds, after).await?;
        found.sort_by_cached_key(|postback| postback.id.place());
        if self.order == Order::NewestFirst {
            found.reverse();
        }
        self.place = match (read_up_to, self.order) {
            (Some(id), _) => Some(LogPlace::Postback(id)),
            (None, Order::NewestFirst) => (month.start > self.from).then_some(LogPlace::Second(month.start)),
            (None, Order::OldestFirst) => (month.end <= self.to).then_some(LogPlace::Second(month.end)),
        };
        Ok(found)
    }

    /// The month that comes next from `place`, and the seconds of it that are asked for.
    fn seconds_beyond(&self, place: LogPlace) -> (Range<i64>, Range<i64>) {
        let (first, last) = match place {
            LogPlace::Postback(id) => (id.event.clock.date, id.event.clock.date),
            LogPlace::Second(second) => (second, second.saturating_sub(1)),
        };
        let (month, beyond) = match self.order {
            Order::NewestFirst => (last.min(self.to), 0..last.saturating_add(1)),
            Order::OldestFirst => (first.max(self.from), first..i64::MAX),
        };
        let month = calendar::seconds_of_month(month);
        let start = month.start.max(self.from).max(beyond.start);
        let end = month.end.min(self.to.saturating_add(1)).min(beyond.end);
        (month, start..end)
    }

    /// A page of each campaign, merged up to where the first of them has to be read on; that place, if there is one.
    async fn read(
        &self,
        seconds: &Range<i64>,
        after: Option<PostbackId>,
    ) -> AppResult<(Vec<LoggedPostback>, Option<PostbackId>)> {
        if seconds.is_empty() {
            return Ok((Vec::new(), None));
        }
        let store: &Store = &self.app.store;
        let (page, order) = (self.page, self.order);
        let pages = stream::iter(self.campaigns.iter().copied())
            .map(|campaign| store.postbacks(campaign, seconds, after, page, order))
            .buffer_unordered(CAMPAIGNS_AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        let ends =
            pages.iter().filter(|(_, more)| *more).filter_map(|(page, _)| page.last()).map(|last| last.id);
        let read_up_to = match order {
            Order::NewestFirst => ends.max_by_key(PostbackId::place),
            Order::OldestFirst => ends.min_by_key(PostbackId::place),
        };
        let mut found: Vec<_> = pages.into_iter().flat_map(|(page, _)| page).collect();
        if let Some(end) = read_up_to.map(|id| id.place()) {
            found.retain(|postback| match order {
                Order::NewestFirst => postback.id.place() >= end,
                Order::OldestFirst => postback.id.place() <= end,
            });
        }
        Ok((found, read_up_to))
    }
}
