//! Unix seconds as the API and the keys spell them; all in UTC.

use std::ops::Range;

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, Time};

/// What the API answers for a time that is not there.
pub const ABSENT: &str = "0000-00-00 00:00:00";

/// `YYYY-MM-DD HH:MM:SS`; [`ABSENT`] for a time no calendar has.
#[must_use]
pub fn date_time(unix: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    moment(unix).and_then(|time| time.format(format).ok()).unwrap_or_else(|| ABSENT.to_owned())
}

/// `YYYY-MM-DD`.
#[must_use]
pub fn date(unix: i64) -> String {
    date_time(unix)[..10].to_owned()
}

/// `YYYY-MM`.
#[must_use]
pub fn month(unix: i64) -> String {
    date_time(unix)[..7].to_owned()
}

/// The months from `from` to `to`, newest first, each by its first and its last second within them.
#[must_use]
pub fn months_back(from: i64, to: i64) -> Vec<(i64, i64)> {
    let mut months = Vec::new();
    let mut last = to;
    while last >= from {
        if moment(last).is_none() {
            break;
        }
        let first = seconds_of_month(last).start;
        months.push((first.max(from), last));
        last = first - 1;
    }
    months
}

/// The seconds of the month that a time is in; from a time no calendar has, to the end of all time.
#[must_use]
pub fn seconds_of_month(unix: i64) -> Range<i64> {
    let first = |unix| Some(moment(unix)?.replace_day(1).ok()?.replace_time(Time::MIDNIGHT).unix_timestamp());
    let start = first(unix).unwrap_or(unix);
    // No month is longer than 31 days, and none shorter than 28.
    start..first(start.saturating_add(32 * 86_400)).unwrap_or(i64::MAX)
}

/// `YYYYMMDDTHHMMSSZ`, ISO 8601 in its basic form, as AWS dates what it signs.
#[must_use]
pub fn basic_time(unix: i64) -> String {
    date_time(unix).replace(['-', ':'], "").replace(' ', "T") + "Z"
}

/// `YYYY-MM-DDTHH:MM:SSZ`, ISO 8601.
#[must_use]
pub fn iso_time(unix: i64) -> String {
    date_time(unix).replace(' ', "T") + "Z"
}

/// Reads an ISO 8601 time with its offset from UTC, as `2026-06-01T00:00:00Z`; fractions of a second are dropped.
#[must_use]
pub fn parse_iso_time(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

/// Reads a span of minutes, hours or days, as `30m`, `12h` or `7d`, in seconds; up to a hundred years.
#[must_use]
pub fn parse_span(text: &str) -> Option<i64> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    let digits = (1..=9).contains(&count.len()) && count.bytes().all(|byte| byte.is_ascii_digit());
    let span = digits.then_some(count)?.parse::<i64>().ok()?.checked_mul(seconds)?;
    (span <= 100 * 366 * 86_400).then_some(span)
}

fn moment(unix: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(unix).ok().filter(|time| (0..=9999).contains(&time.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_spans_are_read_as_the_contract_spells_them() {
        assert_eq!(parse_iso_time("2024-06-01T00:00:00Z"), Some(1_717_200_000));
        assert_eq!(parse_iso_time("2024-06-01T02:00:00.9+02:00"), Some(1_717_200_000));
        for no_time in ["", "2024-06-01", "2024-13-01T00:00:00Z", "2024-06-01T00:00:00", "yesterday"] {
            assert_eq!(parse_iso_time(no_time), None, "{no_time}");
        }
        assert_eq!(
            (parse_span("30m"), parse_span("12h"), parse_span("7d")),
            (Some(1800), Some(43_200), Some(604_800))
        );
        for no_span in ["", "d", "7", "-7d", "+7d", "7 d", "1.5h", "9999999999d", "7é", "999999999d"] {
            assert_eq!(parse_span(no_span), None, "{no_span}");
        }
    }

    #[test]
    fn times_are_spelled_as_the_contract_says() {
        assert_eq!(date_time(1_778_403_600), "2026-05-10 09:00:00");
        assert_eq!(date(1_778_403_600), "2026-05-10");
        assert_eq!(month(1_778_403_600), "2026-05");
        assert_eq!(basic_time(1_778_403_600), "20260510T090000Z");
        assert_eq!(iso_time(1_778_403_600), "2026-05-10T09:00:00Z");
        assert_eq!(date_time(i64::MAX), ABSENT);
    }

    #[test]
    fn months_are_walked_backwards_and_cut_at_both_ends() {
        // 2026-03-02 00:00:01 back to 2026-01-31 23:59:59.
        let months = months_back(1_769_903_999, 1_772_409_601);
        let spelled: Vec<_> = months
            .iter()
            .map(|(first, last)| format!("{}…{}", date_time(*first), date_time(*last)))
            .collect();
        assert_eq!(
            spelled,
            [
                "2026-03-01 00:00:00…2026-03-02 00:00:01",
                "2026-02-01 00:00:00…2026-02-28 23:59:59",
                "2026-01-31 23:59:59…2026-01-31 23:59:59",
            ]
        );
        assert_eq!(months_back(5, 4), []);
        assert_eq!(months_back(0, i64::MAX), []);
    }

    #[test]
    fn a_month_goes_from_its_first_second_to_that_of_the_next() {
        for (unix, month) in [
            (1_778_403_600, ("2026-05-01 00:00:00", "2026-06-01 00:00:00")),
            (1_798_761_599, ("2026-12-01 00:00:00", "2027-01-01 00:00:00")),
            (1_709_210_000, ("2024-02-01 00:00:00", "2024-03-01 00:00:00")),
        ] {
            let seconds = seconds_of_month(unix);
            assert!(seconds.contains(&unix));
            assert_eq!((date_time(seconds.start).as_str(), date_time(seconds.end).as_str()), month);
        }
    }
}
