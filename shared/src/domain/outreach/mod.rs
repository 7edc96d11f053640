//! Outreach: campaigns that message the people who started a bot (seed 004).

mod audience_member;
mod body;
mod campaign;
mod field;
mod machine;
mod operand;
mod reader;
mod rule;
mod segment;
#[cfg(test)]
mod segment_tests;

pub use audience_member::{AudienceMember, LeadOfMember, Reaction};
pub use body::{CampaignBody, CampaignType, Message, TargetAudience, Variation};
pub use campaign::{OutreachCampaign, copied, own_fields};
pub use field::{Field, is_attribute_name, is_attribute_value};
pub use machine::{
    CampaignAction, CampaignRefusal, ExecutionProgress, ExecutionStatus, OutreachStatus, Refusal, Standing,
    rule,
};
pub use rule::{Op, Rule, RuleFault};
pub use segment::{Criteria, Match, RULES_MAX, rule_of_filter};
