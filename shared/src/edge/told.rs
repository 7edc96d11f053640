//! The records of the table's stream that webhooks may be told of.

use aws_lambda_events::dynamodb::EventRecord;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;

use super::stream::{partition_of, put_aside};
use crate::app::{App, ContactChange, Tellable};
use crate::error::{AppError, AppResult};
use crate::store::{ToldPartition, told_partition};

/// Works a batch.
pub fn work<'a>(app: &'a App, shard: String, records: &'a [EventRecord]) -> BoxFuture<'a, AppResult<()>> {
    async move {
        let mut changes = Vec::with_capacity(records.len());
        for record in records {
            match read(record) {
                Ok(change) => changes.extend(change),
                Err(error) => put_aside(app, &shard, record, &error).await?,
            }
        }
        app.tell_webhooks(&changes).await
    }
    .boxed()
}

/// `None` for a record that nothing is told of.
fn read(record: &EventRecord) -> AppResult<Option<Tellable>> {
    let partition = partition_of(record)?;
    let (account, told) = told_partition(&partition)
        .ok_or_else(|| AppError::unavailable("the record is of nothing that webhooks are told"))?;
    let (old, new) = (&record.change.old_image, &record.change.new_image);
    if new.is_empty() {
        return Ok(None);
    }
    Ok(match told {
        ToldPartition::Campaign(campaign) => Some(Tellable::Campaign(account, campaign, image(new)?)),
        // One that expired may be recorded anew before it is deleted.
        ToldPartition::Conversion => Some(Tellable::Conversion(account, Box::new(image(new)?))),
        // What the account says of a person has no bot.
        ToldPartition::Contacts if !new.contains_key("bot") => None,
        ToldPartition::Contacts => {
            let old = if old.is_empty() { None } else { Some(image(old)?) };
            Some(Tellable::Contact(account, Box::new(ContactChange { old, new: image(new)? })))
        }
    })
}

fn image<T: DeserializeOwned>(item: &serde_dynamo::Item) -> AppResult<T> {
    serde_dynamo::from_item(item.clone())
        .map_err(|error| AppError::unavailable(format!("an image does not read: {error}")))
}
