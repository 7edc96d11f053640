//! What is missing of a lead, once Telegram was asked where the person is.

use super::fact_clock::FactClock;
use super::lead::{LeadFacts, LeaveKind};
use super::lead_event::LeadStatus;

/// Where Telegram says a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// In the chat.
    Present,
    /// Not in the chat. Telegram does not say who ended it.
    Absent,
    /// Banned.
    Banned,
}

/// A fact that no update told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissedFact {
    /// They joined.
    Join,
    /// They left or were removed.
    Leave(LeaveKind),
}

/// The fact that leads from what is known to where the person was when Telegram was asked; `None` where nothing is
/// missing, or something as new as the question is known.
///
/// A join is missing only where the person is known to have been outside since they became a lead or before: they asked
/// to join, left, or were found `outside` by an earlier question. Telegram does not say since when somebody is a member,
/// and who was one before they pressed Start has not been brought by the click.
#[must_use]
pub fn missed_fact(
    facts: &LeadFacts,
    outside: Option<FactClock>,
    found: Whereabouts,
    asked: FactClock,
) -> Option<MissedFact> {
    let leave = facts.leave.map(|leave| leave.clock);
    if [facts.request, facts.join, leave].into_iter().flatten().any(|known| known >= asked) {
        return None;
    }
    let asks_to_join = facts.status() == Some(LeadStatus::Hold);
    let was_outside = outside.or(facts.request).or(leave).is_some();
    match (found, facts.present()) {
        (Whereabouts::Present, false) => was_outside.then_some(MissedFact::Join),
        (Whereabouts::Absent, true) => Some(MissedFact::Leave(LeaveKind::Left)),
        (Whereabouts::Banned, true) => Some(MissedFact::Leave(LeaveKind::Removed)),
        (Whereabouts::Banned, false) if asks_to_join => Some(MissedFact::Leave(LeaveKind::Removed)),
        (Whereabouts::Present, true) | (Whereabouts::Absent | Whereabouts::Banned, false) => None,
    }
}

/// Whether an answer proves for the first time that a lead of whom nothing but Start was seen is outside.
#[must_use]
pub fn proves_outside(facts: &LeadFacts, outside: Option<FactClock>, found: Whereabouts) -> bool {
    let is_unseen = facts.request.is_none() && facts.join.is_none() && facts.leave.is_none();
    is_unseen && outside.is_none() && found != Whereabouts::Present
}

/// Whether a lead with this status is where it should be, so that nothing more need be read of it. Of one that waits it
/// matters whether it was ever found outside.
#[must_use]
pub const fn is_as_expected(status: LeadStatus, found: Whereabouts) -> bool {
    match status {
        LeadStatus::Approve => matches!(found, Whereabouts::Present),
        LeadStatus::Hold => matches!(found, Whereabouts::Absent),
        LeadStatus::Wait => false,
        LeadStatus::Cancel | LeadStatus::Trash => !matches!(found, Whereabouts::Present),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::lead::{Leave, Start, events};

    fn at(date: i64) -> FactClock {
        FactClock { date, update: 200_000_000 }
    }

    /// A start at 1,000, and the latest request, join and leave.
    fn facts(request: Option<i64>, join: Option<i64>, leave: Option<(i64, LeaveKind)>) -> LeadFacts {
        LeadFacts {
            starts: [Start::new(at(1_000), "c")].into(),
            request: request.map(at),
            join: join.map(at),
            leave: leave.map(|(date, kind)| Leave { clock: at(date), kind }),
        }
    }

    fn apply(facts: &LeadFacts, missed: MissedFact, clock: FactClock) -> LeadFacts {
        let mut facts = facts.clone();
        match missed {
            MissedFact::Join => facts.join = facts.join.max(Some(clock)),
            MissedFact::Leave(kind) => {
                if facts.leave.is_none_or(|leave| leave.clock < clock) {
                    facts.leave = Some(Leave { clock, kind });
                }
            }
        }
        facts
    }

    #[test]
    fn what_is_missing_is_a_join_a_leave_a_removal_or_nothing() {
        use Whereabouts::{Absent, Banned, Present};
        let (left, removed) = (LeaveKind::Left, LeaveKind::Removed);
        let started = facts(None, None, None);
        let asked = facts(Some(1_010), None, None);
        let joined = facts(None, Some(1_010), None);
        let gone = facts(None, Some(1_010), Some((1_020, left)));
        let gone_leave = MissedFact::Leave;
        for (name, facts, found, expected) in [
            ("started", &started, Present, None),
            ("started", &started, Absent, None),
            ("started", &started, Banned, None),
            ("asked", &asked, Present, Some(MissedFact::Join)),
            ("asked", &asked, Absent, None),
            ("asked", &asked, Banned, Some(gone_leave(removed))),
            ("joined", &joined, Present, None),
            ("joined", &joined, Absent, Some(gone_leave(left))),
            ("joined", &joined, Banned, Some(gone_leave(removed))),
            ("gone", &gone, Present, Some(MissedFact::Join)),
            ("gone", &gone, Absent, None),
            ("gone", &gone, Banned, None),
        ] {
            assert_eq!(missed_fact(facts, None, found, at(2_000)), expected, "{name}, {found:?}");
        }
        let outside = Some(at(1_500));
        assert_eq!(missed_fact(&started, outside, Present, at(2_000)), Some(MissedFact::Join));
        assert!(proves_outside(&started, None, Absent) && proves_outside(&started, None, Banned));
        assert!(!proves_outside(&started, None, Present) && !proves_outside(&started, outside, Absent));
        assert!(!proves_outside(&asked, None, Absent) && !proves_outside(&gone, None, Absent));
    }

    #[test]
    fn what_is_as_new_as_the_question_stands() {
        let question = FactClock::first_of_second(1_020);
        let gone = facts(None, Some(1_010), Some((1_020, LeaveKind::Left)));
        assert_eq!(missed_fact(&gone, None, Whereabouts::Present, question), None);
        let back = facts(None, Some(1_020), Some((1_010, LeaveKind::Left)));
        assert_eq!(missed_fact(&back, None, Whereabouts::Absent, question), None);
    }

    proptest! {
        /// One question leads to the truth, a second one finds nothing, and the update that comes after all changes
        /// neither the status nor what was told.
        #[test]
        fn a_missed_fact_leads_to_the_truth_once(
            request in proptest::option::of(0..2_000i64),
            join in proptest::option::of(0..2_000i64),
            leave in proptest::option::of((0..2_000i64, any::<bool>())),
            found in 0..3u8,
            late in 1_990..2_000i64,
        ) {
            let kind = |removed| if removed { LeaveKind::Removed } else { LeaveKind::Left };
            let known = facts(request, join, leave.map(|(date, removed)| (date, kind(removed))));
            let found = [Whereabouts::Present, Whereabouts::Absent, Whereabouts::Banned][usize::from(found)];
            let asked = FactClock::first_of_second(2_000);
            let outside = Some(FactClock::first_of_second(1));
            let after = missed_fact(&known, outside, found, asked)
                .map_or(known.clone(), |missed| apply(&known, missed, asked));
            prop_assert_eq!(after.present(), found == Whereabouts::Present);
            prop_assert_eq!(missed_fact(&after, outside, found, FactClock::first_of_second(2_001)), None);
            if let Some(missed) = missed_fact(&known, outside, found, asked) {
                prop_assert!(events(&known, &after).len() <= 1);
                let repeated = apply(&after, missed, at(late));
                prop_assert_eq!(repeated.status(), after.status());
                prop_assert!(events(&after, &repeated).is_empty());
            }
        }
    }
}
