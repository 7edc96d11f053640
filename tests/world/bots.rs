//! The standing checks of bots, one task at a time or by the clock.

use std::collections::BTreeSet;

use serde_json::json;
use shared::clock::Clock;
use shared::domain::bot_check::BotCheck;
use shared::queue::BotTask;

use super::{Scene, World};

/// Longer than from one look to the end of the pieces that it plans, in milliseconds.
pub const LOOK_AND_PIECES_MS: i64 = 400_000;

impl World {
    /// A world whose clock is ahead of the simulator's: what it reconciles is newer than all that was told.
    pub async fn ahead() -> (Self, Clock) {
        let clock = Clock::manual(Clock::System.now_ms() + 60_000);
        let world = Self::with(|options| options.clock = clock.clone()).await;
        (world, clock)
    }

    /// Has bot-checker carry out one task; whether it is to be received again.
    pub async fn check_bot(&self, task: &BotTask) -> bool {
        let record = json!({"messageId": "1", "receiptHandle": "1", "body": task.spelled().unwrap(),
            "attributes": {}, "messageAttributes": {}});
        let answer = self.system.cloud.invoke("bot-checker", json!({"Records": [record]})).await.unwrap();
        !answer["batchItemFailures"].as_array().unwrap().is_empty()
    }

    /// Lets so much time pass, hands on what is due by then, and waits for what follows. Who is at work then would be taken
    /// for dead, so it waits for them before.
    pub async fn pass_time(&self, ms: i64) {
        self.quiet().await;
        self.system.app.clock.advance_ms(ms);
        self.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
        self.settle().await;
    }

    /// How often a method was asked for on the simulator.
    pub fn calls_of(&self, method: &str) -> usize {
        self.simulator.requests().iter().filter(|request| request.method == method).count()
    }
}

impl Scene {
    /// How far the check of the bot is.
    pub async fn bot_check(&self) -> BotCheck {
        self.app.store.bot_check(self.bot_key()).await.unwrap().unwrap_or_default()
    }

    /// The look that is planned.
    pub async fn planned_look(&self) -> BotTask {
        let planned_ms = self.bot_check().await.next_ms.expect("nobody looks after the bot");
        BotTask::LookV1 { bot: self.bot_key(), planned_ms }
    }

    /// Looks after the bot now.
    pub async fn look(&self, world: &World) {
        assert!(!world.check_bot(&self.planned_look().await).await, "a look is held");
    }

    /// The next piece of a pass, ten seconds later.
    pub async fn piece(&self, world: &World) {
        world.system.app.clock.advance_ms(10_000);
        assert!(!world.check_bot(&BotTask::PieceV1 { bot: self.bot_key() }).await);
    }

    /// A whole pass over all leads, piece by piece; how many there were.
    pub async fn whole_pass(&self, world: &World) -> usize {
        if self.bot_check().await.place.is_none() {
            world.system.app.clock.advance_ms(86_400_000);
            self.look(world).await;
        }
        let mut pieces = 0;
        while self.bot_check().await.place.is_some() {
            pieces += 1;
            assert!(pieces < 100, "a pass does not end");
            self.piece(world).await;
            world.settle().await;
        }
        pieces
    }

    /// Who Telegram says is in the chat.
    pub fn present(&self) -> BTreeSet<i64> {
        let chats = self.simulator.truth().into_iter();
        chats.filter(|chat| chat.chat == self.chat).flat_map(|chat| chat.present).collect()
    }
}
