//! What a lane counts: outcomes, wherever they count, and chunks.

use super::lane_chunks::ChunkWork;
use crate::domain::outreach::{Outcome, OutreachTouch, Recipient, SendError};

impl ChunkWork {
    /// Counts an outcome everywhere it counts.
    pub fn count(&mut self, place: usize, outcome: Outcome) {
        let lane = &mut self.outcome.lane;
        match outcome {
            Outcome::Delivered(_) => lane.successful += 1,
            Outcome::Failed(error) => {
                lane.failed += 1;
                *lane.errors.entry(error).or_default() += 1;
            }
            Outcome::Skipped(_) => lane.skipped += 1,
            Outcome::Unknown => {
                lane.unknown += 1;
                *lane.errors.entry(SendError::UnknownOutcome).or_default() += 1;
            }
        }
        if self.execution.test || !matches!(outcome, Outcome::Delivered(_) | Outcome::Failed(_)) {
            return;
        }
        let messages = self.contents.len().max(1);
        let Some(recipient) = self.recipients.get(place / messages).cloned() else { return };
        let delivered = u64::from(matches!(outcome, Outcome::Delivered(_)));
        let OutreachTouch { segment, variation, .. } = self.touch(place, &recipient);
        let counters = [
            Some(&mut self.outcome.counters),
            segment.map(|id| self.outcome.segments.entry(id).or_default()),
            variation.map(|id| self.outcome.variations.entry(id).or_default()),
        ];
        for counters in counters.into_iter().flatten() {
            counters.sent += 1;
            counters.delivered += delivered;
        }
    }

    /// A message to somebody as what they do next counts for it; its time is still to come.
    pub fn touch(&self, place: usize, recipient: &Recipient) -> OutreachTouch {
        let segment = recipient.segment.and_then(|index| self.plan.audience.segments.get(index));
        OutreachTouch {
            campaign: self.execution.campaign.clone(),
            execution: self.execution.id.clone(),
            segment: segment.map(|(id, _)| id.clone()),
            variation: self.variation_id(place % self.contents.len().max(1), recipient),
            time: 0,
        }
    }

    /// Counts the chunk, in which everybody has an outcome now.
    pub fn count_chunk(&mut self) {
        if self.execution.test {
            return;
        }
        let is = |kind: fn(Outcome) -> bool| self.ledger.outcomes().flatten().any(kind);
        let is_delivered = is(|outcome| matches!(outcome, Outcome::Delivered(_)));
        let is_tried = is(|outcome| matches!(outcome, Outcome::Failed(_) | Outcome::Unknown));
        let has_failed = is_tried && !is_delivered;
        self.outcome.counters.tasks_failed += u64::from(has_failed);
        self.outcome.counters.tasks_done += u64::from(!has_failed);
    }

    /// The id of what somebody gets of a message: the variation's, or the message's own.
    pub fn variation_id(&self, message: usize, recipient: &Recipient) -> Option<String> {
        let content = self.contents.get(message)?;
        match recipient.variations.get(message).copied().unwrap_or_default() {
            0 => Some(content.id.clone()),
            place => content.variations.get(place - 1).map(|variation| variation.id.clone()),
        }
    }
}
