//! DynamoDB: every key in [`Key`], one file per entity, every method scoped by its owner.
//!
//! A method is one conditional write or one read; the condition is the decision.

mod access;
mod accounts;
mod audience_counts;
mod bot_checks;
mod bots;
mod calls;
mod campaigns;
mod chat_moves;
mod chats;
mod chunk_answers;
mod chunk_place;
mod circuits;
mod click_counts;
mod clicks;
mod contacts;
mod contention;
mod contest_entries;
mod contest_keys;
mod contests;
mod conversion_keys;
mod conversions;
mod count_keys;
mod deletions;
mod deliveries;
mod disabled_endpoints;
mod dues;
mod erased_executions;
mod erasures;
mod execution_contents;
mod executions;
mod file_ids;
mod gates;
mod held_out;
mod holdings;
mod imports;
mod invitations;
mod invites;
mod journal;
mod keys;
#[cfg(test)]
mod keys_tests;
mod lane_work;
mod lanes;
mod lead_rows;
mod leads;
mod ledgers;
mod link_keys;
mod links;
mod media;
mod notice_windows;
mod notices;
mod outreach;
mod outreach_counts;
mod outreached;
mod persons;
mod planned_shards;
mod postback_holds;
mod postbacks;
mod ranges;
mod reconciliations;
mod registers;
mod requests;
mod segments;
mod shards;
mod signing;
mod start_spelling;
mod statistics;
mod survey_clicks;
mod survey_keys;
mod survey_lists;
mod surveys;
mod templates;
mod testers;
mod told;
mod told_keys;
mod trigger_listings;
mod triggered;
mod webhook_deliveries;
mod webhooks;
mod welcomes;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

pub use accounts::{Account, AccountListing, AccountStatus, CarriageChange};
pub use audience_counts::KeptCount;
pub use bot_checks::LookPlan;
pub use bots::{Bot, BotLease, BotOwner, BotStatus};
pub use calls::{CallClaim, KeptAnswer, RepeatableCall};
pub use campaigns::{CampaignClaim, CodeOwner, EndpointMarks};
pub use chat_moves::ChatMove;
pub use chats::{Chat, ChatKind, ChatRights};
pub use chunk_answers::{ChunkQuestion, EndpointFigures};
pub use chunk_place::ChunkPlace;
pub use click_counts::{ClickMarks, PersonClick};
pub use clicks::VaultedClick;
pub use contacts::{Contact, Reach};
pub use contest_entries::{ContestEntry, EntryFate};
pub use contest_keys::ContestKey;
pub use contests::{ClosedContest, DrawnContest, HeldContest};
pub use conversion_keys::{ConversionKey, OfPerson};
pub use conversions::ConversionWrite;
pub use deliveries::ChunkPage;
pub use disabled_endpoints::TemplateOwner;
pub use dues::{Due, DuePage, DuePlace, DueQueue, UnreadableDue};
pub use erased_executions::TestersOf;
pub use erasures::{Erasure, ListedOfPerson, PlannedPostback};
pub use executions::{Chunk, ChunkState, ExecutionChange};
pub use file_ids::{UploadClaim, UploadLease};
pub use held_out::HeldOutMark;
pub use holdings::{HeldWrite, HoldingChange, Naming};
pub use invitations::Invitation;
pub use invites::Invite;
pub use journal::{JOURNAL_KEPT_SECONDS, JournalRange, JournalReader, JournalRow};
pub use keys::{Key, campaign_of_lead_partition};
pub use lane_work::{LaneWork, NextWork};
pub use lanes::Lane;
pub use lead_rows::{LeadRange, LeadReader, LeadRow};
pub use leads::{Arrival, Lead, NewStart, Reconciled, StartPolicy, StartWrite};
pub use ledgers::{LedgerFate, LedgerWrite};
pub use link_keys::LinkKey;
pub use links::LinkFigures;
pub use media::{Media, MediaState};
pub use notice_windows::{NoticeSpan, NoticeWindow};
pub use notices::{DigestDebt, NoticePlace, NoticeTrace};
pub use outreach::OutreachStep;
pub use outreach_counts::{ConversionCount, OutreachOutcome, StarsChange};
pub use persons::{KnownContact, KnownPerson, PEOPLE_ROWS, PeoplePage};
pub use planned_shards::{PlannedShard, RestOfBot, ShardStep};
pub use postbacks::{AttemptWrite, LoggedPostback};
pub use ranges::Order;
pub use registers::FactWrite;
pub use requests::{PendingRequest, RequestWrite};
pub use shards::{CLICK_SHARDS, CONTACT_SHARDS, DUE_SHARDS, contact_shard, fingerprint};
pub use signing::{AccountSigning, RetiredSecret};
pub use statistics::MarkProgress;
pub use survey_clicks::SurveyClick;
pub use survey_keys::SurveyKey;
pub use survey_lists::SurveyPlace;
pub use surveys::ReplyWrite;
pub use told_keys::{ToldKey, ToldPartition, told_partition};
pub use trigger_listings::TriggerListing;
pub use triggered::{TriggeredFate, TriggeredWrite};
pub use webhooks::Webhook;
pub use welcomes::{WelcomeClaim, WelcomeLease};

use crate::error::AppResult;

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// The one table, and the one beside it that is never backed up.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
    visit_table: Option<String>,
}

impl Store {
    /// Uses `table` through `client`, and `visit_table` for who visited.
    #[must_use]
    pub fn new(client: Client, table: String, visit_table: Option<String>) -> Self {
        Self { client, table, visit_table }
    }

    /// Opens the connection to DynamoDB, so that the first request need not: a handshake at the first request of a
    /// small function was measured to cost 40 times as much as one at its start. Whether it worked is of no matter.
    pub async fn connect(&self) {
        let _: AppResult<Option<serde::de::IgnoredAny>> = self.get(&Key::System).await;
    }
}
