//! When a receiver asks to be tried again (`Retry-After`, RFC 9110, 10.2.3).

use std::time::UNIX_EPOCH;

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
    /// `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            // More seconds than fit are as good as for ever.
            return Some(Self::Seconds(text.parse().unwrap_or(u64::MAX)));
        }
        http_date(text).map(Self::At)
    }

    /// How many milliseconds that is from `now_ms`, in Unix milliseconds; none for a moment that has passed.
    #[must_use]
    pub fn ms_from(self, now_ms: i64) -> i64 {
        let ms = match self {
            Self::Seconds(seconds) => i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000),
            Self::At(moment) => moment.saturating_mul(1_000).saturating_sub(now_ms),
        };
        ms.max(0)
    }
}

/// Unix seconds of a date of HTTP, in any of its three spellings.
fn http_date(text: &str) -> Option<i64> {
    let moment = httpdate::parse_http_date(text).ok()?;
    i64::try_from(moment.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
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
        assert_eq!((date.ms_from(784_111_700_000), date.ms_from(784_111_778_000)), (77_000, 0));
        assert_eq!(RetryAfter::Seconds(120).ms_from(5), 120_000);
        assert_eq!(RetryAfter::Seconds(u64::MAX).ms_from(5), i64::MAX);
        for obsolete in ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(RetryAfter::parse(obsolete), Some(date), "{obsolete}");
        }
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
        ] {
            assert_eq!(RetryAfter::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(text in ".*") {
            prop_assert!(RetryAfter::parse(&text).is_none_or(|after| after.ms_from(i64::MIN) >= 0));
        }
    }
}
