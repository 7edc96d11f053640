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

/// Whether rules select somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selected {
    /// They do.
    Yes,
    /// They might, if an attribute were known that they ask for.
    Unknown,
    /// They do not.
    No,
}

impl Criteria {
    /// Whether a contact is selected.
    ///
    /// Where all rules must hold, those that speak of a lead must hold for one and the same tracking campaign.
    #[must_use]
    pub fn select(&self, member: &AudienceMember, now: i64) -> Selected {
        let holds = |rule: &Rule| rule.matches(member, now);
        let might_hold = |rule: &Rule| holds(rule) || rule.lacks_attribute(member);
        match self.matching {
            Match::Any if self.rules.iter().any(holds) => Selected::Yes,
            Match::Any if self.rules.iter().any(might_hold) => Selected::Unknown,
            Match::Any => Selected::No,
            Match::All => {
                let others = self.rules.iter().filter(|rule| !rule.is_of_a_lead());
                let mut selected = if self.has_one_lead(member, now) { Selected::Yes } else { Selected::No };
                for rule in others {
                    match (selected, holds(rule)) {
                        (Selected::No, _) => return Selected::No,
                        (_, true) => {}
                        (_, false) if rule.lacks_attribute(member) => selected = Selected::Unknown,
                        (_, false) => return Selected::No,
                    }
                }
                selected
            }
        }
    }

    /// Whether all rules that speak of a lead hold for one.
    fn has_one_lead(&self, member: &AudienceMember, now: i64) -> bool {
        let of_leads = || self.rules.iter().filter(|rule| rule.is_of_a_lead());
        match member.leads.is_empty() {
            true => of_leads().all(|rule| rule.matches(member, now)),
            false => member.leads.iter().any(|lead| of_leads().all(|rule| rule.matches_lead(lead, now))),
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
