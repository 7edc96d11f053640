use super::App;
use super::deliveries::{DeliveryWalk, ListedDelivery};
use super::list_files::{ListExport, ListFile, ListWriter};
use crate::domain::outreach::Execution;
use crate::error::{AppError, AppResult, Fault};
use crate::ids::{AccountId, ExecutionId, OutreachCampaignId};

/// How many chunks are read at once; DynamoDB gives no more than a megabyte.
const CHUNKS_AT_ONCE: i32 = 200;

impl App {
    /// What became of each message to each recipient of a campaign, tests included, or of one execution of it, the latest
    /// execution first, as a file: its header, then what `write` makes of each.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such campaign, or that no such execution.
    /// - [`AppError::Invalid`] for `execution` if it takes too long; one of several may not.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn export_deliveries(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        only: Option<&ExecutionId>,
        file: ListFile,
        write: impl Fn(&Execution, ListedDelivery, &mut Vec<u8>) -> AppResult<()>,
    ) -> AppResult<ListExport> {
        self.outreach_campaign(account, campaign).await?;
        let mut writer = ListWriter::begin(self, account, file)?;
        let mut executions = self.store.executions(account, campaign).await?;
        if let Some(only) = only {
            executions.retain(|execution| execution.id == *only);
            if executions.is_empty() {
                return Err(AppError::NotFound("execution"));
            }
        }
        for execution in &executions {
            let mut walk = DeliveryWalk::new(self, account, execution, CHUNKS_AT_ONCE).await?;
            while let Some(some) = walk.next_rows().await? {
                some.into_iter().try_for_each(|listed| write(execution, listed, &mut writer.bytes))?;
                if !writer.put_aside().await? {
                    let reason = "must name one: these are too many deliveries at once".to_owned();
                    return Err(AppError::Invalid(vec![Fault { field: "execution".to_owned(), reason }]));
                }
            }
        }
        writer.end().await
    }
}
