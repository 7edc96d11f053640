//! Contests as a client, a person and an outsider see them.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use shared::ids::{AccountId, OutreachCampaignId};
use shared::queue::PlanTask;

use super::contest_check::{draw_order, numbers_hash, seed_hash};
use crate::world::{Account, HURRY, Reached, World};

/// What somebody waits before they press again.
const MOMENT: Duration = Duration::from_millis(100);

pub const ACCOUNT: AccountId = AccountId(1);

/// What winners are told.
pub const WON: &str = "You won a cat";

/// A campaign that holds a contest with these changes.
pub async fn contest(account: &Account, changes: &Value) -> String {
    let mut contest = json!({"winners": 2, "winnerText": WON});
    contest.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap());
    account.outreach_campaign(&json!({"type": "engagement", "contest": contest})).await
}

/// What the statistics say of a contest.
pub async fn results(account: &Account, campaign: &str) -> Value {
    let path = format!("campaigns/{campaign}/statistics?metrics=contest");
    account.v1("GET", &path, &Value::Null).await.success(200)["results"]["contest"].clone()
}

/// All entries of a contest, page by page.
pub async fn entries(account: &Account, campaign: &str, limit: usize) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("campaigns/{campaign}/entries?limit={limit}{cursor}");
        let mut page = account.v1("GET", &path, &Value::Null).await.success(200);
        found.append(page["entries"].as_array_mut().unwrap());
        match page["pagination"]["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// Whether an entry or a winner is this person.
pub fn is_of(shown: &Value, user: i64) -> bool {
    shown["recipient"].as_str().and_then(|id| id.parse().ok()) == Some(user)
}

pub fn numbers(entries: &[Value]) -> Vec<u64> {
    entries.iter().map(|entry| entry["number"].as_u64().unwrap()).collect()
}

/// Checks a drawn contest as an outsider would: the seed, the numbers and who won.
pub async fn is_as_the_seed_says(account: &Account, campaign: &str) -> Value {
    let (shown, entries) = (results(account, campaign).await, entries(account, campaign, 100).await);
    assert_eq!(shown["status"], "drawn", "{shown}");
    let (seed, numbers) = (shown["seed"].as_str().unwrap(), numbers(&entries));
    let different: BTreeSet<_> = numbers.iter().collect();
    assert_eq!((different.len(), shown["entries"].as_u64()), (numbers.len(), Some(numbers.len() as u64)));
    assert_eq!(shown["seedHash"], seed_hash(seed));
    assert_eq!(shown["numbersHash"], numbers_hash(&numbers));
    let passed: Vec<_> =
        shown["passedOver"].as_array().unwrap().iter().map(|it| it["number"].as_u64()).collect();
    let won: Vec<_> =
        shown["winners"].as_array().unwrap().iter().map(|it| it["number"].as_u64().unwrap()).collect();
    let mut order = draw_order(seed, &numbers);
    order.retain(|number| !passed.contains(&Some(*number)));
    order.truncate(won.len());
    assert_eq!(won, order);
    for winner in shown["winners"].as_array().unwrap() {
        let entry = entries.iter().find(|entry| entry["number"] == winner["number"]).unwrap();
        assert_eq!(entry["recipient"], winner["recipient"]);
    }
    shown
}

impl World {
    /// Somebody presses the first button of the last message that a bot wrote them, and hears what of it.
    pub async fn press_last(&self, user: i64) -> String {
        let message = self.simulator.messages_to(user).pop().expect("a message").message_id;
        let before = self.simulator.answers_to(user).len();
        self.simulator.press(user, message, 0).unwrap();
        self.until("the press is answered", async || self.simulator.answers_to(user).len() > before).await;
        let answer = self.simulator.answers_to(user).pop().unwrap().answer;
        answer.text.unwrap_or_default()
    }

    /// Somebody presses it until they are entered, however busy the machine is; their number.
    pub async fn enters(&self, user: i64) -> u64 {
        for _ in 0..50 {
            let notice = self.press_last(user).await;
            if let Some((_, number)) = notice.split_once("Your number is ") {
                return number.trim_end_matches('.').parse().unwrap();
            }
            assert_eq!(notice, "That did not work. Press again in a moment.");
            tokio::time::sleep(MOMENT).await;
        }
        panic!("{user} is not entered");
    }

    /// Draws a contest and tells its winners, however long that takes.
    pub async fn draw(&self, campaign: &str) {
        let campaign = OutreachCampaignId::parse(campaign).unwrap();
        let task = PlanTask::DrawV1 { account: ACCOUNT, campaign, at: None };
        for _ in 0..100 {
            if !self.plan(&task).await {
                return;
            }
            self.system.app.clock.advance_ms(100_000);
            tokio::time::sleep(HURRY).await;
        }
        panic!("the draw does not end");
    }

    /// People who were sent the button of a contest, and the contest.
    pub async fn contested(&self, people: usize, changes: &Value) -> (Account, Reached, String) {
        let account = self.account();
        let reached = self.reached(&account, 1, people).await.remove(0);
        self.settle().await;
        let campaign = contest(&account, changes).await;
        let id = account.execute(&campaign, &json!({})).await;
        self.ended_in_time(ACCOUNT, &id).await;
        (account, reached, campaign)
    }

    /// How often somebody was told that they won.
    pub fn wins_told(&self, user: i64) -> usize {
        self.messages(user).iter().filter(|text| *text == WON).count()
    }
}
