use super::App;
use super::draw::{ID_LENGTH, draw};
use super::outreach::CHANGE_TRIES;
use crate::domain::outreach::{ImportStatus, SubscriberImport};
use crate::error::{AppError, AppResult, Fault};
use crate::ids::{AccountId, ImportId};
use crate::objects::{ObjectKey, PostForm};
use crate::queue::ImportTask;

/// A list has no more bytes than this.
pub const IMPORT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What a form takes.
const CONTENT_TYPE: &str = "text/csv";

impl App {
    /// Makes an import, and gives a form to upload its file with.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`]; a retry may make a second one, which does nothing without a file.
    pub async fn await_import(&self, account: AccountId) -> AppResult<(SubscriberImport, PostForm)> {
        let now = self.clock.now();
        let import = SubscriberImport::awaited(ImportId::of(&draw(ID_LENGTH)?), now);
        let key = ObjectKey::Import(account, &import.id);
        let form = self.objects()?.post_form(&key, CONTENT_TYPE, IMPORT_BYTES_MAX, now);
        match self.store.create_subscriber_import(account, &import).await? {
            true => Ok((import, form)),
            false => Err(AppError::unavailable("a drawn id is in use")),
        }
    }

    /// One import.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn subscriber_import(&self, account: AccountId, id: &ImportId) -> AppResult<SubscriberImport> {
        let found = self.store.subscriber_import(account, id, self.clock.now()).await?;
        found.ok_or(AppError::NotFound("import"))
    }

    /// Has an import's file read. Twice is the same as once; one that has ended stays as it is.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Invalid`] if its file is not there yet.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn start_import(&self, account: AccountId, id: &ImportId) -> AppResult<SubscriberImport> {
        for _ in 0..CHANGE_TRIES {
            let mut import = self.subscriber_import(account, id).await?;
            if import.status == ImportStatus::Waiting {
                let file = self.objects()?.look(&ObjectKey::Import(account, id)).await?;
                let file = file.ok_or_else(not_uploaded)?;
                (import.size_bytes, import.file_version) = (file.size_bytes, Some(file.version));
                (import.status, import.started) = (ImportStatus::Running, Some(self.clock.now()));
                import.version += 1;
                if !self.store.change_subscriber_import(account, &import).await? {
                    continue;
                }
            }
            if import.status == ImportStatus::Running {
                // Also where it runs already: the message of the first call may not have left.
                let task = ImportTask::ReadV1 { account, import: id.clone() };
                self.import_queue()?.send_text(task.spelled()?).await?;
            }
            return Ok(import);
        }
        Err(AppError::unavailable("the import is being changed by other calls"))
    }
}

fn not_uploaded() -> AppError {
    let reason = "is not uploaded yet".to_owned();
    AppError::Invalid(vec![Fault { field: "file".to_owned(), reason }])
}
