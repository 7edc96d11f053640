use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;

use super::access::{from_item, number, to_attribute, unavailable, written};
use super::{Key, Store};
use crate::domain::circuit::{Circuit, ProbeWait};
use crate::error::AppResult;
use crate::ids::AccountId;

/// A circuit is forgotten so long after its last failure: a day.
const KEPT_SECONDS: i64 = 86_400;

impl Store {
    /// An account's circuit to a host as it is now.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn circuit(&self, account: AccountId, host: &str) -> AppResult<Circuit> {
        Ok(self.get(&Key::Circuit(account, host)).await?.unwrap_or_default())
    }

    /// Counts one more failure in a row, and answers the circuit with it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; after a retry a failure may be counted twice.
    pub async fn count_host_failure(&self, account: AccountId, host: &str, now: i64) -> AppResult<Circuit> {
        let update = self
            .update_circuit(account, host)
            .update_expression("ADD failures :one SET expires_at = :expires_at")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":expires_at", number(now + KEPT_SECONDS))
            .return_values(ReturnValue::AllNew);
        from_item(update.send().await.map_err(unavailable)?.attributes.unwrap_or_default())
    }

    /// Opens a circuit that is closed. `false` if it is open already.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn open_circuit(&self, account: AccountId, host: &str, wait: ProbeWait) -> AppResult<bool> {
        let update = self
            .update_circuit(account, host)
            .update_expression("SET #wait = :wait")
            .condition_expression("attribute_not_exists(#wait)")
            .expression_attribute_names("#wait", "wait")
            .expression_attribute_values(":wait", to_attribute(&wait)?);
        written(update.send().await)
    }

    /// Begins the wait after a probe: whoever is granted it makes the probe. `false` if somebody else was quicker, or
    /// the circuit is closed.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; after a retry the answer may be `false` by the first attempt, and this probe
    /// is left out.
    pub async fn claim_probe(
        &self,
        account: AccountId,
        host: &str,
        seen: ProbeWait,
        next: ProbeWait,
    ) -> AppResult<bool> {
        let update = self
            .update_circuit(account, host)
            .update_expression("SET #wait = :next")
            .condition_expression("#wait.until_ms = :seen")
            .expression_attribute_names("#wait", "wait")
            .expression_attribute_values(":next", to_attribute(&next)?)
            .expression_attribute_values(":seen", number(seen.until_ms));
        written(update.send().await)
    }

    /// Closes a circuit and forgets its failures. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn close_circuit(&self, account: AccountId, host: &str) -> AppResult<()> {
        let update = self
            .update_circuit(account, host)
            .update_expression("REMOVE failures, #wait")
            .expression_attribute_names("#wait", "wait");
        update.send().await.map_err(unavailable)?;
        Ok(())
    }

    fn update_circuit(&self, account: AccountId, host: &str) -> UpdateItemFluentBuilder {
        let key = Key::Circuit(account, host).attributes();
        self.client.update_item().table_name(&self.table).set_key(Some(key))
    }
}
