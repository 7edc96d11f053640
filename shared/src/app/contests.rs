//! Contests: how one begins, what is told of it, and who takes part.

use super::App;
use super::bots::seal_error;
use super::contest_draws::draw_due;
use crate::domain::cursor::Cursor;
use crate::domain::outreach::{
    CampaignBody, CampaignType, ContestButton, Execution, InvitedTo, NUMBER_ROWS, OutreachStatus, Pick,
    number_at, numbers_digest, place_of, seed_digest,
};
use crate::error::{AppError, AppResult, Fault};
use crate::ids::{AccountId, OutreachCampaignId};
use crate::queue::PlanTask;
use crate::secret::{DrawSeed, hex};
use crate::store::{ContestEntry, HeldContest};

/// What there is to say of a contest.
#[derive(Clone, Debug)]
pub struct ContestFigures {
    /// As it is kept.
    pub held: HeldContest,
    /// How many entries were made, those of people who were erased since included.
    pub entries: u64,
    /// SHA-256 of all numbers, in hex; `None` before entries are closed.
    pub numbers_hash: Option<String>,
    /// Who won, in the order of the draw.
    pub winners: Vec<(Pick, Option<ContestEntry>)>,
    /// Who was passed over.
    pub passed_over: Vec<Pick>,
}

impl App {
    /// Begins the contest of an execution before anything of it is sent, if it holds one: draws the seed, and finds the bot
    /// that asks who is a member. `false` if there is none, and the execution has failed for that. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn begin_contest(
        &self,
        account: AccountId,
        execution: &Execution,
        body: &CampaignBody,
    ) -> AppResult<bool> {
        let Some(contest) = body.contest.as_ref().filter(|_| !execution.test) else { return Ok(true) };
        let campaign = &execution.campaign;
        if self.store.contest(account, campaign).await?.is_some() {
            return Ok(true);
        }
        let asker = match contest.chat {
            Some(chat) => match self.inviter(account, InvitedTo::Chat(chat)).await? {
                Some((asker, ..)) => Some(asker.bot),
                None => {
                    let reason = "no bot of the account is an administrator of the contest's chat";
                    self.fail_execution(account, &execution.id, reason).await?;
                    return Ok(false);
                }
            },
            None => None,
        };
        if let Some(at) = contest.draw_at {
            let now_ms = self.clock.now_ms();
            self.store.put_due(&draw_due(account, campaign, at, now_ms)?, now_ms).await?;
        }
        let seed = DrawSeed::generate()?;
        let held = HeldContest {
            sealed_seed: self.seal()?.seal_seed(account, &seed).await.map_err(seal_error)?,
            seed_hash: hex(&seed_digest(seed.reveal())),
            begun: self.clock.now(),
            chat: contest.chat,
            asker,
            closed: None,
            picks: Vec::new(),
            drawn: None,
        };
        // Of several lanes one begins it.
        self.store.begin_contest(account, campaign, &held).await.map(|_| true)
    }

    /// Has the contest of a campaign drawn, now. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such campaign.
    /// - [`AppError::Invalid`] if it holds no contest, that has not begun, or the campaign was cancelled before.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn ask_for_draw(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
    ) -> AppResult<ContestFigures> {
        self.check_held(account, id).await?;
        let task = PlanTask::DrawV1 { account, campaign: id.clone(), at: None };
        self.plan_queue()?.send_text(task.spelled()?).await?;
        let figures = self.contest_figures(account, id).await?;
        figures.ok_or_else(|| refused("has not begun: nobody was sent its button"))
    }

    /// Checks that a campaign has a contest that may be drawn.
    async fn check_held(&self, account: AccountId, id: &OutreachCampaignId) -> AppResult<()> {
        let campaign = self.outreach_campaign(account, id).await?;
        if campaign.body()?.contest.is_none() {
            return Err(refused("is not said: the campaign holds none"));
        }
        match self.store.contest(account, id).await? {
            None => Err(refused("has not begun: nobody was sent its button")),
            Some(held) if campaign.status == OutreachStatus::Cancelled && held.closed.is_none() => {
                Err(refused("is not drawn: the campaign was cancelled"))
            }
            Some(_) => Ok(()),
        }
    }

    /// What there is to say of the contest of a campaign; `None` before it began.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn contest_figures(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<Option<ContestFigures>> {
        let Some(held) = self.store.contest(account, campaign).await? else { return Ok(None) };
        let rows = match &held.closed {
            Some(closed) => closed.rows.clone(),
            None => self.store.entries_by_row(account, campaign).await?,
        };
        // Before the draw is done nobody is shown as a winner: the seed is not shown either.
        let picks = if held.drawn.is_some() { held.picks.as_slice() } else { &[] };
        let (won, passed_over): (Vec<_>, Vec<_>) = picks.iter().partition(|pick| pick.verdict.has_won());
        let numbers: Vec<_> = won.iter().map(|pick: &Pick| pick.number).collect();
        let entries = self.store.contest_entries(account, campaign, &numbers).await?;
        let numbers_hash = held.closed.as_ref().map(|closed| hex(&numbers_digest(&closed.rows)));
        Ok(Some(ContestFigures {
            entries: rows.iter().sum(),
            numbers_hash,
            winners: won.into_iter().zip(entries).collect(),
            passed_over,
            held,
        }))
    }

    /// The same for its statistics: `None` of a campaign that holds no contest, too.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such campaign.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn contest_of(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
    ) -> AppResult<Option<ContestFigures>> {
        match self.outreach_campaign(account, id).await?.body()?.kind {
            CampaignType::Engagement => self.contest_figures(account, id).await,
            _ => Ok(None),
        }
    }

    /// Some entries of a campaign's contest, at most `limit`, row by row, and where to go on; `None` at the end.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such campaign.
    /// - [`AppError::InvalidCursor`] for the cursor of another list.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn list_entries(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> AppResult<(Vec<ContestEntry>, Option<Cursor>)> {
        self.outreach_campaign(account, id).await?;
        let question = format!("entries.{id}");
        let mut from = match cursor {
            Some(cursor) if cursor.question == question => {
                cursor.place.parse().map_err(|_| AppError::InvalidCursor)?
            }
            Some(_) => return Err(AppError::InvalidCursor),
            None => number_at(0, 0),
        };
        let mut found = Vec::new();
        loop {
            let some = self.store.entries_of_row(account, id, from, limit - found.len()).await?;
            found.extend(some);
            if found.len() >= limit
                && let Some(last) = found.last()
            {
                let place = (last.number + NUMBER_ROWS).to_string();
                return Ok((found, Some(Cursor { place, total: 0, question })));
            }
            match place_of(from).0 + 1 {
                NUMBER_ROWS => return Ok((found, None)),
                row => from = number_at(row, 0),
            }
        }
    }
}

/// Checks that a campaign that is to hold a contest says which, and that its time is to come.
///
/// # Errors
///
/// - [`AppError::NoContent`] if it says none.
/// - [`AppError::Invalid`] if it would be drawn before anybody can enter.
pub(super) fn check_contest(body: &CampaignBody, now: i64) -> AppResult<()> {
    match (&body.contest, body.kind) {
        (None, CampaignType::Engagement) => Err(AppError::NoContent),
        (Some(contest), _) if contest.draw_at.is_some_and(|at| at <= now) => {
            let (field, reason) = ("contest.drawAt".to_owned(), "must be in the future".to_owned());
            Err(AppError::Invalid(vec![Fault { field, reason }]))
        }
        _ => Ok(()),
    }
}

/// The button of a contest below a message of an execution: its label, and what it reports. `None` without a contest.
pub(super) fn contest_button(body: &CampaignBody, execution: &Execution) -> Option<(String, String)> {
    let contest = body.contest.as_ref()?;
    let button = ContestButton { campaign: execution.campaign.clone(), test: execution.test };
    Some((contest.button.clone(), button.callback_data()))
}

fn refused(reason: &str) -> AppError {
    AppError::Invalid(vec![Fault { field: "contest".to_owned(), reason: reason.to_owned() }])
}
