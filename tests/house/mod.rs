//! The house is in order: template, routes, binaries and events agree, layers point one way, files are small.

mod events;
mod layers;
mod openapi;
mod permissions;
mod permissions_content;
mod permissions_contests;
mod permissions_conversions;
mod permissions_outreach;
mod permissions_people;
mod permissions_surveys;
mod permissions_triggers;
mod permissions_webhooks;
mod template;
mod tidiness;

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every file below a folder whose name ends in `.rs`, with its path from the root.
fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(root()).unwrap().display().to_string(), text));
            }
        }
    }
    assert!(!files.is_empty(), "no Rust files below {folder}");
    files
}
