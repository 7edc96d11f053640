//! Use cases: what a route or a worker does, one file per noun. No SDK, no HTTP status, no Lambda type.

mod ab_runs;
mod accounts;
mod answers;
mod approvals;
mod attempts;
mod audience_totals;
mod audiences;
mod bot_checks;
mod bot_health;
mod bots;
mod cache;
mod campaign_edits;
mod campaign_halts;
mod campaigns;
mod chat_moves;
mod chat_titles;
mod circuits;
mod content_questions;
mod contest_draws;
mod contest_entries;
mod contest_winners;
mod contests;
mod conversions;
mod custom_content;
mod deletions;
mod deliveries;
mod delivery_export;
mod dialogue;
mod draw;
mod dues;
mod erased_executions;
mod erasures;
mod execution_basis;
mod execution_begins;
mod execution_ends;
mod execution_moves;
mod executions;
mod import_work;
mod invitations;
mod invites;
mod journal;
mod lane_chunks;
mod lane_counts;
mod lane_sends;
mod lane_trials;
mod lane_waits;
mod lane_walks;
mod lane_writes;
mod lanes;
mod lead_changes;
mod lead_conversions;
mod lead_counts;
mod lead_export;
mod lead_lists;
mod lead_merge;
mod link_clicks;
mod links;
mod list_files;
mod list_pages;
mod media;
mod memberships;
mod message_samples;
mod message_tasks;
mod outreach;
mod outreach_changes;
mod outreach_edits;
mod outreach_figures;
mod outreach_history;
mod outreach_lists;
mod outreach_media;
mod outreach_reports;
mod outreach_templates;
mod outreach_webhooks;
mod owed_welcomes;
mod owner_news;
mod pages;
mod paid_sends;
mod plan_steps;
mod planning;
mod postback_batches;
mod postback_holds;
mod postback_leases;
mod postback_log;
mod postback_requests;
mod postback_retries;
mod postbacks;
mod previews;
mod profile;
mod reconciliation;
mod recurrences;
mod repeated_calls;
mod replays;
mod second_tries;
mod segments;
mod sending;
mod shown_media;
mod signing;
mod starts;
mod statistics;
mod subscriber_imports;
mod subscriber_lists;
mod subscribers;
mod survey_asks;
mod survey_results;
mod survey_turns;
mod surveys;
mod testers;
mod told;
mod tracked_links;
mod triggered_sends;
mod triggers;
mod updates;
mod visits;
mod webhook_deliveries;
mod webhook_log;
mod webhooks;
mod welcome;

use std::sync::OnceLock;

pub use accounts::NewAccount;
pub use audience_totals::AudienceTotal;
pub use audiences::Count;
pub use bot_health::BotHealth;
pub use bots::{BotState, BotSummary, ConnectedBot, TrackableChat};
pub use campaign_edits::CampaignEdit;
pub use campaigns::{CampaignSummary, NewCampaign};
pub use contests::ContestFigures;
pub use conversions::RecordedConversion;
pub use deletions::DeletionProgress;
pub use deliveries::{DeliveryQuestion, ListedDelivery};
pub use executions::{BegunExecution, Executed, ExecutionForecast};
pub use import_work::IMPORT_LEASE_MS;
pub use journal::JournalQuestion;
pub use lanes::LANE_LEASE_MS;
pub use lead_changes::{LeadChange, StreamBatch};
pub use lead_lists::LeadQuestion;
pub use link_clicks::{OpenedLink, Visitor};
pub use list_files::{ListExport, ListFile};
pub use list_pages::ListPage;
pub use media::AwaitedMedia;
pub use message_samples::MessageSample;
pub use message_tasks::{MessageOutcome, Receipt};
pub use outreach_figures::{TextFigures, TextName};
pub use outreach_lists::{OutreachQuestion, OutreachSort};
pub use outreach_reports::{HoldOut, OutreachPeriod, OutreachProgress, OutreachStatistics};
pub use outreach_templates::{TemplateQuestion, TemplateSort};
pub use owed_welcomes::WELCOME_LEASE_MS;
pub use owner_news::NewsReceipt;
pub use pages::{Page, PageRequest, PageStart};
pub use plan_steps::StepSize;
pub use postback_batches::TaskSubject;
pub use postback_leases::{ATTEMPT_LEASE_MS, PostbackOutcome};
pub use postback_log::{PostbackPage, PostbackQuery, TimeRange};
pub use previews::Preview;
pub use repeated_calls::{CALL_LEASE_MS, CallOnce};
pub use replays::{Replay, ReplayedPostbacks};
pub use segments::{SegmentQuestion, SegmentSort};
pub use signing::SigningChange;
pub use statistics::{CampaignStatistics, DayRange};
pub use subscriber_imports::IMPORT_BYTES_MAX;
pub use subscriber_lists::SubscriberQuestion;
pub use survey_results::{ReplyFilter, SurveyFigures};
pub use told::{ContactChange, Tellable};
pub use updates::UpdateRefusal;
pub use webhooks::WebhookHealth;

pub use crate::domain::click::Visit;

use crate::aws::{Aws, SharedHttpClient};
use crate::clock::Clock;
use crate::config::{Config, TokenKey};
use crate::error::{AppError, AppResult};
use crate::metrics::Metrics;
use crate::objects::Objects;
use crate::outbound::Outbound;
use crate::queue::{DeadLetters, Queue};
use crate::secret::Seal;
use crate::store::Store;
use crate::telegram::Telegram;
use cache::WebhookCache;

/// What use cases work with. Clients are made at their first use, so that a function carries only its own.
#[derive(Debug)]
pub struct App {
    /// The table.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Where numbers go.
    pub metrics: Metrics,
    config: Config,
    aws: Aws,
    telegram: OnceLock<Telegram>,
    outbound: OnceLock<Outbound>,
    postback_queue: OnceLock<Queue>,
    retry_queue: OnceLock<Queue>,
    welcome_queue: OnceLock<Queue>,
    notification_queue: OnceLock<Queue>,
    bot_queue: OnceLock<Queue>,
    import_queue: OnceLock<Queue>,
    erasure_queue: OnceLock<Queue>,
    plan_queue: OnceLock<Queue>,
    lane_queue: OnceLock<Queue>,
    webhook_queue: OnceLock<Queue>,
    webhook_retry_queue: OnceLock<Queue>,
    objects: OnceLock<Objects>,
    seal: OnceLock<Seal>,
    webhook_cache: WebhookCache,
}

impl App {
    /// The use cases over this configuration. `http` stands in for the AWS connection in tests.
    #[must_use]
    pub fn new(config: Config, clock: Clock, http: Option<SharedHttpClient>) -> Self {
        let aws = Aws::new(config.aws.clone(), http);
        Self {
            store: Store::new(aws.dynamodb(), config.table_name.clone(), config.visit_table_name.clone()),
            webhook_cache: WebhookCache::new(clock.clone()),
            clock,
            metrics: Metrics::default(),
            config,
            aws,
            telegram: OnceLock::new(),
            outbound: OnceLock::new(),
            postback_queue: OnceLock::new(),
            retry_queue: OnceLock::new(),
            welcome_queue: OnceLock::new(),
            notification_queue: OnceLock::new(),
            bot_queue: OnceLock::new(),
            import_queue: OnceLock::new(),
            erasure_queue: OnceLock::new(),
            plan_queue: OnceLock::new(),
            lane_queue: OnceLock::new(),
            webhook_queue: OnceLock::new(),
            webhook_retry_queue: OnceLock::new(),
            objects: OnceLock::new(),
            seal: OnceLock::new(),
        }
    }

    /// Any queue, by its URL, for the operator.
    #[must_use]
    pub fn queue_at(&self, url: &str) -> Queue {
        Queue::new(self.aws.sqs(), url.to_owned())
    }

    /// The queues of what could not be carried out, for the operator.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters::new(self.aws.sqs())
    }

    /// Counts one thing of this function; nothing outside of one.
    fn tell_cloudwatch(&self, metric: &str) {
        if let Some(function) = &self.config.function_name {
            self.metrics.count(metric, self.clock.now_ms(), function);
        }
    }

    fn telegram(&self) -> AppResult<&Telegram> {
        once(&self.telegram, || {
            Telegram::new(self.config.telegram_api_url.clone()).map_err(|e| unusable("Telegram", &e))
        })
    }

    fn outbound(&self) -> AppResult<&Outbound> {
        once(&self.outbound, || {
            Outbound::new(self.config.targets).map_err(|error| unusable("outbound", &error))
        })
    }

    fn postback_queue(&self) -> AppResult<&Queue> {
        once(&self.postback_queue, || {
            self.queue(self.config.postback_queue_url.as_ref(), "POSTBACK_QUEUE_URL")
        })
    }

    fn retry_queue(&self) -> AppResult<&Queue> {
        once(&self.retry_queue, || self.queue(self.config.retry_queue_url.as_ref(), "RETRY_QUEUE_URL"))
    }

    fn welcome_queue(&self) -> AppResult<&Queue> {
        once(&self.welcome_queue, || self.queue(self.config.welcome_queue_url.as_ref(), "WELCOME_QUEUE_URL"))
    }

    fn notification_queue(&self) -> AppResult<&Queue> {
        once(&self.notification_queue, || {
            self.queue(self.config.notification_queue_url.as_ref(), "NOTIFICATION_QUEUE_URL")
        })
    }

    fn bot_queue(&self) -> AppResult<&Queue> {
        once(&self.bot_queue, || self.queue(self.config.bot_queue_url.as_ref(), "BOT_QUEUE_URL"))
    }

    fn import_queue(&self) -> AppResult<&Queue> {
        once(&self.import_queue, || self.queue(self.config.import_queue_url.as_ref(), "IMPORT_QUEUE_URL"))
    }

    fn erasure_queue(&self) -> AppResult<&Queue> {
        once(&self.erasure_queue, || self.queue(self.config.erasure_queue_url.as_ref(), "ERASURE_QUEUE_URL"))
    }

    fn plan_queue(&self) -> AppResult<&Queue> {
        once(&self.plan_queue, || self.queue(self.config.plan_queue_url.as_ref(), "PLAN_QUEUE_URL"))
    }

    fn lane_queue(&self) -> AppResult<&Queue> {
        once(&self.lane_queue, || self.queue(self.config.lane_queue_url.as_ref(), "LANE_QUEUE_URL"))
    }

    fn webhook_queue(&self) -> AppResult<&Queue> {
        once(&self.webhook_queue, || self.queue(self.config.webhook_queue_url.as_ref(), "WEBHOOK_QUEUE_URL"))
    }

    fn webhook_retry_queue(&self) -> AppResult<&Queue> {
        let url = self.config.webhook_retry_queue_url.as_ref();
        once(&self.webhook_retry_queue, || self.queue(url, "WEBHOOK_RETRY_QUEUE_URL"))
    }

    fn queue(&self, url: Option<&String>, variable: &str) -> AppResult<Queue> {
        let url = url.ok_or_else(|| AppError::unavailable(format!("the environment lacks {variable}")))?;
        Ok(Queue::new(self.aws.sqs(), url.clone()))
    }

    fn objects(&self) -> AppResult<&Objects> {
        once(&self.objects, || {
            let bucket = self.config.bucket_name.clone();
            let bucket = bucket.ok_or_else(|| AppError::unavailable("the environment lacks BUCKET_NAME"))?;
            Ok(Objects::new(self.aws.s3(), bucket, self.config.aws.clone()))
        })
    }

    fn seal(&self) -> AppResult<&Seal> {
        once(&self.seal, || match &self.config.token_key {
            Some(TokenKey::Kms(key_id)) => Ok(Seal::Kms { client: self.aws.kms(), key_id: key_id.clone() }),
            Some(TokenKey::File(path)) => {
                Seal::from_file(path).map_err(|error| unusable("the token key", &error))
            }
            None => Err(AppError::unavailable("the environment lacks TOKEN_KMS_KEY_ID")),
        })
    }
}

/// The value of a cell, made at the first call. Two first calls at once may both make one; one of them is kept.
fn once<T>(cell: &OnceLock<T>, make: impl FnOnce() -> AppResult<T>) -> AppResult<&T> {
    if let Some(made) = cell.get() {
        return Ok(made);
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made))
}

fn unusable(what: &str, error: &dyn std::error::Error) -> AppError {
    AppError::unavailable(format!("{what} cannot be used: {error}"))
}
