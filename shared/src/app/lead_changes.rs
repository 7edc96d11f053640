use std::collections::BTreeMap;

use futures::{TryStreamExt, stream};

use super::App;
use super::lead_conversions::LeadOutreach;
use crate::domain::campaign::{CampaignStatus, TrackingCampaign};
use crate::domain::course::Course;
use crate::domain::erasure::is_forgotten;
use crate::domain::fact_clock::FactClock;
use crate::domain::journal::{self, JournalAction, JournalEntry};
use crate::domain::lead::{LeadFacts, events};
use crate::domain::lead_event::LeadEvent;
use crate::domain::outreach::LeadOfMember;
use crate::domain::person::Person;
use crate::domain::postback::{template_for, within_unsub_window};
use crate::domain::postback_id::PostbackId;
use crate::domain::postback_log::{PostbackError, PostbackState};
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, CampaignKey, LeadId, UserId};
use crate::queue::Task;
use crate::store::{Arrival, JournalRow, Lead, LeadRow, LoggedPostback};

/// How many contacts are written at the same time.
const CONTACTS_AT_ONCE: usize = 16;

/// How many skipped postbacks are written at the same time.
const SKIPPED_AT_ONCE: usize = 16;

/// One step of one lead, as the table's stream tells it.
#[derive(Clone, Debug)]
pub struct LeadChange {
    /// The campaign.
    pub campaign: CampaignKey,
    /// Before; `None` for a person seen for the first time.
    pub old: Option<Lead>,
    /// After; `None` where the item was removed.
    pub new: Option<Lead>,
    /// The record's place in its stream shard: a number of up to 40 digits.
    pub sequence: String,
}

/// Changes in the order of one stream shard.
#[derive(Clone, Debug)]
pub struct StreamBatch {
    /// The shard.
    pub shard: String,
    /// Its records, oldest first.
    pub changes: Vec<LeadChange>,
}

/// What the changes of one campaign amount to.
#[derive(Default)]
struct CampaignWork<'a> {
    /// By place in the journal: a row corrected within the batch is written once, as corrected.
    journal: BTreeMap<FactClock, JournalRow>,
    /// By lead: a lead that changes twice is written once, as it is last.
    rows: BTreeMap<LeadId, LeadRow>,
    tasks: Vec<Task>,
    skipped: Vec<LoggedPostback>,
    contacts: Vec<(&'a Person, FactClock)>,
    /// What becomes of contacts as leads; by person, as it is last.
    leads: BTreeMap<UserId, LeadOfMember>,
    outreach: LeadOutreach<'a>,
    /// What may name people to campaigns.
    events: Vec<(UserId, LeadEvent)>,
}

impl App {
    /// Makes of each change its postback decisions, told or skipped, news for the owner, contacts, journal rows and line
    /// in the list of leads, then counts.
    ///
    /// A batch may come again, whole or in part: rows are written over themselves, a postback keeps its id,
    /// and counters move together with a mark of how far the shard is counted.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry with the same batch.
    pub async fn process_lead_changes(&self, batch: &StreamBatch) -> AppResult<()> {
        let mut by_campaign: BTreeMap<CampaignKey, Vec<&LeadChange>> = BTreeMap::new();
        for change in &batch.changes {
            by_campaign.entry(change.campaign).or_default().push(change);
        }
        let mut events: BTreeMap<AccountId, Vec<(UserId, LeadEvent)>> = BTreeMap::new();
        for (key, changes) in by_campaign {
            // Read afresh: a pause counts for every decision after it, and a deleted campaign must be noticed.
            match self.store.campaign(key).await? {
                Some(campaign) if campaign.status == CampaignStatus::Deleted => {
                    let found = self.carry_out(key, &campaign, &changes).await?;
                    events.entry(key.account).or_default().extend(found);
                    self.pass_on(key, &campaign, &changes).await?;
                }
                Some(campaign) => {
                    let found = self.carry_out(key, &campaign, &changes).await?;
                    events.entry(key.account).or_default().extend(found);
                }
                None => {}
            }
            self.count(key, &batch.shard, &changes).await?;
        }
        for (account, events) in &events {
            self.trigger(*account, events).await?;
        }
        Ok(())
    }

    /// Puts a stream record that does not read where an operator finds it; the record's item is in the table.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn put_aside_record(&self, shard: &str, event_id: &str, sequence: &str) -> AppResult<()> {
        let url = self.config.stream_dead_letters_url.as_ref();
        let queue = self.queue(url, "STREAM_DEAD_LETTERS_URL")?;
        let record = serde_json::json!({"shard": shard, "event_id": event_id, "sequence": sequence});
        queue.send_text(record.to_string()).await
    }

    /// Answers what may name people to campaigns.
    async fn carry_out(
        &self,
        key: CampaignKey,
        campaign: &TrackingCampaign,
        changes: &[&LeadChange],
    ) -> AppResult<Vec<(UserId, LeadEvent)>> {
        let bot = BotKey { account: key.account, bot: campaign.bot };
        let people = changes.iter().filter_map(|change| Some(change.new.as_ref()?.person.user));
        let erased = self.store.erased(key.account, people).await?;
        let mut work = CampaignWork::default();
        for change in changes {
            let Some(new) = &change.new else { continue };
            let old = facts(change.old.as_ref());
            let (told, skipped) = decide_postbacks(campaign, &old, new);
            let user = new.person.user;
            work.tasks.extend(told.into_iter().map(|event| Task::PostbackV1 { campaign: key, user, event }));
            if erased.get(&user).is_some_and(|requested| is_forgotten(&new.facts, *requested)) {
                continue;
            }
            work.skipped.extend(skipped);
            work.events.extend(events(&old, &new.facts).into_iter().map(|event| (user, event)));
            work.journal.extend(journal_rows(campaign, &old, new).map(|row| (row.clock, row)));
            let row = lead_row(key, new);
            let news = row
                .filter(|row| change.old.as_ref().and_then(|old| lead_row(key, old)).as_ref() != Some(row));
            work.rows.extend(news.map(|row| (row.lead, row)));
            let started = new.facts.starts.difference(&old.starts).max();
            work.contacts.extend(started.map(|start| (&new.person, start.clock)));
            let lead = lead_of_member(key, new).filter(|lead| {
                change.old.as_ref().and_then(|old| lead_of_member(key, old)).as_ref() != Some(lead)
            });
            work.leads.extend(lead.map(|lead| (user, lead)));
            work.outreach.add(&old, new);
        }
        // First what is money; all of it is harmless if the batch comes again.
        if !work.tasks.is_empty() {
            self.postback_queue()?.send(&work.tasks).await?;
        }
        self.queue_lead_news(key, campaign, changes).await?;
        let contacts = stream::iter(work.contacts.into_iter().map(Ok));
        contacts
            .try_for_each_concurrent(CONTACTS_AT_ONCE, |(person, clock)| async move {
                self.store.record_contact(bot, person, clock).await.map(drop)
            })
            .await?;
        // Only now, because somebody's first start makes the contact.
        stream::iter(work.leads.into_iter().map(Ok))
            .try_for_each_concurrent(CONTACTS_AT_ONCE, |(user, lead)| async move {
                self.store.note_lead_of_contact(bot, user, &lead).await
            })
            .await?;
        self.tell_outreach(key, work.outreach).await?;
        if !work.journal.is_empty() {
            let rows: Vec<_> = work.journal.into_values().collect();
            self.store.write_journal(bot, &rows).await?;
        }
        if !work.rows.is_empty() {
            self.store.write_lead_rows(key, work.rows.values()).await?;
        }
        self.log_skipped(key.account, campaign, &work.skipped).await?;
        Ok(work.events)
    }

    /// Writes the leaves that come too late to be told where the owner sees them, if they have a template.
    async fn log_skipped(
        &self,
        account: AccountId,
        campaign: &TrackingCampaign,
        skipped: &[LoggedPostback],
    ) -> AppResult<()> {
        if skipped.is_empty() {
            return Ok(());
        }
        let owner = match campaign.templates.is_empty() {
            true => self.store.account(account).await?,
            false => None,
        };
        let globals = owner.map(|owner| owner.templates).unwrap_or_default();
        let has_template = |skipped: &&LoggedPostback| {
            template_for(skipped.id.event.status, &campaign.templates, &globals).is_some()
        };
        let now = self.clock.now();
        stream::iter(skipped.iter().filter(has_template).map(Ok))
            .try_for_each_concurrent(SKIPPED_AT_ONCE, |skipped| {
                self.store.skip_postback(account, skipped, now)
            })
            .await
    }

    /// For a few seconds after its deletion the webhook may still write to a campaign whose chat another one tracks
    /// already: what happened in the chat is written there as well. Twice is the same as once.
    async fn pass_on(
        &self,
        key: CampaignKey,
        deleted: &TrackingCampaign,
        changes: &[&LeadChange],
    ) -> AppResult<()> {
        let bot = BotKey { account: key.account, bot: deleted.bot };
        let claim = self.claim_of_chat(bot, deleted.chat).await?;
        let Some(campaign) = claim.filter(|campaign| *campaign != key.campaign) else { return Ok(()) };
        let successor = CampaignKey { account: key.account, campaign };
        for change in changes {
            let Some(new) = &change.new else { continue };
            let (old, person) = (facts(change.old.as_ref()), &new.person);
            if let Some(request) = new.facts.request.filter(|_| old.request != new.facts.request) {
                self.store.record_arrival(successor, person, Arrival::Request, request).await?;
            }
            if let Some(join) = new.facts.join.filter(|_| old.join != new.facts.join) {
                self.store.record_arrival(successor, person, Arrival::Join, join).await?;
            }
            if let Some(leave) = new.facts.leave.filter(|_| old.leave != new.facts.leave) {
                self.store.record_leave(successor, person, leave).await?;
            }
        }
        Ok(())
    }
}

pub(super) fn facts(lead: Option<&Lead>) -> LeadFacts {
    lead.map(|lead| lead.facts.clone()).unwrap_or_default()
}

fn journal_rows<'a>(
    campaign: &'a TrackingCampaign,
    old: &LeadFacts,
    new: &'a Lead,
) -> impl Iterator<Item = JournalRow> + use<'a> {
    let entries = journal::entries(old, &new.facts).into_iter();
    entries.map(|entry| JournalRow {
        chat: campaign.chat,
        clock: entry.clock,
        action: entry.action,
        user: new.person.user,
        username: new.person.username.clone(),
        campaign: Some(campaign.id),
        lead: new.id.filter(|_| entry.paid),
        reconciled: is_reconciled(entry, new),
    })
}

/// Whether an entry's fact was found by asking Telegram.
fn is_reconciled(entry: JournalEntry, lead: &Lead) -> bool {
    let found = match entry.action {
        JournalAction::Request => None,
        JournalAction::Join => lead.reconciled.join,
        JournalAction::Leave | JournalAction::Kick => lead.reconciled.leave,
    };
    found == Some(entry.clock)
}

/// A lead's line in the list; `None` for an organic person.
fn lead_row(key: CampaignKey, lead: &Lead) -> Option<LeadRow> {
    let facts = &lead.facts;
    Some(LeadRow {
        lead: lead.id?,
        campaign: key.campaign,
        user: lead.person.user,
        username: lead.person.username.clone(),
        click: facts.click().to_owned(),
        status: facts.status()?,
        started: facts.first_start()?.clock.date,
        joined: facts.joined_at().map(|clock| clock.date),
        updated: facts.updated()?.date,
    })
}

/// What a lead's contact shows of them; `None` for an organic person.
fn lead_of_member(key: CampaignKey, lead: &Lead) -> Option<LeadOfMember> {
    lead.id?;
    let facts = &lead.facts;
    Some(LeadOfMember {
        campaign: key.campaign,
        status: facts.status()?,
        click: facts.click().to_owned(),
        started: facts.first_start()?.clock.date,
        joined: facts.joined_at().map(|clock| clock.date),
        left: facts.leave.map(|leave| leave.clock.date),
    })
}

/// The events that are to be told, and the postbacks of those that come too late for the unsub window. None while the
/// campaign is paused.
fn decide_postbacks(
    campaign: &TrackingCampaign,
    old: &LeadFacts,
    new: &Lead,
) -> (Vec<LeadEvent>, Vec<LoggedPostback>) {
    if campaign.status != CampaignStatus::Active {
        return (Vec::new(), Vec::new());
    }
    let events = events(old, &new.facts).into_iter();
    let (told, late): (Vec<_>, Vec<_>) =
        events.partition(|event| within_unsub_window(*event, &new.facts, campaign.unsub_window));
    let skipped = late.into_iter().filter_map(|event| {
        Some(LoggedPostback {
            id: PostbackId { campaign: campaign.id, lead: new.id?, event },
            subscriber: new.person.user,
            state: PostbackState::Skipped,
            url: String::new(),
            error: Some(PostbackError::Window),
            attempts: Vec::new(),
            course: Course::default(),
        })
    });
    (told, skipped.collect())
}
