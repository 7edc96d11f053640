//! Surveys where something dies or does not answer: no answer is lost, none is kept twice, and no question is missing.

use std::time::Duration;

use futures::future::join_all;
use local::faults::Death;
use serde_json::{Value, json};
use shared::ids::{AccountId, BotId, BotKey, OutreachCampaignId, UserId};
use telegram_simulator::{Faults, Refusal};

use crate::world::{Reached, World};

const ACCOUNT: AccountId = AccountId(1);

/// The first id of updates that Telegram does not make by itself here.
const UPDATES: i64 = 5_000_000;

fn person(user: i64) -> (Value, Value) {
    let chat = json!({"id": user, "type": "private", "first_name": "P"});
    (json!({"id": user, "is_bot": false, "first_name": "P"}), chat)
}

fn press(update: i64, user: i64, data: &str) -> Value {
    let (from, chat) = person(user);
    json!({"update_id": update, "callback_query": {
        "id": update.to_string(), "chat_instance": "1", "data": data, "from": from,
        "message": {"message_id": 1, "date": 0, "chat": chat},
    }})
}

fn words(update: i64, user: i64, date: i64, text: &str) -> Value {
    let (from, chat) = person(user);
    json!({"update_id": update, "message": {
        "message_id": update, "date": date, "text": text, "from": from, "chat": chat,
    }})
}

impl World {
    /// Delivers an update to a webhook that dies once, and again as Telegram does; whether it died.
    async fn deliver_with_death(&self, reached: &Reached, update: &Value, death: Death) -> bool {
        self.faults.kill("telegram-webhook", death);
        let first = self.deliver(&reached.bot, update).await;
        let has_died = self.faults.revive("telegram-webhook");
        // A death behind the last write is noticed by nobody.
        assert!(first.code == 200 || has_died, "{death:?}: {}", first.text);
        if first.code != 200 {
            assert_eq!(self.deliver(&reached.bot, update).await.code, 200, "{death:?}");
        }
        has_died
    }

    async fn place_of(&self, user: i64, campaign: &str) -> (usize, usize) {
        let campaign = OutreachCampaignId::parse(campaign).unwrap();
        let reply = self.system.app.store.survey_reply(ACCOUNT, UserId(user), (&campaign, false)).await;
        let reply = reply.unwrap().unwrap();
        (reply.place, reply.answers.iter().flatten().count())
    }

    fn times_asked(&self, user: i64, text: &str) -> usize {
        self.messages(user).iter().filter(|said| said.contains(text)).count()
    }
}

#[tokio::test]
async fn a_webhook_that_dies_loses_no_answer_and_keeps_none_twice() {
    let tried = [false, true].map(|lost_answer| async move {
        let world = World::hurrying().await;
        let account = world.account();
        let (reached, campaign) = world.surveyed(&account, 40, &json!({})).await;
        let drawn = campaign.trim_start_matches("camp");
        let (mut update, mut deaths) = (UPDATES, 0);
        for (calls, user) in reached.people.iter().enumerate() {
            let death = Death { calls, lost_answer };
            let pressed = press(update, *user, &format!("sv:{drawn}:0:1"));
            let mut died = world.deliver_with_death(&reached, &pressed, death).await;
            assert_eq!(world.place_of(*user, &campaign).await, (1, 1), "{death:?}");
            assert!(
                (1..=2).contains(&world.times_asked(*user, "Q2")),
                "{death:?}: {:#?}",
                world.messages(*user)
            );
            let written = words(update + 1, *user, world.system.app.clock.now(), "because");
            died |= world.deliver_with_death(&reached, &written, death).await;
            assert_eq!(world.place_of(*user, &campaign).await, (2, 2), "{death:?}");
            assert!(
                (1..=2).contains(&world.times_asked(*user, "Q3")),
                "{death:?}: {:#?}",
                world.messages(*user)
            );
            // Whatever comes again now changes nothing and says nothing.
            let said = world.messages(*user).len();
            for again in [&pressed, &written] {
                assert_eq!(world.deliver(&reached.bot, again).await.code, 200);
            }
            assert_eq!(world.place_of(*user, &campaign).await, (2, 2), "{death:?}");
            assert_eq!(world.messages(*user).len(), said, "{death:?}");
            (update, deaths) = (update + 2, deaths + usize::from(died));
            let results = account.survey_results(&campaign).await;
            assert_eq!(results["started"], json!(calls + 1), "{death:?}: {results}");
            assert_eq!(results["questions"][0]["options"][1]["count"], json!(calls + 1), "{death:?}");
            assert_eq!(results["questions"][1]["answered"], json!(calls + 1), "{death:?}");
            if !died {
                return deaths;
            }
        }
        panic!("it dies and dies");
    });
    let deaths = join_all(tried).await;
    assert!(deaths.iter().all(|deaths| *deaths >= 5), "{deaths:?}");
}

#[tokio::test]
async fn presses_that_meet_count_once() {
    let world = World::hurrying().await;
    let account = world.account();
    let (reached, campaign) = world.surveyed(&account, 5, &json!({})).await;
    let drawn = campaign.trim_start_matches("camp");
    for (number, user) in (0..).zip(&reached.people) {
        let presses = (0..3).map(|option| {
            let press = press(UPDATES + number * 10 + option, *user, &format!("sv:{drawn}:0:{option}"));
            let (world, bot) = (&world, &reached.bot);
            async move { world.deliver(bot, &press).await.code }
        });
        assert_eq!(join_all(presses).await, [200; 3]);
        assert_eq!(world.place_of(*user, &campaign).await, (1, 1));
    }
    let results = account.survey_results(&campaign).await;
    let options = results["questions"][0]["options"].as_array().unwrap();
    assert_eq!(options.iter().map(|option| option["count"].as_u64().unwrap()).sum::<u64>(), 5);
    assert_eq!((&results["started"], &results["questions"][1]["left"]), (&json!(5), &json!(5)));
}

#[tokio::test]
async fn a_question_waits_while_telegram_wants_silence_and_comes_after_it() {
    let world = World::hurrying().await;
    let account = world.account();
    let (reached, campaign) = world.surveyed(&account, 1, &json!({})).await;
    let (anna, bot) = (reached.people[0], reached.bot.tg);
    let refusal = Refusal {
        code: 429,
        retry_after: Some(30),
        next: 1,
        methods: vec!["sendMessage".to_owned()],
        ..Refusal::default()
    };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    world.tap(anna, "Riga", 1).await;
    world.quiet().await;
    assert_eq!(world.times_asked(anna, "Q2"), 0);
    assert_eq!(world.place_of(anna, &campaign).await, (1, 1));
    // What is written before the question was seen answers nothing.
    world.simulator.send_text(anna, bot, "too early").unwrap();
    world.in_time("the question comes", async || world.times_asked(anna, "Q2") >= 1).await;
    world.simulator.send_text(anna, bot, "because").unwrap();
    world.says(anna, "Q3").await;
    world.quiet().await;
    let answers = account.answers(&campaign, "").await;
    assert_eq!(answers[0]["answers"][1]["value"], "because");
}

#[tokio::test]
async fn who_answers_before_it_is_noted_that_they_were_asked_is_understood() {
    let world = World::new().await;
    let account = world.account();
    let (reached, id) = world.surveyed(&account, 1, &json!({})).await;
    let (anna, bot) = (reached.people[0], reached.bot.tg);
    world.tap(anna, "Riga", 1).await;
    world.says(anna, "Q2").await;
    world.settle().await;
    // As if whoever shows it had come no further.
    let (app, campaign) = (&world.system.app, OutreachCampaignId::parse(&id).unwrap());
    let (survey, user) = ((&campaign, false), UserId(anna));
    let key = BotKey { account: ACCOUNT, bot: BotId(reached.bot.id) };
    app.store.note_asking(key, user, survey, ("", app.clock.now_ms())).await.unwrap();
    world.simulator.send_text(anna, bot, "because").unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((world.place_of(anna, &id).await.0, world.times_asked(anna, "Q2")), (1, 1));
    let reply = app.store.survey_reply(ACCOUNT, user, survey).await.unwrap().unwrap();
    assert!(app.store.note_shown(ACCOUNT, &reply, None, app.clock.now_ms()).await.unwrap());
    world.says(anna, "Q3").await;
    assert_eq!(account.answers(&id, "").await[0]["answers"][1]["value"], "because");
    assert_eq!(world.times_asked(anna, "Q2"), 1);
}

#[tokio::test]
async fn a_message_that_cannot_be_changed_is_followed_by_a_new_one() {
    let world = World::hurrying().await;
    let account = world.account();
    let (reached, _) = world.surveyed(&account, 1, &json!({})).await;
    let anna = reached.people[0];
    world.tap(anna, "Riga", 1).await;
    world.says(anna, "Q2").await;
    let refusal = Refusal {
        code: 400,
        description: "Bad Request: message can't be edited".to_owned(),
        next: 1,
        methods: vec!["editMessageText".to_owned()],
        ..Refusal::default()
    };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    world.tap(anna, "Skip ›", 1).await;
    world.says(anna, "Q3").await;
    assert_eq!(world.messages(anna).len(), 3);
}

#[tokio::test]
async fn a_lane_that_dies_leaves_nobody_with_a_question_that_takes_no_answer() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 3).await.remove(0);
    let mut deaths = 0;
    for calls in (8..60).step_by(3) {
        let campaign = account.survey(&json!({})).await;
        world.faults.kill("broadcast-sender", Death { calls, lost_answer: calls % 2 == 0 });
        let id = account.execute(&campaign, &json!({})).await;
        let is_over = async || world.execution(ACCOUNT, &id).await.status.is_over();
        let has_died = || world.faults.has_died("broadcast-sender");
        world.in_time("it dies or is done", async || has_died() || is_over().await).await;
        let died = world.faults.revive("broadcast-sender");
        deaths += usize::from(died);
        world.ended_in_time(ACCOUNT, &id).await;
        for user in &reached.people {
            let data = format!("sv:{}:0:0", campaign.trim_start_matches("camp"));
            let last = world.last_to(*user);
            let was_asked = last.buttons.iter().flatten().any(|it| it.callback_data.as_ref() == Some(&data));
            if was_asked {
                world.tap(*user, "Riga", 1).await;
                assert_eq!(world.place_of(*user, &campaign).await, (1, 1), "{calls}");
            }
        }
        if !died {
            break;
        }
    }
    assert!(deaths > 0);
}
