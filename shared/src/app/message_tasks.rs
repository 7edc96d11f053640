use std::sync::Arc;

use super::App;
use super::owed_welcomes::OwedWelcome;
use super::sending::{Addressee, Grounds, Sent, backoff_seconds};
use crate::domain::campaign::TrackingCampaign;
use crate::domain::fact_clock::FactClock;
use crate::domain::gate::seconds_until;
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey, UserId};
use crate::queue::MessageTask;
use crate::store::{Bot, BotStatus, Lead, WelcomeClaim};

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
    /// The turn that its task was given, in Unix milliseconds, if any.
    pub turn_ms: Option<i64>,
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
                self.make_up_for_welcome(campaign, user, start, receipt).await
            }
            MessageTask::ApproveV1 { campaign, user, request } => {
                self.make_up_for_approval(campaign, user, request, receipt).await
            }
            MessageTask::AnswerV1 { bot, campaign, user, start } => {
                self.make_up_for_answer(bot, campaign, (user, start), receipt).await
            }
            MessageTask::QuestionV1 { bot, user } => self.make_up_for_question(bot, user, receipt).await,
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
        receipt: Receipt<'_>,
    ) -> AppResult<Attempt> {
        let Some(speaker) = self.speaker(key).await? else { return Ok(Attempt::Done) };
        let bot = speaker.bot;
        if let Some(seconds) = self.wait_at_gate(bot, receipt).await? {
            return Ok(Attempt::Again(seconds));
        }
        let lease = self.welcome_lease()?;
        let lead = match self.store.claim_welcome(key, user, clock, lease).await? {
            WelcomeClaim::Granted(lead) => lead,
            WelcomeClaim::Settled => return Ok(Attempt::Done),
            // Whoever is at it will most likely be done soon, and not at the end of the lease.
            WelcomeClaim::Leased { until_ms } => {
                let seconds = seconds_until(until_ms, lease.now_ms).clamp(1, backoff_seconds(receipt.count));
                return Ok(Attempt::Again(seconds));
            }
        };
        let welcome = OwedWelcome { campaign: key, user, clock, lease };
        match self.send_leased(&welcome, self.greet_again(&speaker, &lead, clock)).await? {
            Sent::Waits(pause) => Ok(Attempt::Again(self.hold_seconds(bot, pause, receipt.count).await?)),
            Sent::Done | Sent::ContentRefused => Ok(Attempt::Done),
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
        // What they said since, while this waited, counts more.
        let contact = self.store.contact(*bot, lead.person.user).await?;
        if contact.is_some_and(|contact| !contact.is_reachable() || !contact.is_subscribed()) {
            return Ok(Sent::Done);
        }
        self.greet_or_excuse(&to, campaign, lead).await
    }
}
