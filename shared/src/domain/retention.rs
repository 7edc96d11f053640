//! Who stays: the leads of each join day, and how many of them are still there after some days.

use super::calendar;
use super::statistics::Counters;

/// After how many days a lead is looked at.
pub const RETENTION_DAYS: [i64; 5] = [1, 3, 7, 14, 30];

/// The leads that joined on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// The join day, `YYYY-MM-DD` in UTC.
    pub date: String,
    /// How many joined. A return joins anew: it moves the lead to its new day.
    pub joined: i64,
    /// How many stayed for each of [`RETENTION_DAYS`]; `None` while that time is not over for all of them.
    pub present_after: [Option<i64>; 5],
}

/// The cohort of a day, by its counters.
///
/// `now` is in Unix seconds.
#[must_use]
pub fn cohort(date: &str, day: &Counters, now: i64) -> Cohort {
    let present_after = std::array::from_fn(|index| {
        // Who joined in the day's last second has stayed for `n` days when day `n + 1` after it begins.
        let judged_from = calendar::date(now - RETENTION_DAYS[index] * 86_400);
        (date < judged_from.as_str()).then(|| day.confirms - day.left_within[index])
    });
    Cohort { date: date.to_owned(), joined: day.confirms, present_after }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_judged_once_its_time_is_over_for_all_who_joined() {
        let day = Counters { confirms: 10, left_within: [1, 2, 3, 4, 5], ..Counters::default() };
        let at = |now| cohort("2026-05-10", &day, now).present_after;
        // 2026-05-11 23:59:59 and 2026-05-12 00:00:00.
        assert_eq!(at(1_778_543_999), [None; 5]);
        assert_eq!(at(1_778_544_000), [Some(9), None, None, None, None]);
        assert_eq!(at(1_778_544_000 + 40 * 86_400), [Some(9), Some(8), Some(7), Some(6), Some(5)]);
    }
}
