//! The lead rules: a lead is a set of facts, its status is derived.
//!
//! Facts are registers that move one way only, so every order of the same updates ends in the same facts.
//! `LeadFacts::status` and [`events`] are pure functions of them.

use std::collections::BTreeSet;

use super::click::{ClickParameters, ClickToken};
use super::fact_clock::FactClock;
use super::lead_event::{LeadEvent, LeadStatus};

/// A join seen at most this long before the first start belongs to it.
pub const JOIN_GRACE_SECONDS: i64 = 600;

/// Everything known of one person in one tracking campaign, lead or organic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadFacts {
    /// Every `/start` with the campaign's code; empty for organic people.
    pub starts: BTreeSet<Start>,
    /// The latest request to join.
    pub request: Option<FactClock>,
    /// The latest join.
    pub join: Option<FactClock>,
    /// The latest leave.
    pub leave: Option<Leave>,
}

/// One press of Start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Start {
    /// When.
    pub clock: FactClock,
    /// The click the deep link carried; may be empty.
    pub click: String,
    /// What came with the click.
    pub parameters: ClickParameters,
    /// The token of the visit that led here; `None` for a link that was not visited through the redirect.
    pub visit: Option<ClickToken>,
}

impl Start {
    /// A start with a click and nothing else.
    #[must_use]
    pub fn new(clock: FactClock, click: impl Into<String>) -> Self {
        Self { clock, click: click.into(), parameters: ClickParameters::default(), visit: None }
    }

    /// How much it tells of the ad: a click counts more than parameters, and these more than nothing.
    fn weight(&self) -> u8 {
        match (self.click.is_empty(), self.parameters.is_empty()) {
            (false, _) => 2,
            (true, false) => 1,
            (true, true) => 0,
        }
    }
}

/// A departure from the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave {
    /// When.
    pub clock: FactClock,
    /// By themself or not.
    pub kind: LeaveKind,
}

/// Who ended the membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LeaveKind {
    /// The person.
    Left,
    /// Somebody else: kicked, banned or removed.
    Removed,
}

impl LeaveKind {
    /// The status a lead falls to by such a leave.
    #[must_use]
    pub const fn status(self) -> LeadStatus {
        match self {
            Self::Left => LeadStatus::Cancel,
            Self::Removed => LeadStatus::Trash,
        }
    }
}

impl LeadFacts {
    /// The first start; `None` for an organic person.
    #[must_use]
    pub fn first_start(&self) -> Option<&Start> {
        self.starts.first()
    }

    /// Whether the person is in the chat.
    #[must_use]
    pub fn present(&self) -> bool {
        self.join.is_some_and(|join| self.leave.is_none_or(|leave| join > leave.clock))
    }

    /// Whether the lead ever reached approve: the last join belongs to the start or follows it.
    #[must_use]
    pub fn confirmed(&self) -> bool {
        self.join.is_some_and(|join| self.belongs_to_start(join))
    }

    /// Whether the lead ever asked to join.
    #[must_use]
    pub fn held(&self) -> bool {
        self.request.is_some_and(|request| self.belongs_to_start(request))
    }

    /// The status by the rules of the User API; `None` for an organic person.
    #[must_use]
    pub fn status(&self) -> Option<LeadStatus> {
        self.first_start()?;
        Some(if self.present() {
            if self.confirmed() { LeadStatus::Approve } else { LeadStatus::Wait }
        } else if self.request_pending() {
            LeadStatus::Hold
        } else if let Some(leave) = self.counted_leave() {
            leave.kind.status()
        } else {
            LeadStatus::Wait
        })
    }

    /// When the lead joined, if it is or was approved.
    #[must_use]
    pub fn joined_at(&self) -> Option<FactClock> {
        self.join.filter(|_| self.confirmed())
    }

    /// When the last of the facts happened; `None` if there is none.
    #[must_use]
    pub fn updated(&self) -> Option<FactClock> {
        let start = self.starts.last().map(|start| start.clock);
        let leave = self.leave.map(|leave| leave.clock);
        [start, self.request, self.join, leave].into_iter().flatten().max()
    }

    /// The last touch: the latest start with a click that was not made inside the chat. An empty click never replaces
    /// one; among starts without a click the latest with parameters counts, and the latest of all if none has any.
    ///
    /// Click, parameters and visit are told from this one start, so that those of different ads never mix. `None` for
    /// an organic person.
    #[must_use]
    pub fn touch(&self) -> Option<&Start> {
        match (self.joined_at(), self.leave) {
            (Some(join), Some(leave)) if join <= leave.clock => {
                let back = self.starts.iter().filter(|start| start.clock > leave.clock);
                heaviest(self.starts_until(join).chain(back))
            }
            (Some(join), _) => heaviest(self.starts_until(join)),
            (None, _) => heaviest(&self.starts),
        }
    }

    /// The last touch that an event is told with: a later start never changes what an earlier event says.
    #[must_use]
    pub fn touch_of(&self, event: LeadEvent) -> Option<&Start> {
        let joined = match event.status {
            LeadStatus::Cancel | LeadStatus::Trash => self.join.filter(|join| *join <= event.clock),
            LeadStatus::Wait | LeadStatus::Hold | LeadStatus::Approve => None,
        };
        heaviest(self.starts_until(joined.unwrap_or(event.clock)))
    }

    /// The click of the last touch; empty for an organic person.
    #[must_use]
    pub fn click(&self) -> &str {
        self.touch().map_or("", |start| &start.click)
    }

    /// The starts up to `end`; where none is that early, the first.
    fn starts_until(&self, end: FactClock) -> impl Iterator<Item = &Start> {
        let first = self.first_start().map_or(end, |start| start.clock);
        self.starts.iter().take_while(move |start| start.clock <= end.max(first))
    }

    fn belongs_to_start(&self, clock: FactClock) -> bool {
        self.first_start().is_some_and(|start| clock.date >= start.clock.date - JOIN_GRACE_SECONDS)
    }

    fn request_pending(&self) -> bool {
        self.request.is_some_and(|request| {
            self.leave.is_none_or(|leave| request > leave.clock)
                && self.join.is_none_or(|join| request > join)
        })
    }

    /// The leave that ended a membership (or, where the join went unseen, a request) of this lead.
    fn counted_leave(&self) -> Option<Leave> {
        let leave = self.leave?;
        let ended_request = self.held() && self.request.is_some_and(|request| request < leave.clock);
        (self.confirmed() || ended_request).then_some(leave)
    }
}

/// The latest of those that tell most.
fn heaviest<'a>(starts: impl IntoIterator<Item = &'a Start>) -> Option<&'a Start> {
    starts.into_iter().max_by_key(|start| start.weight())
}

/// What happened between two versions of a lead's facts, in the order in which it is told.
///
/// Equal versions and organic people give nothing, so a repeated update tells nothing twice.
#[must_use]
pub fn events(old: &LeadFacts, new: &LeadFacts) -> Vec<LeadEvent> {
    let Some(first_start) = new.first_start().map(|start| start.clock) else { return Vec::new() };
    let (was, now) = (old.status(), new.status());
    let first = was.is_none();
    let mut events = Vec::new();
    let mut tell = |status, clock| events.push(LeadEvent { status, clock });

    if first {
        tell(LeadStatus::Wait, first_start);
    }
    if let Some(request) = new.request {
        let news = old.request != new.request || (first && new.held());
        let counts = new.join.is_none_or(|join| request < join) || now == Some(LeadStatus::Hold);
        if news && counts {
            tell(LeadStatus::Hold, request);
        }
    }
    if let Some(join) = new.joined_at() {
        let news = old.join != new.join || !old.confirmed();
        if news && was != Some(LeadStatus::Approve) {
            tell(LeadStatus::Approve, join);
        }
    }
    let fallen = new.leave.filter(|leave| now == Some(leave.kind.status()));
    if let Some(leave) = fallen.filter(|_| was != now || old.leave != new.leave) {
        tell(leave.kind.status(), leave.clock);
    }
    events
}

#[cfg(test)]
#[path = "lead_tests.rs"]
mod tests;
