//! The calls that are about conversions, for the comparison of policies with calls.

use serde_json::json;
use shared::domain::fact_clock::FactClock;
use shared::domain::person::Person;
use shared::ids::{BotId, BotKey, UserId};

use crate::world::{Account, Reply, World};

/// Somebody whom no campaign reached.
const UNREACHED: i64 = 7_500_000_001;

/// Both calls, of somebody whom a campaign reached, of somebody whom none did, and by a click.
pub async fn convert(world: &World, account: &Account, bot: u64, reached: i64) {
    let bot = BotKey { account: account.id, bot: BotId(bot) };
    let person = Person { user: UserId(UNREACHED), ..Person::default() };
    let clock = FactClock { date: 10, update: 1 };
    world.system.app.store.record_contact(bot, &person, clock).await.unwrap();
    for (place, user) in [reached, UNREACHED].into_iter().enumerate() {
        let report = json!({"subscriberId": user, "transactionId": format!("post{place}")});
        account.v1("POST", "conversions", &report).await.success(201);
        let path = format!(
            "/api/v1/conversions?apiKey={}&subscriberId={user}&transactionId=get{place}",
            account.key
        );
        Reply::of(account.request("GET", &path)).await.success(201);
    }
    assert_eq!(account.v1("POST", "conversions", &json!({"clickId": "none"})).await.code, 404);
}
