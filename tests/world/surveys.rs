//! People who answer a survey.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared::domain::fact_clock::FactClock;
use shared::domain::outreach::{SurveyAnswer, SurveyReply, SurveySaid};
use shared::domain::person::Person;
use shared::ids::{AccountId, BotId, BotKey, OutreachCampaignId, UserId};
use shared::store::ReplyWrite;
use telegram_simulator::SentMessage;

use super::{Account, FIRST_CONTACT, Reached, Reply, World};

/// Between looks at what a bot says.
const LOOK: Duration = Duration::from_millis(10);

/// How long a bot may take to say something, on a busy machine.
const SAID_WITHIN: Duration = Duration::from_secs(60);

/// A survey of five questions.
pub fn five_questions() -> Value {
    json!({"thanks": "Thanks, {{firstName|friend}}!", "questions": [
        {"id": "city", "text": "*Q1* Where from, {{firstName|friend}}?", "kind": "choice",
         "options": [{"id": "riga", "text": "Riga"}, {"id": "oslo", "text": "Oslo"}, {"text": "=1+1"}]},
        {"id": "why", "text": "Q2 Why?", "kind": "text", "skippable": true},
        {"id": "age", "text": "Q3 How old?", "kind": "number"},
        {"id": "again", "text": "Q4 Again?", "kind": "choice", "skippable": true,
         "options": [{"id": "yes", "text": "Yes"}, {"id": "no", "text": "No"}]},
        {"id": "wish", "text": "Q5 A wish?", "kind": "text"},
    ]})
}

impl Account {
    /// Makes a campaign with a survey, and answers its id.
    pub async fn survey(&self, changes: &Value) -> String {
        let mut body = json!({"type": "data_collection", "survey": five_questions(),
            "messages": [{"id": "msg1", "content": "Hello"}]});
        body.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap_or_default());
        self.outreach_campaign(&body).await
    }

    /// The file of what people answered, without redirects.
    pub async fn answers_file(&self, campaign: &str) -> Reply {
        let path = format!("/api/v1/campaigns/{campaign}/answers/export");
        Reply::of(self.request("GET", &path).bearer_auth(&self.key)).await
    }

    /// All that people answered, page by page.
    pub async fn answers(&self, campaign: &str, query: &str) -> Vec<Value> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("campaigns/{campaign}/answers?{query}{cursor}");
            let mut page = self.v1("GET", &path, &Value::Null).await.success(200);
            found.append(page["answers"].as_array_mut().unwrap());
            match page["pagination"]["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }

    /// What a survey amounts to.
    pub async fn survey_results(&self, campaign: &str) -> Value {
        let path = format!("campaigns/{campaign}/statistics?metrics=results");
        self.v1("GET", &path, &Value::Null).await.success(200)["results"]["survey"].clone()
    }
}

impl World {
    /// A bot, so many people, and a survey that was sent to them.
    pub async fn surveyed(&self, account: &Account, people: usize, changes: &Value) -> (Reached, String) {
        let reached = self.reached(account, 1, people).await.remove(0);
        let campaign = account.survey(changes).await;
        let id = account.execute(&campaign, &json!({})).await;
        self.ended(account.id, &id).await;
        (reached, campaign)
    }

    /// A survey looks answered by so many people, who said the same to so many questions.
    pub async fn answered_alike(
        &self,
        (account, campaign): (AccountId, &str),
        people: i64,
        (text, questions): (&str, usize),
    ) {
        let store = &self.system.app.store;
        let campaign = OutreachCampaignId::parse(campaign).unwrap();
        let bot = BotKey { account, bot: BotId(1) };
        let answer = async |number: i64| {
            let person = Person { user: UserId(FIRST_CONTACT + number), ..Person::default() };
            store.record_contact(bot, &person, FactClock { date: 10, update: 1 }).await.unwrap();
            store.note_asking(bot, person.user, (&campaign, false), ("msg1", 1)).await.unwrap();
            let before = store.survey_reply(account, person.user, (&campaign, false)).await.unwrap().unwrap();
            let said = SurveySaid::Text(text.to_owned());
            let answers = vec![Some(SurveyAnswer { said, time: 1 }); questions];
            let version = before.version + 1;
            let after =
                SurveyReply { answers, place: questions, started: Some(1), version, ..before.clone() };
            let write = store.write_survey_reply(bot, &before, &after, None).await.unwrap();
            assert_eq!(write, ReplyWrite::Written);
        };
        stream::iter((0..people).map(answer)).buffer_unordered(8).collect::<Vec<_>>().await;
    }

    /// The last message to somebody.
    pub fn last_to(&self, user: i64) -> SentMessage {
        self.simulator.messages_to(user).pop().unwrap()
    }

    /// Somebody presses the button with this label below their last message that has it, so many times at once; how long
    /// it took until each was answered.
    pub async fn tap(&self, user: i64, label: &str, times: usize) -> Duration {
        let messages = self.simulator.messages_to(user);
        let place = |message: &SentMessage| message.buttons.iter().flatten().position(|it| it.text == label);
        let found = messages.iter().rev().find_map(|message| Some((message.message_id, place(message)?)));
        let (message, button) = found.unwrap_or_else(|| panic!("no {label} in {messages:#?}"));
        self.tap_in(user, message, button, times).await
    }

    /// The same with a button of this message.
    pub async fn tap_in(&self, user: i64, message: i64, button: usize, times: usize) -> Duration {
        let (before, begun) = (self.simulator.answers_to(user).len(), Instant::now());
        for _ in 0..times {
            self.simulator.press(user, message, button).unwrap();
        }
        while self.simulator.answers_to(user).len() < before + times {
            assert!(begun.elapsed() < SAID_WITHIN, "a press of {user} is not answered");
            tokio::time::sleep(LOOK).await;
        }
        begun.elapsed()
    }

    /// Waits until the last message to somebody says this.
    pub async fn says(&self, user: i64, text: &str) {
        let begun = Instant::now();
        while !self.last_to(user).text.contains(text) {
            assert!(begun.elapsed() < SAID_WITHIN, "{text} is not said: {:#?}", self.messages(user));
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What somebody was told when they pressed buttons last.
    pub fn last_notice(&self, user: i64) -> Option<String> {
        self.simulator.answers_to(user).pop().and_then(|shown| shown.answer.text)
    }
}
