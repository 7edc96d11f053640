use std::collections::VecDeque;

use futures::{StreamExt, TryStreamExt, stream};

use crate::error::AppResult;
use crate::store::{LeadReader, LeadRow, Store};

/// How many campaigns are read at the same time.
const READ_AT_ONCE: usize = 16;

/// Of several campaigns so many lines each are read ahead at least.
const READ_AHEAD: usize = 8;

/// So many lines of all campaigns together are held while lines are passed over.
const PASSED_AT_ONCE: usize = 4_000;

/// The leads of several campaigns as one list, newest first.
pub(super) struct LeadMerge {
    sources: Vec<Source>,
    read_ahead: usize,
}

/// The leads of one campaign: those read, and those to be read.
struct Source {
    read: VecDeque<LeadRow>,
    rest: Option<LeadReader>,
}

impl LeadMerge {
    /// `page` is how many leads are probably wanted.
    pub fn new(readers: impl Iterator<Item = LeadReader>, page: usize) -> Self {
        let sources: Vec<_> =
            readers.map(|reader| Source { read: VecDeque::new(), rest: Some(reader) }).collect();
        let read_ahead = match sources.len() {
            0 | 1 => page,
            // Leads of one time come mostly from a few campaigns: each is read ahead by more than its share.
            campaigns => (4 * page).div_ceil(campaigns).clamp(READ_AHEAD, page.max(READ_AHEAD)),
        };
        Self { sources, read_ahead }
    }

    /// Passes over the first leads.
    pub async fn pass(&mut self, store: &Store, mut count: u64) -> AppResult<()> {
        // In one campaign most of them need not even be carried here.
        if let [Source { rest: Some(reader), .. }] = self.sources.as_mut_slice() {
            count = store.pass_lead_rows(reader, count).await?;
        }
        let page = self.read_ahead;
        while count > 0 {
            let some = usize::try_from(count).unwrap_or(usize::MAX).min(PASSED_AT_ONCE);
            self.read_ahead = page.max(some.div_ceil(self.sources.len().max(1)));
            if self.next(store).await?.is_none() {
                break;
            }
            count -= 1;
        }
        self.read_ahead = page;
        Ok(())
    }

    /// The next leads, at most `limit`.
    pub async fn take(&mut self, store: &Store, limit: usize) -> AppResult<Vec<LeadRow>> {
        let mut leads = Vec::with_capacity(limit);
        while leads.len() < limit {
            match self.next(store).await? {
                Some(lead) => leads.push(lead),
                None => break,
            }
        }
        Ok(leads)
    }

    async fn next(&mut self, store: &Store) -> AppResult<Option<LeadRow>> {
        let limit = self.read_ahead;
        let empty = self.sources.iter_mut().filter(|source| source.read.is_empty());
        let reads: Vec<_> = empty.map(|source| source.read_on(store, limit)).collect();
        stream::iter(reads).buffer_unordered(READ_AT_ONCE).try_collect::<()>().await?;
        let place = |source: &&mut Source| source.read.front().map(|row| (row.lead, row.campaign));
        Ok(self.sources.iter_mut().max_by_key(place).and_then(|source| source.read.pop_front()))
    }
}

impl Source {
    async fn read_on(&mut self, store: &Store, limit: usize) -> AppResult<()> {
        if let Some(reader) = &mut self.rest {
            self.read = store.next_lead_rows(reader, limit).await?.into();
            if self.read.len() < limit {
                self.rest = None;
            }
        }
        Ok(())
    }
}
