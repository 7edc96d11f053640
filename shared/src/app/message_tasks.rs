use std::sync::Arc;

use super::App;
use super::sending::{Addressee, Grounds, Pause, Sent, WELCOME_LEASE_MS, backoff_seconds};
use crate::domain::campaign::{CampaignStatus, TrackingCampaign};
use crate::domain::fact_clock::FactClock;
use crate::domain::gate::seconds_until;
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey, UserId};
use crate::queue::MessageTask;
use crate::store::{Bot, BotStatus, Lead, WelcomeClaim, WelcomeLease};

/// What became of a task of the welcome queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageOutcome {
    /// Done, or nothing to do any more.
    Done,
    /// Held, to be received again.
    Held,
}

/// How a message of a queue was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt<'a> {
    /// The queue's word for it.
    pub handle: &'a str,
    /// How many times the message was received, this one included.
    pub count: u32,
}

/// How an attempt ended.
pub(super) enum Attempt {
    Done,
    /// To be received again after so many seconds.
    Again(u64),
}

/// A campaign and the bot that speaks for it.
pub(super) struct Speaker {
    pub campaign: Arc<TrackingCampaign>,
    pub bot: BotKey,
    pub known: Arc<Bot>,
}

impl App {
    /// Carries out a task of the welcome queue: one message or approval, if it is still due and the bot's gate is open. What has
    /// to wait is held in the queue; where that fails, for as long as the queue holds by itself.
    pub async fn carry_out_message_task(&self, task: &MessageTask, receipt: Receipt<'_>) -> MessageOutcome {
        let attempt = match *task {
            MessageTask::WelcomeV1 { campaign, user, start } => {
                self.make_up_for_welcome(campaign, user, start, receipt.count).await
            }
            MessageTask::ApproveV1 { campaign, user, request } => {
                self.make_up_for_approval(campaign, user, request, receipt.count).await
            }
        };
        let seconds = match attempt {
            Ok(Attempt::Done) => return MessageOutcome::Done,
            Ok(Attempt::Again(seconds)) => seconds,
            Err(error) => {
                tracing::error!(?error, "a task could not be carried out");
                backoff_seconds(receipt.count)
            }
        };
        let held = async { self.welcome_queue()?.hold(receipt.handle, seconds).await };
        if let Err(error) = held.await {
            tracing::warn!(?error, "a task is not held as long as it should be");
        }
        MessageOutcome::Held
    }

    async fn make_up_for_welcome(
        &self,
        key: CampaignKey,
        user: UserId,
        clock: FactClock,
        receives: u32,
    ) -> AppResult<Attempt> {
        let Some(speaker) = self.speaker(key).await? else { return Ok(Attempt::Done) };
        let bot = speaker.bot;
        let gate = self.store.gate(bot).await?;
        let now_ms = self.clock.now_ms();
        if !gate.is_open(now_ms) {
            return Ok(Attempt::Again(self.hold_seconds(bot, Pause::Gate(gate), receives).await?));
        }
        let lease = WelcomeLease { now_ms, until_ms: now_ms + WELCOME_LEASE_MS };
        let lead = match self.store.claim_welcome(key, user, clock, lease).await? {
            WelcomeClaim::Granted(lead) => lead,
            WelcomeClaim::Settled => return Ok(Attempt::Done),
            // Whoever is at it will most likely be done soon, and not at the end of the lease.
            WelcomeClaim::Leased { until_ms } => {
                let seconds = seconds_until(until_ms, now_ms).clamp(1, backoff_seconds(receives));
                return Ok(Attempt::Again(seconds));
            }
        };
        let greeted = self.greet_again(&speaker, &lead, clock).await;
        if greeted.is_err() {
            self.store.release_welcome(key, user, clock).await?;
        }
        match greeted? {
            Sent::Waits(pause) => {
                self.store.release_welcome(key, user, clock).await?;
                Ok(Attempt::Again(self.hold_seconds(bot, pause, receives).await?))
            }
            Sent::Done | Sent::ContentRefused => {
                self.note_greeted(key, user, clock).await;
                Ok(Attempt::Done)
            }
        }
    }

    /// The campaign and its bot, or none if the bot may not send.
    pub(super) async fn speaker(&self, key: CampaignKey) -> AppResult<Option<Speaker>> {
        let Some(campaign) = self.cached_campaign(key).await? else { return Ok(None) };
        let bot = BotKey { account: key.account, bot: campaign.bot };
        let known = self.cached_bot(bot).await?.filter(|known| known.status == BotStatus::Active);
        Ok(known.map(|known| Speaker { campaign, bot, known }))
    }

    async fn greet_again(&self, speaker: &Speaker, lead: &Lead, clock: FactClock) -> AppResult<Sent> {
        let Speaker { campaign, bot, known } = speaker;
        let grounds = match lead.facts.starts.iter().any(|start| start.clock == clock) {
            true => Grounds::Start,
            false => Grounds::Request,
        };
        let to = Addressee { bot: *bot, known, person: &lead.person, cause: clock, grounds };
        if grounds == Grounds::Request {
            return self.greet_for_request(&to, campaign, lead).await;
        }
        match campaign.status {
            CampaignStatus::Active => self.send_welcome(&to, campaign, lead).await,
            CampaignStatus::Paused | CampaignStatus::Deleted => self.send_polite_reply(&to).await,
        }
    }

    /// The message has left: failing now would have it sent again.
    pub(super) async fn note_greeted(&self, key: CampaignKey, user: UserId, clock: FactClock) {
        if let Err(error) = self.store.settle_welcome(key, user, clock).await {
            tracing::warn!(account.id = %key.account, campaign.id = %key.campaign, ?error, "a welcome stays owed");
        }
    }
}
