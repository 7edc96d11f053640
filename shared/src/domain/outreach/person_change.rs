use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What an account tells of a person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonChange {
    /// Attributes by name; `None` forgets one. Those that are not named stay.
    pub attributes: BTreeMap<String, Option<Value>>,
    /// Tags that they get.
    pub add_tags: BTreeSet<String>,
    /// Tags that they lose.
    pub remove_tags: BTreeSet<String>,
}

impl PersonChange {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.add_tags.is_empty() && self.remove_tags.is_empty()
    }
}
