//! When and how often a campaign writes to whom: what its strategy says beside words.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::paid::PaidBroadcast;
use super::quiet_hours::{QuietHours, parse_time_of_day, parse_zone};
use super::reader::{Reader, exact};
use super::recurrence::Recurrence;
use crate::error::Fault;

/// The attribute of a person that names their time zone.
pub const ZONE_ATTRIBUTE: &str = "timeZone";

/// No cap lets more messages through: so many times are kept of a person.
pub const CAP_MESSAGES_MAX: u64 = 20;

const CAP_DAYS_MAX: u64 = 90;

const HOUR_SECONDS: i64 = 3_600;
const DAY_SECONDS: i64 = 86_400;

/// What a campaign's strategy rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strategy {
    /// When nobody is written to.
    pub quiet_hours: Option<QuietHours>,
    /// How often somebody is written to at most.
    pub frequency_cap: Option<FrequencyCap>,
    /// When the campaign is sent again.
    pub recurrence: Option<Recurrence>,
    /// How many of a hundred people of the audience get nothing, for comparison; below 100.
    pub holdout: Decimal,
    /// Whether it pays for being sent faster, and how much at most.
    pub paid: Option<PaidBroadcast>,
}

/// How many messages of all campaigns somebody may have had of late, for another one to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrequencyCap {
    /// So many are enough.
    pub messages: u64,
    /// Within so many seconds.
    pub seconds: i64,
}

impl FrequencyCap {
    /// Whether somebody has had enough by `now`, Unix seconds, who got messages at these times, in Unix milliseconds.
    pub fn is_reached(&self, got_ms: impl IntoIterator<Item = i64>, now: i64) -> bool {
        let since_ms = (now - self.seconds).saturating_mul(1000);
        let count = got_ms.into_iter().filter(|got_ms| *got_ms > since_ms).count();
        u64::try_from(count).unwrap_or(u64::MAX) >= self.messages
    }
}

impl Strategy {
    /// Reads what a body says under `strategy`; other fields of it are let be.
    pub(super) fn read(body: &Reader<'_>, faults: &mut Vec<Fault>) -> Self {
        let Some(strategy) = body.object("strategy", faults) else { return Self::default() };
        let expected = "must be a number of 0 or more, below 100";
        let holdout = strategy.read("holdoutPercentage", expected, faults, |value| {
            exact(value).filter(|share| *share >= Decimal::ZERO && *share < Decimal::ONE_HUNDRED)
        });
        Self {
            quiet_hours: read_quiet_hours(&strategy, faults),
            frequency_cap: read_cap(&strategy, faults),
            recurrence: Recurrence::read(&strategy, faults),
            holdout: holdout.unwrap_or_default(),
            paid: PaidBroadcast::read(&strategy, faults),
        }
    }
}

/// The zone that a person's attribute names, if it names one.
#[must_use]
pub fn zone_of(attribute: Option<&Value>) -> Option<TimeZone> {
    parse_zone(attribute?.as_str()?)
}

fn read_quiet_hours(strategy: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<QuietHours> {
    let hours = strategy.object("quietHours", faults)?;
    let (from, to) = (time_of_day(&hours, "from", faults), time_of_day(&hours, "to", faults));
    let zone = read_zone(&hours, faults);
    let (from, to) = (from?, to?);
    if from == to {
        hours.refuse("to", "must differ from from", faults);
        return None;
    }
    Some(QuietHours { from, to, zone: zone? })
}

/// A time of day, which must be there.
pub(super) fn time_of_day(object: &Reader<'_>, name: &str, faults: &mut Vec<Fault>) -> Option<Time> {
    let expected = "must be a time of day such as 22:00";
    if object.given(name).is_none() {
        object.refuse(name, expected, faults);
    }
    object.read(name, expected, faults, |value| value.as_str().and_then(parse_time_of_day))
}

/// The zone that times of day are of; UTC if none is named.
pub(super) fn read_zone(object: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<TimeZone> {
    if object.given("timeZone").is_none() {
        return Some(TimeZone::UTC);
    }
    let expected = "must be a time zone such as Europe/Stockholm";
    object.read("timeZone", expected, faults, |value| value.as_str().and_then(parse_zone))
}

fn read_cap(strategy: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<FrequencyCap> {
    let cap = strategy.object("frequencyCap", faults)?;
    let mut whole = |name: &str, most: u64| {
        let expected = format!("must be a whole number from 1 to {most}");
        cap.read(name, &expected, faults, |value| value.as_u64().filter(|count| (1..=most).contains(count)))
    };
    let messages = whole("messages", CAP_MESSAGES_MAX);
    let (hours, days) = (whole("hours", CAP_DAYS_MAX * 24), whole("days", CAP_DAYS_MAX));
    if cap.given("messages").is_none() {
        cap.refuse("messages", "is required", faults);
    }
    if cap.given("hours").is_some() == cap.given("days").is_some() {
        cap.refuse("hours", "is required, or else days", faults);
    }
    let seconds = |count: u64, unit: i64| i64::try_from(count).map(|count| count.saturating_mul(unit)).ok();
    let hours = hours.and_then(|hours| seconds(hours, HOUR_SECONDS));
    let days = days.and_then(|days| seconds(days, DAY_SECONDS));
    Some(FrequencyCap { messages: messages?, seconds: hours.or(days)? })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(strategy: &Value) -> (Strategy, Vec<String>) {
        let (body, mut faults) = (json!({"strategy": strategy}), Vec::new());
        let read = Strategy::read(&Reader::of_body(body.as_object().unwrap()), &mut faults);
        (read, faults.into_iter().map(|fault| fault.field).collect())
    }

    #[test]
    fn words_are_let_be_and_rules_are_read() {
        let (words, faults) =
            read(&json!({"messaging": "Focus", "timing": "Peak", "channels": ["telegram"]}));
        assert_eq!((words, faults), (Strategy::default(), vec![]));
        let (rules, faults) = read(&json!({
            "quietHours": {"from": "22:00", "to": "08:00", "timeZone": "Europe/Stockholm"},
            "frequencyCap": {"messages": 3, "days": 7}, "holdoutPercentage": 12.5,
        }));
        assert_eq!(faults, Vec::<String>::new());
        let hours = rules.quiet_hours.unwrap();
        assert_eq!((hours.from.hour(), hours.to.hour()), (22, 8));
        assert_eq!(hours.zone, parse_zone("Europe/Stockholm").unwrap());
        assert_eq!(rules.frequency_cap, Some(FrequencyCap { messages: 3, seconds: 604_800 }));
        assert_eq!(rules.holdout, Decimal::new(125, 1));
        let (rules, _) = read(&json!({"quietHours": {"from": "12:00", "to": "13:00"}}));
        assert_eq!(rules.quiet_hours.unwrap().zone, TimeZone::UTC);
    }

    #[test]
    fn each_fault_is_told_by_its_field() {
        for (strategy, fields) in [
            (json!({"quietHours": "22-8"}), vec!["strategy.quietHours"]),
            (json!({"quietHours": {"from": "22:00"}}), vec!["strategy.quietHours.to"]),
            (
                json!({"quietHours": {"from": "25:00", "to": 8}}),
                vec!["strategy.quietHours.from", "strategy.quietHours.to"],
            ),
            (json!({"quietHours": {"from": "08:00", "to": "08:00"}}), vec!["strategy.quietHours.to"]),
            (
                json!({"quietHours": {"from": "22:00", "to": "08:00", "timeZone": "Mars"}}),
                vec!["strategy.quietHours.timeZone"],
            ),
            (
                json!({"frequencyCap": {}}),
                vec!["strategy.frequencyCap.messages", "strategy.frequencyCap.hours"],
            ),
            (json!({"frequencyCap": {"messages": 21, "days": 1}}), vec!["strategy.frequencyCap.messages"]),
            (json!({"frequencyCap": {"messages": 1, "days": 91}}), vec!["strategy.frequencyCap.days"]),
            (
                json!({"frequencyCap": {"messages": 1, "days": 1, "hours": 1}}),
                vec!["strategy.frequencyCap.hours"],
            ),
            (json!({"holdoutPercentage": 100}), vec!["strategy.holdoutPercentage"]),
            (json!({"holdoutPercentage": "5"}), vec!["strategy.holdoutPercentage"]),
        ] {
            assert_eq!(read(&strategy).1, fields, "{strategy}");
        }
    }

    #[test]
    fn a_cap_counts_what_came_within_its_time() {
        let cap = FrequencyCap { messages: 2, seconds: 3_600 };
        let now = 100_000;
        let table: [(&[i64], bool); 4] = [
            (&[], false),
            (&[now * 1000], false),
            (&[now * 1000, (now - 3_599) * 1000], true),
            (&[now * 1000, (now - 3_600) * 1000], false),
        ];
        for (got_ms, expected) in table {
            assert_eq!(cap.is_reached(got_ms.iter().copied(), now), expected, "{got_ms:?}");
        }
    }

    #[test]
    fn an_attribute_names_a_zone_or_none() {
        assert_eq!(zone_of(Some(&json!("Asia/Tokyo"))), parse_zone("Asia/Tokyo"));
        assert!([json!("Nowhere"), json!(9), json!("")].iter().all(|value| zone_of(Some(value)).is_none()));
        assert_eq!(zone_of(None), None);
    }
}
