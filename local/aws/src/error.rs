//! Why a cloud does not start.

use std::path::PathBuf;

use crate::template::TemplateError;

/// Why a cloud does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The template asks for something this crate does not know, or does not hold together.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A file or directory below the data directory cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// A file below the data directory is not what an earlier run wrote.
    #[error("{} is damaged: {source}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What does not parse.
        source: serde_json::Error,
    },
    /// No loopback port could be had, or the listener's address is unknown.
    #[error("cannot listen on loopback: {0}")]
    Listen(#[source] std::io::Error),
    /// `DynamoDB` does not open or does not take the table.
    #[error("DynamoDB: {0}")]
    Database(String),
    /// The table on disk has other keys, indexes, stream or time to live than the template.
    #[error("table {table} exists with another layout: the template wants {wanted}, the data has {found}")]
    TableLayout {
        /// The table's name.
        table: String,
        /// The layout of the template, as JSON.
        wanted: String,
        /// The layout of the data, as JSON.
        found: String,
    },
    /// S3 does not start.
    #[error("S3: {0}")]
    Storage(String),
    /// The template names a binary that the caller does not have.
    #[error("function {function}: no binary {binary}")]
    UnknownBinary {
        /// The function's logical id.
        function: String,
        /// `Metadata.BuildProperties.Binary`
        binary: String,
    },
}
