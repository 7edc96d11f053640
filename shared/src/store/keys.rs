//! The table's layout. Adding an item means a variant here, with its access pattern.

use std::hash::Hasher;

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;
use super::notice_windows::NoticeWindow;
use crate::domain::calendar;
use crate::domain::fact_clock::FactClock;
use crate::domain::lead_event::LeadStatus;
use crate::domain::media::MediaRef;
use crate::ids::{
    AccountId, BotId, BotKey, CampaignKey, ChatId, LeadId, OutreachCampaignId, TelegramBotId, TemplateId,
    UserId,
};

/// Over how many partitions a campaign's leads are spread: a partition takes 1,000 writes a second.
const LEAD_SHARDS: u64 = 16;

/// Over how many partitions an account's contacts are spread; planners walk them side by side.
const CONTACT_SHARDS: u64 = 64;

/// Over how many partitions what is due in one minute is spread.
pub const DUE_SHARDS: u64 = 8;

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
    /// Get or move one contact.
    Contact(AccountId, BotId, UserId),
    /// Get, close or queue at a bot's flood gate.
    Gate(BotKey),
    /// How far a bot's standing check is, and when it is looked after next.
    BotCheck(BotKey),
    /// Something due, by the minute and the shard that it is swept with; list those of both by when they are due.
    Due {
        /// Minutes since 1970.
        minute: i64,
        /// One of [`DUE_SHARDS`].
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
    /// One step of an outreach campaign, by the version that it made; list by `begins_with(SK, "STEP#<id>#")`.
    OutreachStep(AccountId, &'a OutreachCampaignId, u64),
    /// Get or change one template; list an account's by `begins_with(SK, "TMPL#")`.
    Template(AccountId, &'a TemplateId),
    /// Whom test executions of an account go to.
    Testers(AccountId),
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
            Self::Account(account) => format!("ACC#{account}"),
            Self::Bot(BotKey { account, .. }) => format!("ACC#{account}"),
            Self::Campaign(CampaignKey { account, .. }) | Self::Invite(CampaignKey { account, .. }) => {
                format!("ACC#{account}")
            }
            Self::TrackedChat(account, _) | Self::Media(account, _) => format!("ACC#{account}"),
            Self::BotOwner(telegram) => format!("TGBOT#{telegram}"),
            Self::Chat(BotKey { account, bot }, _)
            | Self::FileId(BotKey { account, bot }, _)
            | Self::Gate(BotKey { account, bot })
            | Self::BotCheck(BotKey { account, bot }) => {
                format!("BOT#{account}.{bot}")
            }
            Self::Code(code) => format!("CODE#{code}"),
            Self::ClickToken(token) | Self::Visit(token) => format!("TOKEN#{token}"),
            Self::Lead(campaign, user) => {
                let shard = shard(user, LEAD_SHARDS);
                let CampaignKey { account, campaign } = campaign;
                format!("LEADS#{account}.{campaign}#{shard}")
            }
            Self::LeadRow(CampaignKey { account, campaign }, _) => format!("LEADLIST#{account}.{campaign}"),
            Self::StatTotal(CampaignKey { account, campaign })
            | Self::StatDay(CampaignKey { account, campaign }, _)
            | Self::StatMark(CampaignKey { account, campaign }, _) => format!("STAT#{account}.{campaign}"),
            Self::Journal(BotKey { account, bot }, chat, clock) => {
                format!("JOUR#{account}.{bot}.{chat}#{}", calendar::month(clock.date))
            }
            Self::Postback(CampaignKey { account, campaign }, clock, _) => {
                format!("PB#{account}.{campaign}#{}", calendar::month(clock.date))
            }
            Self::Due { minute, shard, .. } => format!("DUE#{minute}#{shard}"),
            Self::Circuit(account, host) => format!("HOST#{account}#{host}"),
            Self::DueCursor => "DUE".to_owned(),
            Self::Contact(account, _, user) => format!("AUD#{account}#{}", shard(user, CONTACT_SHARDS)),
            Self::Outreach(account, _)
            | Self::OutreachStep(account, ..)
            | Self::Template(account, _)
            | Self::Testers(account) => format!("OUT#{account}"),
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
            Self::Contact(_, bot, user) => format!("{bot}#{user}"),
            Self::Gate(_) => "GATE".to_owned(),
            Self::BotCheck(_) => "CHECK".to_owned(),
            Self::Due { due_ms, id, .. } => format!("{due_ms:013}#{id}"),
            Self::Circuit(..) => "CIRCUIT".to_owned(),
            Self::DueCursor => "CURSOR".to_owned(),
            Self::Outreach(_, id) => format!("CAMP#{id}"),
            Self::OutreachStep(_, id, version) => format!("STEP#{id}#{version:08}"),
            Self::Template(_, id) => format!("TMPL#{id}"),
            Self::Testers(_) => "TESTERS".to_owned(),
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

/// The partition, in the index by status, of a campaign's lines of leads with one status.
#[must_use]
pub fn status_partition(campaign: CampaignKey, status: LeadStatus) -> String {
    format!("{}#{status}", Key::LeadRow(campaign, LeadId(0)).partition())
}

/// Which campaign a lead's partition key belongs to; `None` for another kind of item.
#[must_use]
pub fn campaign_of_lead_partition(partition: &str) -> Option<CampaignKey> {
    let (campaign, _shard) = partition.strip_prefix("LEADS#")?.split_once('#')?;
    let (account, campaign) = campaign.split_once('.')?;
    Some(CampaignKey { account: account.parse().ok()?, campaign: campaign.parse().ok()? })
}

/// FNV-1a, because the layout is for ever and the standard library's hash may change.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// A number that stands for a text among a few thousand others.
pub(super) fn fingerprint(text: &str) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.write(text.as_bytes());
    hash.finish()
}

fn shard(user: UserId, shards: u64) -> u64 {
    shard_of(&user.0.to_be_bytes(), shards)
}

/// The shard of something due, by its id.
#[must_use]
pub fn due_shard(id: &str) -> u64 {
    shard_of(id.as_bytes(), DUE_SHARDS)
}

fn shard_of(bytes: &[u8], shards: u64) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.write(bytes);
    hash.finish() % shards
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TrackingCampaignId;
    use crate::store::NoticeSpan;

    fn layout(keys: &[Key<'_>]) -> String {
        let spelled: Vec<_> =
            keys.iter().map(|key| format!("{} | {}", key.partition(), key.sort())).collect();
        spelled.join("\n")
    }

    #[test]
    fn the_layout_is_frozen() {
        let (account, bot, user) = (AccountId(1), BotId(7), UserId(7_000_000_001));
        let bot_key = BotKey { account, bot };
        let campaign = CampaignKey { account, campaign: TrackingCampaignId(12) };
        let (chat, clock) = (ChatId(-1_001_234_567_890), FactClock { date: 1_760_000_000, update: 42 });
        let media = MediaRef::parse("img_abc123xyz789").unwrap();
        let keys = [
            Key::System,
            Key::AccountListing(account),
            Key::Account(account),
            Key::Bot(bot_key),
            Key::Campaign(campaign),
            Key::Media(account, media.as_str()),
            Key::FileId(bot_key, &media),
            Key::Invite(campaign),
            Key::BotOwner(TelegramBotId(123_456)),
            Key::Chat(bot_key, chat),
            Key::TrackedChat(account, chat),
            Key::Code("abc123"),
            Key::ClickToken("BwcHBwcHBwcHBwcHBwcHBw"),
            Key::Visit("BwcHBwcHBwcHBwcHBwcHBw"),
            Key::Lead(campaign, user),
            Key::LeadRow(campaign, LeadId(5_000_000_000_001)),
            Key::StatTotal(campaign),
            Key::StatDay(campaign, "2026-05-10"),
            Key::StatMark(campaign, "shardId-1"),
            Key::Journal(bot_key, chat, clock),
            Key::Postback(campaign, clock, "12-5-wait-1760000000-42"),
            Key::Contact(account, bot, user),
        ];
        insta::assert_snapshot!(layout(&keys), @r#"
        SYSTEM | SEQUENCES
        ACCOUNTS | ACC#0000000001
        ACC#1 | PROFILE
        ACC#1 | BOT#0000000007
        ACC#1 | CAMP#0000000012
        ACC#1 | MEDIA#img_abc123xyz789
        BOT#1.7 | FILE#img_abc123xyz789
        ACC#1 | INVITE#0000000012
        TGBOT#123456 | OWNER
        BOT#1.7 | CHAT#-1001234567890
        ACC#1 | CHAT#-1001234567890
        CODE#abc123 | CODE
        TOKEN#BwcHBwcHBwcHBwcHBwcHBw | CLICK
        TOKEN#BwcHBwcHBwcHBwcHBwcHBw | VISIT
        LEADS#1.12#3 | USER#7000000001
        LEADLIST#1.12 | 0005000000000001
        STAT#1.12 | TOTAL
        STAT#1.12 | DAY#2026-05-10
        STAT#1.12 | MARK#shardId-1
        JOUR#1.7.-1001234567890#2025-10 | 01760000000.000000000042
        PB#1.12#2025-10 | 01760000000.000000000042#12-5-wait-1760000000-42
        AUD#1#19 | 7#7000000001
        "#);
    }

    #[test]
    fn the_layout_of_outreach_is_frozen() {
        let (account, campaign) = (AccountId(1), OutreachCampaignId::of("k3x9"));
        let template = TemplateId::of("k3x9");
        let keys = [
            Key::Outreach(account, &campaign),
            Key::OutreachStep(account, &campaign, 12),
            Key::Template(account, &template),
            Key::Testers(account),
        ];
        insta::assert_snapshot!(layout(&keys), @r#"
        OUT#1 | CAMP#campk3x9
        OUT#1 | STEP#campk3x9#00000012
        OUT#1 | TMPL#tmplk3x9
        OUT#1 | TESTERS
        "#);
    }

    #[test]
    fn the_layout_of_what_waits_is_frozen() {
        let (account, chat) = (AccountId(1), ChatId(7));
        let notices = |span| Key::Notices(NoticeWindow::at(account, chat, span, 1_760_000_042));
        let keys = [
            Key::Gate(BotKey { account, bot: BotId(7) }),
            Key::BotCheck(BotKey { account, bot: BotId(7) }),
            Key::Due {
                minute: 29_333_333,
                shard: 5,
                due_ms: 1_760_000_000_123,
                id: "approve#1.12.7000000001",
            },
            Key::DueCursor,
            notices(NoticeSpan::Minute),
            notices(NoticeSpan::Day),
            Key::Circuit(account, "tracker.example:8080"),
        ];
        insta::assert_snapshot!(layout(&keys), @r#"
        BOT#1.7 | GATE
        BOT#1.7 | CHECK
        DUE#29333333#5 | 1760000000123#approve#1.12.7000000001
        DUE | CURSOR
        NOTICE#1.7 | MINUTE#01760000040
        NOTICE#1.7 | DAY#01759968000
        HOST#1#tracker.example:8080 | CIRCUIT
        "#);
    }

    #[test]
    fn a_line_of_a_lead_is_in_the_index_under_its_status() {
        let campaign = CampaignKey { account: AccountId(3), campaign: TrackingCampaignId(14) };
        assert_eq!(status_partition(campaign, LeadStatus::Hold), "LEADLIST#3.14#hold");
        assert_eq!(campaign_of_lead_partition("LEADLIST#3.14"), None);
    }

    #[test]
    fn a_lead_partition_names_its_campaign() {
        let campaign = CampaignKey { account: AccountId(3), campaign: TrackingCampaignId(14) };
        let partition = Key::Lead(campaign, UserId(9)).partition();
        assert_eq!(campaign_of_lead_partition(&partition), Some(campaign));
        assert_eq!(campaign_of_lead_partition("STAT#3.14"), None);
    }

    #[test]
    fn people_spread_evenly_over_the_shards() {
        let mut counts = [0u32; 16];
        for user in 0..16_000 {
            counts[usize::try_from(shard(UserId(7_000_000_000 + user), 16)).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }
}
