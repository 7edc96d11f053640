//! What a client says of a segment, read and checked.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::campaign::changed;
use super::json_text;
use super::reader::{Reader, in_order_once, required_name};
use super::rule::{Rule, RuleFault};
use super::segment::{Criteria, Match, RULES_MAX};
use crate::error::{AppError, AppResult, Fault};
use crate::ids::SegmentId;

/// A segment leaves out no more others than this.
const EXCLUDED_MAX: usize = 10;

/// The fields that a client cannot set: they are answered, and left out of what it sends.
const COMPUTED: [&str; 4] = ["id", "version", "createdAt", "updatedAt"];

/// A segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Its id.
    pub id: SegmentId,
    /// What the client said of it, unknown fields included; stored as the text it is.
    #[serde(with = "json_text")]
    pub document: Map<String, Value>,
    /// How often it was changed; a change names the version that it was made of.
    pub version: u64,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds.
    pub updated: i64,
}

/// A segment's body.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentBody {
    /// 1 to 200 characters.
    pub name: String,
    /// Its rules.
    pub criteria: Criteria,
    /// Whom it leaves out: those of these segments.
    pub exclude: Vec<SegmentId>,
}

impl Segment {
    /// What was said of it, read; it was checked when it was written.
    ///
    /// # Errors
    ///
    /// As [`SegmentBody::read`].
    pub fn body(&self) -> AppResult<SegmentBody> {
        SegmentBody::read(&self.document)
    }

    /// A client's document without what it cannot set.
    #[must_use]
    pub fn own_fields(mut document: Map<String, Value>) -> Map<String, Value> {
        document.retain(|name, _| !COMPUTED.contains(&name.as_str()));
        document
    }

    /// The document with some fields changed: what is null goes.
    #[must_use]
    pub fn changed(&self, changes: Map<String, Value>) -> Map<String, Value> {
        changed(&self.document, changes, &[])
    }
}

impl SegmentBody {
    /// Reads a body; unknown fields are let be.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] with every fault; [`AppError::UnsupportedFilter`] if fields or operators alone are at fault.
    pub fn read(document: &Map<String, Value>) -> AppResult<Self> {
        let (body, mut faults, mut unsupported) = (Reader::of_body(document), Vec::new(), Vec::new());
        let name = required_name(&body, &mut faults);
        let matching = body.read("match", "must be all or any", &mut faults, |value| match value.as_str() {
            Some("all") => Some(Match::All),
            Some("any") => Some(Match::Any),
            _ => None,
        });
        let rules = body.objects("rules", RULES_MAX, &mut faults);
        let rules: Vec<_> =
            rules.iter().filter_map(|rule| read_rule(rule, &mut faults, &mut unsupported)).collect();
        let id = |value: &Value| value.as_str().and_then(SegmentId::parse);
        let exclude = in_order_once(body.list("exclude", EXCLUDED_MAX, "ids of segments", &mut faults, id));
        let matching = matching.unwrap_or_default();
        if matching == Match::Any && rules.is_empty() && faults.is_empty() && unsupported.is_empty() {
            body.refuse("rules", "must have at least one rule where any is to match", &mut faults);
        }
        match (faults.is_empty(), unsupported.is_empty()) {
            (true, true) => Ok(Self { name, criteria: Criteria { matching, rules }, exclude }),
            (true, false) => Err(AppError::UnsupportedFilter(unsupported)),
            (false, _) => Err(AppError::Invalid(faults)),
        }
    }
}

fn read_rule(rule: &Reader<'_>, faults: &mut Vec<Fault>, unsupported: &mut Vec<Fault>) -> Option<Rule> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    for name in ["field", "op"] {
        if rule.given(name).is_none() {
            rule.refuse(name, "is required", faults);
        }
    }
    let field = rule.read("field", "must be text", faults, text)?;
    let op = rule.read("op", "must be text", faults, text)?;
    let value = rule.given("value").cloned().unwrap_or(Value::Null);
    match Rule::new(&field, &op, value) {
        Ok(rule) => return Some(rule),
        Err(RuleFault::Value(reason)) => rule.refuse("value", reason, faults),
        Err(RuleFault::Unsupported(reason)) => rule.refuse("field", reason, unsupported),
        Err(RuleFault::Op(reason)) => rule.refuse("op", reason, unsupported),
    }
    None
}
