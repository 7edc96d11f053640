use serde::{Deserialize, Serialize};

use super::Store;
use super::access::{to_attribute, unavailable, written};
use crate::error::AppResult;
use crate::ids::AccountId;
use crate::secret::SealedSecret;

/// What an account's postbacks are signed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSigning {
    /// The secret that was given out last.
    pub secret: SealedSecret,
    /// Those it replaced, the latest first; they sign too, for some time.
    #[serde(default)]
    pub retired: Vec<RetiredSecret>,
}

/// A secret that another has replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiredSecret {
    /// The secret.
    pub secret: SealedSecret,
    /// It signs until this second, in Unix time.
    pub until: i64,
}

impl Store {
    /// Sets what an account's postbacks are signed with, if it is still `before`; `false` if another call has set it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; after a retry the answer may be `false` by the first attempt.
    pub async fn replace_signing(
        &self,
        account: AccountId,
        before: Option<&SealedSecret>,
        after: &AccountSigning,
    ) -> AppResult<bool> {
        let update = self
            .update_account(account)
            .update_expression("SET signing = :after")
            .expression_attribute_values(":after", to_attribute(after)?);
        let update = match before {
            None => update.condition_expression("attribute_exists(PK) AND attribute_not_exists(signing)"),
            Some(before) => update
                .condition_expression("signing.secret = :before")
                .expression_attribute_values(":before", to_attribute(before)?),
        };
        written(update.send().await)
    }

    /// Lets an account's postbacks go unsigned. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn remove_signing(&self, account: AccountId) -> AppResult<()> {
        let update = self.update_account(account).update_expression("REMOVE signing");
        update.send().await.map(drop).map_err(unavailable)
    }
}
