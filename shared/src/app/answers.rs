//! Answers to starts for which nothing is owed: those that make no lead, and those of which too many are known.

use std::sync::Arc;

use super::App;
use super::message_tasks::{Attempt, Receipt};
use super::sending::{Addressee, Grounds, Sent};
use crate::domain::campaign::TrackingCampaign;
use crate::domain::fact_clock::FactClock;
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey, TrackingCampaignId, UserId};
use crate::queue::MessageTask;
use crate::store::{BotStatus, Contact, Lead};

/// For how long an answer that nobody is owed may wait, in seconds: after that it would answer nothing any more.
const ANSWER_SECONDS: i64 = 3_600;

impl App {
    /// Leaves an answer that has to wait to the queue: if Telegram had to bring the update again, whatever else the
    /// person does would wait behind it.
    pub(super) async fn answer_later(
        &self,
        to: &Addressee<'_>,
        campaign: Option<TrackingCampaignId>,
        sent: Sent,
    ) -> AppResult<()> {
        let Sent::Waits(pause) = sent else { return Ok(()) };
        let task = MessageTask::AnswerV1 { bot: to.bot, campaign, user: to.person.user, start: to.cause };
        self.hand_over(to.bot, pause, &task).await
    }

    /// Answers a start for which nothing is owed after what it waited for, if it did not wait too long: with the
    /// campaign's welcome, or politely.
    pub(super) async fn make_up_for_answer(
        &self,
        bot: BotKey,
        campaign: Option<TrackingCampaignId>,
        (user, clock): (UserId, FactClock),
        receipt: Receipt<'_>,
    ) -> AppResult<Attempt> {
        if self.clock.now() - clock.date > ANSWER_SECONDS {
            return Ok(Attempt::Done);
        }
        let known = self.cached_bot(bot).await?.filter(|known| known.status == BotStatus::Active);
        let Some(known) = known else { return Ok(Attempt::Done) };
        if let Some(seconds) = self.wait_at_gate(bot, receipt).await? {
            return Ok(Attempt::Again(seconds));
        }
        let sent = match self.lead_to_answer(bot, campaign, user).await? {
            Some((campaign, lead)) => {
                let to = Addressee {
                    bot,
                    known: &known,
                    person: &lead.person,
                    cause: clock,
                    grounds: Grounds::Start,
                };
                self.greet_or_excuse(&to, &campaign, &lead).await?
            }
            None => {
                let contact = self.store.contact(bot, user).await?;
                let Some(contact) = contact.filter(Contact::is_reachable) else { return Ok(Attempt::Done) };
                let to = Addressee {
                    bot,
                    known: &known,
                    person: &contact.person,
                    cause: clock,
                    grounds: Grounds::Start,
                };
                self.send_polite_reply(&to).await?
            }
        };
        match sent {
            Sent::Waits(pause) => Ok(Attempt::Again(self.hold_seconds(bot, pause, receipt.count).await?)),
            Sent::Done | Sent::ContentRefused => Ok(Attempt::Done),
        }
    }

    async fn lead_to_answer(
        &self,
        bot: BotKey,
        campaign: Option<TrackingCampaignId>,
        user: UserId,
    ) -> AppResult<Option<(Arc<TrackingCampaign>, Lead)>> {
        let Some(campaign) = campaign else { return Ok(None) };
        let key = CampaignKey { account: bot.account, campaign };
        let Some(campaign) = self.cached_campaign(key).await? else { return Ok(None) };
        Ok(self.store.lead(key, user).await?.map(|lead| (campaign, lead)))
    }
}
