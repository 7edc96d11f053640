//! One person is erased from everything that names them.

use super::App;
use super::links::token_of_asked_link;
use super::message_tasks::{Attempt, MessageOutcome, Receipt};
use super::postback_retries::SKEW_MS;
use super::sending::backoff_seconds;
use crate::domain::click::ClickToken;
use crate::domain::erasure::{
    ErasedLead, ErasedList, ErasurePass, ErasurePlace, SECOND_PASS_SECONDS, is_spared, known_since,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotKey, CampaignKey, UserId};
use crate::queue::{ErasureTask, Grouped, Task};
use crate::store::{Due, Erasure, JOURNAL_KEPT_SECONDS, Lead, PlannedPostback};

/// How long lists are walked in one go, in milliseconds; a page takes far less than what is left of a minute then.
const WALK_MS: i64 = 40_000;

/// How long a task waits whose erasure another one is at, in seconds. Both would overtake each other time and again else.
const OVERTAKEN_SECONDS: u64 = 60;

/// How many leads are read at the same time.
const LEADS_AT_ONCE: usize = 100;

impl App {
    /// Has a person erased from everything of an account that names them: contacts, leads and their lines, journals, the log
    /// of postbacks, clicks and visits, testers and executions. Counters stay. Twice is the same as once, and begins anew.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account knows no such person.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn begin_erasure(&self, account: AccountId, user: UserId) -> AppResult<()> {
        let is_known = self.store.known_person(account, user).await?.is_some()
            || self.store.erasure(account, user).await?.is_some()
            || self.store.testers(account).await?.contains(&user)
            || !self.leads_of(account, user).await?.is_empty();
        if !is_known {
            return Err(AppError::NotFound("subscriber"));
        }
        self.store.begin_erasure(account, user, self.clock.now()).await?;
        self.erasure_queue()?.send_erasure(&ErasureTask::EraseV1 { account, user }).await
    }

    /// Goes on with an erasure. What has to wait, or is not done in the time of a call, is held in the queue.
    pub async fn carry_out_erasure(&self, task: &ErasureTask, receipt: Receipt<'_>) -> MessageOutcome {
        let ErasureTask::EraseV1 { account, user } = *task;
        let seconds = match self.erase(account, user).await {
            Ok(Attempt::Done) => return MessageOutcome::Done,
            Ok(Attempt::Again(seconds)) => seconds,
            Err(error) => {
                tracing::error!(account.id = %account, ?error, "an erasure could not go on");
                backoff_seconds(receipt.count)
            }
        };
        let held = async { self.erasure_queue()?.hold(receipt.handle, seconds).await };
        if let Err(error) = held.await {
            tracing::warn!(?error, "a task is not held as long as it should be");
        }
        MessageOutcome::Held
    }

    async fn erase(&self, account: AccountId, user: UserId) -> AppResult<Attempt> {
        let Some(mut erasure) = self.store.erasure(account, user).await? else { return Ok(Attempt::Done) };
        let waits = erasure.begins - self.clock.now();
        if waits > 0 {
            return Ok(Attempt::Again(waits.unsigned_abs()));
        }
        if erasure.place.is_none() && !self.erase_person(account, &mut erasure).await? {
            return Ok(Attempt::Again(OVERTAKEN_SECONDS));
        }
        erasure.place = self.erase_from_lists(account, &erasure).await?;
        let waits = match (&erasure.place, erasure.pass) {
            (Some(_), _) => 0,
            (None, ErasurePass::First) => {
                erasure.pass = ErasurePass::Second;
                erasure.begins = self.clock.now() + SECOND_PASS_SECONDS;
                SECOND_PASS_SECONDS.unsigned_abs()
            }
            (None, ErasurePass::Second) => {
                let is_over = self.store.end_erasure(account, &erasure).await?;
                return Ok(if is_over { Attempt::Done } else { Attempt::Again(OVERTAKEN_SECONDS) });
            }
        };
        let is_saved = self.store.save_erasure(account, &mut erasure).await?;
        Ok(Attempt::Again(if is_saved { waits } else { OVERTAKEN_SECONDS }))
    }

    /// Erases what lies under keys that are known; `false` if somebody else is at it. What the lists are walked for is
    /// written down before the leads that tell it are gone.
    async fn erase_person(&self, account: AccountId, erasure: &mut Erasure) -> AppResult<bool> {
        let (user, requested) = (erasure.user, erasure.requested);
        let spares = erasure.pass == ErasurePass::Second;
        let leads = self.leads_of(account, user).await?;
        let leads: Vec<_> =
            leads.into_iter().filter(|(_, lead)| !(spares && is_spared(&lead.facts, requested))).collect();
        erasure.leads.extend(leads.iter().map(|(key, lead)| ErasedLead {
            campaign: key.campaign,
            lead: lead.id,
            since: known_since(&lead.facts).unwrap_or(requested),
        }));
        erasure.leads.sort_unstable();
        erasure.leads.dedup();
        if !self.store.save_erasure(account, erasure).await? {
            return Ok(false);
        }
        let tokens: Vec<_> = leads.iter().flat_map(|(key, lead)| tokens_of(*key, lead)).collect();
        self.store.erase_clicks(&tokens).await?;
        let keys: Vec<_> = leads.iter().map(|(key, _)| *key).collect();
        self.store.erase_leads(account, user, &erasure.leads, &keys).await?;
        let known = self.store.known_person(account, user).await?;
        let contacts = known.iter().flat_map(|known| &known.contacts).map(|known| &known.contact);
        let (spared, erased): (Vec<_>, Vec<_>) = contacts
            .partition(|contact| spares && contact.started.is_some_and(|started| started.date > requested));
        let bots: Vec<_> = erased.iter().map(|contact| contact.bot).collect();
        self.store.erase_contacts(account, user, &bots, spared.is_empty()).await?;
        // Only now: without a contact nothing is recorded any more.
        self.store.erase_conversions(account, user, spares.then_some(requested)).await?;
        self.store.erase_survey_replies(account, user, spares.then_some(requested)).await?;
        self.erase_from_testers(account, erasure).await?;
        Ok(true)
    }

    /// Walks lists from where the pass is, and answers where it ends for want of time; `None` at the end.
    async fn erase_from_lists(
        &self,
        account: AccountId,
        erasure: &Erasure,
    ) -> AppResult<Option<ErasurePlace>> {
        let begun_ms = self.clock.now_ms();
        let first = erasure.place.as_ref();
        for list in self.lists_naming(account, erasure).await? {
            if first.is_some_and(|first| list < first.list) {
                continue;
            }
            let mut after = first.filter(|first| first.list == list).and_then(|first| first.after.clone());
            loop {
                if self.clock.now_ms() - begun_ms > WALK_MS {
                    return Ok(Some(ErasurePlace { list, after }));
                }
                after = self.erase_from_list(account, erasure, &list, after.as_deref()).await?;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// Erases from some of a list, beyond `after`, and answers how far that was; `None` at its end.
    async fn erase_from_list(
        &self,
        account: AccountId,
        erasure: &Erasure,
        list: &ErasedList,
        after: Option<&str>,
    ) -> AppResult<Option<String>> {
        if let ErasedList::Execution { execution } = list {
            self.erase_from_execution(account, erasure, execution).await?;
            return Ok(None);
        }
        let (user, until) = (erasure.user, erasure.requested);
        if let ErasedList::Webhook { webhook } = list {
            return self.store.erase_deliveries(account, webhook, (user, until), after).await;
        }
        let found = self.store.listed_of_person(account, user, list, until, after).await?;
        for planned in &found.planned {
            self.forget_retry(account, user, planned).await?;
        }
        self.store.erase_listed(found).await
    }

    /// Forgets that a postback is due, which names the person in its task. A replay that waits stays until it is due.
    async fn forget_retry(
        &self,
        account: AccountId,
        user: UserId,
        planned: &PlannedPostback,
    ) -> AppResult<()> {
        let (campaign, event) = (CampaignKey { account, campaign: planned.id.campaign }, planned.id.event);
        let due_ms = planned.next_ms.saturating_add(SKEW_MS);
        let due = Due { due_ms, id: Task::PostbackV1 { campaign, user, event }.id(), ..Due::default() };
        let minute = due_ms.div_euclid(60_000);
        // What was written shortly before its minute lies in one of the next two.
        for minute in minute..=minute + 2 {
            self.store.delete_dues(minute, std::slice::from_ref(&due)).await?;
        }
        Ok(())
    }

    /// Every list that may name the person, in an order that stays: the journals of all chats, because nobody knows who was
    /// seen where, the logs of the campaigns that knew them, all executions, and what webhooks were told.
    async fn lists_naming(&self, account: AccountId, erasure: &Erasure) -> AppResult<Vec<ErasedList>> {
        let (from, to) = (erasure.requested.saturating_sub(JOURNAL_KEPT_SECONDS), erasure.requested);
        let campaigns = self.store.campaigns(account).await?;
        let mut chats: Vec<_> = campaigns.iter().map(|campaign| (campaign.bot, campaign.chat)).collect();
        for bot in self.store.bots(account).await? {
            let key = BotKey { account, bot: bot.id };
            chats.extend(self.store.chats(key).await?.into_iter().map(|chat| (bot.id, chat.id)));
        }
        let journals = chats.into_iter().flat_map(|(bot, chat)| ErasedList::of_journal(bot, chat, from, to));
        let leads = erasure.leads.iter().filter(|erased| erased.lead.is_some());
        let logs = leads.flat_map(|erased| ErasedList::of_postbacks(erased.campaign, erased.since, to));
        let executions = self.store.execution_ids(account).await?.into_iter();
        let executions = executions.map(|execution| ErasedList::Execution { execution });
        let webhooks = self.store.told_webhooks(account).await?.into_iter();
        let webhooks = webhooks.map(|webhook| ErasedList::Webhook { webhook });
        let mut lists: Vec<_> = journals.chain(logs).chain(executions).chain(webhooks).collect();
        lists.sort_unstable();
        lists.dedup();
        Ok(lists)
    }

    /// What somebody is in the tracking campaigns of an account.
    async fn leads_of(&self, account: AccountId, user: UserId) -> AppResult<Vec<(CampaignKey, Lead)>> {
        let campaigns = self.store.campaigns(account).await?;
        let keys: Vec<_> =
            campaigns.iter().map(|campaign| (CampaignKey { account, campaign: campaign.id }, user)).collect();
        let mut found = Vec::new();
        for some in keys.chunks(LEADS_AT_ONCE) {
            let leads = self.store.leads(some).await?.into_iter().zip(some);
            found.extend(leads.filter_map(|(lead, (key, _))| Some((*key, lead?))));
        }
        Ok(found)
    }
}

/// The tokens behind which a lead's clicks may lie.
fn tokens_of(key: CampaignKey, lead: &Lead) -> impl Iterator<Item = ClickToken> {
    lead.facts.starts.iter().flat_map(move |start| {
        let asked = Some(&start.click).filter(|click| !click.is_empty());
        start.visit.clone().into_iter().chain(asked.map(|click| token_of_asked_link(key, click)))
    })
}
