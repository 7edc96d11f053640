//! `DynamoDB`: the embedded server, its tables and their streams.

mod layout;
mod stream;

use std::path::{Path, PathBuf};
use std::time::Duration;

use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::StartError;
use crate::stop::Stop;
use crate::template::TableSpec;

pub use stream::{Record, Stream};

/// AWS deletes expired items within days; here it is a minute.
const SWEEP_PERIOD: Duration = Duration::from_secs(60);

/// Finding a table's latest stream record, which every write does, and those after a position, which every poll
/// does, would otherwise read all records ever written.
const STREAM_INDEX: &str = "CREATE INDEX IF NOT EXISTS stream_position
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// The embedded database.
#[derive(Clone)]
pub struct DynamoDb(Database);

impl DynamoDb {
    /// Opens the database in `directory`, or one in memory.
    ///
    /// # Errors
    ///
    /// [`StartError::Database`]
    pub fn open(directory: &Path, ephemeral: bool) -> Result<Self, StartError> {
        if !ephemeral {
            let path = directory.join("dynamodb.sqlite");
            return open_file(&path).map(Self);
        }
        // Only a file can be given the index, so the database in memory starts as a copy of an empty one.
        let blank = directory.join(format!("blank-{}.sqlite", uuid::Uuid::new_v4()));
        drop(open_file(&blank)?);
        let database = Database::memory().map_err(database_error)?;
        let restored = database.restore_from(&blank.to_string_lossy()).map_err(database_error);
        for leftover in ["", "-wal", "-shm"] {
            let mut name = blank.clone().into_os_string();
            name.push(leftover);
            // What is not there need not be removed.
            let _ = std::fs::remove_file(PathBuf::from(name));
        }
        restored.map(|()| Self(database))
    }

    /// Makes the table if there is none of its name.
    ///
    /// # Errors
    ///
    /// [`StartError::TableLayout`] if there is another one, [`StartError::Database`] if it is refused.
    pub fn ensure_table(&self, spec: &TableSpec) -> Result<(), StartError> {
        layout::ensure(&self.0, spec)
    }

    /// The stream of a table.
    pub fn stream(&self, spec: &TableSpec) -> Stream {
        Stream::new(self.0.clone(), spec)
    }

    /// Serves requests until told to stop.
    pub fn serve(&self, tasks: &mut JoinSet<()>, listener: TcpListener, stop: Stop) {
        let database = self.0.clone();
        tasks.spawn(async move {
            let shutdown = async move { stop.requested().await };
            if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, shutdown).await {
                tracing::error!(error, "DynamoDB ended");
            }
        });
    }

    /// Deletes expired items each minute until told to stop.
    pub fn expire_each_minute(&self, tasks: &mut JoinSet<()>, stop: Stop) {
        let database = self.clone();
        tasks.spawn(async move {
            while stop.sleep(SWEEP_PERIOD).await {
                database.expire_items().await;
            }
        });
    }

    /// Deletes expired items now; gives their number.
    pub async fn expire_items(&self) -> usize {
        let database = self.0.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(deleted)) => deleted,
            Ok(Err(error)) => {
                tracing::warn!(%error, "cannot delete expired items");
                0
            }
            Err(_) => 0,
        }
    }
}

fn open_file(path: &Path) -> Result<Database, StartError> {
    let database = Database::new(&path.to_string_lossy()).map_err(database_error)?;
    let connection =
        rusqlite::Connection::open(path).map_err(|error| StartError::Database(error.to_string()))?;
    connection.execute_batch(STREAM_INDEX).map_err(|error| StartError::Database(error.to_string()))?;
    Ok(database)
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn database_error(error: dynoxide::DynoxideError) -> StartError {
    StartError::Database(error.to_string())
}
