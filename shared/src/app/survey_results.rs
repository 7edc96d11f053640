//! What people answered to a survey: one after the other, as a file, and in figures.

use super::App;
use super::list_files::{ListExport, ListFile, ListWriter};
use crate::domain::cursor::Cursor;
use crate::domain::outreach::{OutreachCampaign, Survey, SurveyCount, SurveyReply};
use crate::error::{AppError, AppResult, Fault};
use crate::ids::{AccountId, OutreachCampaignId, UserId};
use crate::store::{CLICK_SHARDS, SurveyPlace};

/// How many people are read at once for a file.
const PEOPLE_AT_ONCE: i32 = 500;

/// How long a call looks for people whom a filter lets through, about, in milliseconds.
const SOUGHT_MS: i64 = 3_000;

/// How many people are read at once for a page: they take at most 3.2 million bytes, with twenty answers of two thousand
/// characters each.
const PAGE_PEOPLE_AT_ONCE: usize = 20;

/// After so many bytes of answers a page ends, full or not: a function answers with six million at most.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const PAGE_BYTES: usize = 2_500_000;

/// Of those who answered, whom to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyFilter {
    /// Everybody.
    All,
    /// Who is through.
    Completed,
    /// Who is not.
    Open,
}

/// What a survey amounts to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurveyFigures {
    /// How many people answered something.
    pub started: u64,
    /// How many are through.
    pub completed: u64,
    /// Whether it takes no answers any more.
    pub closed: bool,
    /// One for each question.
    pub questions: Vec<QuestionFigures>,
}

/// What a question amounts to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuestionFigures {
    /// How many people answered it.
    pub answered: u64,
    /// How many left it out.
    pub skipped: u64,
    /// How many of those who began went no further than this.
    pub left: u64,
    /// How many chose each option.
    pub chosen: Vec<u64>,
}

impl ReplyFilter {
    fn passes(self, reply: &SurveyReply) -> bool {
        match self {
            Self::All => true,
            Self::Completed => reply.completed.is_some(),
            Self::Open => reply.completed.is_none(),
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Completed => "completed",
            Self::Open => "open",
        }
    }
}

impl App {
    /// Some of those who answered a campaign's survey, at most `limit`, in an order that stays, and where to go on; `None` at
    /// the end. A page may have less: where few pass a filter, because a call looks for a few seconds only, and where answers
    /// are long.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such campaign.
    /// - [`AppError::InvalidCursor`] for the cursor of another list.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn list_survey_replies(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        filter: ReplyFilter,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> AppResult<(OutreachCampaign, Vec<SurveyReply>, Option<Cursor>)> {
        let (campaign, begun_ms) = (self.outreach_campaign(account, id).await?, self.clock.now_ms());
        let question = format!("{id}.{}", filter.word());
        let mut place = Some(match cursor {
            Some(cursor) if cursor.question == question => read_place(&cursor.place)?,
            Some(_) => return Err(AppError::InvalidCursor),
            None => SurveyPlace::default(),
        });
        let (mut found, mut bytes) = (Vec::new(), 0);
        while let Some(from) = place {
            let missing = limit - found.len();
            if missing == 0 || bytes >= PAGE_BYTES || self.clock.now_ms() - begun_ms > SOUGHT_MS {
                let cursor = Cursor { place: spell_place(from), total: 0, question };
                return Ok((campaign, found, Some(cursor)));
            }
            // Whoever is read and passes has room.
            let some = i32::try_from(missing.min(PAGE_PEOPLE_AT_ONCE)).unwrap_or(i32::MAX);
            let (replies, next) = self.store.survey_replies(account, id, from, some).await?;
            for reply in replies.into_iter().filter(|reply| filter.passes(reply)) {
                bytes += bytes_of(&reply)?;
                found.push(reply);
            }
            place = next;
        }
        Ok((campaign, found, None))
    }

    /// What everybody answered to a campaign's survey, as a file: what `header` makes of the survey, then what `write` makes of
    /// each.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such campaign.
    /// - [`AppError::Invalid`] for `survey` if it takes too long.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn export_survey_replies(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        file: impl FnOnce(Option<&Survey>) -> AppResult<ListFile>,
        write: impl Fn(Option<&Survey>, SurveyReply, &mut Vec<u8>) -> AppResult<()>,
    ) -> AppResult<ListExport> {
        let survey = self.outreach_campaign(account, id).await?.body()?.survey;
        let mut writer = ListWriter::begin(self, account, file(survey.as_ref())?)?;
        let mut place = Some(SurveyPlace::default());
        while let Some(from) = place {
            let (replies, next) = self.store.survey_replies(account, id, from, PEOPLE_AT_ONCE).await?;
            for reply in replies {
                write(survey.as_ref(), reply, &mut writer.bytes)?;
            }
            if !writer.put_aside().await? {
                let reason = "has too many answers for one file".to_owned();
                return Err(AppError::Invalid(vec![Fault { field: "survey".to_owned(), reason }]));
            }
            place = next;
        }
        writer.end().await
    }

    /// What a campaign's survey amounts to, from the beginning on; `None` for a campaign that asks nothing.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such campaign.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn survey_figures(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
    ) -> AppResult<Option<(Survey, SurveyFigures)>> {
        let campaign = self.outreach_campaign(account, id).await?;
        let Some(survey) = campaign.body()?.survey else { return Ok(None) };
        let counts = self.store.survey_counts(account, id).await?;
        let count = |count: SurveyCount| counts.get(&count.to_string()).copied().unwrap_or_default();
        let questions = survey.questions.iter().enumerate().map(|(place, question)| QuestionFigures {
            answered: count(SurveyCount::Answered(place)),
            skipped: count(SurveyCount::Skipped(place)),
            left: count(SurveyCount::Left(place)),
            chosen: (0..question.options.len())
                .map(|option| count(SurveyCount::Chosen(place, option)))
                .collect(),
        });
        let figures = SurveyFigures {
            started: count(SurveyCount::Started),
            completed: count(SurveyCount::Completed),
            closed: self.open_survey(account, (id, false)).await?.is_none(),
            questions: questions.collect(),
        };
        Ok(Some((survey, figures)))
    }
}

/// How many bytes of an answer somebody's answers take, in which a quote takes two.
fn bytes_of(reply: &SurveyReply) -> AppResult<usize> {
    let said = serde_json::to_string(&reply.answers);
    let said = said.map_err(|error| AppError::unavailable(format!("answers do not write: {error}")))?;
    Ok(said.len() + said.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count())
}

fn spell_place(SurveyPlace { shard, after }: SurveyPlace) -> String {
    format!("{shard}.{}", after.map(|user| user.to_string()).unwrap_or_default())
}

fn read_place(text: &str) -> AppResult<SurveyPlace> {
    let (shard, after) = text.split_once('.').ok_or(AppError::InvalidCursor)?;
    let shard = shard.parse().ok().filter(|shard| *shard < CLICK_SHARDS).ok_or(AppError::InvalidCursor)?;
    let after = match after {
        "" => None,
        user => Some(UserId(user.parse().map_err(|_| AppError::InvalidCursor)?)),
    };
    Ok(SurveyPlace { shard, after })
}
