//! The last message of a campaign that somebody got, and for how long what they do counts for it.

use serde::{Deserialize, Serialize};

use crate::ids::{ExecutionId, OutreachCampaignId, SegmentId};

/// For how long after a message a conversion counts for it, in seconds.
pub const TOUCH_SECONDS: i64 = 72 * 3_600;

/// A message of a campaign that Telegram took for somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutreachTouch {
    /// Which campaign.
    pub campaign: OutreachCampaignId,
    /// Which execution of it.
    pub execution: ExecutionId,
    /// The segment that they were reached as members of.
    pub segment: Option<SegmentId>,
    /// What they got: the id of the message or of its variation.
    pub variation: Option<String>,
    /// When, in Unix seconds.
    pub time: i64,
}

/// The message that a conversion at `time` counts for, in Unix seconds: the last one before it, if that is at most 72 hours
/// old.
pub fn last_touch<'a>(
    touches: impl IntoIterator<Item = &'a OutreachTouch>,
    time: i64,
) -> Option<&'a OutreachTouch> {
    let before = touches.into_iter().filter(|touch| touch.time <= time);
    before.max_by_key(|touch| touch.time).filter(|touch| time - touch.time <= TOUCH_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(time: i64) -> OutreachTouch {
        OutreachTouch { time, ..OutreachTouch::default() }
    }

    #[test]
    fn a_conversion_counts_for_the_last_message_before_it_and_for_three_days() {
        let touches = [touch(1_000), touch(5_000), touch(9_000)];
        for (time, expected) in [
            (999, None),
            (1_000, Some(1_000)),
            (8_999, Some(5_000)),
            (9_000, Some(9_000)),
            (9_000 + TOUCH_SECONDS, Some(9_000)),
            (9_001 + TOUCH_SECONDS, None),
        ] {
            assert_eq!(last_touch(&touches, time).map(|touch| touch.time), expected, "{time}");
        }
    }
}
