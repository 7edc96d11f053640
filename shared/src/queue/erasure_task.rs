use serde::{Deserialize, Serialize};

use super::spell;
use crate::error::AppResult;
use crate::ids::{AccountId, UserId};

/// Something that is left of the erasure of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ErasureTask {
    /// Go on where it is, if it is not done.
    EraseV1 {
        /// The account.
        account: AccountId,
        /// The person.
        user: UserId,
    },
}

impl ErasureTask {
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
        let task = ErasureTask::EraseV1 { account: AccountId(1), user: UserId(7_000_000_001) };
        let wire = task.spelled().unwrap();
        insta::assert_snapshot!(wire, @r#"{"type":"erase_v1","account":1,"user":7000000001}"#);
        assert_eq!(serde_json::from_str::<ErasureTask>(&wire).unwrap(), task);
    }
}
