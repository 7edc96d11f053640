//! The hours of a day in which nobody is written to.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A stretch of each day, in the time of some place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// When they begin, by the clock on the wall.
    pub from: Time,
    /// When they end; earlier than their beginning where they last over midnight.
    pub to: Time,
    /// The place's time.
    pub zone: TimeZone,
}

/// A time of day such as `22:00`; `None` for anything else.
#[must_use]
pub fn parse_time_of_day(text: &str) -> Option<Time> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !two_digits(hours) || !two_digits(minutes) {
        return None;
    }
    Time::new(hours.parse().ok()?, minutes.parse().ok()?, 0, 0).ok()
}

/// A time zone of the IANA database such as `Europe/Stockholm`; `None` for anything else.
#[must_use]
pub fn parse_zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

impl QuietHours {
    /// When the quiet that there is at `now` ends, both in Unix seconds; `None` if there is none. In `zone` instead of
    /// their own, if one is given.
    #[must_use]
    pub fn end_of_quiet(&self, now: i64, zone: Option<&TimeZone>) -> Option<i64> {
        let zone = zone.unwrap_or(&self.zone);
        let local = Timestamp::from_second(now).ok()?.to_zoned(zone.clone());
        // What began yesterday may last until today.
        let days = [local.date().yesterday().ok()?, local.date()];
        let ends = days.into_iter().filter_map(|day| {
            let (from, to) = self.stretch(day, zone)?;
            (from <= now && now < to).then_some(to)
        });
        ends.max()
    }

    /// The stretch that begins on a day, in Unix seconds.
    fn stretch(&self, day: Date, zone: &TimeZone) -> Option<(i64, i64)> {
        let last = if self.to <= self.from { day.checked_add(1.day()).ok()? } else { day };
        // A time that a clock change leaves out is taken as the one after it.
        let moment = |date: Date, time| {
            zone.to_ambiguous_timestamp(date.to_datetime(time)).compatible().ok().map(Timestamp::as_second)
        };
        Some((moment(day, self.from)?, moment(last, self.to)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::calendar::{iso_time, parse_iso_time};

    fn hours(from: &str, to: &str, zone: &str) -> QuietHours {
        let time = |text| parse_time_of_day(text).unwrap();
        QuietHours { from: time(from), to: time(to), zone: parse_zone(zone).unwrap() }
    }

    fn end(hours: &QuietHours, now: &str) -> Option<String> {
        hours.end_of_quiet(parse_iso_time(now).unwrap(), None).map(iso_time)
    }

    #[test]
    fn quiet_over_midnight_ends_in_the_morning_of_the_place() {
        let night = hours("22:00", "08:00", "Europe/Stockholm");
        assert_eq!(end(&night, "2026-07-01T21:00:00Z").as_deref(), Some("2026-07-02T06:00:00Z"));
        assert_eq!(end(&night, "2026-07-02T05:59:59Z").as_deref(), Some("2026-07-02T06:00:00Z"));
        assert_eq!(end(&night, "2026-07-02T06:00:00Z"), None);
        assert_eq!(end(&night, "2026-07-01T19:59:59Z"), None);
        // In winter the place is an hour further from UTC's time.
        assert_eq!(end(&night, "2026-12-01T21:00:00Z").as_deref(), Some("2026-12-02T07:00:00Z"));
        // The night in which the clock is put forward is an hour shorter.
        assert_eq!(end(&night, "2026-03-29T00:30:00Z").as_deref(), Some("2026-03-29T06:00:00Z"));
    }

    #[test]
    fn quiet_within_a_day_and_in_the_persons_own_time() {
        let noon = hours("12:00", "13:30", "UTC");
        assert_eq!(end(&noon, "2026-07-01T12:00:00Z").as_deref(), Some("2026-07-01T13:30:00Z"));
        assert_eq!(end(&noon, "2026-07-01T13:30:00Z"), None);
        let tokyo = parse_zone("Asia/Tokyo").unwrap();
        let now = parse_iso_time("2026-07-01T03:15:00Z").unwrap();
        let ends = noon.end_of_quiet(now, Some(&tokyo)).map(iso_time);
        assert_eq!((ends.as_deref(), noon.end_of_quiet(now, None)), (Some("2026-07-01T04:30:00Z"), None));
    }

    #[test]
    fn what_is_no_time_and_no_zone_does_not_read() {
        for text in ["", "8:00", "24:00", "08:60", "08", "08:00:00", "ab:cd", "+8:00"] {
            assert_eq!(parse_time_of_day(text), None, "{text}");
        }
        assert!(parse_zone("Europe/Nowhere").is_none() && parse_zone("").is_none());
    }

    proptest! {
        #[test]
        fn quiet_ends_within_a_day_and_is_over_then(now in 1_700_000_000i64..2_000_000_000, from in 0i8..24, to in 0i8..24, zone in 0usize..4) {
            prop_assume!(from != to);
            let zone = ["UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"][zone];
            let hours = hours(&format!("{from:02}:00"), &format!("{to:02}:00"), zone);
            if let Some(end) = hours.end_of_quiet(now, None) {
                prop_assert!(end > now && end <= now + 25 * 3_600);
                prop_assert_eq!(hours.end_of_quiet(end, None), None);
            }
        }
    }
}
