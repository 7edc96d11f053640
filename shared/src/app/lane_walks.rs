//! A lane's walk over the chunks of an execution: which one is next, and whether the bot has done its part.

use super::lane_chunks::LaneSender;
use crate::domain::outreach::{Execution, ExecutionStatus, Ledger};
use crate::error::{AppError, AppResult};
use crate::store::{Chunk, ChunkState, LaneWork};

impl LaneSender<'_> {
    /// The next chunk of an execution, and its ledger if it has one; the bot has done its part if there is none, and nobody
    /// waits in those before.
    pub async fn open_ledger(
        &self,
        work: &LaneWork,
        execution: &Execution,
    ) -> AppResult<Option<(String, Chunk, Option<Ledger>)>> {
        let is_running = execution.status == ExecutionStatus::Running;
        let (walked, open) = self.open_chunk(work, execution).await?;
        let Some((sort, chunk)) = open else {
            if is_running
                && work.again_ms.is_none()
                && self.is_part_done(execution, walked.as_deref()).await?
            {
                self.app.finish_part(self.bot, execution).await?;
            }
            return Ok(None);
        };
        let ledger = chunk.ledger.as_ref().map(|text| text.parse::<Ledger>()).transpose();
        let ledger = ledger.map_err(|_| AppError::unavailable("the outcomes of a chunk do not read"))?;
        let is_at_work = is_running || ledger.as_ref().is_some_and(Ledger::is_under_way);
        Ok(is_at_work.then_some((sort, chunk, ledger)))
    }

    /// Whether a bot has no more to send of an execution, now that everything up to a chunk is done.
    async fn is_part_done(&self, execution: &Execution, walked: Option<&str>) -> AppResult<bool> {
        if !execution.triggered {
            return Ok(true);
        }
        if let Some(walked) = walked {
            self.app.store.note_drained(self.bot, &execution.id, walked).await?;
        }
        Ok(!self.app.takes_more(self.bot.account, execution).await?)
    }

    /// The first chunk that is not done, and the last one before it.
    async fn open_chunk(
        &self,
        work: &LaneWork,
        execution: &Execution,
    ) -> AppResult<(Option<String>, Option<(String, Chunk)>)> {
        let mut after = work.done.clone();
        if after.is_none() && execution.triggered {
            after = self.app.store.drained(self.bot, &execution.id).await?;
        }
        loop {
            let next = self.app.store.next_chunk(self.bot, &work.execution, after.as_deref()).await?;
            match next {
                Some((sort, chunk)) if chunk.state == ChunkState::Done => after = Some(sort),
                next => return Ok((after, next)),
            }
        }
    }
}
