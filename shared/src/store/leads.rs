use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use serde::{Deserialize, Serialize};

use super::access::{number, text, to_attribute};
use super::registers::refused_item;
use super::start_spelling::{parse_start, spell_start};
use super::welcomes::{WelcomeLease, is_owed, lease_name};
use super::{FactWrite, Item, Key, Store};
use crate::domain::course::Straggler;
use crate::domain::fact_clock::FactClock;
use crate::domain::lead::{LeadFacts, Leave, LeaveKind, Start};
use crate::domain::person::Person;
use crate::error::{AppError, AppResult};
use crate::ids::{CampaignKey, LeadId, UserId};

/// How many starts of one person a campaign remembers; more only greet.
const STARTS_MAX: u32 = 64;

/// One person in one tracking campaign: a lead once they pressed Start, an organic person before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// The lead's id; `None` for an organic person.
    pub id: Option<LeadId>,
    /// Who, as last seen.
    pub person: Person,
    /// What is known.
    pub facts: LeadFacts,
    /// Which of it no update told.
    pub reconciled: Reconciled,
    /// The latest event that postbacks of later ones have to mind; no fact.
    pub straggler: Option<Straggler>,
}

/// What was found of a person by asking Telegram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// The latest join that was found so.
    pub join: Option<FactClock>,
    /// The latest leave that was found so.
    pub leave: Option<FactClock>,
    /// The question that first found them outside, of a lead of whom nothing but Start had been seen.
    pub outside: Option<FactClock>,
}

/// What became of a press of Start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartWrite {
    /// It is written, and its welcome leased to the caller; the lead is as returned.
    ToGreet(Box<Lead>),
    /// The person has too many starts for one more to be remembered. Greeting it again is better than never.
    Unremembered(Box<Lead>),
    /// It was known, and its welcome is still owed: somebody may be at it.
    Owed,
    /// It was known, and its welcome is done with.
    Greeted,
    /// The campaign makes no leads now, and the person was none.
    NoLead,
}

/// Which presses of Start are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartPolicy {
    /// All.
    MakeLeads,
    /// Those of people who are leads already; the campaign is paused.
    OnlyLeads,
}

/// A press of Start, to be written.
#[derive(Clone, Copy, Debug)]
pub struct NewStart<'a> {
    /// The start.
    pub start: &'a Start,
    /// The id of the lead that it opens, if it is the first.
    pub id: LeadId,
    /// Whether it may.
    pub policy: StartPolicy,
    /// For how long nobody else sends its welcome.
    pub lease: WelcomeLease,
}

/// A step of a person towards a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// They asked to join.
    Request,
    /// They joined.
    Join,
}

/// An item of the table.
#[derive(Serialize, Deserialize)]
struct LeadItem {
    lead: Option<LeadId>,
    #[serde(flatten)]
    person: Person,
    #[serde(default, with = "serde_dynamo::string_set")]
    starts: BTreeSet<String>,
    request: Option<FactClock>,
    join: Option<FactClock>,
    leave: Option<FactClock>,
    leave_kind: Option<LeaveKind>,
    reconciled_join: Option<FactClock>,
    reconciled_leave: Option<FactClock>,
    found_outside: Option<FactClock>,
    straggler: Option<Straggler>,
}

impl Lead {
    /// Reads an item of the table, from a request or from the stream.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`] if it is no lead's item.
    pub fn from_item(item: impl Into<serde_dynamo::Item>) -> AppResult<Self> {
        let item: LeadItem = serde_dynamo::from_item(item.into())
            .map_err(|error| AppError::unavailable(format!("a lead does not read: {error}")))?;
        item.try_into()
    }
}

impl TryFrom<LeadItem> for Lead {
    type Error = AppError;

    fn try_from(item: LeadItem) -> AppResult<Self> {
        let starts = item.starts.iter().map(|text| parse_start(text)).collect::<AppResult<_>>()?;
        let leave = item.leave.zip(item.leave_kind).map(|(clock, kind)| Leave { clock, kind });
        let facts = LeadFacts { starts, request: item.request, join: item.join, leave };
        let reconciled = Reconciled {
            join: item.reconciled_join,
            leave: item.reconciled_leave,
            outside: item.found_outside,
        };
        Ok(Self { id: item.lead, person: item.person, facts, reconciled, straggler: item.straggler })
    }
}

impl Store {
    /// One lead or organic person.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn lead(&self, campaign: CampaignKey, user: UserId) -> AppResult<Option<Lead>> {
        let item: Option<LeadItem> = self.get(&Key::Lead(campaign, user)).await?;
        item.map(TryInto::try_into).transpose()
    }

    /// Up to 100 different leads or organic people, in this order.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn leads(&self, people: &[(CampaignKey, UserId)]) -> AppResult<Vec<Option<Lead>>> {
        let keys: Vec<_> = people.iter().map(|(campaign, user)| Key::Lead(*campaign, *user)).collect();
        let items: Vec<Option<LeadItem>> = self.get_many(&keys).await?;
        items.into_iter().map(|item| item.map(TryInto::try_into).transpose()).collect()
    }

    /// Writes a press of Start, opening the lead with its id if it is the first, and with it that its welcome is owed
    /// and leased to the caller. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn record_start(
        &self,
        campaign: CampaignKey,
        person: &Person,
        new: NewStart<'_>,
    ) -> AppResult<StartWrite> {
        let NewStart { start, id, policy, lease } = new;
        let (spelled, clock) = (spell_start(start), start.clock.to_string());
        let news = "(attribute_not_exists(starts) OR (NOT contains(starts, :click) AND size(starts) < :max))";
        let condition = match policy {
            StartPolicy::MakeLeads => news.to_owned(),
            StartPolicy::OnlyLeads => format!("attribute_exists(starts) AND {news}"),
        };
        let sets = "#lead = if_not_exists(#lead, :lead), #lease = :until";
        let update = self.update_person(&Key::Lead(campaign, person.user), person, sets);
        let update_expression = update.get_update_expression().clone().unwrap_or_default();
        let written = update
            .update_expression(update_expression + " ADD starts :start, owed :clock")
            .condition_expression(condition)
            .expression_attribute_names("#lead", "lead")
            .expression_attribute_names("#lease", lease_name(start.clock))
            .expression_attribute_values(":until", text(lease.spelled()))
            .expression_attribute_values(":lead", number(id))
            .expression_attribute_values(":max", number(STARTS_MAX))
            .expression_attribute_values(":click", text(&spelled))
            .expression_attribute_values(":start", AttributeValue::Ss(vec![spelled.clone()]))
            .expression_attribute_values(":clock", AttributeValue::Ss(vec![clock]))
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        let (old, recorded) = match written {
            Ok(answer) => (answer.attributes, true),
            Err(error) => (refused_item(error)?, false),
        };
        new.judge(person, old.filter(|item| item.contains_key("user")), recorded)
    }

    /// Writes a request to join or a join, unless a newer one is known.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn record_arrival(
        &self,
        campaign: CampaignKey,
        person: &Person,
        arrival: Arrival,
        clock: FactClock,
    ) -> AppResult<FactWrite> {
        let register = match arrival {
            Arrival::Request => "request",
            Arrival::Join => "join",
        };
        let update = self.update_person(&Key::Lead(campaign, person.user), person, "#fact = :clock");
        self.move_register(update, register, clock).await
    }

    /// Writes a leave, unless a newer one is known.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn record_leave(
        &self,
        campaign: CampaignKey,
        person: &Person,
        leave: Leave,
    ) -> AppResult<FactWrite> {
        let update = self
            .update_person(&Key::Lead(campaign, person.user), person, "#fact = :clock, leave_kind = :kind")
            .expression_attribute_values(":kind", to_attribute(&leave.kind)?);
        self.move_register(update, "leave", leave.clock).await
    }
}

impl NewStart<'_> {
    /// What a write means that found `old`.
    fn judge(&self, person: &Person, old: Option<Item>, recorded: bool) -> AppResult<StartWrite> {
        let clock = self.start.clock;
        let owed = old.as_ref().is_some_and(|item| is_owed(item, clock));
        let own = old.as_ref().is_some_and(|item| self.lease.is_held_in(item, clock));
        let mut lead = match old.map(Lead::from_item).transpose()? {
            Some(lead) if recorded || lead.id.is_some() => lead,
            None if recorded => Lead::new(person),
            _ => return Ok(StartWrite::NoLead),
        };
        let known = lead.facts.starts.contains(self.start);
        lead.id = lead.id.or(Some(self.id));
        lead.person = person.clone();
        lead.facts.starts.insert(self.start.clone());
        let lead = Box::new(lead);
        Ok(match (recorded, known, owed) {
            (true, ..) => StartWrite::ToGreet(lead),
            (false, true, true) if own => StartWrite::ToGreet(lead),
            (false, true, true) => StartWrite::Owed,
            (false, true, false) => StartWrite::Greeted,
            (false, false, _) => StartWrite::Unremembered(lead),
        })
    }
}

impl Lead {
    fn new(person: &Person) -> Self {
        let (facts, reconciled) = (LeadFacts::default(), Reconciled::default());
        Self { id: None, person: person.clone(), facts, reconciled, straggler: None }
    }
}
