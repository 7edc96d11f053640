//! What has a campaign sent to one person: that they reached a status as a lead, and a while later the message leaves.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::reader::Reader;
use crate::domain::lead_event::LeadStatus;
use crate::error::{AppError, Fault};

/// What stands before the name of a status.
const LEAD: &str = "lead.";

/// Triggers that every campaign may name, because answers have them; they follow from other fields.
const ANSWERED: [&str; 2] = ["manual", "scheduled"];

/// No message waits longer, in seconds: 30 days.
const DELAY_MAX_SECONDS: u64 = 30 * 86_400;

/// How many triggers may be named.
const TRIGGERS_MAX: usize = 20;

/// So many campaigns of an account may be active that have triggers: all of them are looked at whenever something happens to
/// its leads.
pub const TRIGGERED_MAX: i64 = 200;

/// What a campaign is sent by, one person at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triggers {
    /// The statuses, any of which will do.
    pub statuses: BTreeSet<LeadStatus>,
    /// How long after that the message leaves, in seconds.
    pub delay_seconds: u64,
}

impl Triggers {
    /// Reads what a campaign says of them.
    pub(super) fn read(body: &Reader<'_>, faults: &mut Vec<Fault>) -> Self {
        let Some(workflow) = body.object("workflow", faults) else { return Self::default() };
        let words: Vec<_> = LeadStatus::ALL.into_iter().map(word).collect();
        let expected = format!("triggers, each one of {}", words.join(", "));
        let named = workflow.list("triggers", TRIGGERS_MAX, &expected, faults, |value| {
            let named = value.as_str()?;
            let status = LeadStatus::ALL.into_iter().find(|status| word(*status) == named);
            (status.is_some() || ANSWERED.contains(&named)).then_some(status)
        });
        let expected = "must be seconds, or text such as 30s, 15m, 1h or 2d, of 30 days at most";
        let delay_seconds = workflow.read("delay", expected, faults, seconds);
        Self {
            statuses: named.into_iter().flatten().collect(),
            delay_seconds: delay_seconds.unwrap_or_default(),
        }
    }

    /// Whether there are any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statuses.is_empty()
    }

    /// What an account hears as many of whose campaigns are active with triggers as may be.
    #[must_use]
    pub fn crowded() -> AppError {
        let reason = format!("an account has at most {TRIGGERED_MAX} active campaigns with triggers");
        AppError::Invalid(vec![Fault { field: "workflow.triggers".to_owned(), reason }])
    }

    /// As the API names them.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.statuses.iter().map(|status| word(*status))
    }
}

fn word(status: LeadStatus) -> String {
    format!("{LEAD}{}", status.name())
}

fn seconds(value: &Value) -> Option<u64> {
    let seconds = match value {
        Value::String(text) => {
            let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
            let unit_seconds = match unit {
                "s" => 1,
                "m" => 60,
                "h" => 3_600,
                "d" => 86_400,
                _ => return None,
            };
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            number.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(unit_seconds)?
        }
        number => number.as_u64()?,
    };
    (seconds <= DELAY_MAX_SECONDS).then_some(seconds)
}

/// What is kept of the workflow that a client sends: what follows from other fields is left out, so that a client may send
/// back what it was answered. Nothing is kept of one without triggers of its own.
pub(super) fn own_workflow(workflow: &Map<String, Value>) -> Option<Value> {
    let given = workflow.get("triggers").cloned().unwrap_or_else(|| json!([]));
    let triggers = match given {
        Value::Array(mut triggers) => {
            triggers.retain(|trigger| !trigger.as_str().is_some_and(|it| ANSWERED.contains(&it)));
            Value::Array(triggers)
        }
        // It is refused when it is read.
        other => other,
    };
    let is_empty = triggers.as_array().is_some_and(Vec::is_empty);
    let mut own = Map::from_iter([("triggers".to_owned(), triggers)]);
    let delay = workflow.get("delay").filter(|delay| !delay.is_null());
    own.extend(delay.map(|delay| ("delay".to_owned(), delay.clone())));
    (!is_empty || delay.is_some()).then_some(Value::Object(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_seconds_or_a_number_with_a_unit() {
        let delay = |value: Value| seconds(&value);
        for (value, expected) in [
            (json!(0), Some(0)),
            (json!(90), Some(90)),
            (json!("30s"), Some(30)),
            (json!("15m"), Some(900)),
            (json!("1h"), Some(3_600)),
            (json!("30d"), Some(2_592_000)),
        ] {
            assert_eq!(delay(value.clone()), expected, "{value}");
        }
        for value in [
            json!("31d"),
            json!(-1),
            json!(1.5),
            json!("h"),
            json!(""),
            json!("+1h"),
            json!("1w"),
            json!("1é"),
        ] {
            assert_eq!(delay(value.clone()), None, "{value}");
        }
    }
}
