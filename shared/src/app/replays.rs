use super::App;
use super::postback_log::{STRETCH, TimeRange};
use crate::domain::postback_id::PostbackId;
use crate::domain::postback_log::{ATTEMPTS_MAX, LogPlace, PostbackError, PostbackState};
use crate::domain::schedule::TRIES;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, CampaignKey, TrackingCampaignId};
use crate::queue::Task;
use crate::store::{LoggedPostback, Order};

/// A call queues no more than about this many.
const QUEUED_MAX: usize = 500;

/// What is to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayedPostbacks {
    /// One.
    One(PostbackId),
    /// All of a campaign in one state.
    Many {
        /// The campaign.
        campaign: TrackingCampaignId,
        /// Failed, delivered or skipped; of these not what came too late to be told.
        state: PostbackState,
        /// By the time of their events.
        range: TimeRange,
        /// Beyond this place.
        after: Option<LogPlace>,
    },
}

/// What a replay did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    /// How many postbacks are on their way.
    pub queued: usize,
    /// From where to go on, if there may be more.
    pub next: Option<LogPlace>,
}

impl App {
    /// Sends postbacks again under the ids they have; of many, the oldest first, so that a lead's stay in order. A call
    /// that is repeated sends again.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such postback or campaign.
    /// - [`AppError::Unavailable`]; some may be on their way then.
    pub async fn replay_postbacks(&self, account: AccountId, what: ReplayedPostbacks) -> AppResult<Replay> {
        match what {
            ReplayedPostbacks::One(id) => {
                let postback = self.store.postback(account, id).await?;
                let postback = postback.ok_or(AppError::NotFound("postback"))?;
                Ok(Replay { queued: self.queue_replays(account, [postback].iter()).await?, next: None })
            }
            ReplayedPostbacks::Many { campaign, state, range, after } => {
                let campaign = self.known_campaign(account, campaign).await?;
                let mut walk = self.walk_log(vec![campaign], range, after, Order::OldestFirst, STRETCH);
                let mut queued = 0;
                while walk.goes_on() && queued < QUEUED_MAX {
                    let found = walk.next_stretch().await?;
                    let found =
                        found.iter().filter(|postback| postback.state == state && !is_never_told(postback));
                    queued += self.queue_replays(account, found).await?;
                }
                Ok(Replay { queued, next: walk.place })
            }
        }
    }

    /// Leaves out those that were tried too often; answers how many are on their way.
    async fn queue_replays(
        &self,
        account: AccountId,
        postbacks: impl Iterator<Item = &LoggedPostback>,
    ) -> AppResult<usize> {
        let requested_ms = self.clock.now_ms();
        let tasks =
            postbacks.filter(|postback| postback.attempts.len() + TRIES <= ATTEMPTS_MAX).map(|postback| {
                let campaign = CampaignKey { account, campaign: postback.id.campaign };
                Task::ReplayV1 { campaign, user: postback.subscriber, event: postback.id.event, requested_ms }
            });
        let tasks: Vec<_> = tasks.collect();
        if !tasks.is_empty() {
            self.postback_queue()?.send(&tasks).await?;
        }
        Ok(tasks.len())
    }
}

/// Whether a leave came too late to be told. By its id alone it can be told all the same.
fn is_never_told(postback: &LoggedPostback) -> bool {
    postback.error == Some(PostbackError::Window)
}
