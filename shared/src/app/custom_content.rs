//! Campaigns of type custom: an endpoint of the account's own says what the recipients of each chunk get. A lane asks for what
//! it needs next and waits for it, while other campaigns go on; the asking itself is the planner's.

use std::borrow::Cow;

use super::App;
use super::lane_chunks::ChunkWork;
use crate::domain::outreach::{
    CampaignBody, CampaignType, Execution, ExecutionPlan, MessageContent, Recipient,
};
use crate::error::{AppError, AppResult, Fault};
use crate::ids::AccountId;
use crate::queue::PlanTask;
use crate::store::{Chunk, ChunkPlace};

/// After so long a lane asks again that was told nothing, in milliseconds: whoever asked for it may have died.
pub(super) const ASK_AGAIN_MS: i64 = 60_000;

/// What the recipients of a chunk get.
pub(super) enum CustomChunk {
    /// What the campaign says.
    Own,
    /// What an endpoint will say.
    Awaited,
    /// What it said.
    Answered {
        /// Its contents.
        contents: Vec<MessageContent>,
        /// For each recipient 0 for what the campaign says, the number of a content from 1 on, or `None` for nothing.
        given: Vec<Option<usize>>,
    },
}

impl CustomChunk {
    /// Whether it is not known yet.
    pub const fn is_awaited(&self) -> bool {
        matches!(self, Self::Awaited)
    }

    /// What a recipient gets; `None` for nothing.
    pub fn content_of<'a>(&'a self, recipient: usize, own: &'a MessageContent) -> Option<&'a MessageContent> {
        match self {
            Self::Own | Self::Awaited => Some(own),
            Self::Answered { contents, given } => match given.get(recipient).copied().flatten()? {
                0 => Some(own),
                number => contents.get(number - 1),
            },
        }
    }

    /// What the campaign says, and what was answered.
    pub fn said_with<'a>(&self, own: &'a [MessageContent]) -> Cow<'a, [MessageContent]> {
        match self {
            Self::Own | Self::Awaited => Cow::Borrowed(own),
            Self::Answered { contents, .. } => Cow::Owned([own, contents].concat()),
        }
    }
}

impl App {
    /// Checks that a campaign of type custom may be sent.
    ///
    /// # Errors
    ///
    /// - [`AppError::Invalid`] if it does not say whom to ask, says what an endpoint cannot answer to, or its account has
    ///   nothing to sign with.
    /// - [`AppError::Unavailable`], safe to retry.
    pub(super) async fn check_custom(&self, account: AccountId, body: &CampaignBody) -> AppResult<()> {
        if body.kind != CampaignType::Custom {
            return Ok(());
        }
        let mut faults = Vec::new();
        let mut refuse = |field: &str, reason: &str| {
            faults.push(Fault { field: field.to_owned(), reason: reason.to_owned() });
        };
        if body.custom.is_none() {
            refuse("custom.endpoint", "is required");
        }
        if body.messages.len() > 1 {
            refuse("messages", "must be one at most in a campaign of type custom");
        }
        if body.messages.iter().any(|message| !message.variations.is_empty()) {
            refuse("messages[0].variations", "cannot be had by a campaign of type custom");
        }
        if !body.triggers.is_empty() {
            refuse("workflow.triggers", "cannot be had by a campaign of type custom");
        }
        let signing = self.store.account(account).await?.and_then(|account| account.signing);
        if signing.is_none() {
            refuse("custom", "needs a secret to sign with: make one by profile/signing");
        }
        if faults.is_empty() { Ok(()) } else { Err(AppError::Invalid(faults)) }
    }

    /// What the recipients of a chunk get. Has the endpoint asked about it and those after it.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn custom_chunk(
        &self,
        account: AccountId,
        (execution, plan): (&Execution, &ExecutionPlan),
        (chunk, recipients): (&Chunk, &[Recipient]),
        contents: &[MessageContent],
    ) -> AppResult<CustomChunk> {
        if !plan.asks {
            return Ok(CustomChunk::Own);
        }
        let place = ChunkPlace::of(account, &execution.id, chunk);
        let ChunkPlace { bot, shard, number, .. } = place;
        let ask = PlanTask::AskV1 { bot, execution: execution.id.clone(), shard, number };
        self.plan_queue()?.send_text(ask.spelled()?).await?;
        let answer = self.store.chunk_question(&place).await?.answer;
        let Some(answer) = answer.filter(|answer| answer.given.len() == recipients.len()) else {
            return Ok(CustomChunk::Awaited);
        };
        let id = contents.first().map(|own| own.id.clone()).unwrap_or_default();
        let said = answer.contents.into_iter().map(|content| MessageContent::answered(id.clone(), content));
        Ok(CustomChunk::Answered { contents: said.collect(), given: answer.given })
    }

    /// Forgets what the recipients of a chunk got.
    pub(super) async fn forget_content(&self, account: AccountId, work: &ChunkWork) -> AppResult<()> {
        match work.plan.asks {
            true => self.store.forget_answer(&ChunkPlace::of(account, &work.execution.id, &work.chunk)).await,
            false => Ok(()),
        }
    }
}
