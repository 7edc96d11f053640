//! Asks the endpoint of a campaign of type custom what the recipients of chunks get: one chunk after the other, a few ahead of
//! the lane that sends them. Each request is signed, and has the same id however often it is made.

use futures::future::try_join_all;
use serde_json::{Value, json};
use url::Url;

use super::App;
use crate::domain::calendar;
use crate::domain::gate::seconds_until;
use crate::domain::outreach::{
    ANSWER_BYTES_MAX, CampaignType, ChunkAnswer, Content, Execution, ExecutionStatus, NOBODY,
    OutreachCampaign, Recipient,
};
use crate::domain::verdict::{Verdict, judge};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, BotKey, ExecutionId, OutreachCampaignId, UserId};
use crate::outbound::{Exchange, Fetched, OutboundBody, OutboundRequest};
use crate::store::{Chunk, ChunkPlace, ChunkState, EndpointFigures, KnownPerson, LaneWork};

/// How many chunks are asked about, the one that a lane is at included: each takes a bot four seconds or more.
const AHEAD: i32 = 5;

/// For how long whoever asks has a chunk, in milliseconds: longer than a request may take.
const CLAIM_MS: i64 = 20_000;

/// How long an endpoint is left alone that does not answer, in milliseconds; after one more request its campaign pauses.
const WAITS_MS: [i64; 4] = [5_000, 30_000, 120_000, 300_000];

/// An endpoint that asks to be left alone is, for so long at most, in milliseconds.
const ASKED_WAIT_MAX_MS: i64 = 900_000;

/// How many people are read at the same time.
const READ_AT_ONCE: usize = 10;

/// What an endpoint is asked.
const EVENT: &str = "content.requested";

/// A chunk that is asked about.
struct Question<'a> {
    bot: BotKey,
    campaign: &'a OutreachCampaign,
    execution: &'a Execution,
    chunk: &'a Chunk,
    /// How often it was asked for nothing.
    failures: u64,
}

/// What came of a request.
enum Said {
    /// What they get.
    Content(ChunkAnswer),
    /// Nothing yet: why, and for how long it asks to be left alone, in milliseconds.
    Nothing(String, i64),
    /// What cannot be used, and asking again would bring no better: why.
    Nonsense(String),
    /// That it is to be asked no more.
    Gone,
}

impl Question<'_> {
    fn place(&self) -> ChunkPlace<'_> {
        ChunkPlace::of(self.bot.account, &self.execution.id, self.chunk)
    }

    /// The same however often it is asked.
    fn id(&self) -> String {
        let Chunk { bot, shard, number, .. } = self.chunk;
        format!("{}.{bot}.{shard}.{number}", self.execution.id)
    }

    fn body(&self, people: &[KnownPerson], now: i64) -> Value {
        json!({
            "id": self.id(),
            "type": EVENT,
            "timestamp": calendar::iso_time(now),
            "data": {
                "campaignId": self.campaign.id,
                "executionId": self.execution.id,
                "test": self.execution.test,
                "botId": self.chunk.bot,
                "recipients": people.iter().map(|person| shown(person, self.chunk.bot)).collect::<Vec<_>>(),
            },
        })
    }
}

/// A recipient as the endpoint is told of them; names are those that the bot saw last.
fn shown(known: &KnownPerson, bot: BotId) -> Value {
    let contact = known.contacts.iter().find(|contact| contact.contact.bot == bot);
    let person = contact.map(|contact| contact.contact.person.clone()).unwrap_or_default();
    json!({
        "id": known.user.to_string(),
        "firstName": person.first_name,
        "lastName": person.last_name,
        "username": person.username,
        "language": person.language,
        "attributes": known.attributes,
        "tags": known.tags,
    })
}

impl App {
    /// Asks about the first of the next chunks of a bot of which nothing is known yet. Answers after how many seconds the
    /// same task is to be carried out once more; `None` if it is done with. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn ask_for_content(
        &self,
        bot: BotKey,
        id: &ExecutionId,
        from: (u64, u64),
    ) -> AppResult<Option<u64>> {
        let account = bot.account;
        let execution = self.store.execution(account, id).await?;
        let Some(execution) = execution.filter(|found| found.status == ExecutionStatus::Running) else {
            return Ok(None);
        };
        let campaign = self.store.outreach_campaign(account, &execution.campaign).await?;
        let is_over = |campaign: &OutreachCampaign| {
            !execution.test && campaign.standing(self.clock.now()).ended.is_some()
        };
        let Some(campaign) = campaign.filter(|campaign| !is_over(campaign)) else { return Ok(None) };
        if !self.is_active(account).await? {
            return Ok(None);
        }
        let page = self.store.chunks_from(bot, id, from, AHEAD).await?;
        for chunk in page.chunks.iter().filter(|chunk| chunk.state != ChunkState::Done) {
            let place = ChunkPlace::of(account, id, chunk);
            let known = self.store.chunk_question(&place).await?;
            if known.answer.is_some() {
                continue;
            }
            let now_ms = self.clock.now_ms();
            if let Some(next_ms) = known.next_ms.filter(|next_ms| *next_ms > now_ms) {
                return Ok(Some(seconds_until(next_ms, now_ms)));
            }
            if !self.store.claim_question(&place, now_ms, now_ms + CLAIM_MS).await? {
                return Ok(None);
            }
            let failures = known.failures;
            let question = Question { bot, campaign: &campaign, execution: &execution, chunk, failures };
            return self.ask(&question).await;
        }
        Ok(None)
    }

    /// How the endpoint of a campaign answered; `None` of one that has none.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such campaign.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn endpoint_of(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
    ) -> AppResult<Option<EndpointFigures>> {
        match self.outreach_campaign(account, id).await?.body()?.kind {
            CampaignType::Custom => self.store.endpoint_figures(account, id).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn ask(&self, question: &Question<'_>) -> AppResult<Option<u64>> {
        match self.answer_to(question).await? {
            Said::Content(answer) => {
                let Question { bot, campaign, execution, chunk, .. } = question;
                let of = (&execution.id, *chunk);
                self.store.keep_content(&campaign.id, of, bot.account, &answer).await?;
                self.store.give_more_work(*bot, &LaneWork::of(execution)).await?;
                self.wake_lane(*bot).await?;
                Ok(Some(0))
            }
            Said::Nothing(reason, asked_ms) => self.ask_later(question, &reason, asked_ms).await,
            Said::Nonsense(reason) => self.give_up_asking(question, &reason, false).await,
            Said::Gone => self.give_up_asking(question, "it answered 410 Gone", true).await,
        }
    }

    async fn answer_to(&self, question: &Question<'_>) -> AppResult<Said> {
        let account = question.bot.account;
        let contents = self.store.execution_content(account, &question.execution.id).await?;
        let own = contents.and_then(|contents| contents.into_iter().next());
        let own = own.map(|message| message.content).unwrap_or_default();
        let recipients = Recipient::read_all(&question.chunk.recipients);
        let recipients = recipients.ok_or_else(|| AppError::unavailable("recipients do not read"))?;
        let mut people: Vec<KnownPerson> = Vec::new();
        for some in recipients.chunks(READ_AT_ONCE) {
            let some = some.iter().filter(|recipient| !recipient.is_nobody());
            let reads = some.map(|recipient| self.store.known_person(account, recipient.user));
            people.extend(try_join_all(reads).await?.into_iter().flatten());
        }
        if people.is_empty() {
            return Ok(Said::Content(ChunkAnswer::silent(recipients.len(), &own)));
        }
        let is_known = |user: UserId| people.iter().any(|person| person.user == user);
        let users = recipients.iter().map(|recipient| recipient.user);
        let users: Vec<_> = users.map(|user| if is_known(user) { user } else { NOBODY }).collect();
        let Some(endpoint) = question.campaign.body()?.custom else {
            return Ok(Said::Nonsense("the campaign does not say which".to_owned()));
        };
        let Some(signing) = self.store.account(account).await?.and_then(|account| account.signing) else {
            return Ok(Said::Nonsense("the account has no secret to sign with".to_owned()));
        };
        let url = Url::parse(&endpoint.url)
            .map_err(|error| AppError::unavailable(format!("an endpoint leads nowhere: {error}")))?;
        let text = question.body(&people, self.clock.now()).to_string();
        let body = Some(OutboundBody { media_type: "application/json", text });
        let mut request = OutboundRequest { url, id: question.id(), body, signature: None };
        request.signature = Some(self.signature(account, &signing, &request).await?);
        let fetched = self.outbound()?.fetch(&request, ANSWER_BYTES_MAX).await;
        Ok(said(fetched, (&users, &own), self.clock.now_ms()))
    }

    async fn ask_later(
        &self,
        question: &Question<'_>,
        reason: &str,
        asked_ms: i64,
    ) -> AppResult<Option<u64>> {
        let Question { campaign, failures, .. } = question;
        let wait_ms = usize::try_from(*failures).ok().and_then(|failures| WAITS_MS.get(failures));
        let Some(wait_ms) = wait_ms else { return self.give_up_asking(question, reason, false).await };
        let now_ms = self.clock.now_ms();
        let next_ms = now_ms + asked_ms.clamp(*wait_ms, ASKED_WAIT_MAX_MS);
        self.store.note_unanswered(&campaign.id, &question.place(), failures + 1, next_ms).await?;
        Ok(Some(seconds_until(next_ms, now_ms)))
    }

    /// Pauses the campaign, or ends the execution where another try would bring nothing. Whoever resumes it has the endpoint
    /// asked anew.
    async fn give_up_asking(
        &self,
        question: &Question<'_>,
        reason: &str,
        fails: bool,
    ) -> AppResult<Option<u64>> {
        let Question { bot, campaign, execution, failures, .. } = question;
        self.store.note_unanswered(&campaign.id, &question.place(), failures + 1, 0).await?;
        self.store.forget_answer(&question.place()).await?;
        let reason = format!("the endpoint does not say what to send: {reason}");
        tracing::warn!(account.id = %bot.account, campaign.id = %campaign.id, reason, "a campaign halts");
        match fails || execution.test {
            true => self.fail_execution(bot.account, &execution.id, &reason).await?,
            false => self.pause_because(bot.account, &campaign.id, &reason).await?,
        }
        Ok(None)
    }
}

/// What an answer means.
fn said(fetched: Result<Fetched, Exchange>, (users, own): (&[UserId], &Content), now_ms: i64) -> Said {
    let nothing = |reason: &str| Said::Nothing(reason.to_owned(), 0);
    let Fetched { status, retry_after, body } = match fetched {
        Ok(fetched) => fetched,
        Err(Exchange::TargetRefused) => {
            return Said::Nonsense("its address is not one of the public internet".to_owned());
        }
        Err(Exchange::TimedOut) => return nothing("it does not answer in time"),
        Err(Exchange::NotConnected) => return nothing("there is no connection"),
        Err(Exchange::BrokenOff | Exchange::Answered { .. }) => return nothing("the connection broke off"),
    };
    match (status, body, judge(Some(status))) {
        (200, Some(body), _) => match ChunkAnswer::read(&body, users, own) {
            Ok(answer) => Said::Content(answer),
            Err(words) => Said::Nonsense(format!("of its answer {words}")),
        },
        (200, None, _) => Said::Nonsense(format!("its answer has more than {ANSWER_BYTES_MAX} bytes")),
        (204, ..) => Said::Content(ChunkAnswer::silent(users.len(), own)),
        (_, _, Verdict::Disable) => Said::Gone,
        (_, _, Verdict::Retry) => {
            let asked_ms = retry_after.map_or(0, |asked| asked.ms_from(now_ms));
            Said::Nothing(format!("it answered {status}"), asked_ms)
        }
        (_, _, Verdict::Delivered | Verdict::GiveUp) => Said::Nonsense(format!("it answered {status}")),
    }
}
