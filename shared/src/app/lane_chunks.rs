//! Sends a chunk ten at a time: who is about to be sent to is written down before, and what became of them after.

use std::collections::BTreeMap;

use futures::future::join_all;

use super::App;
use super::lane_sends::LaneMessage;
use super::lanes::LaneEnd;
use crate::domain::outreach::{
    Allowance, Attempted, CampaignBody, Execution, ExecutionPlan, ExecutionStatus, Ledger, MessageContent,
    Outcome, PER_SECOND, Recipient, SendError, SkipReason,
};
use crate::error::{AppError, AppResult};
use crate::ids::{BotKey, UserId};
use crate::secret::BotToken;
use crate::store::{Bot, Chunk, KnownPerson, Lane, LaneWork, LedgerWrite, OutreachOutcome};

/// Between two sends of a group, in milliseconds, so that ten and what is written down take less than the four tenths of a
/// second that a bot has for them.
const SPACING_MS: i64 = 15;

/// After so many refusals of the content, with nothing taken before, an execution is given up.
const CONTENT_REFUSALS: u64 = 3;

/// What became of a lane's first piece of work.
pub(super) enum ChunkEnd {
    /// There may be more to do.
    Next,
    /// Nothing more may be done now.
    Stop(LaneEnd),
}

/// Who has a lane.
pub(super) struct LaneSender<'a> {
    app: &'a App,
    bot: BotKey,
    fence: u64,
    until_ms: i64,
    allowance: Allowance,
    sent_ms: i64,
}

/// A chunk on the way, and what it is sent with.
pub(super) struct ChunkWork {
    pub execution: Execution,
    pub body: CampaignBody,
    pub contents: Vec<MessageContent>,
    pub plan: ExecutionPlan,
    pub known: Bot,
    pub token: Option<BotToken>,
    recipients: Vec<Recipient>,
    chunk: Chunk,
    pub ledger: Ledger,
    /// Who of the pending has to wait, by their places, until when in Unix milliseconds.
    pub waiting: BTreeMap<usize, i64>,
    /// What became known since the last write.
    outcome: OutreachOutcome,
    /// How often Telegram took a message of this execution from this lane, and refused its content.
    taken: u64,
    refused: u64,
}

impl<'a> LaneSender<'a> {
    pub fn new(app: &'a App, bot: BotKey, lane: &Lane, until_ms: i64) -> Self {
        let allowance = Allowance::used_up(PER_SECOND, lane.sent_ms);
        Self { app, bot, fence: lane.fence, until_ms, allowance, sent_ms: lane.sent_ms }
    }

    /// Sends the next chunk of a piece of work, or takes away work that has none or stands still.
    pub async fn send_chunk_of(&mut self, work: &LaneWork) -> AppResult<ChunkEnd> {
        let (app, bot) = (self.app, self.bot);
        let Some((sort, mut chunk)) = self.chunk_work(work).await? else {
            match work.again_ms {
                Some(again_ms) => app.store.put_work_off(bot, work, again_ms).await?,
                None => app.store.take_work_away(bot, work).await?,
            }
            return Ok(ChunkEnd::Next);
        };
        let end = self.send_chunk(&mut chunk).await?;
        if chunk.ledger.is_done() {
            app.store.note_chunk_done(bot, work, &sort).await?;
        } else if let (ChunkEnd::Next, Some(until_ms)) = (&end, chunk.first_wait_ms()) {
            app.store.note_chunk_waits(bot, work, &sort, until_ms).await?;
        }
        Ok(end)
    }

    /// The next chunk, with all that it takes to send it; `None` if nothing of the execution is to be sent any more.
    async fn chunk_work(&self, work: &LaneWork) -> AppResult<Option<(String, ChunkWork)>> {
        let (app, bot, account) = (self.app, self.bot, self.bot.account);
        let Some(execution) = app.store.execution(account, &work.execution).await? else { return Ok(None) };
        if execution.status != ExecutionStatus::Running {
            return Ok(None);
        }
        let Some(campaign) = app.store.outreach_campaign(account, &work.campaign).await? else {
            return Ok(None);
        };
        let body = campaign.body()?;
        let contents = match app.content_of(account, &body).await {
            Ok(contents) => contents,
            Err(error @ AppError::Unavailable { .. }) => return Err(error),
            Err(error) => {
                app.fail_execution(account, &execution.id, &error.to_string()).await?;
                return Ok(None);
            }
        };
        let Some((sort, chunk)) = app.next_open_chunk(bot, work).await? else {
            if work.again_ms.is_none() {
                app.finish_part(bot, &execution.id).await?;
            }
            return Ok(None);
        };
        let unreadable = |what: &str| AppError::unavailable(format!("{what} of a chunk do not read"));
        let recipients =
            Recipient::read_all(&chunk.recipients).ok_or_else(|| unreadable("the recipients"))?;
        let messages = recipients.len() * contents.len();
        let ledger = match &chunk.ledger {
            Some(text) => text.parse().map_err(|_| unreadable("the outcomes"))?,
            None => Ledger::new(messages),
        };
        let plan = app.store.execution_plan(account, &execution.id).await?;
        let plan = plan.ok_or_else(|| AppError::unavailable("an execution has no plan"))?;
        let Some(known) = app.store.bot(bot).await? else { return Ok(None) };
        let token = app.usable_token(bot, &known).await?;
        let outcome = OutreachOutcome {
            campaign: execution.campaign.clone(),
            execution: execution.id.clone(),
            bot: bot.bot,
            ..OutreachOutcome::default()
        };
        let (taken, refused) = (0, 0);
        let work = ChunkWork {
            execution,
            body,
            contents,
            plan,
            known,
            token,
            recipients,
            chunk,
            ledger,
            waiting: BTreeMap::new(),
            outcome,
            taken,
            refused,
        };
        Ok(Some((sort, work)))
    }

    async fn send_chunk(&mut self, work: &mut ChunkWork) -> AppResult<ChunkEnd> {
        // Whoever had the lane before died while these were being sent to.
        for place in work.ledger.recover() {
            work.count(place, Outcome::Unknown);
        }
        loop {
            if let Some(outcome) = work.end_of_all(self.app.clock.now()) {
                work.settle_the_rest(outcome);
            }
            if work.ledger.is_done() {
                work.outcome.counters.tasks_done += 1;
                return Ok(if self.write(work).await? {
                    ChunkEnd::Next
                } else {
                    ChunkEnd::Stop(LaneEnd::Lost)
                });
            }
            let left = self.messages_left(work).await?;
            let group = if left == Some(0) { Vec::new() } else { self.prepare(work, left).await? };
            if !self.write(work).await? {
                return Ok(ChunkEnd::Stop(LaneEnd::Lost));
            }
            if left == Some(0) {
                self.app.pause_for_budget(self.bot.account, &work.execution.campaign).await?;
                return Ok(ChunkEnd::Next);
            }
            if group.is_empty() && work.next_group().is_empty() && !work.ledger.is_done() {
                return Ok(ChunkEnd::Next);
            }
            let rest = self.send_group(work, group).await?;
            if work.taken == 0 && work.refused >= CONTENT_REFUSALS {
                self.write(work).await?;
                let account = self.bot.account;
                self.app.fail_execution(account, &work.execution.id, "Telegram refuses the content").await?;
                return Ok(ChunkEnd::Next);
            }
            let stops = match rest {
                Some(moment_ms) => Some(ChunkEnd::Stop(LaneEnd::Rest(moment_ms))),
                None if self.app.clock.now_ms() >= self.until_ms => Some(ChunkEnd::Stop(LaneEnd::Time)),
                None if !self.goes_on(work).await? => Some(ChunkEnd::Next),
                None => None,
            };
            if let Some(stop) = stops {
                return Ok(if self.write(work).await? { stop } else { ChunkEnd::Stop(LaneEnd::Lost) });
            }
        }
    }

    async fn messages_left(&self, work: &ChunkWork) -> AppResult<Option<u64>> {
        if work.execution.test {
            return Ok(None);
        }
        let (campaign, unwritten) = (&work.execution.campaign, work.outcome.counters);
        self.app.messages_left(self.bot.account, campaign, &work.body, unwritten).await
    }

    /// Whether the execution is still to be sent.
    async fn goes_on(&self, work: &ChunkWork) -> AppResult<bool> {
        let execution = self.app.store.execution(self.bot.account, &work.execution.id).await?;
        Ok(execution.is_some_and(|execution| execution.status == ExecutionStatus::Running))
    }

    /// What the next group gets; who gets nothing has an outcome then, and the others are noted as being sent to. The first
    /// messages go one by one, until Telegram took one; and no more than are left of the budget.
    async fn prepare(&self, work: &mut ChunkWork, left: Option<u64>) -> AppResult<Vec<(usize, LaneMessage)>> {
        let mut group = work.next_group();
        let users = group.iter().filter_map(|place| Some(work.recipient(*place)?.user));
        let known = users.map(|user| async move {
            self.app.store.known_person(self.bot.account, user).await.map(|person| (user, person))
        });
        let known = join_all(known).await.into_iter().collect::<AppResult<Vec<_>>>()?;
        let people: BTreeMap<UserId, Option<KnownPerson>> = known.into_iter().collect();
        let now = self.app.clock.now();
        let person_at = |work: &ChunkWork, place| people.get(&work.recipient(place)?.user)?.as_ref();
        group.retain(|place| {
            let until_ms = work.waits_until_ms(person_at(work, *place), now);
            if let Some(until_ms) = until_ms {
                work.put_off(*place, until_ms);
            }
            until_ms.is_none()
        });
        let most = if work.taken == 0 { 1 } else { group.len() };
        group.truncate(left.map_or(most, |left| usize::try_from(left).unwrap_or(most).min(most)));
        let mut messages = Vec::new();
        for place in group {
            let person = person_at(work, place);
            match work.prepared(self.bot.bot, place, person, now) {
                Ok(message) => messages.push((place, message)),
                Err(reason) => work.settle(place, Attempted::Settled(Outcome::Skipped(reason))),
            }
        }
        let places: Vec<_> = messages.iter().map(|(place, _)| *place).collect();
        work.ledger.begin(&places);
        Ok(messages)
    }

    /// Sends to a group, all at about the same time. Answers the moment before which nothing may be sent any more.
    async fn send_group(
        &mut self,
        work: &mut ChunkWork,
        group: Vec<(usize, LaneMessage)>,
    ) -> AppResult<Option<i64>> {
        let (app, bot) = (self.app, self.bot);
        let Some(token) = work.token.clone() else { return Ok(None) };
        let mut next_ms = app.clock.now_ms();
        let mut sends = Vec::new();
        for (place, message) in group {
            let moment_ms = self.allowance.take(next_ms);
            (next_ms, self.sent_ms) = (moment_ms + SPACING_MS, moment_ms);
            let (token, known) = (&token, &work.known);
            sends.push(async move {
                app.clock.sleep_until_ms(moment_ms).await;
                (place, app.send_lane_message(bot, known, token, &message).await)
            });
        }
        let mut rest = None;
        for (place, sent) in join_all(sends).await {
            let sent = sent?;
            rest = rest.max(sent.rest_until_ms);
            work.settle(place, sent.attempted);
        }
        Ok(rest)
    }

    /// Writes down what is known; `false` if the lane is somebody else's.
    async fn write(&self, work: &mut ChunkWork) -> AppResult<bool> {
        let mut outcome = OutreachOutcome { time: self.app.clock.now(), ..work.outcome.clone() };
        outcome.campaign.clone_from(&work.execution.campaign);
        let ledger = work.ledger.to_string();
        let write = LedgerWrite {
            bot: self.bot,
            fence: self.fence,
            execution: &work.execution.id,
            chunk: &work.chunk,
            ledger: &work.ledger,
            outcome: &outcome,
            sent_ms: self.sent_ms,
        };
        if !self.app.store.write_ledger(write).await? && !self.is_written(work, &ledger).await? {
            return Ok(false);
        }
        work.chunk.ledger = Some(ledger);
        work.outcome = OutreachOutcome {
            campaign: outcome.campaign,
            execution: outcome.execution,
            bot: outcome.bot,
            ..OutreachOutcome::default()
        };
        Ok(true)
    }

    /// Whether a write that seems refused was carried out by its first attempt.
    async fn is_written(&self, work: &ChunkWork, ledger: &str) -> AppResult<bool> {
        let is_mine = self.app.store.lane(self.bot).await?.fence == self.fence;
        let (shard, number) = (work.chunk.shard, work.chunk.number);
        let now = self.app.store.chunk(self.bot, &work.execution.id, shard, number).await?;
        Ok(is_mine && now.is_some_and(|now| now.ledger.as_deref() == Some(ledger)))
    }
}

impl ChunkWork {
    /// Who a place of the ledger is of.
    pub fn recipient(&self, place: usize) -> Option<&Recipient> {
        self.recipients.get(place / self.contents.len().max(1))
    }

    /// The next to be sent to, by their places.
    pub fn next_group(&self) -> Vec<usize> {
        self.ledger.next_group_besides(|place| self.waiting.contains_key(&place))
    }

    /// What everybody who is left comes to, if nothing is to be sent any more; tests have no end.
    fn end_of_all(&self, now: i64) -> Option<Outcome> {
        if !self.execution.test && self.body.end.is_some_and(|end| end <= now) {
            return Some(Outcome::Skipped(SkipReason::Expired));
        }
        self.token.is_none().then_some(Outcome::Failed(SendError::BotTokenInvalid))
    }

    fn settle_the_rest(&mut self, outcome: Outcome) {
        loop {
            let group = self.ledger.next_group();
            if group.is_empty() {
                return;
            }
            group.into_iter().for_each(|place| self.settle(place, Attempted::Settled(outcome)));
        }
    }

    fn settle(&mut self, place: usize, attempted: Attempted) {
        self.ledger.settle(&[(place, attempted)]);
        if let Attempted::Settled(outcome) = attempted {
            self.count(place, outcome);
        }
    }

    /// Counts an outcome everywhere it counts.
    fn count(&mut self, place: usize, outcome: Outcome) {
        let lane = &mut self.outcome.lane;
        match outcome {
            Outcome::Delivered(_) => {
                lane.successful += 1;
                self.taken += 1;
            }
            Outcome::Failed(error) => {
                lane.failed += 1;
                *lane.errors.entry(error).or_default() += 1;
                let is_content = matches!(error, SendError::ContentInvalid | SendError::MediaInvalid);
                self.refused += u64::from(is_content);
            }
            Outcome::Skipped(_) => lane.skipped += 1,
            Outcome::Unknown => {
                lane.unknown += 1;
                *lane.errors.entry(SendError::UnknownOutcome).or_default() += 1;
            }
        }
        if self.execution.test || !matches!(outcome, Outcome::Delivered(_) | Outcome::Failed(_)) {
            return;
        }
        let messages = self.contents.len().max(1);
        let Some(recipient) = self.recipients.get(place / messages).cloned() else { return };
        let delivered = u64::from(matches!(outcome, Outcome::Delivered(_)));
        let segment = recipient.segment.and_then(|index| self.plan.audience.segments.get(index));
        let segment = segment.map(|(id, _)| id.clone());
        let variation = self.variation_id(place % messages, &recipient);
        let counters = [
            Some(&mut self.outcome.counters),
            segment.map(|id| self.outcome.segments.entry(id).or_default()),
            variation.map(|id| self.outcome.variations.entry(id).or_default()),
        ];
        for counters in counters.into_iter().flatten() {
            counters.sent += 1;
            counters.delivered += delivered;
        }
    }

    /// The id of what somebody gets of a message: the variation's, or the message's own.
    fn variation_id(&self, message: usize, recipient: &Recipient) -> Option<String> {
        let content = self.contents.get(message)?;
        match recipient.variations.get(message).copied().unwrap_or_default() {
            0 => Some(content.id.clone()),
            place => content.variations.get(place - 1).map(|variation| variation.id.clone()),
        }
    }
}
