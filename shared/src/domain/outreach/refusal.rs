//! Why something may not be done with a campaign, as a client reads it.

use super::machine::{CampaignAction, OutreachStatus, Refusal, Standing, rule};
use crate::domain::calendar;

/// A refusal, with what was asked for and what would be possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", sentence(self))]
pub struct CampaignRefusal {
    /// Why.
    pub refusal: Refusal,
    /// The status that refuses.
    pub from: OutreachStatus,
    /// What was asked for.
    pub action: CampaignAction,
    /// When the campaign ended, in Unix seconds, if its end date is over.
    pub ended: Option<i64>,
    /// The statuses that the campaign could be given.
    pub allowed: Vec<OutreachStatus>,
}

impl CampaignRefusal {
    /// What stands against an action.
    #[must_use]
    pub fn of(refusal: Refusal, standing: Standing, action: CampaignAction) -> Self {
        let possible = |status: &OutreachStatus| {
            *status != standing.status && rule(standing, CampaignAction::SetStatus(*status)).is_ok()
        };
        let allowed = OutreachStatus::ALL.into_iter().filter(possible).collect();
        Self { refusal, from: standing.status, action, ended: standing.ended, allowed }
    }
}

/// What stands against an action, as a client reads it.
fn sentence(refused: &CampaignRefusal) -> String {
    let CampaignRefusal { refusal, from, action, ended, .. } = refused;
    match (refusal, ended) {
        (Refusal::Expired, Some(end)) => {
            format!("a campaign that ended at {} cannot be {}", calendar::iso_time(*end), described(*action))
        }
        (Refusal::Triggered, _) if *action == CampaignAction::DeleteMessages => {
            "what triggers send is taken back once the campaign is completed or cancelled".to_owned()
        }
        (Refusal::Triggered, _) => {
            format!("an execution that sends to those whom triggers name cannot be {}", described(*action))
        }
        _ => format!("a campaign that is {} cannot be {}", from.name(), described(*action)),
    }
}

/// What was asked for, as a sentence ends.
const fn described(action: CampaignAction) -> &'static str {
    match action {
        CampaignAction::EditDetails | CampaignAction::EditContent => "edited",
        CampaignAction::SetStatus(OutreachStatus::Draft) => "made a draft",
        CampaignAction::SetStatus(OutreachStatus::Active) => "activated",
        CampaignAction::SetStatus(OutreachStatus::Completed) => "completed by hand",
        CampaignAction::SetStatus(OutreachStatus::Cancelled) => "cancelled",
        CampaignAction::Execute | CampaignAction::ExecuteTest => "executed",
        CampaignAction::RetryFailed => "tried again",
        CampaignAction::SetStatus(OutreachStatus::Paused) | CampaignAction::Pause => "paused",
        CampaignAction::Resume => "resumed",
        CampaignAction::Delete => "deleted",
        CampaignAction::DeleteMessages => "taken back",
        CampaignAction::Clone => "cloned",
    }
}
