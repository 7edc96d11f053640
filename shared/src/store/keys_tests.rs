use super::NoticeSpan;
use super::chunk_place::ChunkPlace;
use super::conversion_keys::{ConversionKey, OfPerson};
use super::count_keys::CountKey;
use super::keys::{Key, campaign_of_lead_partition, status_partition};
use super::notice_windows::NoticeWindow;
use super::told_keys::{ToldKey, ToldPartition, told_partition};
use crate::domain::fact_clock::FactClock;
use crate::domain::lead_event::LeadStatus;
use crate::domain::media::MediaRef;
use crate::domain::outreach::TimeUnit;
use crate::ids::{
    AccountId, BotId, BotKey, CampaignKey, ChatId, ConversionId, ExecutionId, ImportId, LeadId,
    OutreachCampaignId, SegmentId, TelegramBotId, TemplateId, TrackingCampaignId, UserId, WebhookDeliveryId,
    WebhookId,
};

fn layout(keys: &[Key<'_>]) -> String {
    let spelled: Vec<_> = keys.iter().map(|key| format!("{} | {}", key.partition(), key.sort())).collect();
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
        Key::Person(account, user),
        Key::BehindPerson(account, user),
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
    AUD#1#19 | 7000000001#7
    AUD#1#19 | 7000000001#
    AUD#1#19 | 7000000001#~
    "#);
}

#[test]
fn the_layout_of_lists_of_outreach_is_frozen() {
    let campaign = OutreachCampaignId::of("k3x9");
    let listing = layout(&[Key::TriggerListing(AccountId(1), &campaign)]);
    insta::assert_snapshot!(listing, @"TRIG#1 | CAMP#campk3x9");
}

#[test]
fn the_layout_of_executions_is_frozen() {
    let (account, execution) = (AccountId(1), ExecutionId::of("5f0a"));
    let bot = BotKey { account, bot: BotId(3) };
    let chunk = ChunkPlace { bot, execution: &execution, shard: 7, number: 12 };
    let keys = [
        Key::Execution(account, &execution),
        Key::ExecutionPlan(account, &execution),
        Key::ExecutionContent(account, &execution, 1),
        Key::PlannedShard(account, &execution, 7),
        Key::Chunk(chunk),
        Key::ChunkAnswer(chunk),
        Key::ExecutionLane(account, &execution, BotId(3)),
        Key::Deletion(account, &execution, BotId(3)),
    ];
    insta::assert_snapshot!(layout(&keys), @r#"
    EXEC#1.exec5f0a | CONTROL
    EXEC#1.exec5f0a | PLAN
    EXEC#1.exec5f0a | CONTENT#01
    EXEC#1.exec5f0a | SHARD#07
    EXEC#1.exec5f0a | CHUNK#0000000003#07#000012
    EXEC#1.exec5f0a | ANSWER#0000000003#07#000012
    EXEC#1.exec5f0a | LANE#00000000000000000003
    EXEC#1.exec5f0a | DELETE#00000000000000000003
    "#);
}

#[test]
fn the_layout_of_outreach_is_frozen() {
    let (account, campaign) = (AccountId(1), OutreachCampaignId::of("k3x9"));
    let import = ImportId::of("77a");
    let (template, webhook) = (TemplateId::of("k3x9"), WebhookId::of("k3x9"));
    let (segment, execution) = (SegmentId::of("9zq1"), ExecutionId::of("5f0a"));
    let keys = [
        Key::Outreach(account, &campaign),
        Key::OutreachStep(account, &campaign, 12),
        Key::Segment(account, &segment),
        Key::Template(account, &template),
        Key::Webhook(account, &webhook),
        Key::Testers(account),
        Key::OutreachHoldings(account),
        Key::Import(account, &import),
        Key::Call(account, "9f86d081884c7d65"),
        Key::AudienceCount(account, &campaign),
        Key::Erasure(account, UserId(7_000_000_001)),
        Key::Erased(account, "9f86d081884c7d65"),
        Key::ExecutionListing(account, &campaign, 1_780_000_000, &execution),
        Key::Count(CountKey::Total(account, &campaign)),
        Key::Count(CountKey::Time(account, &campaign, TimeUnit::Day, 1_780_000_007)),
        Key::Count(CountKey::Time(account, &campaign, TimeUnit::Hour, 1_780_000_007)),
        Key::Count(CountKey::Time(account, &campaign, TimeUnit::Minute, 1_780_000_007)),
        Key::Count(CountKey::Segment(account, &campaign, &segment)),
        Key::Count(CountKey::Variation(account, &campaign, "var1")),
        Key::Count(CountKey::Endpoint(account, &campaign)),
        Key::Count(CountKey::HeldOut(account, &campaign, 7)),
    ];
    insta::assert_snapshot!(layout(&keys), @r#"
    OUT#1 | CAMP#campk3x9
    OUT#1 | STEP#campk3x9#00000012
    OUT#1 | SEG#seg9zq1
    OUT#1 | TMPL#tmplk3x9
    OUT#1 | HOOK#hookk3x9
    OUT#1 | TESTERS
    OUT#1 | HOLDINGS
    OUT#1 | IMPORT#imp77a
    CALL#1#9f86d081884c7d65 | CALL
    OUT#1 | COUNT#campk3x9
    ACC#1 | ERASE#7000000001
    ERASED#1#9f86d081884c7d65 | MARK
    OUT#1 | EXEC#campk3x9#01780000000#exec5f0a
    OSTAT#1.campk3x9 | TOTAL
    OSTAT#1.campk3x9 | DAY#2026-05-28
    OSTAT#1.campk3x9 | HOUR#2026-05-28T20:00:00Z
    OSTAT#1.campk3x9 | MINUTE#2026-05-28T20:26:00Z
    OSTAT#1.campk3x9 | SEG#seg9zq1
    OSTAT#1.campk3x9 | VAR#var1
    OSTAT#1.campk3x9 | ENDPOINT
    OSTAT#1.campk3x9 | HELDOUT#07
    "#);
}

#[test]
fn the_layout_of_what_webhooks_are_told_is_frozen_and_its_partitions_are_told_apart() {
    let (account, campaign) = (AccountId(1), OutreachCampaignId::of("abc123"));
    let (webhook, delivery) = (WebhookId::of("w1"), WebhookDeliveryId::of("017600000010000000112ab"));
    let keys = [
        ToldKey::Events(account, &campaign),
        ToldKey::Delivery(account, &webhook, &delivery),
        ToldKey::Record(account, &webhook),
        ToldKey::Deleted(account, &webhook),
    ];
    insta::assert_snapshot!(layout(&keys.map(Key::Told)), @r#"
    EVENTS#1#campabc123 | EVENTS
    TOLD#1#hookw1 | dlv017600000010000000112ab
    TOLD#1#hookw1 | RECORD
    UNTOLD#1 | HOOK#hookw1
    "#);
    let of = |partition: String| told_partition(&partition).map(|(_, told)| told);
    assert_eq!(of(keys[0].partition()), Some(ToldPartition::Campaign(campaign.clone())));
    let conversion = ConversionId::of("9f86d081");
    assert_eq!(
        of(ConversionKey::Conversion(account, &conversion).partition()),
        Some(ToldPartition::Conversion)
    );
    assert_eq!(of(Key::Person(account, UserId(7)).partition()), Some(ToldPartition::Contacts));
    for silent in [keys[1].partition(), keys[3].partition(), Key::Account(account).partition()] {
        assert_eq!(of(silent), None);
    }
}

#[test]
fn the_layout_of_conversions_is_frozen() {
    let (account, user, conversion) = (AccountId(1), UserId(7_000_000_001), ConversionId::of("9f86d081"));
    let keys = [
        ConversionKey::Conversion(account, &conversion),
        ConversionKey::ClickOwner(account, "9f86d081884c7d65"),
        ConversionKey::OfPerson(account, user, OfPerson::Conversion(&conversion)),
        ConversionKey::OfPerson(account, user, OfPerson::Click("9f86d081884c7d65")),
    ];
    insta::assert_snapshot!(layout(&keys.map(Key::Conversion)), @r#"
    CONV#1#conv9f86d081 | CONVERSION
    CLICKED#1#9f86d081884c7d65 | PERSON
    CONVOF#1#7000000001 | CONV#conv9f86d081
    CONVOF#1#7000000001 | CLICK#9f86d081884c7d65
    "#);
}

#[test]
fn the_layout_of_what_waits_is_frozen() {
    let (account, chat) = (AccountId(1), ChatId(7));
    let notices = |span| Key::Notices(NoticeWindow::at(account, chat, span, 1_760_000_042));
    let keys = [
        Key::Gate(BotKey { account, bot: BotId(7) }),
        Key::BotCheck(BotKey { account, bot: BotId(7) }),
        Key::Due { minute: 29_333_333, shard: 5, due_ms: 1_760_000_000_123, id: "approve#1.12.7000000001" },
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
