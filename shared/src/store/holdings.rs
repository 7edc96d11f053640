//! How much of outreach an account keeps, and how often it named segments: one row, moved in the transaction of the write
//! that it counts.

use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::access::{Refusal, delete_step, number, put_step, update_step};
use super::{Key, Store};
use crate::domain::outreach::{Holding, TRIGGERED_MAX};
use crate::error::AppResult;
use crate::ids::AccountId;

/// The attribute that counts how often something began to name a segment, or a segment was deleted.
const NAMING: &str = "naming";

/// The attribute that counts the campaigns that are listed by their triggers.
const LISTED: &str = "listed";

/// What a write changes of what an account keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldingChange {
    /// Of what.
    pub holding: Holding,
    /// How many more there are, or fewer.
    pub count: i64,
    /// How many more bytes of JSON they take, or fewer.
    pub bytes: i64,
    /// How many more campaigns are listed by their triggers, or fewer.
    pub listed: i64,
    /// What it does about segments.
    pub naming: Naming,
}

/// What a write does about segments that others name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// It names none that was not named before.
    Same,
    /// It may begin to name some.
    Begins,
    /// It rests on what named what when this was read by [`Store::naming`], and changes it.
    After(u64),
}

/// What became of a write that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldWrite {
    /// It happened.
    Written,
    /// What it rests on was changed since it was read, or is gone.
    Overtaken,
    /// The account has as much as it may.
    Full,
    /// As many campaigns of the account as may be are active that have triggers.
    ListFull,
}

#[derive(Default, Deserialize)]
struct HoldingsRow {
    #[serde(default)]
    naming: u64,
    #[serde(default)]
    listed: i64,
}

impl HoldingChange {
    /// One more, of so many bytes.
    #[must_use]
    pub fn made(holding: Holding, bytes: u64) -> Self {
        Self { holding, count: 1, bytes: bytes.cast_signed(), listed: 0, naming: Naming::Same }
    }

    /// One that takes other bytes than before.
    #[must_use]
    pub fn changed(holding: Holding, before: u64, after: u64) -> Self {
        let bytes = after.cast_signed() - before.cast_signed();
        Self { holding, count: 0, bytes, listed: 0, naming: Naming::Same }
    }

    /// One less, of so many bytes.
    #[must_use]
    pub fn deleted(holding: Holding, bytes: u64) -> Self {
        Self { holding, count: -1, bytes: -bytes.cast_signed(), listed: 0, naming: Naming::Same }
    }

    /// The same where it does this about segments.
    #[must_use]
    pub fn naming(self, naming: Naming) -> Self {
        Self { naming, ..self }
    }

    /// The same where so many more campaigns are listed by their triggers, or fewer.
    #[must_use]
    pub fn listing(self, listed: i64) -> Self {
        Self { listed, ..self }
    }

    fn is_nothing(&self) -> bool {
        self.count == 0 && self.bytes == 0 && self.listed == 0 && self.naming == Naming::Same
    }
}

impl Store {
    /// How often something began to name a segment of an account, or a segment was deleted.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn naming(&self, account: AccountId) -> AppResult<u64> {
        let row: Option<HoldingsRow> = self.get(&Key::OutreachHoldings(account)).await?;
        Ok(row.unwrap_or_default().naming)
    }

    /// Writes something new that is counted, unless its key is taken.
    pub(super) async fn make_held<T: Serialize>(
        &self,
        account: AccountId,
        (key, value): (&Key<'_>, &T),
        change: HoldingChange,
        others: impl IntoIterator<Item = TransactWriteItem>,
    ) -> AppResult<HeldWrite> {
        let put = self.new_item(key, value)?.condition_expression("attribute_not_exists(PK)");
        self.write_held(account, std::iter::once(put_step(put)?).chain(others), change).await
    }

    /// Replaces something that is counted and was read at the version before this one.
    pub(super) async fn change_held<T: Serialize>(
        &self,
        account: AccountId,
        (key, value, version): (&Key<'_>, &T, u64),
        change: HoldingChange,
    ) -> AppResult<HeldWrite> {
        let put = self.new_item(key, value)?.condition_expression("version = :before");
        let put = put.expression_attribute_values(":before", number(version - 1));
        self.write_held(account, [put_step(put)?], change).await
    }

    /// Deletes something that is counted and was read at this version.
    pub(super) async fn delete_held(
        &self,
        account: AccountId,
        (key, version): (&Key<'_>, u64),
        change: HoldingChange,
    ) -> AppResult<HeldWrite> {
        let removal = self.removal(key).condition_expression("version = :version");
        let removal = removal.expression_attribute_values(":version", number(version));
        self.write_held(account, [delete_step(removal)?], change).await
    }

    /// Writes all of it or nothing, with what it changes of what the account keeps.
    pub(super) async fn write_held(
        &self,
        account: AccountId,
        steps: impl IntoIterator<Item = TransactWriteItem>,
        change: HoldingChange,
    ) -> AppResult<HeldWrite> {
        let mut steps: Vec<_> = steps.into_iter().collect();
        let counted = steps.len();
        if !change.is_nothing() {
            steps.push(self.holding_step(account, change)?);
        }
        Ok(match self.transact(steps).await? {
            None => HeldWrite::Written,
            Some(refusal) if refusal.step == counted => change.refused(refusal)?,
            Some(_) => HeldWrite::Overtaken,
        })
    }

    fn holding_step(&self, account: AccountId, change: HoldingChange) -> AppResult<TransactWriteItem> {
        let HoldingChange { holding, count, bytes, listed, naming } = change;
        let mut update = self
            .update(&Key::OutreachHoldings(account))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let (mut adds, mut conditions) = (Vec::new(), Vec::new());
        for (name, more, most) in
            [("count", count, holding.count_max()), ("bytes", bytes, holding.bytes_max())]
        {
            if more == 0 {
                continue;
            }
            adds.push(format!("#{name} :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), format!("{}_{name}", holding.name()))
                .expression_attribute_values(format!(":{name}"), number(more));
            if more > 0 {
                conditions.push(format!("(attribute_not_exists(#{name}) OR #{name} <= :{name}_room)"));
                let room = most.cast_signed() - more;
                update = update.expression_attribute_values(format!(":{name}_room"), number(room));
            }
        }
        if listed != 0 {
            adds.push(format!("{LISTED} :listed"));
            update = update.expression_attribute_values(":listed", number(listed));
        }
        if listed > 0 {
            conditions.push(format!("(attribute_not_exists({LISTED}) OR {LISTED} < :listed_most)"));
            update = update.expression_attribute_values(":listed_most", number(TRIGGERED_MAX));
        }
        if naming != Naming::Same {
            adds.push(format!("{NAMING} :one"));
            update = update.expression_attribute_values(":one", number(1));
        }
        match naming {
            Naming::After(0) => conditions.push(format!("attribute_not_exists({NAMING})")),
            Naming::After(known) => {
                conditions.push(format!("{NAMING} = :known"));
                update = update.expression_attribute_values(":known", number(known));
            }
            Naming::Same | Naming::Begins => {}
        }
        update = update.update_expression(format!("ADD {}", adds.join(", ")));
        if !conditions.is_empty() {
            update = update.condition_expression(conditions.join(" AND "));
        }
        update_step(update)
    }
}

impl HoldingChange {
    /// Why the row refused it.
    fn refused(self, refusal: Refusal) -> AppResult<HeldWrite> {
        let row: HoldingsRow = refusal.item.map(super::access::from_item).transpose()?.unwrap_or_default();
        Ok(match self.naming {
            Naming::After(known) if known != row.naming => HeldWrite::Overtaken,
            _ if self.listed > 0 && row.listed >= TRIGGERED_MAX => HeldWrite::ListFull,
            _ => HeldWrite::Full,
        })
    }
}
