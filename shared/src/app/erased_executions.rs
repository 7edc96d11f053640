//! One person is taken out of executions and lists of testers. Who is in a chunk keeps their place in it, without a name, so
//! that what was counted stays true and whoever sends the chunk finds the others where they were.

use super::App;
use super::outreach::CHANGE_TRIES;
use crate::domain::erasure::ErasurePass;
use crate::domain::outreach::{Execution, Recipient};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, ExecutionId, UserId};
use crate::store::{Chunk, ChunkPlace, Erasure, PlannedShard, ShardStep, TestersOf, contact_shard};

impl App {
    /// Takes a person out of the testers of an account. In the second pass whoever came back stays.
    pub(super) async fn erase_from_testers(&self, account: AccountId, erasure: &Erasure) -> AppResult<()> {
        if erasure.pass == ErasurePass::Second && self.is_known(account, erasure.user).await? {
            return Ok(());
        }
        for _ in 0..CHANGE_TRIES {
            let before = self.store.testers(account).await?;
            if self.replace_testers(account, TestersOf::Account, &before, erasure.user).await? {
                return Ok(());
            }
        }
        Err(AppError::unavailable("the testers are being changed by others"))
    }

    /// Takes a person out of an execution. Twice is the same as once. In the second pass an execution that was asked for
    /// after the request is left alone if they came back: it may be that they are in it as somebody new.
    pub(super) async fn erase_from_execution(
        &self,
        account: AccountId,
        erasure: &Erasure,
        id: &ExecutionId,
    ) -> AppResult<()> {
        let user = erasure.user;
        let Some(execution) = self.store.execution(account, id).await? else { return Ok(()) };
        let is_later = erasure.pass == ErasurePass::Second && execution.created > erasure.requested;
        if is_later && self.is_known(account, user).await? {
            return Ok(());
        }
        if execution.test {
            self.erase_from_plan(account, &execution, user).await?;
        }
        self.store.forget_invited(account, &execution.campaign, user).await?;
        self.store.forget_entry(account, &execution.campaign, user).await?;
        let planned = self.erase_from_shard(account, id, user).await?;
        // Whom triggers name are in no shard's order.
        let (bots, shard) = match execution.triggered {
            true => (&execution.bots, 0),
            false => (&planned.bots, contact_shard(user)),
        };
        for part in bots {
            for chunk in self.store.chunks_naming(account, id, (part.bot, shard), user).await? {
                self.erase_from_chunk(account, id, chunk, user).await?;
            }
        }
        Ok(())
    }

    async fn is_known(&self, account: AccountId, user: UserId) -> AppResult<bool> {
        let known = self.store.known_person(account, user).await?;
        Ok(known.is_some_and(|known| !known.contacts.is_empty()))
    }

    async fn erase_from_plan(
        &self,
        account: AccountId,
        execution: &Execution,
        user: UserId,
    ) -> AppResult<()> {
        for _ in 0..CHANGE_TRIES {
            let plan = self.store.execution_plan(account, &execution.id).await?;
            let Some(testers) = plan.and_then(|plan| plan.testers) else { return Ok(()) };
            let of = TestersOf::Execution(&execution.id);
            if self.replace_testers(account, of, &testers, user).await? {
                return Ok(());
            }
        }
        Err(AppError::unavailable("a plan is being changed by others"))
    }

    /// `false` if the list is not what it was read as.
    async fn replace_testers(
        &self,
        account: AccountId,
        of: TestersOf<'_>,
        before: &[UserId],
        user: UserId,
    ) -> AppResult<bool> {
        let after: Vec<_> = before.iter().copied().filter(|tester| *tester != user).collect();
        if after.len() == before.len() {
            return Ok(true);
        }
        self.store.replace_testers(account, of, before, &after).await
    }

    /// Takes a person out of how far their shard is planned, and answers that. It counts as a step of the planning: a
    /// planner that has read the one before it writes nothing, reads this one, and goes on from there.
    async fn erase_from_shard(
        &self,
        account: AccountId,
        id: &ExecutionId,
        user: UserId,
    ) -> AppResult<PlannedShard> {
        let shard = contact_shard(user);
        for _ in 0..CHANGE_TRIES {
            let before = self.store.planned_shard(account, id, shard).await?;
            let after = self.without_person(account, &before, user).await?;
            if after == before {
                return Ok(before);
            }
            let after = PlannedShard { step: before.step + 1, ..after };
            let step = ShardStep { shard, after: &after, chunks: &[] };
            if self.store.write_shard_step(account, id, step).await? {
                return Ok(after);
            }
        }
        Err(AppError::unavailable("a shard is being planned by others"))
    }

    async fn without_person(
        &self,
        account: AccountId,
        before: &PlannedShard,
        user: UserId,
    ) -> AppResult<PlannedShard> {
        let mut after = before.clone();
        if before.cursor == Some(user) {
            // Whoever comes before them was looked at, and a shard that is done needs no place.
            after.cursor = if before.done { None } else { self.store.person_before(account, user).await? };
        }
        for rest in &mut after.rest {
            if let Some(recipients) = without_name(&rest.recipients, user)? {
                rest.recipients = recipients;
            }
        }
        Ok(after)
    }

    async fn erase_from_chunk(
        &self,
        account: AccountId,
        id: &ExecutionId,
        chunk: Chunk,
        user: UserId,
    ) -> AppResult<()> {
        let (bot, shard, number) = (chunk.bot, chunk.shard, chunk.number);
        let mut chunk = Some(chunk);
        for _ in 0..CHANGE_TRIES {
            let Some(read) = chunk else { return Ok(()) };
            let Some(recipients) = without_name(&read.recipients, user)? else { return Ok(()) };
            if self.store.replace_recipients(account, id, &read, &recipients).await? {
                // What an endpoint has for them is not kept; for the others it is asked again.
                return self.store.forget_answer(&ChunkPlace::of(account, id, &read)).await;
            }
            let again = self.store.chunks_naming(account, id, (bot, shard), user).await?;
            chunk = again.into_iter().find(|chunk| chunk.number == number);
        }
        Err(AppError::unavailable("a chunk is being changed by others"))
    }
}

/// Recipients without a person's name; `None` if they are not among them.
fn without_name(recipients: &str, user: UserId) -> AppResult<Option<String>> {
    let read = Recipient::read_all(recipients);
    let mut read = read.ok_or_else(|| AppError::unavailable("recipients do not read"))?;
    let mut named = read.iter_mut().filter(|recipient| recipient.user == user).peekable();
    if named.peek().is_none() {
        return Ok(None);
    }
    named.for_each(Recipient::forget);
    Ok(Some(Recipient::spell_all(&read)))
}
