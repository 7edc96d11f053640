//! One rule of a segment: a field, how it is compared, and with what.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::audience_member::{AudienceMember, LeadOfMember, Reaction};
use super::field::{Field, Kind};
use super::operand::{Operand, Scalar};

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The same.
    Eq,
    /// Not the same; what is not there is not the same either.
    Ne,
    /// One of several.
    In,
    /// None of several.
    Nin,
    /// More.
    Gt,
    /// As much or more.
    Gte,
    /// Less.
    Lt,
    /// As much or less.
    Lte,
    /// From one to another, both included.
    Between,
    /// There, or not.
    Exists,
    /// Has this part, in any letter case; of several values, this one.
    Contains,
    /// Not longer ago than this.
    Within,
    /// Earlier.
    Before,
    /// Later.
    After,
}

const OPS: [(&str, Op); 14] = [
    ("eq", Op::Eq),
    ("ne", Op::Ne),
    ("in", Op::In),
    ("nin", Op::Nin),
    ("gt", Op::Gt),
    ("gte", Op::Gte),
    ("lt", Op::Lt),
    ("lte", Op::Lte),
    ("between", Op::Between),
    ("exists", Op::Exists),
    ("contains", Op::Contains),
    ("within", Op::Within),
    ("before", Op::Before),
    ("after", Op::After),
];

impl Op {
    /// The one of this name; `None` if there is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        OPS.into_iter().find(|(known, _)| *known == name).map(|(_, op)| op)
    }

    /// The word in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        OPS.into_iter().find(|(_, op)| *op == self).map_or("", |(name, _)| name)
    }

    /// Whether a field that holds this can be compared so.
    fn fits(self, kind: Kind) -> bool {
        match self {
            Self::Exists => true,
            Self::Eq | Self::Ne => kind != Kind::Time,
            Self::In | Self::Nin => {
                matches!(kind, Kind::Id | Kind::LeadStatus | Kind::Text | Kind::Words | Kind::Any)
            }
            Self::Gt | Self::Gte | Self::Lt | Self::Lte => matches!(kind, Kind::Amount | Kind::Any),
            Self::Between => matches!(kind, Kind::Amount | Kind::Time | Kind::Any),
            Self::Contains => matches!(kind, Kind::Text | Kind::Words | Kind::Any),
            Self::Within | Self::Before | Self::After => matches!(kind, Kind::Time | Kind::Any),
        }
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    field: Field,
    op: Op,
    value: Value,
    operand: Operand,
}

/// Why a rule does not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// No such field.
    #[error("{0}")]
    Unsupported(String),
    /// No such comparison, or it does not fit the field.
    #[error("{0}")]
    Op(String),
    /// The value does not fit.
    #[error("{0}")]
    Value(String),
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    ///
    /// [`RuleFault`].
    pub fn new(field: &str, op: &str, value: Value) -> Result<Self, RuleFault> {
        let asked = Field::parse(field);
        let asked = asked.ok_or_else(|| RuleFault::Unsupported(format!("no such field: {field}")))?;
        let Some(op) = Op::parse(op) else { return Err(RuleFault::Op(format!("no such operator: {op}"))) };
        if !op.fits(asked.kind()) {
            return Err(RuleFault::Op(format!("{} does not apply to {field}", op.name())));
        }
        let operand = Operand::read(op, asked.kind(), &value).map_err(RuleFault::Value)?;
        Ok(Self { field: asked, op, value, operand })
    }

    /// As the API shows it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({"field": self.field.to_string(), "op": self.op.name(), "value": self.value})
    }

    /// Whether it speaks of a person as a lead in one tracking campaign.
    #[must_use]
    pub const fn is_of_a_lead(&self) -> bool {
        self.field.is_of_a_lead()
    }

    /// Whether it asks for an attribute that nobody told of a contact, and fails for that.
    #[must_use]
    pub fn lacks_attribute(&self, member: &AudienceMember) -> bool {
        let Field::Attribute(name) = &self.field else { return false };
        !matches!(self.op, Op::Exists | Op::Ne | Op::Nin) && !member.attributes.contains_key(name)
    }

    /// Whether a contact satisfies it; of a lead, in any tracking campaign.
    #[must_use]
    pub fn matches(&self, member: &AudienceMember, now: i64) -> bool {
        if self.is_of_a_lead() {
            let mut leads = member.leads.iter();
            return match member.leads.is_empty() {
                true => self.holds(&[], now),
                false => leads.any(|lead| self.matches_lead(lead, now)),
            };
        }
        self.holds(&values_of(&self.field, member), now)
    }

    /// Whether a lead satisfies it.
    #[must_use]
    pub fn matches_lead(&self, lead: &LeadOfMember, now: i64) -> bool {
        self.holds(&values_of_lead(&self.field, lead), now)
    }

    fn holds(&self, values: &[Scalar], now: i64) -> bool {
        let any = |test: &dyn Fn(&Scalar) -> bool| values.iter().any(test);
        match &self.operand {
            Operand::Present(wanted) => values.is_empty() != *wanted,
            Operand::Several(some) => {
                any(&|value| some.iter().any(|one| value.is(one))) == (self.op == Op::In)
            }
            Operand::Range(low, high) => any(&|value| value.lies_between(low, high)),
            Operand::Ago(seconds) => {
                let since = Scalar::Time(now.saturating_sub(*seconds));
                any(&|value| value.lies_between(&since, &Scalar::Time(i64::MAX)))
            }
            Operand::One(one) => match self.op {
                Op::Ne => !any(&|value| value.is(one)),
                Op::Gt | Op::After => any(&|value| value.order(one).is_some_and(Ordering::is_gt)),
                Op::Gte => any(&|value| value.order(one).is_some_and(Ordering::is_ge)),
                Op::Lt | Op::Before => any(&|value| value.order(one).is_some_and(Ordering::is_lt)),
                Op::Lte => any(&|value| value.order(one).is_some_and(Ordering::is_le)),
                Op::Contains => any(&|value| value.contains(one)),
                Op::Eq | Op::In | Op::Nin | Op::Between | Op::Exists | Op::Within => {
                    any(&|value| value.is(one))
                }
            },
        }
    }
}

/// What a contact has in a field that is not of a lead.
fn values_of(field: &Field, member: &AudienceMember) -> Vec<Scalar> {
    let time = |time: Option<i64>| time.map(Scalar::Time).into_iter().collect();
    let campaigns = |holds: fn(&Reaction) -> bool| {
        let reached = member.reached_by.iter().filter(|(_, reaction)| holds(reaction));
        reached.map(|(campaign, _)| Scalar::Text(campaign.clone())).collect()
    };
    match field {
        Field::Bot => vec![Scalar::Amount(member.bot.0.into())],
        Field::Language => text(&member.language),
        Field::Premium => vec![Scalar::Flag(member.premium)],
        Field::HasUsername => vec![Scalar::Flag(member.has_username)],
        Field::LastInteractionAt => time(member.last_interaction),
        Field::LastOutreachAt => time(member.last_outreach),
        Field::Conversions => vec![Scalar::Amount(member.conversions.into())],
        Field::Revenue => vec![Scalar::Amount(member.revenue)],
        Field::Tags => member.tags.iter().cloned().map(Scalar::Text).collect(),
        Field::Received => campaigns(|_| true),
        Field::Clicked => campaigns(|reaction| reaction.clicked),
        Field::Converted => campaigns(|reaction| reaction.converted),
        Field::Ignored => campaigns(|reaction| !reaction.clicked && !reaction.converted),
        Field::Attribute(name) => match member.attributes.get(name) {
            Some(Value::Array(values)) => values.iter().filter_map(Scalar::of_attribute).collect(),
            Some(value) => Scalar::of_attribute(value).into_iter().collect(),
            None => Vec::new(),
        },
        Field::TrackingCampaign
        | Field::LeadStatus
        | Field::Click
        | Field::StartedAt
        | Field::JoinedAt
        | Field::LeftAt => Vec::new(),
    }
}

/// What a lead has in a field that is of a lead.
fn values_of_lead(field: &Field, lead: &LeadOfMember) -> Vec<Scalar> {
    let time = |time: Option<i64>| time.map(Scalar::Time).into_iter().collect();
    match field {
        Field::TrackingCampaign => vec![Scalar::Amount(lead.campaign.0.into())],
        Field::LeadStatus => vec![Scalar::Text(lead.status.name().to_owned())],
        Field::Click => text(&lead.click),
        Field::StartedAt => time(Some(lead.started)),
        Field::JoinedAt => time(lead.joined),
        Field::LeftAt => time(lead.left),
        _ => Vec::new(),
    }
}

/// An empty text is none.
fn text(text: &str) -> Vec<Scalar> {
    if text.is_empty() { Vec::new() } else { vec![Scalar::Text(text.to_owned())] }
}
