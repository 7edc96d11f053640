//! What became of each message to each recipient of an execution, read from its chunks one after the other.

use std::str::FromStr;

use super::App;
use crate::domain::cursor::Cursor;
use crate::domain::outreach::{Delivery, DeliveryFilter, Execution};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, BotKey, ExecutionId, SegmentId};
use crate::store::Chunk;

/// How many chunks are read at once.
const CHUNKS_AT_ONCE: i32 = 25;

/// How long a call looks for deliveries that a filter lets through, about, in milliseconds.
const SOUGHT_MS: i64 = 3_000;

/// Which deliveries of an execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryQuestion {
    /// What became of them.
    pub filter: DeliveryFilter,
    /// By this bot.
    pub bot: Option<BotId>,
}

/// One message to one recipient, with the names of things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDelivery {
    /// By which bot.
    pub bot: BotId,
    /// To whom, and what became of it.
    pub delivery: Delivery,
    /// The segment that they count in.
    pub segment: Option<SegmentId>,
    /// Which message of the campaign, by its id; `None` if the campaign has it no more.
    pub message: Option<String>,
    /// Which variation of it, by its id; `None` for the message itself.
    pub variation: Option<String>,
}

/// What an execution's places stand for.
struct DeliveryNames {
    segments: Vec<SegmentId>,
    /// The id of each message, and of its variations.
    messages: Vec<(String, Vec<String>)>,
}

/// Where to go on: the next message to a recipient of a chunk that was not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct DeliveryPlace {
    bot: BotId,
    shard: u64,
    number: u64,
    place: usize,
}

/// The deliveries of one execution, chunk after chunk.
pub(super) struct DeliveryWalk<'a> {
    app: &'a App,
    account: AccountId,
    execution: &'a Execution,
    names: DeliveryNames,
    at: DeliveryPlace,
    bot: Option<BotId>,
    chunks_at_once: i32,
}

impl App {
    /// Some deliveries of an execution, at most `limit`, by bot and then in the order of sending, and where to go on; `None`
    /// at the end. A page of a filter that few pass may have less, because a call looks for a few seconds only. Before the
    /// end of planning there are none.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such execution.
    /// - [`AppError::InvalidCursor`] for the cursor of another list.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn list_deliveries(
        &self,
        account: AccountId,
        id: &ExecutionId,
        question: DeliveryQuestion,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> AppResult<(Vec<ListedDelivery>, Option<Cursor>)> {
        let (execution, begun_ms) = (self.outreach_execution(account, id).await?, self.clock.now_ms());
        let spelled = question.spell(id);
        let mut walk = DeliveryWalk::new(self, account, &execution, CHUNKS_AT_ONCE).await?;
        walk.bot = question.bot;
        walk.at = match cursor {
            Some(cursor) if cursor.question == spelled => cursor.place.parse()?,
            Some(_) => return Err(AppError::InvalidCursor),
            None => DeliveryPlace::default(),
        };
        let mut found = Vec::new();
        while let Some(some) = walk.next().await? {
            for (place, listed) in some {
                if question.filter.passes(&listed.delivery) {
                    found.push(listed);
                }
                if found.len() == limit {
                    let cursor = Cursor { place: place.after().to_string(), total: 0, question: spelled };
                    return Ok((found, Some(cursor)));
                }
            }
            if self.clock.now_ms() - begun_ms > SOUGHT_MS {
                let cursor = Cursor { place: walk.at.to_string(), total: 0, question: spelled };
                return Ok((found, Some(cursor)));
            }
        }
        Ok((found, None))
    }

    async fn delivery_names(&self, account: AccountId, execution: &Execution) -> AppResult<DeliveryNames> {
        let plan = self.store.execution_plan(account, &execution.id).await?;
        let segments = plan.into_iter().flat_map(|plan| plan.audience.segments).map(|(id, _)| id);
        let messages = self.store.execution_content(account, &execution.id).await?.unwrap_or_default();
        let messages = messages.into_iter().map(|message| {
            let variations = message.variations.into_iter().map(|variation| variation.id);
            (message.id, variations.collect())
        });
        Ok(DeliveryNames { segments: segments.collect(), messages: messages.collect() })
    }
}

impl<'a> DeliveryWalk<'a> {
    /// From the beginning on.
    pub async fn new(
        app: &'a App,
        account: AccountId,
        execution: &'a Execution,
        chunks_at_once: i32,
    ) -> AppResult<Self> {
        let (names, at) = (app.delivery_names(account, execution).await?, DeliveryPlace::default());
        Ok(Self { app, account, execution, names, at, bot: None, chunks_at_once })
    }

    /// The next deliveries without their places; `None` behind the last.
    pub async fn next_rows(&mut self) -> AppResult<Option<Vec<ListedDelivery>>> {
        let some = self.next().await?;
        Ok(some.map(|some| some.into_iter().map(|(_, listed)| listed).collect()))
    }

    /// The next deliveries, each with its place; `None` behind the last.
    async fn next(&mut self) -> AppResult<Option<Vec<(DeliveryPlace, ListedDelivery)>>> {
        let is_asked_for = |bot: BotId| bot >= self.at.bot && self.bot.is_none_or(|asked| asked == bot);
        let parts = self.execution.bots.iter().map(|part| part.bot);
        let Some(bot) = parts.filter(|bot| is_asked_for(*bot)).min() else { return Ok(None) };
        if bot != self.at.bot {
            self.at = DeliveryPlace { bot, ..DeliveryPlace::default() };
        }
        let (key, from) = (BotKey { account: self.account, bot }, (self.at.shard, self.at.number));
        let page = self.app.store.chunks_from(key, &self.execution.id, from, self.chunks_at_once).await?;
        let mut some = Vec::new();
        for chunk in &page.chunks {
            self.read(chunk, &mut some)?;
        }
        self.at = match page.chunks.last() {
            Some(last) if page.is_part => {
                DeliveryPlace { bot, shard: last.shard, number: last.number + 1, place: 0 }
            }
            _ => DeliveryPlace { bot: BotId(bot.0 + 1), ..DeliveryPlace::default() },
        };
        Ok(Some(some))
    }

    fn read(&self, chunk: &Chunk, some: &mut Vec<(DeliveryPlace, ListedDelivery)>) -> AppResult<()> {
        let (bot, shard, number) = (chunk.bot, chunk.shard, chunk.number);
        let read = Delivery::read_all(&chunk.recipients, chunk.ledger.as_deref());
        let read = read.ok_or_else(|| AppError::unavailable("a chunk does not read"))?;
        let is_first = (bot, shard, number) == (self.at.bot, self.at.shard, self.at.number);
        let seen = if is_first { self.at.place } else { 0 };
        for (place, delivery) in read.into_iter().enumerate().skip(seen) {
            let place = DeliveryPlace { bot, shard, number, place };
            some.push((place, self.names.name(bot, delivery)));
        }
        Ok(())
    }
}

impl DeliveryNames {
    fn name(&self, bot: BotId, delivery: Delivery) -> ListedDelivery {
        let message = self.messages.get(delivery.message);
        let variation = delivery.variation.checked_sub(1);
        let variation = message.zip(variation).and_then(|((_, variations), place)| variations.get(place));
        ListedDelivery {
            bot,
            segment: delivery.segment.and_then(|segment| self.segments.get(segment)).cloned(),
            message: message.map(|(id, _)| id.clone()),
            variation: variation.cloned(),
            delivery,
        }
    }
}

impl DeliveryQuestion {
    /// What stands for it in cursors.
    fn spell(&self, execution: &ExecutionId) -> String {
        let bot = self.bot.map(|bot| bot.to_string()).unwrap_or_default();
        format!("{execution}.{}.{bot}", self.filter.spell())
    }
}

impl DeliveryPlace {
    const fn after(self) -> Self {
        Self { place: self.place + 1, ..self }
    }
}

impl std::fmt::Display for DeliveryPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}.{}", self.bot, self.shard, self.number, self.place)
    }
}

impl FromStr for DeliveryPlace {
    type Err = AppError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = |text: &str| text.parse::<u64>().map_err(|_| AppError::InvalidCursor);
        let parts: Vec<_> = text.split('.').map(read).collect::<Result<_, _>>()?;
        let [bot, shard, number, place] = parts[..] else { return Err(AppError::InvalidCursor) };
        let place = usize::try_from(place).map_err(|_| AppError::InvalidCursor)?;
        let is_within = bot < u64::MAX && shard < 100 && number < 1_000_000;
        if is_within {
            Ok(Self { bot: BotId(bot), shard, number, place })
        } else {
            Err(AppError::InvalidCursor)
        }
    }
}
