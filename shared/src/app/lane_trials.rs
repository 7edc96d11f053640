//! Which contents Telegram takes: the first messages of each go one by one until it took one, so that a content that it never
//! takes stops the execution after three.

use std::collections::{BTreeMap, BTreeSet};

use super::lane_chunks::{ChunkWork, LaneSender};
use crate::domain::outreach::{Attempted, Outcome, SendError};
use crate::error::AppResult;
use crate::ids::ExecutionId;
use crate::store::LedgerFate;

/// After so many refusals of a content of which nothing was taken, an execution is given up.
const CONTENT_REFUSALS: u64 = 3;

/// Between two messages to the same person, in milliseconds: Telegram takes one a second.
const SAME_PERSON_MS: i64 = 1_000;

/// A message of a campaign, and which of its variations; 0 is the message itself.
pub(super) type ContentPlace = (usize, usize);

/// What a sender knows of an execution's contents.
#[derive(Default)]
pub(super) struct Trials {
    execution: ExecutionId,
    of: BTreeMap<ContentPlace, Trial>,
    /// Whether one was refused since it was last asked for.
    is_new: bool,
    /// How many were refused one after the other for a reason of which nothing is known, and Telegram's words.
    others: (u64, String),
}

#[derive(Default)]
struct Trial {
    is_taken: bool,
    refused: u64,
    words: String,
}

impl Trials {
    /// Whether Telegram took a content.
    fn knows(&self, content: ContentPlace) -> bool {
        self.of.get(&content).is_some_and(|trial| trial.is_taken)
    }

    /// Notes what one message came to.
    pub fn note(&mut self, content: ContentPlace, attempted: Attempted, refusal: Option<String>) {
        let trial = self.of.entry(content).or_default();
        match attempted {
            Attempted::Settled(Outcome::Delivered(_)) => {
                trial.is_taken = true;
                self.others.0 = 0;
            }
            Attempted::Settled(Outcome::Failed(error)) if is_of_content(error) => {
                trial.refused += 1;
                trial.words = refusal.unwrap_or_default();
                self.is_new = true;
            }
            Attempted::Settled(Outcome::Failed(SendError::TelegramError)) => {
                self.others = (self.others.0 + 1, refusal.unwrap_or_default());
            }
            _ => {}
        }
    }
}

impl LaneSender<'_> {
    /// Forgets the contents of another execution. One content that this lane sent before, in another turn, is known.
    pub async fn begin_trials(&mut self, work: &ChunkWork) -> AppResult<()> {
        if self.trials.execution == work.execution.id {
            return Ok(());
        }
        self.trials = Trials { execution: work.execution.id.clone(), ..Trials::default() };
        if let [content] = work.contents.as_slice()
            && content.variations.is_empty()
        {
            let lanes = self.app.store.lanes(self.bot.account, &work.execution.id).await?;
            let mine = lanes.iter().find(|(bot, _)| *bot == self.bot.bot);
            let is_taken = mine.is_some_and(|(_, tally)| tally.successful > 0);
            self.trials.of.insert((0, 0), Trial { is_taken, ..Trial::default() });
        }
        Ok(())
    }

    /// Telegram's words if a content was refused so often, with nothing taken of it, that the execution is to be given up:
    /// by this lane, or by all together.
    pub async fn refused_content(&mut self, work: &mut ChunkWork) -> AppResult<Option<String>> {
        // What Telegram says to a bot without Stars is not documented: it would fail everybody who is left.
        if work.pays() && self.trials.others.0 >= CONTENT_REFUSALS {
            return Ok(Some(self.trials.others.1.clone()));
        }
        if !std::mem::take(&mut self.trials.is_new) {
            return Ok(None);
        }
        let untaken = |trial: &&Trial| !trial.is_taken && trial.refused > 0;
        let Some(worst) = self.trials.of.values().filter(untaken).max_by_key(|trial| trial.refused) else {
            return Ok(None);
        };
        let words = Some(worst.words.clone());
        if worst.refused >= CONTENT_REFUSALS {
            return Ok(words);
        }
        if self.write(work).await? != LedgerFate::Written {
            // Whoever has the lane now finds out.
            return Ok(None);
        }
        let (mut taken, mut refused) = (0, 0);
        for (_, lane) in self.app.store.lanes(self.bot.account, &work.execution.id).await? {
            taken += lane.successful;
            let of_content = lane.errors.into_iter().filter(|(error, _)| is_of_content(*error));
            refused += of_content.map(|(_, count)| count).sum::<u64>();
        }
        Ok(words.filter(|_| taken == 0 && refused >= CONTENT_REFUSALS))
    }
}

impl ChunkWork {
    /// Who is sent to next, by their places: each message to everybody before the next one, so that nobody gets two at
    /// once, and alone who gets a content of which nothing is known.
    pub fn next_group(&self, trials: &Trials) -> Vec<usize> {
        let (messages, people) = (self.contents.len().max(1), self.recipients.len());
        let places =
            (0..messages).flat_map(|message| (0..people).map(move |person| person * messages + message));
        let (mut group, mut met) = (Vec::new(), BTreeSet::new());
        for place in places.filter(|place| self.ledger.is_pending(*place) && !self.waits(*place)) {
            if group.len() == self.group_size() || !met.insert(place / messages) {
                break;
            }
            let is_known = trials.knows(self.content_at(place));
            if is_known || group.is_empty() {
                group.push(place);
            }
            if !is_known {
                break;
            }
        }
        // What the ledger has beyond the messages of now comes to nothing, and must come to that.
        if group.is_empty() { self.ledger.next_group_besides(|place| self.waits(place)) } else { group }
    }

    /// Which content a place gets.
    pub fn content_at(&self, place: usize) -> ContentPlace {
        let message = place % self.contents.len().max(1);
        let variations = self.recipient(place).map(|recipient| recipient.variations.as_slice());
        (message, variations.and_then(|all| all.get(message)).copied().unwrap_or_default())
    }

    /// From when on the person of a place may be sent to, in Unix milliseconds.
    pub fn may_say_ms(&self, place: usize) -> i64 {
        let said_ms = self.said_ms.get(&(place / self.contents.len().max(1)));
        said_ms.map_or(0, |said_ms| said_ms + SAME_PERSON_MS)
    }

    /// Notes when the person of a place is sent to.
    pub fn note_said(&mut self, place: usize, moment_ms: i64) {
        self.said_ms.insert(place / self.contents.len().max(1), moment_ms);
    }
}

const fn is_of_content(error: SendError) -> bool {
    matches!(error, SendError::ContentInvalid | SendError::MediaInvalid)
}
