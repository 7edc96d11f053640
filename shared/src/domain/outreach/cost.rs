//! What a campaign costs, and what its budget has left.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::body::CampaignBody;
use super::paid::stars;
use super::tally::OutreachCounters;

/// What a campaign lacks that cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Money.
    Budget,
    /// Stars.
    Stars,
}

impl Lack {
    /// Why its campaign paused.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Stars => "stars",
        }
    }
}

/// For how many more messages a campaign has what they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Means {
    /// How many; `None` = without bounds.
    pub messages: Option<u64>,
    /// What it runs out of first, if that is nothing but 0.
    pub lack: Option<Lack>,
}

impl CampaignBody {
    /// What was spent: so much for each message with a final answer, and so much for each Star.
    #[must_use]
    pub fn cost(&self, counters: &OutreachCounters) -> Decimal {
        let messages = Decimal::from(counters.sent).saturating_mul(self.cost_per_message);
        messages.saturating_add(stars(counters.stars_tenths).saturating_mul(self.star_price))
    }

    /// For how many more messages there is enough of everything.
    #[must_use]
    pub fn means(&self, counters: &OutreachCounters) -> Means {
        let money = self.messages_left(counters);
        let stars = self.strategy.paid.map(|paid| paid.messages_left(counters.stars_tenths));
        let lack = match (money, stars) {
            (Some(0), _) => Some(Lack::Budget),
            (_, Some(0)) => Some(Lack::Stars),
            _ => None,
        };
        Means { messages: money.into_iter().chain(stars).min(), lack }
    }

    /// What the next message costs.
    fn price(&self) -> Decimal {
        let star = if self.strategy.paid.is_some() { self.star_price } else { Decimal::ZERO };
        self.cost_per_message.saturating_add(star / Decimal::TEN)
    }

    /// For how many more messages the budget lasts; `None` = without bounds.
    #[must_use]
    pub fn messages_left(&self, counters: &OutreachCounters) -> Option<u64> {
        let left = (self.budget? - self.cost(counters)).max(Decimal::ZERO);
        let messages = left.checked_div(self.price())?;
        Some(messages.trunc().to_u64().unwrap_or(u64::MAX))
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
        assert_eq!(
            (tight.cost(&sent(3)), tight.means(&sent(3)).lack),
            (Decimal::new(9, 1), Some(Lack::Budget))
        );
        let exact = body(&json!({"budget": 0.3, "costPerMessage": 0.1}));
        assert_eq!(exact.messages_left(&sent(0)), Some(3), "money is no binary fraction");
        assert_eq!(body(&json!({"budget": 0, "costPerMessage": 1})).messages_left(&sent(0)), Some(0));
    }

    #[test]
    fn stars_cost_what_they_are_said_to_and_the_scarcer_of_both_counts() {
        let spent =
            |sent, stars_tenths| OutreachCounters { sent, stars_tenths, ..OutreachCounters::default() };
        let paid = json!({"paidBroadcast": {"starsLimit": 5}});
        let dear = body(&json!({"budget": 10, "costPerMessage": 0.05, "starPrice": 0.5, "strategy": paid}));
        assert_eq!(dear.cost(&spent(20, 20)), Decimal::from(2));
        for (counters, messages, lack) in [
            (spent(0, 0), 50, None),
            (spent(20, 20), 30, None),
            (spent(50, 50), 0, Some(Lack::Stars)),
            (spent(180, 20), 0, Some(Lack::Budget)),
            (spent(178, 20), 1, None),
        ] {
            let means = dear.means(&counters);
            assert_eq!((means.messages, means.lack), (Some(messages), lack), "{counters:?}");
        }
        let free = body(&json!({"budget": 10, "costPerMessage": 0, "starPrice": 0.5}));
        assert_eq!(free.means(&spent(9, 10)), Means { messages: None, lack: None });
    }

    #[test]
    fn without_a_budget_or_a_price_there_is_no_bound() {
        let many = OutreachCounters { sent: u64::MAX, ..OutreachCounters::default() };
        assert_eq!(body(&json!({"costPerMessage": 5})).messages_left(&many), None);
        assert_eq!(body(&json!({"budget": 5})).messages_left(&many), None);
        assert_eq!(body(&json!({"budget": 0})).messages_left(&many), None);
    }
}
