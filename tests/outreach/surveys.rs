//! Surveys: what people are asked, what they answer, and what is told of it.

use serde_json::{Value, json};
use shared::domain::calendar::iso_time;
use shared::ids::{AccountId, BotId, BotKey, UserId};

use crate::world::{World, five_questions};

const ACCOUNT: AccountId = AccountId(1);

/// Longer than a survey may be remembered.
const FORGOTTEN_MS: i64 = 6_000;

#[tokio::test]
async fn a_person_answers_five_questions_and_the_client_reads_them() {
    let world = World::hurrying().await;
    let account = world.account();
    let (reached, campaign) = world.surveyed(&account, 2, &json!({})).await;
    let (anna, bert) = (reached.people[0], reached.people[1]);
    let bot = reached.bot.tg;
    let first = world.last_to(anna);
    assert_eq!(first.text, format!("Hello\n\nQ1 Where from, P{anna}?"));
    let labels: Vec<_> = first.buttons.iter().flatten().map(|button| button.text.as_str()).collect();
    assert_eq!(labels, ["Riga", "Oslo", "=1+1", "Unsubscribe"]);

    world.tap(anna, "=1+1", 1).await;
    world.says(anna, "Q2").await;
    world.tap(anna, "Skip ›", 1).await;
    world.says(anna, "Q3").await;
    world.tap(anna, "‹ Back", 1).await;
    world.says(anna, "Q2").await;
    assert_eq!(world.messages(anna).len(), 2, "a question that is pressed in makes room for the next");
    world.simulator.send_text(anna, bot, "-2+3, \"so\"").unwrap();
    world.says(anna, "Q3").await;
    world.settle().await;
    world.system.app.clock.advance_ms(4_000);
    world.simulator.send_text(anna, bot, "many").unwrap();
    world.says(anna, "Please answer with a number.\n\nQ3").await;
    world.simulator.send_text(anna, bot, "41,5").unwrap();
    world.says(anna, "Q4").await;
    world.simulator.send_text(anna, bot, "yes").unwrap();
    world.says(anna, "Q5").await;
    world.simulator.send_text(anna, bot, "Peace").unwrap();
    world.says(anna, "Thanks, Person 1!").await;
    world.tap(bert, "Riga", 1).await;
    world.says(bert, "Q2").await;
    world.settle().await;

    let answers = account.answers(&campaign, "limit=1").await;
    assert_eq!(answers.len(), 2);
    let of =
        |user: i64| answers.iter().find(|it| it["subscriber"].as_str() == Some(&user.to_string())).unwrap();
    let said: Vec<_> = of(anna)["answers"].as_array().unwrap().iter().map(|it| it["value"].clone()).collect();
    assert_eq!(said, [json!("=1+1"), json!("-2+3, \"so\""), json!("41.5"), json!("Yes"), json!("Peace")]);
    assert_eq!((&of(anna)["status"], &of(bert)["status"]), (&json!("completed"), &json!("open")));
    assert_eq!(of(bert)["answers"][0]["option"], "riga");
    assert_eq!(account.answers(&campaign, "status=completed").await, [of(anna).clone()]);
    assert_eq!(account.answers(&campaign, "status=open").await, [of(bert).clone()]);

    let file = account.answers_file(&campaign).await.text;
    assert!(
        file.starts_with("subscriber,bot,status,started_at,completed_at,city,why,age,again,wish\n"),
        "{file}"
    );
    assert!(file.contains(",'=1+1,\"'-2+3, \"\"so\"\"\",41.5,Yes,Peace\n"), "{file}");
    assert!(file.contains(",Riga,,,,\n"), "{file}");

    let results = account.survey_results(&campaign).await;
    for (name, count) in [("started", 2), ("completed", 1), ("inProgress", 1), ("dropped", 0)] {
        assert_eq!(results[name], count, "{name}: {results}");
    }
    let question = |place: usize| &results["questions"][place];
    assert_eq!(question(0)["options"][2], json!({"id": "o3", "text": "=1+1", "count": 1, "share": 50.0}));
    assert_eq!((&question(1)["answered"], &question(1)["skipped"]), (&json!(1), &json!(0)));
    assert_eq!(question(1)["left"], 1);
    let path = format!("campaigns/{campaign}/statistics?metrics=clicked");
    let clicked = account.v1("GET", &path, &Value::Null).await.success(200);
    assert_eq!(clicked["overview"]["clicked"], 2);
}

#[tokio::test]
async fn a_survey_without_questions_has_no_content_and_one_without_messages_has() {
    let world = World::new().await;
    let account = world.account();
    let people = world.reached(&account, 1, 1).await.remove(0).people;
    let bare = account.survey(&json!({"survey": null})).await;
    for (method, path, body) in [
        ("POST", format!("campaigns/{bare}/execute"), json!({})),
        ("PUT", format!("campaigns/{bare}"), json!({"status": "active"})),
    ] {
        let reply = account.v1(method, &path, &body).await;
        assert_eq!(reply.failure(), (422, "NO_CONTENT".to_owned()), "{path}");
    }
    let campaign = account.survey(&json!({"messages": []})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.last_to(people[0]).text, format!("Q1 Where from, P{}?", people[0]));
    let faulty = json!({"survey": {"questions": []}});
    let reply = account.v1("PUT", &format!("campaigns/{campaign}"), &faulty).await;
    assert_eq!(reply.failure().0, 409, "what is over is not edited");
    let body = json!({"name": "x", "type": "data_collection", "survey": {"questions": []}});
    let reply = account.v1("POST", "campaigns", &body).await;
    assert_eq!(reply.faulty_fields(), ["survey.questions"]);
}

#[tokio::test]
async fn questions_stand_once_a_campaign_was_active_and_thanks_do_not() {
    let world = World::new().await;
    let account = world.account();
    world.reached(&account, 1, 1).await;
    let campaign = account.survey(&json!({"startDate": "2099-01-01T00:00:00Z"})).await;
    let path = format!("campaigns/{campaign}");
    let mut survey = five_questions();
    survey["questions"][0]["text"] = json!("Q1 Which town?");
    account.v1("PUT", &path, &json!({"survey": survey})).await.success(200);
    account.v1("PUT", &path, &json!({"status": "active"})).await.success(200);
    let (mut thanks, mut asked) = (survey.clone(), survey.clone());
    thanks["thanks"] = json!("Bye");
    asked["questions"][0]["options"][0]["text"] = json!("Roma");
    account.v1("PUT", &path, &json!({"survey": thanks})).await.success(200);
    for change in [json!({"survey": asked}), json!({"survey": null}), json!({"type": "message"})] {
        let reply = account.v1("PUT", &path, &change).await;
        assert_eq!(reply.failure(), (409, "CAMPAIGN_LOCKED".to_owned()), "{change}");
    }
    account.v1("PUT", &path, &json!({"status": "draft", "survey": asked})).await.failure();
    account.v1("PUT", &path, &json!({"status": "draft"})).await.success(200);
    account.v1("PUT", &path, &json!({"survey": asked})).await.success(200);
}

#[tokio::test]
async fn who_is_away_for_a_day_goes_on_where_they_were() {
    let world = World::hurrying().await;
    let account = world.account();
    let (reached, _) = world.surveyed(&account, 3, &json!({})).await;
    let bot = reached.bot.tg;
    for user in &reached.people {
        world.tap(*user, "Oslo", 2).await;
        world.says(*user, "Q2").await;
        world.tap(*user, "Skip ›", 2).await;
        world.says(*user, "Q3").await;
        world.simulator.send_text(*user, bot, "30").unwrap();
        world.says(*user, "Q4").await;
    }
    world.settle().await;
    world.system.app.clock.advance_ms(86_400_000);
    let [anna, bert, cara] = reached.people[..] else { panic!("three people") };
    let seen = |user: i64| world.messages(user).len();
    let before = reached.people.iter().map(|user| seen(*user)).collect::<Vec<_>>();
    world.simulator.send_text(anna, bot, "Hello?").unwrap();
    world.simulator.start_bot(bert, "outreach0_bot", "").unwrap();
    let first = world.simulator.messages_to(cara)[0].message_id;
    world.tap_in(cara, first, 1, 1).await;
    assert_eq!(world.last_notice(cara).as_deref(), Some("This question is answered already."));
    world.settle().await;
    assert!(world.last_to(anna).text.starts_with("Please choose one of the answers below.\n\nQ4"));
    for (user, more, before) in [(anna, 1, before[0]), (bert, 2, before[1]), (cara, 1, before[2])] {
        assert_eq!(seen(user), before + more, "{:#?}", world.messages(user));
        world.says(user, "Q4").await;
        world.tap(user, "No", 1).await;
        world.says(user, "Q5").await;
    }
}

#[tokio::test]
async fn of_two_surveys_the_one_that_asked_last_gets_the_words() {
    let world = World::hurrying().await;
    let account = world.account();
    let words = |text: &str| {
        json!({"survey": {"questions": [
        {"id": "a", "text": text, "kind": "text"}, {"id": "b", "text": format!("{text} more"), "kind": "text"}]}})
    };
    let (reached, one) = world.surveyed(&account, 1, &words("One?")).await;
    let (anna, bot) = (reached.people[0], reached.bot.tg);
    let other = account.survey(&words("Other?")).await;
    let id = account.execute(&other, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    world.simulator.send_text(anna, bot, "other 1").unwrap();
    world.says(anna, "Other? more").await;
    let again = world.simulator.send_text(anna, bot, "other 2").unwrap();
    world.says(anna, "Thank you!").await;
    world.settle().await;
    // An update that comes again is no answer to what is open now.
    world.simulator.redeliver(bot, again[0].update_id).unwrap();
    world.settle().await;
    assert!(account.answers(&one, "").await.is_empty());
    world.simulator.send_text(anna, bot, "one 1").unwrap();
    world.says(anna, "One? more").await;
    world.settle().await;
    let said = |answers: &Value| -> Vec<Value> {
        answers["answers"].as_array().unwrap().iter().map(|it| it["value"].clone()).collect()
    };
    assert_eq!(said(&account.answers(&other, "").await[0]), ["other 1", "other 2"]);
    assert_eq!(said(&account.answers(&one, "").await[0]), ["one 1"]);
}

#[tokio::test]
async fn nobody_answers_a_survey_that_is_closed_cancelled_or_deleted() {
    let world = World::hurrying().await;
    let account = world.account();
    let clock = &world.system.app.clock;
    let mut survey = five_questions();
    survey["closesAt"] = json!(iso_time(clock.now() + 3_600));
    let (reached, closing) = world.surveyed(&account, 1, &json!({"survey": survey})).await;
    let (anna, bot) = (reached.people[0], reached.bot.tg);
    world.tap(anna, "Riga", 1).await;
    world.says(anna, "Q2").await;
    clock.advance_ms(3_600_000);
    world.tap(anna, "Skip ›", 1).await;
    assert_eq!(world.last_notice(anna).as_deref(), Some("This survey is closed."));
    world.simulator.send_text(anna, bot, "Because").unwrap();
    world.settle().await;
    assert_eq!(world.messages(anna).len(), 2);
    let results = account.survey_results(&closing).await;
    assert_eq!((&results["closed"], &results["dropped"]), (&json!(true), &json!(1)));

    // One that waits for people is not over when everybody was asked.
    let campaign = account.survey(&json!({"workflow": {"triggers": ["lead.approve"]}})).await;
    let path = format!("campaigns/{campaign}");
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    world.tap(anna, "Riga", 1).await;
    world.says(anna, "Q2").await;
    account.v1("POST", &format!("{path}/pause"), &Value::Null).await.success(200);
    clock.advance_ms(FORGOTTEN_MS);
    world.simulator.send_text(anna, bot, "A pause halts no answers").unwrap();
    world.says(anna, "Q3").await;
    for (method, body) in [("PUT", json!({"status": "cancelled"})), ("DELETE", Value::Null)] {
        account.v1(method, &path, &body).await.success(200);
        clock.advance_ms(FORGOTTEN_MS);
        let said = world.messages(anna).len();
        world.tap(anna, "‹ Back", 1).await;
        assert_eq!(world.last_notice(anna).as_deref(), Some("This survey is closed."), "{method}");
        world.simulator.send_text(anna, bot, "41").unwrap();
        world.settle().await;
        assert_eq!(world.messages(anna).len(), said, "{method}");
    }
}

#[tokio::test]
async fn a_test_is_answered_and_counts_for_nothing() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 2).await.remove(0);
    let anna = reached.people[0];
    let testers = json!({"testers": [anna.to_string()]});
    account.v1("PUT", "testers", &testers).await.success(200);
    let campaign = account.survey(&json!({})).await;
    let test = account.execute(&campaign, &json!({"testMode": true})).await;
    world.ended(ACCOUNT, &test).await;
    world.tap(anna, "Riga", 1).await;
    world.says(anna, "Q2").await;
    world.settle().await;
    assert!(account.answers(&campaign, "").await.is_empty());
    assert_eq!(account.survey_results(&campaign).await["started"], 0);
    let real = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &real).await;
    world.tap(anna, "Oslo", 1).await;
    world.says(anna, "Q2").await;
    world.settle().await;
    assert_eq!(account.answers(&campaign, "").await[0]["answers"][0]["option"], "oslo");
}

#[tokio::test]
async fn what_a_person_answered_goes_with_them_and_what_was_counted_stays() {
    let world = World::hurrying().await;
    let account = world.account();
    let (reached, campaign) = world.surveyed(&account, 2, &json!({})).await;
    for user in &reached.people {
        world.tap(*user, "Riga", 1).await;
        world.says(*user, "Q2").await;
    }
    let anna = reached.people[0];
    world.simulator.send_text(anna, reached.bot.tg, "a secret").unwrap();
    world.says(anna, "Q3").await;
    world.settle().await;
    account.v1("DELETE", &format!("subscribers/{anna}"), &Value::Null).await.success(202);
    world.pass(901, 1).await;
    for text in [anna.to_string(), "a secret".to_owned()] {
        let found = world.naming(&text).await;
        assert!(found.is_empty(), "{found:#?}");
    }
    assert_eq!(account.answers(&campaign, "").await.len(), 1);
    assert_eq!(account.survey_results(&campaign).await["started"], 2);
    world.tap(anna, "‹ Back", 1).await;
    assert_eq!(world.last_notice(anna).as_deref(), Some("This question is not for you."));
    world.simulator.send_text(anna, reached.bot.tg, "another secret").unwrap();
    world.settle().await;
    assert!(world.naming("another secret").await.is_empty());
}

#[tokio::test]
async fn hostile_presses_change_nothing_and_are_answered() {
    let world = World::hurrying().await;
    let account = world.account();
    let (reached, campaign) = world.surveyed(&account, 1, &json!({})).await;
    let (anna, stranger) = (reached.people[0], world.person("Stranger"));
    let drawn = campaign.trim_start_matches("camp");
    let press = |update: i64, user: i64, data: &str| {
        json!({"update_id": update, "callback_query": {
            "id": update.to_string(), "chat_instance": "1", "data": data,
            "from": {"id": user, "is_bot": false, "first_name": "Anna"},
            "message": {"message_id": 1, "date": 0, "chat": {"id": user, "type": "private", "first_name": "Anna"}},
        }})
    };
    let mut update = 5_000_000;
    for data in [
        format!("sv:{drawn}:0:99"),
        format!("sv:{drawn}:4:b"),
        format!("sv:{drawn}:0:b"),
        format!("sv:{drawn}:0:s"),
        format!("sv:{drawn}:99999999999999999999:0"),
        format!("svt:{drawn}:0:0"),
        "sv:nobody:0:0".to_owned(),
        "sv::::".to_owned(),
        "sv:#%00:0:0".to_owned(),
    ] {
        update += 1;
        assert_eq!(world.deliver(&reached.bot, &press(update, anna, &data)).await.code, 200, "{data}");
    }
    let known = format!("sv:{drawn}:0:0");
    assert_eq!(world.deliver(&reached.bot, &press(update + 1, stranger, &known)).await.code, 200);
    world.settle().await;
    assert!(account.answers(&campaign, "").await.is_empty());
    assert_eq!(account.survey_results(&campaign).await["started"], 0);
    assert!(world.system.app.store.survey_replies_of(ACCOUNT, UserId(stranger)).await.unwrap().is_empty());
}

#[tokio::test]
async fn who_writes_on_and_on_is_told_once_in_a_while_and_silences_nobody() {
    let world = World::hurrying().await;
    let account = world.account();
    let (reached, campaign) = world.surveyed(&account, 1, &json!({})).await;
    let (anna, bot) = (reached.people[0], reached.bot.tg);
    world.tap(anna, "Riga", 1).await;
    world.says(anna, "Q2").await;
    world.simulator.send_text(anna, bot, "because").unwrap();
    world.says(anna, "Q3").await;
    let before = world.messages(anna).len();
    for _ in 0..20 {
        world.simulator.send_text(anna, bot, "hey").unwrap();
    }
    world.quiet().await;
    let key = BotKey { account: ACCOUNT, bot: BotId(reached.bot.id) };
    let gate = world.system.app.store.gate(key).await.unwrap();
    assert!(gate.is_open(world.system.app.clock.now_ms()), "{gate:?}");
    assert!(world.messages(anna).len() <= before + 1, "{:#?}", world.messages(anna));
    let is_told = async || world.messages(anna).len() > before;
    world.until("the question comes again", is_told).await;
    world.simulator.send_text(anna, bot, "7").unwrap();
    world.says(anna, "Q4").await;
    world.settle().await;
    assert_eq!(account.answers(&campaign, "").await[0]["answers"][2]["value"], "7");
}
