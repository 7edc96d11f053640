//! The journal: each join, leave, removal and request seen in a chat.

use serde::{Deserialize, Serialize};

use super::fact_clock::FactClock;
use super::lead::{LeadFacts, LeaveKind};

/// What a person did, by its number in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JournalAction {
    /// 1: asked to join.
    Request,
    /// 2: joined.
    Join,
    /// 3: left by themself.
    Leave,
    /// 4: was kicked, banned or removed.
    Kick,
}

impl JournalAction {
    /// All four, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Request, Self::Join, Self::Leave, Self::Kick];

    /// The number in API answers.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Request => 1,
            Self::Join => 2,
            Self::Leave => 3,
            Self::Kick => 4,
        }
    }

    /// The action that a leave of this kind is.
    #[must_use]
    pub const fn of_leave(kind: LeaveKind) -> Self {
        match kind {
            LeaveKind::Left => Self::Leave,
            LeaveKind::Removed => Self::Kick,
        }
    }
}

/// One line of the journal that a lead's change writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// What happened.
    pub action: JournalAction,
    /// When; also the entry's place in the journal, so that writing it again is harmless.
    pub clock: FactClock,
    /// Whether it belongs to a lead rather than to an organic person.
    pub paid: bool,
}

/// The entries that the step from `old` to `new` writes or corrects.
///
/// When a start arrives after the join it led to, the entry written as organic is written again as paid.
#[must_use]
pub fn entries(old: &LeadFacts, new: &LeadFacts) -> Vec<JournalEntry> {
    let mut entries = Vec::new();
    let mut note = |action, before: Option<FactClock>, after: Option<FactClock>, paid_before, paid| {
        if let Some(clock) = after.filter(|_| before != after || paid_before != paid) {
            entries.push(JournalEntry { action, clock, paid });
        }
    };
    let leave_clock = |facts: &LeadFacts| facts.leave.map(|leave| leave.clock);
    let paid_leave = |facts: &LeadFacts| facts.confirmed() || facts.held();
    note(JournalAction::Request, old.request, new.request, old.held(), new.held());
    note(JournalAction::Join, old.join, new.join, old.confirmed(), new.confirmed());
    if let Some(leave) = new.leave {
        let action = JournalAction::of_leave(leave.kind);
        note(action, leave_clock(old), leave_clock(new), paid_leave(old), paid_leave(new));
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::lead::{Leave, Start};

    fn at(date: i64) -> FactClock {
        FactClock { date, update: date }
    }

    #[test]
    fn an_organic_join_is_noted_once_and_corrected_when_its_start_arrives() {
        let nobody = LeadFacts::default();
        let organic = LeadFacts { join: Some(at(990)), ..nobody.clone() };
        let lead = LeadFacts { starts: [Start::new(at(1000), "")].into(), ..organic.clone() };
        let join = |paid| JournalEntry { action: JournalAction::Join, clock: at(990), paid };
        assert_eq!(entries(&nobody, &organic), [join(false)]);
        assert_eq!(entries(&organic, &organic), []);
        assert_eq!(entries(&organic, &lead), [join(true)]);
    }

    #[test]
    fn a_removal_is_a_kick() {
        let joined = LeadFacts { join: Some(at(1)), ..LeadFacts::default() };
        let leave = Some(Leave { clock: at(2), kind: LeaveKind::Removed });
        let gone = LeadFacts { leave, ..joined.clone() };
        let kick = JournalEntry { action: JournalAction::Kick, clock: at(2), paid: false };
        assert_eq!(entries(&joined, &gone), [kick]);
    }
}
