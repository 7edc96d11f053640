//! A crowd that answers a survey as people do: twice, late, back and forth, and after a day.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared::ids::AccountId;

use crate::world::{Account, Reached, World};

const ACCOUNT: AccountId = AccountId(1);

/// How many people there are where nobody asks for more.
const PEOPLE: usize = if cfg!(debug_assertions) { 60 } else { 100 };

/// How many do something at the same time.
const AT_ONCE: usize = if cfg!(debug_assertions) { 4 } else { 12 };

/// Within which time each press is answered. A build without optimization says little of it.
const ANSWERED_WITHIN: Duration = Duration::from_secs(if cfg!(debug_assertions) { 15 } else { 1 });

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// The places of the options, and their labels.
const CITIES: [&str; 3] = ["Riga", "Oslo", "=1+1"];

/// What somebody means to say, by the ids of the questions; nothing for what they skip.
type Meant = BTreeMap<&'static str, Option<String>>;

/// Somebody with habits, by their number.
#[derive(Clone, Copy)]
struct Person {
    number: usize,
    user: i64,
    bot: i64,
}

impl Person {
    fn does(self, every: usize) -> bool {
        self.number.is_multiple_of(every)
    }

    fn meant(self) -> Meant {
        let Self { number, .. } = self;
        BTreeMap::from([
            ("city", Some(CITIES[number % 3].to_owned())),
            ("why", (!self.does(4)).then(|| format!("because, of \"{number}\"\nand more"))),
            ("age", Some(format!("{}.5", 20 + number % 50))),
            ("again", (!self.does(5)).then(|| if self.does(2) { "Yes" } else { "No" }.to_owned())),
            ("wish", Some(format!("=wish {number}"))),
        ])
    }

    /// Answers the first three questions; how long the slowest press waited, and how many there were.
    async fn begin(self, world: &World) -> (Duration, usize) {
        let (user, meant) = (self.user, self.meant());
        let times = 1 + usize::from(self.does(3));
        let mut slowest = world.tap(user, meant["city"].as_deref().unwrap(), times).await;
        let mut presses = times;
        world.says(user, "Q2").await;
        if self.does(6) {
            // They think better of it.
            slowest = slowest.max(world.tap(user, "‹ Back", 2).await);
            world.says(user, "Q1").await;
            slowest = slowest.max(world.tap(user, "Oslo", 1).await);
            world.says(user, "Q2").await;
            slowest = slowest.max(world.tap(user, "‹ Back", 1).await);
            world.says(user, "Q1").await;
            slowest = slowest.max(world.tap(user, meant["city"].as_deref().unwrap(), 1).await);
            presses += 5;
            world.says(user, "Q2").await;
        }
        match &meant["why"] {
            Some(why) => drop(world.simulator.send_text(user, self.bot, why).unwrap()),
            None => {
                slowest = slowest.max(world.tap(user, "Skip ›", times).await);
                presses += times;
            }
        }
        world.says(user, "Q3").await;
        if self.does(7) {
            // A late press, on the very first message.
            let first = world.simulator.messages_to(user)[0].message_id;
            slowest = slowest.max(world.tap_in(user, first, 2, 1).await);
            presses += 1;
            world.simulator.send_text(user, self.bot, "I do not tell").unwrap();
            world.quiet().await;
        }
        let age = meant["age"].as_deref().unwrap();
        world.simulator.send_text(user, self.bot, age).unwrap();
        world.says(user, "Q4").await;
        (slowest, presses)
    }

    /// Answers the rest, a day later.
    async fn end(self, world: &World) -> (Duration, usize) {
        let (user, meant) = (self.user, self.meant());
        let (mut slowest, mut presses) = (Duration::ZERO, 0);
        let seen = world.messages(user).len();
        match self.number % 3 {
            0 => drop(world.simulator.send_text(user, self.bot, "hello?").unwrap()),
            1 => {
                let first = world.simulator.messages_to(user)[0].message_id;
                slowest = world.tap_in(user, first, 0, 1).await;
                presses += 1;
            }
            _ => drop(world.simulator.send_text(user, self.bot, "/start").unwrap()),
        }
        let comes_again = async || world.messages(user).len() > seen;
        world.until("something is said", comes_again).await;
        world.says(user, "Q4").await;
        let label = meant["again"].as_deref().unwrap_or("Skip ›");
        slowest = slowest.max(world.tap(user, label, 2).await);
        presses += 2;
        world.says(user, "Q5").await;
        world.simulator.send_text(user, self.bot, meant["wish"].as_deref().unwrap()).unwrap();
        world.says(user, "Thanks, P").await;
        (slowest, presses)
    }
}

/// So many people answer; what they meant is what is kept, counted and exported. Answers how many presses there were, and
/// how long the slowest waited.
pub async fn answer_all(people: usize) -> (usize, Duration) {
    let world = World::hurrying().await;
    let account = world.account();
    let (reached, campaign) = world.surveyed(&account, people, &json!({})).await;
    let Reached { bot, people } = reached;
    let crowd: Vec<_> =
        people.iter().enumerate().map(|(number, user)| Person { number, user: *user, bot: bot.tg }).collect();
    let world = &world;
    let deeds = stream::iter(crowd.iter().map(|person| person.begin(world)));
    let mut waited: Vec<_> = deeds.buffer_unordered(AT_ONCE).collect().await;
    // The bot itself is looked after all the time: it never gets quiet.
    world.delivered().await;
    let everybody = json!(people.len());
    let is_halfway = async || {
        let halfway = account.survey_results(&campaign).await;
        (&halfway["inProgress"], &halfway["questions"][3]["left"]) == (&everybody, &everybody)
    };
    world.until("everybody is at the fourth question", is_halfway).await;
    world.system.app.clock.advance_ms(DAY_MS);
    let deeds = stream::iter(crowd.iter().map(|person| person.end(world)));
    waited.extend(deeds.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await);
    world.delivered().await;
    let is_over = async || account.survey_results(&campaign).await["completed"] == everybody;
    world.until("everybody came through", is_over).await;

    let slowest = waited.iter().map(|(slowest, _)| *slowest).max().unwrap();
    let presses: usize = waited.iter().map(|(_, presses)| presses).sum();
    assert!(slowest <= ANSWERED_WITHIN, "{slowest:?}");
    answers_are_as_meant(&account, &campaign, &crowd).await;
    figures_are_as_meant(&account, &campaign, &crowd).await;
    (presses, slowest)
}

async fn answers_are_as_meant(account: &Account, campaign: &str, crowd: &[Person]) {
    let answers = account.answers(campaign, "limit=100&status=completed").await;
    assert_eq!(answers.len(), crowd.len());
    let said = |reply: &Value| -> BTreeMap<String, Option<String>> {
        let answers = reply["answers"].as_array().unwrap().iter();
        let one = |answer: &Value| {
            let value = answer["value"].as_str().map(str::to_owned);
            assert_eq!(answer["skipped"].as_bool().unwrap(), value.is_none());
            (answer["question"].as_str().unwrap().to_owned(), value)
        };
        answers.map(one).collect()
    };
    let kept: BTreeMap<_, _> =
        answers.iter().map(|it| (it["subscriber"].as_str().unwrap(), said(it))).collect();
    assert_eq!(kept.len(), crowd.len(), "each person once");
    let file = account.answers_file(campaign).await;
    assert_eq!(file.code, 200);
    let lines = file.text.lines().filter(|line| line.contains(",completed,")).count();
    assert_eq!(lines, crowd.len());
    for person in crowd {
        let meant: BTreeMap<_, _> =
            person.meant().into_iter().map(|(id, said)| (id.to_owned(), said)).collect();
        assert_eq!(kept[person.user.to_string().as_str()], meant, "{}", person.number);
        let quoted = meant["why"].as_ref().map(|why| format!("\"{}\"", why.replace('"', "\"\"")));
        let cell = |id: &str| meant[id].clone().unwrap_or_default();
        let city = if cell("city") == "=1+1" { "'=1+1".to_owned() } else { cell("city") };
        let end = format!(
            "{city},{},{},{},'{}\n",
            quoted.unwrap_or_default(),
            cell("age"),
            cell("again"),
            cell("wish")
        );
        assert!(file.text.contains(&end), "{end}");
    }
}

async fn figures_are_as_meant(account: &Account, campaign: &str, crowd: &[Person]) {
    let results = account.survey_results(campaign).await;
    let people = crowd.len();
    for (name, count) in [("started", people), ("completed", people), ("inProgress", 0), ("dropped", 0)] {
        assert_eq!(results[name], json!(count), "{name}: {results}");
    }
    for question in results["questions"].as_array().unwrap() {
        let id = question["id"].as_str().unwrap();
        let meant: Vec<_> = crowd.iter().map(|person| person.meant()[id].clone()).collect();
        let answered = meant.iter().flatten().count();
        assert_eq!(question["answered"], json!(answered), "{id}");
        assert_eq!(question["skipped"], json!(people - answered), "{id}");
        assert_eq!(question["left"], 0, "{id}");
        for option in question["options"].as_array().unwrap() {
            let chosen = meant.iter().flatten().filter(|said| option["text"] == said.as_str()).count();
            assert_eq!(option["count"], json!(chosen), "{id}: {option}");
        }
    }
    let path = format!("campaigns/{campaign}/statistics?metrics=clicked");
    let clicked = account.v1("GET", &path, &Value::Null).await.success(200);
    assert_eq!(clicked["overview"]["clicked"], json!(people));
    assert_eq!(account.progress(campaign).await["progress"]["successful"], json!(people));
    assert_eq!(account.shown(campaign).await["createdBy"], format!("user{ACCOUNT}"));
}

#[tokio::test]
async fn everybody_is_understood_however_they_press() {
    answer_all(PEOPLE).await;
}

#[tokio::test]
async fn a_page_of_long_answers_ends_before_it_is_too_long_for_a_function() {
    const PEOPLE: i64 = 50;
    const QUESTIONS: usize = 20;
    const ANSWER_BYTES_MAX: usize = 6_000_000;
    let world = World::new().await;
    let account = world.account();
    let questions: Vec<_> = (0..QUESTIONS).map(|_| json!({"text": "And?", "kind": "text"})).collect();
    let campaign = account.survey(&json!({"survey": {"questions": questions}})).await;
    let said = "😀".repeat(2_000);
    world.answered_alike((account.id, &campaign), PEOPLE, (&said, QUESTIONS)).await;
    let (mut people, mut cursor, mut pages) = (BTreeSet::new(), String::new(), 0);
    loop {
        let path = format!("campaigns/{campaign}/answers?limit=100{cursor}");
        let page = account.v1("GET", &path, &Value::Null).await.success(200);
        assert!(page.to_string().len() < ANSWER_BYTES_MAX, "{} bytes", page.to_string().len());
        for answered in page["answers"].as_array().unwrap() {
            let value = &answered["answers"][QUESTIONS - 1]["value"];
            assert!(*value == *said && people.insert(answered["subscriber"].to_string()));
        }
        pages += 1;
        match page["pagination"]["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((people.len(), pages), (50, 3));
}
