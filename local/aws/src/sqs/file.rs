//! The file that keeps the queues over restarts.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::{Snapshot, Sqs};
use crate::{StartError, durable};

/// The file that keeps the queues over restarts.
#[derive(Debug)]
pub struct SnapshotFile {
    path: PathBuf,
    /// [`Sqs::changes`] of what is on disk. Its lock is held from the taking of a snapshot to the end of its
    /// writing, so that of two writers the later one writes the newer state.
    written: Mutex<Option<u64>>,
}

impl SnapshotFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, written: Mutex::new(None) }
    }

    /// What an earlier run wrote; nothing at first.
    ///
    /// # Errors
    ///
    /// As [`durable::read_json`].
    pub(super) fn read(&self) -> Result<Snapshot, StartError> {
        Ok(durable::read_json(&self.path)?.unwrap_or_default())
    }

    /// Writes the queues, unless they are on disk as they are. Blocks meanwhile.
    ///
    /// # Errors
    ///
    /// Whatever the file system says; safe to retry.
    pub(super) fn write(&self, sqs: &Sqs) -> std::io::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        // A change between these two lines is written now and once more later.
        let changes = sqs.changes();
        if *written == Some(changes) {
            return Ok(());
        }
        durable::write_json(&self.path, &sqs.snapshot())?;
        *written = Some(changes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Draft;
    use super::*;
    use crate::template::QueueSpec;

    #[test]
    fn what_was_queued_before_a_save_is_on_disk_after_it_however_many_save_at_once() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("queues.json");
        let specs = [QueueSpec::standard("jobs")];
        let sqs = Sqs::open(&specs, String::new(), Some(path.clone())).unwrap();
        let send_and_save = |writer: usize| {
            for number in 0..25 {
                let body = format!("{number} of {writer}!");
                sqs.send("jobs", Draft::of(body.clone())).unwrap();
                sqs.save().unwrap();
                assert!(std::fs::read_to_string(&path).unwrap().contains(&body), "{body}");
            }
        };
        std::thread::scope(|scope| {
            for writer in 0..4 {
                scope.spawn(move || send_and_save(writer));
            }
        });
        let again = Sqs::open(&specs, String::new(), Some(path.clone())).unwrap();
        assert_eq!(again.bodies("jobs").unwrap(), sqs.bodies("jobs").unwrap());
    }

    #[test]
    fn queues_that_have_not_changed_are_not_written_again() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("queues.json");
        let sqs = Sqs::open(&[], String::new(), Some(path.clone())).unwrap();
        sqs.save().unwrap();
        std::fs::remove_file(&path).unwrap();
        sqs.save().unwrap();
        assert!(!path.exists());
    }
}
