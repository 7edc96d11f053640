//! The table's layout. Adding an item means a variant here, with its access pattern.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;
use super::chunk_place::ChunkPlace;
use super::contest_keys::ContestKey;
use super::conversion_keys::ConversionKey;
use super::count_keys::CountKey;
use super::link_keys::LinkKey;
use super::notice_windows::NoticeWindow;
use super::shards::{LEAD_SHARDS, contact_shard, shard};
use super::survey_keys::SurveyKey;
use super::told_keys::ToldKey;
use crate::domain::calendar;
use crate::domain::fact_clock::FactClock;
use crate::domain::lead_event::LeadStatus;
use crate::domain::media::MediaRef;
use crate::ids::{
    AccountId, BotId, BotKey, CampaignKey, ChatId, ExecutionId, ImportId, LeadId, OutreachCampaignId,
    SegmentId, TelegramBotId, TemplateId, UserId, WebhookId,
};

/// One item's primary key.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// The sequence of account ids.
    System,
    /// One line of the operator's list of accounts; list by `begins_with(SK, "ACC#")`.
    AccountListing(AccountId),
    /// Get one account: key hash, status, sequences, global templates.
    Account(AccountId),
    /// Get one bot; list an account's by `begins_with(SK, "BOT#")`.
    Bot(BotKey),
    /// Get one campaign; list an account's by `begins_with(SK, "CAMP#")`.
    Campaign(CampaignKey),
    /// Get or write one media by its reference.
    Media(AccountId, &'a str),
    /// What Telegram keeps of a media for one bot.
    FileId(BotKey, &'a MediaRef),
    /// The link that a campaign invites with when its user gave none; leased while a call asks Telegram for it.
    Invite(CampaignKey),
    /// Which account has a Telegram bot; leased while a call connects it, written with the bot in one transaction.
    BotOwner(TelegramBotId),
    /// Get or claim one chat of a bot; list a bot's by `begins_with(SK, "CHAT#")`.
    Chat(BotKey, ChatId),
    /// Which live campaign of an account tracks a chat, whichever bot it uses; list by `begins_with(SK, "CHAT#")`.
    TrackedChat(AccountId, ChatId),
    /// Which bot and campaign a deep link's code belongs to.
    Code(&'a str),
    /// The click behind a token of a deep link; expires.
    ClickToken(&'a str),
    /// Who visited under a token; in the table of visits, expires within days.
    Visit(&'a str),
    /// Get or move one lead or organic person.
    Lead(CampaignKey, UserId),
    /// One line of a campaign's list of leads, by id.
    LeadRow(CampaignKey, LeadId),
    /// A campaign's counters.
    StatTotal(CampaignKey),
    /// A campaign's counters of one day, `YYYY-MM-DD`; list by `begins_with(SK, "DAY#")`.
    StatDay(CampaignKey, &'a str),
    /// Up to which stream record of one shard the counters are counted.
    StatMark(CampaignKey, &'a str),
    /// One journal entry; list a chat's by month.
    Journal(BotKey, ChatId, FactClock),
    /// Get or move one postback by its event's clock and its id; list a campaign's by month.
    Postback(CampaignKey, FactClock, &'a str),
    /// Get or move one contact; what is known of one person lies together: list by `begins_with(SK, "<user>#")`.
    Contact(AccountId, BotId, UserId),
    /// What an account itself knows of a person; stands before their contacts.
    Person(AccountId, UserId),
    /// The place behind all that is known of a person, to go on from in a shard.
    BehindPerson(AccountId, UserId),
    /// Get, close or queue at a bot's flood gate.
    Gate(BotKey),
    /// Get or move a bot's lane.
    Lane(BotKey),
    /// What a lane has to send of one execution, the first to go first; list by `begins_with(SK, "WORK#")`.
    LaneWork {
        /// Whose lane.
        bot: BotKey,
        /// The place of its priority.
        rank: u64,
        /// When the execution was made, in Unix seconds.
        created: i64,
        /// The execution.
        execution: &'a ExecutionId,
    },
    /// How far a bot's standing check is, and when it is looked after next.
    BotCheck(BotKey),
    /// Something due, by the minute and the shard that it is swept with; list those of both by when they are due.
    Due {
        /// Minutes since 1970.
        minute: i64,
        /// One of [`super::DUE_SHARDS`].
        shard: u64,
        /// Unix milliseconds; may lie before the minute.
        due_ms: i64,
        /// The same for what is written again.
        id: &'a str,
    },
    /// Get, count at or move one account's circuit to a host; expires.
    Circuit(AccountId, &'a str),
    /// Up to which minute due items were swept.
    DueCursor,
    /// Get or change one outreach campaign; list an account's by `begins_with(SK, "CAMP#")`.
    Outreach(AccountId, &'a OutreachCampaignId),
    /// Get or change one segment; list an account's by `begins_with(SK, "SEG#")`.
    Segment(AccountId, &'a SegmentId),
    /// The erasure of a person, while it is under way.
    Erasure(AccountId, UserId),
    /// That a person was erased, by the hash of who they were; expires within days.
    Erased(AccountId, &'a str),
    /// How many people an outreach campaign would reach, as last counted; expires.
    AudienceCount(AccountId, &'a OutreachCampaignId),
    /// One step of an outreach campaign, by the version that it made; list by `begins_with(SK, "STEP#<id>#")`.
    OutreachStep(AccountId, &'a OutreachCampaignId, u64),
    /// How much of outreach an account keeps, and how often it named segments.
    OutreachHoldings(AccountId),
    /// Get or change one template; list an account's by `begins_with(SK, "TMPL#")`.
    Template(AccountId, &'a TemplateId),
    /// Get or change one webhook; list an account's by `begins_with(SK, "HOOK#")`.
    Webhook(AccountId, &'a WebhookId),
    /// Whom test executions of an account go to.
    Testers(AccountId),
    /// Get or change one list of subscribers that an account brought along; expires within a month.
    Import(AccountId, &'a ImportId),
    /// A call that came under a client's key, by the key's hash, and what it was answered; expires within a day.
    Call(AccountId, &'a str),
    /// One line of the list of an outreach campaign's executions, by when they were asked for; list by
    /// `begins_with(SK, "EXEC#<campaign>#")`.
    ExecutionListing(AccountId, &'a OutreachCampaignId, i64, &'a ExecutionId),
    /// Get or move one execution.
    Execution(AccountId, &'a ExecutionId),
    /// What an execution is planned by.
    ExecutionPlan(AccountId, &'a ExecutionId),
    /// A piece of what an execution sends, from 0; list by `begins_with(SK, "CONTENT#")`.
    ExecutionContent(AccountId, &'a ExecutionId, u64),
    /// How far one of [`super::CONTACT_SHARDS`] shards is planned; list by `begins_with(SK, "SHARD#")`.
    PlannedShard(AccountId, &'a ExecutionId, u64),
    /// How far a bot is with deleting what it sent in an execution.
    Deletion(AccountId, &'a ExecutionId, BotId),
    /// Get or move one chunk of recipients; list a bot's by `begins_with(SK, "CHUNK#<bot>#")`.
    Chunk(ChunkPlace<'a>),
    /// What its recipients get, if an endpoint says that; expires.
    ChunkAnswer(ChunkPlace<'a>),
    /// What became of the recipients of one bot in an execution; list by the keys of the least and the greatest bot.
    ExecutionLane(AccountId, &'a ExecutionId, BotId),
    /// What is counted of an outreach campaign.
    Count(CountKey<'a>),
    /// Something of contests.
    Contest(ContestKey<'a>),
    /// A conversion, or what leads to the person who made it.
    Conversion(ConversionKey<'a>),
    /// Something of tracked links.
    Link(LinkKey<'a>),
    /// Something that webhooks are told.
    Told(ToldKey<'a>),
    /// Something of surveys.
    Survey(SurveyKey<'a>),
    /// What an active outreach campaign is sent by; list an account's by `begins_with(SK, "CAMP#")`.
    TriggerListing(AccountId, &'a OutreachCampaignId),
    /// What an owner's chat was told within one stretch of time; expires within days.
    Notices(NoticeWindow),
}

impl Key<'_> {
    /// The partition.
    #[must_use]
    pub fn partition(&self) -> String {
        match *self {
            Self::System => "SYSTEM".to_owned(),
            Self::AccountListing(_) => "ACCOUNTS".to_owned(),
            Self::Account(account)
            | Self::Bot(BotKey { account, .. })
            | Self::Campaign(CampaignKey { account, .. })
            | Self::Invite(CampaignKey { account, .. })
            | Self::TrackedChat(account, _)
            | Self::Media(account, _)
            | Self::Erasure(account, _) => format!("ACC#{account}"),
            Self::BotOwner(telegram) => format!("TGBOT#{telegram}"),
            Self::Chat(bot, _)
            | Self::FileId(bot, _)
            | Self::Gate(bot)
            | Self::BotCheck(bot)
            | Self::Lane(bot)
            | Self::LaneWork { bot, .. } => bot_partition(bot),
            Self::Code(code) => format!("CODE#{code}"),
            Self::ClickToken(token) | Self::Visit(token) => format!("TOKEN#{token}"),
            Self::Lead(campaign, user) => lead_partition(campaign, user),
            Self::LeadRow(CampaignKey { account, campaign }, _) => format!("LEADLIST#{account}.{campaign}"),
            Self::StatTotal(CampaignKey { account, campaign })
            | Self::StatDay(CampaignKey { account, campaign }, _)
            | Self::StatMark(CampaignKey { account, campaign }, _) => format!("STAT#{account}.{campaign}"),
            Self::Journal(bot, chat, clock) => journal_partition(bot, chat, clock),
            Self::Postback(campaign, clock, _) => postback_partition(campaign, clock),
            Self::Due { minute, shard, .. } => format!("DUE#{minute}#{shard}"),
            Self::Circuit(account, host) => format!("HOST#{account}#{host}"),
            Self::DueCursor => "DUE".to_owned(),
            Self::Contact(account, _, user)
            | Self::Person(account, user)
            | Self::BehindPerson(account, user) => contact_partition(account, contact_shard(user)),
            Self::Outreach(account, _)
            | Self::AudienceCount(account, _)
            | Self::OutreachStep(account, ..)
            | Self::Segment(account, _)
            | Self::Template(account, _)
            | Self::Webhook(account, _)
            | Self::Testers(account)
            | Self::OutreachHoldings(account)
            | Self::Import(account, _)
            | Self::ExecutionListing(account, ..) => format!("OUT#{account}"),
            Self::Erased(account, person_hash) => format!("ERASED#{account}#{person_hash}"),
            Self::Call(account, key_hash) => format!("CALL#{account}#{key_hash}"),
            Self::Execution(account, execution)
            | Self::ExecutionPlan(account, execution)
            | Self::ExecutionContent(account, execution, _)
            | Self::PlannedShard(account, execution, _)
            | Self::ExecutionLane(account, execution, _)
            | Self::Deletion(account, execution, _) => execution_partition(account, execution),
            Self::Chunk(place) | Self::ChunkAnswer(place) => place.partition(),
            Self::Count(key) => key.partition(),
            Self::Contest(key) => key.partition(),
            Self::Conversion(key) => key.partition(),
            Self::Link(link) => link.partition(),
            Self::Told(key) => key.partition(),
            Self::Survey(key) => key.partition(),
            Self::TriggerListing(account, _) => format!("TRIG#{account}"),
            Self::Notices(NoticeWindow { account, chat, .. }) => format!("NOTICE#{account}.{chat}"),
        }
    }

    /// The place within the partition.
    #[must_use]
    pub fn sort(&self) -> String {
        match *self {
            Self::System => "SEQUENCES".to_owned(),
            Self::AccountListing(account) => format!("ACC#{:010}", account.0),
            Self::Account(_) => "PROFILE".to_owned(),
            Self::Bot(key) => format!("BOT#{:010}", key.bot.0),
            Self::Campaign(key) => format!("CAMP#{:010}", key.campaign.0),
            Self::Media(_, reference) => format!("MEDIA#{reference}"),
            Self::FileId(_, media) => format!("FILE#{media}"),
            Self::Invite(key) => format!("INVITE#{:010}", key.campaign.0),
            Self::BotOwner(_) => "OWNER".to_owned(),
            Self::Chat(_, chat) | Self::TrackedChat(_, chat) => format!("CHAT#{chat}"),
            Self::Code(_) => "CODE".to_owned(),
            Self::ClickToken(_) => "CLICK".to_owned(),
            Self::Visit(_) => "VISIT".to_owned(),
            Self::Lead(_, user) => format!("USER#{user}"),
            Self::LeadRow(_, lead) => format!("{:016}", lead.0),
            Self::StatTotal(_) => "TOTAL".to_owned(),
            Self::StatDay(_, date) => format!("DAY#{date}"),
            Self::StatMark(_, shard) => format!("MARK#{shard}"),
            Self::Journal(_, _, clock) => clock.to_string(),
            Self::Postback(_, clock, id) => format!("{clock}#{id}"),
            Self::Contact(_, bot, user) => format!("{user}#{bot}"),
            Self::Person(_, user) => format!("{user}#"),
            Self::BehindPerson(_, user) => format!("{user}#~"),
            Self::Gate(_) => "GATE".to_owned(),
            Self::BotCheck(_) => "CHECK".to_owned(),
            Self::Lane(_) => "LANE".to_owned(),
            Self::LaneWork { rank, created, execution, .. } => work(rank, created, execution),
            Self::Due { due_ms, id, .. } => format!("{due_ms:013}#{id}"),
            Self::Circuit(..) => "CIRCUIT".to_owned(),
            Self::DueCursor => "CURSOR".to_owned(),
            Self::Outreach(_, id) | Self::TriggerListing(_, id) => format!("CAMP#{id}"),
            Self::Erasure(_, user) => format!("ERASE#{user}"),
            Self::AudienceCount(_, id) => format!("COUNT#{id}"),
            Self::Segment(_, id) => format!("{SEGMENTS}{id}"),
            Self::OutreachStep(_, id, version) => format!("STEP#{id}#{version:08}"),
            Self::Template(_, id) => format!("TMPL#{id}"),
            Self::Webhook(_, id) => format!("{WEBHOOKS}{id}"),
            Self::Testers(_) => "TESTERS".to_owned(),
            Self::OutreachHoldings(_) => "HOLDINGS".to_owned(),
            Self::Import(_, id) => format!("IMPORT#{id}"),
            Self::Erased(..) => "MARK".to_owned(),
            Self::Call(..) => "CALL".to_owned(),
            Self::ExecutionListing(_, campaign, created, id) => listed(campaign, created, id),
            Self::Execution(..) => "CONTROL".to_owned(),
            Self::ExecutionPlan(..) => "PLAN".to_owned(),
            Self::ExecutionContent(_, _, number) => format!("{CONTENTS}{number:02}"),
            Self::PlannedShard(_, _, shard) => format!("{SHARDS}{shard:02}"),
            Self::Chunk(place) => place.sort(),
            Self::ChunkAnswer(place) => place.answer_sort(),
            Self::Deletion(_, _, bot) => format!("DELETE#{:020}", bot.0),
            Self::ExecutionLane(_, _, bot) => format!("LANE#{:020}", bot.0),
            Self::Count(key) => key.sort(),
            Self::Contest(key) => key.sort(),
            Self::Conversion(key) => key.sort(),
            Self::Link(link) => link.sort(),
            Self::Told(key) => key.sort(),
            Self::Survey(key) => key.sort(),
            Self::Notices(NoticeWindow { span, begun, .. }) => format!("{}#{begun:011}", span.name()),
        }
    }

    /// Both, as attributes.
    #[must_use]
    pub fn attributes(&self) -> Item {
        Item::from([
            ("PK".to_owned(), AttributeValue::S(self.partition())),
            ("SK".to_owned(), AttributeValue::S(self.sort())),
        ])
    }
}

/// What the sort keys of segments, and of their counters, begin with.
pub const SEGMENTS: &str = "SEG#";

/// What the sort keys of webhooks begin with.
pub const WEBHOOKS: &str = "HOOK#";

/// What the sort keys of lines of executions begin with, whichever campaign's.
pub const EXECUTIONS: &str = "EXEC#";

/// What the sort keys of the pieces of an execution's content begin with.
pub const CONTENTS: &str = "CONTENT#";

/// What the sort keys of an execution's shards begin with.
pub const SHARDS: &str = "SHARD#";

/// What the sort keys of lines of a campaign's executions begin with.
#[must_use]
pub fn executions_of(campaign: &OutreachCampaignId) -> String {
    format!("{EXECUTIONS}{campaign}#")
}

/// What the sort keys of a bot's chunks begin with.
#[must_use]
pub fn chunks_of(bot: BotId) -> String {
    format!("CHUNK#{:010}#", bot.0)
}

/// What the sort keys of a bot's chunks of one shard begin with.
#[must_use]
pub fn chunks_of_shard(bot: BotId, shard: u64) -> String {
    format!("{}{shard:02}#", chunks_of(bot))
}

/// The partition, in the index by status, of a campaign's lines of leads with one status.
#[must_use]
pub fn status_partition(campaign: CampaignKey, status: LeadStatus) -> String {
    format!("{}#{status}", Key::LeadRow(campaign, LeadId(0)).partition())
}

/// The partition of an execution.
#[must_use]
pub fn execution_partition(account: AccountId, execution: &ExecutionId) -> String {
    format!("EXEC#{account}.{execution}")
}

fn bot_partition(BotKey { account, bot }: BotKey) -> String {
    format!("BOT#{account}.{bot}")
}

fn listed(campaign: &OutreachCampaignId, created: i64, id: &ExecutionId) -> String {
    format!("{}{created:011}#{id}", executions_of(campaign))
}

fn work(rank: u64, created: i64, execution: &ExecutionId) -> String {
    format!("WORK#{rank}#{created:011}#{execution}")
}

fn journal_partition(BotKey { account, bot }: BotKey, chat: ChatId, clock: FactClock) -> String {
    format!("JOUR#{account}.{bot}.{chat}#{}", calendar::month(clock.date))
}

fn postback_partition(CampaignKey { account, campaign }: CampaignKey, clock: FactClock) -> String {
    format!("PB#{account}.{campaign}#{}", calendar::month(clock.date))
}

fn lead_partition(CampaignKey { account, campaign }: CampaignKey, user: UserId) -> String {
    format!("LEADS#{account}.{campaign}#{}", shard(user, LEAD_SHARDS))
}

/// The partition of one of [`super::CONTACT_SHARDS`] shards of an account's contacts.
#[must_use]
pub fn contact_partition(account: AccountId, shard: u64) -> String {
    format!("AUD#{account}#{shard}")
}

/// Which campaign a lead's partition key belongs to; `None` for another kind of item.
#[must_use]
pub fn campaign_of_lead_partition(partition: &str) -> Option<CampaignKey> {
    let (campaign, _shard) = partition.strip_prefix("LEADS#")?.split_once('#')?;
    let (account, campaign) = campaign.split_once('.')?;
    Some(CampaignKey { account: account.parse().ok()?, campaign: campaign.parse().ok()? })
}
