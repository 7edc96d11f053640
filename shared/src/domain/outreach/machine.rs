//! What may be done with an outreach campaign, and what becomes of it.

use serde::{Deserialize, Serialize};

/// Where an outreach campaign stands; the five of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutreachStatus {
    /// Being written.
    Draft,
    /// Executing, or ready to be executed.
    Active,
    /// Halted; may go on.
    Paused,
    /// Done.
    Completed,
    /// Given up.
    Cancelled,
}

impl OutreachStatus {
    /// All five.
    pub const ALL: [Self; 5] = [Self::Draft, Self::Active, Self::Paused, Self::Completed, Self::Cancelled];

    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing can be changed any more.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

/// Where one run of an outreach campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExecutionStatus {
    /// Waits for its time.
    Scheduled,
    /// Its recipients are being chosen.
    Planning,
    /// Messages go out.
    Running,
    /// A share was sent, and the better variation is awaited.
    Testing,
    /// Halting: what is in flight is still counted.
    Pausing,
    /// Halted.
    Paused,
    /// Every recipient has an outcome.
    Completed,
    /// It cannot go on.
    Failed,
    /// Given up.
    Cancelled,
}

impl ExecutionStatus {
    /// Whether nothing of it will happen any more.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// What the last execution of a campaign amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionProgress {
    /// There was none, or it sent nothing.
    NothingSent,
    /// One is not over.
    Underway,
    /// Something was sent, and no execution is underway.
    Ended,
}

/// What a ruling looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The campaign's status.
    pub status: OutreachStatus,
    /// What its executions amount to; tests do not count.
    pub progress: ExecutionProgress,
    /// When it ended, in Unix seconds, if its end date is over.
    pub ended: Option<i64>,
}

/// Something to be done with a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignAction {
    /// Edit texts, goals, strategy or dates.
    EditDetails,
    /// Edit messages or the audience.
    EditContent,
    /// Set its status.
    SetStatus(OutreachStatus),
    /// Send to its audience.
    Execute,
    /// Send to the account's testers.
    ExecuteTest,
    /// Send again to those whom the last execution did not reach.
    RetryFailed,
    /// Halt.
    Pause,
    /// Go on.
    Resume,
    /// Delete.
    Delete,
    /// Delete what it sent.
    DeleteMessages,
    /// Copy.
    Clone,
}

/// Why something may not be done with a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No way leads from this status to what was asked for.
    Transition,
    /// An execution is underway.
    InProgress,
    /// Messages and audience stand while an execution is underway.
    Locked,
    /// Only drafts and cancelled campaigns are deleted.
    NotDeletable,
    /// The end date is over.
    Expired,
    /// A later execution has taken over what this one left.
    Superseded,
    /// The budget is spent.
    OverBudget,
    /// The execution sends to those whom triggers name, one by one.
    Triggered,
}

impl CampaignAction {
    /// The word for it in errors: a status, or the route's verb.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EditDetails | Self::EditContent => "edit",
            Self::SetStatus(status) => status.name(),
            Self::Execute | Self::ExecuteTest => "execute",
            Self::RetryFailed => "retry-failed",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Delete => "delete",
            Self::DeleteMessages => "delete-messages",
            Self::Clone => "clone",
        }
    }
}

/// The status that an action leads to, which may be the present one.
///
/// # Errors
///
/// The [`Refusal`] that answers it.
pub const fn rule(standing: Standing, action: CampaignAction) -> Result<OutreachStatus, Refusal> {
    use OutreachStatus::{Active, Cancelled, Draft, Paused};
    let status = standing.status;
    let underway = matches!(standing.progress, ExecutionProgress::Underway);
    match action {
        CampaignAction::Clone => Ok(status),
        CampaignAction::Delete => match status {
            Draft | Cancelled => Ok(status),
            Active | Paused | OutreachStatus::Completed => Err(Refusal::NotDeletable),
        },
        CampaignAction::DeleteMessages if underway => Err(Refusal::InProgress),
        CampaignAction::DeleteMessages => Ok(status),
        CampaignAction::ExecuteTest => match status {
            Cancelled => Err(Refusal::Transition),
            Draft | Active | Paused | OutreachStatus::Completed => Ok(status),
        },
        CampaignAction::SetStatus(Cancelled) => match status {
            OutreachStatus::Completed => Err(Refusal::Transition),
            Draft | Active | Paused | Cancelled => Ok(Cancelled),
        },
        // The one way back: what is over is active again until those have an outcome who had none.
        CampaignAction::RetryFailed => match status {
            Draft | Paused | Cancelled => Err(Refusal::Transition),
            _ if underway => Err(Refusal::InProgress),
            _ if standing.ended.is_some() => Err(Refusal::Expired),
            Active | OutreachStatus::Completed => Ok(Active),
        },
        _ if status.is_over() => Err(Refusal::Transition),
        CampaignAction::EditDetails => Ok(status),
        CampaignAction::EditContent => match status {
            Active if underway => Err(Refusal::Locked),
            _ => Ok(status),
        },
        CampaignAction::SetStatus(Active) => match status {
            Draft | Paused => resumed(standing),
            _ => Ok(Active),
        },
        CampaignAction::SetStatus(Paused) => match status {
            Draft => Err(Refusal::Transition),
            _ => Ok(Paused),
        },
        CampaignAction::SetStatus(Draft) => match (status, standing.progress) {
            (Draft, _) | (_, ExecutionProgress::NothingSent) => Ok(Draft),
            _ => Err(Refusal::Transition),
        },
        CampaignAction::SetStatus(OutreachStatus::Completed) => Err(Refusal::Transition),
        CampaignAction::Execute => match status {
            Paused => Err(Refusal::Transition),
            _ if underway => Err(Refusal::InProgress),
            _ if standing.ended.is_some() => Err(Refusal::Expired),
            _ => Ok(Active),
        },
        CampaignAction::Pause => match status {
            Active => Ok(Paused),
            _ => Err(Refusal::Transition),
        },
        CampaignAction::Resume => match status {
            Paused => resumed(standing),
            _ => Err(Refusal::Transition),
        },
    }
}

const fn resumed(standing: Standing) -> Result<OutreachStatus, Refusal> {
    if standing.ended.is_some() { Err(Refusal::Expired) } else { Ok(OutreachStatus::Active) }
}

#[cfg(test)]
mod tests {
    use super::super::refusal::CampaignRefusal;
    use super::*;
    use OutreachStatus::{Active, Cancelled, Draft, Paused};

    type Row = (CampaignAction, [Result<OutreachStatus, Refusal>; 5]);

    /// The table of the design: rows are actions, columns draft, active, paused, completed, cancelled; while nothing
    /// is underway and nothing was sent.
    const AT_REST: [Row; 15] = {
        const NO: Result<OutreachStatus, Refusal> = Err(Refusal::Transition);
        const KEPT: Result<OutreachStatus, Refusal> = Err(Refusal::NotDeletable);
        const DONE: OutreachStatus = OutreachStatus::Completed;
        [
            (CampaignAction::EditDetails, [Ok(Draft), Ok(Active), Ok(Paused), NO, NO]),
            (CampaignAction::EditContent, [Ok(Draft), Ok(Active), Ok(Paused), NO, NO]),
            (CampaignAction::SetStatus(Active), [Ok(Active), Ok(Active), Ok(Active), NO, NO]),
            (CampaignAction::SetStatus(Paused), [NO, Ok(Paused), Ok(Paused), NO, NO]),
            (
                CampaignAction::SetStatus(Cancelled),
                [Ok(Cancelled), Ok(Cancelled), Ok(Cancelled), NO, Ok(Cancelled)],
            ),
            (CampaignAction::SetStatus(Draft), [Ok(Draft), Ok(Draft), Ok(Draft), NO, NO]),
            (CampaignAction::SetStatus(DONE), [NO, NO, NO, NO, NO]),
            (CampaignAction::Execute, [Ok(Active), Ok(Active), NO, NO, NO]),
            (CampaignAction::DeleteMessages, [Ok(Draft), Ok(Active), Ok(Paused), Ok(DONE), Ok(Cancelled)]),
            (CampaignAction::RetryFailed, [NO, Ok(Active), NO, Ok(Active), NO]),
            (CampaignAction::ExecuteTest, [Ok(Draft), Ok(Active), Ok(Paused), Ok(DONE), NO]),
            (CampaignAction::Pause, [NO, Ok(Paused), NO, NO, NO]),
            (CampaignAction::Resume, [NO, NO, Ok(Active), NO, NO]),
            (CampaignAction::Delete, [Ok(Draft), KEPT, KEPT, KEPT, Ok(Cancelled)]),
            (CampaignAction::Clone, [Ok(Draft), Ok(Active), Ok(Paused), Ok(DONE), Ok(Cancelled)]),
        ]
    };

    const PROGRESS: [ExecutionProgress; 3] =
        [ExecutionProgress::NothingSent, ExecutionProgress::Underway, ExecutionProgress::Ended];

    /// The cells that differ while an execution is underway, after one has ended, or after the end date.
    fn special(standing: Standing, action: CampaignAction) -> Option<Result<OutreachStatus, Refusal>> {
        let underway = standing.progress == ExecutionProgress::Underway;
        let unsent = standing.progress == ExecutionProgress::NothingSent;
        match (action, standing.status) {
            (CampaignAction::EditContent, Active) if underway => Some(Err(Refusal::Locked)),
            (CampaignAction::SetStatus(Draft), Active | Paused) if !unsent => Some(Err(Refusal::Transition)),
            (CampaignAction::Execute, Draft | Active) if underway => Some(Err(Refusal::InProgress)),
            (CampaignAction::DeleteMessages, _) if underway => Some(Err(Refusal::InProgress)),
            (CampaignAction::RetryFailed, Active | OutreachStatus::Completed) if underway => {
                Some(Err(Refusal::InProgress))
            }
            (CampaignAction::RetryFailed, Active | OutreachStatus::Completed) if standing.ended.is_some() => {
                Some(Err(Refusal::Expired))
            }
            (CampaignAction::Execute, Draft | Active) if standing.ended.is_some() => {
                Some(Err(Refusal::Expired))
            }
            (CampaignAction::SetStatus(Active), Draft | Paused) if standing.ended.is_some() => {
                Some(Err(Refusal::Expired))
            }
            (CampaignAction::Resume, Paused) if standing.ended.is_some() => Some(Err(Refusal::Expired)),
            _ => None,
        }
    }

    #[test]
    fn every_cell_of_the_table_is_as_the_design_has_it() {
        for (action, row) in AT_REST {
            for (status, expected) in OutreachStatus::ALL.into_iter().zip(row) {
                for progress in PROGRESS {
                    for ended in [None, Some(7)] {
                        let standing = Standing { status, progress, ended };
                        let expected = special(standing, action).unwrap_or(expected);
                        assert_eq!(rule(standing, action), expected, "{action:?} {standing:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_comes_back_from_being_over_but_for_those_who_were_not_reached() {
        for status in [OutreachStatus::Completed, Cancelled] {
            for (action, _) in
                AT_REST.into_iter().filter(|(action, _)| *action != CampaignAction::RetryFailed)
            {
                let standing = Standing { status, progress: ExecutionProgress::Ended, ended: None };
                assert!(rule(standing, action).is_err() || rule(standing, action) == Ok(status));
            }
        }
    }

    #[test]
    fn what_is_refused_after_the_end_says_when_that_was() {
        let standing =
            Standing { status: Paused, progress: ExecutionProgress::Ended, ended: Some(1_725_148_799) };
        let refused = |refusal, action| CampaignRefusal::of(refusal, standing, action).to_string();
        let sentences = [
            refused(Refusal::Expired, CampaignAction::Resume),
            refused(Refusal::Transition, CampaignAction::Pause),
        ];
        insta::assert_snapshot!(sentences.join("\n"), @r"
        a campaign that ended at 2024-08-31T23:59:59Z cannot be resumed
        a campaign that is paused cannot be paused
        ");
    }
}
