//! Unix seconds as the API and the keys spell them; all in UTC.

use time::OffsetDateTime;
use time::macros::format_description;

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

fn moment(unix: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(unix).ok().filter(|time| (0..=9999).contains(&time.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spelled_as_the_contract_says() {
        assert_eq!(date_time(1_778_403_600), "2026-05-10 09:00:00");
        assert_eq!(date(1_778_403_600), "2026-05-10");
        assert_eq!(month(1_778_403_600), "2026-05");
        assert_eq!(basic_time(1_778_403_600), "20260510T090000Z");
        assert_eq!(iso_time(1_778_403_600), "2026-05-10T09:00:00Z");
        assert_eq!(date_time(i64::MAX), ABSENT);
    }
}
