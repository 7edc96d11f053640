//! What became of the recipients of one chunk, and who is being sent to now. It is written down before and after each
//! group, so that a crash leaves no more than one group of whom nobody knows.

use std::fmt;
use std::str::FromStr;

use super::outcome::Outcome;
use super::second_try::OnAmbiguous;

/// So many are sent to between two writes.
pub const GROUP: usize = 10;

/// Between the entries of a spelled ledger.
const SEPARATOR: char = ' ';

/// The ledger of a chunk, one entry for each recipient in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger(Vec<Entry>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// Nothing was sent.
    Pending,
    /// A request is about to leave, or has left.
    Begun,
    /// A request may have left whose sender died, and another one is to be sent.
    Doubtful,
    /// That other one is about to leave, or has left.
    BegunAgain,
    /// It is known what became of it, or that nobody will know.
    Settled(Outcome),
}

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempted {
    /// Final.
    Settled(Outcome),
    /// It surely did not leave, or Telegram surely did not take it, and may later.
    Again,
}

impl Ledger {
    /// Of so many recipients, nothing of whom is known.
    #[must_use]
    pub fn new(recipients: usize) -> Self {
        Self(vec![Entry::Pending; recipients])
    }

    /// The next to be sent to, by their places: at most [`GROUP`].
    #[must_use]
    pub fn next_group(&self) -> Vec<usize> {
        self.next_group_besides(|_| false)
    }

    /// The same without those who have to wait.
    #[must_use]
    pub fn next_group_besides(&self, waits: impl Fn(usize) -> bool) -> Vec<usize> {
        let is_pending = |entry: &Entry| matches!(entry, Entry::Pending | Entry::Doubtful);
        let pending = self.0.iter().enumerate().filter(|(_, entry)| is_pending(entry));
        pending.map(|(place, _)| place).filter(|place| !waits(*place)).take(GROUP).collect()
    }

    /// Whether nothing was sent yet at this place.
    #[must_use]
    pub fn is_pending(&self, place: usize) -> bool {
        self.0.get(place) == Some(&Entry::Pending)
    }

    /// Notes that these are about to be sent to.
    pub fn begin(&mut self, places: &[usize]) {
        for place in places {
            match self.0.get_mut(*place) {
                Some(entry @ Entry::Pending) => *entry = Entry::Begun,
                Some(entry @ Entry::Doubtful) => *entry = Entry::BegunAgain,
                _ => {}
            }
        }
    }

    /// Notes what became of some, which is final: who has an outcome keeps it.
    pub fn settle(&mut self, results: &[(usize, Attempted)]) {
        for (place, attempted) in results {
            let Some(entry) = self.0.get_mut(*place) else { continue };
            *entry = match (*entry, attempted) {
                (Entry::Settled(known), _) => Entry::Settled(known),
                (_, Attempted::Settled(outcome)) => Entry::Settled(*outcome),
                (Entry::Pending | Entry::Begun, Attempted::Again) => Entry::Pending,
                (Entry::Doubtful | Entry::BegunAgain, Attempted::Again) => Entry::Doubtful,
            };
        }
    }

    /// After a crash: nobody knows of those who were being sent to. They are sent to once more if that is wanted, and once
    /// only. Answers the places of those whose outcome that is.
    pub fn recover(&mut self, on_ambiguous: OnAmbiguous) -> Vec<usize> {
        let mut unknown = Vec::new();
        for (place, entry) in self.0.iter_mut().enumerate() {
            match (*entry, on_ambiguous) {
                (Entry::Begun, OnAmbiguous::Resend) => *entry = Entry::Doubtful,
                (Entry::Begun, OnAmbiguous::Skip) | (Entry::BegunAgain, _) => {
                    *entry = Entry::Settled(Outcome::Unknown);
                    unknown.push(place);
                }
                (Entry::Pending | Entry::Doubtful | Entry::Settled(_), _) => {}
            }
        }
        unknown
    }

    /// Whether everybody has an outcome.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.0.iter().all(|entry| matches!(entry, Entry::Settled(_)))
    }

    /// Whether somebody may be being sent to.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.0.iter().any(|entry| matches!(entry, Entry::Begun | Entry::BegunAgain))
    }

    /// What became of each, in their order; `None` for who is still to be sent to, or being sent to.
    pub fn outcomes(&self) -> impl Iterator<Item = Option<Outcome>> {
        self.0.iter().map(|entry| match entry {
            Entry::Settled(outcome) => Some(*outcome),
            Entry::Pending | Entry::Begun | Entry::Doubtful | Entry::BegunAgain => None,
        })
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, entry) in self.0.iter().enumerate() {
            if place > 0 {
                write!(f, "{SEPARATOR}")?;
            }
            match entry {
                Entry::Pending => f.write_str("-")?,
                Entry::Begun => f.write_str(">")?,
                Entry::Doubtful => f.write_str("?")?,
                Entry::BegunAgain => f.write_str(">?")?,
                Entry::Settled(outcome) => write!(f, "{outcome}")?,
            }
        }
        Ok(())
    }
}

/// A text that spells no ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no ledger")]
pub struct NoLedger;

impl FromStr for Ledger {
    type Err = NoLedger;

    fn from_str(text: &str) -> Result<Self, NoLedger> {
        let entry = |word: &str| match word {
            "-" => Ok(Entry::Pending),
            ">" => Ok(Entry::Begun),
            "?" => Ok(Entry::Doubtful),
            ">?" => Ok(Entry::BegunAgain),
            outcome => outcome.parse().map(Entry::Settled).map_err(|_| NoLedger),
        };
        text.split(SEPARATOR).filter(|word| !word.is_empty()).map(entry).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::outcome::SkipReason;
    use super::super::send_error::SendError;
    use super::*;

    fn outcome() -> impl Strategy<Value = Outcome> {
        prop_oneof![
            any::<i64>().prop_map(Outcome::Delivered),
            Just(Outcome::Failed(SendError::UserBlocked)),
            Just(Outcome::Skipped(SkipReason::TemplateRender)),
            Just(Outcome::Unknown),
        ]
    }

    /// What happens to a group.
    #[derive(Clone, Debug)]
    enum Fate {
        /// Each comes to this.
        Told(Vec<Option<Outcome>>),
        /// The sender dies after so many requests.
        Killed(usize),
    }

    fn fate() -> impl Strategy<Value = Fate> {
        prop_oneof![
            proptest::collection::vec(proptest::option::of(outcome()), GROUP).prop_map(Fate::Told),
            (0..=GROUP).prop_map(Fate::Killed),
        ]
    }

    #[test]
    fn a_ledger_is_spelled_in_words() {
        let mut ledger = Ledger::new(5);
        ledger.begin(&[0, 1, 2]);
        ledger.settle(&[
            (0, Attempted::Settled(Outcome::Delivered(77))),
            (1, Attempted::Settled(Outcome::Failed(SendError::UserBlocked))),
        ]);
        assert_eq!(ledger.to_string(), "d77 fUSER_BLOCKED > - -");
        assert!(ledger.is_under_way() && !ledger.is_done());
        let mut doubtful = ledger.clone();
        assert_eq!(doubtful.recover(OnAmbiguous::Resend), [0; 0]);
        assert_eq!(doubtful.to_string(), "d77 fUSER_BLOCKED ? - -");
        doubtful.begin(&doubtful.next_group());
        assert_eq!(doubtful.to_string(), "d77 fUSER_BLOCKED >? > >");
        doubtful.settle(&[(2, Attempted::Again), (3, Attempted::Again)]);
        assert_eq!(doubtful.to_string(), "d77 fUSER_BLOCKED ? - >");
        assert_eq!(ledger.recover(OnAmbiguous::Skip), [2]);
        assert_eq!(ledger.next_group(), [3, 4]);
        assert_eq!(ledger.next_group_besides(|place| place == 3), [4]);
        assert_eq!("d1 x".parse::<Ledger>(), Err(NoLedger));
    }

    proptest! {
        #[test]
        fn however_it_goes_nobody_is_sent_to_again_who_may_have_got_it_but_once_where_that_is_wanted(
            size in 0usize..40, fates in proptest::collection::vec(fate(), 0..30), resends: bool,
        ) {
            let on_ambiguous = if resends { OnAmbiguous::Resend } else { OnAmbiguous::Skip };
            let mut ledger = Ledger::new(size);
            // How often a request left that may have been carried out.
            let mut carried_out: BTreeMap<usize, usize> = BTreeMap::new();
            let mut fates = fates.into_iter();
            while !ledger.is_done() {
                let group = ledger.next_group();
                prop_assert!(!group.is_empty() && group.len() <= GROUP);
                ledger.begin(&group);
                let told = vec![Some(Outcome::Delivered(1)); GROUP];
                match fates.next().unwrap_or(Fate::Told(told)) {
                    Fate::Told(answers) => {
                        let answers = group.iter().zip(answers).map(|(place, outcome)| {
                            (*place, outcome.map_or(Attempted::Again, Attempted::Settled))
                        });
                        let answers: Vec<_> = answers.collect();
                        for (place, answer) in &answers {
                            if *answer != Attempted::Again {
                                *carried_out.entry(*place).or_default() += 1;
                            }
                        }
                        ledger.settle(&answers);
                    }
                    Fate::Killed(after) => {
                        for place in group.iter().take(after) {
                            *carried_out.entry(*place).or_default() += 1;
                        }
                        ledger = ledger.to_string().parse().unwrap();
                        let unknown = ledger.recover(on_ambiguous);
                        prop_assert!(resends || unknown == group);
                        prop_assert!(!ledger.is_under_way());
                    }
                }
                prop_assert_eq!(&ledger.to_string().parse::<Ledger>().unwrap(), &ledger);
            }
            let most = if resends { 2 } else { 1 };
            prop_assert!(carried_out.values().all(|times| (1..=most).contains(times)), "{:?}", carried_out);
        }
    }
}
