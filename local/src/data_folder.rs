//! Files in the data folder that more than one part of the program knows.

use std::path::Path;

/// Where a running system says how to reach its table.
pub(crate) const RUNNING_FILE: &str = "running.json";

/// Writes a file that only its owner may read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}
