//! Conversions: what an account tells of people who bought something, or did what else the account is after.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reader::{Reader, exact};
use crate::error::{AppError, AppResult, Fault};
use crate::ids::{CampaignKey, ConversionId, ExecutionId, LeadId, OutreachCampaignId, UserId};

/// A click, a token and a transaction's id have no more characters than this.
const TEXT_CHARACTERS_MAX: usize = 512;

/// No single conversion is worth more.
const VALUE_MAX: u64 = 1_000_000_000;

/// So many digits after the point at most: sums stay exact.
const VALUE_SCALE_MAX: u32 = 6;

/// A currency by its ISO 4217 code; Telegram's Stars are `XTR`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Currency(String);

impl Currency {
    /// Reads three letters, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let legal = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
        legal.then(|| Self(text.to_ascii_uppercase()))
    }

    /// As the API spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Currency {
    /// `XXX`, which stands for none.
    fn default() -> Self {
        Self("XXX".to_owned())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// By what a client names who converted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConvertedBy {
    /// The click whose deep link they started a bot by.
    Click(String),
    /// Telegram's id of the person.
    Subscriber(UserId),
    /// The token of a tracked link that was sent to them.
    Token(String),
}

/// A conversion as a client tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversionReport {
    /// Who converted.
    pub by: ConvertedBy,
    /// What it was worth.
    pub value: Decimal,
    /// In which currency.
    pub currency: Currency,
    /// The client's own id of it.
    pub transaction: Option<String>,
}

/// A conversion as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// Its id, which follows from what tells it from others.
    pub id: ConversionId,
    /// The client's own id of it.
    pub transaction: Option<String>,
    /// Who converted.
    pub user: UserId,
    /// What it was worth.
    pub value: Decimal,
    /// In which currency.
    pub currency: Currency,
    /// When, in Unix seconds.
    pub time: i64,
    /// The outreach campaign that it counts for, if any.
    pub campaign: Option<OutreachCampaignId>,
    /// The execution of it.
    pub execution: Option<ExecutionId>,
}

/// What tells a conversion from others of its account.
#[derive(Clone, Copy, Debug)]
pub enum ConversionIdentity<'a> {
    /// The client's own id.
    Transaction(&'a str),
    /// Of those without one: who, what it was worth, and in which minute. A call that is made again at once is the same.
    Minute {
        /// Who converted.
        user: UserId,
        /// What it was worth.
        value: Decimal,
        /// In which currency.
        currency: &'a Currency,
        /// When, in Unix seconds.
        time: i64,
    },
    /// A lead that was approved: once for each lead.
    Lead(CampaignKey, LeadId),
}

impl fmt::Display for ConversionIdentity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transaction(id) => write!(f, "transaction {id}"),
            Self::Minute { user, value, currency, time } => {
                write!(f, "minute {user} {} {currency} {}", value.normalize(), time.div_euclid(60))
            }
            Self::Lead(CampaignKey { campaign, .. }, lead) => write!(f, "lead {campaign} {lead}"),
        }
    }
}

impl ConversionReport {
    /// Reads what a client sent, as JSON or as parameters of a query.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] with everything that is at fault.
    pub fn read(body: &Map<String, Value>) -> AppResult<Self> {
        let (body, mut faults) = (Reader::of_body(body), Vec::new());
        let by = who(&body, &mut faults);
        let expected =
            format!("must be from 0 to {VALUE_MAX}, with at most {VALUE_SCALE_MAX} digits after the point");
        let value = body.read("value", &expected, &mut faults, worth);
        let currency = body.read("currency", "must be three letters such as EUR", &mut faults, |value| {
            Currency::parse(value.as_str()?)
        });
        let transaction = body.read("transactionId", &text_expected(), &mut faults, plain);
        match by.filter(|_| faults.is_empty()) {
            Some(by) => Ok(Self {
                by,
                value: value.unwrap_or_default(),
                currency: currency.unwrap_or_default(),
                transaction,
            }),
            None => Err(AppError::Invalid(faults)),
        }
    }
}

/// Who converted; exactly one of the three fields says it.
fn who(body: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<ConvertedBy> {
    let expected = text_expected();
    let click = body.read("clickId", &expected, faults, plain).map(ConvertedBy::Click);
    let person = body.read("subscriberId", "must be the id of a subscriber", faults, subscriber);
    let token = body.read("token", &expected, faults, plain).map(ConvertedBy::Token);
    let given = ["clickId", "subscriberId", "token"].into_iter().filter(|name| body.given(name).is_some());
    match given.count() {
        0 => body.refuse("clickId", "clickId, subscriberId or token is required", faults),
        1 => {}
        _ => body.refuse("clickId", "must not come with subscriberId or token, nor those together", faults),
    }
    click.or(person.map(ConvertedBy::Subscriber)).or(token)
}

fn text_expected() -> String {
    format!("must be text of 1 to {TEXT_CHARACTERS_MAX} characters")
}

fn plain(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    (1..=TEXT_CHARACTERS_MAX).contains(&text.chars().count()).then(|| text.to_owned())
}

fn subscriber(value: &Value) -> Option<UserId> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64().map(UserId),
    }
}

/// An amount that is exact, as a number or as text.
fn worth(value: &Value) -> Option<Decimal> {
    let amount = match value {
        Value::String(text) => Decimal::from_str_exact(text).ok()?,
        number => exact(number)?,
    };
    let amount = amount.normalize();
    let fits =
        !amount.is_sign_negative() && amount <= Decimal::from(VALUE_MAX) && amount.scale() <= VALUE_SCALE_MAX;
    (fits || amount.is_zero()).then_some(amount)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<ConversionReport, Vec<String>> {
        ConversionReport::read(body.as_object().unwrap()).map_err(|error| match error {
            AppError::Invalid(faults) => faults.into_iter().map(|fault| fault.field).collect(),
            other => panic!("{other}"),
        })
    }

    #[test]
    fn a_report_reads_alike_from_json_and_from_a_query() {
        let json = json!({"subscriberId": 7, "value": 19.90, "currency": "EUR", "transactionId": "t1"});
        let query = json!({"subscriberId": "7", "value": "19.90", "currency": "eur", "transactionId": "t1"});
        assert_eq!(read(&json), read(&query));
        let report = read(&query).unwrap();
        assert_eq!(report.by, ConvertedBy::Subscriber(UserId(7)));
        assert_eq!((report.value, report.currency.as_str()), (Decimal::new(199, 1), "EUR"));
        let least = read(&json!({"clickId": "c"})).unwrap();
        assert_eq!((least.value, least.currency.as_str(), least.transaction), (Decimal::ZERO, "XXX", None));
    }

    #[test]
    fn every_fault_of_a_report_is_told_with_its_field() {
        for (body, fields) in [
            (json!({}), vec!["clickId"]),
            (json!({"clickId": "c", "token": "t"}), vec!["clickId"]),
            (json!({"clickId": ""}), vec!["clickId"]),
            (json!({"token": "t".repeat(513)}), vec!["token"]),
            (
                json!({"subscriberId": "x", "value": -1, "currency": "EURO"}),
                vec!["subscriberId", "value", "currency"],
            ),
            (json!({"clickId": "c", "value": "1e3", "transactionId": 5}), vec!["value", "transactionId"]),
            (json!({"clickId": "c", "value": 1_000_000_001_u64}), vec!["value"]),
            (json!({"clickId": "c", "value": "0.0000001"}), vec!["value"]),
        ] {
            assert_eq!(read(&body), Err(fields.into_iter().map(str::to_owned).collect()), "{body}");
        }
    }

    #[test]
    fn a_report_without_an_id_is_the_same_within_its_minute_only() {
        let spelled = |value: Decimal, time| {
            let (user, currency) = (UserId(7), &Currency::default());
            ConversionIdentity::Minute { user, value, currency, time }.to_string()
        };
        let first = spelled(Decimal::new(10, 1), 60);
        assert_eq!(first, spelled(Decimal::ONE, 119));
        assert_ne!(first, spelled(Decimal::ONE, 120));
        assert_ne!(first, spelled(Decimal::TWO, 60));
        assert_ne!(ConversionIdentity::Transaction("1").to_string(), first);
    }
}
