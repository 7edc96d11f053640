//! How the entities talk to DynamoDB: read, write, ask in batches, write all or nothing, and what an error means.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::{DeleteBuilder, PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, DeleteRequest, KeysAndAttributes, Put,
    PutRequest, ReturnValue, TransactWriteItem, Update, WriteRequest,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::contention::let_others_ahead;
use super::{Item, Key, Store};
use crate::error::{AppError, AppResult};

/// How often a batch is asked again for what was left out of its answer.
const BATCH_ROUNDS: usize = 5;

/// How often a transaction is tried that meets others on the same items.
const CONFLICT_TRIES: usize = 10;

/// An item with its end, which counts from its second on, however late DynamoDB deletes it.
#[derive(Serialize, Deserialize)]
pub(super) struct Expiring<T> {
    /// The item.
    #[serde(flatten)]
    pub value: T,
    /// Unix seconds.
    pub expires_at: i64,
}

impl<T> Expiring<T> {
    /// The value, before its end.
    pub fn at(self, now: i64) -> Option<T> {
        (now < self.expires_at).then_some(self.value)
    }
}

impl Store {
    /// Reads one item, strongly consistent.
    pub(super) async fn get<T: DeserializeOwned>(&self, key: &Key<'_>) -> AppResult<Option<T>> {
        self.get_item(key).await?.map(from_item).transpose()
    }

    /// Reads one item as it is, strongly consistent.
    pub(super) async fn get_item(&self, key: &Key<'_>) -> AppResult<Option<Item>> {
        self.get_item_of(&self.table, key).await
    }

    /// Reads one item of another table, strongly consistent.
    pub(super) async fn get_item_of(&self, table: &str, key: &Key<'_>) -> AppResult<Option<Item>> {
        let request = self.client.get_item().table_name(table).set_key(Some(key.attributes()));
        Ok(request.consistent_read(true).send().await.map_err(unavailable)?.item)
    }

    /// Writes one item whatever was there.
    pub(super) async fn put<T: Serialize>(&self, key: &Key<'_>, value: &T) -> AppResult<()> {
        let item = to_item(key, value)?;
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map_err(unavailable)?;
        Ok(())
    }

    /// Reads every item of one partition whose sort key begins with `prefix`, in the order of the sort key.
    pub(super) async fn query<T: DeserializeOwned>(
        &self,
        partition: String,
        prefix: &str,
    ) -> AppResult<Vec<T>> {
        self.query_items(partition, prefix).await?.into_iter().map(from_item).collect()
    }

    /// The same, as the items are.
    pub(super) async fn query_items(&self, partition: String, prefix: &str) -> AppResult<Vec<Item>> {
        let pages = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
            .into_paginator()
            .items()
            .send();
        pages.collect::<Result<_, _>>().await.map_err(unavailable)
    }

    /// Reads every item of one partition between two keys of it, both included, in the order of the sort key.
    pub(super) async fn query_between(&self, first: &Key<'_>, last: &Key<'_>) -> AppResult<Vec<Item>> {
        let pages =
            self.between(first.partition(), first.sort(), last.sort()).into_paginator().items().send();
        pages.collect::<Result<_, _>>().await.map_err(unavailable)
    }

    /// The request for one partition between two sort keys, both included.
    pub(super) fn between(&self, partition: String, first: String, last: String) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND SK BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last))
    }

    /// Reads up to 100 items under different keys, strongly consistent, in the order of the keys.
    pub(super) async fn get_many<T: DeserializeOwned>(&self, keys: &[Key<'_>]) -> AppResult<Vec<Option<T>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let place = |item: &Item| ["PK", "SK"].map(|name| item.get(name)?.as_s().ok().cloned());
        let found = self.batch_get(keys.iter().map(Key::attributes)).await?;
        let mut found: HashMap<_, _> = found.into_iter().map(|item| (place(&item), item)).collect();
        let wanted = keys.iter().map(|key| found.remove(&[Some(key.partition()), Some(key.sort())]));
        wanted.map(|item| item.map(from_item).transpose()).collect()
    }

    /// Reads up to 100 items, strongly consistent, asking again for what DynamoDB left out of its answer.
    pub(super) async fn batch_get(&self, keys: impl Iterator<Item = Item>) -> AppResult<Vec<Item>> {
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys.collect())).consistent_read(true);
        let wanted = wanted.build().map_err(incomplete)?;
        let mut open = Some(HashMap::from([(self.table.clone(), wanted)]));
        let mut items = Vec::new();
        for _ in 0..BATCH_ROUNDS {
            let Some(request) = open.take().filter(|request| !request.is_empty()) else { return Ok(items) };
            let answer = self.client.batch_get_item().set_request_items(Some(request)).send().await;
            let answer = answer.map_err(unavailable)?;
            items.extend(answer.responses.unwrap_or_default().into_values().flatten());
            open = answer.unprocessed_keys;
        }
        match open {
            Some(request) if !request.is_empty() => {
                Err(AppError::unavailable("DynamoDB leaves keys unprocessed"))
            }
            _ => Ok(items),
        }
    }

    /// Writes any number of items, 25 at a time, asking again for what DynamoDB left out.
    pub(super) async fn batch_put(&self, items: Vec<Item>) -> AppResult<()> {
        for some in items.chunks(25) {
            self.batch_put_into([(self.table.as_str(), some)]).await?;
        }
        Ok(())
    }

    /// Writes up to 25 items of some tables, asking again for what DynamoDB left out.
    pub(super) async fn batch_put_into<'a>(
        &self,
        tables: impl IntoIterator<Item = (&'a str, &'a [Item])>,
    ) -> AppResult<()> {
        let mut writes = HashMap::new();
        for (table, items) in tables {
            let puts = items.iter().map(|item| {
                let put = PutRequest::builder().set_item(Some(item.clone())).build().map_err(incomplete)?;
                Ok(WriteRequest::builder().put_request(put).build())
            });
            writes.insert(table.to_owned(), puts.collect::<AppResult<Vec<_>>>()?);
        }
        self.batch_write(writes).await
    }

    /// Deletes any number of items by their keys, 25 at a time, asking again for what DynamoDB left out.
    pub(super) async fn batch_delete(&self, keys: Vec<Item>) -> AppResult<()> {
        for some in keys.chunks(25) {
            let deletions = some.iter().map(|key| {
                let delete =
                    DeleteRequest::builder().set_key(Some(key.clone())).build().map_err(incomplete)?;
                Ok(WriteRequest::builder().delete_request(delete).build())
            });
            let deletions = deletions.collect::<AppResult<Vec<_>>>()?;
            self.batch_write(HashMap::from([(self.table.clone(), deletions)])).await?;
        }
        Ok(())
    }

    async fn batch_write(&self, writes: HashMap<String, Vec<WriteRequest>>) -> AppResult<()> {
        let mut open = Some(writes);
        for _ in 0..BATCH_ROUNDS {
            let Some(request) = open.take().filter(|request| !request.is_empty()) else { break };
            let answer = self.client.batch_write_item().set_request_items(Some(request)).send().await;
            open = answer.map_err(unavailable)?.unprocessed_items;
        }
        if open.is_some_and(|request| !request.is_empty()) {
            return Err(AppError::unavailable("DynamoDB leaves writes unprocessed"));
        }
        Ok(())
    }

    /// A put of one item of this table, to be completed and used in a transaction.
    pub(super) fn new_item<T: Serialize>(&self, key: &Key<'_>, value: &T) -> AppResult<PutBuilder> {
        Ok(Put::builder().table_name(&self.table).set_item(Some(to_item(key, value)?)))
    }

    /// A removal of one item of this table, to be completed and used in a transaction.
    pub(super) fn removal(&self, key: &Key<'_>) -> DeleteBuilder {
        Delete::builder().table_name(&self.table).set_key(Some(key.attributes()))
    }

    /// An update of one item of this table, to be completed and used in a transaction.
    pub(super) fn update(&self, key: &Key<'_>) -> UpdateBuilder {
        Update::builder().table_name(&self.table).set_key(Some(key.attributes()))
    }

    /// A step of a transaction that changes nothing and refuses where there is no such item.
    pub(super) fn is_there(&self, key: &Key<'_>) -> AppResult<TransactWriteItem> {
        let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(key.attributes()));
        let check = check.condition_expression("attribute_exists(PK)").build().map_err(incomplete)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// A step of a transaction that changes nothing and refuses where the item is gone or has another version.
    pub(super) fn is_at_version(&self, key: &Key<'_>, version: u64) -> AppResult<TransactWriteItem> {
        let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(key.attributes()));
        let check = check.condition_expression("version = :version");
        let check = check.expression_attribute_values(":version", number(version)).build();
        Ok(TransactWriteItem::builder().condition_check(check.map_err(incomplete)?).build())
    }

    /// Writes all steps or none. Answers the first step whose condition refused, with the item that made it refuse.
    ///
    /// A transaction that only met another one on the same items is tried again: the SDK does not do that.
    pub(super) async fn transact(
        &self,
        steps: impl Into<Vec<TransactWriteItem>>,
    ) -> AppResult<Option<Refusal>> {
        let request = self.client.transact_write_items().set_transact_items(Some(steps.into()));
        let mut tries = 0;
        loop {
            let Err(error) = request.clone().send().await else { return Ok(None) };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(unavailable(error));
            };
            let reasons = cancelled.cancellation_reasons();
            if let Some(refusal) = first_refusal(reasons) {
                return Ok(Some(refusal));
            }
            tries += 1;
            let conflict = reasons.iter().any(|reason| reason.code() == Some("TransactionConflict"));
            if !conflict || tries == CONFLICT_TRIES {
                return Err(unavailable(error));
            }
            let_others_ahead(tries).await;
        }
    }

    /// Takes the next number of a sequence, an attribute of `key`'s item; `None` if there is no such item.
    pub(super) async fn next_number(&self, key: &Key<'_>, sequence: &str) -> AppResult<Option<u64>> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression("ADD #sequence :one")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_names("#sequence", sequence)
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        let attributes = match answer {
            Ok(answer) => answer.attributes.unwrap_or_default(),
            Err(error) if is_refusal(&error) => return Ok(None),
            Err(error) => return Err(unavailable(error)),
        };
        let taken = attributes.get(sequence).and_then(|value| value.as_n().ok());
        taken
            .and_then(|text| text.parse().ok())
            .map(Some)
            .ok_or_else(|| AppError::unavailable("a sequence is no number"))
    }
}

/// An outage, told to the log by code and message alone: the SDK's whole error may quote items.
pub(super) fn unavailable<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> AppError {
    let word = match &error {
        SdkError::ServiceError(_) => "refused",
        SdkError::TimeoutError(_) => "time-out",
        SdkError::DispatchFailure(_) => "no connection",
        _ => "no usable answer",
    };
    let metadata = error.meta();
    let (code, message) = (metadata.code().unwrap_or_default(), metadata.message().unwrap_or_default());
    AppError::unavailable(format!("DynamoDB: {word} {code} {message}"))
}

/// A request that lacks a part; a fault of this crate.
pub(super) fn incomplete(error: BuildError) -> AppError {
    AppError::unavailable(format!("DynamoDB: {error}"))
}

/// Whether a single write was refused by its own condition.
pub(super) fn is_refusal<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("ConditionalCheckFailedException")
}

/// The step of a transaction that its condition refused, and what stood there.
pub(super) struct Refusal {
    pub step: usize,
    pub item: Option<Item>,
}

pub(super) fn first_refusal(reasons: &[CancellationReason]) -> Option<Refusal> {
    let step = reasons.iter().position(|reason| reason.code() == Some("ConditionalCheckFailed"))?;
    Some(Refusal { step, item: reasons[step].item().cloned() })
}

pub(super) fn put_step(put: PutBuilder) -> AppResult<TransactWriteItem> {
    Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
}

pub(super) fn delete_step(delete: DeleteBuilder) -> AppResult<TransactWriteItem> {
    Ok(TransactWriteItem::builder().delete(delete.build().map_err(incomplete)?).build())
}

pub(super) fn update_step(update: UpdateBuilder) -> AppResult<TransactWriteItem> {
    Ok(TransactWriteItem::builder().update(update.build().map_err(incomplete)?).build())
}

/// Whether a single write happened; `false` if its own condition refused it.
pub(super) fn written<T, E: ProvideErrorMetadata, R>(outcome: Result<T, SdkError<E, R>>) -> AppResult<bool> {
    match outcome {
        Ok(_) => Ok(true),
        Err(error) if is_refusal(&error) => Ok(false),
        Err(error) => Err(unavailable(error)),
    }
}

pub(super) fn from_item<T: DeserializeOwned>(item: Item) -> AppResult<T> {
    serde_dynamo::from_item(item)
        .map_err(|error| AppError::unavailable(format!("an item does not read: {error}")))
}

pub(super) fn to_item<T: Serialize>(key: &Key<'_>, value: &T) -> AppResult<Item> {
    let mut item: Item = serde_dynamo::to_item(value)
        .map_err(|error| AppError::unavailable(format!("an item does not write: {error}")))?;
    // An absent value is no attribute: an index key must not be NULL, and a condition must not find it.
    item.retain(|_, value| !value.is_null());
    item.extend(key.attributes());
    Ok(item)
}

pub(super) fn to_attribute<T: Serialize>(value: &T) -> AppResult<AttributeValue> {
    serde_dynamo::to_attribute_value(value)
        .map_err(|error| AppError::unavailable(format!("an attribute does not write: {error}")))
}

pub(super) fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
