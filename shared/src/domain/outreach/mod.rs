//! Outreach: campaigns that message the people who started a bot (seed 004).

mod audience_member;
mod body;
mod campaign;
mod content;
#[cfg(test)]
mod content_tests;
mod field;
mod joined;
mod json_text;
mod machine;
mod operand;
mod personal;
#[cfg(test)]
mod personal_tests;
mod reader;
mod rule;
mod segment;
#[cfg(test)]
mod segment_tests;
mod template;
mod testers;

pub use audience_member::{AudienceMember, LeadOfMember, Reaction};
pub use body::{CampaignBody, CampaignType, Message, TargetAudience, Variation};
pub use campaign::{OutreachCampaign, copied, own_fields};
pub use content::{Button, Content, OutreachMessage};
pub use field::{Field, is_attribute_name, is_attribute_value};
pub use joined::MessageContent;
pub use machine::{
    CampaignAction, CampaignRefusal, ExecutionProgress, ExecutionStatus, OutreachStatus, Refusal, Standing,
    rule,
};
pub use personal::{MissingField, PersonValues, PersonalText, render};
pub use rule::{Op, Rule, RuleFault};
pub use segment::{Criteria, Match, RULES_MAX, rule_of_filter};
pub use template::{Template, TemplateBody};
pub use testers::read_testers;
