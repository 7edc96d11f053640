use super::App;
use super::lead_lists::LeadQuestion;
use super::lead_merge::LeadMerge;
use super::list_files::{ListExport, ListFile, ListWriter};
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;
use crate::store::LeadRow;

/// How many leads are read at once; DynamoDB gives no more than a megabyte.
const READ_AT_ONCE: usize = 4_000;

impl App {
    /// All leads that a question chooses, newest first, as a file: its header, then what `write` makes of each lead.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account never had such a campaign.
    /// - [`AppError::Parameter`] for `from` if it takes too long; a shorter range does not.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn export_leads(
        &self,
        account: AccountId,
        question: LeadQuestion,
        file: ListFile,
        write: impl Fn(LeadRow, &mut Vec<u8>) -> AppResult<()>,
    ) -> AppResult<ListExport> {
        let mut writer = ListWriter::begin(self, account, file)?;
        let campaigns = self.campaigns_asked_for(account, question.campaign).await?;
        let readers = campaigns.iter().map(|campaign| question.reader(*campaign));
        let mut leads = LeadMerge::new(readers, READ_AT_ONCE);
        loop {
            let rows = leads.take(&self.store, READ_AT_ONCE).await?;
            let end = rows.len() < READ_AT_ONCE;
            rows.into_iter().try_for_each(|row| write(row, &mut writer.bytes))?;
            let is_in_time = writer.put_aside().await?;
            if end {
                return writer.end().await;
            }
            if !is_in_time {
                let reason = "is too far from `to`: these are too many leads at once";
                return Err(AppError::parameter("from", reason));
            }
        }
    }
}
