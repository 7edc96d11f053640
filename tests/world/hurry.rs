//! A world whose time is put forward while nothing goes on in it.

use std::time::Duration;

use serde_json::json;
use shared::clock::Clock;
use shared::ids::AccountId;

use super::World;

/// A moment of the machine's time, in which who can goes on.
pub const HURRY: Duration = Duration::from_millis(20);

/// By how much the time is put forward at once, in milliseconds.
pub const HURRY_MS: i64 = 2_000;

/// How many moments something may take at most.
pub const HURRY_STEPS: usize = 4_000;

/// After how many moments in which nothing went on there is a sweep.
const SWEEP_STEPS: usize = 10;

impl World {
    /// A world whose time may be put forward.
    pub async fn hurrying() -> Self {
        Self::with(|options| options.clock = Clock::shifted(60_000)).await
    }

    /// The same that keeps its data.
    pub async fn hurrying_durable() -> Self {
        Self::with(|options| (options.ephemeral, options.clock) = (false, Clock::shifted(60_000))).await
    }

    /// Lets time pass, faster than it does while nothing works, and hands on what is due, until something holds.
    pub async fn in_time(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let mut idle = 0;
        for _ in 0..HURRY_STEPS {
            if holds().await {
                return;
            }
            tokio::time::sleep(HURRY).await;
            if !self.works() {
                self.system.app.clock.advance_ms(HURRY_MS);
                idle += 1;
                if idle % SWEEP_STEPS == 0 {
                    self.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
                }
            }
        }
        panic!("not in time: {what}; {}", self.on_its_way());
    }

    /// The same for the end of an execution.
    pub async fn ended_in_time(&self, account: AccountId, execution: &str) {
        let is_over = async || self.execution(account, execution).await.status.is_over();
        self.in_time("the execution is over", is_over).await;
    }
}
