//! Taking back what a campaign sent, through the lanes of its bots: at the pace of sending, and after everything that is to be
//! sent.

use futures::future::join_all;

use super::App;
use super::lane_chunks::{ChunkEnd, LaneSender, SPACING_MS};
use super::lanes::LaneEnd;
use super::outreach_changes::allow;
use super::sending::{Pause, Verdict};
use crate::domain::outreach::{
    CampaignAction, CampaignRefusal, DELETABLE_SECONDS, Deletion, Delivery, Execution, GROUP, Refusal,
    deletable,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotKey, OutreachCampaignId, UserId};
use crate::secret::BotToken;
use crate::store::{Bot, LaneWork};
use crate::telegram::TelegramError;

/// How long a lane waits that found no connection, in milliseconds.
const NO_CONNECTION_MS: i64 = 5_000;

/// What Telegram says of a message that is gone.
const NOT_FOUND: &str = "message to delete not found";

/// How far it is with what a campaign sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeletionProgress {
    /// How many messages were sent by executions that are deleted.
    pub messages: u64,
    /// How many are gone.
    pub deleted: u64,
    /// How many stay, because Telegram refuses to delete them, or whom they went to was erased.
    pub kept: u64,
    /// Whether everything was tried.
    pub done: bool,
}

/// What deleting one message came to.
enum Gone {
    Yes,
    No,
    /// Not before this moment, in Unix milliseconds.
    Wait(i64),
}

impl App {
    /// Has the bots delete what a campaign sent, tests included, and tells how far they are. Of executions that ended longer
    /// ago than Telegram lets bots delete, nothing is tried. Asking again begins nothing that was begun, and is the way to
    /// see how far it is.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such campaign.
    /// - [`AppError::Refused`] while an execution is underway, halted or not, one for triggers included.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn delete_outreach_messages(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
    ) -> AppResult<DeletionProgress> {
        let (campaign, now) = (self.outreach_campaign(account, id).await?, self.clock.now());
        allow(&campaign, CampaignAction::DeleteMessages, now)?;
        // What they send goes on and on: a walk over it would come to no end.
        let of_triggers = campaign.triggered.ids().cloned().collect();
        if !self.not_over(account, of_triggers).await?.is_empty() {
            let (standing, action) = (campaign.standing(now), CampaignAction::DeleteMessages);
            return Err(AppError::Refused(CampaignRefusal::of(Refusal::Triggered, standing, action)));
        }
        let mut progress = DeletionProgress { done: true, ..DeletionProgress::default() };
        for execution in self.store.executions(account, id).await? {
            let is_deletable = execution.finished.is_some_and(|ended| now - ended < DELETABLE_SECONDS);
            self.delete_execution(account, &execution, is_deletable, &mut progress).await?;
        }
        Ok(progress)
    }

    async fn delete_execution(
        &self,
        account: AccountId,
        execution: &Execution,
        is_deletable: bool,
        progress: &mut DeletionProgress,
    ) -> AppResult<()> {
        let tallies = self.store.lanes(account, &execution.id).await?;
        for (bot, tally) in tallies.into_iter().filter(|(_, tally)| tally.successful > 0) {
            let bot = BotKey { account, bot };
            let mut known = self.store.deletion(bot, &execution.id).await?;
            if is_deletable && !known.as_ref().is_some_and(|known| known.done) {
                self.store.begin_deletion(bot, &execution.id).await?;
                let work = LaneWork { deletes: true, ..LaneWork::of(execution) };
                self.give_lane_work(bot, &work).await?;
                known = known.or_else(|| Some(Deletion::default()));
            }
            let Some(known) = known else { continue };
            progress.messages += tally.successful;
            progress.deleted += known.deleted;
            progress.kept += known.kept;
            progress.done &= known.done;
        }
        Ok(())
    }

    async fn delete_message(
        &self,
        bot: BotKey,
        known: &Bot,
        token: &BotToken,
        (user, message): (UserId, i64),
    ) -> Gone {
        let Ok(telegram) = self.telegram() else { return Gone::No };
        let error = match telegram.delete_message(token, user, message).await {
            Ok(()) => return Gone::Yes,
            Err(TelegramError::Refused { description, .. }) if description.contains(NOT_FOUND) => {
                return Gone::Yes;
            }
            Err(error) => error,
        };
        // Nobody knows whether it is gone: to delete it again does no harm.
        if matches!(error, TelegramError::Ambiguous(_)) {
            return Gone::Wait(self.clock.now_ms() + NO_CONNECTION_MS);
        }
        match self.judge_refusal(bot, known, error).await {
            Verdict::Waits(Pause::Gate(gate)) => Gone::Wait(gate.closed_until_ms),
            Verdict::Waits(_) => Gone::Wait(self.clock.now_ms() + NO_CONNECTION_MS),
            Verdict::Over | Verdict::Other(_) => Gone::No,
        }
    }
}

impl LaneSender<'_> {
    /// Deletes the messages of the next chunk of a piece of work, or takes away work that has none.
    pub async fn delete_chunk_of(&mut self, work: &LaneWork) -> AppResult<ChunkEnd> {
        let (app, bot, execution) = (self.app, self.bot, &work.execution);
        let Some(mut at) = app.store.deletion(bot, execution).await?.filter(|at| !at.done) else {
            app.store.take_work_away(bot, work).await?;
            return Ok(ChunkEnd::Next);
        };
        let Some((sort, chunk)) = app.store.next_chunk(bot, execution, at.chunk.as_deref()).await? else {
            return self.write_deletion(work, &at.ended()).await.map(ended);
        };
        let all = Delivery::read_all(&chunk.recipients, chunk.ledger.as_deref());
        let all = all.ok_or_else(|| AppError::unavailable("a chunk does not read"))?;
        let Some(known) = app.store.bot(bot).await? else {
            app.store.take_work_away(bot, work).await?;
            return Ok(ChunkEnd::Next);
        };
        let token = app.usable_token(bot, &known).await?;
        for group in deletable(&all, at.place).chunks(GROUP) {
            let (after, rest) = self.delete_group(&at, group, &known, token.as_ref()).await;
            if after != at && !self.write_deletion(work, &after).await? {
                return Ok(ChunkEnd::Stop(LaneEnd::Lost));
            }
            at = after;
            if let Some(moment_ms) = rest {
                return Ok(ChunkEnd::Stop(LaneEnd::Rest(moment_ms)));
            }
            if app.clock.now_ms() >= self.until_ms {
                return Ok(ChunkEnd::Stop(LaneEnd::Time));
            }
        }
        self.write_deletion(work, &at.after_chunk(sort)).await.map(ended)
    }

    /// Deletes some messages at about the same time, and answers how far it is then: up to the first that has to wait.
    async fn delete_group(
        &mut self,
        at: &Deletion,
        group: &[(usize, Option<UserId>, i64)],
        known: &Bot,
        token: Option<&BotToken>,
    ) -> (Deletion, Option<i64>) {
        let (app, bot) = (self.app, self.bot);
        let mut next_ms = app.clock.now_ms();
        let mut deletes = Vec::new();
        for (place, user, message) in group {
            let named = token.zip(*user);
            let moment_ms = if named.is_some() { self.allowance.take(next_ms) } else { next_ms };
            (next_ms, self.sent_ms) = (moment_ms + SPACING_MS, moment_ms);
            deletes.push(async move {
                let Some((token, user)) = named else { return (*place, Gone::No) };
                app.clock.sleep_until_ms(moment_ms).await;
                (*place, app.delete_message(bot, known, token, (user, *message)).await)
            });
        }
        let (mut place, mut deleted, mut kept) = (at.place, 0, 0);
        for (behind, gone) in join_all(deletes).await {
            match gone {
                Gone::Yes => deleted += 1,
                Gone::No => kept += 1,
                Gone::Wait(moment_ms) if place == at.place => return (at.clone(), Some(moment_ms)),
                Gone::Wait(moment_ms) => return (at.after(place, deleted, kept), Some(moment_ms)),
            }
            place = behind;
        }
        (at.after(place, deleted, kept), None)
    }

    /// `false` if the lane is somebody else's.
    async fn write_deletion(&self, work: &LaneWork, after: &Deletion) -> AppResult<bool> {
        let (store, bot, execution) = (&self.app.store, self.bot, &work.execution);
        if store.write_deletion(bot, self.fence, execution, after, self.sent_ms).await? {
            return Ok(true);
        }
        // It may seem refused, and have been carried out by its first attempt.
        let is_mine = store.lane(bot).await?.fence == self.fence;
        Ok(is_mine && store.deletion(bot, execution).await?.as_ref() == Some(after))
    }
}

const fn ended(is_written: bool) -> ChunkEnd {
    if is_written { ChunkEnd::Next } else { ChunkEnd::Stop(LaneEnd::Lost) }
}
