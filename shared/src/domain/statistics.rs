//! What a lead counts for. A counter is the sum of pure functions of the leads, so it moves by differences.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::calendar;
use super::lead::LeadFacts;

/// The counters of a campaign, in all or of one day. Differences may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Leads created.
    #[serde(default)]
    pub starts: i64,
    /// Leads that ever asked to join.
    #[serde(default)]
    pub holds: i64,
    /// Leads that ever joined.
    #[serde(default)]
    pub confirms: i64,
    /// Leads that joined and are away now.
    #[serde(default)]
    pub unsubs: i64,
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.starts += other.starts;
        self.holds += other.holds;
        self.confirms += other.confirms;
        self.unsubs += other.unsubs;
    }
}

impl Counters {
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
        if let Some(request) = facts.request.filter(|_| facts.held()) {
            self.one(request.date, Counters { holds: sign, ..Counters::default() });
        }
        if let Some(join) = facts.joined_at() {
            self.one(join.date, Counters { confirms: sign, ..Counters::default() });
            if let Some(leave) = facts.leave.filter(|_| !facts.present()) {
                self.one(leave.clock.date, Counters { unsubs: sign, ..Counters::default() });
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
        assert_eq!(sum.total, Counters { starts: 1, holds: 0, confirms: 1, unsubs: 0 });
        assert_eq!(CounterChange::between(&back, &back), CounterChange::default());
        assert_eq!(CounterChange::between(&joined, &gone).total.unsubs, 1);
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
