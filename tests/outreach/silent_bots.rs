//! Bots that cannot send, and the people whom they know.

use serde_json::{Value, json};
use shared::domain::outreach::Exclusion;
use shared::ids::{AccountId, BotId, BotKey};

use super::people::meet;
use crate::world::{FIRST_CONTACT, World};

const ACCOUNT: AccountId = AccountId(1);

#[tokio::test]
async fn whom_only_deleted_or_refused_bots_know_is_reached_by_nobody() {
    let world = World::new().await;
    let (account, store) = (world.account(), &world.system.app.store);
    let mut bots = Vec::new();
    for name in ["firstbot", "secondbot", "thirdbot"] {
        bots.push(world.connect_bot(&account, name).await.id);
    }
    // One for each bot, one whom all of them know.
    for (bot, number) in bots.iter().zip(1..) {
        meet(&world, &account, *bot, [FIRST_CONTACT, FIRST_CONTACT + number]).await;
    }
    let reached = async || {
        let campaign = account.outreach_campaign(&json!({})).await;
        let total = account.shown(&campaign).await["targetAudience"]["totalCount"].clone();
        let id = account.execute(&campaign, &json!({})).await;
        world.planned().await;
        let execution = world.execution(ACCOUNT, &id).await;
        let recipients = world.recipients(ACCOUNT, &execution).await;
        let mut named: Vec<_> =
            recipients.iter().map(|(bot, them)| (bot.0, them.user.0 - FIRST_CONTACT)).collect();
        named.sort_unstable();
        assert_eq!(total, json!(named.len()));
        (named, execution.counts.excluded.get(&Exclusion::Unreachable).copied())
    };
    assert_eq!(reached().await, (vec![(1, 1), (2, 2), (3, 0), (3, 3)], None));
    account.post_json("/api/bots/del.json", &json!({"id": bots[2]})).await.data();
    assert_eq!(reached().await, (vec![(1, 1), (2, 0), (2, 2)], Some(1)));
    let second = BotKey { account: ACCOUNT, bot: BotId(bots[1]) };
    let token = store.bot(second).await.unwrap().unwrap().token;
    store.disable_bot(second, &token).await.unwrap();
    assert_eq!(reached().await, (vec![(1, 0), (1, 1)], Some(2)));
    account.post_json("/api/bots/del.json", &json!({"id": bots[0]})).await.data();
    let campaign = account.outreach_campaign(&json!({})).await;
    let nobody = account.v1("POST", &format!("campaigns/{campaign}/execute"), &Value::Null).await;
    assert_eq!(nobody.failure(), (422, "EMPTY_AUDIENCE".to_owned()));
}

#[tokio::test]
async fn a_bot_that_goes_before_an_execution_begins_sends_nothing_of_it() {
    let (world, clock) = World::ahead().await;
    let account = world.account();
    let [first, second] =
        [world.connect_bot(&account, "firstbot").await, world.connect_bot(&account, "secondbot").await];
    meet(&world, &account, first.id, [FIRST_CONTACT]).await;
    meet(&world, &account, second.id, [FIRST_CONTACT + 1]).await;
    let soon = shared::domain::calendar::iso_time(clock.now() + 600);
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({"scheduledAt": soon})).await;
    account.post_json("/api/bots/del.json", &json!({"id": first.id})).await.data();
    world.pass_to_planning(700_000).await;
    let execution = world.execution(ACCOUNT, &id).await;
    let bots: Vec<_> = execution.bots.iter().map(|part| (part.bot.0, part.recipients)).collect();
    assert_eq!(bots, [(second.id, 1)]);
}
