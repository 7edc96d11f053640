//! What webhooks are told: what was recorded with a change becomes one delivery for each webhook that wants it.

use std::collections::BTreeMap;

use futures::{TryStreamExt, stream};
use serde_json::{Map, Value, json};

use super::App;
use crate::domain::fact_clock::FactClock;
use crate::domain::outreach::{CampaignEvents, Conversion, WebhookDelivery, WebhookEvent, amount};
use crate::domain::postback_log::PostbackState;
use crate::error::AppResult;
use crate::ids::{AccountId, OutreachCampaignId, UserId, WebhookDeliveryId};
use crate::queue::WebhookTask;
use crate::secret::{fingerprint, hex};
use crate::store::{Contact, Reach, Webhook};

/// How many deliveries are written at the same time.
const DELIVERIES_AT_ONCE: usize = 16;

/// How many letters of a delivery's id come from the event, beside those of its time and place.
const ID_LETTERS: usize = 13;

/// A change of the table that webhooks may be told of, as the stream brings it.
#[derive(Clone, Debug)]
pub enum Tellable {
    /// Something happened to a campaign.
    Campaign(AccountId, OutreachCampaignId, CampaignEvents),
    /// A conversion was recorded.
    Conversion(AccountId, Box<Conversion>),
    /// A contact changed.
    Contact(AccountId, Box<ContactChange>),
}

/// A change of a contact.
#[derive(Clone, Debug)]
pub struct ContactChange {
    /// Before; `None` for a new one.
    pub old: Option<Contact>,
    /// After.
    pub new: Contact,
}

/// Something that webhooks are told.
struct Telling {
    account: AccountId,
    /// The event's id.
    id: String,
    event: WebhookEvent,
    /// Unix seconds.
    time: i64,
    /// The campaign among whose events it has a place.
    place: Option<(OutreachCampaignId, u64)>,
    data: Map<String, Value>,
    /// Whom it names.
    subscriber: Option<UserId>,
}

impl App {
    /// Makes of each change its deliveries, and queues them, those of one campaign in order. A batch may come again, whole or
    /// in part: a delivery keeps its id, and one that was made is not made anew.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry with the same batch.
    pub async fn tell_webhooks(&self, changes: &[Tellable]) -> AppResult<()> {
        let mut by_account: BTreeMap<AccountId, Vec<Telling>> = BTreeMap::new();
        for telling in changes.iter().flat_map(Tellable::tellings) {
            by_account.entry(telling.account).or_default().push(telling);
        }
        for (account, tellings) in by_account {
            // Read afresh: who made a webhook is told of what comes after it.
            let webhooks = self.store.webhooks(account).await?;
            let wants = |telling: &Telling| webhooks.iter().any(|webhook| wants(webhook, telling));
            let tellings: Vec<_> = tellings.into_iter().filter(wants).collect();
            if !tellings.is_empty() {
                self.queue_tellings(account, &webhooks, &tellings).await?;
            }
        }
        Ok(())
    }

    async fn queue_tellings(
        &self,
        account: AccountId,
        webhooks: &[Webhook],
        tellings: &[Telling],
    ) -> AppResult<()> {
        let people = tellings.iter().filter_map(|telling| telling.subscriber);
        let erased = self.store.erased(account, people).await?;
        let is_forgotten = |telling: &Telling| {
            let requested = telling.subscriber.and_then(|user| erased.get(&user));
            requested.is_some_and(|requested| telling.time <= *requested)
        };
        let mut deliveries = Vec::new();
        for telling in tellings.iter().filter(|telling| !is_forgotten(telling)) {
            let wanting = webhooks.iter().filter(|webhook| wants(webhook, telling));
            deliveries.extend(wanting.map(|webhook| telling.to(webhook)));
        }
        let now = self.clock.now();
        stream::iter(deliveries.iter().map(Ok))
            .try_for_each_concurrent(DELIVERIES_AT_ONCE, |(delivery, _)| {
                self.store.put_delivery(account, delivery, now)
            })
            .await?;
        let tasks: Vec<_> = deliveries.into_iter().map(|(_, task)| task).collect();
        self.webhook_queue()?.send(&tasks).await
    }
}

impl Tellable {
    fn tellings(&self) -> Vec<Telling> {
        match self {
            Self::Campaign(account, campaign, happened) => {
                let numbered = happened.numbered();
                numbered
                    .map(|(sequence, event)| {
                        Telling::of_campaign(
                            *account,
                            campaign,
                            sequence,
                            happened.time,
                            event.event,
                            &event.data,
                        )
                    })
                    .collect()
            }
            Self::Conversion(account, conversion) => vec![Telling::of_conversion(*account, conversion)],
            Self::Contact(account, change) => Telling::of_contact(*account, change),
        }
    }
}

impl Telling {
    fn of_campaign(
        account: AccountId,
        campaign: &OutreachCampaignId,
        sequence: u64,
        time: i64,
        event: WebhookEvent,
        data: &Map<String, Value>,
    ) -> Self {
        let mut data = data.clone();
        data.insert("sequence".to_owned(), json!(sequence));
        Self {
            account,
            id: event_id(&format!("campaign {account} {campaign} {sequence}")),
            event,
            time,
            place: Some((campaign.clone(), sequence)),
            data,
            subscriber: None,
        }
    }

    fn of_conversion(account: AccountId, conversion: &Conversion) -> Self {
        let Conversion { id, transaction, user, value, currency, time, campaign, execution } = conversion;
        let data = json!({
            "conversionId": id,
            "transactionId": transaction,
            "subscriberId": user.to_string(),
            "value": amount(*value),
            "currency": currency,
            "campaignId": campaign,
            "executionId": execution,
        });
        Self {
            account,
            id: event_id(&format!("conversion {account} {id} {time}")),
            event: WebhookEvent::ConversionCreated,
            time: *time,
            place: None,
            data: data.as_object().cloned().unwrap_or_default(),
            subscriber: Some(*user),
        }
    }

    /// What the person did last; what came late to a register that was newer tells nothing.
    fn of_contact(account: AccountId, ContactChange { old, new }: &ContactChange) -> Vec<Self> {
        let old = old.as_ref();
        let is_blocked =
            new.reach == Reach::Blocked && !new.is_reachable() && old.is_none_or(Contact::is_reachable);
        let is_gone = !new.is_subscribed() && old.is_none_or(Contact::is_subscribed);
        let blocked =
            new.reach_since.filter(|_| is_blocked).map(|clock| (WebhookEvent::ContactBlocked, clock));
        let gone = new.stopped.filter(|_| is_gone).map(|clock| (WebhookEvent::ContactUnsubscribed, clock));
        let telling = |(event, clock): (WebhookEvent, FactClock)| {
            let (bot, user) = (new.bot, new.person.user);
            let data = json!({"subscriberId": user.to_string(), "botId": bot});
            Self {
                account,
                id: event_id(&format!("{} {account} {bot} {user} {clock}", event.name())),
                event,
                time: clock.date,
                place: None,
                data: data.as_object().cloned().unwrap_or_default(),
                subscriber: Some(user),
            }
        };
        blocked.into_iter().chain(gone).map(telling).collect()
    }

    /// The delivery of it to a webhook, and the task that makes it.
    fn to(&self, webhook: &Webhook) -> (WebhookDelivery, WebhookTask) {
        let sequence = self.place.as_ref().map(|(_, sequence)| *sequence);
        let letters = hex(&fingerprint(&format!("{} {}", self.id, webhook.id)));
        let letters: String = letters.chars().take(ID_LETTERS).collect();
        let place = sequence.unwrap_or_default() % 100_000_000;
        let id = WebhookDeliveryId::of(&format!("{:011}{place:08}{letters}", self.time.max(0)));
        let about = self.place.as_ref().map_or_else(|| id.to_string(), |(campaign, _)| campaign.to_string());
        let (account, hook) = (self.account, webhook.id.clone());
        let task = WebhookTask::DeliverV1 { account, webhook: hook.clone(), delivery: id.clone(), about };
        let delivery = WebhookDelivery {
            id,
            webhook: hook,
            message: self.id.clone(),
            event: self.event,
            time: self.time,
            sequence,
            data: self.data.clone(),
            subscriber: self.subscriber,
            state: PostbackState::Pending,
            error: None,
            attempts: Vec::new(),
            asked_ms: None,
            next_ms: None,
        };
        (delivery, task)
    }
}

fn wants(webhook: &Webhook, telling: &Telling) -> bool {
    webhook.body.active && webhook.body.events.contains(&telling.event)
}

fn event_id(identity: &str) -> String {
    format!("evt{}", hex(&fingerprint(identity)))
}
