//! Which contacts a segment, or the filters of a campaign, select.

use serde_json::Value;

use super::audience_member::AudienceMember;
use super::rule::{Rule, RuleFault};

/// A segment has no more rules than this.
pub const RULES_MAX: usize = 50;

/// Whether all rules of a segment must hold, or one is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Match {
    /// All; without rules everybody is selected.
    #[default]
    All,
    /// One.
    Any,
}

/// Rules together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Criteria {
    /// Whether all must hold.
    pub matching: Match,
    /// The rules.
    pub rules: Vec<Rule>,
}

impl Criteria {
    /// Whether a contact is selected.
    ///
    /// Where all rules must hold, those that speak of a lead must hold for one and the same tracking campaign.
    #[must_use]
    pub fn select(&self, member: &AudienceMember, now: i64) -> bool {
        match self.matching {
            Match::Any => self.rules.iter().any(|rule| rule.matches(member, now)),
            Match::All => {
                let (of_leads, others): (Vec<_>, Vec<_>) =
                    self.rules.iter().partition(|rule| rule.is_of_a_lead());
                let one_lead = match (of_leads.is_empty(), member.leads.is_empty()) {
                    (true, _) => true,
                    (false, true) => of_leads.iter().all(|rule| rule.matches(member, now)),
                    (false, false) => {
                        let mut leads = member.leads.iter();
                        leads.any(|lead| of_leads.iter().all(|rule| rule.matches_lead(lead, now)))
                    }
                };
                one_lead && others.iter().all(|rule| rule.matches(member, now))
            }
        }
    }
}

/// The filters of the contract, as rules that must all hold: `location` and `interests` one of several,
/// `ageRange` from one to another, `purchaseHistory` at least one conversion or none.
///
/// # Errors
///
/// [`RuleFault`], [`RuleFault::Unsupported`] for another filter.
pub fn rule_of_filter(name: &str, value: &Value) -> Result<Rule, RuleFault> {
    match name {
        "location" | "interests" => Rule::new(&format!("attributes.{name}"), "in", value.clone()),
        "ageRange" => Rule::new("attributes.age", "between", value.clone()),
        "purchaseHistory" => match value.as_bool() {
            Some(true) => Rule::new("conversions", "gte", 1.into()),
            Some(false) => Rule::new("conversions", "eq", 0.into()),
            None => Err(RuleFault::Value("must be true or false".to_owned())),
        },
        "language" => Rule::new("language", "in", value.clone()),
        "premium" => Rule::new("premium", "eq", value.clone()),
        "tags" => Rule::new("tags", "in", value.clone()),
        _ => Err(RuleFault::Unsupported(format!("no such filter: {name}"))),
    }
}
