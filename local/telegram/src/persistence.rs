//! The state on disk: one JSON file, replaced as a whole.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::StartError;
use crate::simulator::Simulator;
use crate::state::State;

/// At most this long after a change the state is on disk.
const WRITE_EVERY: Duration = Duration::from_millis(500);

/// Reads the state; a missing file is an empty one.
pub fn load(path: &Path) -> Result<State, StartError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::default()),
        Err(source) => return Err(StartError::Read { path: path.to_owned(), source }),
    };
    serde_json::from_slice(&text).map_err(|source| StartError::Parse { path: path.to_owned(), source })
}

/// Writes the state after changes, until the stop.
pub async fn run(simulator: Simulator) {
    if simulator.options().data_file.is_none() {
        return;
    }
    let (mut changes, mut stopping) = (simulator.changes(), simulator.stopping());
    // What happened before this task first ran counts too.
    changes.mark_changed();
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            _ = changes.changed() => {}
        }
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(WRITE_EVERY) => {}
        }
        changes.mark_unchanged();
        save(&simulator).await;
    }
}

/// Writes the state now, if it is kept at all.
pub async fn save(simulator: &Simulator) {
    let Some(path) = simulator.options().data_file.clone() else { return };
    if let Err(error) = write(simulator, path).await {
        tracing::error!(%error, "the state of the simulator could not be written");
    }
}

async fn write(simulator: &Simulator, path: PathBuf) -> std::io::Result<()> {
    let simulator = simulator.clone();
    let written = tokio::task::spawn_blocking(move || {
        let text = simulator.read(|world| serde_json::to_vec(&world.state))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut name = path.clone().into_os_string();
        name.push(".new");
        std::fs::write(&name, text)?;
        std::fs::rename(&name, &path)
    });
    written.await.unwrap_or_else(|error| Err(std::io::Error::other(error)))
}
