//! What a client says of a campaign, read and checked. The client's own words are kept beside it.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ab_run::AbTest;
use super::content::{Content, is_personal, read_text};
use super::contest::Contest;
use super::endpoint::ContentEndpoint;
use super::invitation::InvitedTo;
use super::reader::{Reader, in_order_once, required_name};
use super::rule::{Rule, RuleFault};
use super::second_try::OnAmbiguous;
use super::segment::rule_of_filter;
use super::strategy::Strategy;
use super::survey::Survey;
use super::trigger::Triggers;
use crate::error::{AppError, AppResult, Fault};
use crate::ids::{BotId, SegmentId, TemplateId};

pub(super) const TEXT_CHARACTERS_MAX: usize = 4000;

const SEGMENTS_MAX: usize = 50;
const BOTS_MAX: usize = 100;
const MESSAGES_MAX: usize = 10;
const VARIATIONS_MAX: usize = 10;
const ID_CHARACTERS_MAX: usize = 64;

/// What a campaign does; the five of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignType {
    /// Sends messages.
    Message,
    /// Invites to a chat.
    Invitation,
    /// Asks questions.
    DataCollection,
    /// Holds a contest.
    Engagement,
    /// Asks the user's own endpoint what to send.
    Custom,
}

impl CampaignType {
    /// All five.
    pub const ALL: [Self; 5] =
        [Self::Message, Self::Invitation, Self::DataCollection, Self::Engagement, Self::Custom];

    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Invitation => "invitation",
            Self::DataCollection => "data_collection",
            Self::Engagement => "engagement",
            Self::Custom => "custom",
        }
    }

    fn read(body: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        let words = format!("must be one of {}", Self::ALL.map(Self::name).join(", "));
        let kind = body.read("type", &words, faults, |value| {
            Self::ALL.into_iter().find(|kind| value.as_str() == Some(kind.name()))
        });
        if body.given("type").is_none() {
            body.refuse("type", "is required", faults);
        }
        kind
    }
}

/// What people do in a campaign by pressing buttons and writing.
#[derive(Clone, Debug, PartialEq)]
pub struct TakingPart {
    /// What is won, if it holds a contest.
    pub contest: Option<Contest>,
    /// What it asks, if it collects data.
    pub survey: Option<Survey>,
    /// When it ends, in Unix seconds.
    pub end: Option<i64>,
}

impl TakingPart {
    /// Reads this alone of a body that was checked when it was written: the function that Telegram waits for carries no
    /// reader of the rest, nor its time zones.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] with every fault.
    pub fn read(document: &Map<String, Value>) -> AppResult<Self> {
        let (body, mut faults) = (Reader::of_body(document), Vec::new());
        let kind = CampaignType::read(&body, &mut faults);
        let read = Self::of(kind, &body, &mut faults);
        if faults.is_empty() { Ok(read) } else { Err(AppError::Invalid(faults)) }
    }

    fn of(kind: Option<CampaignType>, body: &Reader<'_>, faults: &mut Vec<Fault>) -> Self {
        Self {
            contest: match kind {
                Some(CampaignType::Engagement) => Contest::read(body, faults),
                _ => None,
            },
            survey: match kind {
                Some(CampaignType::DataCollection) => Survey::read(body, faults),
                _ => None,
            },
            end: body.time("endDate", faults),
        }
    }
}

/// A campaign's body.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignBody {
    /// 1 to 200 characters.
    pub name: String,
    /// May be empty.
    pub description: String,
    /// What it does.
    pub kind: CampaignType,
    /// To whom.
    pub audience: TargetAudience,
    /// Where to, if it invites.
    pub invitation: Option<InvitedTo>,
    /// What is won, if it holds a contest.
    pub contest: Option<Contest>,
    /// What it asks, if it collects data.
    pub survey: Option<Survey>,
    /// Where it asks what to send, if it is custom.
    pub custom: Option<ContentEndpoint>,
    /// What.
    pub messages: Vec<Message>,
    /// When and how often.
    pub strategy: Strategy,
    /// What it may cost; `None` = without bounds.
    pub budget: Option<Decimal>,
    /// What a message costs, in the budget's unit.
    pub cost_per_message: Decimal,
    /// What a Star costs, in the budget's unit.
    pub star_price: Decimal,
    /// When it starts by itself, in Unix seconds.
    pub start: Option<i64>,
    /// When it ends, in Unix seconds.
    pub end: Option<i64>,
    /// Whether its messages carry no button to unsubscribe.
    pub transactional: bool,
    /// Whether clicks on its links are counted.
    pub track_links: bool,
    /// What becomes of messages of which nobody knows whether they arrived.
    pub on_ambiguous: OnAmbiguous,
    /// How the better variation is found; `None` if everybody gets them by their weights.
    pub ab_test: Option<AbTest>,
    /// What has it sent to one person at a time.
    pub triggers: Triggers,
}

/// Who is to be reached: those of any segment who pass every filter; without either, everybody.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TargetAudience {
    /// The segments.
    pub segments: Vec<SegmentId>,
    /// The filters, as rules.
    pub filters: Vec<Rule>,
    /// Only contacts of these bots; empty = of all.
    pub bots: Vec<BotId>,
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its id; empty before one is drawn.
    pub id: String,
    /// The template that it is made of.
    pub template: Option<TemplateId>,
    /// Its own content; counts before the template's.
    pub content: Content,
    /// Other texts that some people get instead.
    pub variations: Vec<Variation>,
    /// Whether its braces are fields; `None` if it does not say.
    pub is_personal: Option<bool>,
}

/// What some people get instead of a message's own text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variation {
    /// Its id; empty before one is drawn.
    pub id: String,
    /// The text.
    pub text: String,
    /// How many of a hundred people get it.
    pub weight: Decimal,
}

impl CampaignBody {
    /// Reads a body; unknown fields are let be.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] with every fault; [`AppError::UnsupportedFilter`] if filters alone are at fault.
    pub fn read(document: &Map<String, Value>) -> AppResult<Self> {
        let (body, mut faults, unsupported) = (Reader::of_body(document), Vec::new(), &mut Vec::new());
        let name = required_name(&body, &mut faults);
        let kind = CampaignType::read(&body, &mut faults);
        let start = body.time("startDate", &mut faults);
        let TakingPart { contest, survey, end } = TakingPart::of(kind, &body, &mut faults);
        if start.zip(end).is_some_and(|(start, end)| end <= start) {
            body.refuse("endDate", "must be after startDate", &mut faults);
        }
        check_goals(&body, &mut faults);
        let read = Self {
            name,
            description: body.text("description", TEXT_CHARACTERS_MAX, &mut faults).unwrap_or_default(),
            kind: kind.unwrap_or(CampaignType::Message),
            audience: read_audience(&body, &mut faults, unsupported),
            invitation: match kind {
                Some(CampaignType::Invitation) => InvitedTo::read(&body, &mut faults),
                _ => None,
            },
            contest,
            survey,
            custom: match kind {
                Some(CampaignType::Custom) => ContentEndpoint::read(&body, &mut faults),
                _ => None,
            },
            messages: read_messages(&body, &mut faults),
            strategy: Strategy::read(&body, &mut faults),
            budget: body.amount("budget", &mut faults),
            cost_per_message: body.amount("costPerMessage", &mut faults).unwrap_or_default(),
            star_price: body.amount("starPrice", &mut faults).unwrap_or_default(),
            start,
            end,
            transactional: body.flag("transactional", &mut faults).unwrap_or_default(),
            track_links: body.flag("trackLinks", &mut faults).unwrap_or(true),
            on_ambiguous: OnAmbiguous::read(&body, &mut faults).unwrap_or_default(),
            ab_test: AbTest::read(&body, &mut faults),
            triggers: Triggers::read(&body, &mut faults),
        };
        if read.ab_test.is_some() && read.messages.iter().all(|message| message.variations.is_empty()) {
            body.refuse("abTest", "needs a message with variations", &mut faults);
        }
        match (faults.is_empty(), unsupported.is_empty()) {
            (true, true) => Ok(read),
            (true, false) => Err(AppError::UnsupportedFilter(std::mem::take(unsupported))),
            (false, _) => Err(AppError::Invalid(faults)),
        }
    }
}

fn check_goals(body: &Reader<'_>, faults: &mut Vec<Fault>) {
    let Some(goals) = body.object("goals", faults) else { return };
    for name in ["targetAudience", "revenue"] {
        goals.amount(name, faults);
    }
    goals.read("conversionRate", "must be a number from 0 to 100", faults, |value| {
        value.as_f64().filter(|rate| (0.0..=100.0).contains(rate))
    });
}

fn read_audience(body: &Reader<'_>, faults: &mut Vec<Fault>, unsupported: &mut Vec<Fault>) -> TargetAudience {
    let Some(audience) = body.object("targetAudience", faults) else { return TargetAudience::default() };
    let segment = |value: &Value| value.as_str().and_then(SegmentId::parse);
    let segments = audience.list("segments", SEGMENTS_MAX, "ids of segments", faults, segment);
    let bots = audience.list("bots", BOTS_MAX, "ids of bots", faults, |value| value.as_u64().map(BotId));
    let filters = audience.object("filters", faults);
    let mut rules = Vec::new();
    for (filters, name) in filters.iter().flat_map(|filters| filters.names().map(move |name| (filters, name)))
    {
        let Some(value) = filters.given(name) else { continue };
        match rule_of_filter(name, value) {
            Ok(rule) => rules.push(rule),
            Err(RuleFault::Value(reason)) => filters.refuse(name, reason, faults),
            Err(RuleFault::Unsupported(reason) | RuleFault::Op(reason)) => {
                filters.refuse(name, reason, unsupported);
            }
        }
    }
    TargetAudience { segments: in_order_once(segments), filters: rules, bots: in_order_once(bots) }
}

/// Each value once, where it came first.
pub(super) fn read_messages(body: &Reader<'_>, faults: &mut Vec<Fault>) -> Vec<Message> {
    let messages = body.objects("messages", MESSAGES_MAX, faults);
    let messages: Vec<_> = messages.iter().map(|message| read_message(message, faults)).collect();
    check_ids(body, &messages, faults);
    messages
}

fn read_message(message: &Reader<'_>, faults: &mut Vec<Fault>) -> Message {
    let template = message.read("templateId", "must be the id of a template", faults, |value| {
        value.as_str().and_then(TemplateId::parse)
    });
    let is_personal = is_personal(message, faults);
    let content = Content::read(message, is_personal != Some(false), faults);
    if message.given("templateId").is_none() && content.is_empty() {
        message.refuse("content", "is required where there is neither templateId nor media", faults);
    }
    let variations = message.objects("variations", VARIATIONS_MAX, faults);
    let limit = content.text_characters_max();
    let variations: Vec<_> = variations
        .iter()
        .map(|variation| read_variation(variation, limit, is_personal != Some(false), faults))
        .collect();
    if variations.iter().map(|variation| variation.weight).sum::<Decimal>() > Decimal::ONE_HUNDRED {
        message.refuse("variations", "weights must be 100 or less together", faults);
    }
    Message { id: id_of(message, faults), template, content, variations, is_personal }
}

/// The id that a client gave a message or a variation; empty if none.
pub(super) fn id_of(item: &Reader<'_>, faults: &mut Vec<Fault>) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let expected = format!("must be 1 to {ID_CHARACTERS_MAX} letters, digits, _ and -");
    let id = item.read("id", &expected, faults, |value| {
        let id = value.as_str()?;
        ((1..=ID_CHARACTERS_MAX).contains(&id.len()) && id.chars().all(legal)).then(|| id.to_owned())
    });
    id.unwrap_or_default()
}

/// Notes messages and variations that have the id of another one: they are counted by it.
fn check_ids(body: &Reader<'_>, messages: &[Message], faults: &mut Vec<Fault>) {
    let of_message = |message: &Message| {
        let variations = message.variations.iter().map(|variation| variation.id.clone());
        std::iter::once(message.id.clone()).chain(variations).collect::<Vec<_>>()
    };
    let ids: Vec<_> = messages.iter().flat_map(of_message).filter(|id| !id.is_empty()).collect();
    let different: BTreeSet<_> = ids.iter().collect();
    if different.len() < ids.len() {
        body.refuse("messages", "must have a different id for each message and variation", faults);
    }
}

fn read_variation(
    variation: &Reader<'_>,
    characters_max: usize,
    is_personal: bool,
    faults: &mut Vec<Fault>,
) -> Variation {
    let text = read_text(variation, characters_max, is_personal, faults);
    if text.is_none() {
        variation.refuse("content", "is required", faults);
    }
    let weight = variation.read("weight", "must be a number from 0 to 100", faults, |value| {
        super::reader::exact(value).filter(|weight| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(weight))
    });
    if variation.given("weight").is_none() {
        variation.refuse("weight", "is required", faults);
    }
    Variation {
        id: id_of(variation, faults),
        text: text.unwrap_or_default(),
        weight: weight.unwrap_or_default(),
    }
}
