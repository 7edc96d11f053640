//! When a receiver asks to be tried again (`Retry-After`, RFC 9110, 10.2.3).

use time::{Date, Month, PrimitiveDateTime, Time};

/// What a `Retry-After` header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// So many seconds after the answer.
    Seconds(u64),
    /// At this moment, in Unix seconds.
    At(i64),
}

impl RetryAfter {
    /// Reads the header's value: whole seconds, or a date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    /// `None` for anything else, the two obsolete spellings of dates included.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            // More seconds than fit are as good as for ever.
            return Some(Self::Seconds(text.parse().unwrap_or(u64::MAX)));
        }
        http_date(text).map(Self::At)
    }

    /// How many seconds that is from `now`, in Unix seconds; none for a moment that has passed.
    #[must_use]
    pub fn seconds_from(self, now: i64) -> u64 {
        match self {
            Self::Seconds(seconds) => seconds,
            Self::At(moment) => u64::try_from(moment.saturating_sub(now)).unwrap_or(0),
        }
    }
}

/// Unix seconds of an HTTP date (IMF-fixdate). The day of the week is not compared with the date.
fn http_date(text: &str) -> Option<i64> {
    let (_weekday, rest) = text.split_once(", ")?;
    let words: Vec<_> = rest.split(' ').collect();
    let [day, month, year, time, "GMT"] = words[..] else { return None };
    let month = month_named(month)?;
    let clock: Vec<_> = time.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hour, minute, second] = clock[..] else { return None };
    let date = Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()?;
    let moment = PrimitiveDateTime::new(date, Time::from_hms(hour, minute, second).ok()?);
    Some(moment.assume_utc().unix_timestamp())
}

fn month_named(name: &str) -> Option<Month> {
    Some(match name {
        "Jan" => Month::January,
        "Feb" => Month::February,
        "Mar" => Month::March,
        "Apr" => Month::April,
        "May" => Month::May,
        "Jun" => Month::June,
        "Jul" => Month::July,
        "Aug" => Month::August,
        "Sep" => Month::September,
        "Oct" => Month::October,
        "Nov" => Month::November,
        "Dec" => Month::December,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(RetryAfter::parse(" 120 "), Some(RetryAfter::Seconds(120)));
        assert_eq!(RetryAfter::parse("99999999999999999999"), Some(RetryAfter::Seconds(u64::MAX)));
        let date = RetryAfter::parse("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(date, RetryAfter::At(784_111_777));
        assert_eq!(date.seconds_from(784_111_700), 77);
        assert_eq!(date.seconds_from(784_111_778), 0);
    }

    #[test]
    fn anything_else_is_not_a_time() {
        for text in [
            "",
            "-1",
            "1.5",
            "soon",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 31 Feb 2026 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(RetryAfter::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(text in ".*") {
            let _ = RetryAfter::parse(&text).map(|after| after.seconds_from(i64::MIN));
        }
    }
}
