//! One step of planning a shard: people are looked at one after the other, and gathered in chunks of one bot each.

use std::collections::BTreeMap;

use super::App;
use crate::domain::outreach::{
    AbRun, BotPart, CHUNK_RECIPIENTS_MAX, Execution, ExecutionPlan, Recipient, SecondTry, merge_parts,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, UserId};
use crate::store::{Chunk, ChunkState, KnownPerson, PEOPLE_ROWS, PlannedShard, RestOfBot, contact_shard};

/// A step is written with the first page that fills so many chunks.
const CHUNKS_A_STEP: usize = 20;

/// A step reads no more often than this, however few people are meant: what it found is written down long before its
/// function ends.
const READS_A_STEP: usize = 40;

/// A step has no more chunks than this: a transaction takes 100 items.
const CHUNKS_MAX: usize = 90;

/// So many people of a shard wait for their chunk to be full at most; beyond that the longest list is closed as it is. They
/// lie in one item, which takes 400 kB: each has 54 bytes at most, each bot another 40.
const WAITING_MAX: usize = 2_000;

/// How large the steps are in which a shard is planned.
#[derive(Clone, Copy, Debug)]
pub struct StepSize {
    /// How many rows are read at once.
    pub rows: i32,
    /// After how many chunks a step is written; at most 90 count.
    pub chunks: usize,
    /// After how many reads it is written whatever it found.
    pub reads: usize,
}

impl Default for StepSize {
    fn default() -> Self {
        Self { rows: PEOPLE_ROWS, chunks: CHUNKS_A_STEP, reads: READS_A_STEP }
    }
}

/// A shard on the way from one step to the next.
pub(super) struct Step<'a> {
    plan: &'a ExecutionPlan,
    now: i64,
    shard: u64,
    /// What those get who are left after a test of variations; `None` before its decision, or without one.
    winners: Option<Vec<usize>>,
    after: PlannedShard,
    /// Who gets it and is in no chunk yet, by the bot; nobody's list is empty.
    waiting: BTreeMap<BotId, Vec<Recipient>>,
    /// How many they are.
    waiting_count: usize,
    chunks: Vec<Chunk>,
    /// Who would get it and is held out.
    held_out: Vec<UserId>,
}

impl<'a> Step<'a> {
    /// The step after another one; of those who are left after a test of variations, the first begins anew.
    pub fn of(
        before: PlannedShard,
        (execution, plan): (&Execution, &'a ExecutionPlan),
        shard: u64,
    ) -> AppResult<Self> {
        let pass = execution.pass();
        let before = match before.pass < pass {
            true => PlannedShard { pass, cursor: None, done: false, ..before },
            false => before,
        };
        let mut step = Self::after(before, plan, shard, execution.started.unwrap_or(execution.created))?;
        step.winners = execution.ab.as_ref().and_then(AbRun::winners);
        Ok(step)
    }

    fn after(before: PlannedShard, plan: &'a ExecutionPlan, shard: u64, now: i64) -> AppResult<Self> {
        let (mut waiting, mut waiting_count) = (BTreeMap::new(), 0);
        for RestOfBot { bot, recipients } in &before.rest {
            let recipients = Recipient::read_all(recipients);
            let recipients = recipients.ok_or_else(|| AppError::unavailable("recipients do not read"))?;
            waiting_count += recipients.len();
            waiting.insert(*bot, recipients);
        }
        let after = PlannedShard { step: before.step + 1, rest: Vec::new(), ..before };
        Ok(Self {
            plan,
            now,
            shard,
            winners: None,
            after,
            waiting,
            waiting_count,
            chunks: Vec::new(),
            held_out: Vec::new(),
        })
    }

    /// Looks at people until the step is full; whether the shard has no more.
    pub async fn walk(&mut self, app: &App, account: AccountId, size: StepSize) -> AppResult<bool> {
        let (plan, shard) = (self.plan, self.shard);
        if let Some(again) = &plan.second_try {
            return self.take_up(app, account, again).await;
        }
        if let Some(testers) = &plan.testers {
            for user in testers.iter().filter(|user| contact_shard(**user) == shard) {
                if let Some(person) = app.store.known_person(account, *user).await? {
                    self.look_at(person);
                }
            }
            return Ok(true);
        }
        for _ in 0..size.reads {
            if self.chunks.len() >= size.chunks.min(CHUNKS_MAX) {
                break;
            }
            let page = app.store.people(account, self.shard, self.after.cursor, size.rows).await?;
            for person in page.people {
                if self.chunks.len() == CHUNKS_MAX {
                    return Ok(false);
                }
                self.look_at(person);
            }
            match page.next {
                // Behind the page there may be a person who was none of its people, having no contact.
                Some(next) => self.after.cursor = Some(next),
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    fn look_at(&mut self, person: KnownPerson) {
        let person = person.into_audience();
        self.after.cursor = Some(person.user);
        let (is_test, is_rest) = (self.plan.ab_test.is_some(), self.winners.is_some());
        let is_in_test = self.plan.is_in_test(person.user);
        if is_rest && is_in_test {
            return;
        }
        let judgement = self.plan.judge(&person, self.now);
        if !is_rest {
            // Those who are left were counted with the share.
            self.after.counts.add(judgement);
        }
        if !is_rest && self.plan.is_withheld(&person, judgement, self.now) {
            self.held_out.push(person.user);
        }
        if is_test && !is_rest && !is_in_test {
            return;
        }
        if let Some((bot, mut recipient)) = self.plan.recipient(person.user, judgement) {
            if let Some(winners) = &self.winners {
                recipient.variations.clone_from(winners);
            }
            self.take(bot, recipient);
        }
    }

    /// Takes those whom another execution left, until the step is full; whether the shard has no more.
    async fn take_up(&mut self, app: &App, account: AccountId, again: &SecondTry) -> AppResult<bool> {
        let left = app.tried_again_in_shard(account, again, self.shard, self.after.cursor).await?;
        for (bot, recipient) in left {
            if self.chunks.len() == CHUNKS_MAX {
                return Ok(false);
            }
            self.after.cursor = Some(recipient.user);
            self.after.counts.matched += 1;
            self.after.counts.reachable += 1;
            self.take(bot, recipient);
        }
        Ok(true)
    }

    /// Has somebody wait for a full chunk of their bot.
    fn take(&mut self, bot: BotId, recipient: Recipient) {
        let waiting = self.waiting.entry(bot).or_default();
        waiting.push(recipient);
        self.waiting_count += 1;
        if waiting.len() == CHUNK_RECIPIENTS_MAX {
            self.close(bot);
        } else if self.waiting_count > WAITING_MAX {
            let longest = self.waiting.iter().max_by_key(|(_, recipients)| recipients.len());
            if let Some(bot) = longest.map(|(bot, _)| *bot) {
                self.close(bot);
            }
        }
    }

    /// Closes the chunks that are not full; some are left for another step if they are too many.
    pub fn end(&mut self) {
        while self.chunks.len() < CHUNKS_MAX {
            let Some(bot) = self.waiting.keys().next().copied() else { break };
            self.close(bot);
        }
        self.after.done = self.waiting.is_empty();
    }

    /// Makes a chunk of those who wait for one of a bot.
    fn close(&mut self, bot: BotId) {
        let Some(recipients) = self.waiting.remove(&bot).filter(|waiting| !waiting.is_empty()) else {
            return;
        };
        self.waiting_count -= recipients.len();
        let count = u64::try_from(recipients.len()).unwrap_or(u64::MAX);
        self.chunks.push(Chunk {
            bot,
            shard: self.shard,
            number: self.after.chunks,
            state: ChunkState::Pending,
            ledger: None,
            count,
            recipients: Recipient::spell_all(&recipients),
        });
        self.after.chunks += 1;
        merge_parts(&mut self.after.bots, &[BotPart { bot, recipients: count, chunks: 1 }]);
    }

    /// Who would get it and is held out, of those whom it looked at.
    pub fn held_out(&self) -> &[UserId] {
        &self.held_out
    }

    pub fn written(mut self) -> (PlannedShard, Vec<Chunk>) {
        let rest = self.waiting.iter();
        let spelled = rest.map(|(bot, some)| RestOfBot { bot: *bot, recipients: Recipient::spell_all(some) });
        self.after.rest = spelled.collect();
        (self.after, self.chunks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fact_clock::FactClock;
    use crate::domain::person::Person;
    use crate::store::{Contact, KnownContact, Reach};

    /// Somebody whom one bot knows.
    fn known(user: i64, bot: u64) -> KnownPerson {
        let user = UserId(7_000_000_000 + user);
        let clock = FactClock { date: 1, update: 1 };
        let contact = Contact {
            bot: BotId(bot),
            person: Person { user, ..Person::default() },
            seen: Some(clock),
            started: Some(clock),
            reach: Reach::default(),
            reach_since: None,
            stopped: None,
            resumed: None,
        };
        let contact = KnownContact {
            contact,
            silent: false,
            leads: Vec::new(),
            last_interaction: None,
            last_outreach: None,
            got_ms: Default::default(),
            reached_by: BTreeMap::new(),
            touch: None,
        };
        KnownPerson { user, contacts: vec![contact], ..KnownPerson::default() }
    }

    #[test]
    fn what_waits_for_full_chunks_fits_an_item_however_many_bots_there_are() {
        let weights = vec![Vec::new(); 10];
        let plan = ExecutionPlan { weights, percentage: 100.into(), ..ExecutionPlan::default() };
        let (bots, people) = (500, 45_000);
        let (mut mark, mut in_chunks, mut user) = (PlannedShard::default(), 0, 0);
        while user < people {
            let mut step = Step::after(mark, &plan, 0, 0).unwrap();
            while user < people && step.chunks.len() < CHUNKS_MAX {
                // Each bot gets its people in turn, so that no list is full before all are.
                step.look_at(known(user, user.unsigned_abs() % bots + 1));
                user += 1;
            }
            let (after, chunks) = step.written();
            in_chunks += chunks.iter().map(|chunk| chunk.count).sum::<u64>();
            let size_bytes = serde_json::to_string(&after).unwrap().len();
            assert!(size_bytes < 250_000, "{size_bytes}");
            mark = after;
        }
        while !mark.done {
            let mut step = Step::after(mark, &plan, 0, 0).unwrap();
            step.end();
            let (after, chunks) = step.written();
            in_chunks += chunks.iter().map(|chunk| chunk.count).sum::<u64>();
            mark = after;
        }
        assert_eq!((in_chunks, mark.counts.reachable), (45_000, 45_000), "nobody is lost");
    }
}
