//! What was counted of an outreach campaign, and the contract's arithmetic over it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::send_error::SendError;

/// By what counters are kept apart in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// For the last hour.
    Minute,
    /// For the last day.
    Hour,
    /// For longer.
    Day,
}

impl TimeUnit {
    /// How long one is, in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// For how long one is kept after its beginning, in seconds; `None` = for ever.
    #[must_use]
    pub const fn kept_seconds(self) -> Option<i64> {
        match self {
            Self::Minute => Some(2 * 86_400),
            Self::Hour => Some(9 * 86_400),
            Self::Day => None,
        }
    }
}

/// The name of what was taken of a campaign's Stars, in tenths.
pub const STARS: &str = "stars";

/// Counters of a campaign, or of a part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutreachCounters {
    /// Attempts with a final answer.
    pub sent: u64,
    /// Those that Telegram accepted.
    pub delivered: u64,
    /// People who were seen to react.
    pub read: u64,
    /// People who pressed a button or a link.
    pub clicked: u64,
    /// People who converted.
    pub converted: u64,
    /// What their conversions were worth.
    pub revenue: Decimal,
    /// Chunks that were planned.
    pub tasks: u64,
    /// Those of them in which everybody has an outcome, but for those that failed.
    pub tasks_done: u64,
    /// Those in which everybody has an outcome and nobody got anything, though it was tried.
    pub tasks_failed: u64,
    /// What its messages cost or may have cost in Stars, in tenths; of a campaign as a whole alone.
    pub stars_tenths: u64,
}

impl OutreachCounters {
    /// The whole numbers by their names.
    #[must_use]
    pub const fn by_name(&self) -> [(&'static str, u64); 9] {
        [
            ("sent", self.sent),
            ("delivered", self.delivered),
            ("read", self.read),
            ("clicked", self.clicked),
            ("converted", self.converted),
            ("tasks", self.tasks),
            ("tasks_done", self.tasks_done),
            ("tasks_failed", self.tasks_failed),
            (STARS, self.stars_tenths),
        ]
    }

    /// The counters that have these values.
    pub fn from_names(value: impl Fn(&str) -> Option<u64>, revenue: Decimal) -> Self {
        let value = |name| value(name).unwrap_or_default();
        Self {
            sent: value("sent"),
            delivered: value("delivered"),
            read: value("read"),
            clicked: value("clicked"),
            converted: value("converted"),
            revenue,
            tasks: value("tasks"),
            tasks_done: value("tasks_done"),
            tasks_failed: value("tasks_failed"),
            stars_tenths: value(STARS),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = |name: &str| {
            let of =
                |counters: Self| Some(counters.by_name().into_iter().find(|(known, _)| *known == name)?.1);
            Some(of(self)? + of(other)?)
        };
        Self::from_names(sum, self.revenue + other.revenue)
    }
}

/// What became of recipients of one bot in one execution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneTally {
    /// Telegram took the message.
    pub successful: u64,
    /// Telegram refused it.
    pub failed: u64,
    /// Nothing was sent to them.
    pub skipped: u64,
    /// Nobody knows whether they got it.
    pub unknown: u64,
    /// Why, of those who failed or are unknown.
    pub errors: BTreeMap<SendError, u64>,
}

impl LaneTally {
    /// Both together.
    pub fn merge(&mut self, other: &Self) {
        self.successful += other.successful;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.unknown += other.unknown;
        for (error, count) in &other.errors {
            *self.errors.entry(*error).or_default() += count;
        }
    }

    /// Whether nothing is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Those who have an answer.
    #[must_use]
    pub const fn processed(&self) -> u64 {
        self.successful + self.failed
    }

    /// How many have an outcome.
    #[must_use]
    pub const fn settled(&self) -> u64 {
        self.processed() + self.skipped + self.unknown
    }

    /// How many of so many are still to come.
    #[must_use]
    pub const fn pending(&self, total: u64) -> u64 {
        total.saturating_sub(self.settled())
    }
}

/// How many of a hundred, with one decimal, rounded half up; 0 of nothing, and above 100 where the part is the greater.
#[must_use]
pub fn rate(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let tenths = (part * 2_000 + whole) / (whole * 2);
    u32::try_from(tenths).map_or(f64::MAX, |tenths| f64::from(tenths) / 10.0)
}

/// How many of a hundred, in whole numbers; 100 only if all are.
#[must_use]
pub fn percentage(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or_default().min(100)
}

/// How many messages a minute go out now, `second` seconds into a minute: those of this minute, and of the last one what
/// is not longer ago.
#[must_use]
pub fn current_rate(last_minute: u64, this_minute: u64, second: u64) -> u64 {
    this_minute + last_minute * (60 - second.min(60)) / 60
}

/// An amount as JSON has numbers: whole ones exactly.
#[must_use]
pub fn amount(value: Decimal) -> serde_json::Value {
    match value.is_integer().then(|| value.to_i64()).flatten() {
        Some(whole) => whole.into(),
        None => value.to_f64().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_the_document() {
        let rates = [(8_200, 96.5), (6_500, 76.5), (1_200, 14.1), (425, 5.0), (8_500, 100.0), (0, 0.0)];
        for (part, expected) in rates {
            assert!((rate(part, 8_500) - expected).abs() < f64::EPSILON, "{part}");
        }
        assert!((rate(170, 2_000) - 8.5).abs() < f64::EPSILON && rate(5, 0) == 0.0);
        assert!((rate(1, 2_000) - 0.1).abs() < f64::EPSILON, "half up");
        assert_eq!((percentage(5_525, 8_500), percentage(8_499, 8_500), percentage(0, 0)), (65, 99, 0));
    }

    #[test]
    fn the_rate_of_now_counts_a_part_of_the_last_minute() {
        assert_eq!(
            (current_rate(120, 0, 0), current_rate(120, 60, 30), current_rate(120, 90, 59)),
            (120, 120, 92)
        );
    }

    #[test]
    fn amounts_are_whole_where_they_can_be() {
        let texts =
            [Decimal::from(42_500), Decimal::new(1_990, 2), Decimal::ZERO, Decimal::new(4_250_000, 2)];
        assert_eq!(texts.map(|value| amount(value).to_string()), ["42500", "19.9", "0", "42500"]);
    }

    #[test]
    fn counters_add_up() {
        let one = OutreachCounters {
            sent: 2,
            tasks_failed: 1,
            revenue: Decimal::new(150, 2),
            ..Default::default()
        };
        let two = one.plus(one);
        assert_eq!((two.sent, two.tasks_failed, two.revenue), (4, 2, Decimal::from(3)));
        let tally = LaneTally { successful: 5, failed: 2, skipped: 1, unknown: 1, ..LaneTally::default() };
        assert_eq!((tally.processed(), tally.pending(10), tally.pending(3)), (7, 1, 0));
    }
}
