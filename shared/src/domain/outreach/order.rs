//! What a client says of an execution that it asks for.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::execution::Priority;
use super::machine::{CampaignAction, ExecutionStatus};
use super::reader::{Reader, exact};
use crate::error::{AppError, AppResult};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionOrder {
    /// Only to the account's testers.
    pub test: bool,
    /// To how many of a hundred people of the audience; above 0, at most 100.
    pub percentage: Decimal,
    /// How it stands to others that share a bot.
    pub priority: Priority,
    /// When it is to start, in Unix seconds.
    pub scheduled_at: Option<i64>,
    /// Only to be told what it would do.
    pub preview: bool,
}

impl Default for ExecutionOrder {
    fn default() -> Self {
        let percentage = Decimal::ONE_HUNDRED;
        Self { test: false, percentage, priority: Priority::Normal, scheduled_at: None, preview: false }
    }
}

impl ExecutionOrder {
    /// Reads a body; unknown fields are let be.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] with every fault.
    pub fn read(document: &Map<String, Value>) -> AppResult<Self> {
        let (body, mut faults, absent) = (Reader::of_body(document), Vec::new(), Self::default());
        let expected = "must be a number above 0, at most 100";
        let percentage = body.read("targetPercentage", expected, &mut faults, |value| {
            exact(value).filter(|share| *share > Decimal::ZERO && *share <= Decimal::ONE_HUNDRED)
        });
        let words = Priority::ALL.map(Priority::name).join(", ");
        let priority = body.read("priority", &format!("must be one of {words}"), &mut faults, |value| {
            Priority::ALL.into_iter().find(|priority| value.as_str() == Some(priority.name()))
        });
        let order = Self {
            test: body.flag("testMode", &mut faults).unwrap_or_default(),
            percentage: percentage.unwrap_or(absent.percentage),
            priority: priority.unwrap_or_default(),
            scheduled_at: body.time("scheduledAt", &mut faults),
            preview: body.flag("preview", &mut faults).unwrap_or_default(),
        };
        if faults.is_empty() { Ok(order) } else { Err(AppError::Invalid(faults)) }
    }

    /// What it is to the campaign's status.
    #[must_use]
    pub const fn action(&self) -> CampaignAction {
        if self.test { CampaignAction::ExecuteTest } else { CampaignAction::Execute }
    }

    /// Where an execution begins that is asked for at `now`, Unix seconds: it waits for a time to come, not for one that is
    /// over.
    #[must_use]
    pub fn first_status(&self, now: i64) -> ExecutionStatus {
        match self.scheduled_at {
            Some(at) if at > now => ExecutionStatus::Scheduled,
            _ => ExecutionStatus::Planning,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> AppResult<ExecutionOrder> {
        ExecutionOrder::read(body.as_object().unwrap())
    }

    #[test]
    fn the_contracts_example_reads() {
        let body = json!({"testMode": false, "targetPercentage": 12.5, "priority": "high",
            "scheduledAt": "2024-11-24T10:00:00Z"});
        let order = read(&body).unwrap();
        assert_eq!((order.percentage, order.priority), (Decimal::new(125, 1), Priority::High));
        assert_eq!((order.scheduled_at, order.test, order.preview), (Some(1_732_442_400), false, false));
        assert_eq!(read(&json!({"other": 1})).unwrap(), ExecutionOrder::default());
    }

    #[test]
    fn every_fault_is_told() {
        let body = json!({"testMode": "yes", "targetPercentage": 0, "priority": "urgent", "scheduledAt": 5,
            "preview": 1});
        let Err(AppError::Invalid(faults)) = read(&body) else { panic!() };
        let mut fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["preview", "priority", "scheduledAt", "targetPercentage", "testMode"]);
        for percentage in [json!(-1), json!(100.1), json!("50"), json!(true)] {
            assert!(read(&json!({"targetPercentage": percentage})).is_err(), "{percentage}");
        }
    }
}
