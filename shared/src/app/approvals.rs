use super::App;
use super::message_tasks::{Attempt, Receipt, Speaker};
use super::owed_welcomes::OwedWelcome;
use super::sending::{Addressee, Grounds, Pause, Sent, Verdict, backoff_seconds};
use crate::domain::campaign::TrackingCampaign;
use crate::domain::fact_clock::FactClock;
use crate::domain::lead::LeadFacts;
use crate::domain::person::Person;
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey, ChatId, UserId};
use crate::queue::MessageTask;
use crate::store::{Bot, Lead, RequestWrite};
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
        let welcome = OwedWelcome { campaign: key, user: person.user, clock, lease: self.welcome_lease()? };
        let approval = MessageTask::ApproveV1 { campaign: key, user: person.user, request: clock };
        let gate = self.store.gate(bot).await?;
        let may_send = gate.admits_newcomers(self.clock.now_ms());
        let sent = match self.store.record_request_to_greet(key, person, clock, welcome.lease).await? {
            RequestWrite::Recorded => Sent::Done,
            RequestWrite::Owed => Sent::Waits(Pause::Turn),
            RequestWrite::ToGreet(lead) => {
                let to = Addressee { bot, known, person, cause: clock, grounds: Grounds::Request };
                let greeting = async {
                    if !may_send {
                        return Ok(Sent::Waits(Pause::Gate(gate)));
                    }
                    self.greet_for_request(&to, campaign, &lead).await
                };
                self.send_leased(&welcome, greeting).await?
            }
        };
        let waits = matches!(sent, Sent::Waits(_));
        if let Sent::Waits(pause) = sent {
            self.hand_over(bot, pause, &welcome.task()).await?;
        }
        if approve_after > 0 || waits || !may_send {
            let seconds = i64::try_from(approve_after).unwrap_or(i64::MAX);
            let due_ms = clock.date.saturating_add(seconds).saturating_mul(1_000);
            return self.carry_out_at(due_ms, &approval).await;
        }
        let whom = Addressee { bot, known, person, cause: clock, grounds: Grounds::Request };
        match self.approve(&whom, campaign).await? {
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
        receipt: Receipt<'_>,
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
            return Ok(Attempt::Again(backoff_seconds(receipt.count)));
        }
        if let Some(seconds) = self.wait_at_gate(bot, receipt).await? {
            return Ok(Attempt::Again(seconds));
        }
        let whom = Addressee {
            bot,
            known: &known,
            person: &pending.lead.person,
            cause: clock,
            grounds: Grounds::Request,
        };
        match self.approve(&whom, &campaign).await? {
            Sent::Waits(pause) => Ok(Attempt::Again(self.hold_seconds(bot, pause, receipt.count).await?)),
            Sent::Done | Sent::ContentRefused => Ok(Attempt::Done),
        }
    }

    /// Approves. Twice is refused by Telegram, so that an answer that was lost is asked for again.
    async fn approve(&self, whom: &Addressee<'_>, campaign: &TrackingCampaign) -> AppResult<Sent> {
        let Addressee { bot, known, person, .. } = *whom;
        let Some(token) = self.usable_token(bot, known).await? else { return Ok(Sent::Done) };
        let telegram = self.telegram()?;
        let (mut chat, mut approved) =
            (campaign.chat, telegram.approve_chat_join_request(&token, campaign.chat, person.user).await);
        if let Err(TelegramError::ChatMigrated(to)) = approved {
            self.move_chat(bot, chat, ChatId(to)).await?;
            chat = ChatId(to);
            approved = telegram.approve_chat_join_request(&token, chat, person.user).await;
        }
        let Err(error) = approved else { return Ok(Sent::Done) };
        let error = match self.judge_refusal(bot, known, error).await {
            Verdict::Waits(pause) => return Ok(Sent::Waits(pause)),
            Verdict::Over => return Ok(Sent::Done),
            Verdict::Other(TelegramError::Ambiguous(_)) => return Ok(Sent::Waits(Pause::Connection)),
            Verdict::Other(error) => error,
        };
        if error.is_about_chat() {
            self.note_lost_chat(bot, chat, &error).await?;
        } else if matches!(error, TelegramError::PersonUnreachable(_)) {
            self.note_unreachable(whom).await;
        }
        if !error.is_request_over() {
            tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, %error, "a request was not approved");
        }
        Ok(Sent::Done)
    }
}

/// Whether a request is the latest thing that is known of a person's way into the chat.
fn is_open(facts: &LeadFacts, request: FactClock) -> bool {
    facts.request == Some(request)
        && facts.join.is_none_or(|join| join < request)
        && facts.leave.is_none_or(|leave| leave.clock < request)
}
