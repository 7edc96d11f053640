//! Who is reached: one message for each person, whichever bots and segments they are in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::audience_member::{AudienceMember, Reaction};
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
    /// Bots that send nothing: they are disconnected, or Telegram refuses their token. They reach nobody.
    pub silent: BTreeSet<BotId>,
}

/// Why somebody is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Exclusion {
    /// They might match if the account knew an attribute of them that rules ask for.
    AttributeMissing,
    /// They blocked the bot, are gone, or never started it; or no bot that knows them can send.
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

impl AudiencePerson {
    /// A person whom these contacts know. Which campaigns reached them, and when the last one did, is theirs and not one
    /// bot's: each contact has it of all of them.
    #[must_use]
    pub fn of(user: UserId, mut contacts: Vec<AudienceContact>) -> Self {
        if contacts.len() > 1 {
            let mut reached_by: BTreeMap<String, Reaction> = BTreeMap::new();
            for (campaign, reaction) in contacts.iter().flat_map(|contact| &contact.member.reached_by) {
                let known = reached_by.entry(campaign.clone()).or_default();
                known.clicked |= reaction.clicked;
                known.converted |= reaction.converted;
            }
            let last_outreach = contacts.iter().filter_map(|contact| contact.member.last_outreach).max();
            for AudienceContact { member, .. } in &mut contacts {
                member.reached_by.clone_from(&reached_by);
                member.last_outreach = last_outreach;
            }
        }
        Self { user, contacts }
    }
}

impl Selection {
    /// Whether a contact is in the segment; who is left out by any bot that knows them is left out.
    #[must_use]
    pub fn select(&self, contact: &AudienceContact, person: &AudiencePerson, now: i64) -> Selected {
        match self.criteria.select(&contact.member, now) {
            Selected::No => Selected::No,
            _ if self.exclude.iter().any(|other| other.has(person, now)) => Selected::No,
            selected => selected,
        }
    }

    /// Whether a person is in the segment, by any bot that knows them.
    fn has(&self, person: &AudiencePerson, now: i64) -> bool {
        person.contacts.iter().any(|contact| self.select(contact, person, now) == Selected::Yes)
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
            match self.place(contact, person, now) {
                Place::In(segment) => {
                    if best.is_none_or(|(other, _)| self.rank(contact) > self.rank(other)) {
                        best = Some((contact, segment));
                    }
                }
                Place::Unknown => lacks_attribute = true,
                Place::Out => {}
            }
        }
        match best {
            Some((contact, _)) if !self.reaches(contact) => Judgement::LeftOut(Exclusion::Unreachable),
            Some((contact, _)) if !contact.subscribed => Judgement::LeftOut(Exclusion::Unsubscribed),
            Some((contact, segment)) => Judgement::Chosen(Choice { bot: contact.member.bot, segment }),
            None if lacks_attribute => Judgement::LeftOut(Exclusion::AttributeMissing),
            None => Judgement::Unmatched,
        }
    }

    /// Whether a message of this bot would reach them.
    fn reaches(&self, contact: &AudienceContact) -> bool {
        contact.reachable && !self.silent.contains(&contact.member.bot)
    }

    /// A message goes by the bot of the highest.
    fn rank(&self, contact: &AudienceContact) -> (bool, Option<i64>, BotId) {
        (self.reaches(contact) && contact.subscribed, contact.member.last_interaction, contact.member.bot)
    }

    fn place(&self, contact: &AudienceContact, person: &AudiencePerson, now: i64) -> Place {
        let filtered = self.filters.select(&contact.member, now);
        if filtered == Selected::No {
            return Place::Out;
        }
        let mut selected = if self.segments.is_empty() { Selected::Yes } else { Selected::No };
        let mut first = None;
        for (index, (_, segment)) in self.segments.iter().enumerate() {
            selected = match segment.select(contact, person, now) {
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
