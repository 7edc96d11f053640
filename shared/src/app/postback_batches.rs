use super::App;
use crate::domain::lead_event::LeadEvent;
use crate::domain::postback_id::PostbackId;
use crate::error::AppResult;
use crate::ids::{CampaignKey, UserId};
use crate::queue::Task;
use crate::store::{Lead, LoggedPostback};

/// What is stored of a task's subject.
#[derive(Debug)]
pub struct TaskSubject {
    pub(super) lead: Lead,
    pub(super) known: Option<LoggedPostback>,
}

impl App {
    /// Reads what some tasks are about, each of another lead, in two requests instead of two for each; `None` for a
    /// task of nobody. The answers are good only until one of these leads is worked on.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn read_subjects(&self, tasks: &[Task]) -> AppResult<Vec<Option<TaskSubject>>> {
        let subjects: Vec<_> = tasks.iter().map(Task::subject).collect();
        let people: Vec<_> = subjects.iter().map(|(campaign, user, _)| (*campaign, *user)).collect();
        let leads = self.store.leads(&people).await?;
        let id = |((campaign, _, event), lead): (&(CampaignKey, UserId, LeadEvent), &Option<Lead>)| {
            let lead = lead.as_ref()?.id?;
            Some((campaign.account, PostbackId { campaign: campaign.campaign, lead, event: *event }))
        };
        let ids: Vec<_> = subjects.iter().zip(&leads).map(id).collect();
        let wanted: Vec<_> = ids.iter().flatten().copied().collect();
        let mut known = self.store.postbacks_of(&wanted).await?.into_iter();
        let subjects = leads.into_iter().zip(ids).map(|(lead, id)| {
            let known = id.and_then(|_| known.next().flatten());
            lead.map(|lead| TaskSubject { lead, known })
        });
        Ok(subjects.collect())
    }
}
