//! What a rule compares with, and how values compare.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde_json::Value;

use super::field::Kind;
use super::rule::Op;
use crate::domain::calendar;
use crate::domain::lead_event::LeadStatus;

/// A list in a rule has no more values than this.
const VALUES_MAX: usize = 1000;

/// A rule's value, read once.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    /// One value.
    One(Scalar),
    /// Any of several.
    Several(Vec<Scalar>),
    /// From one to another.
    Range(Scalar, Scalar),
    /// Whether there is to be one.
    Present(bool),
    /// So many seconds ago, or less.
    Ago(i64),
}

/// A value that compares with others of its kind.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Text(String),
    Amount(Decimal),
    Flag(bool),
    /// In Unix seconds.
    Time(i64),
}

impl Operand {
    /// Reads the value of a rule; the error says what it must be.
    pub fn read(op: Op, kind: Kind, value: &Value) -> Result<Self, String> {
        let one = |value: &Value| Scalar::read(op, kind, value);
        match op {
            Op::Exists if value.is_null() => Ok(Self::Present(true)),
            Op::Exists => {
                value.as_bool().map(Self::Present).ok_or_else(|| "must be true or false".to_owned())
            }
            Op::Within => {
                let seconds = value.as_str().and_then(calendar::parse_span);
                seconds.map(Self::Ago).ok_or_else(|| "must be a span such as 30m, 12h or 7d".to_owned())
            }
            Op::In | Op::Nin => match value.as_array() {
                Some(values) if (1..=VALUES_MAX).contains(&values.len()) => {
                    values.iter().map(one).collect::<Result<_, _>>().map(Self::Several)
                }
                _ => Err(format!("must be a list of 1 to {VALUES_MAX} values")),
            },
            Op::Between => match value.as_array().map(Vec::as_slice) {
                Some([low, high]) => {
                    let (low, high) = (one(low)?, one(high)?);
                    match low.order(&high) {
                        Some(Ordering::Less | Ordering::Equal) => Ok(Self::Range(low, high)),
                        _ => Err("must be a list of two values, the lower one first".to_owned()),
                    }
                }
                _ => Err("must be a list of two values, the lower one first".to_owned()),
            },
            Op::Eq | Op::Ne | Op::Gt | Op::Gte | Op::Lt | Op::Lte | Op::Contains | Op::Before | Op::After => {
                one(value).map(Self::One)
            }
        }
    }
}

impl Scalar {
    fn read(op: Op, kind: Kind, value: &Value) -> Result<Self, String> {
        let time = || {
            let time = value.as_str().and_then(calendar::parse_iso_time).map(Self::Time);
            time.ok_or_else(|| "must be a time such as 2026-06-01T00:00:00Z".to_owned())
        };
        match kind {
            Kind::Id => match value.as_u64() {
                Some(id) => Ok(Self::Amount(id.into())),
                None => Err("must be a whole number".to_owned()),
            },
            Kind::LeadStatus => {
                let known = value.as_str().and_then(|word| word.parse::<LeadStatus>().ok());
                known.map(|status| Self::Text(status.name().to_owned())).ok_or_else(|| {
                    format!("must be one of {}", LeadStatus::ALL.map(LeadStatus::name).join(", "))
                })
            }
            Kind::Text | Kind::Words => match value.as_str() {
                Some(text) if !text.is_empty() => Ok(Self::Text(text.to_owned())),
                _ => Err("must be text".to_owned()),
            },
            Kind::Flag => match value.as_bool() {
                Some(flag) => Ok(Self::Flag(flag)),
                None => Err("must be true or false".to_owned()),
            },
            Kind::Time => time(),
            Kind::Amount => amount(value).ok_or_else(|| "must be a number".to_owned()),
            Kind::Any => match op {
                Op::Before | Op::After => time(),
                Op::Gt | Op::Gte | Op::Lt | Op::Lte | Op::Between => {
                    amount(value).ok_or_else(|| "must be a number".to_owned())
                }
                _ => Self::of_attribute(value)
                    .ok_or_else(|| "must be text, a number, true or false".to_owned()),
            },
        }
    }

    /// A value as an account gave it; `None` for a list or an object.
    pub fn of_attribute(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::Bool(flag) => Some(Self::Flag(*flag)),
            Value::Number(_) => amount(value),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Whether two are the same; text in any letter case.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one.to_lowercase() == other.to_lowercase(),
            _ => self == other,
        }
    }

    /// Whether this text has that part; of anything else, whether it is that.
    pub fn contains(&self, part: &Self) -> bool {
        match (self, part) {
            (Self::Text(text), Self::Text(part)) => text.to_lowercase().contains(&part.to_lowercase()),
            _ => self.is(part),
        }
    }

    /// Which is more; `None` for values that do not compare. A text that spells a time compares with times.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Amount(one), Self::Amount(other)) => Some(one.cmp(other)),
            (Self::Time(one), Self::Time(other)) => Some(one.cmp(other)),
            (Self::Text(text), Self::Time(other)) => Some(calendar::parse_iso_time(text)?.cmp(other)),
            _ => None,
        }
    }

    /// Whether this is neither less than one nor more than the other.
    pub fn lies_between(&self, low: &Self, high: &Self) -> bool {
        self.order(low).is_some_and(Ordering::is_ge) && self.order(high).is_some_and(Ordering::is_le)
    }
}

/// A number as it is spelled, exactly.
fn amount(value: &Value) -> Option<Scalar> {
    let number = value.as_number()?.to_string();
    let amount = number.parse().or_else(|_| Decimal::from_scientific(&number));
    amount.ok().map(Scalar::Amount)
}
