//! The standing check of each bot: a chain of looks, each of which plans the next.

use futures::{TryStreamExt, stream};

use super::App;
use super::message_tasks::{MessageOutcome, Receipt};
use super::sending::backoff_seconds;
use super::webhooks::WebhookLook;
use crate::domain::bot_check::{BotCheck, SOON_MS, broken_before_ms, next_look_ms, pieces_ms};
use crate::error::{AppError, AppResult};
use crate::ids::BotKey;
use crate::queue::BotTask;
use crate::store::{Bot, BotStatus, Due, DueQueue, LookPlan};

/// How many pieces are written down at the same time.
const PIECES_AT_ONCE: usize = 8;

impl App {
    /// Carries out a task of the queue of bots. A look that cannot plan the next one is held in the queue, so that
    /// nothing ends a chain but the end of its bot; a piece that fails is made up for by the next.
    pub async fn carry_out_bot_task(&self, task: &BotTask, receipt: Receipt<'_>) -> MessageOutcome {
        let outcome = match *task {
            BotTask::LookV1 { bot, planned_ms } => self.look_after(bot, planned_ms).await,
            BotTask::PieceV1 { bot } => {
                if let Err(error) = self.ask_piece(bot).await {
                    tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, ?error, "a piece of a pass failed");
                }
                Ok(())
            }
        };
        let Err(error) = outcome else { return MessageOutcome::Done };
        tracing::error!(?error, "a bot could not be looked after");
        self.hold_bot_task(receipt).await;
        MessageOutcome::Held
    }

    /// Keeps a message back for a while; where that fails, for as long as the queue does by itself.
    async fn hold_bot_task(&self, receipt: Receipt<'_>) {
        let seconds = backoff_seconds(receipt.count);
        let held = async { self.bot_queue()?.hold(receipt.handle, seconds).await };
        if let Err(error) = held.await {
            tracing::warn!(?error, "a task is not held as long as it should be");
        }
    }

    /// Has a bot looked after from now on, in place of any look that was planned before.
    pub(super) async fn begin_looking(&self, bot: BotKey) -> AppResult<()> {
        self.store.begin_looks(bot, &self.first_look(bot)?, None, self.clock.now_ms()).await
    }

    /// Has a bot looked after that nobody looks after, or whose chain of looks is broken.
    pub(super) async fn keep_looking(&self, bot: BotKey) -> AppResult<()> {
        let since_ms = broken_before_ms(self.clock.now_ms());
        self.store.begin_looks(bot, &self.first_look(bot)?, Some(since_ms), self.clock.now_ms()).await
    }

    fn first_look(&self, bot: BotKey) -> AppResult<Due> {
        let planned_ms = self.clock.now_ms().saturating_add(SOON_MS);
        due(planned_ms, &BotTask::LookV1 { bot, planned_ms })
    }

    async fn look_after(&self, key: BotKey, planned_ms: i64) -> AppResult<()> {
        let check = self.store.bot_check(key).await?;
        let Some(check) = check.filter(|check| check.next_ms == Some(planned_ms)) else { return Ok(()) };
        let found = self.store.bot(key).await?.filter(|bot| bot.status != BotStatus::Deleted);
        let Some(known) = found else { return self.store.end_looks(key, planned_ms).await };
        let Some(outlook) = self.look_at(key, &known, &check).await? else {
            return self.store.end_looks(key, planned_ms).await;
        };
        let Outlook { next_ms, verified, asks, begins_pass } = outlook;
        if asks {
            self.plan_pieces(key, next_ms).await?;
        }
        let next = due(next_ms, &BotTask::LookV1 { bot: key, planned_ms: next_ms })?;
        let pass_begins = begins_pass.then(|| self.clock.now());
        let plan = LookPlan { planned_ms, next: &next, verified, pass_begins };
        self.store.plan_look(key, plan, self.clock.now_ms()).await
    }

    /// Verifies the webhook if it is time to, and decides how to go on; `None` for a bot that cannot be used any more.
    async fn look_at(&self, key: BotKey, known: &Bot, check: &BotCheck) -> AppResult<Option<Outlook>> {
        let (now_ms, now) = (self.clock.now_ms(), self.clock.now());
        let verified = check.verified;
        let idle =
            Outlook { next_ms: next_look_ms(now_ms, false, 0), verified, asks: false, begins_pass: false };
        // A suspended account may be let in again: its bots are not forgotten, and nothing is asked.
        if self.active_account(key.account).await?.is_none() {
            return Ok(Some(idle));
        }
        let asks = check.place.is_some();
        let gate = self.store.gate(key).await?;
        if !gate.is_open(now_ms) {
            let next_ms = next_look_ms(now_ms, asks, gate.closed_until_ms);
            return Ok(Some(Outlook { next_ms, asks, ..idle }));
        }
        let webhook = match check.is_webhook_due(now) || known.status == BotStatus::Disabled {
            true => self.look_at_webhook(key, known).await,
            false => None,
        };
        let (verified, is_open) = match webhook {
            Some(WebhookLook::Over) => return Ok(None),
            Some(WebhookLook::Later) => (verified, true),
            Some(WebhookLook::Verified) => (now, false),
            None => (verified, false),
        };
        let begins_pass = check.is_pass_due(now);
        let asks = asks || begins_pass;
        let next_ms = next_look_ms(now_ms, asks || is_open, 0);
        Ok(Some(Outlook { next_ms, verified, asks, begins_pass }))
    }

    /// What goes wrong on the way must not end the looks.
    async fn look_at_webhook(&self, key: BotKey, known: &Bot) -> Option<WebhookLook> {
        let look = async {
            let Some(token) = self.bot_token(key, known).await? else { return Ok(WebhookLook::Later) };
            self.verify_webhook(key, known, &token).await
        };
        Some(look.await.unwrap_or_else(|error: AppError| {
            tracing::warn!(account.id = %key.account, bot.id = %key.bot, ?error, "a webhook is not verified");
            WebhookLook::Later
        }))
    }

    /// Writes down the pieces of a pass from one look to the one after it.
    async fn plan_pieces(&self, key: BotKey, from_ms: i64) -> AppResult<()> {
        stream::iter(pieces_ms(from_ms).map(Ok))
            .try_for_each_concurrent(PIECES_AT_ONCE, |due_ms| async move {
                let piece = due(due_ms, &BotTask::PieceV1 { bot: key })?;
                self.store.put_due(&piece, self.clock.now_ms()).await
            })
            .await
    }
}

/// How a look goes on.
struct Outlook {
    next_ms: i64,
    verified: i64,
    /// Whether a pass is under way from now on.
    asks: bool,
    begins_pass: bool,
}

fn due(due_ms: i64, task: &BotTask) -> AppResult<Due> {
    Ok(Due { due_ms, id: task.id(), task: task.spelled()?, queue: DueQueue::Bots, ..Due::default() })
}
