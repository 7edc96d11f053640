//! Small JSON files that survive a crash: written aside, flushed, then renamed into place.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::StartError;

/// Replaces the file at `path` with `value` as JSON. A crash leaves the old file or the new one.
///
/// # Errors
///
/// Whatever the file system says; safe to retry.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> std::io::Result<()> {
    let aside = path.with_extension("tmp");
    let mut file = std::fs::File::create(&aside)?;
    file.write_all(&serde_json::to_vec(value)?)?;
    file.sync_all()?;
    std::fs::rename(&aside, path)
}

/// Reads the file at `path`; `None` if there is none.
///
/// # Errors
///
/// [`StartError::File`] if it cannot be read, [`StartError::Corrupt`] if it is not what `write_json` wrote.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StartError> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| StartError::Corrupt { path: path.to_owned(), source }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StartError::File { path: path.to_owned(), source }),
    }
}
