use super::App;
use super::draw::draw;
use super::lead_lists::LeadQuestion;
use super::lead_merge::LeadMerge;
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;
use crate::objects::{ObjectKey, PART_BYTES, PartedObject};
use crate::store::LeadRow;

/// What Lambda can answer: six megabytes, and the text grows as it is put into JSON.
const ANSWER_BYTES: usize = 2_500_000;

/// How many leads are read at once; DynamoDB gives no more than a megabyte.
const READ_AT_ONCE: usize = 4_000;

/// A client waits for half a minute at most.
const EXPORT_MS: i64 = 24_000;

/// What a file is called, what it is, and how it begins.
#[derive(Clone, Debug)]
pub struct LeadFile {
    /// Under which it is saved.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its first line.
    pub header: Vec<u8>,
}

/// A list of leads as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeadExport {
    /// All of it.
    Whole(Vec<u8>),
    /// Where it can be read for a quarter of an hour: it is longer than an answer may be.
    Link(String),
}

impl App {
    /// All leads that a question chooses, newest first, as a file: its header, then what `write` makes of each lead.
    ///
    /// The file is never held as a whole: what does not fit an answer goes to S3 in parts.
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
        file: LeadFile,
        write: impl Fn(LeadRow, &mut Vec<u8>) -> AppResult<()>,
    ) -> AppResult<LeadExport> {
        let until_ms = self.clock.now_ms() + EXPORT_MS;
        let campaigns = self.campaigns_asked_for(account, question.campaign).await?;
        let readers = campaigns.iter().map(|campaign| question.reader(*campaign));
        let mut leads = LeadMerge::new(readers, READ_AT_ONCE);
        let name = draw(24)?;
        let key = ObjectKey::Export(account, &name);
        let (mut bytes, mut object): (Vec<u8>, Option<PartedObject<'_>>) = (file.header, None);
        loop {
            let rows = leads.take(&self.store, READ_AT_ONCE).await?;
            let end = rows.len() < READ_AT_ONCE;
            rows.into_iter().try_for_each(|row| write(row, &mut bytes))?;
            if object.is_none() && bytes.len() <= ANSWER_BYTES && end {
                return Ok(LeadExport::Whole(bytes));
            }
            if object.is_none() && bytes.len() > ANSWER_BYTES {
                object = Some(self.objects()?.begin(&key, file.content_type).await?);
            }
            let part = bytes.len() >= PART_BYTES || (end && !bytes.is_empty());
            if let Some(object) = object.as_mut().filter(|_| part) {
                object.write(std::mem::take(&mut bytes)).await?;
            }
            if end {
                break;
            }
            if self.clock.now_ms() > until_ms {
                return Err(AppError::parameter(
                    "from",
                    "is too far from `to`: these are too many leads at once",
                ));
            }
        }
        if let Some(object) = object {
            object.complete().await?;
        }
        Ok(LeadExport::Link(self.objects()?.link(&key, file.name).await?))
    }
}
