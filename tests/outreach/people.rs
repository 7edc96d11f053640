//! People for tests, written where the stream writes them.

use serde_json::{Value, json};
use shared::domain::fact_clock::FactClock;
use shared::domain::person::Person;
use shared::ids::{BotId, BotKey, UserId};

use crate::world::{Account, World};

/// Whoever pressed Start at a bot of an account.
pub async fn meet(world: &World, account: &Account, bot: u64, users: impl IntoIterator<Item = i64>) {
    for user in users {
        let bot = BotKey { account: account.id, bot: BotId(bot) };
        let person = Person { user: UserId(user), ..Person::default() };
        let clock = FactClock { date: 1_790_000_000, update: 1 };
        world.system.app.store.record_contact(bot, &person, clock).await.unwrap();
    }
}

/// What an account says of somebody.
pub async fn say(account: &Account, user: i64, change: &Value) {
    account.v1("PUT", &format!("subscribers/{user}"), change).await.success(200);
}

/// A segment by its rules, each `field op value`; answers its id.
pub async fn segment(
    account: &Account,
    name: &str,
    rules: &[(&str, &str, Value)],
    exclude: &[&str],
) -> String {
    let rules: Vec<_> =
        rules.iter().map(|(field, op, value)| json!({"field": field, "op": op, "value": value})).collect();
    let body = json!({"name": name, "rules": rules, "exclude": exclude});
    let made = account.v1("POST", "segments", &body).await.success(201);
    made["id"].as_str().unwrap().to_owned()
}
