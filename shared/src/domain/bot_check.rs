//! The standing check of a bot: when it is looked after next, and how far it asked who is in the chats.

use serde::{Deserialize, Serialize};

use super::lead_event::LeadStatus;
use crate::ids::{LeadId, TrackingCampaignId};

/// Between two looks at a bot that has nothing else to do, in milliseconds: its webhook is verified within an hour.
const LOOK_MS: i64 = 55 * 60_000;

/// Between two looks while something is under way, in milliseconds. What is put off for this long is written down
/// before its minute is swept, because no function runs for two of these minutes.
pub const SOON_MS: i64 = 180_000;

/// A webhook that was verified this recently, in seconds, is not asked about again.
const VERIFIED_SECONDS: i64 = 50 * 60;

/// From the beginning of one pass to that of the next, in seconds.
const PASS_SECONDS: i64 = 86_400;

/// A chain whose next look is overdue by this, in milliseconds, is thought broken: longer than an outage of a day.
const BROKEN_MS: i64 = 36 * 3_600_000;

/// How many people one piece of a pass asks about.
pub const PIECE_QUESTIONS: usize = 30;

/// Between the beginnings of two pieces at the least, in milliseconds: three questions a second, a tenth of what
/// Telegram takes from a bot.
pub const PIECE_PAUSE_MS: i64 = 10_000;

/// Between two pieces as they are planned, in milliseconds; the queue delays by whole seconds, and a piece that comes
/// too early is left out.
const PIECE_STEP_MS: i64 = 12_000;

/// What a lead may be wrongly, the likeliest first.
const ORDER: [LeadStatus; 5] =
    [LeadStatus::Approve, LeadStatus::Hold, LeadStatus::Wait, LeadStatus::Cancel, LeadStatus::Trash];

/// How far the check of one bot is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotCheck {
    /// When the next look is planned, in Unix milliseconds; `None` where nobody looks after the bot.
    pub next_ms: Option<i64>,
    /// When Telegram last said that all is well with the webhook, or took it anew, in Unix seconds.
    #[serde(default)]
    pub verified: i64,
    /// When the last pass over all leads began, in Unix seconds.
    #[serde(default)]
    pub pass_begun: i64,
    /// How far it is; `None` if it is over.
    pub place: Option<PassPlace>,
    /// When its last piece began, in Unix milliseconds.
    #[serde(default)]
    pub piece_ms: i64,
}

/// How far a pass is. The order is by campaign, then by status, then from the newest lead to the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassPlace {
    /// The campaign.
    pub campaign: TrackingCampaignId,
    /// Leads that are this.
    pub status: LeadStatus,
    /// The highest id that is not asked about yet.
    pub up_to: LeadId,
}

impl BotCheck {
    /// Whether the webhook is to be verified.
    #[must_use]
    pub const fn is_webhook_due(&self, now: i64) -> bool {
        now.saturating_sub(self.verified) >= VERIFIED_SECONDS
    }

    /// Whether a pass is to begin.
    #[must_use]
    pub const fn is_pass_due(&self, now: i64) -> bool {
        self.place.is_none() && now.saturating_sub(self.pass_begun) >= PASS_SECONDS
    }
}

impl PassPlace {
    /// Where a pass begins.
    pub const FIRST: Self = Self::of_campaign(TrackingCampaignId(0));

    /// Where a campaign begins.
    #[must_use]
    pub const fn of_campaign(campaign: TrackingCampaignId) -> Self {
        Self { campaign, status: ORDER[0], up_to: LeadId::MAX }
    }

    /// Behind a lead that was asked about.
    #[must_use]
    pub const fn behind(self, lead: LeadId) -> Self {
        Self { up_to: LeadId(lead.0.saturating_sub(1)), ..self }
    }

    /// The next status, or the next campaign.
    #[must_use]
    pub fn next(self) -> Self {
        let mut statuses = ORDER.into_iter().skip_while(|status| *status != self.status);
        match statuses.nth(1) {
            Some(status) => Self { status, up_to: LeadId::MAX, ..self },
            None => self.next_campaign(),
        }
    }

    /// The next campaign.
    #[must_use]
    pub const fn next_campaign(self) -> Self {
        Self::of_campaign(TrackingCampaignId(self.campaign.0.saturating_add(1)))
    }
}

/// When a bot is looked after next, in Unix milliseconds: soon while something is under way, else in an hour. Not
/// before its gate lets newcomers through.
#[must_use]
pub fn next_look_ms(now_ms: i64, under_way: bool, gate_opens_ms: i64) -> i64 {
    let pause_ms = if under_way { SOON_MS } else { LOOK_MS };
    let next_ms = now_ms.saturating_add(pause_ms);
    if gate_opens_ms > now_ms { gate_opens_ms.max(now_ms.saturating_add(SOON_MS)) } else { next_ms }
}

/// When a chain is thought broken whose next look was planned before, in Unix milliseconds.
#[must_use]
pub const fn broken_before_ms(now_ms: i64) -> i64 {
    now_ms.saturating_sub(BROKEN_MS)
}

/// When the pieces of a pass are due between a look and the one after it, in Unix milliseconds.
pub fn pieces_ms(look_ms: i64) -> impl Iterator<Item = i64> {
    (0..SOON_MS / PIECE_STEP_MS).map(move |piece| look_ms.saturating_add(piece * PIECE_STEP_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_walks_every_status_of_a_campaign_and_then_the_next_campaign() {
        let mut place = PassPlace::of_campaign(TrackingCampaignId(7));
        let mut walked = Vec::new();
        for _ in 0..6 {
            walked.push((place.campaign.0, place.status.name()));
            place = place.behind(LeadId(5)).next();
            assert_eq!(place.up_to, LeadId::MAX);
        }
        let expected =
            [(7, "approve"), (7, "hold"), (7, "wait"), (7, "cancel"), (7, "trash"), (8, "approve")];
        assert_eq!(walked, expected);
    }

    #[test]
    fn pieces_ask_a_tenth_of_what_telegram_takes_at_most() {
        let questions = i64::try_from(PIECE_QUESTIONS).unwrap();
        assert!(questions * 1_000 <= 3 * PIECE_PAUSE_MS && PIECE_STEP_MS >= PIECE_PAUSE_MS);
        let due: Vec<_> = pieces_ms(0).collect();
        assert!(due.windows(2).all(|pair| pair[1] - pair[0] >= PIECE_PAUSE_MS));
        assert!(due.last().is_some_and(|last| SOON_MS - last >= PIECE_PAUSE_MS), "nor at the next look");
    }

    #[test]
    fn a_look_waits_for_the_gate_and_is_never_planned_for_a_minute_that_may_be_swept() {
        assert_eq!(next_look_ms(0, false, 0), LOOK_MS);
        assert_eq!(next_look_ms(0, true, 0), SOON_MS);
        assert_eq!(next_look_ms(0, true, 1_000), SOON_MS);
        assert_eq!(next_look_ms(0, false, 90_000_000), 90_000_000);
    }

    #[test]
    fn a_webhook_is_verified_every_hour_and_a_pass_begins_once_a_day() {
        let check = BotCheck { verified: 100_000, pass_begun: 100_000, ..BotCheck::default() };
        assert!(!check.is_webhook_due(100_000 + 2_999) && check.is_webhook_due(100_000 + LOOK_MS / 1_000));
        assert!(!check.is_pass_due(100_000 + 86_399) && check.is_pass_due(100_000 + 86_400));
        let under_way = BotCheck { place: Some(PassPlace::FIRST), ..check };
        assert!(!under_way.is_pass_due(1_000_000));
    }
}
