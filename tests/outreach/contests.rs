//! Contests: who takes part, who wins, and that anybody can check it.

use std::collections::BTreeSet;

use futures::future::join_all;
use futures::join;
use serde_json::{Value, json};
use shared::domain::calendar::iso_time;
use shared::ids::{BotId, BotKey, OutreachCampaignId, UserId};
use shared::queue::PlanTask;
use shared::store::EntryFate;
use telegram_simulator::{Faults, Refusal};

use super::contest_world::{ACCOUNT, WON, contest, entries, is_as_the_seed_says, is_of, results};
use crate::world::World;

#[tokio::test]
async fn members_enter_once_however_often_they_press_and_the_winners_are_told_once() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 8).await.remove(0);
    let chat = world.channel(&reached.bot).await;
    world.settle().await;
    let campaign =
        contest(&account, &json!({"chat": chat, "button": "I am in", "thanks": "Thank you!"})).await;
    assert_eq!(results(&account, &campaign).await, Value::Null, "nothing has begun");
    let id = account.execute(&campaign, &json!({})).await;
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 8)].into());
    let buttons = world.simulator.messages_to(reached.people[0])[0].buttons.clone();
    assert_eq!(
        buttons.iter().flatten().map(|it| it.text.as_str()).collect::<Vec<_>>(),
        ["I am in", "Unsubscribe"]
    );

    let (outside, inside) = reached.people.split_at(2);
    for user in inside {
        world.simulator.join(*user, chat).unwrap();
    }
    world.settle().await;
    assert_eq!(
        world.press_last(outside[0]).await,
        "Only members take part. Join the chat first, then press again."
    );
    for user in inside {
        let notice = world.press_last(*user).await;
        let number = notice.strip_prefix("Thank you! Your number is ").and_then(|it| it.strip_suffix('.'));
        let number: u64 = number.unwrap_or_else(|| panic!("{notice}")).parse().unwrap();
        let again = format!("You take part already. Your number is {number}.");
        assert_eq!([world.press_last(*user).await, world.press_last(*user).await], [again.clone(), again]);
    }
    let statistics = format!("campaigns/{campaign}/statistics?metrics=clicked");
    let clicked =
        async || account.v1("GET", &statistics, &Value::Null).await.success(200)["overview"]["clicked"] == 6;
    world.until("who takes part has clicked", clicked).await;
    let open = results(&account, &campaign).await;
    assert_eq!((&open["status"], &open["entries"], &open["seed"]), (&json!("open"), &json!(6), &Value::Null));
    assert_eq!((&open["winners"], &open["numbersHash"]), (&json!([]), &Value::Null));

    let drawing = account.v1("POST", &format!("campaigns/{campaign}/draw"), &Value::Null).await.success(202);
    assert_eq!((&drawing["status"], &drawing["seedHash"]), (&json!("drawing"), &open["seedHash"]));
    let is_told = async || {
        let shown = results(&account, &campaign).await;
        shown["winners"].as_array().unwrap().iter().filter(|it| it["told"] == "delivered").count() == 2
    };
    world.in_time("winners are told", is_told).await;
    let shown = is_as_the_seed_says(&account, &campaign).await;
    assert_eq!(shown["seedHash"], open["seedHash"], "it was fixed before anybody entered");
    let winners: BTreeSet<_> =
        shown["winners"].as_array().unwrap().iter().map(|it| it["recipient"].to_string()).collect();
    for user in &reached.people {
        let has_won = winners.contains(&format!("\"{user}\""));
        assert_eq!(world.wins_told(*user), usize::from(has_won), "{user}");
    }
    let again = account.v1("POST", &format!("campaigns/{campaign}/draw"), &Value::Null).await.success(202);
    assert_eq!(again["status"], "drawn");
    world.draw(&campaign).await;
    assert_eq!(results(&account, &campaign).await, shown, "drawn twice is drawn once");
    let told: usize = reached.people.iter().map(|user| world.wins_told(*user)).sum();
    assert_eq!(told, 2);
    assert_eq!(world.press_last(outside[1]).await, "It is over: nobody is entered any more.");
}

#[tokio::test]
async fn who_left_or_was_erased_is_passed_over_and_who_wants_no_messages_wins_in_silence() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 9).await.remove(0);
    let chat = world.channel(&reached.bot).await;
    world.settle().await;
    let campaign = contest(&account, &json!({"chat": chat, "winners": 100})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended_in_time(ACCOUNT, &id).await;
    for user in &reached.people {
        world.simulator.join(*user, chat).unwrap();
    }
    world.settle().await;
    for user in &reached.people {
        world.enters(*user).await;
    }
    let (left, erased, silent) = (reached.people[0], reached.people[1], reached.people[2]);
    world.simulator.leave(left, chat).unwrap();
    let message = world.simulator.messages_to(silent).pop().unwrap().message_id;
    world.simulator.press(silent, message, 1).unwrap();
    account.v1("DELETE", &format!("subscribers/{erased}"), &Value::Null).await.success(202);
    world.pass(901, 1).await;
    world.draw(&campaign).await;
    let shown = is_as_the_seed_says(&account, &campaign).await;
    assert_eq!((&shown["entries"], shown["winners"].as_array().unwrap().len()), (&json!(9), 7));
    let reasons: BTreeSet<_> =
        shown["passedOver"].as_array().unwrap().iter().map(|it| it["reason"].to_string()).collect();
    assert_eq!(reasons, ["\"erased\"".to_owned(), "\"left\"".to_owned()].into());
    let told_of = |user: i64| {
        let winners = shown["winners"].as_array().unwrap();
        winners.iter().find(|it| is_of(it, user)).unwrap()["told"].clone()
    };
    assert_eq!((told_of(silent), world.wins_told(silent)), (json!("unsubscribed"), 0));
    assert_eq!(world.wins_told(left), 0);
    for user in &reached.people[3..] {
        assert_eq!((told_of(*user), world.wins_told(*user)), (json!("delivered"), 1));
    }

    let winner = reached.people[3];
    account.v1("DELETE", &format!("subscribers/{winner}"), &Value::Null).await.success(202);
    world.pass(901, 1).await;
    for user in [erased, winner] {
        let found = world.naming(&user.to_string()).await;
        assert!(found.is_empty(), "{found:#?}");
    }
    let shown = is_as_the_seed_says(&account, &campaign).await;
    let nameless = shown["winners"].as_array().unwrap().iter().filter(|it| it["recipient"].is_null()).count();
    assert_eq!(nameless, 1, "the number has still won");
}

#[tokio::test]
async fn a_contest_is_drawn_by_itself_at_its_time_even_if_that_was_moved() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 3).await.remove(0);
    let first = world.system.app.clock.now() + 100_000;
    let campaign = contest(&account, &json!({"winners": 1, "drawAt": iso_time(first)})).await;
    let id = account.execute(&campaign, &json!({"targetPercentage": 99.99})).await;
    world.ended_in_time(ACCOUNT, &id).await;
    let entered: Vec<_> = reached.people.iter().filter(|user| !world.messages(**user).is_empty()).collect();
    assert!(!entered.is_empty());
    for user in &entered {
        world.enters(**user).await;
    }
    let soon = world.system.app.clock.now() + 600;
    let moved = json!({"contest": {"winners": 1, "winnerText": WON, "drawAt": iso_time(soon)}});
    account.v1("PUT", &format!("campaigns/{campaign}"), &moved).await.success(200);
    let campaign_id = OutreachCampaignId::parse(&campaign).unwrap();
    let stale = PlanTask::DrawV1 { account: ACCOUNT, campaign: campaign_id, at: Some(first) };
    assert!(!world.plan(&stale).await);
    assert_eq!(results(&account, &campaign).await["status"], "open", "that is not its time any more");
    world.system.app.clock.advance_ms(620_000);
    let is_drawn = async || results(&account, &campaign).await["status"] == "drawn";
    world.in_time("it is drawn", is_drawn).await;
    is_as_the_seed_says(&account, &campaign).await;
}

#[tokio::test]
async fn nothing_begins_without_a_contest_or_after_its_time() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 1).await.remove(0);
    let campaign = account.outreach_campaign(&json!({"type": "engagement"})).await;
    let execute = |campaign: &str| format!("campaigns/{campaign}/execute");
    let reply = account.v1("POST", &execute(&campaign), &json!({})).await;
    assert_eq!(reply.failure(), (422, "NO_CONTENT".to_owned()));
    let late = contest(&account, &json!({"drawAt": "2024-01-01T00:00:00Z"})).await;
    let reply = account.v1("POST", &execute(&late), &json!({})).await;
    assert_eq!((reply.failure().0, reply.faulty_fields()), (400, vec!["contest.drawAt".to_owned()]));
    let draw = |campaign: &str| format!("campaigns/{campaign}/draw");
    let plain = account.outreach_campaign(&json!({})).await;
    for campaign in [&plain, &campaign, &late] {
        let reply = account.v1("POST", &draw(campaign), &Value::Null).await;
        assert_eq!((reply.failure().0, reply.faulty_fields()), (400, vec!["contest".to_owned()]));
        assert_eq!(entries(&account, campaign, 1).await, Vec::<Value>::new());
    }
    let nowhere = contest(&account, &json!({"chat": -1_009_999_999_999_i64})).await;
    let id = account.execute(&nowhere, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    let shown = account.shown(&nowhere).await;
    assert_eq!(shown["status"], "paused");
    assert!(shown["pauseReason"].as_str().unwrap().contains("no bot of the account is an administrator"));
    assert!(world.messages(reached.people[0]).is_empty());
    let clone = account.v1("POST", &format!("campaigns/{late}/clone"), &Value::Null).await.success(201);
    let clone = account.shown(clone["id"].as_str().unwrap()).await;
    assert_eq!(clone["contest"], json!({"winners": 2, "winnerText": WON}), "its time is dropped");
}

#[tokio::test]
async fn a_test_enters_nobody_and_a_cancelled_contest_takes_and_draws_nobody() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 2).await.remove(0);
    let user = reached.people[0];
    account.v1("PUT", "testers", &json!({"testers": [user.to_string()]})).await.success(200);
    let campaign = contest(&account, &json!({})).await;
    let id = account.execute(&campaign, &json!({"testMode": true})).await;
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.press_last(user).await, "This is a test: nobody is entered.");
    assert_eq!(results(&account, &campaign).await, Value::Null);
    let id = account.execute(&campaign, &json!({"targetPercentage": 99.99})).await;
    world.ended_in_time(ACCOUNT, &id).await;
    world.enters(user).await;
    account.v1("PUT", &format!("campaigns/{campaign}"), &json!({"status": "cancelled"})).await.success(200);
    assert_eq!(world.press_last(reached.people[1]).await, "It is over: nobody is entered any more.");
    let reply = account.v1("POST", &format!("campaigns/{campaign}/draw"), &Value::Null).await;
    assert_eq!(reply.failure().0, 400);
    world.draw(&campaign).await;
    assert_eq!(results(&account, &campaign).await["status"], "open");
}

#[tokio::test]
async fn a_press_is_answered_in_time_whatever_telegram_does() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 2).await.remove(0);
    let chat = world.channel(&reached.bot).await;
    world.settle().await;
    let campaign = contest(&account, &json!({"chat": chat})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended_in_time(ACCOUNT, &id).await;
    let user = reached.people[0];
    world.simulator.join(user, chat).unwrap();
    world.settle().await;
    for (code, description) in
        [(429, "Too Many Requests"), (400, "Bad Request: CHAT_ADMIN_REQUIRED"), (500, "")]
    {
        let refusal = Refusal {
            code,
            description: description.to_owned(),
            retry_after: (code == 429).then_some(1),
            // All of them: the bot's own checks ask as well.
            share: 1.0,
            methods: vec!["getChatMember".to_owned()],
            ..Refusal::default()
        };
        world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
        assert_eq!(world.press_last(user).await, "That did not work. Press again in a moment.", "{code}");
    }
    world.simulator.set_faults(Faults::default());
    world.enters(user).await;
    assert_eq!(entries(&account, &campaign, 1).await.len(), 1);
}

#[tokio::test]
async fn people_who_enter_at_once_and_while_it_is_drawn_are_in_whole_or_not_at_all() {
    let world = World::hurrying().await;
    let (account, reached, campaign) = world.contested(120, &json!({"winners": 7})).await;
    let (bot, id) = (
        BotKey { account: ACCOUNT, bot: BotId(reached.bot.id) },
        OutreachCampaignId::parse(&campaign).unwrap(),
    );
    let store = &world.system.app.store;
    // Everybody presses three times, some before the draw and some while it is made.
    let press = |user: i64| join_all([(); 3].map(|()| store.enter_contest(bot, &id, UserId(user), 5)));
    let enter = |people: &[i64]| {
        let people = people.to_vec();
        async move {
            let mut fates = Vec::new();
            for user in people {
                let three = press(user).await.into_iter().map(Result::unwrap);
                fates.push((user, three.collect::<Vec<_>>()));
            }
            fates
        }
    };
    let parts = reached.people.chunks(20);
    let draw = async {
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        world.draw(&campaign).await;
    };
    let again = async {
        tokio::time::sleep(std::time::Duration::from_millis(65)).await;
        world.draw(&campaign).await;
    };
    let (fates, ..) = join!(join_all(parts.map(&enter)), draw, again);
    let shown = is_as_the_seed_says(&account, &campaign).await;
    let listed = entries(&account, &campaign, 7).await;
    let mut is_in = 0;
    for (user, fates) in fates.into_iter().flatten() {
        let numbers: BTreeSet<_> = fates
            .iter()
            .filter_map(|fate| match fate {
                EntryFate::Made(number) | EntryFate::Known(number) => Some(*number),
                EntryFate::Closed | EntryFate::Stranger => None,
            })
            .collect();
        let made = fates.iter().filter(|fate| matches!(fate, EntryFate::Made(_))).count();
        assert!(made == numbers.len() && made <= 1, "{user}: {fates:?}");
        let rows: Vec<_> = listed.iter().filter(|entry| is_of(entry, user)).collect();
        assert_eq!(rows.len(), made, "{user}");
        is_in += made;
    }
    assert_eq!((is_in, shown["entries"].as_u64()), (listed.len(), Some(is_in as u64)));
    let stranger = store.enter_contest(bot, &id, UserId(1), 5).await.unwrap();
    assert_eq!(stranger, EntryFate::Closed);
    let times: Vec<_> = reached.people.iter().map(|user| world.wins_told(*user)).collect();
    assert_eq!((times.iter().sum::<usize>(), times.iter().max()), (is_in.min(7), Some(&1)));
}
