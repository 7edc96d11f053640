//! Files in the data folder that more than one part of the program knows.

use std::fs::{File, TryLockError};
use std::path::Path;

/// Where the first account's key is kept.
pub(crate) const KEY_FILE: &str = "api-key";

/// Where a running system says how to reach its table.
pub(crate) const RUNNING_FILE: &str = "running.json";

/// Makes the folder if it is not there and keeps every other process from using it while the answer lives.
pub(crate) fn open(path: &Path) -> std::io::Result<File> {
    std::fs::create_dir_all(path)?;
    let lock = File::create(path.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(std::io::Error::other("another process is using this data folder"))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Writes a file that only its owner may read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}
