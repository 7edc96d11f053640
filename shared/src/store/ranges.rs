//! Long lists: rows between two sort keys, in pages; of one partition or of several after one another.

use std::collections::VecDeque;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use futures::{StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;

use super::access::{from_item, text, unavailable};
use super::{Item, Key, Store};
use crate::error::AppResult;

/// Which way the items of a partition are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By the sort key.
    OldestFirst,
    /// Against it.
    NewestFirst,
}

/// The rows of one partition between two sort keys, newest first unless said otherwise, and how far they were read.
#[derive(Clone, Debug)]
pub(super) struct RowRange {
    index: Option<Index>,
    partition: String,
    first: String,
    last: String,
    filter: Option<(&'static str, AttributeValue)>,
    order: Order,
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
        let order = Order::NewestFirst;
        Self { index: None, partition, first, last, filter: None, order, read_up_to: None }
    }

    /// The same sort keys in a partition of an index.
    pub fn in_index(self, index: Index, partition: String) -> Self {
        Self { index: Some(index), partition, ..self }
    }

    /// Only rows whose attribute has this value; the others are read and left out.
    pub fn filtered(self, attribute: &'static str, value: AttributeValue) -> Self {
        Self { filter: Some((attribute, value)), ..self }
    }

    /// In this order, and only what comes after `key`, which need not be there nor lie within the range.
    pub fn read_from(self, order: Order, key: Option<&Key<'_>>) -> Self {
        let range = Self { order, ..self };
        let Some(key) = key else { return range };
        let sort = key.sort();
        if (range.first.as_str()..=range.last.as_str()).contains(&sort.as_str()) {
            return Self { read_up_to: Some(key.attributes()), ..range };
        }
        let is_passed = match order {
            Order::OldestFirst => sort > range.last,
            Order::NewestFirst => sort < range.first,
        };
        // A range that ends before it begins has no rows.
        if is_passed { Self { first: range.last + "~", last: String::new(), ..range } } else { range }
    }

    /// A row's key in the table and in the index.
    fn key_of(&self, row: &Item) -> Item {
        let index = self.index.map(|index| index.partition);
        let names = ["PK", "SK"].into_iter().chain(index);
        names.filter_map(|name| Some((name.to_owned(), row.get(name)?.clone()))).collect()
    }
}

/// A place in a long list: what is left of it.
#[derive(Clone, Debug)]
pub(super) struct RowReader(VecDeque<RowRange>);

/// A page is a megabyte, some thousands of rows; so many take about ten seconds.
const COUNTED_PAGES_MAX: usize = 400;

/// How many partitions are counted at the same time.
const COUNTED_AT_ONCE: usize = 16;

impl RowReader {
    /// Begins with the first of these ranges; one whose keys are the wrong way round has no rows.
    pub fn new(ranges: impl IntoIterator<Item = RowRange>) -> Self {
        Self(ranges.into_iter().filter(|range| range.first <= range.last).collect())
    }

    /// Whether nothing is left. Something may be left that has no rows.
    pub fn is_at_end(&self) -> bool {
        self.0.is_empty()
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
            let wanted = limit - rows.len();
            let mut request = self.rows_of(range);
            // DynamoDB counts rows before its filter: with one it reads a megabyte, and what is too much is left.
            if range.filter.is_none() {
                request = request.limit(i32::try_from(wanted).unwrap_or(i32::MAX));
            }
            let answer = request.send().await.map_err(unavailable)?;
            let mut items = answer.items.unwrap_or_default();
            let surplus = items.len() > wanted;
            items.truncate(wanted);
            let last = items.last().filter(|_| surplus).map(|item| range.key_of(item));
            reader.advance(last.or(answer.last_evaluated_key));
            for item in items {
                rows.push(from_item(item)?);
            }
        }
        Ok(rows)
    }

    /// How many rows are left; reads all of them, by the megabyte, the partitions side by side. `None` if one of them
    /// has more than [`COUNTED_PAGES_MAX`] pages.
    pub(super) async fn count_rows(&self, reader: &RowReader) -> AppResult<Option<u64>> {
        let ranges = reader.0.iter().map(|range| RowReader([range.clone()].into()));
        let counts: Vec<_> = ranges.map(|range| self.count_range(range)).collect();
        let counts: Vec<_> = stream::iter(counts).buffer_unordered(COUNTED_AT_ONCE).try_collect().await?;
        Ok(counts.into_iter().sum())
    }

    async fn count_range(&self, mut rest: RowReader) -> AppResult<Option<u64>> {
        let mut count = 0;
        for _ in 0..COUNTED_PAGES_MAX {
            match self.count_page(&mut rest).await? {
                Some(page) => count += page,
                None => return Ok(Some(count)),
            }
        }
        Ok(None)
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
            .scan_index_forward(range.order == Order::OldestFirst)
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
