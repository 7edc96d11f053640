//! What Telegram does, beyond what the simulator does by itself.

use serde_json::Value;
use telegram_simulator::{Faults, Refusal};

use super::{ConnectedBot, Reply, World};

impl World {
    /// Delivers an update with the bot's own secret.
    pub async fn deliver(&self, bot: &ConnectedBot, update: &Value) -> Reply {
        self.deliver_raw(&self.webhook_path(bot), Some(&self.secret(bot)), update.to_string()).await
    }

    /// Delivers any body to a webhook. The answer is never 410, by which Telegram would drop the webhook.
    pub async fn deliver_raw(
        &self,
        path: &str,
        secret: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        let mut request = self.request("POST", path).header("content-type", "application/json").body(body);
        if let Some(secret) = secret {
            request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
        }
        let reply = Reply::of(request).await;
        assert_ne!(reply.code, 410);
        reply
    }

    /// Where Telegram delivers a bot's updates.
    pub fn webhook_path(&self, bot: &ConnectedBot) -> String {
        let url = self.last_webhook(bot)["url"].as_str().unwrap().to_owned();
        url.strip_prefix(&self.system.base_url()).unwrap().to_owned()
    }

    /// What Telegram sends along with a bot's updates.
    pub fn secret(&self, bot: &ConnectedBot) -> String {
        self.last_webhook(bot)["secret_token"].as_str().unwrap().to_owned()
    }

    fn last_webhook(&self, bot: &ConnectedBot) -> Value {
        let requests = self.simulator.requests();
        let mut set =
            requests.iter().rev().filter(|request| request.method == "setWebhook" && request.bot == bot.tg);
        Value::Object(set.next().expect("setWebhook was called").parameters.clone())
    }

    /// From now on Telegram tells a bot of these kinds of updates only.
    pub async fn tell_only(&self, bot: &ConnectedBot, kinds: &[&str]) {
        let mut webhook = self.last_webhook(bot);
        webhook["allowed_updates"] = serde_json::json!(kinds);
        let path = format!("/simulator/api/bot{}/setWebhook", bot.token);
        assert_eq!(Reply::of(self.request("POST", &path).json(&webhook)).await.code, 200);
    }

    /// The next call of a method is answered with an error.
    pub fn refuse_next(&self, method: &str, code: u16, retry_after: Option<i64>) {
        let methods = vec![method.to_owned()];
        let refusal = Refusal { code, retry_after, next: 1, methods, ..Refusal::default() };
        self.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    }

    /// What bots wrote to a person.
    pub fn messages(&self, user: i64) -> Vec<String> {
        self.simulator.messages_to(user).into_iter().map(|message| message.text).collect()
    }

    /// The webhook that Telegram has for a bot; null if none.
    pub async fn webhook_of(&self, bot: &ConnectedBot) -> Value {
        let state = self.look("/state").await;
        let bots = state["bots"].as_array().unwrap();
        bots.iter().find(|found| found["id"] == bot.tg).unwrap()["webhook"].clone()
    }
}
