//! Identifiers, each a type of its own so that one cannot stand in for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

number_id!(
    /// One tenant; counts up from 1.
    AccountId(u64)
);
number_id!(
    /// A bot of one account; counts up from 1 within the account.
    BotId(u64)
);
number_id!(
    /// A tracking campaign of one account; counts up from 1 within the account.
    TrackingCampaignId(u64)
);
number_id!(
    /// Telegram's id of a channel or group; negative.
    ChatId(i64)
);
number_id!(
    /// Telegram's id of a person.
    UserId(i64)
);
number_id!(
    /// Telegram's id of a bot, the number before the colon of its token.
    TelegramBotId(i64)
);

/// One bot among all accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BotKey {
    /// The owner.
    pub account: AccountId,
    /// The bot within the account.
    pub bot: BotId,
}

/// One tracking campaign among all accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CampaignKey {
    /// The owner.
    pub account: AccountId,
    /// The campaign within the account.
    pub campaign: TrackingCampaignId,
}

number_id!(
    /// A lead: a number below 2^53, so that it fits a JSON number, which sorts by the time of its start.
    LeadId(u64)
);

/// 2024-01-01, where the seconds in an id begin; 31 bits of them last until 2092.
const EPOCH: i64 = 1_704_067_200;

impl LeadId {
    /// Not lower than any other.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// The id of the lead that this start opens: 31 bits of seconds, 16 of the update id, 6 of the bot.
    ///
    /// Within one second the updates of a bot carry consecutive ids, so two leads of a bot never share one.
    #[must_use]
    pub fn of_start(date: i64, update_id: i64, bot: BotId) -> Self {
        let update = update_id.unsigned_abs() & 0xFFFF;
        Self((seconds_since_epoch(date) << 22) | (update << 6) | (bot.0 & 0x3F))
    }

    /// The lowest id of leads that were opened in this second.
    #[must_use]
    pub fn first_of_second(date: i64) -> Self {
        Self::of_start(date, 0, BotId(0))
    }

    /// The highest id of leads that were opened in this second.
    #[must_use]
    pub fn last_of_second(date: i64) -> Self {
        Self::of_start(date, 0xFFFF, BotId(0x3F))
    }
}

number_id!(
    /// A line of a chat's journal: a number below 2^53 which sorts by time.
    JournalId(u64)
);

impl JournalId {
    /// The id of the line that a fact made: 31 bits of seconds, 22 of the update id.
    #[must_use]
    pub fn of_fact(date: i64, update_id: i64) -> Self {
        Self((seconds_since_epoch(date) << 22) | (update_id.unsigned_abs() & 0x3F_FFFF))
    }
}

/// In 31 bits.
fn seconds_since_epoch(date: i64) -> u64 {
    (date - EPOCH).clamp(0, (1 << 31) - 1).unsigned_abs()
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident($prefix:literal)) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// What every one begins with.
            pub const PREFIX: &str = $prefix;

            /// Reads an id: the prefix, then 1 to 32 letters and digits.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let own = text.strip_prefix(Self::PREFIX)?;
                let legal = (1..=32).contains(&own.len()) && own.bytes().all(|byte| byte.is_ascii_alphanumeric());
                legal.then(|| Self(text.to_owned()))
            }

            /// The id of these letters and digits.
            #[must_use]
            pub fn of(drawn: &str) -> Self {
                Self(format!("{}{drawn}", Self::PREFIX))
            }

            /// As the API spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// An outreach campaign of one account.
    OutreachCampaignId("camp")
);
text_id!(
    /// A segment of one account.
    SegmentId("seg")
);
text_id!(
    /// A template of one account.
    TemplateId("tmpl")
);
text_id!(
    /// One run of an outreach campaign.
    ExecutionId("exec")
);
text_id!(
    /// Something that a person did that the account is after.
    ConversionId("conv")
);
text_id!(
    /// Where an account hears of what happens.
    WebhookId("hook")
);
text_id!(
    /// One event on its way to one webhook; sorts by the time of the event.
    WebhookDeliveryId("dlv")
);
text_id!(
    /// A list of subscribers that an account brings along.
    ImportId("imp")
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lead_ids_sort_by_time_and_fit_a_json_number() {
        let early = LeadId::of_start(1_760_000_000, 70_000, BotId(64));
        let late = LeadId::of_start(1_760_000_001, 1, BotId(1));
        assert!(early < late);
        assert!(LeadId::of_start(i64::MAX, i64::MAX, BotId(u64::MAX)).0 < 1 << 53);
    }

    #[test]
    fn a_text_id_has_its_prefix_and_plain_letters_after_it() {
        assert_eq!(OutreachCampaignId::parse("camp123").unwrap().as_str(), "camp123");
        for nothing in ["camp", "123", "seg123", "camp 1", "camp1#2", "Camp123", "camp\u{e9}"] {
            assert_eq!(OutreachCampaignId::parse(nothing), None, "{nothing}");
        }
        assert_eq!(OutreachCampaignId::parse(&format!("camp{}", "x".repeat(33))), None);
    }

    #[test]
    fn starts_of_one_second_get_different_ids() {
        let ids: std::collections::HashSet<_> =
            (0..10_000).map(|update| LeadId::of_start(1_760_000_000, 500_000 + update, BotId(1))).collect();
        assert_eq!(ids.len(), 10_000);
    }
}
