//! Long lists: rows between two sort keys, newest first, in pages; of one partition or of several after one another.

use std::collections::VecDeque;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use serde::de::DeserializeOwned;

use super::access::{from_item, text, unavailable};
use super::{Item, Key, Store};
use crate::error::AppResult;

/// The rows of one partition between two sort keys, and how far they were read.
#[derive(Clone, Debug)]
pub(super) struct RowRange {
    index: Option<Index>,
    partition: String,
    first: String,
    last: String,
    filter: Option<(&'static str, AttributeValue)>,
    read_up_to: Option<Item>,
}

/// An index of the table whose sort key is the table's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Index {
    /// Its name.
    pub name: &'static str,
    /// The attribute that is its partition key.
    pub partition: &'static str,
}

impl RowRange {
    /// The rows from one key to another of the same partition, both included.
    pub fn between(first: &Key<'_>, last: &Key<'_>) -> Self {
        let (partition, first, last) = (first.partition(), first.sort(), last.sort());
        Self { index: None, partition, first, last, filter: None, read_up_to: None }
    }

    /// The same sort keys in a partition of an index.
    pub fn in_index(self, index: Index, partition: String) -> Self {
        Self { index: Some(index), partition, ..self }
    }

    /// Only rows whose attribute has this value; the others are read and left out.
    pub fn filtered(self, attribute: &'static str, value: AttributeValue) -> Self {
        Self { filter: Some((attribute, value)), ..self }
    }
}

/// A place in a long list: what is left of it, newest first.
#[derive(Clone, Debug)]
pub(super) struct RowReader(VecDeque<RowRange>);

impl RowReader {
    /// Begins at the newest row; a range whose keys are the wrong way round has none.
    pub fn new(newest_first: impl IntoIterator<Item = RowRange>) -> Self {
        Self(newest_first.into_iter().filter(|range| range.first <= range.last).collect())
    }

    /// Notes how far the front range was read.
    fn advance(&mut self, read_up_to: Option<Item>) {
        match (self.0.front_mut(), read_up_to) {
            (Some(range), Some(key)) => range.read_up_to = Some(key),
            (_, None) => drop(self.0.pop_front()),
            (None, Some(_)) => {}
        }
    }
}

impl Store {
    /// Reads the next rows, at most `limit`. Fewer come only at the end.
    pub(super) async fn next_rows<T: DeserializeOwned>(
        &self,
        reader: &mut RowReader,
        limit: usize,
    ) -> AppResult<Vec<T>> {
        let mut rows = Vec::new();
        while let Some(range) = reader.0.front().filter(|_| rows.len() < limit) {
            // DynamoDB counts rows before its filter, so that with one fewer come at a time.
            let some = i32::try_from(limit - rows.len()).unwrap_or(i32::MAX);
            let answer = self.rows_of(range).limit(some).send().await.map_err(unavailable)?;
            reader.advance(answer.last_evaluated_key);
            for item in answer.items.unwrap_or_default() {
                rows.push(from_item(item)?);
            }
        }
        Ok(rows)
    }

    /// How many rows are left; reads all of them, by the megabyte.
    pub(super) async fn count_rows(&self, reader: &RowReader) -> AppResult<u64> {
        let mut rest = reader.clone();
        let mut count = 0;
        while let Some(page) = self.count_page(&mut rest).await? {
            count += page;
        }
        Ok(count)
    }

    /// Passes the next rows, `count` at most, and answers how many of them it could not pass: the caller reads
    /// those and drops them. Rows are passed by the megabyte, without carrying them here.
    pub(super) async fn pass_rows(&self, reader: &mut RowReader, count: u64) -> AppResult<u64> {
        let mut left = count;
        while left > 0 {
            let mut ahead = reader.clone();
            match self.count_page(&mut ahead).await? {
                None => return Ok(0),
                Some(page) if page > left => return Ok(left),
                Some(page) => left -= page,
            }
            *reader = ahead;
        }
        Ok(0)
    }

    /// Passes up to a megabyte of rows; `None` at the end.
    async fn count_page(&self, reader: &mut RowReader) -> AppResult<Option<u64>> {
        let Some(range) = reader.0.front() else { return Ok(None) };
        let answer = self.rows_of(range).select(Select::Count).send().await.map_err(unavailable)?;
        reader.advance(answer.last_evaluated_key);
        Ok(Some(u64::from(answer.count.unsigned_abs())))
    }

    fn rows_of(&self, range: &RowRange) -> QueryFluentBuilder {
        let partition_key = range.index.map_or("PK", |index| index.partition);
        let mut request = self
            .client
            .query()
            .table_name(&self.table)
            .set_index_name(range.index.map(|index| index.name.to_owned()))
            .scan_index_forward(false)
            .key_condition_expression("#partition = :partition AND SK BETWEEN :first AND :last")
            .expression_attribute_names("#partition", partition_key)
            .expression_attribute_values(":partition", text(&range.partition))
            .expression_attribute_values(":first", text(&range.first))
            .expression_attribute_values(":last", text(&range.last))
            .set_exclusive_start_key(range.read_up_to.clone());
        if let Some((attribute, value)) = &range.filter {
            request = request
                .filter_expression("#filtered = :wanted")
                .expression_attribute_names("#filtered", *attribute)
                .expression_attribute_values(":wanted", value.clone());
        }
        request
    }
}
