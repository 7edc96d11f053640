use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use super::App;
use super::surveys::OpenSurvey;
use crate::clock::Clock;
use crate::domain::campaign::TrackingCampaign;
use crate::domain::circuit::Circuit;
use crate::domain::outreach::{LinkId, TrackedLink};
use crate::domain::pace::Pace;
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, CampaignKey, ChatId, OutreachCampaignId};
use crate::secret::{BotToken, LinkKey, SealedSecret, SealedToken, SigningSecret};
use crate::store::{Account, Bot, BotStatus, CodeOwner};

/// How old configuration may be that the webhook works with.
const FRESH_MS: i64 = 5_000;

/// How old a bot may be when an update carries the wrong secret: the secret may just have been renewed.
const RENEWAL_MS: i64 = 1_000;

/// How old the circuit of a host may be: the happy path then reads it once a second.
const CIRCUIT_FRESH_MS: i64 = 1_000;

/// How long a host's pace is remembered after the last attempt that was seen.
const PACE_FRESH_MS: i64 = 60_000;

/// A map is emptied when it has this many entries, so that memory stays bounded.
const ENTRIES_MAX: usize = 10_000;

/// Configuration that the webhook needs for nearly every update, the redirect for every visit, and the sender for every
/// postback; and the circuits that the senders need for every attempt.
///
/// Of configuration only what is there is remembered, never an absence: what was just made is seen at once.
#[derive(Debug)]
pub(super) struct WebhookCache {
    pub bots: Cache<BotKey, Arc<Bot>>,
    pub campaigns: Cache<CampaignKey, Arc<TrackingCampaign>>,
    pub codes: Cache<String, CodeOwner>,
    pub claims: Cache<(BotKey, ChatId), CampaignKey>,
    pub tokens: Cache<SealedToken, BotToken>,
    /// Campaigns whose owner was just told that Telegram does not take the welcome.
    pub refused_welcomes: Cache<CampaignKey, ()>,
    pub accounts: Cache<AccountId, Arc<Account>>,
    pub signing_secrets: Cache<SealedSecret, SigningSecret>,
    pub link_keys: Cache<AccountId, Arc<LinkKey>>,
    /// Links of campaigns that are known to be kept.
    pub links: Cache<(AccountId, OutreachCampaignId, LinkId), Arc<TrackedLink>>,
    /// Surveys of campaigns.
    pub surveys: Cache<(AccountId, OutreachCampaignId), Arc<OpenSurvey>>,
    pub circuits: Cache<(AccountId, String), Circuit>,
    /// Known to this process alone, and forgotten a minute after the last attempt.
    pub paces: Cache<String, Pace>,
}

impl WebhookCache {
    pub fn new(clock: Clock) -> Self {
        Self {
            bots: Cache::new(clock.clone(), FRESH_MS),
            campaigns: Cache::new(clock.clone(), FRESH_MS),
            codes: Cache::new(clock.clone(), FRESH_MS),
            claims: Cache::new(clock.clone(), FRESH_MS),
            refused_welcomes: Cache::new(clock.clone(), FRESH_MS),
            // What is sealed never changes what it opens to.
            tokens: Cache::new(clock.clone(), i64::MAX),
            accounts: Cache::new(clock.clone(), FRESH_MS),
            signing_secrets: Cache::new(clock.clone(), i64::MAX),
            // A key stays for ever, and a link is known by what it says.
            link_keys: Cache::new(clock.clone(), i64::MAX),
            links: Cache::new(clock.clone(), i64::MAX),
            surveys: Cache::new(clock.clone(), FRESH_MS),
            circuits: Cache::new(clock.clone(), CIRCUIT_FRESH_MS),
            paces: Cache::new(clock, PACE_FRESH_MS),
        }
    }
}

impl App {
    /// A campaign, at most five seconds old.
    pub(super) async fn cached_campaign(&self, key: CampaignKey) -> AppResult<Option<Arc<TrackingCampaign>>> {
        let store = self.store.clone();
        let read = || async move { Ok(store.campaign(key).await?.map(Arc::new)) };
        self.webhook_cache.campaigns.get_ahead(key, read).await
    }

    /// Whose a code is, at most five seconds old.
    pub(super) async fn cached_code(&self, code: &str) -> AppResult<Option<CodeOwner>> {
        let (store, asked) = (self.store.clone(), code.to_owned());
        let read = || async move { store.code_owner(&asked).await };
        self.webhook_cache.codes.get_ahead(code.to_owned(), read).await
    }

    /// An account, at most five seconds old.
    pub(super) async fn cached_account(&self, id: AccountId) -> AppResult<Option<Arc<Account>>> {
        let store = self.store.clone();
        let read = || async move { Ok(store.account(id).await?.map(Arc::new)) };
        self.webhook_cache.accounts.get_ahead(id, read).await
    }

    /// A bot, at most five seconds old. One that may not be used is not remembered: once it may again, nobody goes without
    /// a welcome for what was.
    pub(super) async fn cached_bot(&self, key: BotKey) -> AppResult<Option<Arc<Bot>>> {
        let store = self.store.clone();
        let read = || async move { Ok(store.bot(key).await?.map(Arc::new)) };
        let found = self.webhook_cache.bots.get_ahead(key, read).await?;
        if found.as_ref().is_some_and(|bot| bot.status != BotStatus::Active) {
            self.webhook_cache.bots.forget(&key);
        }
        Ok(found)
    }
}

/// Values by key, each for a bounded time.
#[derive(Clone, Debug)]
pub(super) struct Cache<K, V> {
    clock: Clock,
    fresh_ms: i64,
    entries: Arc<Mutex<HashMap<K, Entry<V>>>>,
}

#[derive(Debug)]
struct Entry<V> {
    since_ms: i64,
    value: V,
    /// Whether it is or was read again since then.
    is_renewed: bool,
}

impl<V> Entry<V> {
    const fn new(since_ms: i64, value: V) -> Self {
        Self { since_ms, value, is_renewed: false }
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    fn new(clock: Clock, fresh_ms: i64) -> Self {
        Self { clock, fresh_ms, entries: Arc::default() }
    }

    /// The value remembered for `key`, else what `read` finds, which is then remembered.
    pub async fn get_or<F>(&self, key: K, read: impl FnOnce() -> F) -> AppResult<Option<V>>
    where
        F: Future<Output = AppResult<Option<V>>>,
    {
        if let Some(value) = self.remembered(&key) {
            return Ok(Some(value));
        }
        let found = read().await?;
        if let Some(value) = &found {
            self.remember(key, value.clone());
        }
        Ok(found)
    }

    /// The same; and what has passed half of its time is read again beside the caller, so that nobody waits for what is
    /// asked for all the time.
    pub async fn get_ahead<F>(&self, key: K, read: impl FnOnce() -> F) -> AppResult<Option<V>>
    where
        K: Clone + Send + 'static,
        V: Send + 'static,
        F: Future<Output = AppResult<Option<V>>> + Send + 'static,
    {
        let Some(value) = self.aging(&key) else { return self.get_or(key, read).await };
        let (cache, found) = (self.clone(), read());
        tokio::spawn(async move {
            match found.await {
                Ok(found) => cache.renew(key, found),
                // Whoever needs it when its time is over reads it again.
                Err(error) => tracing::debug!(?error, "what is remembered could not be read again"),
            }
        });
        Ok(Some(value))
    }

    /// The value of a key that has passed half of its time, the first time it is asked for since.
    fn aging(&self, key: &K) -> Option<V> {
        let now = self.clock.now_ms();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get_mut(key).filter(|entry| !entry.is_renewed)?;
        let age_ms = now - entry.since_ms;
        let is_aging = (self.fresh_ms / 2..self.fresh_ms).contains(&age_ms);
        is_aging.then(|| {
            entry.is_renewed = true;
            entry.value.clone()
        })
    }

    /// Puts what was read in the place of what is remembered, unless that was replaced or forgotten meanwhile and is
    /// newer.
    fn renew(&self, key: K, found: Option<V>) {
        let now = self.clock.now_ms();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if !entries.get(&key).is_some_and(|entry| entry.is_renewed) {
            return;
        }
        match found {
            Some(value) => drop(entries.insert(key, Entry::new(now, value))),
            None => drop(entries.remove(&key)),
        }
    }

    /// What was remembered last for a key, however old: for when storage does not answer.
    pub fn last_known(&self, key: &K) -> Option<V> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).map(|entry| entry.value.clone())
    }

    /// Forgets a key unless it was remembered within the last second; `true` if it did.
    pub fn forget_older(&self, key: &K) -> bool {
        let now = self.clock.now_ms();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let old = entries.get(key).is_some_and(|entry| now - entry.since_ms >= RENEWAL_MS);
        if old {
            entries.remove(key);
        }
        old
    }

    /// Forgets a key: what was remembered is known to be over.
    pub fn forget(&self, key: &K) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// The value remembered for a key, if it is fresh.
    pub fn remembered(&self, key: &K) -> Option<V> {
        let now = self.clock.now_ms();
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(key).filter(|entry| now - entry.since_ms < self.fresh_ms)?;
        Some(entry.value.clone())
    }

    /// Remembers a value from now on.
    pub fn remember(&self, key: K, value: V) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= ENTRIES_MAX {
            entries.clear();
        }
        entries.insert(key, Entry::new(self.clock.now_ms(), value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(cache: &Cache<u8, u8>, truth: Option<u8>) -> Option<u8> {
        cache.get_or(1, || async { Ok(truth) }).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_there_is_remembered_for_five_seconds_and_an_absence_never() {
        let clock = Clock::manual(0);
        let cache = Cache::new(clock.clone(), FRESH_MS);
        assert_eq!(ask(&cache, None).await, None);
        assert_eq!(ask(&cache, Some(1)).await, Some(1));
        clock.advance_ms(4_999);
        assert_eq!(ask(&cache, Some(2)).await, Some(1));
        clock.advance_ms(1);
        assert_eq!((ask(&cache, None).await, cache.last_known(&1)), (None, Some(1)));
        assert_eq!(ask(&cache, Some(2)).await, Some(2));
        assert!(!cache.forget_older(&1));
        clock.advance_ms(RENEWAL_MS);
        assert!(cache.forget_older(&1));
    }

    /// Asks ahead, and lets what is read beside it end.
    async fn ask_ahead(cache: &Cache<u8, u8>, truth: Option<u8>) -> Option<u8> {
        let answer = cache.get_ahead(1, || async move { Ok(truth) }).await.unwrap();
        tokio::task::yield_now().await;
        answer
    }

    #[tokio::test]
    async fn what_has_passed_half_of_its_time_is_read_again_beside_whoever_asks() {
        let clock = Clock::manual(0);
        let cache = Cache::new(clock.clone(), FRESH_MS);
        assert_eq!(ask_ahead(&cache, Some(1)).await, Some(1));
        clock.advance_ms(2_499);
        assert_eq!((ask_ahead(&cache, Some(2)).await, cache.remembered(&1)), (Some(1), Some(1)));
        clock.advance_ms(1);
        assert_eq!((ask_ahead(&cache, Some(2)).await, cache.remembered(&1)), (Some(1), Some(2)));
        clock.advance_ms(4_999);
        assert_eq!(cache.remembered(&1), Some(2), "it is as old as its reading");
        assert_eq!((ask_ahead(&cache, None).await, cache.remembered(&1)), (Some(2), None), "it is gone");
    }

    #[tokio::test]
    async fn what_is_replaced_or_forgotten_meanwhile_does_not_come_back() {
        let clock = Clock::manual(0);
        let cache = Cache::new(clock.clone(), FRESH_MS);
        let changes: [fn(&Cache<u8, u8>); 2] = [|cache| cache.remember(1, 3), |cache| cache.forget(&1)];
        for change in changes {
            cache.remember(1, 1);
            clock.advance_ms(3_000);
            let answer = cache.get_ahead(1, || async { Ok(Some(2)) }).await.unwrap();
            change(&cache);
            let after = cache.remembered(&1);
            tokio::task::yield_now().await;
            assert_eq!((answer, cache.remembered(&1)), (Some(1), after));
        }
    }
}
