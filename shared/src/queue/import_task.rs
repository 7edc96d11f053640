use serde::{Deserialize, Serialize};

use super::spell;
use crate::error::AppResult;
use crate::ids::{AccountId, ImportId};

/// Something to do for an account's lists of subscribers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ImportTask {
    /// Read on in a list, if it is being read.
    ReadV1 {
        /// Whose it is.
        account: AccountId,
        /// The list.
        import: ImportId,
    },
}

impl ImportTask {
    /// As the queue has it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`] if it does not write; a fault of this crate.
    pub fn spelled(&self) -> AppResult<String> {
        spell(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_frozen() {
        let task = ImportTask::ReadV1 { account: AccountId(1), import: ImportId::of("k3x9") };
        let wire = task.spelled().unwrap();
        insta::assert_snapshot!(wire, @r#"{"type":"read_v1","account":1,"import":"impk3x9"}"#);
        assert_eq!(serde_json::from_str::<ImportTask>(&wire).unwrap(), task);
    }
}
