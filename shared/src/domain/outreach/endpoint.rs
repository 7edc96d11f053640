//! Where a campaign of type custom asks what to send.

use super::reader::Reader;
use crate::error::Fault;

/// An endpoint of the account's own that says what the recipients of a chunk get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentEndpoint {
    /// Where it is posted to: http or https, without a name and a password.
    pub url: String,
}

impl ContentEndpoint {
    /// Reads `custom` of a campaign's body; `None` if it names none.
    pub(super) fn read(body: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        let custom = body.object("custom", faults)?;
        custom.target("endpoint", faults).map(|url| Self { url })
    }
}
