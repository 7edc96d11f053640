//! Sends a chunk ten at a time: who is about to be sent to is written down before, and what became of them after.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::future::join_all;

use super::App;
use super::custom_content::{ASK_AGAIN_MS, CustomChunk};
use super::lane_sends::{LaneMessage, LaneSent};
use super::lane_trials::Trials;
use super::lane_writes::ToldProgress;
use super::lanes::LaneEnd;
use super::paid_sends::body_of_sends;
use super::tracked_links::LaneLinks;
use crate::domain::outreach::{
    Allowance, Attempted, CampaignBody, Execution, ExecutionPlan, ExecutionStatus, Ledger, MessageContent,
    Outcome, PAID_PER_SECOND, PER_SECOND, Recipient, SendError, SkipReason,
};
use crate::error::{AppError, AppResult};
use crate::ids::{BotKey, UserId};
use crate::secret::BotToken;
use crate::store::{Bot, Chunk, KnownPerson, Lane, LaneWork, LedgerFate, OutreachOutcome};

/// Between two sends of a group, in milliseconds, so that ten and what is written down take less than the four tenths of a
/// second that a bot has for them.
pub(super) const SPACING_MS: i64 = 15;

/// What a send comes to that finds out that the bot cannot be used any more.
const TOKEN_REFUSED: Attempted = Attempted::Settled(Outcome::Failed(SendError::BotTokenInvalid));

/// What became of a lane's first piece of work.
pub(super) enum ChunkEnd {
    /// Everybody in it has an outcome.
    Done,
    /// Who has none in it has to wait, the first until this moment, in Unix milliseconds.
    Waits(i64),
    /// It is not known yet what the recipients get.
    Unanswered,
    /// There may be more to do.
    Next,
    /// Nothing more may be done now.
    Stop(LaneEnd),
}

/// Who has a lane.
pub(super) struct LaneSender<'a> {
    pub app: &'a App,
    pub bot: BotKey,
    pub fence: u64,
    pub until_ms: i64,
    pub allowance: Allowance,
    /// The same of what is paid for.
    pub paid_allowance: Allowance,
    pub sent_ms: i64,
    pub trials: Trials,
    /// How far the execution is that it had last.
    pub told: Option<ToldProgress>,
}

/// A chunk on the way, and what it is sent with.
pub(super) struct ChunkWork {
    pub execution: Execution,
    pub body: CampaignBody,
    pub contents: Vec<MessageContent>,
    /// What the recipients get, if an endpoint says that.
    pub custom: CustomChunk,
    pub plan: ExecutionPlan,
    pub known: Option<Bot>,
    pub token: Option<BotToken>,
    /// Its tracked links and invite links.
    pub links: LaneLinks,
    pub recipients: Vec<Recipient>,
    pub chunk: Chunk,
    pub ledger: Ledger,
    /// What became known since the last write.
    pub outcome: OutreachOutcome,
    /// Who is noted as being sent to, and was not.
    pub unsent: Vec<usize>,
    /// Until when those have to wait who have to, by their place among the recipients, in Unix milliseconds.
    pub waiting: BTreeMap<usize, i64>,
    /// When somebody was sent to last, by their place among the recipients, in Unix milliseconds.
    pub said_ms: BTreeMap<usize, i64>,
}

impl<'a> LaneSender<'a> {
    pub fn new(app: &'a App, bot: BotKey, lane: &Lane, until_ms: i64) -> Self {
        let allowance = Allowance::used_up(PER_SECOND, lane.sent_ms);
        let paid_allowance = Allowance::used_up(PAID_PER_SECOND, lane.sent_ms);
        let trials = Trials::default();
        let (fence, sent_ms, told) = (lane.fence, lane.sent_ms, None);
        Self { app, bot, fence, until_ms, allowance, paid_allowance, sent_ms, trials, told }
    }

    /// Sends the next chunk of a piece of work, or takes away work that has none or stands still.
    pub async fn send_chunk_of(&mut self, work: &LaneWork) -> AppResult<ChunkEnd> {
        let (app, bot, account) = (self.app, self.bot, self.bot.account);
        let Some((sort, mut chunk)) = self.chunk_work(work).await? else {
            match work.again_ms {
                Some(again_ms) => app.store.put_work_off(bot, work, again_ms).await?,
                None => app.store.take_work_away(bot, work).await?,
            }
            return Ok(ChunkEnd::Next);
        };
        match self.send_chunk(&mut chunk).await? {
            ChunkEnd::Done => {
                app.store.note_chunk_done(bot, work, &sort).await?;
                app.forget_content(account, &chunk).await?;
            }
            ChunkEnd::Unanswered => {
                app.store.let_work_wait(bot, work, app.clock.now_ms() + ASK_AGAIN_MS).await?;
            }
            ChunkEnd::Waits(until_ms) => app.store.note_chunk_waits(bot, work, &sort, until_ms).await?,
            end => return Ok(end),
        }
        Ok(ChunkEnd::Next)
    }

    /// The next chunk, with all that it takes to send it; `None` if nothing of the execution is to be sent any more, and
    /// nobody died at it.
    async fn chunk_work(&mut self, work: &LaneWork) -> AppResult<Option<(String, ChunkWork)>> {
        let (app, bot, account) = (self.app, self.bot, self.bot.account);
        let Some(execution) = app.store.execution(account, &work.execution).await? else { return Ok(None) };
        let Some((sort, chunk, written)) = self.open_ledger(work, &execution).await? else { return Ok(None) };
        let Some(campaign) = app.store.outreach_campaign(account, &work.campaign).await? else {
            return Ok(None);
        };
        let body = body_of_sends(&campaign, &execution)?;
        let contents = app.store.execution_content(account, &execution.id).await?;
        let contents = contents.ok_or_else(|| AppError::unavailable("an execution has no content"))?;
        let recipients = Recipient::read_all(&chunk.recipients);
        let recipients = recipients.ok_or_else(|| AppError::unavailable("recipients do not read"))?;
        let ledger = written.unwrap_or_else(|| Ledger::new(recipients.len() * contents.len()));
        let plan = app.store.execution_plan(account, &execution.id).await?;
        let plan = plan.ok_or_else(|| AppError::unavailable("an execution has no plan"))?;
        let known = app.store.bot(bot).await?;
        let token = match &known {
            Some(known) => app.usable_token(bot, known).await?,
            None => None,
        };
        let custom = app.custom_chunk(account, (&execution, &plan), (&chunk, &recipients), &contents).await?;
        let said = custom.said_with(&contents);
        let links = app.lane_links(known.as_ref(), (bot, &execution), &body, &said).await?;
        let Some(links) = links else { return Ok(None) };
        let outcome = OutreachOutcome {
            campaign: execution.campaign.clone(),
            execution: execution.id.clone(),
            bot: bot.bot,
            ..OutreachOutcome::default()
        };
        let work = ChunkWork {
            execution,
            body,
            contents,
            custom,
            plan,
            known,
            token,
            links,
            recipients,
            chunk,
            ledger,
            outcome,
            unsent: Vec::new(),
            waiting: BTreeMap::new(),
            said_ms: BTreeMap::new(),
        };
        self.begin_trials(&work).await?;
        Ok(Some((sort, work)))
    }

    async fn send_chunk(&mut self, work: &mut ChunkWork) -> AppResult<ChunkEnd> {
        self.recover(work).await?;
        match self.send_groups(work).await {
            Ok(end) => Ok(end),
            Err(error) => {
                // What became of the last group is not lost with a read that failed after it.
                work.give_back();
                self.write(work).await?;
                Err(error)
            }
        }
    }

    async fn send_groups(&mut self, work: &mut ChunkWork) -> AppResult<ChunkEnd> {
        if work.execution.status != ExecutionStatus::Running {
            return self.leave(work, ChunkEnd::Next).await;
        }
        loop {
            if let Some(outcome) = work.end_of_all(self.app.clock.now()) {
                work.settle_the_rest(outcome);
            }
            if work.ledger.is_done() {
                work.count_chunk();
                return self.leave(work, ChunkEnd::Done).await;
            }
            if work.custom.is_awaited() {
                return self.leave(work, ChunkEnd::Unanswered).await;
            }
            let means = self.means_left(work).await?;
            if let Some(lack) = means.lack {
                let end = self.leave(work, ChunkEnd::Next).await?;
                self.app.pause_for(self.bot.account, &work.execution.campaign, lack).await?;
                return Ok(end);
            }
            let group = self.prepare(work, means.messages).await?;
            if let (true, Some(until_ms)) = (work.all_wait(), work.first_wait_ms()) {
                return self.leave(work, ChunkEnd::Waits(until_ms)).await;
            }
            match self.write(work).await? {
                LedgerFate::Written => {}
                LedgerFate::Refused => return Ok(ChunkEnd::Stop(LaneEnd::Lost)),
                LedgerFate::OverStars => {
                    // Another lane took them since they were counted.
                    work.give_back();
                    continue;
                }
                LedgerFate::Halted => {
                    work.give_back();
                    return self.leave(work, ChunkEnd::Next).await;
                }
            }
            let rest = self.send_group(work, group).await?;
            if let Some(words) = self.refused_content(work).await? {
                let (account, reason) = (self.bot.account, format!("Telegram refuses the content: {words}"));
                self.app.fail_execution(account, &work.execution.id, &reason).await?;
                return self.leave(work, ChunkEnd::Next).await;
            }
            match rest {
                Some(moment_ms) => return self.leave(work, ChunkEnd::Stop(LaneEnd::Rest(moment_ms))).await,
                None if self.app.clock.now_ms() >= self.until_ms => {
                    return self.leave(work, ChunkEnd::Stop(LaneEnd::Time)).await;
                }
                None => {}
            }
        }
    }

    /// Ends with a chunk once what is known is written down.
    async fn leave(&mut self, work: &mut ChunkWork, end: ChunkEnd) -> AppResult<ChunkEnd> {
        Ok(match self.write(work).await? {
            LedgerFate::Written => end,
            LedgerFate::Halted | LedgerFate::OverStars | LedgerFate::Refused => ChunkEnd::Stop(LaneEnd::Lost),
        })
    }

    /// What the next group gets, and no more than are left of the budget; who gets nothing has an outcome then, or waits,
    /// and the others are noted as being sent to.
    async fn prepare(&self, work: &mut ChunkWork, left: Option<u64>) -> AppResult<Vec<(usize, LaneMessage)>> {
        let mut group = work.next_group(&self.trials);
        group.truncate(left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX)));
        let users = group.iter().filter_map(|place| Some(work.recipient(*place)?.user));
        let known = users.map(|user| async move {
            self.app.store.known_person(self.bot.account, user).await.map(|person| (user, person))
        });
        let known = join_all(known).await.into_iter().collect::<AppResult<Vec<_>>>()?;
        let people: BTreeMap<UserId, Option<KnownPerson>> = known.into_iter().collect();
        let now = self.app.clock.now();
        let mut messages = Vec::new();
        for place in group {
            let person = work.recipient(place).and_then(|recipient| people.get(&recipient.user)?.as_ref());
            if let Some(until_ms) = work.waits_until_ms(person, now) {
                work.put_off(place, until_ms);
                continue;
            }
            match work.prepared(self.bot.bot, place, person, now) {
                Ok(message) => messages.push((place, message)),
                Err(reason) => work.settle(place, Attempted::Settled(Outcome::Skipped(reason))),
            }
        }
        let links = messages.iter().flat_map(|(_, message)| message.links());
        self.app.keep_links(self.bot.account, &work.execution.campaign, links).await?;
        work.unsent = messages.iter().map(|(place, _)| *place).collect();
        work.ledger.begin(&work.unsent);
        Ok(messages)
    }

    /// Sends to a group, all at about the same time: what Telegram has one of them wait for holds back those that were to
    /// follow. Answers the moment before which nothing may be sent any more.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`] if it could not be noted with somebody that they were reached: they stay as being sent to,
    /// and are found so by whoever has the lane next.
    async fn send_group(
        &mut self,
        work: &mut ChunkWork,
        group: Vec<(usize, LaneMessage)>,
    ) -> AppResult<Option<i64>> {
        let (app, bot, until_ms) = (self.app, self.bot, self.until_ms);
        let (Some(token), Some(known)) = (work.token.clone(), work.known.clone()) else { return Ok(None) };
        work.unsent.clear();
        let mut next_ms = app.clock.now_ms();
        let rest_until_ms = AtomicI64::new(i64::MIN);
        let mut sends = Vec::new();
        for (place, message) in group {
            let moment_ms = self.take_moment(work, next_ms.max(work.may_say_ms(place)));
            work.note_said(place, moment_ms);
            (next_ms, self.sent_ms) = (moment_ms + work.spacing_ms(), moment_ms);
            let (token, known, rest_until_ms) = (&token, &known, &rest_until_ms);
            sends.push(async move {
                app.clock.sleep_until_ms(moment_ms).await;
                let sent = match rest_until_ms.load(Ordering::Relaxed) {
                    until_ms if app.clock.now_ms() < until_ms => LaneSent::later(until_ms),
                    _ => app.send_lane_message(bot, known, token, &message).await,
                };
                rest_until_ms.fetch_max(sent.rest_until_ms.unwrap_or(i64::MIN), Ordering::Relaxed);
                let note = || app.note_with_person(bot, &message, sent.attempted);
                let noted = app.insist(until_ms, note).await;
                (place, noted.map(|()| sent))
            });
        }
        let (mut rest, mut failure) = (None, None);
        for (place, sent) in join_all(sends).await {
            match sent {
                Ok(sent) => {
                    rest = rest.max(sent.rest_until_ms);
                    self.trials.note(work.content_at(place), sent.attempted, sent.refusal);
                    if sent.attempted == TOKEN_REFUSED {
                        work.token = None;
                    }
                    work.note_stars(sent.attempted);
                    work.settle(place, sent.attempted);
                }
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(rest), Err)
    }
}

impl ChunkWork {
    /// Who a place of the ledger is of.
    pub fn recipient(&self, place: usize) -> Option<&Recipient> {
        self.recipients.get(place / self.contents.len().max(1))
    }

    /// What everybody who is left comes to, if nothing is to be sent any more.
    fn end_of_all(&self, now: i64) -> Option<Outcome> {
        // A test has no end.
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

    pub fn settle(&mut self, place: usize, attempted: Attempted) {
        self.ledger.settle(&[(place, attempted)]);
        if let Attempted::Settled(outcome) = attempted {
            self.count(place, outcome);
        }
    }
}
