//! Contests: whoever presses a button is entered once, and some of those win.

use serde::{Deserialize, Serialize};

use super::reader::Reader;
use crate::error::Fault;
use crate::ids::{ChatId, OutreachCampaignId};

/// No contest has more winners: they are told one after the other.
const WINNERS_MAX: u64 = 100;

/// The label of the button if none is given.
const PARTICIPATE: &str = "Participate";

/// How long its label may be, in characters.
const LABEL_CHARACTERS_MAX: usize = 64;

/// How long what winners are told may be, in characters.
const WINNER_CHARACTERS_MAX: usize = 1_000;

/// How long the thanks may be, in characters: a notice takes 200, and says the number as well.
const THANKS_CHARACTERS_MAX: usize = 150;

/// What the button reports begins with.
const PRESS: &str = "ct:";

/// The same in a message that went to a tester.
const TEST_PRESS: &str = "ctt:";

/// What a campaign says of its contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contest {
    /// Who enters must be a member of it; `None` if anybody may.
    pub chat: Option<ChatId>,
    /// The label of the button.
    pub button: String,
    /// How many win, from 1 to 100.
    pub winners: u64,
    /// When it is drawn by itself, in Unix seconds; `None` if only when it is asked for.
    pub draw_at: Option<i64>,
    /// What winners are told.
    pub winner_text: String,
    /// What is said to who is entered; `None` for words of ours.
    pub thanks: Option<String>,
}

/// The button below a contest's messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContestButton {
    /// The campaign.
    pub campaign: OutreachCampaignId,
    /// Whether the message was a test: then nobody is entered.
    pub test: bool,
}

/// What a press comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// They are entered under this number.
    Now(u64),
    /// They were before, under this number.
    Before(u64),
    /// They are no member of the chat.
    NotMember,
    /// Nobody is entered any more.
    Closed,
    /// It was a message for testers.
    Test,
    /// Nothing is known now.
    Unclear,
}

/// What became of telling a winner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// Somebody is at it.
    Sending,
    /// Telegram took the message.
    Delivered,
    /// The message left, and nobody knows what became of it; it is not sent again.
    Unknown,
    /// Telegram says that the person cannot be written to.
    Unreachable,
    /// Telegram refused the message, or the bot cannot be used any more.
    Failed,
    /// The person wants no messages from the bot.
    Unsubscribed,
}

impl Told {
    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Unknown => "unknown",
            Self::Unreachable => "unreachable",
            Self::Failed => "failed",
            Self::Unsubscribed => "unsubscribed",
        }
    }
}

impl Contest {
    /// Reads `contest`; `None` where it is not said.
    pub(super) fn read(body: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        let said = body.object("contest", faults)?;
        let mut text = |name: &str, characters_max: usize| {
            let expected = format!("must be text of 1 to {characters_max} characters");
            said.read(name, &expected, faults, |value| {
                let text = value.as_str()?.trim();
                (1..=characters_max).contains(&text.chars().count()).then(|| text.to_owned())
            })
        };
        let button = text("button", LABEL_CHARACTERS_MAX);
        let winner_text = text("winnerText", WINNER_CHARACTERS_MAX);
        let thanks = text("thanks", THANKS_CHARACTERS_MAX);
        let chat = said.read("chat", "must be the id of a channel or a group, below 0", faults, |value| {
            value.as_i64().filter(|id| *id < 0).map(ChatId)
        });
        let expected = format!("must be a whole number from 1 to {WINNERS_MAX}");
        let winners = said.read("winners", &expected, faults, |value| {
            value.as_u64().filter(|winners| (1..=WINNERS_MAX).contains(winners))
        });
        for name in ["winners", "winnerText"] {
            if said.given(name).is_none() {
                said.refuse(name, "is required", faults);
            }
        }
        Some(Self {
            chat,
            button: button.unwrap_or_else(|| PARTICIPATE.to_owned()),
            winners: winners.unwrap_or(1),
            draw_at: said.time("drawAt", faults),
            winner_text: winner_text.unwrap_or_default(),
            thanks,
        })
    }
}

impl ContestButton {
    /// What it reports; Telegram takes 64 bytes.
    #[must_use]
    pub fn callback_data(&self) -> String {
        format!("{}{}", if self.test { TEST_PRESS } else { PRESS }, self.campaign)
    }

    /// Reads what a button reports; `None` for a button of something else.
    #[must_use]
    pub fn of_callback(data: &str) -> Option<Self> {
        let (campaign, test) = match data.strip_prefix(TEST_PRESS) {
            Some(campaign) => (campaign, true),
            None => (data.strip_prefix(PRESS)?, false),
        };
        Some(Self { campaign: OutreachCampaignId::parse(campaign)?, test })
    }
}

impl Entered {
    /// What the person is shown, at most 200 characters.
    #[must_use]
    pub fn notice(self, thanks: Option<&str>) -> String {
        match self {
            Self::Now(number) => {
                let thanks = thanks.unwrap_or("You take part.");
                format!("{thanks} Your number is {number}.")
            }
            Self::Before(number) => format!("You take part already. Your number is {number}."),
            Self::NotMember => "Only members take part. Join the chat first, then press again.".to_owned(),
            Self::Closed => "It is over: nobody is entered any more.".to_owned(),
            Self::Test => "This is a test: nobody is entered.".to_owned(),
            Self::Unclear => "That did not work. Press again in a moment.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::outreach::CampaignBody;
    use crate::error::AppError;

    fn read(contest: &Value) -> Result<Option<Contest>, Vec<String>> {
        let body = json!({"name": "Win", "type": "engagement", "contest": contest});
        match CampaignBody::read(body.as_object().unwrap()) {
            Ok(body) => Ok(body.contest),
            Err(AppError::Invalid(faults)) => Err(faults.into_iter().map(|fault| fault.field).collect()),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_contest_says_how_many_win_and_what_they_are_told() {
        let least = read(&json!({"winners": 3, "winnerText": "You won"})).unwrap().unwrap();
        assert_eq!((least.button.as_str(), least.winners, least.draw_at), ("Participate", 3, None));
        assert_eq!(read(&Value::Null), Ok(None));
        let whole = json!({"chat": -100, "button": "I am in", "winners": 100, "drawAt": "2026-12-01T00:00:00Z",
            "winnerText": "w".repeat(1_000), "thanks": "t".repeat(150)});
        let read_back = read(&whole).unwrap().unwrap();
        assert_eq!((read_back.chat, read_back.draw_at), (Some(ChatId(-100)), Some(1_796_083_200)));
        for (field, value) in [
            ("winners", json!(0)),
            ("winners", json!(101)),
            ("winners", json!("3")),
            ("winners", Value::Null),
            ("winnerText", json!("  ")),
            ("winnerText", json!("w".repeat(1_001))),
            ("winnerText", Value::Null),
            ("thanks", json!("t".repeat(151))),
            ("button", json!("")),
            ("button", json!("b".repeat(65))),
            ("chat", json!(7)),
            ("drawAt", json!("tomorrow")),
        ] {
            let mut contest = whole.clone();
            contest[field] = value.clone();
            assert_eq!(read(&contest), Err(vec![format!("contest.{field}")]), "{field} {value}");
        }
        assert_eq!(read(&json!([])), Err(vec!["contest".to_owned()]));
    }

    #[test]
    fn a_button_reads_back_and_every_notice_fits() {
        let campaign = OutreachCampaignId::parse(&format!("camp{}", "x".repeat(32))).unwrap();
        for test in [false, true] {
            let button = ContestButton { campaign: campaign.clone(), test };
            assert!(button.callback_data().len() <= 64);
            assert_eq!(ContestButton::of_callback(&button.callback_data()), Some(button));
        }
        for other in ["", "ct:", "ct:seg1", "unsub:1", "ctx:camp1", "ct:camp#"] {
            assert_eq!(ContestButton::of_callback(other), None, "{other}");
        }
        let thanks = "t".repeat(150);
        let all = [Entered::Now(u64::MAX), Entered::Before(u64::MAX), Entered::NotMember, Entered::Closed];
        for entered in all.into_iter().chain([Entered::Test, Entered::Unclear]) {
            assert!(entered.notice(Some(&thanks)).chars().count() <= 200, "{entered:?}");
        }
    }
}
