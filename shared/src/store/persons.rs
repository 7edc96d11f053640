//! What is known of a person lies together in one shard: what the account says of them, then one contact for each bot.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use super::access::{from_item, number, text, to_attribute, unavailable, update_step, written};
use super::keys::contact_partition;
use super::{ClickMarks, Contact, Item, Key, Store};
use crate::domain::outreach::{
    AudienceContact, AudienceMember, AudiencePerson, LeadOfMember, OutreachTouch, PersonChange, Reaction,
};
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, OutreachCampaignId, UserId};

/// So many rows of people are read at once where all are looked at: a part of the megabyte that a call may answer, so that
/// the calls for several shards at once are each over long before their time.
pub const PEOPLE_ROWS: i32 = 1_000;

/// What stands before the name of an attribute that an account gave.
const ATTRIBUTE: &str = "attr#";

/// What stands before the number of a tracking campaign, with what became of the contact in it.
const LEAD: &str = "lead#";

/// One person and all that is known of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownPerson {
    /// Telegram's id.
    pub user: UserId,
    /// What the account says of them.
    pub attributes: BTreeMap<String, Value>,
    /// Their tags.
    pub tags: BTreeSet<String>,
    /// How many conversions they brought.
    pub conversions: u64,
    /// What those were worth.
    pub revenue: Decimal,
    /// How often the account changed what it says of them.
    pub revision: u64,
    /// Which links of outreach they clicked.
    pub clicks: ClickMarks,
    /// One for each bot that they wrote to.
    pub contacts: Vec<KnownContact>,
}

/// A contact with what outreach wants to know.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownContact {
    /// The contact.
    pub contact: Contact,
    /// Whether the bot reaches nobody, as far as the reader looked; the table says nothing of it.
    pub silent: bool,
    /// Where they are a lead.
    pub leads: Vec<LeadOfMember>,
    /// When they last wrote to the bot or pressed a button, in Unix seconds.
    pub last_interaction: Option<i64>,
    /// When outreach last reached them, in Unix seconds.
    pub last_outreach: Option<i64>,
    /// When outreach of the last times did, in Unix milliseconds.
    pub got_ms: BTreeSet<i64>,
    /// The outreach campaigns that reached them, by id.
    pub reached_by: BTreeMap<String, Reaction>,
    /// The last message of outreach that they got.
    pub touch: Option<OutreachTouch>,
}

/// Some people of a shard.
#[derive(Clone, Debug, Default)]
pub struct PeoplePage {
    /// Whole, in the order of the table.
    pub people: Vec<KnownPerson>,
    /// After whom to go on; `None` at the end of the shard.
    pub next: Option<UserId>,
}

#[derive(Deserialize)]
struct PersonRow {
    #[serde(default)]
    tags: BTreeSet<String>,
    #[serde(default)]
    conversions: u64,
    #[serde(default)]
    revision: u64,
    #[serde(default)]
    clicked: BTreeSet<String>,
    #[serde(default)]
    clicks: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Outreached {
    pressed_at: Option<crate::domain::fact_clock::FactClock>,
    last_outreach: Option<i64>,
    #[serde(default)]
    got_ms: BTreeSet<i64>,
    #[serde(default)]
    received: BTreeSet<String>,
    #[serde(default)]
    clicked: BTreeSet<String>,
    #[serde(default)]
    converted: BTreeSet<String>,
    last_touch: Option<OutreachTouch>,
}

impl KnownPerson {
    /// Whether a conversion of theirs counts for a campaign.
    #[must_use]
    pub fn has_converted(&self, campaign: &OutreachCampaignId) -> bool {
        let reactions = self.contacts.iter().filter_map(|known| known.reached_by.get(campaign.as_str()));
        reactions.into_iter().any(|reaction| reaction.converted)
    }

    /// As rules see them.
    #[must_use]
    pub fn into_audience(self) -> AudiencePerson {
        let Self { user, attributes, tags, conversions, revenue, contacts, clicks, .. } = self;
        let contacts = contacts.into_iter().map(|mut known| {
            // A click is a person's, whichever bot sent them what they clicked on.
            for (campaign, reaction) in &mut known.reached_by {
                reaction.clicked |= clicks.campaigns.contains(campaign);
            }
            let (reachable, subscribed) = (
                known.contact.started.is_some() && known.contact.is_reachable(),
                known.contact.is_subscribed(),
            );
            let person = known.contact.person;
            let member = AudienceMember {
                bot: known.contact.bot,
                language: person.language,
                premium: person.premium,
                has_username: !person.username.is_empty(),
                last_interaction: known.last_interaction,
                last_outreach: known.last_outreach,
                got_ms: known.got_ms,
                conversions,
                revenue,
                tags: tags.clone(),
                attributes: attributes.clone(),
                leads: known.leads,
                reached_by: known.reached_by,
            };
            AudienceContact { member, reachable, subscribed }
        });
        AudiencePerson::of(user, contacts.collect())
    }
}

impl Store {
    /// All that an account knows of a person; `None` if no bot of it does.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn known_person(&self, account: AccountId, user: UserId) -> AppResult<Option<KnownPerson>> {
        let (first, last) = (Key::Person(account, user), Key::BehindPerson(account, user));
        let rows = self.query_between(&first, &last).await?;
        let person = gathered(rows)?.pop().map(|(_, person)| person);
        Ok(person.filter(|person| !person.contacts.is_empty()))
    }

    /// Some people of one of [`super::CONTACT_SHARDS`] shards, those after `after`, by so many rows of them: one for each
    /// bot that knows them, and one for what their account says of them. Who has no contact is no part of it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn people(
        &self,
        account: AccountId,
        shard: u64,
        after: Option<UserId>,
        rows: i32,
    ) -> AppResult<PeoplePage> {
        let start = after.map(|user| {
            let mut key = Key::BehindPerson(account, user).attributes();
            key.insert("PK".to_owned(), text(contact_partition(account, shard)));
            key
        });
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk")
            .expression_attribute_values(":pk", text(contact_partition(account, shard)))
            .set_exclusive_start_key(start)
            .limit(rows);
        let answer = request.send().await.map_err(unavailable)?;
        let mut people = gathered(answer.items.unwrap_or_default())?;
        let mut next = None;
        if answer.last_evaluated_key.is_some() {
            // The page may end in the middle of its last person.
            match people.pop() {
                Some((user, _)) if people.is_empty() => {
                    people.extend(self.known_person(account, user).await?.map(|person| (user, person)));
                    next = Some(user);
                }
                _ => next = people.last().map(|(user, _)| *user),
            }
        }
        let people = people.into_iter().map(|(_, person)| person);
        Ok(PeoplePage { people: people.filter(|person| !person.contacts.is_empty()).collect(), next })
    }

    /// Keeps what an account says of a person who was read as `known`; `false` if they were changed since, or no bot
    /// knows them any more.
    ///
    /// # Errors
    ///
    /// - [`crate::AppError::Invalid`] if it were more than is kept of one person.
    /// - [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn change_person(
        &self,
        account: AccountId,
        known: &KnownPerson,
        change: &PersonChange,
    ) -> AppResult<bool> {
        let Some(contact) = known.contacts.first() else { return Ok(false) };
        let (_, tags) = change.applied(&known.attributes, &known.tags)?;
        let (mut sets, mut removes) =
            (vec!["#user = :user".to_owned(), "revision = :after".to_owned()], Vec::new());
        let mut update = self
            .update(&Key::Person(account, known.user))
            .condition_expression(match known.revision {
                0 => "attribute_not_exists(revision)",
                _ => "revision = :before",
            })
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", to_attribute(&known.user)?)
            .expression_attribute_values(":after", number(known.revision + 1));
        if known.revision > 0 {
            update = update.expression_attribute_values(":before", number(known.revision));
        }
        for (index, (name, value)) in change.attributes.iter().enumerate() {
            update = update.expression_attribute_names(format!("#a{index}"), format!("{ATTRIBUTE}{name}"));
            match value {
                Some(value) => {
                    sets.push(format!("#a{index} = :a{index}"));
                    update = update.expression_attribute_values(format!(":a{index}"), text(value));
                }
                None => removes.push(format!("#a{index}")),
            }
        }
        if tags.is_empty() {
            removes.push("tags".to_owned());
        } else {
            sets.push("tags = :tags".to_owned());
            let tags = AttributeValue::Ss(tags.into_iter().collect());
            update = update.expression_attribute_values(":tags", tags);
        }
        let mut expression = format!("SET {}", sets.join(", "));
        if !removes.is_empty() {
            expression += &format!(" REMOVE {}", removes.join(", "));
        }
        let update = update_step(update.update_expression(expression))?;
        // Who was erased meanwhile is not made anew.
        let contact = self.is_there(&Key::Contact(account, contact.contact.bot, known.user))?;
        Ok(self.transact([update, contact]).await?.is_none())
    }

    /// Notes with a contact what became of them as a lead; nothing for somebody who is no contact. Twice is the same as
    /// once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_lead_of_contact(
        &self,
        bot: BotKey,
        user: UserId,
        lead: &LeadOfMember,
    ) -> AppResult<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Contact(bot.account, bot.bot, user).attributes()))
            .update_expression("SET #lead = :lead")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_names("#lead", format!("{LEAD}{}", lead.campaign))
            .expression_attribute_values(":lead", to_attribute(lead)?);
        written(update.send().await).map(drop)
    }
}

/// The rows of people, each with theirs, in the order in which they came.
fn gathered(rows: Vec<Item>) -> AppResult<Vec<(UserId, KnownPerson)>> {
    let mut people: Vec<(UserId, KnownPerson)> = Vec::new();
    for mut row in rows {
        let user: UserId = row
            .get("user")
            .cloned()
            .and_then(|user| serde_dynamo::from_attribute_value(user).ok())
            .ok_or_else(|| crate::AppError::unavailable("a row of a person does not name them"))?;
        if people.last().is_none_or(|(known, _)| *known != user) {
            people.push((user, KnownPerson { user, ..KnownPerson::default() }));
        }
        let Some((_, person)) = people.last_mut() else { continue };
        if row.contains_key("bot") {
            person.contacts.push(contact(row)?);
        } else {
            for (name, value) in row.extract_if(|name, _| name.starts_with(ATTRIBUTE)) {
                let value = value.as_s().ok().and_then(|value| serde_json::from_str(value).ok());
                let name = name.trim_start_matches(ATTRIBUTE).to_owned();
                person.attributes.extend(value.map(|value| (name, value)));
            }
            let revenue = row.get("revenue").and_then(|revenue| revenue.as_n().ok()?.parse().ok());
            person.revenue = revenue.unwrap_or_default();
            let PersonRow { tags, conversions, revision, clicked, clicks } = from_item(row)?;
            person.clicks = ClickMarks { campaigns: clicked, places: clicks };
            (person.tags, person.conversions, person.revision) = (tags, conversions, revision);
        }
    }
    Ok(people)
}

fn contact(mut row: Item) -> AppResult<KnownContact> {
    let mut leads = Vec::new();
    for (_, lead) in row.extract_if(|name, _| name.starts_with(LEAD)) {
        leads.push(serde_dynamo::from_attribute_value(lead).map_err(|error| {
            crate::AppError::unavailable(format!("what a contact is as a lead does not read: {error}"))
        })?);
    }
    leads.sort_by_key(|lead: &LeadOfMember| lead.campaign);
    let outreached: Outreached = from_item(row.clone())?;
    let contact: Contact = from_item(row)?;
    let said = [contact.started, contact.resumed, contact.stopped, outreached.pressed_at];
    let reaction = |campaign: &String| Reaction {
        clicked: outreached.clicked.contains(campaign),
        converted: outreached.converted.contains(campaign),
    };
    let reached_by = outreached.received.iter().map(|id| (id.clone(), reaction(id))).collect();
    Ok(KnownContact {
        silent: false,
        leads,
        last_interaction: said.into_iter().flatten().max().map(|clock| clock.date),
        last_outreach: outreached.last_outreach,
        touch: outreached.last_touch,
        got_ms: outreached.got_ms,
        reached_by,
        contact,
    })
}
