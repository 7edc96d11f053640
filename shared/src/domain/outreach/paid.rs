//! Paid broadcasts: Telegram takes more than thirty messages a second from a bot, for a tenth of a Star each.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::reader::{Reader, exact};
use crate::error::Fault;

/// How many people are sent to at about the same time for Stars: ten for each write of the ledger would take longer than
/// what is paid for is worth. A crash leaves as many unknown at most.
pub const PAID_GROUP: usize = 40;

/// No limit is higher, in Stars.
const STARS_MAX: u64 = 1_000_000;

/// That a campaign pays for being sent faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidBroadcast {
    /// What it may spend in all, in tenths of a Star.
    pub limit_tenths: u64,
}

impl PaidBroadcast {
    /// Reads what a strategy says of it.
    pub(super) fn read(strategy: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        let paid = strategy.object("paidBroadcast", faults)?;
        let expected = format!("must be a number of Stars from 0.1 to {STARS_MAX}, in tenths");
        if paid.given("starsLimit").is_none() {
            paid.refuse("starsLimit", "is required", faults);
        }
        let limit_tenths = paid.read("starsLimit", &expected, faults, |value| {
            let tenths = exact(value)?.checked_mul(Decimal::TEN)?;
            let tenths = tenths.is_integer().then(|| tenths.to_u64()).flatten()?;
            (1..=STARS_MAX * 10).contains(&tenths).then_some(tenths)
        });
        limit_tenths.map(|limit_tenths| Self { limit_tenths })
    }

    /// For how many more messages the limit lasts when so many tenths are taken. Each counts, also those that Telegram may
    /// take for nothing: what else a bot sends within a second its lane does not know.
    #[must_use]
    pub const fn messages_left(self, taken_tenths: u64) -> u64 {
        self.limit_tenths.saturating_sub(taken_tenths)
    }
}

/// Tenths of a Star as Stars.
#[must_use]
pub fn stars(tenths: u64) -> Decimal {
    Decimal::from(tenths) / Decimal::TEN
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(strategy: &Value) -> (Option<PaidBroadcast>, Vec<String>) {
        let (body, mut faults) = (json!({"strategy": strategy}), Vec::new());
        let body = Reader::of_body(body.as_object().unwrap());
        let paid = PaidBroadcast::read(&body.object("strategy", &mut faults).unwrap(), &mut faults);
        (paid, faults.into_iter().map(|fault| fault.field).collect())
    }

    #[test]
    fn a_limit_is_read_in_tenths_and_nothing_else_is_taken_for_one() {
        for (limit, tenths) in
            [(json!(100), 1_000), (json!(0.1), 1), (json!(2.5), 25), (json!(1e6), 10_000_000)]
        {
            let read = read(&json!({"paidBroadcast": {"starsLimit": limit}}));
            assert_eq!(read, (Some(PaidBroadcast { limit_tenths: tenths }), vec![]), "{limit}");
        }
        let limit = vec!["strategy.paidBroadcast.starsLimit".to_owned()];
        for limited in
            [json!(0), json!(-1), json!(0.15), json!(1_000_001), json!("5"), json!(1e300), Value::Null]
        {
            let read = read(&json!({"paidBroadcast": {"starsLimit": limited}}));
            assert_eq!(read, (None, limit.clone()), "{limited}");
        }
        assert_eq!(read(&json!({"paidBroadcast": {}})), (None, limit));
        assert_eq!(read(&json!({"paidBroadcast": true})).1, ["strategy.paidBroadcast"]);
        assert_eq!(read(&json!({})), (None, vec![]));
    }

    #[test]
    fn a_limit_lasts_for_ten_messages_a_star() {
        let paid = PaidBroadcast { limit_tenths: 25 };
        assert_eq!([0, 24, 25, 30].map(|taken| paid.messages_left(taken)), [25, 1, 0, 0]);
        assert_eq!(stars(25), Decimal::new(25, 1));
    }
}
