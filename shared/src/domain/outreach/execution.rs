//! One run of an outreach campaign.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ab_run::{AbRun, AbStep};
use super::audience::AudienceCount;
use super::machine::{ExecutionProgress, ExecutionStatus, OutreachStatus};
use crate::ids::{BotId, ExecutionId, OutreachCampaignId};

/// How many messages a bot sends in a second; Telegram's other five are left for welcomes.
pub const MESSAGES_A_SECOND: u64 = 25;

/// Which of several campaigns that share a bot goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Before the others.
    High,
    /// As most do.
    #[default]
    Normal,
    /// After the others.
    Low,
}

impl Priority {
    /// All three, the first to go first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// Its place among the others, the first to go first.
    #[must_use]
    pub const fn rank(self) -> u64 {
        match self {
            Self::High => 0,
            Self::Normal => 1,
            Self::Low => 2,
        }
    }

    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

/// What one bot has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotPart {
    /// The bot.
    pub bot: BotId,
    /// How many people get it from this bot.
    pub recipients: u64,
    /// In how many chunks.
    pub chunks: u64,
}

/// One run of an outreach campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Its id.
    pub id: ExecutionId,
    /// What is run.
    pub campaign: OutreachCampaignId,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// While it is halted, where it goes on.
    pub resumes_to: Option<ExecutionStatus>,
    /// Whether it goes to the account's testers only.
    pub test: bool,
    /// To how many of a hundred people of the audience it goes.
    pub percentage: Decimal,
    /// How it stands to others that share a bot.
    pub priority: Priority,
    /// When it is to start, in Unix seconds; `None` = at once.
    pub scheduled_at: Option<i64>,
    /// Whether that is the campaign's start date, and moves with it.
    #[serde(default)]
    pub by_start_date: bool,
    /// Whether it is one of many that the campaign is sent in, each at its time.
    #[serde(default)]
    pub recurs: bool,
    /// What the campaign's executions amounted to before this one.
    pub before: ExecutionProgress,
    /// Unix seconds.
    pub created: i64,
    /// When planning began, in Unix seconds; rules are judged as of then.
    pub started: Option<i64>,
    /// When it was over, in Unix seconds.
    pub finished: Option<i64>,
    /// Why it ended before everybody had an outcome, as a sentence; `None` where somebody asked for that.
    #[serde(default)]
    pub reason: Option<String>,
    /// Whom the audience has: as counted when it was asked for, from the end of planning on as planned.
    pub counts: AudienceCount,
    /// What each bot has to do; empty before the end of planning.
    #[serde(default)]
    pub bots: Vec<BotPart>,
    /// How many messages each of them gets.
    #[serde(default = "one")]
    pub messages: u64,
    /// Its test of variations, from the end of planning that on; `None` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ab: Option<AbRun>,
    /// Whether it sends to one person after the other, as triggers name them.
    #[serde(default)]
    pub triggered: bool,
}

const fn one() -> u64 {
    1
}

impl Execution {
    /// Where it goes when its campaign gets this status; `None` if it stays.
    #[must_use]
    pub fn follows(&self, campaign: OutreachStatus) -> Option<ExecutionStatus> {
        if self.status.is_over() {
            return None;
        }
        let is_halted = matches!(self.status, ExecutionStatus::Pausing | ExecutionStatus::Paused);
        match campaign {
            OutreachStatus::Paused => (!is_halted).then_some(ExecutionStatus::Paused),
            OutreachStatus::Active if is_halted => Some(self.resumes_to.unwrap_or(ExecutionStatus::Running)),
            OutreachStatus::Active => None,
            OutreachStatus::Completed if self.triggered => Some(ExecutionStatus::Completed),
            OutreachStatus::Draft | OutreachStatus::Completed | OutreachStatus::Cancelled => {
                Some(ExecutionStatus::Cancelled)
            }
        }
    }

    /// Whether it still waits for its time, halted or not.
    #[must_use]
    pub fn awaits_its_time(&self) -> bool {
        self.resumes_to.unwrap_or(self.status) == ExecutionStatus::Scheduled
    }

    /// Whether its time has come, and it waits no longer than until somebody looks.
    #[must_use]
    pub fn is_due(&self, now: i64) -> bool {
        self.status == ExecutionStatus::Scheduled && self.scheduled_at.is_some_and(|at| at <= now)
    }

    /// Moves it there.
    pub fn move_to(&mut self, status: ExecutionStatus, now: i64) {
        let is_halted = |status| matches!(status, ExecutionStatus::Pausing | ExecutionStatus::Paused);
        match (is_halted(self.status), is_halted(status)) {
            (false, true) => self.resumes_to = Some(self.status),
            (true, false) => self.resumes_to = None,
            _ => {}
        }
        if status == ExecutionStatus::Planning && self.started.is_none() {
            self.started = Some(now);
        }
        if status.is_over() {
            self.finished = Some(now);
        }
        self.status = status;
    }

    /// Whether it is planned, so that it may have sent something: before that nothing is.
    #[must_use]
    pub fn may_have_sent(&self) -> bool {
        !self.bots.is_empty()
    }

    /// What its campaign's executions amount to once it is over.
    #[must_use]
    pub fn progress_after(&self) -> ExecutionProgress {
        if self.may_have_sent() { ExecutionProgress::Ended } else { self.before }
    }

    /// The status of its campaign once everybody has an outcome: who was sent to a share may be sent to a larger one.
    #[must_use]
    pub fn campaign_after(&self, campaign: OutreachStatus) -> OutreachStatus {
        match campaign {
            OutreachStatus::Active if !self.test && self.percentage >= Decimal::ONE_HUNDRED => {
                OutreachStatus::Completed
            }
            other => other,
        }
    }

    /// What it has to send next, by the number of the time that people are planned: 0, and 1 for those who are left after a
    /// test of variations.
    #[must_use]
    pub fn pass(&self) -> u64 {
        u64::from(self.ab.as_ref().is_some_and(|ab| ab.step == AbStep::Decided))
    }

    /// Whether the share of a test of variations is being sent to.
    #[must_use]
    pub fn is_in_test(&self) -> bool {
        self.ab.as_ref().is_some_and(|ab| ab.step == AbStep::Sending)
    }

    /// Whether there are people to be planned yet, once a test of variations is decided.
    #[must_use]
    pub fn has_rest(&self) -> bool {
        match &self.ab {
            Some(ab) if ab.step == AbStep::Decided => {
                matches!(self.resumes_to.unwrap_or(self.status), ExecutionStatus::Planning)
            }
            Some(_) => !self.status.is_over(),
            None => false,
        }
    }

    /// How many people get it.
    #[must_use]
    pub fn recipients(&self) -> u64 {
        self.bots.iter().map(|part| part.recipients).sum()
    }

    /// How many messages that makes: each of them to each person; before the end of planning, as counted when it was asked
    /// for.
    #[must_use]
    pub fn messages_in_all(&self) -> u64 {
        let people =
            if self.bots.is_empty() || self.has_rest() { self.counts.reachable } else { self.recipients() };
        people.saturating_mul(self.messages)
    }

    /// In how many chunks.
    #[must_use]
    pub fn chunks(&self) -> u64 {
        self.bots.iter().map(|part| part.chunks).sum()
    }
}

/// What bots have to do together.
pub fn merge_parts(all: &mut Vec<BotPart>, more: &[BotPart]) {
    for part in more {
        match all.iter_mut().find(|known| known.bot == part.bot) {
            Some(known) => {
                known.recipients += part.recipients;
                known.chunks += part.chunks;
            }
            None => all.push(*part),
        }
    }
    all.sort_by_key(|part| part.bot);
}

/// How many seconds the busiest of some bots takes for so many messages each.
#[must_use]
pub fn seconds_to_send(messages: impl IntoIterator<Item = u64>) -> i64 {
    let most = messages.into_iter().max().unwrap_or_default();
    i64::try_from(most.div_ceil(MESSAGES_A_SECOND)).unwrap_or(i64::MAX)
}

#[cfg(test)]
impl Execution {
    /// One of a message that has nobody yet.
    pub(super) fn sample(status: ExecutionStatus) -> Self {
        Self {
            id: ExecutionId::of("1"),
            campaign: OutreachCampaignId::of("1"),
            status,
            resumes_to: None,
            test: false,
            percentage: Decimal::ONE_HUNDRED,
            priority: Priority::Normal,
            scheduled_at: None,
            by_start_date: false,
            recurs: false,
            before: ExecutionProgress::NothingSent,
            created: 1,
            started: None,
            finished: None,
            reason: None,
            counts: AudienceCount::default(),
            bots: Vec::new(),
            messages: 1,
            ab: None,
            triggered: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALIVE: [ExecutionStatus; 6] = [
        ExecutionStatus::Scheduled,
        ExecutionStatus::Planning,
        ExecutionStatus::Running,
        ExecutionStatus::Testing,
        ExecutionStatus::Pausing,
        ExecutionStatus::Paused,
    ];

    #[test]
    fn what_was_halted_goes_on_where_it_was() {
        for status in ALIVE.into_iter().take(4) {
            let mut execution = Execution::sample(status);
            execution.move_to(execution.follows(OutreachStatus::Paused).unwrap(), 5);
            assert_eq!((execution.status, execution.resumes_to), (ExecutionStatus::Paused, Some(status)));
            assert_eq!(execution.follows(OutreachStatus::Paused), None, "it is halted already");
            execution.move_to(execution.follows(OutreachStatus::Active).unwrap(), 6);
            assert_eq!((execution.status, execution.resumes_to), (status, None));
        }
    }

    #[test]
    fn nothing_moves_what_is_over() {
        for over in [ExecutionStatus::Completed, ExecutionStatus::Failed, ExecutionStatus::Cancelled] {
            assert!(
                OutreachStatus::ALL
                    .into_iter()
                    .all(|campaign| Execution::sample(over).follows(campaign).is_none())
            );
        }
    }

    #[test]
    fn a_cancelled_campaign_ends_its_execution() {
        for status in ALIVE {
            let mut execution = Execution::sample(status);
            execution.move_to(execution.follows(OutreachStatus::Cancelled).unwrap(), 7);
            assert_eq!((execution.status, execution.finished), (ExecutionStatus::Cancelled, Some(7)));
        }
    }

    #[test]
    fn what_ended_before_anything_was_sent_leaves_the_campaign_as_it_was() {
        let mut paused = Execution::sample(ExecutionStatus::Planning);
        paused.move_to(ExecutionStatus::Paused, 1);
        assert_eq!(paused.progress_after(), ExecutionProgress::NothingSent);
        let mut running = Execution::sample(ExecutionStatus::Running);
        running.bots = vec![BotPart { bot: BotId(1), recipients: 5, chunks: 1 }];
        assert_eq!(running.progress_after(), ExecutionProgress::Ended);
        running.move_to(ExecutionStatus::Paused, 1);
        assert_eq!(running.progress_after(), ExecutionProgress::Ended);
    }

    #[test]
    fn only_the_whole_audience_completes_a_campaign() {
        let whole = Execution::sample(ExecutionStatus::Running);
        assert_eq!(whole.campaign_after(OutreachStatus::Active), OutreachStatus::Completed);
        assert_eq!(whole.campaign_after(OutreachStatus::Paused), OutreachStatus::Paused);
        let share = Execution { percentage: Decimal::TEN, ..whole.clone() };
        assert_eq!(share.campaign_after(OutreachStatus::Active), OutreachStatus::Active);
        let test = Execution { test: true, ..whole };
        assert_eq!(test.campaign_after(OutreachStatus::Active), OutreachStatus::Active);
    }

    #[test]
    fn each_message_to_each_person_counts() {
        let counts = AudienceCount { reachable: 7, ..AudienceCount::default() };
        let mut planned = Execution { messages: 3, counts, ..Execution::sample(ExecutionStatus::Planning) };
        assert_eq!(planned.messages_in_all(), 21);
        planned.bots = vec![BotPart { bot: BotId(1), recipients: 5, chunks: 1 }];
        assert_eq!(planned.messages_in_all(), 15);
    }

    #[test]
    fn the_busiest_bot_says_how_long_it_takes() {
        assert_eq!(seconds_to_send([]), 0);
        assert_eq!(seconds_to_send([1]), 1);
        assert_eq!(seconds_to_send([2_500, 180_000, 26]), 7_200);
    }
}
