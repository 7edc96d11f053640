//! What a campaign costs, and what its budget has left.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::body::CampaignBody;
use super::tally::OutreachCounters;

impl CampaignBody {
    /// What was spent: so much for each message with a final answer.
    #[must_use]
    pub fn cost(&self, counters: &OutreachCounters) -> Decimal {
        Decimal::from(counters.sent).saturating_mul(self.cost_per_message)
    }

    /// For how many more messages the budget lasts; `None` = without bounds.
    #[must_use]
    pub fn messages_left(&self, counters: &OutreachCounters) -> Option<u64> {
        let left = (self.budget? - self.cost(counters)).max(Decimal::ZERO);
        let messages = left.checked_div(self.price())?;
        Some(messages.trunc().to_u64().unwrap_or(u64::MAX))
    }

    /// Whether the budget does not last for another message.
    #[must_use]
    pub fn is_spent(&self, counters: &OutreachCounters) -> bool {
        self.messages_left(counters) == Some(0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn body(prices: &Value) -> CampaignBody {
        let mut body = json!({"name": "Sale", "type": "message"});
        body.as_object_mut().unwrap().extend(prices.as_object().unwrap().clone());
        CampaignBody::read(body.as_object().unwrap()).unwrap()
    }

    #[test]
    fn a_budget_lasts_for_whole_messages() {
        let sent = |sent| OutreachCounters { sent, ..OutreachCounters::default() };
        let tight = body(&json!({"budget": 1, "costPerMessage": 0.3}));
        for (count, left) in [(0, 3), (2, 1), (3, 0), (4, 0)] {
            assert_eq!(tight.messages_left(&sent(count)), Some(left), "{count}");
        }
        assert_eq!((tight.cost(&sent(3)), tight.is_spent(&sent(3))), (Decimal::new(9, 1), true));
        let exact = body(&json!({"budget": 0.3, "costPerMessage": 0.1}));
        assert_eq!(exact.messages_left(&sent(0)), Some(3), "money is no binary fraction");
        assert_eq!(body(&json!({"budget": 0, "costPerMessage": 1})).messages_left(&sent(0)), Some(0));
    }

    #[test]
    fn without_a_budget_or_a_price_there_is_no_bound() {
        let many = OutreachCounters { sent: u64::MAX, ..OutreachCounters::default() };
        assert_eq!(body(&json!({"costPerMessage": 5})).messages_left(&many), None);
        assert_eq!(body(&json!({"budget": 5})).messages_left(&many), None);
        assert_eq!(body(&json!({"budget": 0})).messages_left(&many), None);
    }
}
