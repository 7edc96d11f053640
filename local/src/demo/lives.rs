//! What simulated people do, and what must come of it.

/// One thing a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Presses Start.
    Start,
    /// Joins.
    Join,
    /// Asks to join.
    Request,
    /// Is let in.
    Approve,
    /// Leaves.
    Leave,
    /// Is kicked.
    Kick,
    /// Stays as they are for longer than any update is held back.
    Stay,
}

use Step::{Approve, Join, Kick, Leave, Request, Start, Stay};

/// A kind of life and, told independently of the lead rules, what must come of it.
#[derive(Debug)]
pub struct Plot {
    /// For the table.
    pub name: &'static str,
    /// In this order.
    pub steps: &'static [Step],
    /// The postbacks that must arrive.
    pub postbacks: &'static [&'static str],
    /// The lead's status in the end; `None` for an organic person.
    pub status: Option<&'static str>,
}

const PLOTS: [Plot; 11] = [
    Plot { name: "starts only", steps: &[Start], postbacks: &["wait"], status: Some("wait") },
    Plot { name: "joins", steps: &[Start, Join], postbacks: &["wait", "approve"], status: Some("approve") },
    Plot {
        name: "joins and leaves",
        steps: &[Start, Join, Leave],
        postbacks: &["wait", "approve", "cancel"],
        status: Some("cancel"),
    },
    Plot {
        name: "joins and is kicked",
        steps: &[Start, Join, Kick],
        postbacks: &["wait", "approve", "trash"],
        status: Some("trash"),
    },
    Plot {
        name: "asks in vain",
        steps: &[Start, Request],
        postbacks: &["wait", "hold"],
        status: Some("hold"),
    },
    Plot {
        name: "asks and is let in",
        steps: &[Start, Request, Approve],
        postbacks: &["wait", "hold", "approve"],
        status: Some("approve"),
    },
    Plot {
        name: "comes back",
        steps: &[Start, Join, Stay, Leave, Join],
        postbacks: &["wait", "approve", "cancel", "approve"],
        status: Some("approve"),
    },
    Plot {
        name: "presses Start three times",
        steps: &[Start, Start, Start, Join],
        postbacks: &["wait", "approve"],
        status: Some("approve"),
    },
    Plot {
        name: "joins, then starts",
        steps: &[Join, Start],
        postbacks: &["wait", "approve"],
        status: Some("approve"),
    },
    Plot { name: "organic join", steps: &[Join], postbacks: &[], status: None },
    Plot { name: "organic visit", steps: &[Join, Leave], postbacks: &[], status: None },
];

/// One person's life.
#[derive(Debug)]
pub struct Life {
    /// The click id in their deep link; unique.
    pub click: String,
    /// What they do.
    pub plot: &'static Plot,
}

impl Life {
    /// The life of a person by number; the same seed draws the same lives.
    pub fn draw(seed: u64, number: usize) -> Self {
        let drawn = scramble(seed.wrapping_mul(0x9e37_79b9).wrapping_add(number as u64));
        let plots = PLOTS.len() as u64;
        let plot = usize::try_from(drawn % plots).unwrap_or_default();
        Self { click: format!("click-{number}_{:x}", drawn % 0xFFFF), plot: &PLOTS[plot] }
    }
}

/// `SplitMix64`: enough to draw lots.
fn scramble(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
