//! Reads JSON objects that clients send, and notes every fault instead of stopping at the first.

use std::collections::BTreeMap;

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::{Map, Value};
use url::Url;

use crate::domain::calendar;
use crate::error::Fault;

/// No amount is larger: a thousand billions.
const AMOUNT_MAX: u64 = 1_000_000_000_000_000;

/// No address that is posted to is longer.
const URL_CHARACTERS_MAX: usize = 2_000;

/// How long a name may be.
pub(super) const NAME_CHARACTERS_MAX: usize = 200;

/// One object on the way; faults of its fields are noted under their path.
pub(super) struct Reader<'a> {
    object: &'a Map<String, Value>,
    path: String,
}

impl<'a> Reader<'a> {
    /// The body itself.
    pub fn of_body(object: &'a Map<String, Value>) -> Self {
        Self { object, path: String::new() }
    }

    /// An object that stands there.
    pub fn at(object: &'a Map<String, Value>, path: String) -> Self {
        Self { object, path }
    }

    /// The names of the fields that are there.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.object.keys().map(String::as_str)
    }

    /// Every field as it is; `None` for null.
    pub fn entries(&self) -> BTreeMap<String, Option<Value>> {
        let value = |value: &Value| Some(value.clone()).filter(|value| !value.is_null());
        self.object.iter().map(|(name, given)| (name.clone(), value(given))).collect()
    }

    /// Where a field stands.
    pub fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// A field that is there and not null.
    pub fn given(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// Notes a fault of a field.
    pub fn refuse(&self, name: &str, reason: impl Into<String>, faults: &mut Vec<Fault>) {
        faults.push(Fault { field: self.path_of(name), reason: reason.into() });
    }

    /// Reads a field; `None` if it is absent, or at fault.
    pub fn read<T>(
        &self,
        name: &str,
        expected: &str,
        faults: &mut Vec<Fault>,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let value = read(self.given(name)?);
        if value.is_none() {
            self.refuse(name, expected, faults);
        }
        value
    }

    /// Text of so many characters at most, without those around it that are blank; may be empty.
    pub fn text(&self, name: &str, characters_max: usize, faults: &mut Vec<Fault>) -> Option<String> {
        let expected = format!("must be text of at most {characters_max} characters");
        let fits = |text: &str| text.chars().count() <= characters_max;
        self.read(name, &expected, faults, |value| {
            value.as_str().filter(|text| fits(text)).map(str::to_owned)
        })
    }

    /// An object.
    pub fn object(&self, name: &str, faults: &mut Vec<Fault>) -> Option<Self> {
        let object = self.read(name, "must be an object", faults, Value::as_object)?;
        Some(Self { object, path: self.path_of(name) })
    }

    /// A list of objects, at most so many.
    pub fn objects(&self, name: &str, count_max: usize, faults: &mut Vec<Fault>) -> Vec<Self> {
        let expected = format!("must be a list of at most {count_max} objects");
        let list = self.read(name, &expected, faults, |value| {
            value.as_array().filter(|list| list.len() <= count_max && list.iter().all(Value::is_object))
        });
        let path = |index| format!("{}[{index}]", self.path_of(name));
        let objects = list.into_iter().flatten().enumerate();
        objects
            .filter_map(|(index, value)| Some(Self { object: value.as_object()?, path: path(index) }))
            .collect()
    }

    /// A list of values, at most so many.
    pub fn list<T>(
        &self,
        name: &str,
        count_max: usize,
        expected: &str,
        faults: &mut Vec<Fault>,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Vec<T> {
        let expected = format!("must be a list of at most {count_max} {expected}");
        let list = self.read(name, &expected, faults, |value| {
            let list = value.as_array().filter(|list| list.len() <= count_max)?;
            list.iter().map(&read).collect()
        });
        list.unwrap_or_default()
    }

    /// An amount, not below zero and far from what no sum of amounts could hold.
    pub fn amount(&self, name: &str, faults: &mut Vec<Fault>) -> Option<Decimal> {
        let most = Decimal::from(AMOUNT_MAX);
        self.read(name, &format!("must be a number from 0 to {most}"), faults, |value| {
            exact(value).filter(|amount| !amount.is_sign_negative() && *amount <= most)
        })
    }

    /// An address that may be posted to, as it was spelled. Where it really leads is looked at when it is connected to.
    pub fn target(&self, name: &str, faults: &mut Vec<Fault>) -> Option<String> {
        let expected = format!(
            "must be an http or https URL of at most {URL_CHARACTERS_MAX} characters, without a password"
        );
        self.read(name, &expected, faults, |value| {
            let text = value.as_str().filter(|text| text.chars().count() <= URL_CHARACTERS_MAX)?;
            let url = Url::parse(text).ok()?;
            let is_open = url.username().is_empty() && url.password().is_none();
            (matches!(url.scheme(), "http" | "https") && url.has_host() && is_open).then(|| text.to_owned())
        })
    }

    /// Yes or no.
    pub fn flag(&self, name: &str, faults: &mut Vec<Fault>) -> Option<bool> {
        self.read(name, "must be true or false", faults, Value::as_bool)
    }

    /// A time, in Unix seconds.
    pub fn time(&self, name: &str, faults: &mut Vec<Fault>) -> Option<i64> {
        self.read(name, "must be a time such as 2026-06-01T00:00:00Z", faults, |value| {
            value.as_str().and_then(calendar::parse_iso_time)
        })
    }
}

/// A JSON number as it is spelled once it was read: beyond seventeen digits reading has rounded it.
pub(super) fn exact(value: &Value) -> Option<Decimal> {
    let spelled = value.as_number()?.to_string();
    spelled.parse().or_else(|_| Decimal::from_scientific(&spelled)).ok()
}

/// The name of something, which it must have: 1 to 200 characters, without those around it that are blank.
pub(super) fn required_name(body: &Reader<'_>, faults: &mut Vec<Fault>) -> String {
    let expected = format!("must be text of 1 to {NAME_CHARACTERS_MAX} characters");
    match body.given("name") {
        None => body.refuse("name", "is required", faults),
        Some(value) => match value.as_str().map(str::trim) {
            Some(name) if (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) => {
                return name.to_owned();
            }
            _ => body.refuse("name", expected, faults),
        },
    }
    String::new()
}

/// Each value once, where it stands first.
pub(super) fn in_order_once<T: Clone + Ord>(values: Vec<T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    values.into_iter().filter(|value| seen.insert(value.clone())).collect()
}
