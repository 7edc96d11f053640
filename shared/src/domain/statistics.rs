//! What a lead counts for. A counter is the sum of pure functions of the leads, so it moves by differences.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::AddAssign;

use super::calendar;
use super::lead::LeadFacts;
use super::lead_event::LeadStatus;
use super::retention::RETENTION_DAYS;

/// The counters of a campaign, in all or of one day. Differences may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Leads created.
    pub starts: i64,
    /// Leads that ever asked to join.
    pub holds: i64,
    /// Leads that ever joined.
    pub confirms: i64,
    /// Leads that joined and are away now.
    pub unsubs: i64,
    /// Leads by what they are now, in the order of [`LeadStatus::ALL`]; only of a campaign in all, not of a day.
    pub statuses: [i64; 5],
    /// Of those who joined on the day, how many stayed for less than each of [`RETENTION_DAYS`] and are away now.
    pub left_within: [i64; 5],
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        for (mine, (_, theirs)) in self.values_mut().into_iter().zip(other.by_name()) {
            *mine += theirs;
        }
    }
}

impl Sum for Counters {
    fn sum<I: Iterator<Item = Self>>(counters: I) -> Self {
        counters.fold(Self::default(), |mut sum, other| {
            sum += other;
            sum
        })
    }
}

/// The counters' names in storage, in the order of the fields.
const NAMES: [&str; 14] = [
    "starts",
    "holds",
    "confirms",
    "unsubs",
    "now_wait",
    "now_hold",
    "now_approve",
    "now_cancel",
    "now_trash",
    "left_1",
    "left_3",
    "left_7",
    "left_14",
    "left_30",
];

impl Counters {
    /// The counters whose values `value` knows by name; the others are 0.
    #[must_use]
    pub fn from_names(value: impl Fn(&str) -> Option<i64>) -> Self {
        let mut counters = Self::default();
        for (counter, name) in counters.values_mut().into_iter().zip(NAMES) {
            *counter = value(name).unwrap_or_default();
        }
        counters
    }

    /// Each counter under its name in storage.
    #[must_use]
    pub fn by_name(mut self) -> [(&'static str, i64); 14] {
        let values = self.values_mut().map(|value| *value);
        std::array::from_fn(|index| (NAMES[index], values[index]))
    }

    fn values_mut(&mut self) -> [&mut i64; 14] {
        let Self { starts, holds, confirms, unsubs, statuses, left_within } = self;
        let [wait, hold, approve, cancel, trash] = statuses;
        let [one, three, seven, fourteen, thirty] = left_within;
        [
            starts, holds, confirms, unsubs, wait, hold, approve, cancel, trash, one, three, seven, fourteen,
            thirty,
        ]
    }

    /// How many leads have this status now.
    #[must_use]
    pub fn in_status(&self, status: LeadStatus) -> i64 {
        self.statuses[usize::from(status.number())]
    }

    /// Confirms out of a hundred starts, to one decimal; 0 without starts.
    #[must_use]
    pub fn conversion_rate(&self) -> f64 {
        if self.starts <= 0 {
            return 0.0;
        }
        // Rounded as a whole number of tenths, so that the division below gives the nearest spelling of it.
        let tenths = (2 * 1000 * self.confirms + self.starts) / (2 * self.starts);
        f64::from(i32::try_from(tenths).unwrap_or(i32::MAX)) / 10.0
    }

    /// Whether nothing would change by adding this.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// How the counters of a campaign move: in all, and by the day of each fact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CounterChange {
    /// The campaign's totals.
    pub total: Counters,
    /// By UTC day, `YYYY-MM-DD`; a day that does not move is absent.
    pub days: BTreeMap<String, Counters>,
}

impl CounterChange {
    /// The change that one lead's step from `old` to `new` makes.
    #[must_use]
    pub fn between(old: &LeadFacts, new: &LeadFacts) -> Self {
        let mut change = Self::default();
        change.count(new, 1);
        change.count(old, -1);
        change.days.retain(|_, day| !day.is_zero());
        change
    }

    /// Adds another change.
    pub fn add(&mut self, other: Self) {
        self.total += other.total;
        for (date, day) in other.days {
            *self.days.entry(date).or_default() += day;
        }
        self.days.retain(|_, day| !day.is_zero());
    }

    fn count(&mut self, facts: &LeadFacts, sign: i64) {
        let Some(start) = facts.first_start() else { return };
        self.one(start.clock.date, Counters { starts: sign, ..Counters::default() });
        if let Some(status) = facts.status() {
            self.total.statuses[usize::from(status.number())] += sign;
        }
        if let Some(request) = facts.request.filter(|_| facts.held()) {
            self.one(request.date, Counters { holds: sign, ..Counters::default() });
        }
        if let Some(join) = facts.joined_at() {
            self.one(join.date, Counters { confirms: sign, ..Counters::default() });
            if let Some(leave) = facts.leave.filter(|_| !facts.present()) {
                self.one(leave.clock.date, Counters { unsubs: sign, ..Counters::default() });
                let stayed = leave.clock.date - join.date;
                let left_within = RETENTION_DAYS.map(|days| if stayed < days * 86_400 { sign } else { 0 });
                self.one(join.date, Counters { left_within, ..Counters::default() });
            }
        }
    }

    fn one(&mut self, date: i64, counters: Counters) {
        self.total += counters;
        *self.days.entry(calendar::date(date)).or_default() += counters;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fact_clock::FactClock;
    use crate::domain::lead::{Leave, LeaveKind, Start};

    fn at(date: i64) -> FactClock {
        FactClock { date: 1_760_000_000 + date, update: date }
    }

    #[test]
    fn the_steps_of_a_visit_add_up_to_its_end() {
        let organic = LeadFacts::default();
        let starts = [Start::new(at(0), "")].into();
        let lead = LeadFacts { starts, ..organic.clone() };
        let joined = LeadFacts { join: Some(at(10)), ..lead.clone() };
        let leave = Some(Leave { clock: at(86_400), kind: LeaveKind::Left });
        let gone = LeadFacts { leave, ..joined.clone() };
        let back = LeadFacts { join: Some(at(200_000)), ..gone.clone() };
        let mut sum = CounterChange::default();
        for (old, new) in [(&organic, &lead), (&lead, &joined), (&joined, &gone), (&gone, &back)] {
            sum.add(CounterChange::between(old, new));
        }
        assert_eq!(sum, CounterChange::between(&organic, &back));
        let total = Counters { starts: 1, confirms: 1, statuses: [0, 0, 1, 0, 0], ..Counters::default() };
        assert_eq!(sum.total, total);
        assert_eq!(CounterChange::between(&back, &back), CounterChange::default());
        assert_eq!(CounterChange::between(&joined, &gone).total.unsubs, 1);
    }

    #[test]
    fn every_counter_has_a_name_of_its_own() {
        let number =
            |name: &str| NAMES.iter().position(|known| *known == name).map(|at| i64::try_from(at).unwrap());
        let counters = Counters::from_names(number);
        assert_eq!((counters.starts, counters.unsubs, counters.statuses), (0, 3, [4, 5, 6, 7, 8]));
        assert_eq!(
            Counters::from_names(|name| counters
                .by_name()
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| *value)),
            counters
        );
    }

    #[test]
    fn who_left_counts_against_the_day_they_joined() {
        let starts = [Start::new(at(0), "")].into();
        let joined = LeadFacts { starts, join: Some(at(10)), ..LeadFacts::default() };
        let gone_after = |stayed: i64| {
            let leave = Some(Leave { clock: at(10 + stayed), kind: LeaveKind::Left });
            CounterChange::between(&joined, &LeadFacts { leave, ..joined.clone() })
        };
        let join_day = calendar::date(at(10).date);
        let left = |stayed| gone_after(stayed).days[&join_day].left_within;
        assert_eq!(left(86_399), [1, 1, 1, 1, 1]);
        assert_eq!(left(86_400), [0, 1, 1, 1, 1]);
        assert_eq!(left(14 * 86_400), [0, 0, 0, 0, 1]);
        assert!(!gone_after(30 * 86_400).days.contains_key(&join_day));
    }

    #[test]
    fn the_conversion_rate_has_one_decimal() {
        let rate = |starts, confirms| Counters { starts, confirms, ..Counters::default() }.conversion_rate();
        let rates = [rate(120, 98), rate(3, 1), rate(3, 2), rate(8, 8), rate(0, 0), rate(2000, 1)];
        assert_eq!(format!("{rates:?}"), "[81.7, 33.3, 66.7, 100.0, 0.0, 0.1]");
    }

    #[test]
    fn organic_people_count_for_nothing() {
        let organic = LeadFacts { join: Some(at(0)), ..LeadFacts::default() };
        assert_eq!(CounterChange::between(&LeadFacts::default(), &organic), CounterChange::default());
    }
}
