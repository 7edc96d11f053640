use super::App;
use super::lead_changes::{LeadChange, facts};
use crate::domain::statistics::CounterChange;
use crate::error::{AppError, AppResult};
use crate::ids::CampaignKey;
use crate::store::MarkProgress;

/// How often counting starts again when somebody else moved the mark.
const COUNT_TRIES: usize = 10;

/// How many days are counted in one transaction at most; one change touches eight, and a transaction has 98 places.
const DAYS_AT_ONCE: usize = 90;

/// What is counted in one transaction.
struct Portion<'a> {
    sum: CounterChange,
    /// The last record that it covers.
    sequence: &'a str,
    /// Whether records are left after it.
    more: bool,
}

impl App {
    /// Counts what was not counted before. Whoever else counts the same shard at the same moment is noticed by
    /// the mark, and what is left is counted again.
    pub(super) async fn count(
        &self,
        key: CampaignKey,
        shard: &str,
        changes: &[&LeadChange],
    ) -> AppResult<()> {
        let mut tries = 0;
        while tries < COUNT_TRIES {
            let counted = self.store.counted_up_to(key, shard).await?;
            let Some(Portion { sum, sequence, more }) = next_portion(changes, counted.as_deref()) else {
                return Ok(());
            };
            let progress = MarkProgress { shard, counted: counted.as_deref(), sequence };
            match self.store.count(key, &sum, progress, self.clock.now()).await? {
                true if more => {}
                true => return Ok(()),
                false => tries += 1,
            }
        }
        Err(AppError::unavailable("the counters' mark does not hold still"))
    }
}

/// The first changes after the mark; `None` if nothing is left that counts.
fn next_portion<'a>(changes: &[&'a LeadChange], counted: Option<&str>) -> Option<Portion<'a>> {
    let after_mark = |change: &LeadChange| {
        counted.is_none_or(|counted| sequence_order(&change.sequence) > sequence_order(counted))
    };
    let mut sum = CounterChange::default();
    let mut last = None;
    let mut more = false;
    // What was erased stays counted.
    let lasting = |change: &&&LeadChange| change.new.is_some() && after_mark(change);
    for change in changes.iter().filter(lasting) {
        let step = CounterChange::between(&facts(change.old.as_ref()), &facts(change.new.as_ref()));
        // A change that counts for nothing needs no mark: counting it again is harmless.
        if step == CounterChange::default() {
            continue;
        }
        if sum.days.len() >= DAYS_AT_ONCE {
            more = true;
            break;
        }
        sum.add(step);
        last = Some(change.sequence.as_str());
    }
    last.map(|sequence| Portion { sum, sequence, more })
}

/// Sequence numbers are decimal text of differing length: the longer is the later.
fn sequence_order(sequence: &str) -> (usize, &str) {
    let digits = sequence.trim_start_matches('0');
    (digits.len(), digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fact_clock::FactClock;
    use crate::domain::lead::{LeadFacts, Start};
    use crate::domain::person::Person;
    use crate::ids::{AccountId, LeadId, TrackingCampaignId, UserId};
    use crate::store::{Lead, Reconciled};

    #[test]
    fn sequence_numbers_are_compared_as_numbers() {
        assert!(sequence_order("900") < sequence_order("1000"));
        assert!(sequence_order("0900") < sequence_order("1000"));
        assert!(sequence_order("100000000000000000001") > sequence_order("99999999999999999999"));
        assert_eq!(sequence_order("000123"), sequence_order("123"));
    }

    /// A lead that starts and joins on days of its own.
    fn new_lead(number: i64) -> LeadChange {
        let at = |day: i64| FactClock { date: 1_760_000_000 + day * 86_400, update: number };
        let starts = [Start::new(at(2 * number), "")].into();
        let facts = LeadFacts { starts, join: Some(at(2 * number + 1)), ..LeadFacts::default() };
        let person = Person { user: UserId(number), ..Person::default() };
        LeadChange {
            campaign: CampaignKey { account: AccountId(1), campaign: TrackingCampaignId(1) },
            old: None,
            new: Some(Lead {
                id: Some(LeadId(1)),
                person,
                facts,
                reconciled: Reconciled::default(),
                straggler: None,
            }),
            sequence: number.to_string(),
        }
    }

    #[test]
    fn a_batch_over_many_days_is_counted_in_portions_that_fit_a_transaction() {
        let changes: Vec<_> = (1..=100).map(new_lead).collect();
        let changes: Vec<_> = changes.iter().collect();
        let (mut starts, mut counted, mut portions) = (0, None, 0);
        while let Some(Portion { sum, sequence, more }) = next_portion(&changes, counted) {
            assert!(sum.days.len() <= 98);
            assert_eq!(more, sequence != "100");
            (starts, counted, portions) = (starts + sum.total.starts, Some(sequence), portions + 1);
        }
        assert_eq!((starts, portions), (100, 3));
    }
}
