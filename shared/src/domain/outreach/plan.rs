//! What an execution is planned by, and whom it plans.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ab_run::AbTest;
use super::audience::{Audience, AudienceCount, AudiencePerson, Exclusion, Judgement};
use super::body::CampaignBody;
use super::frozen;
use super::joined::MessageContent;
use super::recipient::Recipient;
use super::second_try::SecondTry;
use super::share::{Draw, is_within, place};
use super::strategy::FrequencyCap;
use crate::ids::{BotId, OutreachCampaignId, UserId};

/// What an execution is planned by. It was put down when the execution was asked for, and stands since.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExecutionPlan {
    /// The campaign: who is in a share, and who gets which variation, goes by its id.
    pub campaign: OutreachCampaignId,
    /// To whom.
    #[serde(with = "frozen")]
    pub audience: Audience,
    /// To how many of a hundred of them.
    pub percentage: Decimal,
    /// For each message the weights of its variations, in their order.
    pub weights: Vec<Vec<Decimal>>,
    /// These people alone, for a test; whether they were reached before does not matter then.
    pub testers: Option<Vec<UserId>>,
    /// Those alone whom this execution did not reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_try: Option<SecondTry>,
    /// How often somebody is written to at most.
    #[serde(default)]
    pub frequency_cap: Option<FrequencyCap>,
    /// How many of a hundred get nothing, for comparison.
    #[serde(default)]
    pub holdout: Decimal,
    /// Whether it is sent again to whom it reached before.
    #[serde(default)]
    pub repeats: bool,
    /// A share of them first, then the rest with what that came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ab_test: Option<AbTest>,
    /// Whether an endpoint of the account's own says what the recipients of each chunk get.
    #[serde(default)]
    pub asks: bool,
}

/// What an execution goes by from its beginning on, whatever is edited or deleted later.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecutionBasis {
    /// Who is chosen.
    pub plan: ExecutionPlan,
    /// What they are sent: every message in its order.
    pub content: Vec<MessageContent>,
}

/// How many people a plan reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanCount {
    /// In all.
    pub count: AudienceCount,
    /// By the bot that reaches them.
    pub by_bot: BTreeMap<BotId, u64>,
}

impl ExecutionPlan {
    /// The weights of a campaign's variations.
    #[must_use]
    pub fn weights_of(body: &CampaignBody) -> Vec<Vec<Decimal>> {
        let weights = body
            .messages
            .iter()
            .map(|message| message.variations.iter().map(|variation| variation.weight).collect::<Vec<_>>());
        weights.collect()
    }

    /// What the execution is to a person at `now`, Unix seconds.
    #[must_use]
    pub fn judge(&self, person: &AudiencePerson, now: i64) -> Judgement {
        let judgement = self.audience.judge(person, now);
        if self.testers.is_some() || !matches!(judgement, Judgement::Chosen(_)) {
            return judgement;
        }
        let campaign = self.campaign.as_str();
        let is_again = person.contacts.iter().any(|contact| contact.member.reached_by.contains_key(campaign));
        if is_again && !self.repeats {
            return Judgement::LeftOut(Exclusion::AlreadyReached);
        }
        if is_within(place(Draw::HoldOut, campaign, person.user), self.holdout) {
            return Judgement::LeftOut(Exclusion::HeldOut);
        }
        self.barred(person, now).map_or(judgement, Judgement::LeftOut)
    }

    /// Whether somebody who is held out would get it but for that.
    #[must_use]
    pub fn is_withheld(&self, person: &AudiencePerson, judgement: Judgement, now: i64) -> bool {
        judgement == Judgement::LeftOut(Exclusion::HeldOut) && self.barred(person, now).is_none()
    }

    /// Why somebody of the audience whom it did not reach does not get it now.
    fn barred(&self, person: &AudiencePerson, now: i64) -> Option<Exclusion> {
        if !is_within(place(Draw::Share, self.campaign.as_str(), person.user), self.percentage) {
            return Some(Exclusion::NotInShare);
        }
        let got_ms = person.contacts.iter().flat_map(|contact| contact.member.got_ms.iter().copied());
        self.frequency_cap.filter(|cap| cap.is_reached(got_ms, now)).map(|_| Exclusion::FrequencyCapped)
    }

    /// Whether somebody is of the share that is sent to before it is known what the rest gets.
    #[must_use]
    pub fn is_in_test(&self, user: UserId) -> bool {
        let is_in =
            |test: &AbTest| is_within(place(Draw::Test, self.campaign.as_str(), user), test.percentage);
        self.ab_test.as_ref().is_some_and(is_in)
    }

    /// The bot that somebody gets the campaign from, and as what; `None` if they do not get it.
    #[must_use]
    pub fn recipient(&self, user: UserId, judgement: Judgement) -> Option<(BotId, Recipient)> {
        let Judgement::Chosen(choice) = judgement else { return None };
        let messages = 0..self.weights.len();
        let variations = messages.map(|message| self.variation(message, user)).collect();
        Some((choice.bot, Recipient { user, segment: choice.segment, variations, reached: Vec::new() }))
    }

    /// Which variation of a message somebody gets: 0 for the message itself, which keeps what the weights leave.
    fn variation(&self, message: usize, user: UserId) -> usize {
        let place = place(Draw::Variation, &format!("{}.{message}", self.campaign), user);
        let (mut bound, weights) = (Decimal::ZERO, self.weights.get(message).map(Vec::as_slice));
        for (index, weight) in weights.unwrap_or_default().iter().enumerate() {
            bound += weight;
            if is_within(place, bound) {
                return index + 1;
            }
        }
        0
    }
}

impl PlanCount {
    /// Counts one person.
    pub fn add(&mut self, judgement: Judgement) {
        self.count.add(judgement);
        if let Judgement::Chosen(choice) = judgement {
            *self.by_bot.entry(choice.bot).or_default() += 1;
        }
    }

    /// Both together.
    pub fn merge(&mut self, other: &Self) {
        self.count.merge(&other.count);
        for (bot, count) in &other.by_bot {
            *self.by_bot.entry(*bot).or_default() += count;
        }
    }

    /// What was counted of a part of all, as a count of all.
    pub fn scale(&mut self, whole: u64, part: u64) {
        self.count.scale(whole, part);
        self.by_bot.values_mut().for_each(|count| *count = count.saturating_mul(whole) / part);
    }
}

#[cfg(test)]
mod tests {
    use super::super::audience::{AudienceContact, Choice};
    use super::super::audience_member::{AudienceMember, Reaction};
    use super::*;

    fn plan(percentage: i64) -> ExecutionPlan {
        let campaign = OutreachCampaignId::of("1");
        let weights = vec![vec![Decimal::from(30), Decimal::new(105, 1)], Vec::new()];
        ExecutionPlan { campaign, percentage: percentage.into(), weights, ..ExecutionPlan::default() }
    }

    fn person(user: i64) -> AudiencePerson {
        let member = AudienceMember { bot: BotId(1), ..AudienceMember::default() };
        let contact = AudienceContact { member, reachable: true, subscribed: true };
        AudiencePerson { user: UserId(user), contacts: vec![contact] }
    }

    #[test]
    fn shares_grow_and_never_lose_anybody() {
        let chosen =
            |percentage, user| matches!(plan(percentage).judge(&person(user), 0), Judgement::Chosen(_));
        let mut last = Vec::new();
        for (percentage, expected) in [(10, 1_000), (50, 5_000), (100, 10_000)] {
            let users: Vec<_> = (0..10_000).filter(|user| chosen(percentage, *user)).collect();
            assert!(users.len().abs_diff(expected) < 200, "{percentage}: {}", users.len());
            assert!(last.iter().all(|user| users.contains(user)));
            last = users;
        }
        assert_eq!(plan(0).judge(&person(1), 0), Judgement::LeftOut(Exclusion::NotInShare));
    }

    #[test]
    fn whom_any_bot_reached_is_not_reached_again_but_by_a_test() {
        let mut reached = person(1);
        let mut other = person(1).contacts.remove(0);
        other.member.bot = BotId(2);
        other.member.reached_by = [("camp1".to_owned(), Reaction::default())].into();
        reached.contacts.push(other);
        assert_eq!(plan(100).judge(&reached, 0), Judgement::LeftOut(Exclusion::AlreadyReached));
        let test = ExecutionPlan { testers: Some(vec![UserId(1)]), ..plan(0) };
        assert!(matches!(test.judge(&reached, 0), Judgement::Chosen(_)));
    }

    #[test]
    fn what_recurs_goes_to_the_same_people_again() {
        let mut reached = person(1);
        reached.contacts[0].member.reached_by = [("camp1".to_owned(), Reaction::default())].into();
        let again = ExecutionPlan { repeats: true, ..plan(100) };
        assert!(matches!(again.judge(&reached, 0), Judgement::Chosen(_)));
    }

    #[test]
    fn who_had_enough_by_any_bot_is_left_out_for_a_while() {
        let mut busy = person(1);
        let mut other = person(1).contacts.remove(0);
        (busy.contacts[0].member.got_ms, other.member.got_ms) = ([10_000].into(), [20_000].into());
        busy.contacts.push(other);
        let cap = |messages| ExecutionPlan {
            frequency_cap: Some(FrequencyCap { messages, seconds: 60 }),
            ..plan(100)
        };
        let capped = Judgement::LeftOut(Exclusion::FrequencyCapped);
        assert_eq!(cap(2).judge(&busy, 30), capped);
        assert!(matches!(cap(3).judge(&busy, 30), Judgement::Chosen(_)));
        assert!(matches!(cap(2).judge(&busy, 70), Judgement::Chosen(_)), "ten seconds is over a minute ago");
    }

    #[test]
    fn a_stable_share_is_held_out_and_grows_with_its_percentage() {
        let held = |holdout: i64, percentage| -> Vec<i64> {
            let plan = ExecutionPlan { holdout: holdout.into(), ..plan(percentage) };
            let is_held =
                |user: &i64| plan.judge(&person(*user), 0) == Judgement::LeftOut(Exclusion::HeldOut);
            (0..10_000).filter(is_held).collect()
        };
        let (ten, twenty) = (held(10, 100), held(20, 100));
        assert!(ten.len().abs_diff(1_000) < 200 && twenty.len().abs_diff(2_000) < 200);
        assert!(ten.iter().all(|user| twenty.contains(user)));
        assert_eq!(held(10, 50), ten, "the same whatever share is sent to");
        assert_eq!(held(0, 100), Vec::<i64>::new());
        let half = ExecutionPlan { holdout: 10.into(), ..plan(50) };
        let withheld = |user: &&i64| {
            let person = person(**user);
            half.is_withheld(&person, half.judge(&person, 0), 0)
        };
        let count = ten.iter().filter(withheld).count();
        assert!(count.abs_diff(500) < 150, "of a share only those who are in it: {count}");
    }

    #[test]
    fn variations_come_by_their_weights_and_stay_the_same() {
        let (plan, chosen) = (plan(100), Judgement::Chosen(Choice { bot: BotId(1), segment: None }));
        let mut counts = [0_usize; 3];
        for user in 0..100_000 {
            let (_, recipient) = plan.recipient(UserId(user), chosen).unwrap();
            assert_eq!((recipient.variations.len(), recipient.variations[1]), (2, 0));
            counts[recipient.variations[0]] += 1;
        }
        for (count, expected) in counts.into_iter().zip([59_500, 30_000, 10_500]) {
            assert!(count.abs_diff(expected) < 1_000, "{counts:?}");
        }
        assert_eq!(plan.recipient(UserId(1), Judgement::Unmatched), None);
    }

    #[test]
    fn a_plan_that_is_kept_reads_as_it_was() {
        let text = serde_json::to_string(&plan(10)).unwrap();
        assert_eq!(serde_json::from_str::<ExecutionPlan>(&text).unwrap(), plan(10));
    }
}
