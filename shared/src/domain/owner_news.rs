//! What the owner of an account hears from their own bot: which events, and in which words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fact_clock::FactClock;
use super::lead_event::LeadStatus;
use super::person::Person;
use crate::ids::{BotId, ChatId, TrackingCampaignId};

/// How many characters of a name are shown.
const NAME_CHARACTERS: usize = 64;

/// Where the owner hears of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyChat {
    /// In this chat.
    To(ChatId),
    /// Nowhere.
    Nowhere,
}

/// Something about a bot that its owner has to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OwnerNews {
    /// It is no longer administrator of a chat that a campaign tracks.
    RightsLost {
        /// The bot.
        bot: BotId,
        /// The chat.
        chat: ChatId,
        /// When the rights were lost.
        seen: FactClock,
    },
    /// Telegram refuses its token.
    TokenRefused {
        /// The bot.
        bot: BotId,
    },
    /// Telegram cannot deliver its updates.
    WebhookBroken {
        /// The bot.
        bot: BotId,
    },
    /// Telegram does not take a campaign's welcome as it is: people got it without its button, as bare text, or without its
    /// media.
    WelcomeRefused {
        /// The bot.
        bot: BotId,
        /// The campaign.
        campaign: TrackingCampaignId,
    },
}

impl OwnerNews {
    /// The bot in question.
    #[must_use]
    pub const fn bot(self) -> BotId {
        match self {
            Self::RightsLost { bot, .. }
            | Self::TokenRefused { bot }
            | Self::WebhookBroken { bot }
            | Self::WelcomeRefused { bot, .. } => bot,
        }
    }

    /// The same for news that are told again.
    #[must_use]
    pub fn id(self) -> String {
        match self {
            Self::RightsLost { bot, chat, seen } => format!("rights.{bot}.{chat}.{seen}"),
            Self::TokenRefused { bot } => format!("token.{bot}"),
            Self::WebhookBroken { bot } => format!("webhook.{bot}"),
            Self::WelcomeRefused { bot, campaign } => format!("welcome.{bot}.{campaign}"),
        }
    }

    /// What the owner reads. `chat` is the title of the chat in question.
    #[must_use]
    pub fn text(self, bot_username: &str, chat: &str) -> String {
        match self {
            Self::RightsLost { .. } => format!(
                "@{bot_username} is no longer an administrator of {}. Joins there are not counted until it is again.",
                shown(chat)
            ),
            Self::TokenRefused { .. } => {
                format!("Telegram no longer accepts the token of @{bot_username}. Connect the bot again.")
            }
            Self::WebhookBroken { .. } => {
                format!("Telegram cannot deliver the updates of @{bot_username}. Check the bot.")
            }
            Self::WelcomeRefused { campaign, .. } => format!(
                "Telegram does not take the welcome of campaign {campaign} by @{bot_username}: people get it \
                 without its button, as bare text, or without its media. Check its text, button and media."
            ),
        }
    }
}

/// Whether the owner hears of an event: level 1 approve, 2 wait as well, 3 all five.
#[must_use]
pub const fn is_told(level: u8, status: LeadStatus) -> bool {
    match status {
        LeadStatus::Approve => level >= 1,
        LeadStatus::Wait => level >= 2,
        LeadStatus::Hold | LeadStatus::Cancel | LeadStatus::Trash => level >= 3,
    }
}

/// One event of one lead in a line.
#[must_use]
pub fn lead_text(
    status: LeadStatus,
    person: &Person,
    chat_title: &str,
    campaign: TrackingCampaignId,
) -> String {
    let deed = match status {
        LeadStatus::Wait => "started the bot for",
        LeadStatus::Hold => "asked to join",
        LeadStatus::Approve => "joined",
        LeadStatus::Cancel => "left",
        LeadStatus::Trash => "was removed from",
    };
    let name = shown(&format!("{} {}", person.first_name, person.last_name));
    let username = match person.username.as_str() {
        "" => String::new(),
        username => format!(" (@{})", shown(username)),
    };
    format!("{name}{username} {deed} {}, campaign {campaign}: {status}", shown(chat_title))
}

/// One line for the events that were held back: `and 37 more: 30 approve, 7 wait`, the most frequent first.
#[must_use]
pub fn digest_text(held: &BTreeMap<LeadStatus, u64>) -> String {
    let mut counts: Vec<_> = held.iter().filter(|(_, count)| **count > 0).collect();
    counts.sort_by_key(|(status, count)| (u64::MAX - **count, **status));
    let total: u64 = counts.iter().map(|(_, count)| **count).sum();
    let counts: Vec<_> = counts.into_iter().map(|(status, count)| format!("{count} {status}")).collect();
    format!("and {total} more: {}", counts.join(", "))
}

/// A name as one line of bare text in which Telegram finds no link, no mention and no command.
fn shown(name: &str) -> String {
    let mut shown = String::new();
    for character in name.trim().chars().take(NAME_CHARACTERS) {
        match character {
            // Directions and line ends would let a name rewrite what stands around it.
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            character if character.is_control() => shown.push(' '),
            '.' | '/' | ':' | '@' | '#' => shown.extend([character, '\u{200b}']),
            character => shown.push(character),
        }
    }
    if shown.trim().is_empty() { "Somebody".to_owned() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_tells_more_events() {
        let told = |level| LeadStatus::ALL.map(|status| u8::from(is_told(level, status)));
        assert_eq!(told(0), [0, 0, 0, 0, 0]);
        assert_eq!(told(1), [0, 0, 1, 0, 0]);
        assert_eq!(told(2), [1, 0, 1, 0, 0]);
        assert_eq!(told(3), [1, 1, 1, 1, 1]);
    }

    #[test]
    fn a_lead_is_told_in_one_line_whatever_the_name_is() {
        let told = |first: &str, last: &str, username: &str| {
            let person = Person {
                first_name: first.to_owned(),
                last_name: last.to_owned(),
                username: username.to_owned(),
                ..Person::default()
            };
            lead_text(LeadStatus::Approve, &person, "News <b>", TrackingCampaignId(12))
        };
        assert_eq!(told("Anna", "Lind", "anna"), "Anna Lind (@anna) joined News <b>, campaign 12: approve");
        let link = told("evil.example/x", "", "");
        assert!(link.starts_with("evil.\u{200b}example/\u{200b}x joined "), "{link}");
        let lines = told("A\nB\u{202e}", "\u{2028}C", "");
        assert!(lines.starts_with("A B C joined "), "{lines}");
        assert!(told("\u{202e}", "", "").starts_with("Somebody joined "));
        assert!(told(&"x".repeat(500), "", "").chars().count() < 120);
    }

    #[test]
    fn a_digest_counts_what_was_held_the_most_frequent_first() {
        let held = BTreeMap::from([(LeadStatus::Wait, 7), (LeadStatus::Hold, 0), (LeadStatus::Approve, 30)]);
        assert_eq!(digest_text(&held), "and 37 more: 30 approve, 7 wait");
        assert_eq!(digest_text(&BTreeMap::from([(LeadStatus::Wait, 1)])), "and 1 more: 1 wait");
    }
}
