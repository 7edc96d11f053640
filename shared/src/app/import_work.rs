//! Reads the file of an import, for a while at a time, and notes how far it came.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};

use super::App;
use super::message_tasks::{MessageOutcome, Receipt};
use super::sending::backoff_seconds;
use crate::domain::outreach::{
    BYTE_ORDER_MARK, FilePosition, ImportColumns, ImportLine, ImportStatus, PersonChange, Record,
    RecordReader, SubscriberImport, delimiter_of,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, ImportId, UserId};
use crate::objects::ObjectKey;
use crate::queue::ImportTask;

/// Nobody else reads on within this after the last note; longer than the function may run, and shorter than the queue
/// hides its message.
pub const IMPORT_LEASE_MS: i64 = 90_000;

/// How long one receipt reads on.
const WORK_MS: i64 = 40_000;

/// So much of a file is read at once.
const PIECE_BYTES: u64 = 256 * 1024;

/// After so many lines it is noted how far it came.
const LINES_BETWEEN_NOTES: u64 = 1_000;

/// So many people are changed at the same time.
const PEOPLE_AT_ONCE: usize = 16;

/// So many lines are carried out together.
const LINES_TOGETHER: usize = 200;

/// Why reading stopped.
enum Stop {
    /// All is read.
    End,
    /// The time is over.
    Time,
    /// The file as a whole is at fault, for this reason.
    Fault(String),
    /// Somebody else reads on.
    Overtaken,
}

/// An import on its way.
struct Reading<'a> {
    app: &'a App,
    account: AccountId,
    import: SubscriberImport,
    /// As it was noted last.
    noted: SubscriberImport,
    /// Lines that are read and not carried out.
    open: Vec<(u64, ImportLine)>,
    people: BTreeSet<UserId>,
    delimiter: u8,
    until_ms: i64,
}

impl App {
    /// Carries out a task of the queue of imports. A list that is not at its end when the time is over is received again.
    pub async fn carry_out_import_task(&self, task: &ImportTask, receipt: Receipt<'_>) -> MessageOutcome {
        let ImportTask::ReadV1 { account, import } = task;
        let seconds = match self.read_import(*account, import).await {
            Ok(None) => return MessageOutcome::Done,
            Ok(Some(seconds)) => seconds,
            Err(error) => {
                tracing::error!(?error, import.id = %import, "an import could not be read on");
                backoff_seconds(receipt.count)
            }
        };
        let held = async { self.import_queue()?.hold(receipt.handle, seconds).await };
        if let Err(error) = held.await {
            tracing::warn!(?error, "a task is not held as long as it should be");
        }
        MessageOutcome::Held
    }

    /// Keeps what a line says of a person; else the column at fault and why.
    async fn import_person(
        &self,
        account: AccountId,
        user: UserId,
        change: PersonChange,
    ) -> AppResult<Result<(), (String, String)>> {
        let fault = |field: &str, reason: &str| Ok(Err((field.to_owned(), reason.to_owned())));
        match self.set_person(account, user, change).await {
            Ok(()) => Ok(Ok(())),
            Err(AppError::NotFound(_)) => fault("id", "must be somebody whom a bot of the account knows"),
            Err(AppError::Invalid(faults)) => match faults.first() {
                Some(first) => fault(&first.field, &first.reason),
                None => fault("id", "is refused"),
            },
            Err(error) => Err(error),
        }
    }

    /// Reads on; answers after how many seconds to come back, `None` for never.
    async fn read_import(&self, account: AccountId, id: &ImportId) -> AppResult<Option<u64>> {
        let now_ms = self.clock.now_ms();
        let known = self.store.subscriber_import(account, id, self.clock.now()).await?;
        let Some(import) = known.filter(|import| import.status == ImportStatus::Running) else {
            return Ok(None);
        };
        if import.leased_until_ms > now_ms {
            let left_ms = import.leased_until_ms - now_ms;
            return Ok(Some(u64::try_from(left_ms.div_euclid(1_000) + 1).unwrap_or_default()));
        }
        let mut reading = Reading {
            app: self,
            account,
            noted: import.clone(),
            import,
            open: Vec::new(),
            people: BTreeSet::new(),
            delimiter: b',',
            until_ms: now_ms + WORK_MS,
        };
        if !reading.note().await? {
            return Ok(Some(1));
        }
        match reading.read_on().await {
            Ok(Stop::Overtaken) => Ok(Some(1)),
            Ok(Stop::Time) => reading.let_go().await.map(|()| Some(1)),
            Ok(Stop::End) => reading.end(None).await,
            Ok(Stop::Fault(reason)) => reading.end(Some(reason)).await,
            Err(error) => {
                reading.import = reading.noted.clone();
                reading.let_go().await?;
                Err(error)
            }
        }
    }
}

fn length<T>(slice: &[T]) -> u64 {
    u64::try_from(slice.len()).unwrap_or_default()
}

impl Reading<'_> {
    async fn read_on(&mut self) -> AppResult<Stop> {
        let mut reader = None;
        loop {
            let from = reader.as_ref().map_or(self.import.position, RecordReader::position);
            let Some(piece) = self.piece(from).await? else {
                return Ok(Stop::Fault(
                    "the file is gone, or was uploaded again while it was read".to_owned(),
                ));
            };
            let (reader, piece) = match &mut reader {
                Some(reader) => (reader, &piece[..]),
                none => {
                    let (made, rest) = self.begin(from, &piece);
                    (none.insert(made), rest)
                }
            };
            let at_end = reader.position().byte + length(piece) >= self.import.size_bytes;
            let records = reader.read(piece).and_then(|mut records| {
                if at_end && !piece.is_empty() {
                    records.extend(reader.read(&[])?);
                }
                Ok(records)
            });
            let records = match records {
                Ok(records) => records,
                Err(error) => return Ok(Stop::Fault(error.to_string())),
            };
            for record in records {
                if let Some(stop) = self.take(record).await? {
                    return Ok(stop);
                }
            }
            if at_end {
                self.carry_out().await?;
                let header = self.import.columns.is_some();
                return Ok(if header { Stop::End } else { Stop::Fault("the file is empty".to_owned()) });
            }
        }
    }

    /// A reader from here on; at the file's beginning the mark that some editors write is no part of the header.
    fn begin<'p>(&mut self, from: FilePosition, piece: &'p [u8]) -> (RecordReader, &'p [u8]) {
        let rest = match from.byte {
            0 => piece.strip_prefix(BYTE_ORDER_MARK).unwrap_or(piece),
            _ => piece,
        };
        let skipped = length(piece) - length(rest);
        let columns = self.import.columns.as_ref();
        self.delimiter = columns.map_or_else(|| delimiter_of(rest), |columns| columns.delimiter);
        (RecordReader::new(self.delimiter, FilePosition { byte: from.byte + skipped, ..from }), rest)
    }

    /// The next bytes of the file, none at its end; `None` if it is not there any more.
    async fn piece(&self, from: FilePosition) -> AppResult<Option<Vec<u8>>> {
        let left = self.import.size_bytes.saturating_sub(from.byte);
        if left == 0 {
            return Ok(Some(Vec::new()));
        }
        let key = ObjectKey::Import(self.account, &self.import.id);
        let version = self.import.file_version.as_deref().unwrap_or_default();
        self.app.objects()?.read_range(&key, version, from.byte, left.min(PIECE_BYTES)).await
    }

    /// Takes a record: the header, or a line to be carried out.
    async fn take(&mut self, record: Record) -> AppResult<Option<Stop>> {
        let Some(columns) = &self.import.columns else {
            return Ok(match ImportColumns::read(self.delimiter, &record.cells) {
                Ok(columns) => {
                    self.import.columns = Some(columns);
                    None
                }
                Err(reason) => Some(Stop::Fault(reason)),
            });
        };
        let line = columns.line(&record.cells);
        let is_repeated = line.as_ref().is_ok_and(|(user, _)| !self.people.insert(*user));
        if is_repeated || self.open.len() >= LINES_TOGETHER {
            self.carry_out().await?;
            self.people.extend(line.as_ref().map(|(user, _)| *user));
        }
        self.open.push((record.line, line));
        if self.import.lines + length(&self.open) - self.noted.lines < LINES_BETWEEN_NOTES {
            return Ok(None);
        }
        self.carry_out().await?;
        self.import.position = record.end;
        if !self.note().await? {
            return Ok(Some(Stop::Overtaken));
        }
        Ok((self.app.clock.now_ms() >= self.until_ms).then_some(Stop::Time))
    }

    /// Carries out the lines that are read, of as many people; the faults are told in the order of the lines.
    async fn carry_out(&mut self) -> AppResult<()> {
        self.people.clear();
        let (app, account) = (self.app, self.account);
        let lines = stream::iter(std::mem::take(&mut self.open)).map(|(line, read)| async move {
            match read {
                Err(fault) => (line, Ok(Err(fault))),
                Ok((user, change)) => (line, app.import_person(account, user, change).await),
            }
        });
        let outcomes: Vec<_> = lines.buffered(PEOPLE_AT_ONCE).collect().await;
        for (line, outcome) in outcomes {
            self.import.lines += 1;
            match outcome? {
                Ok(()) => self.import.imported += 1,
                Err((field, reason)) => self.import.fail_line(line, field, reason),
            }
        }
        Ok(())
    }

    /// Notes how far it came, and that nobody else reads on; `false` if somebody does.
    async fn note(&mut self) -> AppResult<bool> {
        self.import.leased_until_ms = self.app.clock.now_ms() + IMPORT_LEASE_MS;
        self.write().await
    }

    /// Notes how far it came, and that others may read on.
    async fn let_go(&mut self) -> AppResult<()> {
        self.import.leased_until_ms = 0;
        self.write().await.map(drop)
    }

    /// Notes that it has ended, and deletes the file.
    async fn end(&mut self, reason: Option<String>) -> AppResult<Option<u64>> {
        let failed = reason.is_some();
        self.import.status = if failed { ImportStatus::Failed } else { ImportStatus::Completed };
        (self.import.reason, self.import.ended) = (reason, Some(self.app.clock.now()));
        self.import.leased_until_ms = 0;
        if !self.write().await? {
            return Ok(Some(1));
        }
        let deleted =
            async { self.app.objects()?.delete(&ObjectKey::Import(self.account, &self.import.id)).await };
        if let Err(error) = deleted.await {
            tracing::warn!(?error, "the file of an import stays until the bucket forgets it");
        }
        Ok(None)
    }

    async fn write(&mut self) -> AppResult<bool> {
        self.import.version = self.noted.version + 1;
        let written = self.app.store.change_subscriber_import(self.account, &self.import).await?;
        if written {
            self.noted = self.import.clone();
        }
        Ok(written)
    }
}
