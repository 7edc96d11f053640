//! A contest, lived through for what its functions ask of AWS.

use serde_json::{Value, json};
use shared::domain::fact_clock::FactClock;
use shared::domain::person::Person;
use shared::ids::{BotId, BotKey, UserId};
use telegram_simulator::{Faults, Refusal};

use crate::world::World;

/// Somebody enters a contest and wins it; the bot's token is refused when they are to be told.
pub async fn hold_a_contest(world: &World) {
    let account = world.another_account().await;
    let bot = world.connect_bot(&account, "contest_bot").await;
    let user = world.simulator.create_starters(bot.tg, 1).unwrap()[0];
    let person = Person { user: UserId(user), ..Person::default() };
    let (key, clock) =
        (BotKey { account: account.id, bot: BotId(bot.id) }, FactClock { date: 10, update: 1 });
    world.system.app.store.record_contact(key, &person, clock).await.unwrap();
    let chat = world.channel(&bot).await;
    world.simulator.join(user, chat).unwrap();
    // Webhooks are told again and again here, so that it is never quiet.
    world.delivered().await;
    let contest = json!({"chat": chat, "winners": 1, "winnerText": "You won"});
    let campaign = account.outreach_campaign(&json!({"type": "engagement", "contest": contest})).await;
    let execution = account.execute(&campaign, &json!({})).await;
    world.ended(account.id, &execution).await;
    world.enters(user).await;
    account.v1("GET", &format!("campaigns/{campaign}/entries"), &Value::Null).await.success(200);
    let methods = vec!["sendMessage".to_owned()];
    let refusal = Refusal { code: 401, next: 1, methods, ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    account.v1("POST", &format!("campaigns/{campaign}/draw"), &Value::Null).await.success(202);
    let statistics = format!("campaigns/{campaign}/statistics?metrics=contest");
    let is_told = async || {
        let shown = account.v1("GET", &statistics, &Value::Null).await.success(200);
        shown["results"]["contest"]["winners"][0]["told"] == "failed"
    };
    world.until("the winner could not be told", is_told).await;
}
