use super::App;
use super::message_tasks::{Attempt, Speaker};
use super::sending::{Addressee, Grounds, Pause, Sent, Verdict, WELCOME_LEASE_MS, backoff_seconds};
use crate::domain::campaign::TrackingCampaign;
use crate::domain::fact_clock::FactClock;
use crate::domain::lead::LeadFacts;
use crate::domain::person::Person;
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey, UserId};
use crate::queue::MessageTask;
use crate::store::{Bot, ChatRights, Lead, RequestWrite, WelcomeLease};
use crate::telegram::TelegramError;

/// For how long a bot may write to somebody who asked to join, and never pressed Start, in seconds. Telegram's bound
/// is five minutes; a message that is on its way then would be refused.
const MAY_WRITE_SECONDS: i64 = 290;

/// A request to join a campaign that approves by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenRequest<'a> {
    pub bot: BotKey,
    pub known: &'a Bot,
    pub campaign: &'a TrackingCampaign,
    pub person: &'a Person,
    pub clock: FactClock,
    /// After how many seconds it is to be approved.
    pub approve_after: u64,
}

impl App {
    /// Writes a request down, welcomes the person if they never pressed Start, and approves it in its time: first the
    /// message, because the bot may write to them only as long as the request is open.
    pub(super) async fn let_in(&self, request: &OpenRequest<'_>) -> AppResult<()> {
        let OpenRequest { bot, known, campaign, person, clock, approve_after } = *request;
        let key = CampaignKey { account: bot.account, campaign: campaign.id };
        let now_ms = self.clock.now_ms();
        let lease = WelcomeLease { now_ms, until_ms: now_ms + WELCOME_LEASE_MS };
        let welcome = MessageTask::WelcomeV1 { campaign: key, user: person.user, start: clock };
        let approval = MessageTask::ApproveV1 { campaign: key, user: person.user, request: clock };
        let gate = self.store.gate(bot).await?;
        let may_send = gate.admits_newcomers(now_ms);
        let waits = match self.store.record_request_to_greet(key, person, clock, lease).await? {
            RequestWrite::Recorded => None,
            RequestWrite::Owed => Some(Pause::Turn),
            RequestWrite::ToGreet(_) if !may_send => Some(Pause::Gate(gate)),
            RequestWrite::ToGreet(lead) => {
                let to = Addressee { bot, known, person, cause: clock, grounds: Grounds::Request };
                let greeted = self.greet_for_request(&to, campaign, &lead).await;
                if greeted.is_err() {
                    self.store.release_welcome(key, person.user, clock).await?;
                }
                match greeted? {
                    Sent::Waits(pause) => Some(pause),
                    Sent::Done | Sent::ContentRefused => {
                        self.note_greeted(key, person.user, clock).await;
                        None
                    }
                }
            }
        };
        if let Some(pause) = waits {
            self.hand_over(bot, pause, &welcome).await?;
            self.store.release_welcome(key, person.user, clock).await?;
        }
        if approve_after > 0 || waits.is_some() || !may_send {
            let seconds = i64::try_from(approve_after).unwrap_or(i64::MAX);
            let due_ms = clock.date.saturating_add(seconds).saturating_mul(1_000);
            return self.carry_out_at(due_ms, &approval).await;
        }
        match self.approve(bot, known, campaign, person.user).await? {
            Sent::Waits(pause) => self.hand_over(bot, pause, &approval).await,
            Sent::Done | Sent::ContentRefused => Ok(()),
        }
    }

    /// The campaign's welcome to somebody who asked to join and never pressed Start, if they can be written to and have
    /// not said that they want no messages.
    pub(super) async fn greet_for_request(
        &self,
        to: &Addressee<'_>,
        campaign: &TrackingCampaign,
        lead: &Lead,
    ) -> AppResult<Sent> {
        let too_late = self.clock.now() - to.cause.date > MAY_WRITE_SECONDS;
        if too_late || lead.id.is_some() || campaign.approves_after().is_none() {
            return Ok(Sent::Done);
        }
        let contact = self.store.contact(to.bot, to.person.user).await?;
        if contact.is_some_and(|contact| !contact.is_reachable() || !contact.is_subscribed()) {
            return Ok(Sent::Done);
        }
        self.send_welcome(to, campaign, lead).await
    }

    /// Approves a request whose time has come, unless somebody has decided it meanwhile.
    pub(super) async fn make_up_for_approval(
        &self,
        key: CampaignKey,
        user: UserId,
        clock: FactClock,
        receives: u32,
    ) -> AppResult<Attempt> {
        let Some(Speaker { campaign, bot, known }) = self.speaker(key).await? else {
            return Ok(Attempt::Done);
        };
        let pending = self.store.pending_request(key, user, clock).await?;
        let Some(pending) = pending.filter(|pending| is_open(&pending.lead.facts, clock)) else {
            return Ok(Attempt::Done);
        };
        if campaign.approves_after().is_none() {
            return Ok(Attempt::Done);
        }
        if pending.owes_welcome && self.clock.now() - clock.date <= MAY_WRITE_SECONDS {
            return Ok(Attempt::Again(backoff_seconds(receives)));
        }
        let gate = self.store.gate(bot).await?;
        let sent = match gate.is_open(self.clock.now_ms()) {
            true => self.approve(bot, &known, &campaign, user).await?,
            false => Sent::Waits(Pause::Gate(gate)),
        };
        match sent {
            Sent::Waits(pause) => Ok(Attempt::Again(self.hold_seconds(bot, pause, receives).await?)),
            Sent::Done | Sent::ContentRefused => Ok(Attempt::Done),
        }
    }

    /// Approves. Twice is refused by Telegram, so that an answer that was lost is asked for again.
    async fn approve(
        &self,
        bot: BotKey,
        known: &Bot,
        campaign: &TrackingCampaign,
        user: UserId,
    ) -> AppResult<Sent> {
        let Some(token) = self.usable_token(bot, known).await? else { return Ok(Sent::Done) };
        let approved = self.telegram()?.approve_chat_join_request(&token, campaign.chat, user).await;
        let Err(error) = approved else { return Ok(Sent::Done) };
        let error = match self.judge_refusal(bot, known, error).await {
            Verdict::Waits(pause) => return Ok(Sent::Waits(pause)),
            Verdict::Over => return Ok(Sent::Done),
            Verdict::Other(TelegramError::Ambiguous(_)) => return Ok(Sent::Waits(Pause::Connection)),
            Verdict::Other(error) => error,
        };
        if matches!(error, TelegramError::ChatLost(_)) {
            self.note_lost_chat(bot, campaign).await?;
        }
        if !error.is_request_over() {
            tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, %error, "a request was not approved");
        }
        Ok(Sent::Done)
    }

    async fn note_lost_chat(&self, bot: BotKey, campaign: &TrackingCampaign) -> AppResult<()> {
        if let Some(mut chat) = self.store.chat(bot, campaign.chat).await? {
            chat.rights = ChatRights::Lost;
            chat.seen = FactClock::first_of_second(self.clock.now());
            self.store.record_chat(bot, &chat).await?;
        }
        Ok(())
    }
}

/// Whether a request is the latest thing that is known of a person's way into the chat.
fn is_open(facts: &LeadFacts, request: FactClock) -> bool {
    facts.request == Some(request)
        && facts.join.is_none_or(|join| join < request)
        && facts.leave.is_none_or(|leave| leave.clock < request)
}
