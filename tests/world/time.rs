//! Time that passes faster than it does, in a world with a shifted clock.

use std::time::Duration;

use super::World;

/// How often nothing must go on before it counts as quiet, ten milliseconds apart.
const LOOKS: usize = 15;

/// How often to look at most.
const LOOKS_MAX: usize = 500;

impl World {
    /// Waits until nothing goes on but what has to wait for a time to come; for a few seconds at most.
    pub async fn quiet(&self) {
        let mut still = 0;
        for _ in 0..LOOKS_MAX {
            still = if self.works() { 0 } else { still + 1 };
            if still >= LOOKS {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Lets so many seconds pass so many times, and each time what was waiting for it happen.
    pub async fn pass(&self, seconds: i64, times: usize) {
        self.quiet().await;
        for _ in 0..times {
            self.system.app.clock.advance_ms(seconds * 1_000);
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.quiet().await;
        }
    }

    /// Whether a function runs, or a message may be received now.
    pub fn works(&self) -> bool {
        let cloud = &self.system.cloud;
        let queues = [
            "WelcomeQueue",
            "NotificationQueue",
            "PostbackQueue",
            "ImportQueue",
            "ErasureQueue",
            "LaneQueue",
        ];
        cloud.is_working() || queues.iter().any(|queue| cloud.queue_depth(queue).unwrap().visible > 0)
    }
}
