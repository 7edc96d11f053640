//! How far a stream has been processed, kept over restarts.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::window::Window;
use crate::sqs::Sqs;
use crate::{StartError, durable};

/// How far a stream has been processed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The last record that needs nothing more.
    pub sequence: Option<String>,
    /// The tumbling window that has records and has not ended.
    pub window: Option<Window>,
}

/// A checkpoint and the file it is kept in.
#[derive(Debug)]
pub struct Progress {
    path: Option<PathBuf>,
    sqs: Arc<Sqs>,
    checkpoint: Mutex<Checkpoint>,
}

impl Progress {
    /// Reads the checkpoint of an earlier run; without a path, or at first, it stands at the beginning. `sqs` is
    /// where what the records cause is queued.
    ///
    /// # Errors
    ///
    /// As [`durable::read_json`].
    pub fn load(path: Option<PathBuf>, sqs: Arc<Sqs>) -> Result<Self, StartError> {
        let checkpoint = match &path {
            Some(path) => durable::read_json(path)?.unwrap_or_default(),
            None => Checkpoint::default(),
        };
        Ok(Self { path, sqs, checkpoint: Mutex::new(checkpoint) })
    }

    /// A copy of the checkpoint.
    pub fn get(&self) -> Checkpoint {
        self.lock().clone()
    }

    /// Passes records that the function does not see. Not written out: reading them again changes nothing.
    pub fn pass(&self, sequence: &str) {
        self.lock().sequence = Some(sequence.to_owned());
    }

    /// Moves on, on disk first: the queues and then the checkpoint, so that no crash leaves a record that counts
    /// as processed and a queue without its messages. A failure to write either leaves the older checkpoint, which
    /// costs repetition after a crash, so it is only logged.
    pub fn set(&self, checkpoint: Checkpoint) {
        if let Some(path) = &self.path
            && let Err(error) = self.sqs.save().and_then(|()| durable::write_json(path, &checkpoint))
        {
            tracing::error!(path = %path.display(), %error, "cannot keep a checkpoint");
        }
        *self.lock() = checkpoint;
    }

    fn lock(&self) -> MutexGuard<'_, Checkpoint> {
        self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
