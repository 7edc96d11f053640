//! Outreach: campaigns that message the people who started a bot (seed 004).

mod ab_run;
mod ab_test;
mod allowance;
mod audience;
mod audience_member;
#[cfg(test)]
mod audience_tests;
mod body;
mod campaign;
mod chunk_answer;
mod content;
#[cfg(test)]
mod content_tests;
mod contest;
mod contest_draw;
mod conversion;
mod cost;
mod deletion;
mod delivery;
mod endpoint;
mod exclusions;
mod execution;
mod field;
mod first_question;
mod frozen;
mod holding;
mod import;
mod import_records;
mod invitation;
mod joined;
mod json_text;
mod ledger;
mod lift;
mod machine;
mod operand;
mod order;
mod outcome;
mod paid;
mod person_change;
mod personal;
#[cfg(test)]
mod personal_tests;
mod plan;
mod quiet_hours;
mod reader;
mod recipient;
mod recurrence;
mod refusal;
mod rule;
mod second_try;
mod segment;
mod segment_body;
#[cfg(test)]
mod segment_tests;
mod send_error;
mod share;
mod strategy;
mod survey;
mod survey_press;
mod survey_reply;
#[cfg(test)]
mod survey_reply_tests;
mod tally;
mod template;
mod testers;
mod told;
mod touch;
mod tracked_link;
mod trigger;
mod webhook;
mod webhook_delivery;

pub use ab_run::{AbDecision, AbFigures, AbMetric, AbRun, AbStep, AbTest};
pub use ab_test::{Arm, Standard, chance, winner};
pub use allowance::{Allowance, PAID_PER_SECOND, PER_SECOND};
pub use audience::{
    Audience, AudienceContact, AudienceCount, AudiencePerson, Choice, Exclusion, Judgement, Selection,
};
pub use audience_member::{AudienceMember, LeadOfMember, Reaction};
pub use body::{CampaignBody, CampaignType, Message, TakingPart, TargetAudience, Variation};
pub use campaign::{OutreachCampaign, TriggeredRuns, copied, own_fields};
pub use chunk_answer::{ANSWER_BYTES_MAX, ChunkAnswer};
pub use content::{Button, Content, OutreachMessage};
pub use contest::{Contest, ContestButton, Entered, Told};
pub use contest_draw::{
    NUMBER_ROWS, PASSED_OVER_MAX, Pick, Verdict, first_drawn, next_pick, number_at, numbers, numbers_digest,
    place_of, seed_digest,
};
pub use conversion::{Conversion, ConversionIdentity, ConversionReport, ConvertedBy, Currency};
pub use cost::{Lack, Means};
pub use deletion::{DELETABLE_SECONDS, Deletion, deletable};
pub use delivery::{Delivery, DeliveryFilter, DeliveryStatus};
pub use endpoint::ContentEndpoint;
pub use exclusions::{CHAIN_MAX, exclusion_faults};
pub use execution::{BotPart, Execution, MESSAGES_A_SECOND, Priority, merge_parts, seconds_to_send};
pub use field::{Field, is_attribute_name, is_attribute_value};
pub use holding::{DOCUMENT_BYTES_MAX, Holding, document_bytes};
pub use import::{IMPORT_FAULTS_MAX, ImportColumns, ImportFault, ImportLine, ImportStatus, SubscriberImport};
pub use import_records::{BYTE_ORDER_MARK, FilePosition, Record, RecordReader, TooLong, delimiter_of};
pub use invitation::{InvitationName, InvitedTo};
pub use joined::MessageContent;
pub use ledger::{Attempted, GROUP, Ledger};
pub use lift::{Lift, LiftGroup, LiftGroups};
pub use machine::{
    CampaignAction, ExecutionProgress, ExecutionStatus, OutreachStatus, Refusal, Standing, rule,
};
pub use order::ExecutionOrder;
pub use outcome::{Outcome, SkipReason};
pub use paid::{PAID_GROUP, PaidBroadcast, stars};
pub use person_change::{PersonChange, is_tag};
pub use personal::{MissingField, PersonValues, PersonalText, render};
pub use plan::{ExecutionBasis, ExecutionPlan, PlanCount};
pub use quiet_hours::{QuietHours, parse_time_of_day, parse_zone};
pub use recipient::{CHUNK_RECIPIENTS_MAX, NOBODY, Recipient};
pub use recurrence::{Days, Recurrence};
pub use refusal::CampaignRefusal;
pub use rule::{Op, Rule, RuleFault};
pub use second_try::{OnAmbiguous, SecondTry, may_pass};
pub use segment::{Criteria, Match, RULES_MAX, Selected, rule_of_filter};
pub use segment_body::{Segment, SegmentBody};
pub use send_error::SendError;
pub use share::{Draw, is_within, place};
pub use strategy::{CAP_MESSAGES_MAX, FrequencyCap, Strategy, ZONE_ATTRIBUTE, zone_of};
pub use survey::{ANSWER_CHARACTERS_MAX, QuestionKind, Survey, SurveyOption, SurveyQuestion, survey_text};
pub use survey_press::{SurveyButton, SurveyPress};
pub use survey_reply::{SurveyAnswer, SurveyCount, SurveyMove, SurveyReaction, SurveyReply, SurveySaid};
pub use tally::{LaneTally, OutreachCounters, STARS, TimeUnit, amount, current_rate, percentage, rate};
pub use template::{Template, TemplateBody};
pub use testers::read_testers;
pub use told::{CampaignEvent, CampaignEvents, ToldStep, tenths_done};
pub use touch::{OutreachTouch, TOUCH_SECONDS, last_touch};
pub use tracked_link::{LinkId, LinkToken, TrackedLink};
pub use trigger::{TRIGGERED_MAX, Triggers};
pub use webhook::{WebhookBody, WebhookEvent};
pub use webhook_delivery::{LastDelivery, WebhookDelivery, WebhookRecord};
