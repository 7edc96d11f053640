//! Tumbling windows: stretches of time over which a function carries a state.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock;

/// A record is stamped a moment before it can be read.
const GRACE_MS: u64 = 1_000;

/// A window that has records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Unix seconds, a multiple of the window's length.
    pub start_s: u64,
    /// Unix seconds, not itself within the window.
    pub end_s: u64,
    /// What the function last handed over.
    pub state: Value,
}

impl Window {
    /// The window of `length` around a moment, with no state yet.
    pub fn around(moment_s: u64, length: Duration) -> Self {
        let length_s = length.as_secs().max(1);
        let start_s = moment_s - moment_s % length_s;
        Self { start_s, end_s: start_s + length_s, state: json!({}) }
    }

    /// Whether a moment lies within.
    pub fn contains(&self, moment_s: u64) -> bool {
        (self.start_s..self.end_s).contains(&moment_s)
    }

    /// Whether the window has ended, and every record of it can be read.
    pub fn is_over(&self) -> bool {
        clock::now_ms() >= self.end_s * 1_000 + GRACE_MS
    }

    /// Adds what Lambda tells a function of its window.
    pub fn describe(&self, event: &mut Value, shard_id: &str, stream_arn: &str, is_final: bool) {
        event["window"] = json!({"start": clock::iso_seconds(self.start_s * 1_000), "end": clock::iso_seconds(self.end_s * 1_000)});
        event["state"] = self.state.clone();
        event["shardId"] = json!(shard_id);
        event["eventSourceARN"] = json!(stream_arn);
        event["isFinalInvokeForWindow"] = json!(is_final);
        event["isWindowTerminatedEarly"] = json!(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_tile_time_from_the_epoch() {
        let window = Window::around(1_800_000_899, Duration::from_secs(900));
        assert_eq!((window.start_s, window.end_s), (1_800_000_000, 1_800_000_900));
        assert!(window.contains(1_800_000_000));
        assert!(!window.contains(1_800_000_900));
    }
}
