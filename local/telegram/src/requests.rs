//! The record of what bots asked for.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::simulator::Simulator;
use crate::world::World;

const MAX_REQUESTS: usize = 100_000;

/// One call of the Bot API, without its token.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordedRequest {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// The bot whose token was used; 0 if it was nobody's.
    pub bot: i64,
    /// As the specification spells it, if it knows it.
    pub method: String,
    /// As given; a file is its name and size.
    pub parameters: Map<String, Value>,
    /// Parameters that the specification does not know for this method.
    pub unknown_parameters: Vec<String>,
    /// The status of the answer; 0 if it was carried out and left unanswered.
    pub code: u16,
    /// Why it was refused.
    pub description: Option<String>,
}

impl World {
    pub fn record(&mut self, request: RecordedRequest) {
        self.requests.push_back(request);
        if self.requests.len() > MAX_REQUESTS {
            self.requests.pop_front();
        }
    }
}

impl Simulator {
    /// The calls of the Bot API since the start, oldest first; the last 100,000.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.read(|world| world.requests.iter().cloned().collect())
    }

    /// How many messages each bot put into each chat since the start, by (bot, chat). Those that were refused are none;
    /// those that were carried out and left unanswered are.
    #[must_use]
    pub fn sends(&self) -> BTreeMap<(i64, i64), u64> {
        self.read(|world| world.sends.clone())
    }

    /// Forgets the recorded calls.
    pub fn clear_requests(&self) {
        self.change(|world| world.requests.clear());
    }
}
