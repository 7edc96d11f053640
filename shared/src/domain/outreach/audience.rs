//! Who is reached: one message for each person, whichever bots and segments they are in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::audience_member::AudienceMember;
use super::segment::{Criteria, Selected};
use crate::ids::{BotId, SegmentId, UserId};

/// One person as each of the bots that know them does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudiencePerson {
    /// Telegram's id.
    pub user: UserId,
    /// One for each bot.
    pub contacts: Vec<AudienceContact>,
}

/// What one bot knows of a person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudienceContact {
    /// What rules see.
    pub member: AudienceMember,
    /// Whether a message would reach them.
    pub reachable: bool,
    /// Whether they want messages.
    pub subscribed: bool,
}

/// A segment as planning uses it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Its rules.
    pub criteria: Criteria,
    /// Whom it leaves out: those of these segments.
    pub exclude: Vec<Selection>,
}

/// To whom a campaign is sent: those of any segment who pass every filter; without either, everybody.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audience {
    /// Its segments, in the order in which people belong to them.
    pub segments: Vec<(SegmentId, Selection)>,
    /// What everybody must pass.
    pub filters: Criteria,
    /// Only contacts of these bots; empty = of all.
    pub bots: Vec<BotId>,
}

/// Why somebody is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Exclusion {
    /// They might match if the account knew an attribute of them that rules ask for.
    AttributeMissing,
    /// They blocked the bot, are gone, or never started it.
    Unreachable,
    /// They want no messages.
    Unsubscribed,
    /// The campaign reached them before.
    AlreadyReached,
    /// They are not in the share that is asked for.
    NotInShare,
    /// They get nothing, so that others can be compared with them.
    HeldOut,
    /// They had enough messages of late.
    FrequencyCapped,
}

/// What a campaign is to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// They get it.
    Chosen(Choice),
    /// They do not.
    LeftOut(Exclusion),
    /// They are not meant.
    Unmatched,
}

/// From whom somebody gets a message, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The bot they last spoke to.
    pub bot: BotId,
    /// The first segment that they are in, by its place; `None` where the campaign names none.
    pub segment: Option<usize>,
}

/// How many people a campaign means and reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudienceCount {
    /// Who is meant.
    pub matched: u64,
    /// Who gets it.
    pub reachable: u64,
    /// Who does not, by the reason.
    #[serde(default)]
    pub excluded: BTreeMap<Exclusion, u64>,
}

impl Selection {
    /// Whether a contact is in the segment.
    #[must_use]
    pub fn select(&self, member: &AudienceMember, now: i64) -> Selected {
        let is_excluded = |other: &Self| other.select(member, now) == Selected::Yes;
        match self.criteria.select(member, now) {
            Selected::No => Selected::No,
            _ if self.exclude.iter().any(is_excluded) => Selected::No,
            selected => selected,
        }
    }
}

impl Audience {
    /// What a campaign with this audience is to a person at `now`, Unix seconds. Of several bots that may write to them
    /// the one they last spoke to does.
    #[must_use]
    pub fn judge(&self, person: &AudiencePerson, now: i64) -> Judgement {
        let mut lacks_attribute = false;
        let mut best: Option<(&AudienceContact, Option<usize>)> = None;
        for contact in &person.contacts {
            if !self.bots.is_empty() && !self.bots.contains(&contact.member.bot) {
                continue;
            }
            match self.place(&contact.member, now) {
                Place::In(segment) => {
                    if best.is_none_or(|(other, _)| contact.precedes(other)) {
                        best = Some((contact, segment));
                    }
                }
                Place::Unknown => lacks_attribute = true,
                Place::Out => {}
            }
        }
        match best {
            Some((contact, _)) if !contact.reachable => Judgement::LeftOut(Exclusion::Unreachable),
            Some((contact, _)) if !contact.subscribed => Judgement::LeftOut(Exclusion::Unsubscribed),
            Some((contact, segment)) => Judgement::Chosen(Choice { bot: contact.member.bot, segment }),
            None if lacks_attribute => Judgement::LeftOut(Exclusion::AttributeMissing),
            None => Judgement::Unmatched,
        }
    }

    fn place(&self, member: &AudienceMember, now: i64) -> Place {
        let filtered = self.filters.select(member, now);
        if filtered == Selected::No {
            return Place::Out;
        }
        let mut selected = if self.segments.is_empty() { Selected::Yes } else { Selected::No };
        let mut first = None;
        for (index, (_, segment)) in self.segments.iter().enumerate() {
            selected = match segment.select(member, now) {
                Selected::Yes => Selected::Yes,
                Selected::Unknown => Selected::Unknown,
                Selected::No => continue,
            };
            first = Some(index);
            if selected == Selected::Yes {
                break;
            }
        }
        match (filtered, selected) {
            (_, Selected::No) => Place::Out,
            (Selected::Yes, Selected::Yes) => Place::In(first),
            _ => Place::Unknown,
        }
    }
}

/// What an audience makes of a contact.
enum Place {
    In(Option<usize>),
    /// In, if it has the attributes that nobody told.
    Unknown,
    Out,
}

impl AudienceContact {
    /// Whether a message goes by this bot rather than by the other.
    fn precedes(&self, other: &Self) -> bool {
        let rank = |contact: &Self| {
            (contact.reachable && contact.subscribed, contact.member.last_interaction, contact.member.bot)
        };
        rank(self) > rank(other)
    }
}

impl AudienceCount {
    /// Counts one person.
    pub fn add(&mut self, judgement: Judgement) {
        match judgement {
            Judgement::Chosen(_) => {
                self.matched += 1;
                self.reachable += 1;
            }
            Judgement::LeftOut(why) => {
                // Somebody of whom too little is known is not known to be meant.
                self.matched += u64::from(why != Exclusion::AttributeMissing);
                *self.excluded.entry(why).or_default() += 1;
            }
            Judgement::Unmatched => {}
        }
    }

    /// Both together.
    pub fn merge(&mut self, other: &Self) {
        self.matched += other.matched;
        self.reachable += other.reachable;
        for (why, count) in &other.excluded {
            *self.excluded.entry(*why).or_default() += count;
        }
    }

    /// What was counted of a part of all, as a count of all.
    pub fn scale(&mut self, whole: u64, part: u64) {
        for count in [&mut self.matched, &mut self.reachable].into_iter().chain(self.excluded.values_mut()) {
            *count = count.saturating_mul(whole) / part;
        }
    }
}
