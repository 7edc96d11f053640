//! When a campaign is sent again: at a time of some days, by the clock of a place.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::body::CampaignBody;
use super::reader::Reader;
use super::strategy::{read_zone, time_of_day};
use crate::error::Fault;

/// No two days that a month has are further apart.
const DAYS_MAX: i64 = 62;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// When a campaign is sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// On which days.
    pub days: Days,
    /// At which time, by the clock on the wall.
    pub time: Time,
    /// Of which place.
    pub zone: TimeZone,
}

/// Some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Days {
    /// Each.
    Every,
    /// Those of each week.
    OfWeek(Vec<Weekday>),
    /// One of each month, from 1; the last of a month that has not so many.
    OfMonth(i8),
}

impl Recurrence {
    /// The first moment after `now` at which it is sent, both in Unix seconds. A time that a clock change leaves out is
    /// taken as the one after it, one that comes twice as the first.
    #[must_use]
    pub fn next_after(&self, now: i64) -> Option<i64> {
        let today = Timestamp::from_second(now).ok()?.to_zoned(self.zone.clone()).date();
        (0..=DAYS_MAX).find_map(|days| {
            let day = today.checked_add(days.days()).ok().filter(|day| self.days.have(*day))?;
            let moment = self.zone.to_ambiguous_timestamp(day.to_datetime(self.time)).compatible().ok()?;
            Some(moment.as_second()).filter(|moment| *moment > now)
        })
    }

    /// Reads what a strategy says under `recurrence`.
    pub(super) fn read(strategy: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        let recurrence = strategy.object("recurrence", faults)?;
        let days = Days::read(&recurrence, faults);
        let time = time_of_day(&recurrence, "time", faults);
        let zone = read_zone(&recurrence, faults);
        Some(Self { days: days?, time: time?, zone: zone? })
    }
}

impl Days {
    fn have(&self, day: Date) -> bool {
        match self {
            Self::Every => true,
            Self::OfWeek(weekdays) => weekdays.contains(&day.weekday()),
            Self::OfMonth(number) => day.day() == (*number).min(day.days_in_month()),
        }
    }

    fn read(recurrence: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        let expected = "must be one of day, week, month";
        if recurrence.given("every").is_none() {
            recurrence.refuse("every", expected, faults);
        }
        let every = recurrence.read("every", expected, faults, |value| {
            value.as_str().filter(|every| ["day", "week", "month"].contains(every))
        });
        match every? {
            "week" => {
                let weekday = |value: &serde_json::Value| {
                    WEEKDAYS.iter().find(|(name, _)| value.as_str() == Some(name)).map(|(_, day)| *day)
                };
                let weekdays = recurrence.list("weekdays", 7, "days such as monday", faults, weekday);
                if weekdays.is_empty() {
                    if recurrence.given("weekdays").is_none_or(|given| given == &serde_json::json!([])) {
                        recurrence.refuse("weekdays", "is required", faults);
                    }
                    return None;
                }
                Some(Self::OfWeek(weekdays))
            }
            "month" => {
                let expected = "must be a day of the month from 1 to 31";
                if recurrence.given("dayOfMonth").is_none() {
                    recurrence.refuse("dayOfMonth", expected, faults);
                }
                let day = recurrence.read("dayOfMonth", expected, faults, |value| {
                    i8::try_from(value.as_i64()?).ok().filter(|day| (1..=31).contains(day))
                });
                day.map(Self::OfMonth)
            }
            _ => Some(Self::Every),
        }
    }
}

impl CampaignBody {
    /// When it is sent by itself next after `now`, both in Unix seconds: at its start date, or again and again from then
    /// on until its end date. `None` if it is not.
    #[must_use]
    pub fn next_start(&self, now: i64) -> Option<i64> {
        let start = match &self.strategy.recurrence {
            // A start date that is just such a moment is the first.
            Some(recurrence) => recurrence.next_after(self.start.map_or(now, |start| now.max(start - 1)))?,
            None => self.start.filter(|start| *start > now)?,
        };
        self.end.is_none_or(|end| start < end).then_some(start)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::quiet_hours::{parse_time_of_day, parse_zone};
    use super::*;
    use crate::domain::calendar::{iso_time, parse_iso_time};

    fn read(recurrence: &Value) -> (Option<Recurrence>, Vec<String>) {
        let (strategy, mut faults) = (json!({"recurrence": recurrence}), Vec::new());
        let read = Recurrence::read(&Reader::of_body(strategy.as_object().unwrap()), &mut faults);
        (read, faults.into_iter().map(|fault| fault.field).collect())
    }

    /// The next three.
    fn next(recurrence: &Value, now: &str) -> Vec<String> {
        let recurrence = read(recurrence).0.unwrap();
        let mut now = parse_iso_time(now).unwrap();
        let mut step = || {
            now = recurrence.next_after(now).unwrap();
            iso_time(now)
        };
        vec![step(), step(), step()]
    }

    #[test]
    fn days_weeks_and_months_follow_the_clock_on_the_wall() {
        let day = json!({"every": "day", "time": "09:00", "timeZone": "Europe/Stockholm"});
        // In the night to the 29th clocks are put forward.
        let expected = ["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z", "2026-03-30T07:00:00Z"];
        assert_eq!(next(&day, "2026-03-27T08:00:00Z"), expected);
        let week = json!({"every": "week", "weekdays": ["friday", "monday"], "time": "18:30"});
        let expected = ["2026-11-23T18:30:00Z", "2026-11-27T18:30:00Z", "2026-11-30T18:30:00Z"];
        assert_eq!(next(&week, "2026-11-22T20:00:00Z"), expected);
        let month = json!({"every": "month", "dayOfMonth": 31, "time": "00:00"});
        let expected = ["2027-01-31T00:00:00Z", "2027-02-28T00:00:00Z", "2027-03-31T00:00:00Z"];
        assert_eq!(next(&month, "2026-12-31T00:00:00Z"), expected);
    }

    #[test]
    fn a_time_that_is_left_out_or_comes_twice_comes_once() {
        let night = json!({"every": "day", "time": "02:30", "timeZone": "Europe/Stockholm"});
        let expected = ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"];
        assert_eq!(next(&night, "2026-03-28T00:00:00Z"), expected);
        let expected = ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"];
        assert_eq!(next(&night, "2026-10-24T12:00:00Z"), expected);
    }

    #[test]
    fn each_fault_is_told_by_its_field() {
        for (recurrence, fields) in [
            (json!("daily"), vec!["recurrence"]),
            (json!({}), vec!["recurrence.every", "recurrence.time"]),
            (json!({"every": "hour", "time": "9"}), vec!["recurrence.every", "recurrence.time"]),
            (json!({"every": "week", "time": "09:00"}), vec!["recurrence.weekdays"]),
            (json!({"every": "week", "time": "09:00", "weekdays": []}), vec!["recurrence.weekdays"]),
            (json!({"every": "week", "time": "09:00", "weekdays": ["mon"]}), vec!["recurrence.weekdays"]),
            (json!({"every": "month", "time": "09:00"}), vec!["recurrence.dayOfMonth"]),
            (json!({"every": "month", "time": "09:00", "dayOfMonth": 32}), vec!["recurrence.dayOfMonth"]),
            (json!({"every": "day", "time": "09:00", "timeZone": 1}), vec!["recurrence.timeZone"]),
        ] {
            assert_eq!(read(&recurrence), (None, fields.into_iter().map(str::to_owned).collect()));
        }
    }

    #[test]
    fn a_campaign_recurs_from_its_start_date_until_its_end_date() {
        let body = json!({"name": "Sale", "type": "message", "startDate": "2026-11-23T09:00:00Z",
            "endDate": "2026-11-25T09:00:00Z", "strategy": {"recurrence": {"every": "day", "time": "09:00"}}});
        let body = CampaignBody::read(body.as_object().unwrap()).unwrap();
        let next = |now| body.next_start(parse_iso_time(now).unwrap()).map(iso_time);
        assert_eq!(next("2026-11-20T00:00:00Z").as_deref(), Some("2026-11-23T09:00:00Z"));
        assert_eq!(next("2026-11-23T09:00:00Z").as_deref(), Some("2026-11-24T09:00:00Z"));
        assert_eq!(next("2026-11-24T09:00:00Z"), None, "it is over then");
    }

    proptest! {
        #[test]
        fn the_next_is_later_and_there_is_none_between(now in 1_700_000_000i64..2_000_000_000, hour in 0i8..24, day in 1i8..=31, zone in 0usize..4) {
            let zone = ["UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"][zone];
            let time = parse_time_of_day(&format!("{hour:02}:30")).unwrap();
            let recurrence = Recurrence { days: Days::OfMonth(day), time, zone: parse_zone(zone).unwrap() };
            let next = recurrence.next_after(now).unwrap();
            prop_assert!(next > now && next <= now + 32 * 86_400);
            prop_assert_eq!(recurrence.next_after(next - 1), Some(next));
        }
    }
}
